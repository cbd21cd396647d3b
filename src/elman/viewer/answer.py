"""What a route is given and what it gives back: plain values, known to no web framework."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from elman.errors import ConfigError
from elman.viewer.home import Home

JSON = "application/json"
BINARY = "application/octet-stream"


@dataclass(frozen=True)
class Asked:
    """One request that was let in: the words of its path, its query, its body."""

    home: Home
    path: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    def whole(self, name: str, default: int, least: int = 0, most: int = 1 << 40) -> int:
        """A whole number of the query; ConfigError if it is none or out of bounds."""
        raw = self.query.get(name)
        if raw is None:
            return default
        try:
            value = int(raw)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise ConfigError(f"{name} must be a whole number from {least} to {most}, not {raw!r}")
        return value

    def number(self, name: str, default: float | None = None) -> float | None:
        """A finite number of the query, if it is given; ConfigError if it is none."""
        raw = self.query.get(name)
        if raw is None or raw == "":
            return default
        try:
            value = float(raw)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ConfigError(f"{name} must be a number, not {raw!r}")
        return value

    def text(self) -> str:
        """The body as text; ConfigError if it is not UTF-8."""
        try:
            return self.body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError(f"the text is not UTF-8 (at byte {error.start})") from error

    def values(self) -> dict[str, Any]:
        """The body as a JSON object; ConfigError if it is none."""
        try:
            found: Any = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise ConfigError("the body must be a JSON object")
        return cast("dict[str, Any]", found)


@dataclass(frozen=True)
class Answer:
    """Bytes of a kind; `kept` lets the browser keep them, for what can never change."""

    body: bytes
    kind: str = JSON
    status: int = 200
    kept: bool = False
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Route:
    """A method and a path with {words}, and the function that answers."""

    method: str
    path: str
    answer: Callable[[Asked], Answer | Mapping[str, Any]]


def as_json(value: Any, status: int = 200) -> Answer:
    """Plain values as JSON; numbers that are not finite are null."""
    raw = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Answer(raw.encode("utf-8", errors="backslashreplace"), status=status)


def plain(value: Any) -> Any:
    """Arrays and tensors as lists, paths as text, what is not finite as None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str | int | bool) or value is None:
        return value
    if isinstance(value, Mapping):
        pairs = cast("Mapping[Any, Any]", value)
        return {str(key): plain(item) for key, item in pairs.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("list[Any]", value)]
    return str(value)
