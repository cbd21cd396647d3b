from __future__ import annotations

import pytest

from elman.viewer import page
from elman.viewer.missing import NotHere


@pytest.fixture
def built(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<p>the page</p>")
    (tmp_path / "assets" / "a-123.js").write_text("1")
    (tmp_path / "assets" / "b-123.woff2").write_bytes(b"\0")
    (tmp_path / "secret").write_text("plum")
    return tmp_path


def test_parts_are_served_as_what_they_are_and_may_be_kept(built):
    assert page.index(built).body == b"<p>the page</p>"
    script = page.part("a-123.js", built)
    assert (script.kind, script.kept, script.body) == ("text/javascript", True, b"1")
    assert page.part("b-123.woff2", built).kind == "font/woff2"


@pytest.mark.parametrize("name", ["../secret", "secret", "", ".", "..", "a-123.js/"])
def test_what_is_no_part_is_not_served(built, name):
    with pytest.raises(NotHere):
        page.part(name, built)


def test_without_a_built_page_a_sentence_says_how_to_get_one(tmp_path):
    assert b"make page" in page.index(tmp_path).body
    assert page.names(tmp_path) == frozenset()
