"""The hedges that stand beside each other: none, static VX, the layers, each structure of G2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hedgerow.core.policy import Policy
from hedgerow.engine.program import Line
from hedgerow.errors import RangeError, nearest
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.options import Call, Collar, Put, PutSpread
from hedgerow.instruments.sizes import Contracts, Notional
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.instruments.underlying import Underlying
from hedgerow.policies.rules import Constant
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import AtRoll, Trigger

ALONE, STATIC, LAYERED, MATCHED = "alone", "static-vx", "alvh", "static-vx-matched"

DELTA, FAR = 0.25, 0.10
"""Deltas of the options of a structure, without their sign; of a put spread's far leg."""

WEEK = "7d"
"""How often a hedge that follows the book or holds the index is brought back to its size."""


@dataclass(frozen=True)
class Variant:
    """A hedge of the book.

    Parameters
    ----------
    key, title
        As options and files name it; as people read it.
    lines
        Its hedge lines; none for the book alone.
    said
        What it is and how large, in a sentence.
    bench
        Whether it is a yardstick that nobody could have held: its size looks back over the run.
    """

    key: str
    title: str
    lines: tuple[Line, ...]
    said: str
    bench: bool = False


class Cover(NamedTuple):
    """A structure of G2: what it is made of, each leg on a notional of 1.0 or -1.0."""

    key: str
    title: str
    legs: tuple[Line, ...]
    upside: bool
    """Whether it answers a rise of the index."""


def static(share: float, key: str = STATIC, title: str = "static VX") -> Variant:
    """Return the hedge that always holds VX futures for one share of the book's vega.

    Parameters
    ----------
    share
        Of the short vega of the book, USD per vol point against USD per point of the future.
    key, title
        Its names.

    Examples
    --------
    >>> static(0.65).said
    'the first VX future for 65 % of the vega of the book, brought back every 7 days'
    """
    line = Line(
        "vx",
        VixFuture(months=1, roll_before=5, size=Contracts(1.0)),
        _weekly(share),
        sized_by="book_vega",
    )
    said = f"the first VX future for {100.0 * share:.0f} % of the vega of the book"
    bench = key == MATCHED
    if bench:
        said += ", which is the layers' average"
    return Variant(key, title, (line,), f"{said}, brought back every 7 days", bench)


def covers() -> tuple[Cover, ...]:
    """Return the structures of G2 as lines: monthly options, renewed at expiry; the index.

    A short future is the index sold with its dividends and its interest, which is what a future's
    price is made of.

    Examples
    --------
    >>> [cover.key for cover in covers()][:3]
    ['sold-call', 'short-future', 'hedged-short-future']
    """
    terms = {"tenor": "monthly", "roll": "expiry", "strike_step": 5.0}
    one = Notional(1.0)
    future = {sign: Underlying(size=Notional(sign), dividends=True) for sign in (1.0, -1.0)}

    def call(**given: object) -> Call:
        return Call(**{**terms, "size": one, **given})  # type: ignore[arg-type]  # fields of one sleeve

    def put(**given: object) -> Put:
        return Put(**{**terms, "size": one, **given})  # type: ignore[arg-type]  # as above

    each: list[tuple[str, str, Sequence[tuple[str, Sleeve]], bool]] = [
        ("sold-call", "sold call", [("call", call(delta=DELTA, side="short"))], False),
        ("short-future", "short future", [("future", future[-1.0])], False),
        (
            "hedged-short-future",
            "hedged short future",
            [("future", future[-1.0]), ("call", call(moneyness=1.0))],
            False,
        ),
        ("long-put", "long put", [("put", put(delta=DELTA))], False),
        (
            "put-spread",
            "put spread",
            [
                (
                    "spread",
                    PutSpread(
                        upper_delta=DELTA, lower_delta=FAR, tenor="monthly", roll="expiry",
                        strike_step=5.0, size=one,
                    ),
                )
            ],
            False,
        ),
        (
            "collar",
            "collar",
            [
                (
                    "collar",
                    Collar(
                        upper_delta=DELTA, lower_delta=DELTA, tenor="monthly", roll="expiry",
                        strike_step=5.0, size=one,
                    ),
                )
            ],
            False,
        ),
        ("sold-put", "sold put", [("put", put(delta=DELTA, side="short"))], True),
        ("sold-atm-put", "sold ATM put", [("put", put(moneyness=1.0, side="short"))], True),
        (
            "hedged-long-future",
            "hedged long future",
            [("future", future[1.0]), ("put", put(moneyness=1.0))],
            True,
        ),
    ]  # fmt: skip
    return tuple(
        Cover(key, title, tuple(_leg(name, sleeve) for name, sleeve in legs), upside)
        for key, title, legs, upside in each
    )


def names(layered: bool) -> tuple[str, ...]:
    """Return the keys that may be asked for, in the order of the tables.

    Examples
    --------
    >>> names(layered=True)[:4]
    ('alone', 'static-vx', 'alvh', 'static-vx-matched')
    """
    first = (ALONE, STATIC, LAYERED, MATCHED) if layered else (ALONE, STATIC)
    return (*first, *(cover.key for cover in covers()))


def wanted(only: Sequence[str] | None, layered: bool) -> tuple[str, ...]:
    """Return the keys that are run: those asked for with the book alone, or all.

    Raises
    ------
    RangeError
        If one is unknown.

    Examples
    --------
    >>> wanted(["collar"], layered=False)
    ('alone', 'collar')
    """
    known = names(layered)
    if only is None:
        return known
    for name in only:
        if name not in known:
            raise RangeError(
                f"there is no variant '{name}'", where="--only", mend=nearest(name, known)
            )
    kept = {ALONE, *only}
    if MATCHED in kept:
        kept |= {STATIC, LAYERED}
    return tuple(name for name in known if name in kept)


def _weekly(level: float) -> Policy:
    clock = Trigger("vix", move=None, relative=None, every=WEEK, drawdown=None)
    return Policy([Constant(level), clock], signals=[Level("vix")], raw=True, name="weekly")


def _leg(name: str, sleeve: Sleeve) -> Line:
    rolls = not isinstance(sleeve, Underlying)
    at_roll = Policy([Constant(1.0), AtRoll()], raw=True, name="at each expiry")
    return Line(name, sleeve, at_roll if rolls else _weekly(1.0))
