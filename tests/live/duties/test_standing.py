"""The snapshot of today, kept up to date; thresholds; positions with their Greeks and shocks."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

import hedgerow as hr
from hedgerow.cli.output import plain
from hedgerow.engine.ledger.chain import Record
from hedgerow.engine.ledger.desk_events import Halted, Proposed, Received
from hedgerow.engine.ledger.events import Closed, Leg
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.replay import resume
from hedgerow.engine.program_text import read
from hedgerow.engine.trade import trade
from hedgerow.errors import LedgerError
from hedgerow.live.chronicle import Chronicle
from hedgerow.live.positions import answer_of, positions, shocked
from hedgerow.live.standing import Watch
from hedgerow.live.thresholds import place, thresholds
from hedgerow.policies.catalog import signal_named
from hedgerow.research.stress.book import Shock
from live.crash_book import PROGRAM, RUN, begun, grow, reading


@pytest.fixture
def watch(desk) -> Watch:
    return Watch(desk.store, desk.ledger, desk.journal, RUN)


def test_the_snapshot_is_that_of_the_engine(desk, watch) -> None:
    snapshot = watch.snapshot()
    outcome = trade(read(PROGRAM), desk.market, start="2020-02-03", end="2020-04-30")
    assert (snapshot.session, snapshot.sessions) == ("2020-04-30", 62)
    assert snapshot.nav == pytest.approx(outcome.nav[-1], abs=0.01)
    assert snapshot.series["nav"] == pytest.approx(outcome.nav[-60:].tolist(), abs=0.01)
    assert snapshot.vix == desk.market["vix"][-1]
    assert snapshot.vix_modelled is True
    spent = sum(outcome.lines[name]["spent"][-1] for name in outcome.lines)
    assert snapshot.budget.spent == pytest.approx(spent, rel=1e-9)
    assert snapshot.budget.limit == 0.02
    assert snapshot.budget.passed == pytest.approx(121 / 366)  # 30 April of a leap year
    for line in snapshot.lines:
        mine = outcome.lines[line.line]
        assert line.plan["x"] == mine["x"][-1]
        assert line.held == mine["held"][-1]
        assert sum(line.positions.values()) == mine["held"][-1]
        assert line.gain == pytest.approx(mine["pnl"][-1], abs=1e-5)
        assert snapshot.series["held"][line.line] == mine["held"][-60:].tolist()
    json.dumps(plain(snapshot.to_dict()))


def test_without_news_it_is_the_same_snapshot(desk, watch) -> None:
    first = watch.snapshot()
    assert watch.snapshot() is first
    desk.journal.write(lambda _: [Halted(1, "ann", "a test")])
    assert watch.snapshot().halted == "ann: a test"
    refused = Received(2, "2020-05-01", "cboe", "refused", "", ("VIX is 3 days old",))
    legs = (Leg("VXK20", 10**9),)
    asked = Proposed(1, "a-1", "2020-04-30", "puts", legs, "limit", 15.0, "day", 10**18, {})
    desk.journal.write(lambda _: [refused, asked])
    assert watch.snapshot().findings == ("VIX is 3 days old",)
    assert watch.snapshot().orders == {"proposed": ("a-1",)}


def test_a_new_bar_is_read_on_from_the_last_record(tmp_path, monkeypatch) -> None:
    book = begun(tmp_path / "grows.db", end="2020-02-20")
    watch = Watch(book.store, book.ledger, book.journal, RUN)
    assert watch.snapshot().session == "2020-02-20"
    book.store.accept(RUN, reading(book.market, book.market.index_of("2020-02-21")), 0)
    with open_ledger(tmp_path / "grows.db", RUN, writing=True) as ledger:
        grow(ledger, "2020-02-03", "2020-02-21")
    decoded = []
    event = Record.event.fget
    monkeypatch.setattr(Record, "event", property(lambda r: decoded.append(r.number) or event(r)))
    grown = watch.snapshot()
    assert grown.session == "2020-02-21"
    assert 0 < len(decoded) <= 30, "the records of one bar"
    monkeypatch.undo()
    fresh = Watch(book.store, open_ledger(tmp_path / "grows.db", RUN), book.journal, RUN)
    assert plain(fresh.snapshot().to_dict()) == plain(grown.to_dict())


def test_a_run_that_has_not_begun_has_an_empty_picture(desk) -> None:
    snapshot = Watch(desk.store, MemoryLedger(RUN), desk.journal, RUN).snapshot()
    assert (snapshot.session, snapshot.sessions, snapshot.lines) == ("", 0, ())


def test_a_broken_chain_is_named(desk) -> None:
    records = list(desk.ledger.read())
    ledger = MemoryLedger(RUN)
    ledger._records = records[:40]
    while ledger._records[-1].more:
        ledger._records.pop()
    chronicle = Chronicle(ledger).read()
    count = len(ledger._records)
    ledger._records = [*records[:count], records[count + 1]]
    with pytest.raises(LedgerError, match=f"record {count + 2}: it stands where"):
        chronicle.read()


def test_positions_by_line_add_up_to_the_account(desk) -> None:
    chronicle = Chronicle(desk.ledger).read()
    found = resume(desk.ledger).account.holdings
    total: dict[str, int] = {}
    for held in chronicle.sessions[-1].held.values():
        for symbol, quantity in held.items():
            total[symbol] = total.get(symbol, 0) + quantity
    assert total == {symbol: held.quantity for symbol, held in found.items()}


@pytest.mark.parametrize(
    ("step", "levels"),
    [
        (hr.Linear("vix", low=12, high=22), [("low", 12.0), ("high", 22.0)]),
        (hr.Tiers("vix"), [("first", 15.0), ("second", 25.0)]),
        (hr.Bands("vix"), [("calm_below", 15.0), ("stress_above", 25.0)]),
        (hr.Sigmoid("vix"), [("mid", 20.0)]),
        (hr.Constant(1.0), []),
    ],
)
def test_levels_of_001s_rules(step, levels) -> None:
    policy = hr.Policy([step], [hr.Level("vix")])
    found = thresholds(policy, {"vix": 18.0}, {})
    assert [(each.field, each.level) for each in found] == levels
    assert [each.above for each in found] == [level < 18.0 for _, level in levels]


def test_a_percentile_is_a_level_of_the_day() -> None:
    signals = [signal_named(name) for name in ("vix", "vix_p20_1260", "vix_p80_1260")]
    policy = hr.Policy([hr.AdaptiveLinear("vix")], signals)
    names = [signal.name for signal in policy.signals]
    found = thresholds(policy, dict(zip(names, (18.0, 13.5, 21.25), strict=True)), {})
    assert [each.level for each in found] == [13.5, 21.25]


def test_a_trigger_names_its_nearer_leg() -> None:
    """3 points, or 15 %: at 18 the share is nearer (2.7), at 40 the points (3)."""
    policy = hr.Policy([hr.Linear("vix"), hr.Trigger()], [hr.Level("vix")])
    for last, step in ((18.0, 2.7), (40.0, 3.0)):
        found = thresholds(policy, {"vix": last}, {"trigger": {"last": last}})[2:]
        assert [(e.field, round(e.level, 9)) for e in found] == [
            ("falls", last - step),
            ("rises", last + step),
        ]
    first = thresholds(policy, {"vix": 18.0}, {"trigger": {"last": float("nan")}})
    assert [each.step for each in first] == ["linear", "linear"]
    assert place(first, "vix", 18.0).startswith("vix 18.00: above low 12 of linear")


def test_delta_gamma_and_vega_are_black_scholes_at_the_vol_of_the_mark(desk) -> None:
    """scipy: the vol that the mark implies, and differences of the price around it."""
    session = Chronicle(desk.ledger).read().sessions[-1]
    market, held = desk.market, positions(read(PROGRAM), desk.market, session)
    (row,) = [each for each in held.rows if each.line == "puts"]
    spot, rate = float(market["spx"][-1]), float(market["rate"][-1])
    strike, years = float(row.contract[-8:]) / 1000.0, row.days / 365.0
    carry = float(market["dividend_yield"][-1])

    def put(at: float, vol: float) -> float:
        forward = at * math.exp((rate - carry) * years)
        d1 = math.log(forward / strike) / (vol * math.sqrt(years)) + vol * math.sqrt(years) / 2
        d2 = d1 - vol * math.sqrt(years)
        return math.exp(-rate * years) * (strike * norm.cdf(-d2) - forward * norm.cdf(-d1))

    vol = brentq(lambda v: put(spot, v) - row.mark, 0.01, 3.0, xtol=1e-12)
    many = 100.0 * row.quantity
    delta = (put(spot + 0.5, vol) - put(spot - 0.5, vol)) * many
    gamma = (put(spot + 5, vol) - 2 * row.mark + put(spot - 5, vol)) / 25.0 * many
    vega = (put(spot, vol + 0.005) - put(spot, vol - 0.005)) * many
    assert row.delta == pytest.approx(delta, rel=2e-3)
    assert row.gamma == pytest.approx(gamma, rel=5e-3)
    assert row.vega == pytest.approx(vega, rel=5e-3)
    assert held.net_delta == held.portfolio_delta + held.total["delta"]
    assert held.portfolio_delta == pytest.approx(session.bar.nav / 1e6 / spot, rel=1e-6)


def test_a_grid_answers_index_and_vix(desk) -> None:
    session = Chronicle(desk.ledger).read().sessions[-1]
    shocks = (Shock("unchanged", 0.0), Shock("+0.1", 0.1))
    moved = shocked(
        read(PROGRAM), desk.market, session, spots=(-0.001, 0.0, 0.001), shocks=shocks, moves=(0.0,)
    )
    assert moved.hedge[0, 0] > moved.hedge[0, 1] == 0.0 > moved.hedge[0, 2]
    assert (moved.hedge[1] > moved.hedge[0]).all()
    assert moved.portfolio[0].tolist() == moved.portfolio[1].tolist()
    json.dumps(plain(moved.to_dict()))


def test_values_of_positions_are_the_ledgers(desk) -> None:
    for session in Chronicle(desk.ledger).read().sessions[::20]:
        held = positions(read(PROGRAM), desk.market, session)
        closed = next(
            e
            for r in desk.ledger.read()
            if isinstance(e := r.event, Closed) and e.time == session.bar.time
        )
        assert held.total["value"] == pytest.approx(closed.positions / 1e6, abs=1e-6)
        for row in held.rows:
            end = np.datetime64(row.expiry) - np.datetime64(session.date)
            assert row.days == int(end.astype(int)) > 0


def test_the_payoff_at_the_first_expiry_is_at_least_intrinsic(desk) -> None:
    session = Chronicle(desk.ledger).read().sessions[0 + 30]
    program = read(PROGRAM)
    moved = shocked(
        program, desk.market, session, spots=(-0.3, 0.1), shocks=(Shock("unchanged", 0.0),),
        moves=(-0.3, 0.0),
    )  # fmt: skip
    (put,) = [r for r in positions(program, desk.market, session).rows if r.line == "puts"]
    strike = float(put.contract[-8:]) / 1000.0
    spot = float(desk.market["spx"][desk.market.index_of(session.date)])
    floor = (strike - 0.7 * spot) * 100.0 * put.quantity * 0.99 - put.value
    assert moved.now["puts"][0] > floor
    assert moved.along["puts"][0] > moved.now["puts"][0], "VIX rises where the index falls"
    assert moved.now["puts"][1] == moved.along["puts"][1] == 0.0
    assert moved.vix[0].tolist() == [desk.market["vix"][desk.market.index_of(session.date)]] * 2


def test_the_answer_of_vix_is_least_squares_of_the_past(desk) -> None:
    session = Chronicle(desk.ledger).read().sessions[5]
    row = desk.market.index_of(session.date)
    move = np.diff(desk.market["spx"][: row + 1]) / desk.market["spx"][:row] * 100.0
    design = np.column_stack([np.clip(-move, 0, None), np.clip(-move, None, 0), np.ones(row)])
    expected = np.linalg.pinv(design) @ np.diff(desk.market["vix"][: row + 1])
    found = answer_of(desk.market, session)
    assert [found.falls, found.rises] == pytest.approx(expected[:2].tolist(), rel=1e-9)
