"""Every task keeps the protocol of kinds, and its tables are what a configuration can hold."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

from elman.errors import ConfigError
from elman.tasks.kind import NAMES, Kind, kind


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_has_all_that_callers_ask_for(name):
    found = kind(name)

    assert isinstance(found, Kind) and found.name == name
    assert {"data", "sha256"} <= {field.name for field in dataclasses.fields(found.source)}
    assert "cell" in {field.name for field in dataclasses.fields(found.config)}
    for method in ("place", "read", "recipe", "cell", "task", "skill", "tell"):
        wanted = inspect.signature(getattr(Kind, method)).parameters
        assert len(inspect.signature(getattr(found, method)).parameters) == len(wanted) - 1, method


@pytest.mark.parametrize("name", NAMES)
def test_every_option_of_a_table_says_what_it_is(name):
    for table in (kind(name).source, kind(name).config):
        source = inspect.getsource(table)
        assert source.count('"""') >= 2 * (1 + len(dataclasses.fields(table)))


def test_a_task_that_is_none_is_answered_with_those_that_are():
    with pytest.raises(ConfigError, match="there is no task 'poems': there are text"):
        kind("poems")
