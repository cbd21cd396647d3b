from __future__ import annotations

import hashlib

import pytest

from elman.data import read
from elman.data.text import read_text
from elman.errors import DataError


def refusal(call, *arguments) -> str:
    with pytest.raises(DataError) as caught:
        call(*arguments)
    return str(caught.value)


def test_no_name_at_all_is_not_the_folder_one_is_in():
    assert (
        refusal(read, "") == "DATA is empty: give the name of a built-in text, a file or a folder"
    )


def test_a_file_is_split_where_nanogpt_splits_it(tmp_path):
    path = tmp_path / "input.txt"
    text = "".join(chr(97 + k % 26) for k in range(1_115_394))
    path.write_text(text)
    data = read_text(path)
    assert (len(data.training), len(data.validation)) == (1_003_854, 111_540)
    assert data.training + data.validation == text
    assert (data.name, data.size, data.files) == ("input.txt", 1_115_394, 1)
    assert data.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert data.held_out


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3, 0.05])
@pytest.mark.parametrize("length", [10, 99, 1000, 12345])
def test_the_part_held_out_is_as_large_as_asked(share, length, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("x" * length)
    assert len(read_text(path, validation=share).training) == int(length * (1 - share) + 1e-9)


def test_unicode_mark_and_line_endings(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufefftschüß\r\n𝄞\rx\n".encode())
    data = read_text(path)
    assert data.training + data.validation == "tschüß\n𝄞\nx\n"
    assert data.size == path.stat().st_size


@pytest.fixture
def folder(tmp_path):
    for name, text in {
        "b.tex": "second\n",
        "a/z.tex": "first",
        "c.bib": "other\n",
        "empty.tex": "",
        ".git/x.tex": "hidden\n",
        ".hidden.tex": "hidden\n",
    }.items():
        path = tmp_path / "notes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "notes"


def test_a_folder_is_its_files_in_order_with_an_empty_line_between(folder):
    data = read_text(folder, ["*.bib", "*.tex"])
    assert data.training + data.validation == "first\n\nsecond\n\nother\n"
    assert data.files == 4


def test_a_folder_is_named_by_size_and_checksum_of_the_joined_text(folder):
    data = read_text(folder, ["*.tex"])
    assert (data.name, data.size) == ("notes", 14)
    assert data.sha256 == hashlib.sha256(b"first\n\nsecond\n").hexdigest()


def test_globs_need_a_folder(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("text")
    assert refusal(read_text, path, ["*.txt"]) == (
        f"--include picks files out of a folder, and {path} is not a folder: "
        "leave --include out, or give the folder"
    )


def test_a_file_that_is_not_there():
    assert refusal(read_text, "no/such.txt") == (
        "there is no file or folder no/such.txt: check the path, "
        "or see the built-in texts with elman data list"
    )


@pytest.mark.parametrize(
    "raw, message",
    [
        (b"", "{} is empty: give a text to learn from"),
        (b" \n ", "{} has nothing but white space: give a text to learn from"),
        (
            b"caf\xe9 au lait",
            "{} is not UTF-8 (byte 0xe9 at offset 3): if it is text, "
            "convert it, as in: iconv -f LATIN1 -t UTF-8 '{}' > utf8.txt",
        ),
        (
            b"\xef\xbb\xbfcaf\xe9",
            "{} is not UTF-8 (byte 0xe9 at offset 6): if it is text, "
            "convert it, as in: iconv -f LATIN1 -t UTF-8 '{}' > utf8.txt",
        ),
        (
            "text".encode("utf-16"),
            "{} is UTF-16, not UTF-8: convert it, as in: iconv -f UTF-16 -t UTF-8 '{}' > utf8.txt",
        ),
        (b"ab\0c", "{} is not text (a zero byte at offset 2): give a text in UTF-8"),
    ],
)
def test_a_file_that_is_no_text_gets_one_sentence(raw, message, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(raw)
    assert refusal(read_text, path) == message.replace("{}", str(path))


def test_a_file_of_a_folder_that_is_no_text_is_named(folder):
    (folder / "d.tex").write_bytes(b"\xff\xe9")
    assert refusal(read_text, folder, ["*.tex"]).startswith(f"{folder / 'd.tex'} is not UTF-8")


def test_a_text_shorter_than_a_window(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("x" * 100)
    data = read_text(path)
    data.check(window=89)
    assert refusal(data.check, 90) == (
        "a.txt has 90 characters to train on, but a window of 90 needs 91: "
        "give a longer text or a window of at most 89 (--window 89)"
    )


def test_a_text_with_nothing_left_to_judge_it_by(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("x" * 9)
    assert refusal(read_text(path).check, 4) == (
        "a.txt needs at least 2 characters to be judged by and leaves 1: give a longer text"
    )


def test_the_part_held_out_is_a_fraction(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("text")
    assert refusal(read_text, path, (), 10) == (
        "the part held out must be between 0 and 1, not 10: 0.1 is usual"
    )


def test_a_built_in_name_wins_over_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello").write_text("another text")
    assert read("hello").training == "hello"
    assert read("./hello").training == "another te"
    assert refusal(read, "hello", ["*.txt"]) == (
        "hello is a built-in text: leave --include out, or give ./hello"
    )
