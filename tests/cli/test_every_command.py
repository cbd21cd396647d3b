"""Every command keeps the contract of `elman.cli`: a summary, options with help, and `run`."""

from __future__ import annotations

import dataclasses
import importlib

import pytest

import elman.cli.bench.layers
import elman.cli.bench.search
import elman.cli.cell
import elman.cli.compare
import elman.cli.data.get
import elman.cli.data.list
import elman.cli.demo
import elman.cli.evaluate
import elman.cli.inspect
import elman.cli.predict
import elman.cli.resume
import elman.cli.sample
import elman.cli.search
import elman.cli.train.captions
import elman.cli.train.clips
import elman.cli.train.labels
import elman.cli.train.text
import elman.cli.train.translation
import elman.cli.view

COMMANDS = [
    elman.cli.bench.layers,
    elman.cli.bench.search,
    elman.cli.cell,
    elman.cli.compare,
    elman.cli.data.get,
    elman.cli.data.list,
    elman.cli.demo,
    elman.cli.evaluate,
    elman.cli.inspect,
    elman.cli.predict,
    elman.cli.resume,
    elman.cli.sample,
    elman.cli.search,
    elman.cli.train.captions,
    elman.cli.train.clips,
    elman.cli.train.labels,
    elman.cli.train.text,
    elman.cli.view,
    elman.cli.train.translation,
]


@pytest.mark.parametrize("module", COMMANDS, ids=lambda module: module.__name__)
def test_a_command_has_a_summary_options_and_run(module):
    assert module.__doc__
    assert dataclasses.is_dataclass(module.Options)
    assert module.Options.__dataclass_params__.frozen
    assert callable(importlib.import_module(module.__name__).run)
