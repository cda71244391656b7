"""The event engine: rolling puts and their delta hedge, day by day, beside event-driven peers.

Usage: python benchmarks/event_engine.py [--json FILE]

The job: a 90-day put at 0.9 of the index, rolled by rule, and the index held against its delta as
of the close before; orders of one close are filled at the next; no costs, no interest.  9,000 bars.

Hedgerow is timed with everything it does: calendar, strikes, volatilities, prices, Greeks, and the
parts of each bar's gain.  backtrader and bt can neither choose nor price options, so they are
given prices, deltas and rolls as ready arrays, which favours them; two columns of prices a put,
used in turn, stand for its hundreds of contracts, which favours them too: their time grows with
the number of series.  They are timed from ready pandas tables to the last bar's NAV.

Memory is that of a process which makes the data and runs one engine, less that of one which
makes the data alone.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import hedgerow as hr
from hedgerow.core.market import Market
from hedgerow.engine.broker import Execution
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.program import Line, Program
from hedgerow.engine.trade import trade
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import Put
from hedgerow.instruments.sizes import Contracts
from hedgerow.instruments.underlying import Underlying
from hedgerow.policies.rules import Constant
from p3_sweep import path
from rounds import keep, rounds

try:
    import backtrader
except ImportError:
    backtrader = None
try:
    import bt
except ImportError:
    bt = None

BARS = 9_000
CASH = 1e8
PUTS = 10.0
ROUNDS = 3
SIZES = (BARS // 4, BARS // 2, BARS)
LINES = (1, 2, 4, 8)

Floats = np.ndarray


def market(bars: int) -> Market:
    """Consecutive scheduled sessions of a made-up index."""
    vix, price = path()
    days = np.busday_offset("1990-01-02", np.arange(bars), roll="forward")
    columns = {"spx": 40.0 * price[:bars], "vix": vix[:bars], "rate": np.zeros(bars)}
    return Market(days.astype("datetime64[ns]"), columns)


def program(lines: int = 2) -> Program:
    """A put; a put and its hedge; two of both; four of both."""
    policy = hr.Policy(steps=[Constant(1.0)], signals=[hr.Level("vix")])
    found = []
    for k in range(max(lines // 2, 1)):
        sleeve = Put(0.9 - 0.02 * k, strike_step=5, size=Contracts(PUTS))
        found.append(Line(f"puts-{k}", sleeve, policy))
        unit = Underlying(size=Contracts(1.0), financed=False)
        found.append(Line(f"hedge-{k}", unit, policy, offsets=f"puts-{k}"))
    cash = Equity(CASH, equity_share=0.0, interest="none")
    return Program(found[:lines], portfolio=cash, execution=Execution.ideal(), costs=Costs.none())


class Given(NamedTuple):
    """All that the peers need not find out."""

    prices: pd.DataFrame
    """Of the index and of the puts in two columns, used in turn: each holds a contract's price
    from its choice to its sale."""
    targets: list[dict[str, float]]
    """Units to be held after the next bar's fills, by column."""


def given(ground: Market) -> Given:
    """Take prices, deltas and rolls out of the sleeve, once and before any clock runs."""
    roster = program().line("puts-0").sleeve.roster(ground, lag=1, costs=Costs.none())
    pending, count = roster.pending, len(ground)
    slots = np.full((2, count), np.nan)
    targets = []
    for row, number in enumerate(pending.tolist()):
        slot, contract = number % 2, roster.path(roster.basket(number).symbols[0])
        at, units = row - contract.first, PUTS * contract.multiplier
        # the last order to hold it, the one to sell it, the sale
        ahead = contract.price[at : at + 3]
        slots[slot, row : row + 3] = ahead[: count - row]
        hedge = -units * float(contract.delta[at])
        targets.append({"a": units * (1 - slot), "b": units * slot, "spx": hedge})
    frame = pd.DataFrame(
        {"a": slots[0], "b": slots[1], "spx": ground["spx"]}, index=pd.DatetimeIndex(ground.times)
    )
    return Given(frame.ffill().bfill(), targets)


def ours(ground: Market, lines: int = 2, ledger: bool = False) -> Floats:
    """NAV at each close by Hedgerow."""
    book = MemoryLedger("benchmark") if ledger else None
    return trade(program(lines), ground, ledger=book).nav


def in_backtrader(ready: Given) -> Floats:
    """NAV at each close by backtrader: market orders, filled at the next bar."""
    nav: list[float] = []

    class Hedge(backtrader.Strategy):
        def next(self) -> None:
            nav.append(self.broker.getvalue())
            for name, units in ready.targets[len(nav) - 1].items():
                self.order_target_size(self.getdatabyname(name), units)

    cerebro = backtrader.Cerebro(stdstats=False)
    for name in ready.prices:
        column = ready.prices[name]
        frame = pd.DataFrame({"open": column, "high": column, "low": column, "close": column})
        cerebro.adddata(backtrader.feeds.PandasData(dataname=frame), name=name)
    cerebro.broker.setcash(CASH)
    cerebro.addstrategy(Hedge)
    cerebro.run()
    return np.array(nav)


def in_bt(ready: Given) -> Floats:
    """NAV at each close by bt: yesterday's targets traded at today's prices."""

    class Fill(bt.Algo):
        def __init__(self) -> None:
            super().__init__()
            self.rows = iter(ready.targets)
            self.held = dict.fromkeys(ready.prices, 0.0)
            self.wanted = self.held

        def __call__(self, target: Any) -> bool:
            for name, units in self.wanted.items():
                if units != self.held[name]:
                    target.transact(units - self.held[name], child=name)
            self.held, self.wanted = self.wanted, next(self.rows)
            return True

    strategy = bt.Strategy("hedge", [Fill()], children=list(ready.prices))
    test = bt.Backtest(
        strategy, ready.prices, initial_capital=CASH, integer_positions=False, progress_bar=False
    )
    test.run()
    return test.strategy.values.to_numpy()[1:]  # bt puts a day before the first


def check(name: str, got: Floats, wanted: Floats) -> float:
    """Stop where a NAV differs by more than rounding; return the largest difference, USD.

    A NAV is a running sum, rounded a few times at each bar by half a unit in the last place.
    """
    most = 10 * len(wanted) * np.finfo(float).eps * wanted.max()
    off = float(np.abs(got - wanted).max()) if len(got) == len(wanted) else np.inf
    if not off <= most:
        raise SystemExit(f"{name} does not agree: {off} USD over {most}")
    return off


def peak(engine: str) -> float:
    """Megabytes that a process of its own held at most."""
    told = subprocess.run(
        [sys.executable, __file__, "--peak", engine], capture_output=True, text=True, check=True
    )
    return float(told.stdout) / 1024.0


def _most_resident() -> int:
    """Kilobytes that this process held at most; Linux only (a child's ``ru_maxrss`` may be its
    parent's)."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0


def engines(ground: Market, ready: Given) -> dict[str, Callable[[], Floats]]:
    """Every engine that is installed, by name."""
    work: dict[str, Callable[[], Floats]] = {
        "Hedgerow": lambda: ours(ground),
        "Hedgerow, ledger in memory": lambda: ours(ground, ledger=True),
    }
    if backtrader is not None:
        work["backtrader"] = lambda: in_backtrader(ready)
    if bt is not None:
        work["bt"] = lambda: in_bt(ready)
    return work


def main() -> None:
    """Measure, check, print."""
    ground = market(BARS)
    ready = given(ground)
    work = engines(ground, ready)
    if sys.argv[1:2] == ["--peak"]:
        if sys.argv[2] in work:
            work[sys.argv[2]]()
        print(_most_resident())
        return
    wanted = work["Hedgerow"]()
    off = {name: check(name, call(), wanted) for name, call in work.items()}
    taken = rounds(work, ROUNDS)
    bare = peak("none")
    memory = {name: peak(name) - bare for name in work}
    print(f"{BARS:,} bars, final P&L {wanted[-1] - CASH:,.2f} USD, medians of {ROUNDS} rounds\n")
    print("| engine | s | µs per bar | ratio to Hedgerow | peak MB | NAV differs by, USD |")
    print("|---|---:|---:|---:|---:|---:|")
    for name in (*work, *(n for n in ("backtrader", "bt") if n not in work)):
        if name in taken:
            s = taken[name]
            ratio = s / taken["Hedgerow"]
            print(
                f"| {name} | {s:.2f} | {1e6 * s / BARS:.0f} | {ratio:.2f} | {memory[name]:.0f} "
                f"| {off[name]:.0e} |"
            )
        else:
            print(f"| {name} | not installed | – | – | – | – |")

    growth = {f"{bars:,} bars": _growing(market(bars), 2) for bars in SIZES}
    growth |= {f"{lines} lines": _growing(ground, lines) for lines in LINES}
    grown = rounds(growth, ROUNDS)
    print("\n| Hedgerow, no ledger | s | ratio to the first |\n|---|---:|---:|")
    for names in (list(grown)[: len(SIZES)], list(grown)[len(SIZES) :]):
        for name in names:
            print(f"| {name} | {grown[name]:.2f} | {grown[name] / grown[names[0]]:.2f} |")
    keep(seconds=taken, peak_mb=memory, nav_off=off, growth=grown)


def _growing(ground: Market, lines: int) -> Callable[[], Floats]:
    return lambda: ours(ground, lines)


if __name__ == "__main__":
    main()
