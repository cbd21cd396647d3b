"""Tux Paint's stamps, out of a package made here: fetched once, checked, split without leaks."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from elman.data import stamps
from elman.data.captions import noun, read_captions
from elman.errors import DataError
from packages import UNDER, deb

NAMES = ("dog", "cat", "bus", "owl")


def png(picture):
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def files():
    """Four kinds of ten things; of the first two dogs a mirror image lies in another folder."""
    rng, found = np.random.default_rng(0), {}
    for k in range(40):
        name, number = NAMES[k % 4], k // 4
        small = rng.integers(0, 255, (9, 9, 3)).astype(np.uint8)
        picture = Image.fromarray(np.kron(small, np.ones((6, 6, 1), np.uint8)))
        word = ("red", "big", "old", "wet", "shy")[number % 5]
        stem = f"{name}s/{word}{number}" if name == "bus" else f"{name}s/{'abcdefghij'[number] * 3}"
        found[f"{UNDER}{stem}.png"] = png(picture)
        said = f"A {word} {name}.\nde.utf8=Ding {name}.\nfr.utf8=Chose {name}.\n"
        found[f"{UNDER}{stem}.txt"] = said.encode()
        if name == "dog" and number < 5:
            turned = ImageOps.mirror(picture.point(lambda v: v * 0.95))
            found[f"{UNDER}others/mirror_of_{'abcdefghij'[number] * 3}.png"] = png(turned)
            found[f"{UNDER}others/mirror_of_{'abcdefghij'[number] * 3}.txt"] = said.encode()
    found[f"{UNDER}dogs/aaa_mirror.png"] = b"has no text"
    found[f"{UNDER}dogs/drawn.svg"] = b"<svg/>"
    found[f"{UNDER}dogs/drawn.txt"] = b"A drawn dog."
    return found


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "stamps.deb"
    path.write_bytes(deb(files()))
    return path


def test_a_package_is_unpacked_once_and_found_again_until_it_is_changed(package, monkeypatch):
    with pytest.raises(DataError, match="not on this machine yet: run: elman data get stamps"):
        stamps.folder()
    folder = stamps.get(package)
    assert stamps.folder() == folder == stamps.get()
    assert len(list(folder.rglob("*.png"))) == len(list(folder.rglob("*.txt"))) == 45
    assert {path.name for path in folder.parent.iterdir()} == {folder.name}

    (folder / "dogs" / "aaa.txt").write_text("A cow.")
    with pytest.raises(DataError, match="not on this machine yet"):
        stamps.folder()
    monkeypatch.setattr(stamps, "fetch_deb", lambda name: package.read_bytes())
    assert stamps.get() == stamps.folder() == folder


def test_other_packages_and_files_that_are_not_there_are_refused(package, tmp_path):
    (tmp_path / "other.deb").write_bytes(deb({"./usr/bin/x.png": b""}))
    with pytest.raises(DataError, match=r"other\.deb holds no stamps: give Debian's package"):
        stamps.get(tmp_path / "other.deb")
    with pytest.raises(DataError, match=r"away\.deb cannot be read .*: check the path"):
        stamps.get(tmp_path / "away.deb")
    assert not (tmp_path / "cache").exists()


def test_mirror_images_and_numbered_names_stay_on_one_side_and_nouns_are_known(package):
    folder = stamps.get(package)
    data = read_captions("stamps")
    training, validation = (
        {str(one.path.relative_to(folder)) for one in part}
        for part in (data.training, data.validation)
    )
    assert data.name == "stamps" and len(training) + len(validation) == 45 and validation
    for number in range(5):
        pair = {
            f"{place}{'abcdefghij'[number] * 3}.png" for place in ("dogs/", "others/mirror_of_")
        }
        assert pair <= training or pair <= validation
    for word in ("red", "big", "old", "wet", "shy"):
        pair = {f"buss/{word}{k}.png" for k in range(10)} & (training | validation)
        assert len(pair) == 2 and (pair <= training or pair <= validation)
    nouns = {noun(one.captions[0]) for one in data.training}
    assert {noun(one.captions[0]) for one in data.validation} <= nouns


def test_other_languages_are_there_if_the_texts_have_them(package):
    stamps.get(package)
    german = read_captions("stamps", "de")
    assert all(one.captions[0].startswith("Ding ") for one in german.training)
    assert read_captions("stamps", "en") == read_captions("stamps")
    with pytest.raises(DataError, match=r"has no captions in 'eo': there are en, de, fr$"):
        read_captions("stamps", "eo")
