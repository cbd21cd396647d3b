"""What the viewer answers, beside what the run folder holds."""

from __future__ import annotations

import json

import numpy as np
import pytest

from elman import api, cells
from elman.probe import read
from elman.runs import Run, RunWriter
from elman.viewer.readings import OWN_LENGTH
from elman.viewer.routes import ROUTES, cell, runs, texts, training


def test_the_table_has_the_routes_of_every_file():
    for file in (cell, runs, texts, training):
        assert set(file.ROUTES) <= set(ROUTES)


def test_the_list_has_every_run_with_its_figures(asked, folder):
    rows = {row["name"]: row for row in asked("/runs.json").json()["runs"]}
    assert set(rows) == {"good-lstm", "good-rnn", "group~failed", "writing"}
    assert {name: row["status"] for name, row in rows.items()} == {
        "good-lstm": "done", "good-rnn": "done", "group~failed": "failed", "writing": "running",
    }  # fmt: skip
    facts = Run(folder / "good-lstm").facts()
    assert rows["good-lstm"]["val_loss"] == facts["progress"]["val_loss"]
    assert (rows["good-lstm"]["hidden"], rows["good-lstm"]["clip"]) == (24, 1.0)


def test_a_failed_run_says_why(asked):
    found = asked("/runs/group~failed.json").json()
    assert found["status"] == "failed" and "the disk is full" in found["error"]
    assert found["checkpoints"] == []


def test_a_run_that_lost_its_files_is_listed_all_the_same(asked, folder, home):
    broken = folder / "broken"
    broken.mkdir()
    (broken / "run.json").write_text('{"status": "done"')
    (broken / "config.toml").write_text("[model\n")
    home._at = float("-inf")
    try:
        assert asked("/runs/broken.json").json()["status"] == "unknown"
        for panel in ("metrics", "samples"):
            assert asked(f"/runs/broken/{panel}.json").status == 200
        for panel in ("cell", "text"):
            said = asked(f"/runs/broken/{panel}.json")
            assert said.status in (404, 409) and said.json()["error"]
    finally:
        (broken / "run.json").unlink()
        (broken / "config.toml").unlink()
        broken.rmdir()
        home._at = float("-inf")


def test_the_curves_are_the_lines_of_the_file(asked, folder):
    found = asked("/runs/good-lstm/metrics.json").json()
    rows = Run(folder / "good-lstm").metrics()
    assert [row["step"] for row in rows] == found["step"]
    assert [row.get("val_loss") for row in rows] == found["val_loss"]
    assert [row.get("norm") for row in rows] == found["norm"]
    again = asked(f"/runs/good-lstm/metrics.json?after={found['cursor']}").json()
    assert again["step"] == [] and not again["anew"]


def test_only_new_lines_come_and_torn_ones_wait(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1, "loss": 2.0}\nnot json\n{"step": 2')
    rows, cursor, more, anew = training.read_from(path, "")
    assert ([row["step"] for row in rows], more, anew) == ([1], False, True)
    with path.open("a") as file:
        file.write(', "loss": null}\n')
    rows, cursor, _, anew = training.read_from(path, cursor)
    assert (rows, anew) == ([{"step": 2, "loss": None}], False)
    other = tmp_path / "other"  # a run that went back has another file
    other.write_text('{"step": 1}\n')
    other.replace(path)
    rows, _, _, anew = training.read_from(path, cursor)
    assert ([row["step"] for row in rows], anew) == ([1], True)


def test_a_long_file_comes_in_pieces(tmp_path, monkeypatch):
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(json.dumps({"step": n}) + "\n" for n in range(100)))
    monkeypatch.setattr(training, "AT_ONCE", 300)
    steps, cursor, more = [], "", True
    while more:
        rows, cursor, more, _ = training.read_from(path, cursor)
        steps += [row["step"] for row in rows]
    assert steps == list(range(100))


@pytest.mark.parametrize("cursor", ["x", "1-2", "-", "0-99999999999999", "9" * 5000])
def test_a_cursor_of_another_file_begins_anew(asked, cursor):
    assert asked(f"/runs/writing/metrics.json?after={cursor}").json()["anew"]


def test_samples_come_in_order(asked, folder):
    found = asked("/runs/good-lstm/samples.json").json()["samples"]
    assert found == Run(folder / "good-lstm").samples() and len(found) >= 3


def test_equations_come_row_by_row_with_every_symbol_marked(asked):
    found = asked("/runs/good-lstm/cell.json").json()
    assert len(found["rows"]) == 6
    assert "\\htmlData{name=f,kind=quantity,when=t}{f_t} &=" in found["rows"][1]
    assert "\\htmlData{name=c,kind=state,when=t-1}{c_{t-1}}" in found["rows"][4]
    picture = asked("/runs/good-lstm/cell.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.body.decode() == cells.get("lstm").to_svg()


def test_values_are_those_of_the_reading(asked, folder):
    opened = api.open_run(folder / "good-lstm")
    text = opened.text.validation[:OWN_LENGTH]
    reading = read(opened.model, opened.vocabulary, text)
    facts = asked("/runs/good-lstm/text.json").json()
    assert facts["content"] == text and facts["step"] == opened.step
    assert facts["loss"] == pytest.approx(float(np.nanmean(reading.losses)), rel=1e-5)
    assert {track["address"] for track in facts["tracks"]} == {f"{name}.0" for name in "hcifgo"}
    for track in facts["tracks"]:
        sizes = np.abs(reading.track(track["address"]).values.astype(float))
        assert (sizes <= track["usual"]).mean() == pytest.approx(0.98, abs=0.05)
    raw = asked("/runs/good-lstm/values.bin?units=c.0.3,i.0.7,losses&from=10&to=110").body
    numbers = np.frombuffer(raw, "<f4").reshape(3, 100)
    np.testing.assert_allclose(numbers[0], reading.unit("c.0.3")[10:110], atol=2e-3)
    np.testing.assert_allclose(numbers[1], reading.unit("i.0.7")[10:110], atol=2e-3)
    np.testing.assert_allclose(numbers[2], reading.losses[10:110], atol=1e-3)


def test_an_instant_has_every_gate_and_five_guesses(asked):
    text = asked("/runs/good-lstm/text.json").json()["content"]
    found = asked("/runs/good-lstm/instant.json?unit=h.0.5&at=40").json()
    assert set(found["values"]) == set("hcifgo")
    assert (found["character"], found["next"]) == (text[40], text[41])
    shares = [guess["share"] for guess in found["guesses"]]
    assert len(shares) == 5 and shares == sorted(shares, reverse=True) and sum(shares) <= 1.001
    numbers = np.frombuffer(asked("/runs/good-lstm/values.bin?units=h.0.5").body, "<f4")
    assert found["values"]["h"] == pytest.approx(numbers[40], abs=1e-6)


def test_a_pasted_text_has_an_address(asked, home):
    said = asked("/runs/good-lstm/texts.json", "POST", b"def first(self):\n    return None\n")
    name = said.json()["text"]
    facts = asked(f"/runs/good-lstm/text.json?text={name}").json()
    assert facts["content"].startswith("def first")
    assert home.readings.text(home.run("good-lstm"), name) == facts["content"]


@pytest.mark.parametrize(
    ("address", "status", "word"),
    [
        ("text.json?text=0123456789abcdef", 404, "paste it again"),
        ("text.json?text=..%2f..%2frun", 404, "paste it again"),
        ("text.json?step=3", 404, "moved on"),
        ("text.json?step=x", 400, "whole number"),
        ("values.bin?units=c.0.99", 400, "units 0 to 23"),
        ("values.bin?units=", 400, "is no unit"),
        ("values.bin?units=" + ",".join(["c.0.1"] * 65), 400, "too much for one answer"),
        ("values.bin?units=c.0.1&from=50&to=20", 400, "to must be"),
        ("instant.json?unit=q.0.1", 400, "there is no 'q.0'"),
        ("instant.json?unit=c.0.1&at=99999999", 400, "at must be"),
    ],
)
def test_a_wrong_question_gets_a_sentence(asked, address, status, word):
    said = asked(f"/runs/good-lstm/{address}")
    assert (said.status, word in said.json()["error"]) == (status, True), said.body


def test_texts_that_cannot_be_read_are_refused(asked):
    at = "/runs/good-lstm/texts.json"
    assert asked(at, "POST", b"  \n").status == 400
    assert asked(at, "POST", b"a" * 100_001).status == 400
    assert asked(at, "POST", b"\xff\xfe").status == 400
    name = asked(at, "POST", "Привет, мир".encode()).json()["text"]
    assert asked(f"/runs/good-lstm/text.json?text={name}").status == 400


def test_a_run_without_a_checkpoint_says_so(asked):
    said = asked("/runs/writing/text.json")
    assert said.status == 409 and "no checkpoint yet" in said.json()["error"]


def test_unknown_pages_are_not_pages(asked):
    for address in ("/runs/good-lstm/nothing", "/runs/none", "/etc", "/runs", "/assets/x.js"):
        assert asked(address).status == 404, address
    for address in ("/", "/runs/writing", "/runs/good-lstm/text?unit=c.0.3"):
        said = asked(address)
        assert said.status == 200 and said.headers["content-type"].startswith("text/html")


def test_a_new_run_appears(asked, folder, home):
    made = RunWriter.create(
        "text", "rnn", config={}, equations="h' = tanh(W x + U h)", seed=0, folder=folder / "late"
    )
    home._at = float("-inf")
    names = [row["name"] for row in asked("/runs.json").json()["runs"]]
    assert "late" in names
    for path in made.folder.iterdir():
        path.unlink()
    made.folder.rmdir()
    home._at = float("-inf")
