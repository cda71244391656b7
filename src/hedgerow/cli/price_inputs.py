"""What commands that price share: their options, and the market they price in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli.output import note

if TYPE_CHECKING:
    from hedgerow.core.market import Market
    from hedgerow.data.chain_fit import ChainFit
    from hedgerow.data.chains import Chain
    from hedgerow.instruments.structure import Structure
    from hedgerow.research.states import Priced

Spot = Annotated[float | None, typer.Option(metavar="POINTS", help="Price of the underlying.")]
Forward = Annotated[
    float | None,
    typer.Option(
        metavar="POINTS", help="Instead of spot: forward, or future, of the contract's own expiry."
    ),
]
Vol = Annotated[
    float | None, typer.Option(metavar="DECIMAL", help="Volatility a year, all strikes: 0.18.")
]
Rate = Annotated[
    float | None,
    typer.Option(metavar="DECIMAL", help="Interest rate, continuous.", show_default="0"),
]
Dividend = Annotated[
    float | None,
    typer.Option(metavar="DECIMAL", help="Dividend yield, continuous.", show_default="0"),
]
Date = Annotated[
    str | None,
    typer.Option(
        metavar="DATE", help="Valuation date.", show_default="the source's last, else today"
    ),
]
Data = Annotated[
    str | None,
    typer.Option(
        metavar="SOURCE",
        help="Take spot, rates and a modelled surface from builtin, auto or a folder.",
        show_default=False,
    ),
]
ChainFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Take forwards and fitted smiles from a chain.", show_default=False
    ),
]

Expiry = Annotated[str | None, typer.Option(metavar="DATE", help="Expiry.", show_default=False)]
Days = Annotated[
    int | None, typer.Option(metavar="N", help="Calendar days to expiry.", show_default=False)
]

_LAST_YEAR = 2099
_MOST_DAYS = 36_500
_BOUNDS = {
    "--spot": (1e-3, 1e6, "give points"),
    "--forward": (1e-3, 1e6, "give points"),
    "--strike": (1e-3, 99_999.999, "give points"),
    "PRICE": (-1e6, 1e6, "give points"),
    "--vol": (1e-3, 5.0, "write 0.18 for 18 %"),
    "--rate": (-1.0, 1.0, "write 0.04 for 4 %"),
    "--dividend": (-1.0, 1.0, "write 0.015 for 1.5 %"),
    "--paid": (-1e12, 1e12, "give USD"),
    "--bond": (0.0, 1e9, "give USD for one future"),
}
"""Least and most that an option may be, and the mend."""


def inside(option: str, value: float | None) -> None:
    """Refuse a number that no market has, by the name of its option.

    Raises
    ------
    RangeError
        If it is too small, too large or no number.
    """
    from hedgerow.errors import RangeError

    low, high, mend = _BOUNDS[option]
    if value is not None and not low <= value <= high:
        raise RangeError(f"{value:g} lies outside {low:g} … {high:,g}", where=option, mend=mend)


def day_of(text: str, option: str) -> dt.date:
    """Read a date of this or the last century.

    Raises
    ------
    RangeError
        If it is none.
    """
    from hedgerow.core.market import session_date
    from hedgerow.errors import RangeError

    found = str(session_date(text, option))
    if not "1900" <= found[:4] <= str(_LAST_YEAR):
        raise RangeError(
            f"{found} is too far away", where=option, mend=f"choose a year up to {_LAST_YEAR}"
        )
    return dt.date.fromisoformat(found)


@contextmanager
def named() -> Iterator[None]:
    """Name a state's fields in mistakes as the options that were typed."""
    from hedgerow.errors import RangeError

    try:
        yield
    except RangeError as error:
        if error.where != "date" and f"--{error.where}" not in _BOUNDS:
            raise
        raise RangeError(error.what, where=f"--{error.where}", mend=error.mend) from None


@dataclass(frozen=True)
class Inputs:
    """The numbers given, and where the others come from."""

    spot: float | None = None
    forward: float | None = None
    vol: float | None = None
    rate: float | None = None
    dividend: float | None = None
    date: str | None = None
    data: str | None = None
    chain: Path | None = None

    def __post_init__(self) -> None:
        from hedgerow.errors import RangeError

        if self.data is not None and self.chain is not None:
            raise RangeError("two sources", where="--data, --chain", mend="give one of them")
        sourced = self.data is not None or self.chain is not None
        if self.spot is not None and self.forward is not None:
            raise RangeError("two prices", where="--spot, --forward", mend="give one of them")
        for option, refused, why in (
            ("--forward", sourced, "the source has its own forwards"),
            ("--spot", self.chain is not None, "the chain has its own forwards"),
            ("--dividend", self.chain is not None, "the chain's forwards hold the dividends"),
            ("--dividend", self.forward is not None, "a forward holds the dividends"),
        ):
            if refused and self.typed[option] is not None:
                raise RangeError(why, where=option, mend="leave it out")
        for option, value in self.typed.items():
            inside(option, value)

    @property
    def typed(self) -> dict[str, float | None]:
        """The numbers by the names of their options."""
        return {
            "--spot": self.spot,
            "--forward": self.forward,
            "--vol": self.vol,
            "--rate": self.rate,
            "--dividend": self.dividend,
        }

    @cached_property
    def market(self) -> Market:
        """The data, up to the valuation date."""
        from hedgerow.api import load

        note(f"Reading {self.data} …")
        market = load(self.data or "builtin")
        if self.date is None:
            return market
        day_of(self.date, "--date")
        with named():
            return market.until(market.index_of(self.date))

    @cached_property
    def quotes(self) -> Chain:
        """The chain."""
        from hedgerow.cli.chain_file import read

        if self.date is not None:
            day_of(self.date, "--date")
        return read(self.chain or Path(), self.date, None, None)

    @cached_property
    def fit(self) -> ChainFit:
        """The fitted chain."""
        from hedgerow.data.chain_fit import fit_chain

        return fit_chain(self.quotes, rate=self.rate)

    @cached_property
    def day(self) -> dt.date:
        """The valuation date.

        Raises
        ------
        RangeError
            If a date cannot be read.
        """
        if self.data is not None:
            return dt.date.fromisoformat(str(self.market.dates[-1]))
        if self.chain is not None:
            return self.quotes.date
        if self.date is not None:
            return day_of(self.date, "--date")
        return dt.date.today()

    def expiry(self, expiry: str | None, days: int | None) -> dt.date:
        """Return an expiry given as a date or as calendar days.

        Raises
        ------
        RangeError
            If neither or both are given, or the expiry has passed.
        """
        from hedgerow.errors import RangeError

        if (expiry is None) == (days is None):
            raise RangeError(
                "an expiry is needed, once" if expiry is None else "the expiry is given twice",
                where="--expiry, --days",
                mend="give --expiry DATE or --days N",
            )
        if days is not None:
            if not 0 <= days <= _MOST_DAYS:
                raise RangeError(
                    f"{days} days to expiry",
                    where="--days",
                    mend=f"give 0 or more, up to {_MOST_DAYS:,}",
                )
            return day_of(str(self.day + dt.timedelta(days)), "--days")
        found = day_of(expiry or "", "--expiry")
        if found < self.day:
            raise RangeError(
                f"the contract expired on {found}, before {self.day}",
                where="--expiry",
                mend="choose a later expiry or an earlier --date",
            )
        return found

    def priced(self, structure: Structure) -> Priced:
        """Return the state that a structure is priced in; given numbers win over the source's.

        Raises
        ------
        RangeError
            If the numbers are not enough.
        """
        from hedgerow.errors import RangeError
        from hedgerow.instruments.state import State
        from hedgerow.research.states import Priced, of_chain, of_market

        if self.data is not None:
            expiries = [p.expiry for p in structure.positions if p.expiry is not None]
            curve = None
            if structure.underlying == "VIX":
                from hedgerow.data.vx_curve import listed_curve

                curve = listed_curve(self.data, self.market)
            found = of_market(self.market, structure.underlying, expiries, curve=curve)
        elif self.chain is not None:
            found = of_chain(self.fit, self.quotes, structure)
        else:
            if self.spot is None and self.forward is None:
                raise RangeError(
                    "the price of the underlying is missing",
                    where="--spot, --forward",
                    mend="give one of them, or --data or --chain",
                )
            made = State(
                self.day,
                spot=self.spot,
                forward=self.forward,
                vol=self.vol,
                rate=self.rate or 0.0,
                dividend=self.dividend or 0.0,
            )
            return Priced(made, ())
        state = found.state
        if self.spot is not None and state.spot is None:
            raise RangeError(
                f"{structure.underlying} is priced on futures, not on spot",
                where="--spot",
                mend="leave it out, or give --forward without --data",
            )
        return Priced(
            replace(
                state,
                spot=state.spot if self.spot is None else self.spot,
                vol=state.vol if self.vol is None else self.vol,
                rate=state.rate if self.rate is None else self.rate,
                dividend=state.dividend if self.dividend is None else self.dividend,
            ),
            tuple(said for said in found.notes if self.typed.get(f"--{said.about}") is None),
        )
