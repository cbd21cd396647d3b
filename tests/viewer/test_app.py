from __future__ import annotations

import pytest

from elman.errors import ConfigError, DataError, RunError
from elman.viewer.answer import Asked, Route
from elman.viewer.app import answer, make_app
from elman.viewer.missing import NotHere
from viewer_asking import HOST, TOKEN, ask


def failing(error):
    def fail(asked):
        raise error

    return Route("GET", "/it.json", fail)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotHere("it is gone"), 404),
        (RunError("it is being written"), 409),
        (ConfigError("at is wrong"), 400),
        (DataError("a text is empty"), 400),
    ],
)
def test_a_foreseen_error_is_a_sentence_with_a_status(error, status):
    said = answer(failing(error), Asked(None))
    assert (said.status, said.body) == (status, f'{{"error":"{error}"}}'.encode())


def test_a_defect_is_not_hidden(home):
    app = make_app(home, TOKEN, [HOST], [failing(ZeroDivisionError())])
    with pytest.raises(ZeroDivisionError):
        ask(app, "/it.json")
