from __future__ import annotations

import math
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman.errors import ConfigError
from elman.runs.toml import to_toml

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = TEXTS | st.integers() | st.floats(allow_nan=False) | st.booleans()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_what_is_written_reads_back_as_it_was(table):
    assert tomllib.loads(to_toml(table)) == table


def test_it_looks_as_a_person_would_write_it():
    config = {
        "task": "text",
        "train": {"lr": 1e-05, "steps": 1000, "betas": [0.9, 0.99], "schedule": {"warm up": True}},
        "data": {"include": ("*.tex",), "name": 'a "b"\n'},
        "empty": {},
        "seed": 7,
    }
    assert to_toml(config) == (
        'task = "text"\n'
        "seed = 7\n"
        "\n"
        "[train]\n"
        "lr = 1e-05\n"
        "steps = 1000\n"
        "betas = [0.9, 0.99]\n"
        "\n"
        "[train.schedule]\n"
        '"warm up" = true\n'
        "\n"
        "[data]\n"
        'include = ["*.tex"]\n'
        'name = "a \\"b\\"\\n"\n'
        "\n"
        "[empty]\n"
    )


def test_numbers_that_are_not_finite_have_names():
    found = tomllib.loads(to_toml({"a": math.inf, "b": -math.inf, "c": math.nan}))
    assert (found["a"], found["b"]) == (math.inf, -math.inf) and math.isnan(found["c"])


@pytest.mark.parametrize("value", [None, b"raw", object(), {1}])
def test_what_toml_cannot_hold_is_named(value):
    with pytest.raises(ConfigError) as caught:
        to_toml({"train": {"lr": [value]}})
    assert str(caught.value) == (
        f"train.lr is {value!r}, which a configuration file cannot hold: "
        "give text, a number, true or false, or a list of these"
    )


def test_a_path_that_is_not_utf8_is_refused():
    with pytest.raises(ConfigError) as error:
        to_toml({"data": "/a/caf\udce9.txt"})
    assert str(error.value) == (
        "/a/caf?.txt is not UTF-8, so a configuration file cannot hold it: rename the file or "
        "folder"
    )
