"""What commands that price share: their options, and the market they price in."""

from __future__ import annotations

import datetime as dt
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
        if self.sourced and self.forward is not None:
            raise RangeError(
                "the source has its own forwards", where="--forward", mend="leave it out"
            )
        if self.chain is not None and self.spot is not None:
            raise RangeError("the chain has its own forwards", where="--spot", mend="leave it out")

    @property
    def sourced(self) -> bool:
        """Whether data or a chain are given."""
        return self.data is not None or self.chain is not None

    @cached_property
    def market(self) -> Market:
        """The data, up to the valuation date."""
        from hedgerow.api import load

        note(f"Reading {self.data} …")
        market = load(self.data or "builtin")
        return market.until(market.index_of(self.date)) if self.date else market

    @cached_property
    def quotes(self) -> Chain:
        """The chain."""
        from hedgerow.cli.chain_file import read

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
        from hedgerow.core.market import session_date

        if self.data is not None:
            return dt.date.fromisoformat(str(self.market.dates[-1]))
        if self.chain is not None:
            return self.quotes.date
        if self.date is not None:
            return dt.date.fromisoformat(str(session_date(self.date, "--date")))
        return dt.date.today()

    def expiry(self, expiry: str | None, days: int | None) -> dt.date:
        """Return an expiry given as a date or as calendar days.

        Raises
        ------
        RangeError
            If neither or both are given, or the expiry has passed.
        """
        from hedgerow.core.market import session_date
        from hedgerow.errors import RangeError

        if (expiry is None) == (days is None):
            raise RangeError(
                "an expiry is needed, once" if expiry is None else "the expiry is given twice",
                where="--expiry, --days",
                mend="give --expiry DATE or --days N",
            )
        if days is not None:
            if not 0 <= days <= 36_500:
                raise RangeError(
                    f"{days} days to expiry", where="--days", mend="give 0 or more, up to 36,500"
                )
            return self.day + dt.timedelta(days)
        found = dt.date.fromisoformat(str(session_date(expiry or "", "--expiry")))
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
        from hedgerow.instruments.state import State
        from hedgerow.research.states import Priced, of_chain, of_market

        expiries = [p.expiry for p in structure.positions if p.expiry is not None]
        if self.data is not None:
            found = of_market(self.market, structure.underlying, expiries)
        elif self.chain is not None:
            found = of_chain(self.fit, self.quotes, expiries)
        else:
            typed = State(
                self.day,
                spot=self.spot,
                forward=self.forward,
                vol=self.vol,
                rate=self.rate or 0.0,
                dividend=self.dividend or 0.0,
            )
            return Priced(typed, ())
        state, notes = found.state, found.notes
        if self.vol is not None:
            notes = tuple(said for said in notes if not said.startswith("Volatilities"))
        return Priced(
            replace(
                state,
                spot=state.spot if self.spot is None else self.spot,
                vol=state.vol if self.vol is None else self.vol,
                rate=state.rate if self.rate is None else self.rate,
                dividend=state.dividend if self.dividend is None else self.dividend,
            ),
            notes,
        )
