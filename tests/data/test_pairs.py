"""Pairs of sentences: each form is read, and files that do not fit one another are named."""

from __future__ import annotations

import gzip

import pytest

from elman.data.pairs import Languages, read_pairs
from elman.errors import DataError

DE_EN = Languages("de", "en")
LINES = "".join(f"Satz {k}\n" for k in range(30))


def test_a_folder_holds_training_and_held_out_files(tmp_path):
    for name, text in {"train.de": LINES, "val.de": "Ä  b\n", "val.en": "A b\n"}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "train.en.gz").write_bytes(gzip.compress(LINES.encode()))
    data = read_pairs(tmp_path, Languages("de", "en", lowercase=True))

    assert len(data.training) == 30 and data.training[3] == ("satz 3", "satz 3")
    assert data.validation == [("ä b", "a b")]


def test_two_files_a_prefix_and_a_table_are_the_same_pairs(tmp_path):
    (tmp_path / "a.de").write_text(LINES)
    (tmp_path / "a.en").write_text(LINES.upper())
    rows = zip(LINES.splitlines(), LINES.upper().splitlines(), strict=True)
    (tmp_path / "a.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in rows))
    found = [
        read_pairs(tmp_path / "a", DE_EN),
        read_pairs(tmp_path / "a.de", Languages(target=str(tmp_path / "a.en"))),
        read_pairs(tmp_path / "a.tsv", Languages()),
    ]
    assert found[0].training == found[1].training == found[2].training
    assert len(found[0].validation) == 3


def test_pairs_without_words_are_left_out(tmp_path):
    (tmp_path / "a.tsv").write_text("\tx\n" + "".join(f"a{k}\tb\n" for k in range(20)))
    data = read_pairs(tmp_path / "a.tsv", Languages())
    assert len(data.training) + len(data.validation) == 20


@pytest.mark.parametrize(
    ("files", "path", "languages", "message"),
    [
        (
            {"a.de": "x\ny\n", "a.en": "x\n"}, "a", DE_EN,
            "a.de has 2 lines and {}/a.en has 1: line by line one must be the translation",
        ),
        ({"a.de": "x\n"}, "a", DE_EN, "a.de has no a.en beside it: put it there"),
        ({"a.txt": "x\n"}, "a.txt", Languages(), "is one file: give the one with its translations"),
        ({"a.tsv": "x\ty\tz\n"}, "a.tsv", Languages(), "line 1 has 3 columns: write a sentence"),
        ({"a.tsv": "\ty\n"}, "a.tsv", Languages(), "has no pairs of sentences in it"),
        ({"b.de": "x"}, ".", DE_EN, "has no files train.LANGUAGE (there are b.de)"),
        ({"train.de": "x"}, ".", Languages("fr", "de"), "has de, not 'fr': as in --source de"),
        ({"a.de.gz": "x", "a.en": "x"}, "a", DE_EN, "a.de.gz cannot be read"),
        ({}, "a", DE_EN, "a cannot be read (No such file"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_in_one_sentence(tmp_path, files, path, languages, message):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(DataError) as error:
        read_pairs(tmp_path / path, languages)
    assert message.format(tmp_path) in str(error.value)
