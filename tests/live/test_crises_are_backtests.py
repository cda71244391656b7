"""Odd stretches of the past, through a monitor that is ended and begun again, are the backtest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hedgerow as hr
from hedgerow import api
from hedgerow.api.hedging import load_layers
from hedgerow.api.monitoring import monitor
from hedgerow.core.market import Market
from hedgerow.engine.ledger.chain import Record, verify
from hedgerow.engine.program import Line, Program
from hedgerow.errors import RangeError
from hedgerow.instruments.catalog import SLEEVES, parse_sleeve
from hedgerow.live.beginning import resumed
from hedgerow.live.store import Store
from live.desks import FREE, option_a, records

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ALVH = EXAMPLES / "shortvol" / "alvh.toml"


def _alike(
    folder: Path, program: Program, market: Market, start: str, end: str, stop: str | None = None
) -> list[Record]:
    """Return the ledger of a monitor, stopped after a day; it must be that of the backtest.

    The backtest sees the whole market, the monitor nothing that lies after its session.
    """
    book = folder / "book.db"
    made = [monitor(program, book, settings=FREE, market=market, start=start, end=stop or end)]
    if stop is not None:
        made.append(monitor(None, book, market=market, start=start, end=end))
    assert not [each for part in made for each in part.left]
    days = market.between(start, end).dates
    assert [each.session for part in made for each in part.done] == [str(day) for day in days]
    kept = resumed(Store(book), "live", None)
    api.trading.trade(kept, market, start=start, end=end, ledger=folder / "once.db", run="live")
    held, wanted = records(book), records(folder / "once.db")
    assert [record.text for record in held] == [record.text for record in wanted]
    verify(held)
    return held


def _scaled(*steps: object) -> hr.Policy:
    made = [hr.Linear("vix", low=12, high=22), *steps]
    return hr.Policy(signals=[hr.Level("vix")], steps=made)


def _lines(held: list[Record], kind: str) -> set[str]:
    return {r.event.order.rpartition("-")[0] for r in held if r.event.kind == kind}


@pytest.mark.slow
def test_every_sleeve_over_christmas_and_new_year(tmp_path) -> None:
    """An early close, a new year's budget, and a rule that is fitted anew on its first session."""
    overlaid = _scaled(hr.Smooth(), hr.Budget(), hr.Trigger("vix", move=0.5))
    lines = [
        Line(kind.replace("_", "-"), parse_sleeve(kind), overlaid if number % 2 else _scaled())
        for number, kind in enumerate(SLEEVES)
    ]
    counted = hr.RegimeCount(level=20.0, every="month", least=100)
    fitted = hr.Policy(signals=[counted], steps=[hr.Regime(signal=counted.name)])
    program = Program([*lines, Line("fitted", hr.Put(), fitted)], budget=0.02)
    market = api.load("builtin", start="2019-01-02", end="2020-02-28")
    held = _alike(tmp_path, program, market, "2019-12-23", "2020-01-03", stop="2019-12-26")
    assert len(_lines(held, "filled")) > len(SLEEVES) / 2
    decisions = [record.event for record in held if record.event.kind == "decided"]
    fits = {fit["date"] for event in decisions for fit in (event.fits or {}).values()}
    assert fits == {"2019-12-02", "2020-01-02"}


@pytest.mark.slow
@pytest.mark.realdata
def test_the_layered_hedge_as_february_2018_begins(tmp_path, real_data) -> None:
    sold = hr.Policy(steps=[hr.Constant(1.0), hr.AtRoll()], raw=True)
    condor = hr.Condor(strike_step=5.0, size=hr.MaxLoss(0.1))
    lines = [Line("condors", condor, sold, role="book"), *load_layers(ALVH)]
    program = Program(lines, portfolio=hr.Equity(10_000_000, equity_share=0.0))
    market = api.load(str(real_data)).between("2016-12-01", "2018-03-29")
    held = _alike(tmp_path, program, market, "2018-01-29", "2018-02-05", stop="2018-02-01")
    assert _lines(held, "filled") == {"condors"}
    assert _lines(held, "ordered") >= {"condors", "vx"}, "whose limits VIX ran away from"


def test_what_the_past_lacks_is_not_carried_into_its_replay(tmp_path) -> None:
    market = api.load("builtin", start="2019-06-03", end="2020-03-31")
    spread = np.where(market.dates <= np.datetime64("2020-02-25"), 0.04, np.nan)
    lacking = Market(market.times, {**market.columns, "hy_spread": spread}, market.origin)
    _alike(tmp_path, option_a(), lacking, "2020-02-24", "2020-02-27")


def test_a_run_may_begin_where_its_backtest_may(tmp_path) -> None:
    line = replace(option_a().lines[0], policy=hr.load_policy(EXAMPLES / "vol_ratio.toml"))
    program, market = Program([line]), api.load("builtin", start="2019-06-03", end="2020-03-31")
    first = program.lookback - 1
    assert first > 5
    start, end = str(market.dates[first]), str(market.dates[first + 1])
    held = _alike(tmp_path, program, market, start, end)
    assert str(np.datetime64(held[0].event.time, "ns"))[:10] == start
    before = str(market.dates[first - 1])
    with pytest.raises(RangeError, match=f"has {first - 1} sessions"):
        monitor(program, tmp_path / "x.db", settings=FREE, market=market, start=before, end=start)
