"""Annotations of programs, against what a person would mark."""

from __future__ import annotations

import pytest

from elman import data
from elman.errors import ConfigError
from elman.probe.annotations import annotate, guess_language
from elman.probe.annotations.code import code

PROGRAM = (
    'def f(a, b=(1, 2)):\n    """Doc."""\n    if a[0] == "x)" and b:  # no\n'
    "        return {1: 2,\n            3: 4}\n    x = 1\n\nclass A:\n    y = f(2)\n"
)


def shown(name: str, text: str = PROGRAM, language: str = "python") -> str:
    """The characters that are annotated, the rest as dots."""
    values = next(one for one in code(text, language) if one.name == name).values
    return "".join(c if v else "." for c, v in zip(text, values, strict=True))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("string", ['"""Doc.""', '"x)']),
        ('string in "', ['"x)']),
        ("string in '", []),
        ("nested brackets", ["(1, 2"]),
        ("continued line", ["\n            3: 4}"]),
        ("docstring", ['"""Doc.""']),
        ("comment", ["# no"]),
        ("keyword", ["def", "if", "return", "class"]),
        ("inside if", ['if a[0] == "x)" and b']),
        ("inside return", ["return {1: 2,\n            3: 4}"]),
        ("inside def", ["def f(a, b=(1, 2))"]),
        ("inside ()", ["(a, b=(1, 2)", "(2"]),
        ("inside []", ["[0"]),
        ("inside {}", ["{1: 2,\n            3: 4"]),
        ("header", ["def f(a, b=(1, 2))", 'if a[0] == "x)" and b', "class A"]),
        ("class body", [":\n    y = f(2)\n"]),
    ],
)
def test_python_is_annotated_as_a_person_would(name, parts):
    assert [part for part in shown(name).split(".") if part.strip()] == [
        piece for part in parts for piece in part.split(".") if piece.strip()
    ]


def test_a_body_ends_where_the_margin_is_reached_again():
    start = PROGRAM.index("):") + 1
    body = shown("def body")
    assert body[start : PROGRAM.index("class")] == PROGRAM[start : PROGRAM.index("class")]
    assert not body[PROGRAM.index("class") :].strip(".")


def test_c_is_annotated_too():
    text = 'int f(void) {\n  if (a[1] > 2) /* no */ return "x"; // so\n  return 1;\n}\n'
    assert shown("comment", text, "c").replace(".", "") == "/* no *" + "// so"
    assert shown("inside if", text, "c").replace(".", "") == "if (a[1] > 2"
    assert shown("string", text, "c").replace(".", "") == '"x'


def test_languages_are_guessed(text):
    assert guess_language(text) == "python"
    assert guess_language("Once upon a time there was\na king, and he said (so):\n" * 9) == "prose"
    assert guess_language('#include "a.h"\nint main(void) {\n  p->x = 1;\n}\n' * 9) == "c"
    assert guess_language(data.load("python").validation[:20_000]) == "python"


def test_an_unknown_language_is_told():
    with pytest.raises(ConfigError, match=r"^there is no tokenizer for 'klingon': take prose"):
        annotate("text", "klingon")


def test_tokens_replace_what_the_bare_text_suggests(text):
    names = [one.name for one in annotate(text, "python")]
    assert "inside quotes" not in names and len(names) == len(set(names))
