from __future__ import annotations

import numpy as np
import pytest

from elman.errors import ConfigError
from elman.viewer.answer import Asked, as_json, plain


def test_what_json_cannot_say_is_said_otherwise():
    found = plain({"a": np.float32(0.5), "b": [np.nan, float("inf")], "c": (1, None, True), 4: "x"})
    assert found == {"a": 0.5, "b": [None, None], "c": [1, None, True], "4": "x"}
    assert as_json({"word": "é\ud800"}).body == b'{"word":"\xc3\xa9\\ud800"}'


@pytest.mark.parametrize("raw", ["", "x", "1.5", "-1", "101", "9" * 30])
def test_a_number_out_of_bounds_is_refused_by_name(raw):
    with pytest.raises(ConfigError, match=r"^at must be a whole number from 0 to 100"):
        Asked(None, query={"at": raw}).whole("at", 0, 0, 100)


def test_numbers_of_the_query():
    asked = Asked(None, query={"at": "7", "value": "-0.5", "none": "", "bad": "nan"})
    assert (asked.whole("at", 0, 0, 100), asked.whole("other", 3)) == (7, 3)
    assert (asked.number("value"), asked.number("none"), asked.number("no", 1.0)) == (-0.5, None, 1)
    with pytest.raises(ConfigError, match=r"^bad must be a number"):
        asked.number("bad")


def test_a_body_is_text_or_an_object():
    assert Asked(None, body="é".encode()).text() == "é"
    with pytest.raises(ConfigError, match="not UTF-8"):
        Asked(None, body=b"\xff").text()
    assert Asked(None, body=b'{"a": 1}').values() == {"a": 1}
    for body in (b"[1]", b"{", b"[" * 100_000):
        with pytest.raises(ConfigError, match="JSON object"):
            Asked(None, body=body).values()
