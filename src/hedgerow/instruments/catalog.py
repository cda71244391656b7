"""Sleeves by name: from and to TOML tables, and from the command line's short form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from hedgerow.errors import SleeveError, nearest
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.future_constant import VixFutureConstant
from hedgerow.instruments.options import (
    Call,
    CallSpread,
    Collar,
    Condor,
    Put,
    PutSpread,
    Straddle,
    Strangle,
)
from hedgerow.instruments.sizes import SIZES, Size
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.instruments.underlying import Underlying
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.instruments.vix_options import VixCall, VixCallSpread, VixPut

SLEEVES: Mapping[str, Callable[..., Sleeve]] = MappingProxyType(
    {
        "put": Put,
        "put_spread": PutSpread,
        "call": Call,
        "call_spread": CallSpread,
        "straddle": Straddle,
        "strangle": Strangle,
        "collar": Collar,
        "condor": Condor,
        "vix_future": VixFuture,
        "vix_future_constant": VixFutureConstant,
        "vix_call": VixCall,
        "vix_call_spread": VixCallSpread,
        "vix_put": VixPut,
        "variance_swap": VarianceSwap,
        "underlying": Underlying,
    }
)
"""Kind, as written in tables and on the command line, to class."""


def sleeve_from_table(table: Mapping[str, Any], path: str = "sleeve") -> Sleeve:
    """Build a sleeve from a table such as TOML gives.

    Parameters
    ----------
    table
        ``kind`` and the fields of that kind; ``size`` is a table of one entry, such as
        ``{vega = 1000}``.
    path
        Where the table stands, for messages.

    Raises
    ------
    SleeveError
        For an unknown kind or key, or a value out of range, naming the field.

    Examples
    --------
    >>> sleeve_from_table({"kind": "put", "moneyness": 0.95, "size": {"vega": 500}}).name
    'put-90d-0.95'
    """
    if not isinstance(table, Mapping):
        raise SleeveError("a sleeve is a table", where=path, mend='write kind = "put"')
    rest = dict(table)
    kind = rest.pop("kind", None)
    if kind is None:
        raise SleeveError(
            "no kind given", where=f"{path}.kind", mend=f"use one of: {', '.join(SLEEVES)}"
        )
    if not isinstance(kind, str) or kind not in SLEEVES:
        raise SleeveError(
            f"unknown sleeve {kind!r}", where=f"{path}.kind", mend=nearest(str(kind), SLEEVES)
        )
    build = SLEEVES[kind]
    known = _keys(build)
    for key in rest:
        if key not in known:
            raise SleeveError("unknown key", where=f"{path}.{key}", mend=nearest(key, known))
    if "size" in rest:
        rest["size"] = size_from_table(rest["size"], f"{path}.size")
    try:
        return build(**rest)
    except SleeveError as error:
        raise SleeveError(error.what, where=f"{path}.{error.where}", mend=error.mend) from None


def sleeve_to_table(sleeve: Sleeve) -> dict[str, Any]:
    """Return the table that builds this sleeve again, every field written out.

    Examples
    --------
    >>> sleeve_to_table(VixFuture())
    {'kind': 'vix_future', 'months': 1, 'roll_before': 5, 'size': {'vega_share': 0.0013}}
    """
    table: dict[str, Any] = {"kind": sleeve.kind}
    for key in _keys(type(sleeve)):
        value = getattr(sleeve, key)
        if key == "size":
            table[key] = {value.kind: value.value}
        elif value is not None:
            table[key] = value
    return table


def size_from_table(value: Any, path: str = "size") -> Size:
    """Build a size from ``{"vega": 1000}`` or the short form ``"vega:1000"``.

    Raises
    ------
    SleeveError
        If it is neither, or the kind of size is unknown.

    Examples
    --------
    >>> size_from_table("premium:0.01")
    Premium(fraction=0.01)
    """
    if isinstance(value, str):
        kind, _, number = value.partition(":")
        value = {kind.strip(): _number(number.strip(), path)}
    if not isinstance(value, Mapping) or len(value) != 1:
        raise SleeveError(
            f"{value!r} is not a size", where=path, mend="write {vega = 1000} or vega:1000"
        )
    ((kind, number),) = value.items()
    if kind not in SIZES:
        raise SleeveError(f"unknown size {kind!r}", where=path, mend=nearest(kind, SIZES))
    try:
        return SIZES[kind](number)
    except SleeveError as error:
        raise SleeveError(error.what, where=f"{path}.{kind}", mend=error.mend) from None


def parse_sleeve(text: str, path: str = "--sleeve") -> Sleeve:
    """Read the short form of the command line: a kind, then fields.

    Parameters
    ----------
    text
        ``put``, ``put:moneyness=0.9,tenor=90d,roll=dte:30``,
        ``vix_future:months=2,size=contracts:5``.
    path
        Where it was given, for messages.

    Raises
    ------
    SleeveError
        As for `sleeve_from_table`.

    Examples
    --------
    >>> parse_sleeve("put:moneyness=0.85,tenor=6m,size=vega:2000").name
    'put-6m-0.85'
    """
    kind, _, rest = text.strip().partition(":")
    table: dict[str, Any] = {"kind": kind.strip()}
    for part in filter(None, (piece.strip() for piece in rest.split(","))):
        key, equals, value = (word.strip() for word in part.partition("="))
        if not equals or not value:
            raise SleeveError(
                f"{part!r} is not a field", where=path, mend="write field=value, such as tenor=90d"
            )
        if key in table:
            raise SleeveError("given twice", where=f"{path}.{key}", mend="keep one of them")
        table[key] = value if key in _TEXT else _plain(value)
    return sleeve_from_table(table, path)


_TEXT = frozenset({"kind", "tenor", "roll", "side", "size", "index", "settlement", "exercise"})


def _keys(build: Callable[..., Sleeve]) -> tuple[str, ...]:
    # every entry of SLEEVES is a dataclass, which Callable cannot say
    return tuple(item.name for item in fields(build) if item.init)  # type: ignore[arg-type]


def _plain(word: str) -> Any:
    if word.lower() in {"true", "false"}:
        return word.lower() == "true"
    for read in (int, float):
        try:
            return read(word)
        except ValueError:
            continue
    return word


def _number(word: str, path: str) -> float:
    value = _plain(word)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SleeveError(f"{word!r} is not a number", where=path, mend="write vega:1000")
    return value
