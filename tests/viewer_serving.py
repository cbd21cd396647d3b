"""A viewer that is served by a thread of the tests."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from elman.viewer import Home
from elman.viewer.serve import listen, make_server
from viewer_asking import TOKEN


@contextlib.contextmanager
def served(home: Home) -> Iterator[str]:
    """The address at which a home is served, by a thread of this process."""
    listening = listen(0)
    server = make_server(home, TOKEN, listening)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listening.close()
