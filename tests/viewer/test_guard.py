"""Nobody gets in without the token, from another host, from another page, or out of the folder.

The table of routes makes these tests: a new route is tried by being there.
"""

from __future__ import annotations

import re

import pytest

from elman.viewer.guard import HEADERS, MOST_BODY
from elman.viewer.routes import ROUTES
from viewer_asking import HOST, TOKEN

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
PATHS = sorted({route.path for route in ROUTES})
KNOWN = {
    "run": "good-lstm", "name": "index.js", "panel": "cell", "unit": "h.0.1", "search": "evolved",
    "cell": "4", "number": "0",
}  # fmt: skip
# how an address is asked that must be turned away, and with what
TURNED_AWAY = {
    "no token": ({"token": None}, 403),
    "a wrong token": ({"token": "b-token-of-the-tests"}, 403),
    "a wrong cookie": ({"token": None, "cookie": "elman-view-8000=wrong"}, 403),
    "a foreign host": ({"host": "evil.example:8000"}, 403),
    "a host bent to this machine": ({"host": "127.0.0.1.evil.example:8000"}, 403),
    "another port": ({"host": "127.0.0.1:9"}, 403),
    "no host": ({"host": ""}, 403),
    "a foreign origin": ({"origin": "http://evil.example"}, 403),
    "an origin without a name": ({"origin": "null"}, 403),
    "an origin of another port": ({"origin": "http://127.0.0.1:9"}, 403),
    "an origin that begins like ours": ({"origin": f"http://{HOST}.evil.example"}, 403),
    "a script of another site": ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "cors"}, 403),
    "a picture of another site": (
        {"sec_fetch_site": "same-site", "sec_fetch_mode": "no-cors"},
        403,
    ),
}


def filled(path: str, **words: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: {**KNOWN, **words}[match[1]], path)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", PATHS)
def test_whoever_may_not_ask_is_turned_away(asked, path, method):
    for why, (how, status) in TURNED_AWAY.items():
        said = asked(filled(path), method, **how)
        assert said.status == status, f"{method} {path} with {why}"
        assert "access-control-allow-origin" not in said.headers
        assert set(said.json()) == {"error"} and len(said.body) < 200


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", PATHS)
def test_only_the_methods_of_a_route_do_anything(asked, path, method):
    allowed = {route.method for route in ROUTES if route.path == path}
    said = asked(filled(path, run="no-such-run"), method, b"{}")
    if method not in allowed | {"HEAD"}:
        assert said.status in (404, 405)
    assert said.status != 500


OUTSIDE = (
    "..", "../..", "..%2f..%2fetc%2fpasswd", "%2e%2e", "%2fetc%2fpasswd", "..%5c..", "good-lstm%00",
    "good-lstm%2f..%2f..", "~..~..", ".%2e%2fgood-lstm", "%252e%252e%252f", "good-lst", "",
    "good-lstm%2fconfig.toml", "outside",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def outside(folder, tmp_path_factory):
    """A run beside the folder, and a link that leads to it."""
    place = tmp_path_factory.mktemp("elsewhere")
    (place / "run.json").write_text('{"format": 1, "status": "done", "secret": "plum"}')
    (folder / "outside").symlink_to(place, target_is_directory=True)
    yield
    (folder / "outside").unlink()


@pytest.mark.parametrize("path", [path for path in PATHS if "{" in path])
def test_no_address_leads_out_of_the_folder(asked, path):
    (first, *_) = re.findall(r"\{(\w+)\}", path)
    for words in OUTSIDE:
        for method in {route.method for route in ROUTES if route.path == path}:
            said = asked(filled(path, **{first: words}), method, b"{}")
            assert said.status in (404, 405), f"{method} {filled(path, **{first: words})}"
            assert b"root:" not in said.body and b"plum" not in said.body


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_bears_the_headers(asked, path):
    for said in (asked(filled(path)), asked(filled(path, run="none")), asked(path, token=None)):
        assert {**said.headers, **HEADERS} == said.headers
        assert "server" not in said.headers
        assert said.headers["cache-control"].startswith(("no-store", "private"))


def test_scripts_and_styles_come_from_here_alone():
    policy = dict(
        line.strip().split(" ", 1) for line in HEADERS["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert {policy["script-src"], policy["style-src"], policy["connect-src"]} == {"'self'"}
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"


def test_the_token_becomes_a_cookie_and_leaves_the_address(asked):
    said = asked(f"/runs/good-lstm/text?unit=c.0.3&token={TOKEN}&at=4", token=None)
    assert said.status == 303
    assert said.headers["location"] == "/runs/good-lstm/text?unit=c.0.3&at=4"
    cookie = said.headers["set-cookie"]
    assert re.fullmatch(rf"elman-view-8000={TOKEN}; HttpOnly; SameSite=Lax; Path=/", cookie)
    kept = cookie.partition(";")[0]
    assert asked("/runs.json", token=None, cookie=f"other=1; {kept}").status == 200
    assert TOKEN.encode() not in asked("/", token=None, cookie=kept).body


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "///evil.example"])
def test_the_exchange_sends_nobody_to_another_host(asked, path):
    said = asked(f"{path}?token={TOKEN}", token=None)
    assert re.match(r"/[^/\\]", said.headers["location"] + "x")


@pytest.mark.parametrize("address", ["/?token=", "/?token=wrong", "/?tokn=" + TOKEN])
def test_a_wrong_token_in_the_address_opens_nothing(asked, address):
    said = asked(address, token=None)
    assert said.status == 403 and "set-cookie" not in said.headers


def test_a_link_on_another_page_may_be_followed(asked):
    how = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    assert asked("/", **how).status == 200


def test_a_body_that_is_too_large_is_not_read(asked):
    at = "/runs/good-lstm/texts.json"
    assert asked(at, "POST", content_length=str(MOST_BODY + 1)).status == 413
    assert asked(at, "POST", content_length="many").status == 413
    pieces = [b"a" * (1 << 19)] * 3
    assert asked(at, "POST", pieces).status == 413
