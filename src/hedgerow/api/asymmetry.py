"""What users call to measure the asymmetry of implied volatility, and the result that answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.api import Answer, check_market, path_to, plain
from hedgerow.core.market import Market
from hedgerow.errors import RangeError
from hedgerow.files import save as save_file
from hedgerow.report import asymmetry as told
from hedgerow.report.formats import NOT_ADVICE
from hedgerow.shortvol.asymmetry.contracts import Contracts, read
from hedgerow.shortvol.asymmetry.response import Response
from hedgerow.shortvol.asymmetry.study import Asymmetry, Level, Strike, measure

if TYPE_CHECKING:
    import pandas as pd


class AsymmetryResult(Answer):
    """How implied volatility answers falls and rises of the index.

    ``print(result)`` shows the answer and tables; :meth:`frame` gives slopes by tenor and strike,
    :meth:`report` writes a page, :attr:`response` is what scenarios ask, :meth:`save` writes it.

    Parameters
    ----------
    found
        The finished study.
    chains
        What option chains said; None where none were given.
    """

    def __init__(self, found: Asymmetry, chains: Contracts | None = None) -> None:
        self.found, self.chains = found, chains

    def __str__(self) -> str:
        return told.told(self.found, self.chains)

    def __repr__(self) -> str:
        day = self.found.main.day
        return (
            f"<AsymmetryResult: {-day.fall.value:.2f} points per 1 % of a fall, "
            f"{-day.rise.value:.2f} per 1 % of a rise; print() for more>"
        )

    @property
    def response(self) -> Response:
        """The response for scenarios."""
        return self.found.response

    def frame(self) -> pd.DataFrame:
        """Return slopes, a row for each tenor and strike.

        Returns
        -------
        DataFrame
            ``tenor`` calendar days; ``strike`` over spot, NaN for the level of the whole smile;
            ``fall`` and ``rise`` points per 1 % that the index *changes*, with ``_low``, ``_high``,
            ``_far`` (past 5 %); ``equal`` p-value, ``r2``, ``n``, ``modelled``.
        """
        import pandas as pd

        rows = []
        levels = [(each.tenor, float("nan"), each, False) for each in self.found.levels]
        strikes = [(each.tenor, each.strike, each, True) for each in self.found.strikes]
        every: list[tuple[float, float, Level | Strike, bool]] = [*levels, *strikes]
        for tenor, strike, each, modelled in every:
            row: dict[str, Any] = {"tenor": tenor, "strike": strike}
            for side in ("fall", "rise"):
                slope, far = getattr(each.day, side), getattr(each.long, f"{side}_far")
                row |= {side: slope.value, f"{side}_low": slope.low, f"{side}_high": slope.high}
                row[f"{side}_far"] = far.value
            fit = each.day
            rows.append(row | {"equal": fit.equal, "r2": fit.r2, "n": fit.n, "modelled": modelled})
        return pd.DataFrame(rows)

    def report(self, path: str | Path) -> Path:
        """Write the page, one HTML file that opens offline, and return its path."""
        target = path_to(path, "report.html")
        return told.write(self.found, target, chains=self.chains, version=__version__)

    def save(self, path: str | Path) -> Path:
        """Write the response as TOML for `Response.from_toml`, and return its path."""
        return save_file(path_to(path, "response.toml"), self.response.to_toml(), "the response")

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; NaN becomes None."""
        made: dict[str, Any] = plain({**told.table(self.found, self.chains), "notice": NOT_ADVICE})
        return made


def asymmetry(
    market: Market,
    *,
    tenors: Sequence[float] | None = None,
    chains: Sequence[str | Path] = (),
    level: float = 0.95,
) -> AsymmetryResult:
    """Measure how much more implied volatility answers a fall of the index than a rise (spec G1).

    Parameters
    ----------
    market
        With ``spx``, ``vix`` and what it has of ``vix9d``, ``vix3m``, ``vix6m``, ``skew`` and
        ``vx1`` ….
    tenors
        Calendar days, of 9, 30, 93 and 184; by default all that the market publishes.
    chains
        Option chain files of neighbouring days, for single strikes measured on quotes.
    level
        Level of the bands.

    Raises
    ------
    HedgerowError
        Naming the column that is missing, the tenor that no index has, or what a chain lacks.

    Examples
    --------
    >>> import hedgerow as hr
    >>> hr.asymmetry(hr.Market(["2020-01-02"], {"spx": [3257.85], "vix": [12.5]}))
    Traceback (most recent call last):
        ...
    hedgerow.errors.DataError: market: 1 sessions on which spx, vix are published together. Mend: \
give at least 120, from other dates or without a tenor
    """
    check_market(market)
    if not 0.5 <= level < 1.0:
        raise RangeError(f"{level} is not within 0.5 … 1", where="level", mend="use 0.95")
    quoted = read(chains, market, level=level) if chains else None
    return AsymmetryResult(measure(market, tenors=tenors, level=level), quoted)
