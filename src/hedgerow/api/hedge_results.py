"""What the comparison of hedges and the plan answer with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hedgerow import __version__
from hedgerow.api import Answer, path_to, plain
from hedgerow.errors import RangeError
from hedgerow.files import save
from hedgerow.report import hedge_plan, hedge_table
from hedgerow.report.formats import NOT_ADVICE
from hedgerow.shortvol.structures.comparison import Comparison, Row
from hedgerow.shortvol.structures.paths import History
from hedgerow.shortvol.structures.plan import Plan
from hedgerow.shortvol.structures.straddle import LowGamma, Reading

if TYPE_CHECKING:
    import pandas as pd


class HedgeComparison(Answer):
    """Structures beside a short-volatility book.

    ``print(result)`` shows the tables; :meth:`frame` gives them, :meth:`report` writes a page,
    :meth:`picture` draws one SVG, :meth:`to_dict` gives everything as plain values.

    Parameters
    ----------
    found
        The structures side by side; `found.at.notes` say what is modelled.
    past, low
        Their history and the low-gamma straddle, None where there is none.
    notes
        What was left out, and why.
    """

    def __init__(
        self, found: Comparison, past: History | None, low: LowGamma | None, notes: Sequence[str]
    ) -> None:
        self.found, self.past, self.low, self.notes = found, past, low, tuple(notes)

    def __str__(self) -> str:
        return hedge_table.summarise(self.found, self.past, self.low, self.notes)

    def __repr__(self) -> str:
        found = self.found
        return (
            f"<HedgeComparison of {found.book.name} on {found.at.day}: "
            f"{len(found.rows) - 1} structures; print() for more>"
        )

    def frame(self, *, by: Literal["structure", "cell"] = "structure") -> pd.DataFrame:
        """Return a table.

        Parameters
        ----------
        by
            ``structure``: a row of figures each, the book alone first; ``cell``: a row for each
            structure, kind of volatility and move of the index.

        Returns
        -------
        DataFrame
            USD.  P&L of book and structure together, opening costs paid.
        """
        import pandas as pd

        found = self.found
        if by == "cell":
            cells = [
                {"structure": row.name, "volatility": kind, "move": move, "pnl": float(pnl)}
                for row in found.rows
                for kind, line in zip(found.kinds, found.grid(row), strict=True)
                for move, pnl in zip(found.moves, line, strict=True)
            ]
            return pd.DataFrame(cells)
        if by != "structure":
            raise RangeError(f"{by!r} is no table", where="by", mend="write structure or cell")
        return pd.DataFrame([self._figures(row) for row in found.rows]).set_index("structure")

    def _figures(self, row: Row) -> dict[str, Any]:
        found = self.found
        own = 0.0 if row.hedge is None else 1.0
        moves = zip(found.moves, found.both(row), strict=True)
        return {
            "structure": row.name,
            "units": row.sized.units,
            **{f"{move:+.0%}": float(pnl) for move, pnl in moves},
            "delta": found.alone.delta + own * row.delta,
            "vega": found.alone.vega + own * row.vega,
            "worst": row.worst.amount,
            "margin": row.margin,
            "cost": row.cost,
        }

    def picture(self, path: str | Path) -> Path:
        """Write P&L over the index, volatility fixed and answering, as one SVG; return its path."""
        from hedgerow.report.hedge_pictures import lines

        return save(path_to(path, "hedges.svg"), lines(self.found), "the picture")

    def report(self, path: str | Path) -> Path:
        """Write the report, one HTML file that opens offline, and return its path."""
        from hedgerow.report.hedge_page import write_comparison

        place = path_to(path, "report.html")
        given = self.found, self.past, self.low, self.notes
        return write_comparison(*given, place, version=__version__)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; what has no end becomes None."""
        past, low = self.past, self.low
        made: dict[str, Any] = plain(
            {
                **hedge_table.as_dict(self.found),
                "response": response_name(self.found),
                "history": None
                if past is None
                else past._asdict() | {"rows": [row._asdict() for row in past.rows]},
                "straddle": None
                if low is None
                else {
                    "long": _told(low.long),
                    "short": _told(low.short),
                    "cap": low.cap,
                    "percentile": low.percentile,
                    "low": low.low,
                },
                "notes": list(self.notes),
                "notice": NOT_ADVICE,
            }
        )
        return made


def response_name(found: Comparison) -> str:
    """Return what the response of a comparison is called."""
    return str(getattr(found.response, "name", type(found.response).__name__))


def _told(reading: Reading) -> dict[str, Any]:
    return {**reading._asdict(), "expiry": str(reading.expiry)}


class HedgePlan(Answer):
    """A plan for a short-volatility book.

    ``print(result)`` shows it with its reasons; :meth:`frame` its P&L, :meth:`report` writes a
    page, :meth:`to_dict` gives everything as plain values.

    Parameters
    ----------
    found
        The plan.
    notes
        What is modelled and what was left out.
    """

    def __init__(self, found: Plan, notes: Sequence[str]) -> None:
        self.found, self.notes = found, tuple(notes)

    def __str__(self) -> str:
        return hedge_plan.summarise(self.found, self.notes)

    def __repr__(self) -> str:
        return f"<HedgePlan: {hedge_plan.headline(self.found)}; print() for more>"

    def frame(self) -> pd.DataFrame:
        """Return P&L over the moves, USD: the book, the plan, the runner-up, with sold calls."""
        import pandas as pd

        found = self.found
        made = {"book": found.alone, "plan": found.chosen.gain}
        if found.runner_up is not None:
            made["runner_up"] = found.runner_up.gain
        if found.sold_call is not None:
            made["sold_call"] = found.sold_call.gain
        return pd.DataFrame(made, index=pd.Index(self.to_dict()["moves"], name="move"))

    def report(self, path: str | Path) -> Path:
        """Write the report, one HTML file that opens offline, and return its path."""
        from hedgerow.report.hedge_page import write_plan

        return write_plan(self.found, self.notes, path_to(path, "report.html"), version=__version__)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; what has no end becomes None."""
        made: dict[str, Any] = plain(
            {**hedge_plan.as_dict(self.found), "notes": list(self.notes), "notice": NOT_ADVICE}
        )
        return made
