"""Gamma scalping (A13, C5): what it must earn in theory, and what the event engine makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgerow as hr
from engine.trading import unforeseen
from hedgerow.core.book import Bar, View, opening
from hedgerow.core.market import Market
from hedgerow.engine.broker import Execution
from hedgerow.engine.ledger import deciding
from hedgerow.engine.ledger.events import Decided
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.program import Line, Program
from hedgerow.engine.trade import trade
from hedgerow.errors import PolicyError, RangeError, SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.sizes import Contracts
from hedgerow.policies.signals import RealisedVol
from hedgerow.pricing.bands import band_width, within_band
from hedgerow.pricing.black import bsm
from hedgerow.research.scalping import PARTS, Exposure, Rule, Scalping, expose, rehedge, scalp
from hedgerow.research.scalping_figures import by_period, by_rule, per_year, years_of
from synthetic import market

DATA = market(420)
LONG = hr.Straddle(tenor="30d", roll="21d", size=Contracts(10))
SLEEVES = {
    "straddle": LONG,
    "to-expiry": hr.Straddle(tenor="30d", roll="expiry", size=Contracts(5)),
    "sold": hr.Straddle(tenor="30d", roll="expiry", side="short", size=Contracts(5)),
    "put": hr.Put(size=Contracts(20)),
    "call": hr.Call(roll="dte:30", size=Contracts(20)),
    "morning": hr.Straddle(tenor="monthly", roll="expiry", settlement="am", size=Contracts(5)),
    "drifting": hr.Straddle(tenor="60d", roll="30d", drift=0.03, size=Contracts(5)),
}
RULES = (
    *(Rule(every=n) for n in (1, 2, 5, 21)),
    *(Rule(width=w, edge=edge) for w in (0.02, 0.1, 0.3) for edge in (False, True)),
    *(Rule(aversion=a, edge=True) for a in (0.01, 0.1, 10.0)),
)


# ---- the kernel ---------------------------------------------------------------------------------

DELTA = st.floats(-2.0, 2.0)


@given(
    st.lists(st.tuples(DELTA, DELTA, st.floats(0.0, 0.5), st.booleans(), st.booleans()), min_size=1)
)
def test_a13_the_decision_is_the_same_for_floats_and_lanes(lanes) -> None:
    columns = [np.array(column) for column in zip(*lanes, strict=True)]
    together = rehedge(*columns)
    alone = [rehedge(*lane) for lane in lanes]
    for k, column in enumerate(together):
        np.testing.assert_array_equal(column, [one[k] for one in alone])


@given(DELTA, DELTA, st.floats(0.0, 0.5))
def test_a13_a_trade_to_the_edge_is_whalley_wilmotts_hedge(held: float, delta: float, width: float):
    # the validated rule holds the option's delta; here the hedge is its opposite
    now, _ = rehedge(held, delta, width, True, True)
    assert now == pytest.approx(-within_band(-held, delta, width), abs=1e-12)


@pytest.mark.parametrize("same_bar", [False, True], ids=["next", "same-bar"])
def test_a13_a_lane_does_not_see_the_others(same_bar: bool) -> None:
    held = expose(LONG, DATA, same_bar=same_bar)
    together = scalp(held, RULES)
    for i, rule in enumerate(RULES):
        np.testing.assert_array_equal(scalp(held, [rule]).units[:, 0], together.units[:, i])


def test_a13_the_steps_hold_the_hedges_of_the_validation_sheet() -> None:
    """Whalley and Wilmott: K 1, T .1, σ .2, c 1e-5, a 1, a hedge of .5 before."""
    spot = np.exp([-0.05, -0.01, 0.0, 0.01, 0.05])
    call = bsm(spot, 1.0, 0.1, 0.2, call=True)
    bar = Bar(*[0.0] * len(Bar._fields))._replace(
        delta=call.delta, hedged=-0.5, band=band_width(call.gamma, spot, 1e-5, 1.0)
    )
    view = View((), opening(1e6), bar)
    best, fixed = hr.WhalleyWilmott(1.0), hr.DeltaBand(0.2, "edge")
    for step, expected in (
        (best, [0.2946, 0.5, 0.5, 0.5, 0.7284]),
        (fixed, np.clip(0.5, call.delta - 0.2, call.delta + 0.2)),
    ):
        _, memory = step.kernel(1.0, view, step.start(), step.params())
        held = np.where(memory.fired, call.delta - memory.rest, 0.5)
        np.testing.assert_allclose(held, expected, atol=5e-5)
        np.testing.assert_array_equal(memory.fired, np.asarray(expected) != 0.5)


# ---- against the event engine -------------------------------------------------------------------


# spreads that no price is below: an option is never sold for less than nothing
COSTS = Costs(option_tick=0.0, option_vol=0.0, option_price=0.01)


def played(data: Market, sleeve, *steps, fills: str = "next") -> Outcome:
    """The same hedge on real contracts, by a broker without ticks and ends of depth."""
    always = hr.Policy([hr.Constant(1.0), *steps], raw=True)
    lines = [
        Line("options", sleeve, hr.Policy([hr.Constant(1.0), hr.AtRoll()], raw=True)),
        Line("hedge", hr.Underlying(dividends=True), always, offsets="options"),
    ]
    made = Program(lines, costs=COSTS, execution=Execution.ideal(), fills=fills)
    return trade(made, data, start=str(expose(sleeve, data).times[0])[:10])


def agree(made: Outcome, study: Scalping) -> None:
    """Positions, gains and every part of them, bar by bar."""
    options, hedge = made.lines["options"], made.lines["hedge"]
    size = np.abs(hedge["held"]).max()
    np.testing.assert_allclose(study.units[:, 0] / size, hedge["held"] / size, atol=1e-9)
    np.testing.assert_allclose(study.pnl(0), made.hedge, atol=1e-9 * 10e6)
    parts = study.split(0)
    for name in ("delta", "gamma", "theta", "vega", "residual", "financing"):
        np.testing.assert_allclose(parts[name], options[name] + hedge[name], atol=1e-9 * 10e6)
    for line, name in ((options, "option_costs"), (hedge, "hedge_costs")):
        np.testing.assert_allclose(parts[name], line["costs"], atol=1e-9 * 10e6)


CASES = [
    (Rule(), ()),
    (Rule(width=0.1), (hr.DeltaBand(0.1, "zero"),)),
    (Rule(width=0.1, edge=True), (hr.DeltaBand(0.1, "edge"),)),
    (Rule(aversion=0.05, edge=True), (hr.WhalleyWilmott(0.05),)),
]


@pytest.mark.parametrize(("rule", "steps"), CASES, ids=[rule.name for rule, _ in CASES])
@pytest.mark.parametrize("sleeve", SLEEVES.values(), ids=SLEEVES)
@pytest.mark.parametrize("fills", ["next", "close"])
def test_a13_c8_the_study_is_the_event_engine(sleeve, rule: Rule, steps, fills: str) -> None:
    made = played(DATA, sleeve, *steps, fills=fills)
    agree(made, scalp(expose(sleeve, DATA, costs=COSTS, same_bar=fills == "close"), [rule]))


@pytest.mark.parametrize("fills", ["next", "close"])
def test_a13_so_it_is_when_the_exchange_stays_shut(fills: str) -> None:
    data, (rule, steps) = unforeseen(DATA), CASES[2]
    for sleeve in (LONG, SLEEVES["to-expiry"]):
        made = played(data, sleeve, *steps, fills=fills)
        agree(made, scalp(expose(sleeve, data, costs=COSTS, same_bar=fills == "close"), [rule]))


# ---- what must come of it in theory -------------------------------------------------------------


def simulated(implied: float, realised: float, seed: int, bars: int = 63, lag: int = 0) -> Exposure:
    """A straddle over a quarter of a year of Black–Scholes' world, its parts by its own Greeks."""
    rng = np.random.default_rng(seed)
    dt = 0.25 / bars
    steps = realised * np.sqrt(dt) * rng.normal(size=bars) - 0.5 * realised**2 * dt
    spot = 100.0 * np.exp(np.r_[0.0, np.cumsum(steps)])
    # a month is left at the end, so that no gamma explodes
    left = 0.25 + 1 / 12 - dt * np.arange(bars + 1)
    legs = [bsm(spot, 100.0, left, implied, call=call) for call in (False, True)]
    price, delta, gamma, theta = (
        sum(getattr(leg, name) for leg in legs) for name in ("price", "delta", "gamma", "theta")
    )
    move, zero = np.diff(spot), np.zeros(bars + 1)
    parts = {
        "delta": np.r_[0.0, delta[:-1] * move],
        "gamma": np.r_[0.0, 0.5 * gamma[:-1] * move**2],
        "theta": np.r_[0.0, theta[:-1] * dt],
    }
    parts["residual"] = np.diff(price, prepend=price[0]) - sum(parts.values())
    half = np.r_[0.0, 0.5 * gamma[:-1] * spot[:-1] ** 2 * dt]
    days = np.datetime64("2020-01-01", "ns") + np.arange(bars + 1) * np.timedelta64(1, "D")
    return Exposure(
        days, spot, zero + 1.0, delta, band_width(gamma, spot, 1e-3, 1.0), zero > 0.0, parts,
        {"implied": half * implied**2, "realised": half * realised**2}, zero, zero, lag,
    )  # fmt: skip


@pytest.mark.parametrize(("implied", "realised"), [(0.15, 0.18), (0.20, 0.15)], ids=["won", "lost"])
def test_a13_hedged_daily_it_earns_half_gamma_times_the_difference_of_variances(
    implied: float, realised: float
) -> None:
    """E[P&L] = E[Σ ½Γ S² (σ_r² − σ_i²) dt] (Carr and Madan 1998), by simulation."""
    made, due = [], []
    for seed in range(600):
        held = simulated(implied, realised, seed)
        made.append(scalp(held, [Rule()]).pnl(0).sum())
        due.append((held.expected["realised"] - held.expected["implied"]).sum())
    error = np.std(np.array(made) - due) / np.sqrt(len(made))
    assert np.mean(made) == pytest.approx(np.mean(due), abs=3.0 * error)
    assert abs(np.mean(due)) > 15.0 * error  # the difference is far more than chance
    assert np.mean(due) * (realised - implied) > 0.0


def test_a13_finer_hedging_scatters_less_as_the_square_root_of_the_interval() -> None:
    """Boyle and Emanuel 1980: the standard deviation of the error grows with √Δt."""
    rules = [Rule(every=n) for n in (1, 4, 16)]
    made = []
    for seed in range(300):
        study = scalp(simulated(0.2, 0.2, seed, bars=252), rules)
        made.append([study.pnl(lane).sum() for lane in range(len(rules))])
    scatter = np.std(made, axis=0)
    assert scatter[1:] / scatter[:-1] == pytest.approx([2.0, 2.0], rel=0.15)


@pytest.mark.parametrize("lag", [0, 1])
def test_a13_wider_bands_and_smaller_aversions_trade_less(lag: int) -> None:
    held = simulated(0.2, 0.2, seed=1, bars=252, lag=lag)
    rules = [Rule(width=w, edge=edge) for edge in (False, True) for w in (0.02, 0.1, 0.3)]
    rules += [Rule(aversion=a, edge=True) for a in (10.0, 0.1, 0.001)]
    units = scalp(held, rules).units
    trades = np.count_nonzero(np.diff(units, axis=0), axis=0).reshape(3, 3)
    traded = np.abs(np.diff(units, axis=0)).sum(axis=0).reshape(3, 3)
    assert (np.diff(trades, axis=1) < 0).all()
    assert (np.diff(traded, axis=1) < 0).all()


def test_a13_at_the_close_that_decides_a_band_leaves_no_more_than_itself() -> None:
    held = expose(LONG, DATA, same_bar=True)
    rules = (Rule(), Rule(width=0.1), Rule(width=0.1, edge=True), Rule(aversion=0.1, edge=True))
    left = scalp(held, rules).units / held.scale[:, None] + held.delta[:, None]
    wide = np.column_stack(
        [0.0 * held.band, *[0.1 + 0.0 * held.band] * 2, held.band * 10 ** (1 / 3)]
    )
    assert (np.abs(left) <= wide + 1e-12).all()
    assert (np.abs(left).max(axis=0) > 0.9 * wide.max(axis=0) - 1e-12).all()


def calm(vol: float, years: float = 8.0) -> Market:
    """An index that moves by chance alone, with a VIX that stands still, no rates or dividends."""
    rng = np.random.default_rng(11)
    days = np.arange(np.datetime64("2010-01-04"), np.datetime64("2010-01-04") + int(365 * years))
    days = days[np.is_busday(days)]
    passed = np.diff(days.astype(int), prepend=days.astype(int)[0]) / 365.0
    spot = 1000.0 * np.exp(np.cumsum(vol * np.sqrt(passed) * rng.normal(size=len(days))))
    zero = np.zeros(len(days))
    columns = {"spx": spot, "vix": zero + 16.0, "rate": zero, "dividend_yield": zero}
    return Market(days.astype("datetime64[ns]"), columns)


def test_c5_expected_gamma_at_implied_volatility_is_theta() -> None:
    """Black–Scholes' equation without rates: ½ Γ S² σ² = −θ."""
    data = calm(0.16)
    made = expose(LONG, data, costs=Costs.none())
    strip, first = LONG.strip(data), len(data) - len(made)
    passed = np.diff(data.dates[first:].astype(int))
    theta = LONG.size.value * strip.theta[first:-1] * passed
    theta[0] = 0.0  # nothing is held yet
    np.testing.assert_allclose(made.expected["implied"][1:], -theta, rtol=1e-9)
    # theta as it was paid is a little more: it grows over the days of a weekend
    assert made.parts["theta"].sum() == pytest.approx(-made.expected["implied"].sum(), rel=0.02)


@pytest.mark.parametrize("vol", [0.12, 0.24])
def test_c5_realised_gamma_is_what_true_volatility_makes_expect(vol: float) -> None:
    data = calm(vol)
    made = expose(LONG, data, costs=Costs.none())
    first = len(data) - len(made)
    known = RealisedVol("spx", 21)(data)[first - 1 : -1]
    true = made.expected["realised"] * (vol / np.r_[1.0, known[1:]]) ** 2
    # chi-squared moves: the variance of each bar's gain is twice its expectation squared
    error = np.sqrt(2.0 * (true**2).sum())
    assert made.parts["gamma"].sum() == pytest.approx(true.sum(), abs=3.0 * error)
    assert error < 0.06 * true.sum()
    # and by as much as variance differs from the implied one, gamma differs from theta
    assert (true.sum() > made.expected["implied"].sum()) == (vol > 0.16)
    # 261 sessions a year here, 252 in the measure of volatility
    assert made.expected["realised"].sum() == pytest.approx(252 / 261 * true.sum(), rel=0.08)


# ---- its own books ------------------------------------------------------------------------------


@pytest.mark.parametrize("sleeve", SLEEVES.values(), ids=SLEEVES)
@pytest.mark.parametrize("same_bar", [False, True], ids=["next", "same-bar"])
def test_a13_the_parts_add_up_to_strips_held_and_traded(sleeve, same_bar: bool) -> None:
    """C8: the sum of all parts is what the strips of the options and of the index gained."""
    study = scalp(expose(sleeve, DATA, same_bar=same_bar), RULES)
    held, lag = study.exposure, 0 if same_bar else 1
    first = len(DATA) - len(held)
    option = sleeve.strip(DATA, lag=lag)
    index = hr.Underlying(dividends=True).strip(DATA)
    count = np.where(np.arange(len(held)) < lag, 0.0, sleeve.size.value)
    before = np.r_[0.0, count[:-1]]
    bought = option.roll[first:] | (before != count)
    paid = before * option.close_cost[first:] + count * option.open_cost[first:]
    for lane in range(len(RULES)):
        units = study.units[:, lane]
        was = np.r_[0.0, units[:-1]]
        gain = before * option.gain[first:] + was * index.gain[first:]
        cost = np.where(bought, paid, 0.0) + np.abs(units - was) * index.open_cost[first:]
        parts = study.split(lane)
        assert tuple(parts) == PARTS
        np.testing.assert_allclose(sum(parts.values()), gain - cost, rtol=1e-9, atol=1e-9)
        np.testing.assert_array_equal(study.pnl(lane), sum(parts.values()))


@pytest.mark.parametrize("sleeve", [LONG, hr.Put(size=hr.Notional(0.5))], ids=["fixed", "of-nav"])
@pytest.mark.parametrize("same_bar", [False, True], ids=["next", "same-bar"])
def test_a13_no_position_looks_ahead(sleeve, same_bar: bool) -> None:
    whole = scalp(expose(sleeve, DATA, same_bar=same_bar), RULES)
    first = len(DATA) - len(whole.exposure)
    for upto in range(first + 5, len(DATA) - 1, 23):
        cut = scalp(expose(sleeve, DATA.until(upto), same_bar=same_bar), RULES)
        rows = len(cut.exposure)
        np.testing.assert_array_equal(cut.units, whole.units[:rows])
        np.testing.assert_array_equal(cut.exposure.delta, whole.exposure.delta[:rows])
        for name, column in cut.exposure.parts.items():
            np.testing.assert_allclose(column, whole.exposure.parts[name][:rows], atol=1e-9)


def test_c5_tables_by_month_and_year_add_up_to_the_bars() -> None:
    study = scalp(expose(LONG, DATA), RULES)
    span = years_of(study.exposure)
    for lane in (0, 7):
        yearly, bars = per_year(study, lane), study.split(lane)
        for period in ("year", "month"):
            rows = by_period(study, lane, period)
            for name in PARTS:
                total = sum(row[name] for row in rows)
                assert total == pytest.approx(bars[name].sum(), rel=1e-9, abs=1e-6)
                assert total / span == pytest.approx(yearly[name], rel=1e-9, abs=1e-6)
            for row in rows:
                assert sum(row[name] for name in PARTS) == pytest.approx(row["pnl"], abs=1e-6)
    assert [row["period"] for row in by_period(study)] == ["2017", "2018"]
    assert len(by_rule(study)) == len(RULES)


def test_a13_what_it_cannot_hold_is_refused() -> None:
    with pytest.raises(SleeveError, match="not that of options on an index alone"):
        expose(hr.VixFuture(), DATA)
    with pytest.raises(SleeveError, match="not covered"):
        expose(hr.Put(covered=True), DATA)
    with pytest.raises(RangeError, match="nothing to compare"):
        scalp(expose(LONG, DATA), [])
    for rule, where in (
        (Rule(every=0), "every"),
        (Rule(width=-1.0), "band"),
        (Rule(aversion=0.0), "aversion"),
    ):
        with pytest.raises(RangeError, match=f"^{where}: "):
            scalp(expose(LONG, DATA), [rule])


# ---- the steps of the event engine --------------------------------------------------------------

BANDS = [hr.DeltaBand(), hr.WhalleyWilmott()]


@pytest.mark.parametrize("step", BANDS, ids=lambda step: step.kind)
def test_a13_a_band_without_a_delta_to_follow_is_refused(step) -> None:
    policy = hr.Policy([hr.Constant(1.0), step], raw=True)
    sentence = f"policy: '{step.kind}' follows the delta of another line, and here is none"
    with pytest.raises(PolicyError, match=f"line hedge, {sentence}"):
        Line("hedge", hr.Underlying(), policy)
    with pytest.raises(PolicyError, match=f"^{sentence}"):
        hr.backtest(policy, DATA, hr.Put())
    with pytest.raises(PolicyError, match=f"^{sentence}"):
        hr.sweep(policy, DATA, hr.Put(), {"constant.level": [1.0]}, carriage="numpy")


@pytest.mark.parametrize("step", BANDS, ids=lambda step: step.kind)
def test_a13_the_ledger_decides_a_band_again_from_what_it_kept(step) -> None:
    policy = hr.Policy([hr.Constant(1.0), step], raw=True)
    lines = [
        Line("options", LONG, hr.Policy([hr.Constant(1.0), hr.AtRoll()], raw=True)),
        Line("hedge", hr.Underlying(dividends=True), policy, offsets="options"),
    ]
    ledger = MemoryLedger("run")
    trade(Program(lines, name="run"), DATA, ledger=ledger)
    events = [
        r.event for r in ledger.read() if isinstance(r.event, Decided) and r.event.line == "hedge"
    ]
    memory, fired = policy.start(), 0.0
    for event in events:
        decision = policy.decide(deciding.seen(policy, event), memory, policy.params())
        memory = decision.memory
        assert decision.act == event.act
        assert memory[-1].rest == event.memory[step.kind]["rest"]
        fired += decision.act
    assert len(events) == len(DATA)
    assert 30 < fired < 0.9 * len(DATA)


def test_a13_half_of_a_delta_has_half_the_band_and_what_is_gone_is_closed() -> None:
    """A share scales delta, gamma and so the hedge; sold options leave no hedge behind."""
    policy = hr.Policy([hr.Constant(1.0), hr.DeltaBand(0.0)], raw=True)
    until = hr.Policy([hr.Linear("vix", low=16, high=22)], [hr.Level("vix")], raw=True)
    for share in (1.0, 0.5):
        lines = [
            Line("options", LONG, until),
            Line("hedge", hr.Underlying(), policy, offsets="options", share=share),
        ]
        made = trade(Program(lines, execution=Execution.ideal()), DATA).lines
        if share == 1.0:
            whole = made["hedge"]["held"]
    np.testing.assert_allclose(made["hedge"]["held"], 0.5 * whole, rtol=1e-9, atol=1e-9)
    none = made["options"]["held"] == 0.0
    gone = none[1:] & none[:-1]
    assert gone.sum() > 5
    assert not whole[1:][gone].any()
