from __future__ import annotations

import hashlib

import numpy as np
import pytest

from elman.errors import RunError
from elman.runs.checkpoint import open_sealed, sealed
from elman.runs.checkpoints import Checkpoints
from faults import model, save


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints")


def test_what_is_saved_comes_back_to_the_bit(checkpoints, rng):
    arrays = {
        "f4": rng.standard_normal((3, 5)).astype(np.float32),
        "f8": rng.standard_normal(4).T,
        "turned": rng.standard_normal((4, 6)).T,
        "every other": np.arange(20)[::2],
        "none": np.zeros((0, 3), np.float32),
        "scalar": np.array(2.5),
        "generator": rng.integers(0, 256, 5056, dtype=np.uint8),
        "reset": np.array([True, False]),
        "half": np.array([1.5, -0.0], np.float16),
    }
    facts = {"numpy": 2**127 + 1, "loss": 0.1 + 0.2, "name": "Ä", "list": [1, 2.5, None, True]}
    saved = checkpoints.save(1000, arrays, {"m": arrays["f4"]}, facts, score=1.25)
    found = checkpoints.latest()
    assert found == saved and found.folder.name == "001000"
    assert found.facts() == facts and found.score == 1.25
    assert found.model().keys() == arrays.keys()
    for name, array in found.model().items():
        assert array.dtype == arrays[name].dtype and array.shape == arrays[name].shape
        assert array.tobytes() == arrays[name].tobytes()
    assert np.array_equal(found.training()["m"], arrays["f4"])


def test_a_checkpoint_without_anything_is_one_too(checkpoints):
    checkpoints.save(0, {}, {}, {})
    assert checkpoints.latest().model() == {}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_never_saved(value, checkpoints):
    save(checkpoints, 1)
    broken = {**model(2), "U_r": np.array([1, value, value], np.float32)}
    for arrays in ((broken, {}), (model(2), broken)):
        with pytest.raises(RunError) as caught:
            checkpoints.save(2, *arrays, {})
        assert str(caught.value) == (
            "step 2 was not saved, because 2 of 3 values of U_r are not finite: "
            "go back to an earlier checkpoint, with a lower learning rate"
        )
    with pytest.raises(RunError, match="give finite numbers"):
        checkpoints.save(2, model(2), {}, {"loss": value})
    assert [c.step for c in checkpoints.all()] == [1]


def test_a_damaged_checkpoint_is_said_to_be_damaged(checkpoints):
    save(checkpoints, 1)
    path = checkpoints.paths.at(1) / "model.safetensors"
    found = checkpoints.latest()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RunError) as caught:
        found.model()
    assert str(caught.value) == (
        f"the checkpoint {path.parent} is damaged (model.safetensors does not have its checksum): "
        "use an earlier one"
    )
    path.unlink()
    with pytest.raises(RunError, match="cannot be read: No such file or directory"):
        found.verify()
    assert checkpoints.latest() is None


def test_the_seal_comes_last_and_names_the_files():
    files = sealed(5, model(5), {}, {"step": 5}, None)
    assert list(files) == [
        "model.safetensors",
        "training.safetensors",
        "training.json",
        "checksums.json",
    ]
    assert files["training.json"] == b'{\n  "step": 5\n}\n'


def test_no_file_holds_a_pickle():
    for raw in sealed(5, model(5), model(6), {"step": 5}, 1.5).values():
        assert not raw.startswith(b"\x80") and b"numpy" not in raw


def test_a_folder_without_a_seal_is_no_checkpoint(tmp_path):
    with pytest.raises(RunError, match=r"is damaged \(checksums.json cannot be read\)"):
        open_sealed(5, tmp_path)


@pytest.mark.parametrize("value", [object(), {1, 2}, b"raw", np.float32(1)])
def test_facts_are_plain(value, checkpoints):
    with pytest.raises(RunError, match="give finite numbers, text, lists of them"):
        checkpoints.save(1, {}, {}, {"what": value})


@pytest.mark.parametrize("score", ['"abc"', "[1]", "{}"])
def test_a_score_that_is_no_number_is_damage(score, checkpoints):
    save(checkpoints, 1)
    saved = checkpoints.latest()
    seal = saved.folder / "checksums.json"
    text = seal.read_text()
    seal.write_text(text.replace('"score": null', f'"score": {score}'))
    assert seal.read_text() != text
    assert checkpoints.best() is None
    assert checkpoints.skipped == [
        f"the checkpoint {saved.folder} is damaged (checksums.json cannot be read): use an earlier "
        "one"
    ]


@pytest.mark.parametrize("facts", [b"[", b"[1]", b"\xff"])
def test_facts_that_are_none_are_damage(facts, tmp_path):
    files = sealed(1, {}, {}, {}, None)
    folder = tmp_path / "000001"
    folder.mkdir()
    for name, raw in files.items():
        (folder / name).write_bytes(raw)
    (folder / "training.json").write_bytes(facts)
    seal = (folder / "checksums.json").read_text()
    old, new = (hashlib.sha256(raw).hexdigest() for raw in (files["training.json"], facts))
    (folder / "checksums.json").write_text(seal.replace(old, new))
    with pytest.raises(RunError, match=r"is damaged \(training.json holds no facts\)"):
        open_sealed(1, folder).facts()
