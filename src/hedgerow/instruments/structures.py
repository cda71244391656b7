"""Structures by name: puts, spreads, condors, hedged futures, conversions.

A positive quantity buys what the name says (an iron condor and a ratio spread are named for
their short options), a negative one takes the other side: a sold call is ``call`` with −1.
"""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import get_type_hints

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.core.products import product
from hedgerow.errors import HedgerowError, SleeveError, nearest
from hedgerow.instruments.state import as_date
from hedgerow.instruments.structure import Position, Shares, Structure


def put(root: str, expiry: dt.date | str, strike: float, quantity: float = 1.0) -> Structure:
    """Return a put; sold with a negative quantity.

    Parameters
    ----------
    root
        Root of the option: ``SPXW``.
    expiry
        Expiry date, or its ISO text.
    strike
        Points.
    quantity
        Contracts, negative to sell.

    Examples
    --------
    >>> put("SPXW", dt.date(2026, 3, 20), 4500.0).positions[0].contract.symbol
    'SPXW  260320P04500000'
    """
    return Structure("put", _options(root, expiry, quantity, (1.0, strike, False)))


def call(root: str, expiry: dt.date | str, strike: float, quantity: float = 1.0) -> Structure:
    """Return a call; sold with a negative quantity.  Parameters as for :func:`put`."""
    return Structure("call", _options(root, expiry, quantity, (1.0, strike, True)))


def put_spread(
    root: str, expiry: dt.date | str, upper: float, lower: float, quantity: float = 1.0
) -> Structure:
    """Return a put bought at ``upper`` and one sold at ``lower``.

    Raises
    ------
    SleeveError
        If ``lower`` is not below ``upper``.
    """
    _ascending("put_spread", lower=lower, upper=upper)
    legs = _options(root, expiry, quantity, (1.0, upper, False), (-1.0, lower, False))
    return Structure("put spread", legs)


def call_spread(
    root: str, expiry: dt.date | str, lower: float, upper: float, quantity: float = 1.0
) -> Structure:
    """Return a call bought at ``lower`` and one sold at ``upper``.

    Raises
    ------
    SleeveError
        If ``lower`` is not below ``upper``.
    """
    _ascending("call_spread", lower=lower, upper=upper)
    legs = _options(root, expiry, quantity, (1.0, lower, True), (-1.0, upper, True))
    return Structure("call spread", legs)


def straddle(root: str, expiry: dt.date | str, strike: float, quantity: float = 1.0) -> Structure:
    """Return a put and a call of one strike."""
    legs = _options(root, expiry, quantity, (1.0, strike, False), (1.0, strike, True))
    return Structure("straddle", legs)


def strangle(
    root: str, expiry: dt.date | str, put_strike: float, call_strike: float, quantity: float = 1.0
) -> Structure:
    """Return a put and a call of a higher strike.

    Raises
    ------
    SleeveError
        If the put's strike is not below the call's.
    """
    _ascending("strangle", put_strike=put_strike, call_strike=call_strike)
    legs = _options(root, expiry, quantity, (1.0, put_strike, False), (1.0, call_strike, True))
    return Structure("strangle", legs)


def iron_condor(
    root: str,
    expiry: dt.date | str,
    long_put: float,
    short_put: float,
    short_call: float,
    long_call: float,
    quantity: float = 1.0,
) -> Structure:
    """Return a put and a call sold, each with a bought one further out.

    Parameters
    ----------
    root, expiry, quantity
        As for :func:`put`; a positive quantity sells the inner options.
    long_put, short_put, short_call, long_call
        Strikes, points, ascending; the two short ones may be one (an iron butterfly).

    Raises
    ------
    SleeveError
        If the strikes do not ascend.

    Examples
    --------
    >>> condor = iron_condor("SPXW", dt.date(2026, 3, 20), 7090, 7185, 7510, 7605, quantity=2)
    >>> condor.worst(price=-1000.0)  # sold for a credit of USD 1,000
    Extreme(amount=-18000.0, spot=0.0, until=7090.0, slope=0.0)
    """
    _ascending("iron_condor", long_put=long_put, short_put=short_put)
    _ascending("iron_condor", short_call=short_call, long_call=long_call)
    if short_put > short_call:
        _ascending("iron_condor", short_put=short_put, short_call=short_call)
    legs = _options(
        *(root, expiry, quantity),
        (1.0, long_put, False),
        (-1.0, short_put, False),
        (-1.0, short_call, True),
        (1.0, long_call, True),
    )
    return Structure("iron condor", legs)


def ratio_spread(
    root: str,
    expiry: dt.date | str,
    long_strike: float,
    short_strike: float,
    ratio: float = 2.0,
    calls: bool = False,
    quantity: float = 1.0,
) -> Structure:
    """Return one option bought and ``ratio`` sold further out of the money.

    Parameters
    ----------
    root, expiry, quantity
        As for :func:`put`.
    long_strike, short_strike
        Points; the short one lower for puts, higher for calls.
    ratio
        Options sold for each bought, above 1.
    calls
        Calls instead of puts.

    Raises
    ------
    SleeveError
        If the strikes stand the wrong way round, or the ratio is not above 1.
    """
    if calls:
        _ascending("ratio_spread", long_strike=long_strike, short_strike=short_strike)
    else:
        _ascending("ratio_spread", short_strike=short_strike, long_strike=long_strike)
    if not ratio > 1.0:
        raise SleeveError(f"{ratio} is not above 1", where="ratio_spread.ratio", mend="write 2")
    legs = _options(
        root, expiry, quantity, (1.0, long_strike, calls), (-ratio, short_strike, calls)
    )
    return Structure("ratio spread", legs)


def collar(
    root: str,
    expiry: dt.date | str,
    put_strike: float,
    call_strike: float,
    quantity: float = 1.0,
    call_expiry: dt.date | str | None = None,
) -> Structure:
    """Return the underlying with a put bought and a call sold.

    Parameters
    ----------
    root, expiry, quantity
        As for :func:`put`.
    put_strike, call_strike
        Points, the put's below the call's.
    call_expiry
        Expiry of the call where it is another, as in Cboe's CLL index.

    Raises
    ------
    SleeveError
        If the put's strike is not below the call's.
    """
    _ascending("collar", put_strike=put_strike, call_strike=call_strike)
    legs = (
        _shares(root, quantity),
        *_options(root, expiry, quantity, (1.0, put_strike, False)),
        *_options(root, call_expiry or expiry, quantity, (-1.0, call_strike, True)),
    )
    return Structure("collar", legs)


def conversion(root: str, expiry: dt.date | str, strike: float, quantity: float = 1.0) -> Structure:
    """Return the underlying with a put bought and a call sold, all at one strike: a loan made."""
    sides = ((1.0, strike, False), (-1.0, strike, True))
    legs = (_shares(root, quantity), *_options(root, expiry, quantity, *sides))
    return Structure("conversion", legs)


def reversal(root: str, expiry: dt.date | str, strike: float, quantity: float = 1.0) -> Structure:
    """Return the other side of :func:`conversion`: a loan taken."""
    return Structure("reversal", conversion(root, expiry, strike, -quantity).positions)


def future(future: FutureContract, entry: float, quantity: float = 1.0) -> Structure:
    """Return a future agreed at ``entry`` points; short with a negative quantity."""
    return Structure("future", (Position(quantity, future, entry),))


def hedged_short_future(
    root: str,
    expiry: dt.date | str,
    strike: float,
    future: FutureContract,
    entry: float,
    quantity: float = 1.0,
) -> Structure:
    """Return short futures and long calls: a finite loss, and by parity a put.

    Parameters
    ----------
    root, expiry, strike
        Of the call.
    future
        The future that is sold.
    entry
        Points; at which it is agreed.
    quantity
        Of the smallest whole numbers of futures and options with equal USD per point: two
        ES to one SPX call, one VX to ten VIX calls.

    Examples
    --------
    >>> es = FutureContract("ES", 2026, 3)
    >>> hedged = hedged_short_future("SPXW", dt.date(2026, 3, 20), 5200.0, es, entry=5000.0)
    >>> hedged.worst(price=1000.0)  # the call costs USD 1,000; lost above 5200
    Extreme(amount=-21000.0, spot=5200.0, until=inf, slope=0.0)
    """
    return _hedged("hedged short future", -1.0, (root, expiry, strike), future, entry, quantity)


def hedged_long_future(
    root: str,
    expiry: dt.date | str,
    strike: float,
    future: FutureContract,
    entry: float,
    quantity: float = 1.0,
) -> Structure:
    """Return long futures and long puts: by parity a call.

    Parameters as for :func:`hedged_short_future`.
    """
    return _hedged("hedged long future", 1.0, (root, expiry, strike), future, entry, quantity)


STRUCTURES: dict[str, Callable[..., Structure]] = {
    each.__name__: each
    for each in (
        *(put, call, put_spread, call_spread, straddle, strangle, iron_condor, ratio_spread),
        *(collar, conversion, reversal, future, hedged_short_future, hedged_long_future),
    )
}
"""Every structure by name."""


def parameters(name: str) -> dict[str, inspect.Parameter]:
    """Return the parameters of a structure by name, with their defaults, in order.

    Raises
    ------
    SleeveError
        If no structure has this name.

    Examples
    --------
    >>> list(parameters("put_spread"))
    ['root', 'expiry', 'upper', 'lower', 'quantity']
    """
    if name not in STRUCTURES:
        raise SleeveError(
            f"unknown structure '{name}'", where="structure", mend=nearest(name, STRUCTURES)
        )
    return dict(inspect.signature(STRUCTURES[name]).parameters)


def build(name: str, values: Mapping[str, object]) -> Structure:
    """Make a structure from its name and parameters, which may be texts.

    Parameters
    ----------
    name
        A key of ``STRUCTURES``.
    values
        By parameter: numbers, dates (``2026-03-20``) and futures (``ESH26``), as such or as
        texts.

    Raises
    ------
    SleeveError
        If the name or a parameter is unknown, or one is missing or cannot be read.
    DataError
        If a symbol is unknown or a strike impossible.

    Examples
    --------
    >>> terms = {"root": "SPXW", "expiry": "2026-03-20", "strike": "4500", "quantity": "-1"}
    >>> build("put", terms).positions[0].quantity
    -1.0
    >>> build("put", {**terms, "strke": 1})
    Traceback (most recent call last):
        ...
    hedgerow.errors.SleeveError: put: unknown parameter 'strke'. Mend: did you mean 'strike'?
    """
    known = parameters(name)
    for key in values:
        if key not in known:
            raise SleeveError(
                f"unknown parameter '{key}'", where=name, mend=nearest(str(key), known)
            )
    lacking = [k for k, p in known.items() if p.default is p.empty and k not in values]
    if lacking:
        raise SleeveError(
            f"{', '.join(lacking)} missing", where=name, mend=f"give {', '.join(lacking)}"
        )
    kinds = get_type_hints(STRUCTURES[name])
    read = {key: _read(f"{name}.{key}", given, kinds[key]) for key, given in values.items()}
    return STRUCTURES[name](**read)


def _read(where: str, given: object, kind: object) -> object:
    """Return a value of a parameter's kind, from one or from its text."""
    try:
        if kind is float:
            return float(given)  # type: ignore[arg-type]  # what is no number is told below
        if kind is bool:
            return {"true": True, "false": False}[str(given).lower()]
        if kind is FutureContract:
            return given if isinstance(given, FutureContract) else FutureContract.parse(str(given))
        if kind is str:
            return str(given).upper()
        return None if given is None else as_date(str(given), where)
    except HedgerowError as error:
        raise SleeveError(error.what, where=where, mend=error.mend) from None
    except (TypeError, ValueError, KeyError):
        wanted = "a number" if kind is float else "true or false"
        raise SleeveError(
            f"'{given}' cannot be read", where=where, mend=f"write {wanted}"
        ) from None


def _options(
    root: str, expiry: dt.date | str, quantity: float, *legs: tuple[float, float, bool]
) -> tuple[Position, ...]:
    """Return positions of (weight, strike, call), each times quantity."""
    if product(root).kind != "option":
        raise SleeveError(f"{root} is no option root", where="root", mend="use SPXW, SPX, SPY, VIX")
    day = as_date(expiry, "expiry")
    return tuple(
        Position(quantity * weight, OptionContract(root, day, strike, side))
        for weight, strike, side in legs
    )


def _shares(root: str, quantity: float) -> Position:
    item = product(root)
    return Position(quantity * item.multiplier, Shares(item.underlying))


def _hedged(
    name: str,
    side: float,
    option: tuple[str, dt.date | str, float],
    future: FutureContract,
    entry: float,
    quantity: float,
) -> Structure:
    root, expiry, strike = option
    share = Fraction(product(root).multiplier) / Fraction(future.product.multiplier)
    legs = _options(root, expiry, quantity, (share.denominator, strike, side < 0.0))
    return Structure(name, (Position(side * quantity * share.numerator, future, entry), *legs))


def _ascending(where: str, **strikes: float) -> None:
    names, numbers = list(strikes), list(strikes.values())
    if not numbers[0] < numbers[1]:
        raise SleeveError(
            f"{names[0]} {numbers[0]:g} is not below {names[1]} {numbers[1]:g}",
            where=where,
            mend=f"swap {names[0]} and {names[1]}",
        )
