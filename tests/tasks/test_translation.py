"""Translation: learned, exact in going on, useful on sentences, files and standard input."""

from __future__ import annotations

import gzip
import io
import json
import math

import pytest
import torch

from elman import api, cells
from elman.cli import main
from elman.errors import ConfigError, DataError
from elman.tasks.translation import KIND, TranslationSource, collate, mean_loss
from few_cells import ANY_CELL

ONE = ["one", "two", "three", "four", "five", "six"]
EINS = ["eins", "zwei", "drei", "vier", "fünf", "sechs"]
SMALL = {"hidden": 24, "embedding": 16, "pieces": 120, "batch": 16}


def sentence(words, k):
    """Words by the digits of k, the last first: a translation turns them around."""
    return [words[k // 6**place % 6] for place in range(1 + k % 3)]


@pytest.fixture
def folder(tmp_path):
    """Numbers in German and, the other way around, in English."""
    numbers = [(k * 37) % 216 for k in range(200)]
    de = "".join(" ".join(sentence(EINS, k)) + ".\n" for k in numbers)
    en = "".join(" ".join(sentence(ONE, k)[::-1]) + ".\n" for k in numbers)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train.de").write_text(de)
    (tmp_path / "data" / "train.en.gz").write_bytes(gzip.compress(en.encode()))
    return tmp_path / "data"


def train(folder, tmp_path, steps, **more):
    given = {"task": "translation", "source": "de", "target": "en", **SMALL, **more}
    return api.train(folder, steps=steps, folder=tmp_path / "run", **given)


def test_a_reversed_language_is_learned_and_its_lines_are_translated(folder, tmp_path, capsys):
    trained = train(folder, tmp_path, 150, dropout=0.0, lr=0.01, smoothing=0.0)
    run = str(trained.run)
    assert main(["evaluate", run, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["figures"]["BLEU"] > 40 > 30 > found["baselines"]["the source"]["BLEU"]
    assert "nearest pair" in found["baselines"] and "tok:13a" in found["signature"]
    assert len(found["examples"]) == 10

    assert main(["predict", run, "zwei eins.", "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("one two")
    (tmp_path / "in.txt").write_text("zwei eins.\n\ndrei.\n")
    picture = tmp_path / "look.svg"
    words = ["predict", run, str(tmp_path / "in.txt"), "--out", str(tmp_path / "out.txt")]
    assert main([*words, "--picture", str(picture), "--quiet"]) == 0
    assert (tmp_path / "out.txt").read_text().splitlines()[1] == ""
    assert picture.read_text().startswith("<svg") and "zwei" in picture.read_text()


def test_standard_input_is_translated_line_by_line(folder, tmp_path, monkeypatch):
    trained = train(folder, tmp_path, 1)
    monkeypatch.setattr("sys.stdin", io.StringIO("eins.\nzwei.\n"))
    assert [one.input for one in api.predict(trained.run, ["-"])] == ["eins.", "zwei."]


@pytest.mark.parametrize("attention", [True, False])
def test_a_stopped_training_goes_on_exactly(goes_on, folder, attention):
    goes_on("translation", folder, source="de", target="en", attention=attention, **SMALL)


@pytest.mark.parametrize("cell", ANY_CELL)
def test_any_cell_translates(folder, cell):
    source = TranslationSource(str(folder), "", "de", "en")
    data = KIND.read(source)
    config = KIND.recipe(data, 0.0, 1)[0]
    torch.manual_seed(0)
    task = KIND.task(data, source, config, cells.get(cell), None)
    loss = task.loss()
    loss.backward()
    assert math.isfinite(loss.item())
    assert all(p.grad is not None for p in task.model.parameters())
    said = task.skill.translate(["eins zwei."], beam=2)
    assert len(said) == 1


def test_the_score_is_that_of_sentences_one_by_one(folder):
    source = TranslationSource(str(folder), "", "de", "en")
    data = KIND.read(source)
    torch.manual_seed(0)
    task = KIND.task(data, source, KIND.recipe(data, 0.0, 1)[0], cells.get("gru"), None)
    task.model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for row in task.held_out:
            total += float(task.model.loss(*collate([row]))) * (len(row[1]) + 1)
            count += len(row[1]) + 1
    assert mean_loss(task.model, task.held_out) == pytest.approx(total / count, rel=1e-5)
    assert task.tokens_to_score == count


def test_wrong_wishes_get_a_sentence(folder, tmp_path):
    with pytest.raises(DataError, match=r"has de, en, say from which into which: as in --source"):
        api.train(folder, task="translation", steps=1, folder=tmp_path / "no")
    assert not (tmp_path / "no").exists()
    run = train(folder, tmp_path, 1, attention=False).run
    with pytest.raises(ConfigError, match="trained without attention: it looked nowhere"):
        list(api.predict(run, ["eins."], picture=tmp_path / "a.svg"))
    with pytest.raises(DataError, match=r"there is no file no/such\.txt"):
        list(api.predict(run, ["no/such.txt"]))
    with pytest.raises(ConfigError, match="--beam must be 1 or more, not 0"):
        list(api.predict(run, ["eins."], beam=0))
