"""Tables of a response in files: read with every mistake named, and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hedgerow.errors import RangeError, nearest

Row = tuple[float, ...]
Table = tuple[Row, ...]


def only(table: Mapping[str, Any], known: set[str], where: str) -> None:
    """Refuse keys that are not known."""
    for key in table:
        if key not in known:
            raise RangeError("unknown field", where=where + key, mend=nearest(key, sorted(known)))


def numbers(value: Any, where: str) -> Row:
    """Return a list of numbers from a file, or name the field that is none."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise RangeError("not a list of numbers", where=where, mend="write [1.0, 2.0]")
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in value):
        raise RangeError("not a list of numbers", where=where, mend="write [1.0, 2.0]")
    return tuple(float(each) for each in value)


def rows(value: Any, where: str) -> Table:
    """Return rows of numbers; one number is a row of one."""
    if not isinstance(value, list):
        raise RangeError("not a list", where=where, mend="give a row for each tenor")
    return tuple(numbers(row if isinstance(row, list) else [row], where) for row in value)


def written(value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return "[" + ", ".join(written(each) for each in value) + "]"
    return repr(float(value))
