"""What users call to look at signals: which there are, and what they said."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hedgerow.api import Answer, check_market, plain
from hedgerow.core.market import Day, Floats, Market
from hedgerow.core.step import Signal
from hedgerow.errors import DataError, PolicyError, RangeError, nearest
from hedgerow.files import save
from hedgerow.report.formats import NOT_ADVICE

if TYPE_CHECKING:
    import pandas as pd


class SignalsResult(Answer):
    """Signals over a stretch of sessions.

    ``print(result)`` tells how much is known, between what, and the last rows; :meth:`frame` gives
    the columns, :meth:`csv` writes them, :meth:`to_dict` gives everything as plain values.

    Parameters
    ----------
    market
        The sessions asked for.
    columns
        By name, each **shape** (T,).
    """

    def __init__(self, market: Market, columns: dict[str, Floats]) -> None:
        self.market, self.columns = market, columns

    def __str__(self) -> str:
        from hedgerow.report.signals import shown

        return f"{shown(self.to_dict())}\n{NOT_ADVICE}"

    def __repr__(self) -> str:
        dates = self.market.dates
        return f"<SignalsResult of {', '.join(self.columns)}, {dates[0]} … {dates[-1]}>"

    def frame(self) -> pd.DataFrame:
        """Return the columns by session, NaN where unknown."""
        import pandas as pd

        index = pd.DatetimeIndex(self.market.times, name="date")
        return pd.DataFrame(self.columns, index=index)

    def csv(self, path: str | Path) -> Path:
        """Write the columns as CSV; what is unknown is empty.

        Raises
        ------
        RangeError
            If the file cannot be written.
        """
        return save(Path(path), self.frame().to_csv(lineterminator="\n"), "the signals")

    def to_dict(self) -> dict[str, Any]:
        """Return dates, values and figures as plain values, None where unknown."""
        dates = [str(day) for day in self.market.dates]
        made = {name: _figures(dates, column) for name, column in self.columns.items()}
        found: dict[str, Any] = plain({"dates": dates, "signals": made, "notice": NOT_ADVICE})
        return found


def _figures(dates: list[str], column: Floats) -> dict[str, Any]:
    known = np.isfinite(column)
    values = column[known]
    figures = (values.min(), values.mean(), values.max()) if len(values) else (None,) * 3
    return {
        "known": int(known.sum()),
        "first": dates[int(np.argmax(known))] if len(values) else None,
        **dict(zip(("least", "mean", "most"), figures, strict=True)),
        "values": column.tolist(),
    }


def signals(
    market: Market, *asked: str | Signal, start: Day | None = None, end: Day | None = None
) -> SignalsResult:
    """Return what signals said, each made from its past alone.

    Parameters
    ----------
    market
        The data; what lies before ``start`` warms the signals.
    *asked
        Names, such as ``"vix_rsi14"``, or signals.
    start, end
        First and last session shown.

    Raises
    ------
    DataError
        If the data lack a column that a signal needs, or have no value of it.
    PolicyError
        If no signal has such a name.

    Examples
    --------
    >>> import hedgerow as hr
    >>> found = signals(hr.load("builtin"), "vix_rsi14", hr.Macd("spx"), end="2018-02-05")
    >>> list(found.frame()), str(found.frame().index[-1].date())
    (['vix_rsi14', 'spx_macd12_26_9'], '2018-02-05')
    """
    check_market(market)
    if not asked:
        raise RangeError(
            "no signal is named", where="signals", mend='name one, such as "vix_rsi14"'
        )
    until = market.between(None, end)
    shown = until.between(start, None)
    columns = {}
    for each in asked:
        signal = _signal(each, market) if isinstance(each, str) else each
        _refuse_empty(signal, market)
        columns[signal.name] = signal(until)[len(until) - len(shown) :]
    return SignalsResult(shown, columns)


def _refuse_empty(signal: Signal, market: Market) -> None:
    """Refuse a signal of a column that is there without a value; a missing one tells itself."""
    from hedgerow.policies.needs import needs

    for name in needs(signal).lacking(market):
        if name in market:
            lost = market.lost(name)
            raise DataError(
                f"the data have no value of '{name}'" + (f" ({lost})" if lost else ""),
                where=f"signal '{signal.name}'",
                mend="mend the values, or supply others; 'hedgerow data check' tells what is odd",
            )


def _signal(name: str, market: Market) -> Signal:
    from hedgerow.policies.catalog import signal_named
    from hedgerow.policies.needs import listed
    from hedgerow.policies.signals import Level

    found = signal_named(name)
    if isinstance(found, Level) and name not in market:
        known = [signal.name for signal in listed()]
        raise PolicyError(
            f"no signal and no column of the data is called '{name}'",
            where="signals",
            mend=nearest(name, [*known, *market.columns]),
        )
    return found


def known_signals(market: Market | None = None) -> list[dict[str, Any]]:
    """Return which signals there are, what they mean, and what they need.

    Parameters
    ----------
    market
        Data in which to look for the columns; None leaves ``lacks`` None.

    Examples
    --------
    >>> row = next(row for row in known_signals() if row["name"] == "divergence")
    >>> row["needs"], row["lacks"]
    (['spx', 'breadth'], None)
    """
    from hedgerow.policies.needs import listed, needs

    rows = []
    for signal in listed():
        needed = needs(signal)
        meaning = (inspect.getdoc(type(signal)) or "").partition("\n\n")[0]
        rows.append(
            {
                "name": signal.name,
                "kind": signal.kind,
                "needs": list(needed.columns),
                "lacks": None if market is None else list(needed.lacking(market)),
                "lookback": signal.lookback,
                "meaning": " ".join(meaning.split()).replace("``", ""),
            }
        )
    return rows
