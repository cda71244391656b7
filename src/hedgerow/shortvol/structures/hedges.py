"""Structures that hedge a short-volatility book, by name: why each, and what it does not do.

Source: seed 000 ("sold calls fail as downside hedges because IV expands"); spec G2.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from hedgerow.core.contract import FutureContract
from hedgerow.core.expiry import weekly_expiries
from hedgerow.core.products import product
from hedgerow.errors import RangeError, SleeveError, nearest
from hedgerow.instruments.structure import Structure
from hedgerow.instruments.structures import (
    call,
    future,
    hedged_long_future,
    hedged_short_future,
    put,
    put_spread,
)
from hedgerow.shortvol.structures.book import Book
from hedgerow.shortvol.structures.ground import INDEX, Ground

Side = Literal["downside", "upside", "both"]

DOWN: Side = "downside"
UP: Side = "upside"
BOTH: Side = "both"

_QUARTER = 3
_STEP = 5.0
_DAYS = 30
_AHEAD = 14  # within them a Friday is sure to lie


@dataclass(frozen=True)
class Terms:
    """Where the hedges are struck.

    Parameters
    ----------
    root
        Of options: ``SPXW``, ``SPX``.
    expiry
        Of options.
    future
        ``ES`` or ``MES``: the contract of the first quarter that ends on that expiry or later.
    out
        How far from the forward an option is struck, decimal.
    wide
        How far below the forward the put spread's sold put is struck, decimal.
    step
        Strikes are multiples of it, points.

    Raises
    ------
    RangeError
        If a number is out of range.
    """

    root: str
    expiry: dt.date
    future: str = "ES"
    out: float = 0.04
    wide: float = 0.10
    step: float = _STEP

    def __post_init__(self) -> None:
        if product(self.root).underlying != INDEX or product(self.root).kind != "option":
            raise RangeError(f"{self.root} is no option on the S&P 500", where="root",
                             mend="use SPXW or SPX")  # fmt: skip
        if self.future not in ("ES", "MES"):
            raise RangeError(f"{self.future} is not ES or MES", where="future", mend="use ES")
        if not 0.0 < self.out < self.wide < 0.9 or not self.step > 0.0:  # decimal
            raise RangeError(
                f"out {self.out:g}, wide {self.wide:g}, step {self.step:g}", where="terms",
                mend="give 0 < out < wide < 0.9 and a step above 0",
            )  # fmt: skip

    @property
    def contract(self) -> FutureContract:
        """The future."""
        month = self.expiry.month + -self.expiry.month % _QUARTER
        found = FutureContract(self.future, self.expiry.year, month)
        if found.expiry >= self.expiry:
            return found
        year, month = divmod(12 * self.expiry.year + month + _QUARTER - 1, 12)
        return FutureContract(self.future, year, month + 1)

    def strike(self, at: Ground, out: float) -> float:
        """Return the strike nearest to a distance from the forward, points."""
        level = float(at.index.forward_to(self.expiry))
        return float(max(round(level * (1.0 + out) / self.step), 1) * self.step)


def terms_of(
    book: Book, day: dt.date, *, future: str = "ES", out: float = 0.04, wide: float = 0.10
) -> Terms:
    """Return terms that follow a book: its first options on the S&P 500, or 30 days without any.

    Parameters
    ----------
    book
        What is hedged.
    day
        On which it is.
    future, out, wide
        As for `Terms`.
    """
    mine = sorted((o.expiry, o.root) for o in book.options if o.product.underlying == INDEX)
    ends = sorted(o.expiry for o in book.options if o.product.underlying in ("XSP", "SPY"))
    expiry, root = mine[0] if mine else (ends[0] if ends else listed(day, _DAYS), "SPXW")
    return Terms(root, expiry, future, out, wide)


def listed(day: dt.date, days: int) -> dt.date:
    """Return the first weekly expiry so many calendar days ahead, or later: one that is traded.

    Examples
    --------
    >>> listed(dt.date(2026, 1, 1), 90)  # 1 April; the Friday after is Good Friday
    datetime.date(2026, 4, 2)
    """
    first = day + dt.timedelta(days)
    found: dt.date = weekly_expiries(str(first), str(first + dt.timedelta(_AHEAD)))[0].item()
    return found


class Hedge(NamedTuple):
    """A structure that hedges: one unit of it, on which side, why, and what to beware of."""

    name: str
    side: Side
    structure: Structure
    reason: str
    warnings: tuple[str, ...]


class _Kind(NamedTuple):
    side: Side
    make: Callable[[Terms, Ground], Structure]
    reason: str
    warnings: tuple[str, ...]


def _entry(terms: Terms, at: Ground) -> float:
    return float(at.index.forward_to(terms.contract.expiry))


def _collar(terms: Terms, at: Ground) -> Structure:
    # the book stands where the shares of a collar would
    bought = put(terms.root, terms.expiry, terms.strike(at, -terms.out))
    return Structure("collar", (bought + _sold_call(terms, at)).positions)


def _sold_call(terms: Terms, at: Ground) -> Structure:
    return call(terms.root, terms.expiry, terms.strike(at, terms.out), -1.0)


HEDGES: Mapping[str, _Kind] = {
    "sold_call": _Kind(
        DOWN,
        lambda t, g: Structure("sold call", _sold_call(t, g).positions),
        "Short delta that pays premium: what the source warns of.",
        (
            "Short vega: as the index falls, volatility rises on calls too and takes back what "
            "delta gave.",
            "Gains no more than its premium; loses without bound in a rise.",
        ),
    ),
    "short_future": _Kind(
        DOWN,
        lambda t, g: Structure("short future", future(t.contract, _entry(t, g), -1.0).positions),
        "A straight line: its delta does not depend on volatility.",
        ("Loses without bound in a rise.", "Takes no vega off the book."),
    ),
    "hedged_short_future": _Kind(
        DOWN,
        lambda t, g: hedged_short_future(
            t.root, t.expiry, t.strike(g, t.out), t.contract, _entry(t, g)
        ),
        "The line with its loss in a rise cut off by a bought call.",
        (
            "By put-call parity it is a bought put at the call's strike, vega and premium and "
            "all: not free of volatility, whatever its name says.",
        ),
    ),
    "long_put": _Kind(
        DOWN,
        lambda t, g: Structure("long put", put(t.root, t.expiry, t.strike(g, -t.out)).positions),
        "Gains with the fall and with volatility; the loss is the premium.",
        ("Its premium decays every day; bought after a fall it is dear.",),
    ),
    "put_spread": _Kind(
        DOWN,
        lambda t, g: put_spread(t.root, t.expiry, t.strike(g, -t.out), t.strike(g, -t.wide)),
        "A put for less: the sold one pays a part.",
        ("Protects no further than the sold strike.",
         "In a fast fall the sold put's volatility rises more, and the spread opens late."),
    ),
    "collar": _Kind(
        DOWN,
        _collar,
        "A put paid for by a sold call; the book stands where the shares would.",
        ("Loses without bound in a rise.",
         "The sold call adds to the short calls of the book."),
    ),
    "sold_put": _Kind(
        UP,
        lambda t, g: Structure(
            "sold put", put(t.root, t.expiry, t.strike(g, -t.out), -1.0).positions
        ),
        "Long delta that gains while volatility falls with the rise.",
        ("Adds to the short puts of the book: loses in the fall, and more as volatility rises.",
         "Gains no more than its premium."),
    ),
    "sold_atm_put": _Kind(
        UP,
        lambda t, g: Structure(
            "sold ATM put", put(t.root, t.expiry, t.strike(g, 0.0), -1.0).positions
        ),
        "More long delta than a sold put further out, and gains while volatility falls.",
        ("Adds to the short puts of the book, at the money: the dearest place in a fall.",
         "Gains no more than its premium."),
    ),
    "hedged_long_future": _Kind(
        UP,
        lambda t, g: hedged_long_future(
            t.root, t.expiry, t.strike(g, -t.out), t.contract, _entry(t, g)
        ),
        "Long delta with its loss in a fall cut off by a bought put.",
        ("By put-call parity it is a bought call at the put's strike: premium, decay and vega.",),
    ),
}  # fmt: skip
"""Every hedge by name, but the low-gamma straddle, which `straddle` builds."""


def hedge(name: str, terms: Terms, at: Ground) -> Hedge:
    """Return one unit of a hedge by name.

    Parameters
    ----------
    name
        A key of `HEDGES`.
    terms
        Where it is struck.
    at
        Where it is priced: strikes follow the forward.

    Raises
    ------
    SleeveError
        If no hedge has this name.

    Examples
    --------
    >>> from hedgerow.instruments.state import State
    >>> at = Ground({INDEX: State("2026-02-18", spot=5000.0, vol=0.18, rate=0.04)}, 18.0)
    >>> made = hedge("hedged_short_future", Terms("SPXW", dt.date(2026, 3, 20)), at)
    >>> [(p.quantity, p.contract.symbol) for p in made.structure.positions]
    [(-2.0, 'ESH26'), (1.0, 'SPXW  260320C05215000')]
    """
    if name not in HEDGES:
        raise SleeveError(f"unknown hedge '{name}'", where="hedges",
                          mend=nearest(name, [*HEDGES, "low_gamma_straddle"]))  # fmt: skip
    kind = HEDGES[name]
    return Hedge(name, kind.side, kind.make(terms, at), kind.reason, kind.warnings)


def scaled(structure: Structure, units: float) -> Structure:
    """Return so many units of a structure.

    Examples
    --------
    >>> one = put("SPXW", "2026-03-20", 4500.0)
    >>> scaled(one, 3.0).positions[0].quantity
    3.0
    """
    many = tuple(p.__class__(p.quantity * units, p.contract, p.entry) for p in structure.positions)
    return Structure(structure.name, many)


def told(structure: Structure) -> str:
    """Return the contracts of a structure in words.

    Examples
    --------
    >>> told(put_spread("SPXW", "2026-03-20", 4800.0, 4500.0, 2))
    '+2 SPXW 2026-03-20 4800 put, −2 SPXW 2026-03-20 4500 put'
    """
    return ", ".join(
        f"{p.quantity:+,.10g}".replace("-", "−") + f" {_named(p.contract)}"
        for p in structure.positions
    )


def _named(contract: object) -> str:
    if hasattr(contract, "strike"):
        side = "call" if contract.call else "put"  # type: ignore[attr-defined]  # an option
        return f"{contract.root} {contract.expiry} {contract.strike:g} {side}"  # type: ignore[attr-defined]  # as above
    return str(contract.symbol)  # type: ignore[attr-defined]  # all contracts have one


def mixed(*parts: Mapping[str, Structure]) -> dict[str, Structure]:
    """Return the positions of several books together, by underlying."""
    found: dict[str, Structure] = {}
    for part in parts:
        for name, structure in part.items():
            found[name] = found[name] + structure if name in found else structure
    return found


def whole(units: float) -> float:
    """Return units as a whole number, at least 1."""
    return float(max(np.floor(units + 0.5), 1.0))
