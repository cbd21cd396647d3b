"""A dictionary -> TOML, which `tomllib` reads back as it was. Reading is the standard library's.

Values are str, int, float, bool, lists of values and dictionaries. TOML has no null: leave a key
out instead. Plain keys come before tables, otherwise the order is kept.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from elman.errors import ConfigError

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(table: Mapping[str, Any]) -> str:
    """The text of `config.toml`; ConfigError names a value that TOML cannot hold."""
    return "\n".join(_table(table, ())).lstrip("\n") + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    plain = {k: v for k, v in table.items() if not isinstance(v, Mapping)}
    if path and (plain or not table):
        yield f"\n[{'.'.join(map(_key, path))}]"
    for key, value in plain.items():
        yield f"{_key(key)} = {_value(value, (*path, key))}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _table(cast("Mapping[str, Any]", value), (*path, key))


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _value(value: Any, path: tuple[str, ...]) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _string(value)
        case int():
            return str(value)
        case float():
            return repr(value) if math.isfinite(value) else str(value)
        case list() | tuple():
            values = cast("Sequence[Any]", value)
            return f"[{', '.join(_value(item, path) for item in values)}]"
        case dict():  # only within a list: elsewhere it is a table
            pairs = cast("dict[str, Any]", value).items()
            return "{" + ", ".join(f"{_key(k)} = {_value(v, (*path, k))}" for k, v in pairs) + "}"
        case _:
            raise ConfigError(
                f"{'.'.join(path)} is {value!r}, which a configuration file cannot hold: "
                "give text, a number, true or false, or a list of these"
            )


def _string(text: str) -> str:
    """JSON's escapes are TOML's, but for one character that only TOML wants escaped."""
    if (readable := text.encode(errors="replace").decode()) != text:
        raise ConfigError(
            f"{readable} is not UTF-8, so a configuration file cannot hold it: rename the file or "
            "folder"
        )
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
