"""Labeled sequences: every format read, split without leaks, numbered and back."""

from __future__ import annotations

import json

import numpy as np
import pytest

from elman.data.examples import Wish, read_examples
from elman.data.labels import LabelVocabulary, of_text, read_labels
from elman.errors import DataError

STEP, SEQUENCE = Wish("step"), Wish("sequence")


def read(path, text, wish):
    path.write_text(text)
    return read_examples(path, wish)[0]


def test_a_table_of_steps_is_cut_where_the_sequence_changes(tmp_path):
    found = read(tmp_path / "a.csv", "sequence,word,label\n1,a,x\n1,b,y\n2,c,x\n", STEP)

    assert [e.steps for e in found] == [("a", "b"), ("c",)]
    assert [e.labels for e in found] == [("x", "y"), ("x",)]


def test_a_table_of_steps_without_sequences_is_cut_into_pieces(tmp_path):
    rows = "".join(f"{k}\t{k % 2}\n" for k in range(250))
    found = read(tmp_path / "a.tsv", "value\tlabel\n" + rows, STEP)

    assert [len(e.steps) for e in found] == [100, 100, 50]
    assert found[2].steps[0] == 200.0 and found[2].labels[1] == "1"


def test_a_line_may_be_a_sequence_of_letters_or_of_numbers(tmp_path):
    letters = read(tmp_path / "a.csv", "name;label\nAnna;it\nOtto;de\n", SEQUENCE)
    numbers = read(tmp_path / "b.csv", "t0,t1,t2,label\n1,2,3,up\n3,2,1,down\n", SEQUENCE)

    assert letters[0].steps == tuple("Anna") and letters[1].labels == ("de",)
    assert numbers[1].steps.tolist() == [[3], [2], [1]]


def test_json_lines_hold_words_texts_or_vectors(tmp_path):
    rows = [
        {"words": ["the", "cat"], "labels": ["det", "noun"]},
        {"text": "ab", "labels": ["x", "y"]},
    ]
    found = read(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)), STEP)
    vectors = read(tmp_path / "b.jsonl", '{"steps": [[1, 2], [3, 4]], "label": "x"}\n', SEQUENCE)

    assert [e.steps for e in found] == [("the", "cat"), ("a", "b")]
    assert vectors[0].steps.shape == (2, 2) and vectors[0].labels == ("x",)


def test_the_archive_format_keeps_dimensions_and_says_what_is_held_out(tmp_path):
    head = "# a comment\n@problemName x\n@classLabel true a b\n@data\n"
    (tmp_path / "x_TRAIN.ts").write_text(head + "1,2,3:4,5,6:a\n7,?:8,9:b\n")
    (tmp_path / "x_TEST.ts").write_text(head + "0,0:0,1:b\n")
    data = read_labels(tmp_path, SEQUENCE)

    assert [e.steps.shape for e in data.training] == [(3, 2), (2, 2)]
    assert data.training[0].steps.tolist() == [[1, 4], [2, 5], [3, 6]]
    assert np.isnan(data.training[1].steps[1, 0])
    assert [e.labels for e in data.validation] == [("b",)]


def test_folders_of_arrays_name_labels_by_folder_or_beside_them(tmp_path):
    for label in ("up", "down"):
        (tmp_path / "a" / label).mkdir(parents=True)
        for k in range(3):
            np.save(tmp_path / "a" / label / f"{k}.npy", np.full((k + 2, 3), k, np.float32))
    (tmp_path / "b").mkdir()
    np.save(tmp_path / "b" / "one.npy", np.arange(2.0))
    (tmp_path / "b" / "one.txt").write_text("x\ny\n")

    folders = read_examples(tmp_path / "a", SEQUENCE)[0]
    beside = read_examples(tmp_path / "b", STEP)[0]
    assert [(e.labels[0], e.steps.shape) for e in folders][-1] == ("up", (4, 3))
    assert beside[0].labels == ("x", "y") and beside[0].steps.shape == (2, 1)


def test_equal_sequences_never_stand_on_both_sides_and_every_label_trains(tmp_path):
    rows = "".join(f"w{k % 20},{'ab'[k % 2]}\n" for k in range(80)) + "rare,c\n"
    (tmp_path / "a.csv").write_text("name,label\n" + rows)
    data = read_labels(tmp_path / "a.csv", SEQUENCE)

    inside, outside = ({e.steps for e in part} for part in (data.training, data.validation))
    assert outside and not inside & outside
    assert {e.labels[0] for e in data.training} == {"a", "b", "c"}
    assert read_labels(tmp_path / "a.csv", SEQUENCE).sha256 == data.sha256


def test_a_vocabulary_scales_numbers_numbers_words_and_comes_back(tmp_path):
    found = read(tmp_path / "a.jsonl", '{"steps": [[1, 5], [3, 5]], "label": "x"}\n', SEQUENCE)
    known = LabelVocabulary.of(found)
    again = LabelVocabulary.from_json(json.loads(json.dumps(known.to_json())))

    assert again == known
    assert known.steps(found[0]).tolist() == [[-1, 0], [1, 0]]
    words = LabelVocabulary(("x",), ("a", "b"))
    assert words.steps(of_text("b z a")).tolist() == [2, 0, 1]
    with pytest.raises(DataError, match="has words, the model reads vectors of 2 numbers"):
        known.steps(of_text("b z a"))


@pytest.mark.parametrize(
    ("name", "text", "wish", "message"),
    [
        ("a.csv", "word,tag\na,x\n", STEP, "has no column 'label' (it has word, tag): say which"),
        ("a.csv", "word,label\na,x,y\n", STEP, "line 2 has 3 fields and the first line names 2"),
        ("a.csv", "word,label\na,\n", STEP, "line 2 has no label: give it one"),
        ("a.csv", "word,n,label\na,1,x\n", STEP, "a step is either numbers or one word"),
        ("a.csv", "word,label\n", STEP, "has a line of column names at most"),
        ("a.jsonl", "{]\n", STEP, "line 1 is not JSON"),
        ("a.jsonl", '{"words": ["a"], "labels": ["x", "y"]}', STEP, "has 2 labels for 1 steps"),
        ("a.jsonl", '{"a": 1}', STEP, 'has none of "text", "words" and "steps"'),
        ("a.jsonl", '{"steps": [[1], [1, 2]]}', STEP, "its steps are not equally wide"),
        ("a.jsonl", '{"a": 1}', SEQUENCE, '{"words": ["a", "b"], "label": "x"}'),
        ("a.csv", "x,y,label\n1,2,a\n1,,b\n", SEQUENCE, "line 3: a number is missing among 1, "),
        ("a.csv", "x,label\n1,a\n,b\n", STEP, "line 2: a number is missing among 1, "),
        ("a.csv", "x,y,label\n1,2,a\n3,,b\n", STEP, "a number is missing among 2, 3, :"),
        ("a.jsonl", '{"steps": [1, null, 3], "label": "x"}', SEQUENCE, "missing among 1, , 3:"),
        ("a.csv", "x,y,label\n1,inf,a\n", SEQUENCE, "line 2 has a number that is infinite"),
        ("a.csv", "x,y,label\n1,1e40,a\n", SEQUENCE, "or beyond single precision"),
        ("a.ts", "1,2:a\n", SEQUENCE, "comes before @data: is this a .ts file?"),
        ("a.ts", "@data\n1,2:3:a\n", SEQUENCE, "its dimensions are not equally long"),
        ("a.ts", "@data\n1,b:a\n", SEQUENCE, "only numbers and ? stand in a sequence"),
        ("a.doc", "", STEP, "is none of the files that hold labeled sequences"),
    ],
)
def test_what_is_wrong_is_named_in_one_sentence(tmp_path, name, text, wish, message):
    with pytest.raises(DataError) as error:
        read(tmp_path / name, text, wish)
    assert message in str(error.value)


def test_one_label_alone_is_nothing_to_learn(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\nfoo,a\nbar,a\nbaz,a\n")
    with pytest.raises(DataError, match=r"has one label \(a\), and nothing to tell it from"):
        read_labels(path, SEQUENCE)


def test_an_array_of_objects_is_never_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    (tmp_path / "a.txt").write_text("x\n")
    with pytest.raises(DataError, match="is no array of numbers"):
        read_examples(tmp_path, STEP)
