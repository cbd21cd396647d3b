from __future__ import annotations

import json

import pytest

from elman.errors import RunError
from elman.runs import Run, RunWriter, find, listing
from elman.runs.read import read_rows
from faults import new_run, save


@pytest.fixture
def run(tmp_path):
    writer = new_run(tmp_path / "run")
    writer.log(1, loss=2.0)
    save(writer, 1)
    writer.finish()
    return Run(writer.folder)


def everything(run: Run) -> list[object]:
    checkpoints = run.checkpoints()
    simple = [run.name, run.facts(), run.status(), run.config(), run.equations(), run.vocabulary()]
    return [*simple, run.metrics(), run.samples(), run.error(), checkpoints.best()]


@pytest.mark.parametrize(
    "name", ["run.json", "config.toml", "cell.eq", "metrics.jsonl", "checkpoints/pointers.json"]
)
def test_a_run_that_lost_a_file_still_opens(name, run):
    (run.folder / name).unlink()
    assert len(everything(run)) == 10


def test_a_folder_with_nothing_in_it_still_opens(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        name, *answers = everything(Run(folder))
        assert name == folder.name
        assert answers == [{}, "unknown", {}, None, None, [], [], None, None]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff\xfe", b'{"status": 3}'])
def test_a_damaged_run_file_is_an_unknown_status(raw, run):
    run.paths.run.write_bytes(raw)
    assert run.status() == "unknown"
    assert run.metrics() == [{"step": 1, "loss": 2.0}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"process": 3},
        {"resumed": 3},
        {"progress": [1]},
        {"created": 3},
        {"cell": 3},
        {"status": 3},
        {"format": "x"},
    ],
    ids=str,
)
def test_a_fact_of_another_kind_counts_as_missing(wrong, run):
    long_ago = {"status": "running", "updated": "2026-11-23T09:00:00+00:00"}
    run.paths.run.write_text(json.dumps({**run.facts(), **long_ago, **wrong}))
    assert not wrong.keys() & run.facts().keys()
    assert run.status() == ("unknown" if "status" in wrong else "interrupted")
    RunWriter.reopen(run.folder, after=1).finish(val_loss=1.0)
    assert run.facts()["progress"]["val_loss"] == 1.0
    assert listing(run.folder)[0].status() == "done"


def test_brackets_without_end_are_damage_like_any_other(run):
    deep = b"[" * 100_000 + b"\n"
    for path in (run.paths.run, run.paths.vocabulary):
        path.write_bytes(deep)
    run.paths.metrics.write_bytes(deep + run.paths.metrics.read_bytes())
    assert run.facts() == {} and run.metrics() == [{"step": 1, "loss": 2.0}]
    with pytest.raises(RunError, match=r"vocabulary.json is damaged"):
        run.vocabulary()


def test_a_config_that_was_edited_wrongly_says_where(run):
    run.paths.config.write_text("[train]\nlr = \n")
    with pytest.raises(RunError) as caught:
        run.config()
    assert str(caught.value) == (
        f"{run.paths.config} is not TOML (Invalid value (at line 2, column 6)): correct it there"
    )


def test_a_damaged_vocabulary_is_an_error(run):
    run.paths.vocabulary.write_text('{"characters": "ab')
    with pytest.raises(RunError, match=r"vocabulary.json is damaged \(Unterminated string"):
        run.vocabulary()


def test_equations_that_are_no_text_are_an_error(run):
    run.paths.cell.write_bytes(b"h' = \xff")
    with pytest.raises(RunError, match=r"is damaged \(not UTF-8 at byte 5\): put the file back"):
        run.equations()


def test_a_writer_that_is_gone_interrupted_the_run(run):
    facts = {**run.facts(), "status": "running"}
    gone = {"pid": 4321, "host": "elsewhere", "start": 1}
    for process in (gone, None):
        old = {**facts, "process": process, "updated": "2026-11-23T09:00:00+00:00"}
        run.paths.run.write_text(json.dumps(old))
        assert run.status() == "interrupted"
    run.paths.run.write_text(json.dumps({"status": "running"}))
    assert run.status() == "interrupted"


def test_lines_that_are_torn_or_foreign_are_passed_over(tmp_path):
    path = tmp_path / "metrics.jsonl"
    foreign = [b"\xff\xfe", b"null", b"", b"[1]", b'{"loss": 1}', b'{"step": 1e400}']
    foreign += [b'{"step": "2"}', b'{"step": null}', b'{"step": true}', b'{"step": [1]}']
    lines = [b'{"step": 1}', *foreign, b'{"step": 2}', b'{"step": 3}']
    path.write_bytes(b"\n".join(lines))
    assert read_rows(path) == [{"step": 1}, {"step": 2}]
    assert read_rows(tmp_path / "none") == []


@pytest.fixture
def runs(tmp_path):
    root = tmp_path / "runs"
    for name, created in (
        ("2026-01-02-text-gru-00aa", "2026-01-02T10:00:00+00:00"),
        ("2026-01-01-text-lstm-00bb", "2026-01-01T10:00:00+00:00"),
        ("search/2026-01-03-text-rnn-00cc", "2026-01-03T10:00:00+00:00"),
    ):
        writer = new_run(root / name)
        writer.facts["created"] = created
        writer.finish()
    inside = new_run(root / "search/2026-01-03-text-rnn-00cc/children/one")
    inside.finish()
    (root / "notes").mkdir()
    (root / "notes" / "config.toml").write_text("")
    return root


def test_runs_are_listed_newest_first_at_any_depth(runs, tmp_path):
    assert [run.name[-4:] for run in listing(runs)] == ["00cc", "00aa", "00bb"]
    assert [run.name[-4:] for run in listing(runs / "2026-01-01-text-lstm-00bb")] == ["00bb"]
    assert listing(tmp_path / "none") == []


def test_a_run_is_found_by_path_by_name_and_by_its_end(runs, monkeypatch):
    folder = runs / "2026-01-01-text-lstm-00bb"
    for name in (folder, str(folder), folder.name, "00bb", "text-lstm-00bb", folder / "run.json"):
        assert find(name, runs).folder.samefile(folder)
    monkeypatch.chdir(folder)
    assert find(".", runs).name == folder.name
    with pytest.raises(RunError):
        find("no-such-thing", runs)


def test_the_latest_run_needs_no_name(runs):
    assert find("latest", runs).folder == listing(runs)[0].folder


def test_a_checkpoint_leads_to_its_run(run):
    assert find(run.folder / "checkpoints" / "000001").folder.samefile(run.folder)


def test_a_run_that_lost_its_run_file_is_still_found(run):
    run.paths.run.unlink()
    assert find(run.folder).folder == run.folder


def test_a_name_that_fits_no_run_or_several_lists_them(runs, tmp_path):
    with pytest.raises(RunError) as caught:
        find("zz", runs)
    first, second, third = listing(runs)
    there = f"{first.folder}, {second.folder}, {third.folder}"
    assert str(caught.value) == (
        "there is no run zz: name its folder or the last four characters of that; "
        f"in {runs}/ there are {there}"
    )
    RunWriter.create("t", "c", config={}, equations="", seed=1, folder=runs / "x-00aa").finish()
    with pytest.raises(RunError, match=r"00aa is the end of several runs: take .*x-00aa, .*gru"):
        find("00aa", runs)
    with pytest.raises(RunError) as caught:
        find("zz", tmp_path / "none")
    none = tmp_path / "none"
    assert str(caught.value) == (
        f"there is no run zz here, nor any in {none}/: start one with elman train"
    )


def test_runs_far_below_a_folder_are_not_looked_for_to_be_named(tmp_path):
    deep = tmp_path / "a" / "b" / "c" / "run"
    RunWriter.create("t", "c", config={}, equations="", seed=1, folder=deep).finish()
    assert len(listing(tmp_path)) == 1 and not listing(tmp_path, deep=3)
    assert len(listing(tmp_path, deep=4)) == 1
    with pytest.raises(RunError, match="start one with elman train"):
        find(tmp_path)
