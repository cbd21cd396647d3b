"""`elman bench cells`: cells that torch has no layer for."""

from __future__ import annotations

import json

from elman.cli import main


def test_json_has_the_cells_that_were_asked_for(capsys):
    words = ("bench", "cells", "--shapes", "3,2,8", "--seconds", "0", "--threads", "1", "--json")
    assert main([*words, "--cells", "mgu"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["cell"] for row in found["results"]] == ["mgu"]
    assert set(found["results"][0]["ratios"]) >= {"loop", "tuned"}
