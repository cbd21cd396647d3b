"""Asking the application in this process: every header and path byte as it is given."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

TOKEN = "a-token-of-the-tests"
HOST = "127.0.0.1:8000"


@dataclass(frozen=True)
class Said:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    app: Any,
    address: str,
    method: str = "GET",
    body: bytes | list[bytes] = b"",
    *,
    token: str | None = TOKEN,
    **headers: str,
) -> Said:
    """One request; `headers` by their names with _ for -; `token` goes as a bearer's."""
    raw, _, query = address.partition("?")
    sent = {"host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if token is not None:
        sent["authorization"] = f"Bearer {token}"
    pieces = body if isinstance(body, list) else [body]
    if not isinstance(body, list):
        sent.setdefault("content-length", str(len(body)))
    waiting = [
        {"type": "http.request", "body": piece, "more_body": i + 1 < len(pieces)}
        for i, piece in enumerate(pieces)
    ]
    came: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        came.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote_to_bytes(raw).decode("utf-8", "replace"),
        "raw_path": raw.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(n.lower().encode(), v.encode("latin-1")) for n, v in sent.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }
    # in a thread of its own: where a browser is driven, this one has a loop that runs already
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(app(scope, receive, send))).result()
    start = came[0]
    answered = {k.decode().lower(): v.decode("latin-1") for k, v in start["headers"]}
    return Said(start["status"], answered, b"".join(m.get("body", b"") for m in came[1:]))
