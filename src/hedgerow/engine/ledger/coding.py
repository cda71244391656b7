"""Events as bytes: the one JSON text of each event, the same on every machine, and back.

ASCII, no blanks, fields in the order of their class, keys of tables sorted.  Floats are written in
the fewest digits that read back to the same bits; ``"inf"``, ``"-inf"`` and ``"nan"`` are texts
(all NaN are one: their bits differ between processors).  Times are UTC with nine decimals, because
many readers of JSON round whole numbers beyond 2^53.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import math
import types
import typing
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring_ascii
from typing import Annotated, Any, Literal, NamedTuple

from hedgerow.engine.ledger.events import SCHEMA, Leg, Opened
from hedgerow.engine.ledger.money import MOST
from hedgerow.engine.ledger.vocabulary import KINDS, Event
from hedgerow.errors import LedgerError, nearest

_EPOCH = dt.datetime(1970, 1, 1)  # naive, because isoformat then writes no offset
_SECOND = 10**9
_BEFORE = {"decided": {"line": "program"}, "ordered": {"line": "program"}}
"""What fields of an event were called in schema 1."""

_LATER = {"decided": {"fits"}}
"""Fields of an event that earlier schemas did not have: written only where they hold something."""

_ODD = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class _UnfitError(Exception):
    """A value that does not fit its field: what it is and what would fit."""


class _Codec(NamedTuple):
    write: Callable[[Any], str]
    """From a value to its JSON."""
    read: Callable[[Any], Any]
    """From what JSON says to the value."""


def encode(event: Event) -> str:
    """Return the one text of an event.

    Raises
    ------
    LedgerError
        If a field holds what does not belong there.

    Examples
    --------
    >>> from hedgerow.engine.ledger.events import Alarm
    >>> encode(Alarm(1583798400_000000000, "drawdown", "NAV fell by 10 %"))  # doctest: +ELLIPSIS
    '{"kind":"alarm","time":"2020-03-10T00:00:00.000000000Z","rule":"drawdown",...}'
    """
    return _text_of(event, {})


def decode(text: str) -> Event:
    """Return the event that a text stands for; no other text of its schema stands for it.

    Raises
    ------
    LedgerError
        If the text is no event, names an unknown kind or field, was written by a newer Hedgerow,
        or is not what :func:`encode` writes.

    Examples
    --------
    >>> decode('{"kind":"alarm","time":"2020-03-10T00:00:00.000000000Z","rule":"a","sentence":""}')
    Alarm(time=1583798400000000000, rule='a', sentence='')
    """
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        table = None
    if not isinstance(table, dict) or not isinstance(table.get("kind"), str):
        raise LedgerError("this is no event", mend="restore the ledger from a copy")
    kind = table.pop("kind")
    _not_newer(kind, table)
    if kind not in KINDS:
        raise LedgerError(f"unknown kind of event '{kind}'", mend=nearest(kind, KINDS))
    names = {now: old for now, old in _BEFORE.get(kind, {}).items() if old in table}
    table = {_now(name, names): value for name, value in table.items()}
    codecs = _FIELDS[kind]
    for name in table:
        if name not in codecs:
            raise LedgerError("unknown field", where=f"{kind}.{name}", mend=nearest(name, codecs))
    later = _LATER.get(kind, set())
    for name in codecs:
        if name not in table and name not in later:
            raise LedgerError("is missing", where=f"{kind}.{name}", mend="restore it from a copy")
    values = {name: _told(codecs[name].read, table[name], kind, name) for name in table}
    event = KINDS[kind](**values)
    if _text_of(event, names) != text:
        raise LedgerError(
            "the event is not written as Hedgerow writes it",
            where=kind,
            mend="restore the ledger from a copy",
        )
    return event


@functools.lru_cache(maxsize=64)  # the events of a bar have one time
def clock(time: int) -> str:
    """Return a time as text, UTC with nine decimals.

    Examples
    --------
    >>> clock(-1)
    '1969-12-31T23:59:59.999999999Z'
    """
    second, rest = divmod(time, _SECOND)
    return f"{(_EPOCH + dt.timedelta(seconds=second)).isoformat()}.{rest:09d}Z"


def _text_of(event: Event, names: Mapping[str, str]) -> str:
    """Return an event's text; ``names`` holds fields that are called otherwise in it."""
    made, name = [f'"kind":"{event.kind}"'], ""
    later = _LATER.get(event.kind, ())
    try:
        for name, lead, write in _WRITERS[event.kind]:
            if name in later and not getattr(event, name):
                continue
            begins = f'"{names[name]}":' if name in names else lead
            made.append(begins + write(getattr(event, name)))
    except _UnfitError as error:
        raise _unfit(error, getattr(event, name), event.kind, name) from None
    return "{" + ",".join(made) + "}"


def _now(name: str, names: Mapping[str, str]) -> str:
    return next((now for now, old in names.items() if old == name), name)


def _not_newer(kind: str, table: Mapping[str, Any]) -> None:
    schema = table.get("schema")
    if kind == Opened.kind and isinstance(schema, int) and schema > SCHEMA:
        raise LedgerError(
            f"a newer Hedgerow wrote it (schema {schema}, this one reads up to {SCHEMA})",
            mend="upgrade Hedgerow",
        )


def _told(change: Callable[[Any], Any], value: Any, kind: str, name: str) -> Any:
    try:
        return change(value)
    except _UnfitError as error:
        raise _unfit(error, value, kind, name) from None


def _unfit(error: _UnfitError, value: Any, kind: str, name: str) -> LedgerError:
    shown = value if isinstance(value, str | int | float) else type(value).__name__
    return LedgerError(
        f"{shown!r} does not belong here", where=f"{kind}.{name}", mend=f"give {error}"
    )


def _codec(hint: Any) -> _Codec:
    """Return how values of a type are written and read."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _TIME if inner[1] == "time" else _TERMS if inner[1] == "terms" else _WHOLE
    if origin is Literal:
        chosen = functools.partial(_one_of, inner)
        return _Codec(lambda value: _quoted(chosen(value)), chosen)
    if origin in (typing.Union, types.UnionType):
        return _maybe(_codec(next(part for part in inner if part is not type(None))))
    if origin is tuple:
        return _listed(_codec(inner[0]))
    return _table(_codec(inner[1]))


def _maybe(codec: _Codec) -> _Codec:
    return _Codec(
        lambda value: "null" if value is None else codec.write(value),
        lambda value: None if value is None else codec.read(value),
    )


def _listed(codec: _Codec) -> _Codec:
    return _Codec(
        lambda values: f"[{','.join(map(codec.write, _a(tuple, values, 'a tuple')))}]",
        lambda values: tuple(codec.read(value) for value in _a(list, values, "a list")),
    )


def _table(codec: _Codec) -> _Codec:
    def write(table: Any) -> str:
        rows = _a(Mapping, table, "a table")
        parts = [quoted + codec.write(rows[key]) for key, quoted in _ordered(tuple(rows))]
        return "{" + ",".join(parts) + "}"

    def read(table: Any) -> dict[str, Any]:
        return {key: codec.read(value) for key, value in _a(dict, table, "a table").items()}

    return _Codec(write, read)


@functools.lru_cache(maxsize=4096)  # most tables have the columns of the bar before
def _ordered(keys: tuple[Any, ...]) -> tuple[tuple[str, str], ...]:
    """Return keys in order, each with what stands before its value."""
    return tuple((key, _quoted(key) + ":") for key in sorted(keys, key=_text))


def _a(cls: Any, value: Any, wanted: str) -> Any:
    if not isinstance(value, cls) or isinstance(value, bool):
        raise _UnfitError(wanted)
    return value


def _text(value: Any) -> str:
    return str(_a(str, value, "a text"))


def _whole(value: Any) -> int:
    number = int(_a(int, value, "a whole number"))
    if not -MOST <= number <= MOST:
        raise _UnfitError("a whole number of 64 bits")
    return number


def _quoted(value: Any) -> str:
    return encode_basestring_ascii(_text(value))


def _write_float(value: Any) -> str:
    number = value if type(value) is float else float(_a(int | float, value, "a number"))
    if math.isfinite(number):
        return repr(number)
    return '"nan"' if math.isnan(number) else '"inf"' if number > 0.0 else '"-inf"'


def _read_float(value: Any) -> float:
    if isinstance(value, str) and value in _ODD:
        return _ODD[value]
    return float(_a(float, value, "a number with a point"))


def _read_time(value: Any) -> int:
    text = _text(value)
    try:
        passed = dt.datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S") - _EPOCH
        return _whole((passed.days * 86_400 + passed.seconds) * _SECOND + int(text[20:29]))
    except ValueError:
        raise _UnfitError("a time such as 2020-03-10T00:00:00.000000000Z") from None


def _one_of(choices: tuple[str, ...], value: Any) -> str:
    if value not in choices:
        raise _UnfitError(f"one of {', '.join(choices)}")
    return str(value)


def _terms(value: Any) -> Any:
    """Return a value made of what JSON knows, floats finite, keys sorted."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, list | tuple):
        return [_terms(item) for item in value]
    if isinstance(value, Mapping):
        return {_text(key): _terms(value[key]) for key in sorted(value, key=_text)}
    raise _UnfitError("texts, finite numbers, lists and tables")


def _write_leg(value: Any) -> str:
    leg = _a(Leg, value, "legs")
    return f'{{"contract":{_quoted(leg.contract)},"quantity":{_whole(leg.quantity)}}}'


def _read_leg(value: Any) -> Leg:
    row = _a(dict, value, "a table of contract and quantity")
    if set(row) != {"contract", "quantity"}:
        raise _UnfitError("a table of contract and quantity")
    return Leg(_text(row["contract"]), _whole(row["quantity"]))


def _write_terms(value: Any) -> str:
    made = _terms(_a(Mapping, value, "a table"))
    return json.dumps(made, separators=(",", ":"), allow_nan=False)


_WHOLE = _Codec(lambda value: str(_whole(value)), _whole)
_TIME = _Codec(lambda time: f'"{clock(_whole(time))}"', _read_time)
_TERMS = _Codec(_write_terms, _terms)
_PLAIN: dict[Any, _Codec] = {
    str: _Codec(_quoted, _text),
    int: _WHOLE,
    float: _Codec(_write_float, _read_float),
    Leg: _Codec(_write_leg, _read_leg),
}
_FIELDS: dict[str, dict[str, _Codec]] = {
    kind: {
        name: _codec(hint)
        for name, hint in typing.get_type_hints(cls, include_extras=True).items()
        if name != "kind"
    }
    for kind, cls in KINDS.items()
}
"""How each field of each event is written and read, in the order of its class."""
_WRITERS = {
    kind: [(name, f'"{name}":', codec.write) for name, codec in codecs.items()]
    for kind, codecs in _FIELDS.items()
}
