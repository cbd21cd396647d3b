"""A model that cannot fit is refused with its size, before anything is made."""

from __future__ import annotations

import pytest

from elman import cells
from elman.errors import ConfigError
from elman.models import LanguageModel, room
from elman.models.room import check_room


@pytest.mark.parametrize("name, layers, embedding", [("lstm", 1, 6), ("gru", 3, 0)])
def test_the_numbers_are_those_of_the_model(name, layers, embedding, monkeypatch):
    cell = cells.get(name)
    size = LanguageModel(cell, 9, 16, layers, embedding=embedding).size
    monkeypatch.setattr(room, "_memory", lambda: 1.0 * room.BYTES * size)
    check_room(cell, 9, 16, layers, embedding)
    monkeypatch.setattr(room, "_memory", lambda: room.BYTES * size - 1.0)
    with pytest.raises(ConfigError, match=f"this model has {size:,} numbers to learn"):
        check_room(cell, 9, 16, layers, embedding)


@pytest.mark.parametrize("sizes", [(10**30, 1, 4), (8, 10**12, 4), (8, 1, 10**30)])
def test_sizes_beyond_any_machine_are_refused_at_once(sizes, monkeypatch):
    monkeypatch.setattr(room, "_memory", lambda: 64e9)
    with pytest.raises(ConfigError, match="choose fewer units"):
        LanguageModel("lstm", 65, *sizes[:2], embedding=sizes[2])


def test_where_the_system_does_not_say_nothing_is_refused(monkeypatch):
    monkeypatch.delattr(room.os, "sysconf")
    check_room(cells.get("lstm"), 65, 10**30, 1, 4)
