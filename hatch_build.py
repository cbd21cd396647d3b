"""Hatch's hook: the page is built before the wheel is packed, and ships in it.

ELMAN_PAGE=none leaves the page out, ELMAN_PAGE=later leaves it to `make page`. An editable install
goes on without a page if it cannot be built; a wheel does not.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface):
    """Builds the page with `frontend/build.py`."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node, if there is something to build."""
        page = _builder(Path(self.root))
        return [] if _is_left_out() or page.is_fresh(Path(self.root)) else [page.NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page, unless it is there or is to be left out."""
        if _is_left_out():
            return
        root = Path(self.root)
        try:
            _builder(root).build(root)
        except RuntimeError as error:
            if version != "editable":
                raise
            print(f"{error}", file=sys.stderr)
        build_data["artifacts"].append("src/elman/viewer/page/")  # not in git, and yet to be packed


def _is_left_out() -> bool:
    return os.environ.get("ELMAN_PAGE") in ("none", "later")


def _builder(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_page", root / "frontend" / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
