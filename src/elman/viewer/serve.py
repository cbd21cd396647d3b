"""Running the viewer on this machine: a port on loopback, the address with its token, a browser."""

from __future__ import annotations

import contextlib
import secrets
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from elman.errors import ConfigError
from elman.viewer.app import make_app
from elman.viewer.home import Home

if TYPE_CHECKING:
    import uvicorn

LOOPBACK = "127.0.0.1"
NAMES = (LOOPBACK, "localhost")
BUSIEST = 64  # requests at once; a browser sends six


def serve(
    home: Home, port: int = 0, *, browser: bool = True, said: Callable[[str], None] = print
) -> None:
    """Answer until Ctrl-C. `port` 0 takes a free one; `said` is told the address, with its token.

    ConfigError if the port is taken or the extra `elman[view]` is not installed.
    """
    token = secrets.token_urlsafe(32)
    with contextlib.closing(listen(port)) as listening:
        server = make_server(home, token, listening)
        address = f"http://{LOOPBACK}:{listening.getsockname()[1]}/?token={token}"
        said(address)
        if browser:
            webbrowser.open(address)
        server.run(sockets=[listening])
        # The server raises the signal once more when it has ended, but what that raises gets lost
        # if Python happens to be in a finalizer just then.
        raise KeyboardInterrupt


def make_server(home: Home, token: str, listening: socket.socket) -> uvicorn.Server:
    """A server for a socket; ConfigError if the extra `elman[view]` is not installed."""
    try:
        import uvicorn

        here = listening.getsockname()[1]
        app = make_app(home, token, [f"{name}:{here}" for name in NAMES])
    except ImportError as error:
        raise ConfigError(
            "the page needs packages that are not here: pip install 'elman[view]'"
        ) from error
    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,  # addresses may bear the token
        limit_concurrency=BUSIEST,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
        server_header=False,
        ws="none",
        lifespan="off",
    )
    return uvicorn.Server(config)


def listen(port: int) -> socket.socket:
    """A socket on loopback, and on nothing else; ConfigError if the port cannot be had."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((LOOPBACK, port))
    except (OSError, OverflowError) as error:
        found.close()
        reason = error.strerror if isinstance(error, OSError) else "there are 65,535 ports"
        raise ConfigError(
            f"port {port} cannot be used ({reason}): give another --port, or 0 for a free one"
        ) from error
    found.listen(128)
    return found


def folder_to_view(folder: Path) -> Path:
    """The folder to open; ConfigError if it is not there."""
    if not folder.is_dir():
        raise ConfigError(
            f"there is no folder {folder}: name one with runs in it, or train one with "
            "elman train text shakespeare"
        )
    return folder
