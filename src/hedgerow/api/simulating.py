"""What users call to simulate markets: draw, and the paths that answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow.api import Answer, check_market, path_to, plain, refused
from hedgerow.core.market import Market
from hedgerow.errors import RangeError
from hedgerow.files import save, write_whole
from hedgerow.report import paths as told
from hedgerow.report.formats import NOT_ADVICE
from hedgerow.simulate.named import FITTED, model_named
from hedgerow.simulate.paths import PathModel, Paths, Start
from hedgerow.simulate.replay import Replay
from hedgerow.simulate.sanity import sane

if TYPE_CHECKING:
    import pandas as pd

    from hedgerow.simulate.report import FitReport

_FILED = ("spx", "vix", "vix9d", "vix3m", "vix6m", "skew")
"""Columns of a path's file."""

_STARTS = ("date", "spx", "vix", "rate", "dividend_yield")
"""What is told of a start."""


class Simulation(Answer):
    """Simulated paths.

    ``print(result)`` shows what index and VIX do on them; :attr:`paths` are the paths,
    :meth:`markets` goes over them as markets to run policies on, :meth:`frame` gives a table,
    :meth:`csv` and :meth:`parquet` write files, :meth:`picture` draws a fan, :meth:`fit` compares
    with the history.

    Parameters
    ----------
    paths
        Of a model.
    market
        The history that the model was fitted to.
    """

    def __init__(self, paths: Paths, market: Market) -> None:
        self.paths, self.market = paths, market

    def __str__(self) -> str:
        return told.told(self.paths)

    def __repr__(self) -> str:
        return (
            f"<Simulation: {self.paths.model.title}; {len(self.paths):,} paths of "
            f"{self.paths.sessions} sessions; print() for more>"
        )

    def markets(self) -> Any:
        """Go over all paths as markets, in order."""
        return self.paths.markets()

    def frame(self) -> pd.DataFrame:
        """Return all paths in one table.

        Returns
        -------
        DataFrame
            A row for each path and session, ``path`` and ``date`` the index; columns as those of a
            market, points and decimals a year.
        """
        import pandas as pd

        parts = {
            i: pd.DataFrame(dict(market.columns), index=pd.DatetimeIndex(market.times, name="date"))
            for i, market in enumerate(self.markets())
        }
        return pd.concat(parts, names=["path"])

    def csv(self, folder: str | Path) -> list[Path]:
        """Write a file for each path, and return their paths; `hedgerow.load` reads each.

        Rates and dividends are those of the loader again; what is simulated is in the name, and
        counts as modelled when it is read.
        """
        import pandas as pd

        place = path_to(folder, "out/paths")
        digits = len(str(len(self.paths) - 1))
        made = []
        for i, market in enumerate(self.markets()):
            columns = {name: market[name] for name in _FILED if name in market}
            table = pd.DataFrame({"date": market.dates.astype(str), **columns})
            file = place / f"simulated-{i:0{digits}d}.csv"
            made.append(save(file, table.to_csv(index=False), "the path"))
        return made

    def parquet(self, path: str | Path) -> Path:
        """Write `frame` as one Parquet file, and return its path."""
        from io import BytesIO

        file, body = path_to(path, "paths.parquet"), BytesIO()
        self.frame().reset_index().to_parquet(body, index=False)
        write_whole(file, body.getvalue())
        return file

    def picture(self, path: str | Path) -> Path:
        """Write the fan of index and VIX, one SVG file, and return its path."""
        return save(path_to(path, "fan.svg"), told.fan(self.paths), "the picture")

    def fit(self, *, n_paths: int = 64) -> FitReport:
        """Return moments of the model beside those of its history, with bootstrap intervals.

        Raises
        ------
        RangeError
            If the model is no model of a history.
        """
        from hedgerow.simulate.report import compare

        model = self.paths.model
        if not any(isinstance(model, kind) for kind in _fitted()):
            what = "is a stretch of history" if isinstance(model, Replay) else "is made"
            raise RangeError(
                f"a path that {what} is not fitted",
                where="model",
                mend=f"choose one of: {', '.join(FITTED)}",
            )
        return compare(model, self.market, n_paths=n_paths)

    def to_dict(self) -> dict[str, Any]:
        """Return what was simulated and its figures as plain values."""
        paths = self.paths
        made: dict[str, Any] = plain(
            {
                "model": paths.model.title,
                "paths": len(paths),
                "sessions": paths.sessions,
                "seed": paths.seed,
                "start": {k: v for k, v in vars(paths.start).items() if k in _STARTS},
                "columns": sorted(paths.market(0).columns),
                "levels": list(told.LEVELS),
                "figures": {name: list(values) for name, values in told.figures(paths)},
                "sanity": {**vars(found := sane(paths)), "faults": list(found.faults)},
                "notice": NOT_ADVICE,
            }
        )
        return made


def draw(
    model: str | PathModel,
    market: Market,
    *,
    paths: int = 1,
    sessions: int | None = None,
    seed: int = 0,
    start: Start | None = None,
) -> Simulation:
    """Draw paths of a simulated market.

    Parameters
    ----------
    model
        A name of `hedgerow.simulate.named.NAMES`, such as ``"regimes"`` or ``"replay:2008"``, which
        is fitted to the market; or a model, fitted or made.
    market
        The history.
    paths, sessions
        How many, and how long; a year by default, or the whole of a replay.
    seed
        Equal seeds give equal paths.
    start
        Where they begin; the last session of the market by default.

    Raises
    ------
    HedgerowError
        If there is no such model, the history is too short for it, or a number is out of range.

    Examples
    --------
    >>> import hedgerow as hr
    >>> found = hr.draw("replay:2020", hr.load("builtin"), start=hr.Start(vix=15.0))
    >>> len(found.paths), found.paths.sessions, found.to_dict()["sanity"]["faults"]
    (1, 103, [])
    """
    check_market(market)
    if not isinstance(model, str | PathModel):
        raise refused(RangeError, model, "model", 'write "regimes", or hr.RegimeModel.fit(market)')
    made = model_named(model, market) if isinstance(model, str) else model
    usual = made.sessions if isinstance(made, Replay) else 252
    count = usual if sessions is None else sessions
    return Simulation(made.paths(paths, count, seed, start or Start.of(market)), market)


def _fitted() -> tuple[type[PathModel], ...]:
    from hedgerow.simulate.bates import Bates
    from hedgerow.simulate.bootstrap import BlockBootstrap
    from hedgerow.simulate.regime import RegimeModel

    return RegimeModel, Bates, BlockBootstrap
