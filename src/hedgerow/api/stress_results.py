"""What stresses answer with: many paths, one of them, and today's book under shocks."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.api import Answer, path_to, plain
from hedgerow.api.judging import Judged
from hedgerow.core.market import Market
from hedgerow.files import save

if TYPE_CHECKING:
    import pandas as pd

    from hedgerow.research.comparison import Comparison
    from hedgerow.research.gate.item import Item
    from hedgerow.research.gate.thresholds import Thresholds
    from hedgerow.research.stress.book import BookGrid
    from hedgerow.research.stress.replaying import PathRun
    from hedgerow.research.stress.study import Stress, Worst


class StressResult(Judged, Answer):
    """A policy on simulated paths beside no hedge, the fixed one, one of equal cost, less equity.

    ``print(result)`` shows the answer; :meth:`worst` lists the worst paths, :meth:`path` plays one
    again, :meth:`book` shocks today's book; :meth:`frame` gives every path, :meth:`report` writes
    a page, :meth:`to_dict` everything as plain values.  :meth:`judge` judges the policy's own
    backtest on the data that were given: paths are no evidence.
    """

    found: Stress

    def __init__(self, found: Stress, today: Market, market: Market) -> None:
        super().__init__(found)
        self._today, self._market = today, market

    @cached_property
    def _real(self) -> Comparison:
        from hedgerow.api.counting import count_runs
        from hedgerow.research.stress.study import backtested

        return count_runs([backtested(self.found, self._market)], "stress")[0]

    def _backtest(self) -> Comparison:
        return self._real

    def _own(self, asked: Thresholds) -> list[Item]:
        from hedgerow.research.gate.kinds import stressed

        return stressed(self.found, asked)

    def __str__(self) -> str:
        from hedgerow.report.stress import summarise

        return summarise(self.found, self._told())

    def __repr__(self) -> str:
        return f"{self.found!r}; print() for more"

    def frame(self) -> pd.DataFrame:
        """Return one row per path.

        Returns
        -------
        DataFrame
            ``strategy.figure`` of :func:`hedgerow.research.stress.measuring.measures`, with
            ``index_fall``, ``index_return`` and ``vix_peak``; indexed by the path's number.
        """
        import pandas as pd

        rows = pd.RangeIndex(len(self.found), name="path")
        return pd.DataFrame(dict(self.found.columns), index=rows)

    def worst(self, count: int = 5) -> list[Worst]:
        """Return the worst paths: by NAV, by dynamic less static, by drawdown."""
        return self.found.worst(count)

    def path(self, number: int) -> PathResult:
        """Play one path again, bar by bar: the same numbers, bit for bit.

        Raises
        ------
        RangeError
            If there is no such path.
        """
        from hedgerow.research.stress.replaying import replay

        return PathResult(replay(self.found.job, number))

    @cached_property
    def _book(self) -> BookResult:
        from hedgerow.research.stress.book import answer_of, book_at, grid

        terms = self.found.terms
        given = terms.sleeve, terms.portfolio, terms.costs
        held = book_at(self.found.policy, self._today, *given)
        return BookResult(grid(held, *given, answer_of(terms.scenario.paths)))

    def book(self) -> BookResult:
        """Return today's book over moves of index, VIX and time, the hedge as held today.

        Raises
        ------
        HedgerowError
            If policy, sleeve and data do not fit together.
        """
        return self._book

    def report(self, path: str | Path) -> Path:
        """Write the page, one HTML file that opens offline, and return its path."""
        from hedgerow.report.stress_page import write

        place = path_to(path, "stress.html")
        return write(self.found, self._book.found, place, __version__, self.verdict)

    def to_dict(self) -> dict[str, Any]:
        """Return every number as plain values; NaN becomes None."""
        from hedgerow.report.stress import to_dict

        made: dict[str, Any] = plain({"version": __version__, **to_dict(self.found)})
        return self._with_verdict(made)


class PathResult(Answer):
    """One path of a stress; ``print`` tells it, :meth:`frame` gives every bar."""

    def __init__(self, run: PathRun) -> None:
        self.run = run

    def __str__(self) -> str:
        from hedgerow.report.stress_path import summarise

        return summarise(self.run)

    def __repr__(self) -> str:
        return f"{self.run!r}; print() for more"

    @property
    def market(self) -> Market:
        """The path as a market, the history that warms signals up before it."""
        return self.run.market

    def frame(self) -> pd.DataFrame:
        """Return one row per session: ``spx``, ``vix`` and ``strategy.column``.

        Returns
        -------
        DataFrame
            Columns of :class:`hedgerow.research.stress.playing.Played`; indexed by date.
        """
        import pandas as pd

        made = {name: self.run.column(name) for name in ("spx", "vix")}
        for name, played in self.run.played.items():
            made |= {f"{name}.{field}": column for field, column in played._asdict().items()}
        return pd.DataFrame(made, index=pd.DatetimeIndex(self.run.dates, name="date"))

    def picture(self, path: str | Path) -> Path:
        """Write NAV, VIX, intensity and hedge P&L as one SVG file, and return its path.

        Raises
        ------
        RangeError
            If it cannot be written.
        """
        from hedgerow.report.stress_path import picture

        return save(path_to(path, "path.svg"), picture(self.run), "the picture")

    def save(self, folder: str | Path) -> Path:
        """Write the path as a folder that :func:`hedgerow.load` reads, and return the folder.

        Raises
        ------
        RangeError
            If a file cannot be written.
        """
        return self.run.save(path_to(folder, "path"))

    def to_dict(self) -> dict[str, Any]:
        """Return the path as plain values."""
        run = self.run
        made: dict[str, Any] = plain(
            {
                "path": run.path,
                "dates": [str(day) for day in run.dates],
                "spx": run.column("spx").tolist(),
                "vix": run.column("vix").tolist(),
                "strategies": {
                    name: {field: column.tolist() for field, column in each._asdict().items()}
                    for name, each in run.played.items()
                },
            }
        )
        return made


class BookResult(Answer):
    """A book over moves of index, VIX and time; ``print`` shows the tables."""

    def __init__(self, found: BookGrid) -> None:
        self.found = found

    def __str__(self) -> str:
        from hedgerow.report.stress_book import summarise

        return summarise(self.found)

    def __repr__(self) -> str:
        return f"<Book of {self.found.held.market.dates[-1]} under shocks; print() for more>"

    def frame(self) -> pd.DataFrame:
        """Return one row per cell: ``days``, ``shock``, ``spot``, ``vix`` and P&L, USD."""
        import pandas as pd

        found = self.found
        rows = [
            {
                "days": found.days[i],
                "shock": found.shocks[j].name,
                "spot": found.spots[k],
                "vix": float(found.vix[j, k]),
                "portfolio": float(found.portfolio[i, j, k]),
                "hedge": float(found.hedge[i, j, k]),
                "both": float(found.both[i, j, k]),
            }
            for i in range(len(found.days))
            for j in range(len(found.shocks))
            for k in range(len(found.spots))
        ]
        return pd.DataFrame(rows)

    def picture(self, path: str | Path) -> Path:
        """Write the heat maps as one SVG file, and return its path.

        Raises
        ------
        RangeError
            If it cannot be written.
        """
        from hedgerow.report.stress_book import picture

        return save(path_to(path, "book.svg"), picture(self.found), "the picture")

    def to_dict(self) -> dict[str, Any]:
        """Return every cell as plain values."""
        from hedgerow.report.stress_book import to_dict

        made: dict[str, Any] = plain(to_dict(self.found))
        return made
