"""What users call to replay a hedge within the day: replay_hedge, and the result that answers."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow import __version__
from hedgerow.api import Answer, path_to, plain, refused
from hedgerow.api.counting import count_replay
from hedgerow.core.market import Day
from hedgerow.core.policy import Policy
from hedgerow.core.policy_text import parse
from hedgerow.data.intraday import Intraday, load_intraday
from hedgerow.errors import PolicyError
from hedgerow.files import save
from hedgerow.instruments.costs import Costs
from hedgerow.policies.files import parsed
from hedgerow.report import replay as told
from hedgerow.report.replay_page import write
from hedgerow.report.replay_picture import picture
from hedgerow.shortvol.intraday.book import CondorBook
from hedgerow.shortvol.intraday.figures import local_times, reasons, states
from hedgerow.shortvol.intraday.fund import FundCosts
from hedgerow.shortvol.intraday.replay import Replay, replay
from hedgerow.shortvol.layered.rules import LayeredRules, lines

if TYPE_CHECKING:
    import pandas as pd


class ReplayResult(Answer):
    """A finished replay.

    ``print(result)`` shows the answer and the machine's transitions; :meth:`frame` gives the bars,
    :meth:`picture` and :meth:`report` write files, :meth:`to_dict` gives figures as plain values.

    Parameters
    ----------
    found
        The replay.
    """

    def __init__(self, found: Replay) -> None:
        self.found = found

    def __str__(self) -> str:
        return told.told(self.found)

    def __repr__(self) -> str:
        days = self.found.hedge.dates
        return f"<ReplayResult {days[0]} … {days[-1]}, {len(self.found)} bars; print() for more>"

    def frame(self) -> pd.DataFrame:
        """Return the replay bar by bar.

        Returns
        -------
        DataFrame
            By the end of the bar on New York's clocks: ``spx`` and ``iv`` in points, ``vxx`` in USD
            a share, ``state`` and ``reason`` of the machine, ``tranche`` (part of the target that
            is held), ``x`` (intensity in force), ``wanted`` and ``held`` shares, ``waits``,
            ``book_vega`` in USD a point, and USD of the bar after costs: ``book_pnl``,
            ``hedge_pnl``, ``fixed_pnl``.
        """
        import pandas as pd

        found = self.found
        columns: dict[str, Any] = {
            "spx": found.column("spx"),
            "iv": found.column("vix"),
            "vxx": found.column("vxx"),
            "state": states(found),
            "reason": reasons(found),
            "tranche": found.remembered("fraction"),
            "x": found.hedge["x"],
            "wanted": found.wanted,
            "held": found.hedge["held"],
            "waits": found.waits() > 0.0,
            "book_vega": found.book.vega[found.first :],
            **{f"{name}_pnl": column for name, column in found.pnl.items()},
        }
        return pd.DataFrame(columns, index=pd.Index(local_times(found), name="time"))

    def picture(self, path: str | Path) -> Path:
        """Write the picture, one SVG file, and return its path."""
        return save(path_to(path, "replay.svg"), self.svg(), "the picture")

    def svg(self) -> str:
        """Return the picture as text."""
        return picture(self.found)

    def report(self, path: str | Path) -> Path:
        """Write the page, one HTML file that opens offline, and return its path."""
        return write(self.found, path_to(path, "replay.html"), version=__version__)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain values; NaN becomes None."""
        made: dict[str, Any] = plain(told.table(self.found))
        return made


def _read(text: str) -> LayeredRules | Policy:
    """Read the text of a file: one with steps is a policy."""
    if "steps" in parse(text, "layered hedge"):
        return Policy.from_toml(text)
    return LayeredRules.from_toml(text)


def replay_hedge(
    rules: LayeredRules | Policy | str | Path,
    source: Intraday | str | Path,
    *,
    start: Day | None = None,
    end: Day | None = None,
    bars: str = "1h",
    book: CondorBook | None = None,
    costs: Costs | None = None,
    fund: FundCosts | None = None,
    fixed_at: float = 0.6,
) -> ReplayResult:
    """Replay a hedge of a sold condor on intraday bars, beside no hedge and a fixed one.

    Parameters
    ----------
    rules
        The layered rules, of which the main layer is replayed (calls on VIX and the second engine
        need prices that these bars do not have), or a policy whose intensity of 1.0 takes the vega
        of the book out; or a file of either.
    source
        A folder with intraday bars and daily files, see docs/intraday.md, or what `load_intraday`
        made of one.
    start, end
        First and last session.
    bars
        Length of a bar: ``1m``, ``5m``, ``15m``, ``30m``, ``1h``, ``1d``.
    book, costs
        Terms of the condor, and costs of its options.
    fund
        Costs of the shares that hedge.
    fixed_at
        Part of the book's vega that the fixed hedge takes out.

    Returns
    -------
    ReplayResult
        The run, entered in the trial register.

    Raises
    ------
    HedgerowError
        If files or dates do not allow it, or the policy cannot run on them.
    """
    if isinstance(rules, str | os.PathLike):
        rules = parsed(rules, _read, "rules", "hedgerow alvh new --out FILE")
    if isinstance(rules, LayeredRules):
        main = lines(rules)[0]
        rules = replace(main.policy, name=f"Layered hedge, {main.name}")
    if not isinstance(rules, Policy):
        raise refused(PolicyError, rules, "policy", 'write hr.load_policy("layered.toml")')
    if not isinstance(source, Intraday):
        source = load_intraday(source, bars=bars, start=start, end=end)
    made = replay(rules, source, book, costs=costs, fund=fund, fixed_at=fixed_at)
    count_replay(made)
    return ReplayResult(made)
