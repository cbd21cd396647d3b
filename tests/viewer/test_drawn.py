"""What panels of the other tasks are told, beside what commands say of the same runs."""

from __future__ import annotations

import io
import re
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from elman import api
from elman.data.pictures import read_picture
from elman.runs import Run
from elman.viewer.drawn import Drawn
from elman.viewer.home import Home
from elman.viewer.routes import ROUTES, captions, clips, labels, translations
from viewer_asking import HOST, TOKEN, ask
from viewer_tasks import NAMES

PANELS = {name: name.partition("-")[0] for name in NAMES} | {"translation": "translations"}


def test_the_table_has_the_routes_of_every_file():
    for file in (captions, clips, labels, translations):
        assert set(file.ROUTES) <= set(ROUTES)


def test_translations_are_the_examples_of_the_evaluation(asked_of_tasks, of_tasks):
    found = asked_of_tasks("/runs/translation/translations.json?seed=3").json()
    examples = api.evaluate(of_tasks / "translation", seed=3)["examples"]
    rows = [
        {name: row[name] for name in ("input", "said", "right")} for row in found["translations"]
    ]
    assert rows == examples and found["attention"] and found["sentences"] == []
    for row in found["translations"]:
        weights = np.array(row["weights"])
        assert weights.shape == (len(row["pieces"]), len(row["read"]))
        np.testing.assert_allclose(weights.sum(1), 1, atol=1e-3)
        assert "".join(row["read"]).strip() == row["input"]
    other = asked_of_tasks("/runs/translation/translations.json?seed=4").json()
    assert other["translations"] != found["translations"]


def test_sentences_of_ones_own_are_translated_as_the_command_does(asked_of_tasks, of_tasks):
    address = "/runs/translation/translations.json?beam=2&sentences=zwei%20eins.%0A%0Adrei."
    found = asked_of_tasks(address).json()
    said = api.predict(of_tasks / "translation", ["zwei eins.", "drei."], beam=2)
    assert [row["said"] for row in found["translations"]] == [one.text for one in said]
    assert found["sentences"] == ["zwei eins.", "drei."]
    assert {row["right"] for row in found["translations"]} == {None}


def test_captions_have_their_pictures_and_where_was_looked(asked_of_tasks, of_tasks, tasks):
    found = asked_of_tasks("/runs/captions/captions.json?seed=2").json()
    examples = api.evaluate(of_tasks / "captions", seed=2)["examples"]
    assert [row["said"] for row in found["pictures"]] == [one["said"] for one in examples]
    for row, one in zip(found["pictures"], examples, strict=True):
        assert one["picture"].endswith(f"/{row['name']}") and row["right"][0] == one["right"]
        assert np.array(row["weights"]).shape == (len(row["words"]) + 1, 49)
        np.testing.assert_allclose(np.sum(row["weights"], 1), 1, atol=2e-3)
    first = found["pictures"][0]
    picture = asked_of_tasks(f"/runs/captions/captions/{first['number']}.png")
    assert picture.headers["content-type"] == "image/png"
    shown = np.asarray(Image.open(io.BytesIO(picture.body)))
    file = tasks / "data" / "captions" / "Images" / first["name"]
    np.testing.assert_array_equal(shown, read_picture(file, captions.SIDE).transpose(1, 2, 0))
    other = asked_of_tasks("/runs/captions-state/captions.json").json()
    assert other["way"] == "state" and other["pictures"][0]["weights"] is None


def test_clips_have_the_labels_probabilities_after_each_frame(asked_of_tasks, of_tasks):
    found = asked_of_tasks("/runs/clips/clips.json").json()
    opened = api.open_run(of_tasks / "clips")
    examples = api.evaluate(of_tasks / "clips", seed=0)["examples"]
    assert len(found["clips"]) == len(examples) > 0
    for row, one in zip(found["clips"], examples, strict=True):
        assert (row["name"], row["right"]) == (one["clip"], one["right"])
        (said,) = opened.predict([row["name"]])
        shares = dict(zip(row["labels"], row["probabilities"], strict=True))
        assert row["said"] == said.facts["label"] == one["said"].split()[0]
        assert max(shares[name][-1] for name in shares) == said.facts["probabilities"][-1]
        assert len(shares[row["right"]]) == row["frames"] == len(said.facts["labels"])
        np.testing.assert_allclose(sum(map(np.array, shares.values())), 1, atol=1e-3)


def test_frames_stand_in_a_row_in_their_order(asked_of_tasks, tasks_home):
    row = asked_of_tasks("/runs/clips/clips.json").json()["clips"][0]
    said = asked_of_tasks(f"/runs/clips/clips/{row['number']}.png")
    strip = np.asarray(Image.open(io.BytesIO(said.body)))
    assert strip.shape == (clips.HIGH, row["frames"] * clips.HIGH, 3)
    clip = tasks_home.readings.held_out(tasks_home.run("clips"))[row["number"]]
    for number, frame in enumerate(clip.frames()):
        shown = strip[:, number * clips.HIGH : (number + 1) * clips.HIGH]
        assert middle(shown) == pytest.approx(middle(frame), abs=0.02)


def middle(picture):
    """How far to the right the brightness of a picture lies, from 0 to 1."""
    columns = picture.astype(float).mean((0, 2))
    return float((columns * (np.arange(len(columns)) + 0.5)).sum() / columns.sum() / len(columns))


def test_labels_of_steps_are_the_examples_of_the_evaluation(asked_of_tasks, of_tasks):
    found = asked_of_tasks("/runs/labels-step/labels.json?seed=1").json()
    examples = api.evaluate(of_tasks / "labels-step", seed=1)["examples"]
    assert found["per"] == "step"
    rows = [(" ".join(row["said"]), " ".join(row["right"])) for row in found["sequences"]]
    assert rows == [(one["said"], one["right"]) for one in examples]
    for row in found["sequences"]:
        assert len(row["words"]) == len(row["said"]) == len(row["sure"]) == row["length"]
        pairs = zip(row["said"], row["right"], strict=True)
        assert row["hits"] == sum(said == right for said, right in pairs)


@pytest.mark.parametrize("name", ["labels-sequence", "labels-numbers"])
def test_the_label_of_a_sequence_develops_over_its_beginnings(asked_of_tasks, of_tasks, name):
    found = asked_of_tasks(f"/runs/{name}/labels.json").json()
    opened = api.open_run(of_tasks / name)
    items = {example.name: example for example in opened.data.validation}
    for row in found["sequences"]:
        example = items[row["name"]]
        (said,) = opened.skill.label([example])
        assert row["at"] == list(range(1, row["length"] + 1))
        assert [row["said"]] == said.facts["labels"] and row["right"] == example.labels[0]
        assert row["sure"] == pytest.approx(said.facts["probabilities"][0], abs=2e-4)
        # each place is what the model says of a sequence that ends there
        half = len(row["at"]) // 2
        x = torch.from_numpy(opened.vocabulary.steps(example))[:half, None]
        with torch.no_grad():
            alone = opened.model(x, torch.tensor([half]))[-1, 0].softmax(-1)
        shares = dict(zip(row["labels"], row["probabilities"], strict=True))
        for label, probabilities in shares.items():
            number = opened.vocabulary.labels.index(label)
            assert probabilities[half - 1] == pytest.approx(float(alone[number]), abs=2e-4)
        if name == "labels-numbers":
            np.testing.assert_allclose(row["values"], example.steps.T, rtol=1e-5)
        else:
            assert tuple(row["words"]) == example.steps


@pytest.mark.parametrize("name", NAMES)
def test_every_route_answers_a_run_of_another_task_in_words(asked_of_tasks, name):
    words = {"run": name, "unit": "h.0.1", "number": "0", "name": "x.js", "panel": "text"}
    words |= {"search": "none", "cell": "0"}
    for route in ROUTES:
        address = re.sub(r"\{(\w+)\}", lambda match: words[match[1]], route.path)
        body = b"{}" if "write" in address else b"a text"
        said = asked_of_tasks(address, route.method, body)
        assert said.status in (200, 400, 404, 409), address
        assert said.status == 200 or "html" in said.headers["content-type"] or said.json()["error"]
    for panel in ("", "/metrics", "/samples", "/cell", f"/{PANELS[name]}"):
        assert asked_of_tasks(f"/runs/{name}{panel}.json").status == 200


def test_a_panel_of_another_task_is_not_there(asked_of_tasks, asked):
    said = asked_of_tasks("/runs/clips/captions.json")
    assert said.status == 404
    assert said.json()["error"] == "clips was trained on clips, and this is for captions"
    assert asked("/runs/good-lstm/labels.json").status == 404
    said = asked_of_tasks("/runs/clips/text.json")
    assert said.status == 409 and "see the panels of its own task" in said.json()["error"]


@pytest.mark.parametrize(
    ("address", "status", "word"),
    [
        ("translation/translations.json?seed=-1", 400, "seed must be"),
        ("translation/translations.json?beam=0", 400, "beam must be a whole number from 1 to 20"),
        ("translation/translations.json?beam=21", 400, "beam must be"),
        ("translation/translations.json?sentences=" + "a%0A" * 21, 400, "up to 20 sentences"),
        ("translation/translations.json?sentences=" + "a" * 4001, 400, "4,000 characters"),
        ("captions/captions/999.png", 404, "there is no number 999"),
        ("captions/captions/-1.png", 404, "there is no number -1"),
        ("captions/captions/..%2f..%2fdata.png", 404, ""),
        ("captions/captions/%D9%A9%D9%A9%D9%A9.png", 404, "there is no number"),
        ("clips/clips/" + "9" * 5000 + ".png", 404, "there is no number"),
        ("clips/captions/0.png", 404, "this is for captions"),
    ],
)
def test_a_wrong_question_gets_a_sentence(asked_of_tasks, address, status, word):
    said = asked_of_tasks(f"/runs/{address}")
    assert said.status == status and word in said.json()["error"], said.body


@pytest.mark.parametrize("name", ["translation", "captions", "clips", "labels-step"])
def test_data_that_is_gone_gets_a_sentence_and_comes_back(of_tasks, tasks, name):
    file = {"labels-step": "tags.csv"}.get(name, name)
    ask_anew = make_asking(of_tasks)
    (tasks / "data" / file).rename(tasks / "data" / "away")
    try:
        said = ask_anew(f"/runs/{name}/{PANELS[name]}.json")
        assert said.status == 400
        assert said.json()["error"].startswith("what was held out cannot be shown: ")
        if name == "translation":
            assert ask_anew(f"/runs/{name}/translations.json?sentences=drei.").status == 200
    finally:
        (tasks / "data" / "away").rename(tasks / "data" / file)
    assert ask_anew(f"/runs/{name}/{PANELS[name]}.json").status == 200


def test_data_that_has_changed_is_not_taken_for_the_old(of_tasks, tasks):
    file = tasks / "data" / "tags.csv"
    text = file.read_text()
    file.write_text(text + "60,a,none\n")
    try:
        said = make_asking(of_tasks)("/runs/labels-step/labels.json")
        assert said.status == 400 and "SHA-256" in said.json()["error"]
    finally:
        file.write_text(text)


def test_a_run_without_a_checkpoint_says_so(of_tasks, tmp_path):
    shutil.copytree(of_tasks / "clips", tmp_path / "runs" / "young")
    shutil.rmtree(Run(tmp_path / "runs" / "young").paths.checkpoints)
    said = make_asking(tmp_path / "runs")("/runs/young/clips.json")
    assert said.status == 409 and "no checkpoint yet" in said.json()["error"]


def test_long_sentences_are_translated_and_not_drawn(asked_of_tasks, monkeypatch):
    monkeypatch.setattr(translations, "MOST_PIECES", 2)
    found = asked_of_tasks("/runs/translation/translations.json?sentences=eins%20zwei.").json()
    assert found["translations"][0]["weights"] is None and found["attention"]


def test_numbers_are_those_of_the_seed(tasks_home, asked_of_tasks):
    from elman.viewer.answer import Asked

    drawn = Drawn.of(Asked(tasks_home, {"run": "labels-step"}, {"seed": "5"}), "labels")
    assert drawn.numbers == sorted(set(drawn.numbers)) and max(drawn.numbers) < len(drawn.items)


def make_asking(folder):
    from functools import partial

    from elman.viewer.app import make_app

    return partial(ask, make_app(Home(folder, api.open_run), TOKEN, [HOST]))


def test_a_text_is_not_kept_where_no_model_reads_it(asked_of_tasks, of_tasks):
    said = asked_of_tasks("/runs/clips/texts.json", "POST", b"a text")
    assert said.status == 409 and "see the panels of its own task" in said.json()["error"]
    assert not (of_tasks / "clips" / "probes" / "texts").exists()
