"""Who may ask: the token, the Host, the Origin, the size; and the headers of every answer.

An ASGI layer around the application. A page elsewhere that makes this browser ask (or a name that
is bent to point at this machine) is turned away by Host, Origin and Sec-Fetch-Site; another user of
the machine by the token. The token comes once in the address, becomes a cookie that scripts cannot
read, and is taken out of the address.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from secrets import compare_digest
from typing import Any
from urllib.parse import parse_qsl, urlencode

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BODY = 1 << 20  # bytes: a text of 100,000 characters, however wide, and to spare
METHODS = ("GET", "HEAD", "POST")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Refusal(Exception):
    """A request that is turned away before it reaches a route."""

    def __init__(self, status: int, fact: str) -> None:
        super().__init__(fact)
        self.status, self.fact = status, fact


@dataclass(frozen=True)
class Guard:
    """`app` behind the guard; `hosts` are the names (with port) under which it may be asked."""

    app: App
    token: str
    hosts: frozenset[str]

    @property
    def cookie(self) -> str:
        """The cookie's name: a browser keeps one jar for all ports of a host."""
        return f"elman-view-{min(self.hosts).rpartition(':')[2]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or answer it here."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return  # nothing here speaks over web sockets
        sealed = _sealing(send)
        try:
            headers = _headers(scope)
            self._check_source(headers)
            if (address := self._exchanged(scope)) is not None:
                return await _redirect(sealed, address, self._cookie_line())
            self._check_token(headers)
            if scope["method"] not in METHODS:
                raise Refusal(405, f"{scope['method']} does nothing here")
            await self.app(scope, await _whole(receive, headers), sealed)
        except Refusal as refusal:
            await _refuse(sealed, refusal)

    def _check_source(self, headers: dict[str, str]) -> None:
        if headers.get("host", "").lower() not in self.hosts:
            raise Refusal(403, "this host is not one of ours: open the address that was printed")
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{headers['host'].lower()}":
            raise Refusal(403, "another page may not ask here")
        # another page may link to this one, and nothing else
        site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
        if site in ("cross-site", "same-site") and mode != "navigate":
            raise Refusal(403, "another page may not ask here")

    def _exchanged(self, scope: Scope) -> str | None:
        """Where to go on without the token, if the address has the right one."""
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in pairs if name == "token"]
        if scope["method"] != "GET" or not given or not self._is_token(given[0]):
            return None
        rest = urlencode([(name, value) for name, value in pairs if name != "token"])
        raw = scope.get("raw_path") or scope["path"].encode()
        path = "/" + raw.decode("latin-1").split("?")[0].lstrip("/\\")  # never to another host
        return f"{path}?{rest}" if rest else path

    def _check_token(self, headers: dict[str, str]) -> None:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._is_token(bearer):
            return
        try:
            kept = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            kept = None
        if kept is None or not self._is_token(kept.value):
            raise Refusal(403, "the key is missing: open the address that `elman view` printed")

    def _is_token(self, given: str) -> bool:
        return compare_digest(given.encode(), self.token.encode())

    def _cookie_line(self) -> str:
        return f"{self.cookie}={self.token}; HttpOnly; SameSite=Lax; Path=/"


def _headers(scope: Scope) -> dict[str, str]:
    """The headers by name; a Host or Origin that comes twice counts as none of ours."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


async def _whole(receive: Receive, headers: dict[str, str]) -> Receive:
    """The body read to its end, to be handed on in one piece; Refusal if it is too large."""
    too_large = Refusal(413, f"the body is larger than {MOST_BODY:,} bytes: send less text")
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MOST_BODY:
        raise too_large
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return receive
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BODY:
            raise too_large
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def handed_on() -> Message:
        return waiting.pop() if waiting else await receive()

    return handed_on


def _sealing(send: Send) -> Send:
    """Every answer, whoever gives it, bears the headers; nothing is kept unless it says so."""

    async def sealed(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name.decode("latin-1").lower() for name, _ in message.get("headers", [])}
            more = {**HEADERS, "cache-control": "no-store"}
            added = [(k.encode(), v.encode()) for k, v in more.items() if k not in own]
            message = {**message, "headers": [*message.get("headers", []), *added]}
        await send(message)

    return sealed


async def _redirect(send: Send, address: str, cookie: str) -> None:
    headers = [(b"location", address.encode("latin-1")), (b"set-cookie", cookie.encode())]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(send: Send, refusal: Refusal) -> None:
    body = json.dumps({"error": refusal.fact}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    if refusal.status == 405:
        headers.append((b"allow", ", ".join(METHODS).encode()))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
