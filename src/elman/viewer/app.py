"""The routes as an ASGI application, behind the guard.

Starlette finds the route and reads the request; what it needs is imported here, inside the
functions, since it belongs to the extra `elman[view]`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from elman.errors import ElmanError, RunError
from elman.viewer.answer import Answer, Asked, Route, as_json
from elman.viewer.guard import App, Guard
from elman.viewer.home import Home
from elman.viewer.missing import NotHere
from elman.viewer.routes import ROUTES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

FOREVER = "private, max-age=31536000, immutable"


def make_app(home: Home, token: str, hosts: Iterable[str], routes: Iterable[Route] = ROUTES) -> App:
    """The application over the runs of `home`, for who holds `token` and asks one of `hosts`."""
    from starlette.applications import Starlette
    from starlette.routing import Route as Path

    table = [
        Path(route.path, _endpoint(route, home), methods=[route.method], name=route.path)
        for route in routes
    ]
    app = Starlette(routes=table, exception_handlers={404: _nothing, 405: _nothing})
    app.router.redirect_slashes = False
    return Guard(app, token, frozenset(hosts))


def _endpoint(route: Route, home: Home) -> Callable[[Request], Awaitable[Response]]:
    from starlette.concurrency import run_in_threadpool

    async def endpoint(request: Request) -> Response:
        body = await request.body() if route.method == "POST" else b""
        asked = Asked(home, dict(request.path_params), dict(request.query_params), body)
        return _response(await run_in_threadpool(answer, route, asked))

    return endpoint


def answer(route: Route, asked: Asked) -> Answer:
    """What the route says; an error that was foreseen becomes a sentence and a status."""
    try:
        found = route.answer(asked)
    except NotHere as error:
        return as_json({"error": str(error)}, 404)
    except RunError as error:
        return as_json({"error": str(error)}, 409)
    except ElmanError as error:
        return as_json({"error": str(error)}, 400)
    return found if isinstance(found, Answer) else as_json(found)


def _response(found: Answer) -> Response:
    from starlette.responses import Response

    headers = {"cache-control": FOREVER if found.kept else "no-store", **found.headers}
    return Response(found.body, found.status, headers, found.kind)


async def _nothing(request: Request, error: Exception) -> Response:
    status: Any = getattr(error, "status_code", 404)
    fact = "there is nothing here" if status == 404 else f"{request.method} does nothing here"
    return _response(as_json({"error": fact}, status))
