"""J: the rulebooks' data files, held to what is published of each rule."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import tomlkit

from hedgerow.core.book import Bar, View, opening
from hedgerow.core.expiry import sessions_between, third_friday, vix_settlement
from hedgerow.core.market import Market
from hedgerow.core.over_the_counter import parse_option
from hedgerow.core.policy import Policy
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.rulebook import every, names, rulebook
from hedgerow.errors import RangeError
from hedgerow.instruments.catalog import sleeve_from_table
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.future_constant import mix_of
from hedgerow.instruments.sleeve import Sleeve
from synthetic import market

NO_BAR = Bar(*[0.0] * len(Bar._fields))
PUBLISHED = ["bxm", "cll", "cndr", "pput", "put", "spvxst", "spvxst-tr", "veqtor", "vxth"]
SEEDS = [name for name in names() if name not in PUBLISHED]
WORKED = ["gamma-scalping", "term-structure-2016"]
"""Worked examples of the source with contracts of their own."""
ON_PUTS = [name for name in SEEDS if name not in WORKED]


def table(name: str) -> dict[str, Any]:
    return rulebook(name).table


def policy(name: str, which: str) -> Policy:
    import hedgerow.policies  # noqa: F401  # fills the catalogue

    return Policy.from_toml(tomlkit.dumps(table(name)["policies"][which]))


def line(name: str, which: str) -> dict[str, Any]:
    return next(line for line in table(name)["lines"] if line["name"] == which)


def sleeve(name: str, which: str) -> Sleeve:
    return sleeve_from_table(line(name, which)["sleeve"])


def decided(of: Policy, *signals: float, nav: float = 1e7, memory: Any = None) -> Any:
    view = View(signals, opening(1e7)._replace(nav=nav), NO_BAR)
    return of.decide(view, of.start() if memory is None else memory, of.params())


def rule(of: Policy, *signals: float) -> float:
    """What the rule and the bounds say, before persistence and trigger."""
    return float(decided(of, *signals).trace[min(1, len(of.steps) - 2)])


# ---- all files ----------------------------------------------------------------------------------


def test_j_every_rulebook_of_the_spec_is_there() -> None:
    assert set(PUBLISHED) <= set(names())
    assert {"option-a", "option-b", "option-c", "formula", "example", "worked-2017"} <= set(SEEDS)
    assert {"binary", "above-20", "sigmoid", "regime-bands", "conditional-2012"} <= set(SEEDS)
    assert [book.name for book in every()] == [*PUBLISHED, *SEEDS]


@pytest.mark.parametrize("name", names())
def test_a_rulebook_says_what_it_is_and_builds(name: str) -> None:
    book, found = rulebook(name), table(name)
    assert found["name"] == name
    assert book.published == (name in PUBLISHED)
    assert book.title
    assert book.about.endswith(".")
    assert book.source
    assert all(text.endswith(".") for text in book.conventions)
    assert (found["fills"], found["whole"]) == (
        ("close", False) if book.published else ("next", True)
    )
    assert found["costs"] == (name == "vxth" or not book.published)
    Equity(**found["portfolio"])
    assert {line["policy"] for line in found["lines"]} == set(found["policies"])
    for each in found["policies"]:
        policy(name, each)
    for each in found["lines"]:
        sleeve(name, each["name"])


def test_an_unknown_rulebook_is_told() -> None:
    with pytest.raises(RangeError, match="did you mean 'pput'"):
        rulebook("ppput")


def test_every_rulebook_stands_in_the_docs() -> None:
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "rulebooks.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.M)) == set(names())


# ---- S&P 500 VIX short-term futures -------------------------------------------------------------


def two_days(rates: float = 0.05) -> Market:
    """Two sessions whose weights at the first are 60/40, with the methodology's prices."""
    begins, ends = vix_settlement(["2024-04", "2024-05", "2024-06"])[:2]
    after = vix_settlement("2024-06")
    every = np.arange(begins, ends)
    left = [int(sessions_between(day + 1, ends)) for day in every]
    days = every[[i for i, n in enumerate(left) if n == 15][-1] :][:2]
    return Market(
        days.astype("datetime64[ns]"),
        {
            "spx": [5000.0, 5000.0],
            "vix": [15.0, 15.5],
            "rate": [rates] * 2,
            "vx1": [15.0, 15.6],
            "vx1_expiry": [float(ends.astype(int))] * 2,
            "vx2": [16.5, 16.8],
            "vx2_expiry": [float(after.astype(int))] * 2,
        },
    )


@pytest.mark.parametrize("name", ["spvxst", "spvxst-tr"])
def test_j_cdr_with_weights_60_40_is_3_076923_percent(name: str) -> None:
    data = two_days()
    strip = sleeve(name, "futures").strip(data, lag=0, costs=Costs.none())
    settles = vix_settlement(np.arange("2024-03", "2024-08", dtype="datetime64[M]")).astype(int)
    assert mix_of(data.dates.astype(int), settles).near[0] == pytest.approx(0.6, rel=1e-15)
    assert strip.mark[1] / strip.open[0] - 1.0 == pytest.approx(0.03076923, abs=5e-9)
    assert not strip.modelled.any()
    # at intensity 1.0 all of NAV is in the mix, every session
    assert decided(policy(name, "hold")).x == decided(policy(name, "hold")).act == 1.0
    fixed, per_nav = sleeve(name, "futures").size.columns(strip)
    assert fixed[0] == 0.0
    assert per_nav[0] * strip.gain[1] == pytest.approx(0.03076923, abs=5e-9)


def test_j_tbr_of_5_percent_is_earned_by_the_total_return_index_only() -> None:
    earned = {}
    for name in ("spvxst", "spvxst-tr"):
        values = Equity(**table(name)["portfolio"]).values(two_days())
        earned[name] = values[1] / values[0] - 1.0
    assert earned["spvxst"] == 0.0
    assert earned["spvxst-tr"] == pytest.approx(1.39784e-4, abs=5e-10)


def test_j_roll_period_17_april_to_22_may_2024_has_25_sessions() -> None:
    days = np.arange("2024-04-16", "2024-05-23", dtype="datetime64[D]")
    days = days[np.is_busday(days)]
    ones = np.ones(len(days))
    data = Market(days.astype("datetime64[ns]"), {"spx": 5000.0 * ones, "vix": 16.0 * ones})
    strip = sleeve("spvxst", "futures").strip(data, lag=0)
    assert int(sessions_between("2024-04-17", "2024-05-22")) == 25
    near = dict(zip(days.astype(str), _near_weight(data), strict=True))
    # 16 April: the roll is over and all is in what is about to be the first contract
    assert (near["2024-04-16"], near["2024-05-21"]) == (0.0, 0.0)
    assert near["2024-04-17"] == pytest.approx(0.96)
    assert strip.shift[1:24] == pytest.approx([1 / 25] * 23)


def _near_weight(data: Market) -> np.ndarray:
    settles = vix_settlement(np.arange("2024-02", "2024-09", dtype="datetime64[M]")).astype(int)
    return mix_of(data.dates.astype(int), settles).near


# ---- VXTH ---------------------------------------------------------------------------------------

VXTH = [(10.0, 0.0), (15.0, 0.0), (15.01, 0.01), (30.0, 0.01), (30.01, 0.005), (50.0, 0.005)]


@pytest.mark.parametrize(("forward", "weight"), [*VXTH, (50.01, 0.0), (80.0, 0.0)])
def test_j_vxth_weight_of_calls_by_the_vix_forward(forward: float, weight: float) -> None:
    assert decided(policy("vxth", "calls"), forward).x == weight


def test_j_vxth_buys_30_delta_calls_of_the_forward_that_it_reads() -> None:
    calls = sleeve("vxth", "calls")
    assert [(leg.call, leg.delta, leg.weight) for leg in calls.sided] == [(True, 0.30, 1.0)]
    assert calls.size.value == 1.0
    assert policy("vxth", "calls").steps[-1].kind == "at_roll"
    # the forward is the future that the calls bought at this very close settle with
    data = market()
    strip = calls.strip(data, lag=0)
    (forward,) = policy("vxth", "calls").signals
    assert (forward.rank, forward.lag, calls.months, calls.roll_before) == (1, 0, 1, 0)
    rolls = np.flatnonzero(strip.roll)
    assert set(data.dates[rolls]) <= set(
        vix_settlement(np.unique(data.dates.astype("datetime64[M]")))
    )
    model = forward(data)
    quoted = data.with_columns({"vx1": model + 1.0, "vx1_expiry": strip.expiry})
    np.testing.assert_array_equal(forward(quoted), model + 1.0)


# ---- VEQTOR -------------------------------------------------------------------------------------

BANDS = (0.05, 0.10), (0.1001, 0.20), (0.2001, 0.35), (0.3501, 0.45), (0.4501, 0.90)
GRID = (
    (0.025, 0.025, 0.10),
    (0.025, 0.10, 0.15),
    (0.10, 0.15, 0.25),
    (0.15, 0.25, 0.40),
    (0.25, 0.40, 0.40),
)


@pytest.mark.parametrize("row", range(5))
@pytest.mark.parametrize("trend", [-1.0, 0.0, 1.0])
def test_j_veqtor_grid_of_realised_volatility_and_trend(row: int, trend: float) -> None:
    weight = GRID[row][int(trend) + 1]
    for realised in BANDS[row]:
        assert decided(policy("veqtor", "volatility"), realised, trend).x == weight
        equity = decided(policy("veqtor", "equity"), realised, trend).x
        assert equity + weight == pytest.approx(1.0, abs=1e-15)


def test_j_veqtor_corners() -> None:
    calm = [decided(policy("veqtor", which), 0.08, -1.0).x for which in ("equity", "volatility")]
    wild = [decided(policy("veqtor", which), 0.50, 1.0).x for which in ("equity", "volatility")]
    assert (calm, wild) == ([0.975, 0.025], [0.60, 0.40])


@pytest.mark.parametrize("which", ["equity", "volatility"])
def test_j_veqtor_all_cash_when_the_5_day_return_is_minus_2_percent(which: str) -> None:
    of = policy("veqtor", which)
    for last, out in ((98.0, True), (98.01, False)):
        memory, x = of.start(), np.nan
        for nav in (100.0, 101.0, 100.5, 99.9, 99.0, last):
            found = decided(of, 0.15, 0.0, nav=nav, memory=memory)
            memory, x = found.memory, found.x
        assert (x == 0.0) is out


def test_j_veqtor_watches_5_against_20_days_of_vix_for_10_sessions() -> None:
    realised, trend = policy("veqtor", "equity").signals
    assert (realised.column, realised.days) == ("spx", 22)
    assert (trend.column, trend.short, trend.long, trend.days) == ("vix", 5, 20, 10)
    assert policy("veqtor", "equity").signals == policy("veqtor", "volatility").signals


# ---- options ------------------------------------------------------------------------------------


def held_strikes(name: str, which: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Strikes chosen at the rolls, the index there, and the dates."""
    data = market()
    strip = sleeve(name, which).strip(data, lag=0, costs=Costs.none())
    rolls = np.flatnonzero(strip.roll)
    assert len(rolls) >= 10
    return strip.strike[rolls], data["spx"][rolls], data.dates[rolls]


@pytest.mark.parametrize(
    ("name", "which", "part", "call", "months"),
    [
        ("pput", "protected index", 0.95, False, 1),
        ("cll", "protected index", 0.95, False, 3),
        ("cll", "calls", 1.10, True, 1),
        ("put", "puts", 1.00, False, 1),
        ("bxm", "covered index", 1.00, True, 1),
    ],
)
def test_j_strikes_of_pput_cll_put_and_bxm(
    name: str, which: str, part: float, call: bool, months: int
) -> None:
    strikes, spot, dates = held_strikes(name, which)
    wanted = part * spot / 5.0
    expected = 5.0 * (np.ceil(wanted - 1e-9) if call else np.floor(wanted + 1e-9))
    np.testing.assert_allclose(strikes, expected, rtol=1e-12)
    cycle = np.unique(dates.astype("datetime64[M]"))
    assert (dates == third_friday(cycle)).all()
    if months == 3:
        assert set(cycle.astype(int) % 12) <= {2, 5, 8, 11}  # March, June, September, December
    else:
        assert (np.diff(cycle.astype(int)) == 1).all()


@pytest.mark.parametrize("name", ["pput", "cll", "cndr", "put", "bxm"])
def test_j_options_of_the_cboe_indices_settle_in_the_morning(name: str) -> None:
    data = market()
    for each in table(name)["lines"]:
        roster = sleeve_from_table(each["sleeve"]).roster(data, lag=0)
        symbols = set(roster.basket(int(roster.held[-1])).symbols) - {"SPX"}
        assert {parse_option(symbol).product.settlement for symbol in symbols} == {"AM"}
        assert roster.strip.notes["settlements_share"]["first print"] == 1.0


def test_j_pput_and_bxm_put_all_of_nav_into_index_and_option_together() -> None:
    for name, which, sign in (("pput", "protected index", 1.0), ("bxm", "covered index", -1.0)):
        of = sleeve(name, which)
        assert of.covered
        assert (of.size.kind, of.size.value) == ("premium", 1.0)
        assert [np.sign(leg.weight) for leg in of.sided] == [sign]


def test_j_cndr_sells_20_delta_and_buys_5_delta() -> None:
    legs = {(leg.call, leg.delta): leg.weight for leg in sleeve("cndr", "condors").sided}
    near, wing = {(True, 0.20): -1.0, (False, 0.20): -1.0}, {(True, 0.05): 1.0, (False, 0.05): 1.0}
    assert legs == {**near, **wing}


def test_j_cndr_bills_cover_ten_times_the_greatest_loss_and_put_s_its_strike_once() -> None:
    for name, which, times in (("cndr", "condors", 10.0), ("put", "puts", 1.0)):
        of, data = sleeve(name, which), market()
        roster = of.roster(data, lag=0, costs=Costs.none())
        _, per_nav = of.size.columns(roster.strip)
        for t in np.flatnonzero(roster.strip.roll):
            basket = roster.basket(int(roster.held[t]))
            legs = [parse_option(symbol) for symbol in basket.symbols]
            ends = np.array([0.0, *(leg.strike for leg in legs), 1e5])
            worth = sum(
                weight * np.maximum(ends - leg.strike if leg.call else leg.strike - ends, 0.0)
                for leg, weight in zip(legs, basket.weights, strict=True)
            )
            credit = -roster.strip.open[t]
            assert credit > 0.0
            assert times * per_nav[t] * 100.0 * (-worth.min() - credit) == pytest.approx(1.0)


# ---- 001 ----------------------------------------------------------------------------------------

VIX = (10.0, 14.0, 18.0, 22.0, 25.0, 50.0)
A1 = {
    "option-a": [0.2, 0.2, 0.6, 1.0, 1.3, 2.0],
    "formula": [0.2, 4 / 15, 8 / 15, 0.8, 1.0, 2.0],
    "example": [0.2, 4 / 7.5, 8 / 7.5, 1.6, 2.0, 2.0],
}


@pytest.mark.parametrize("name", A1)
def test_a1_linear_rulebooks(name: str) -> None:
    assert [rule(policy(name, "hedge"), vix) for vix in VIX] == pytest.approx(A1[name])


def test_e1_worked_2017_is_250_375_and_6000_dollars_of_vega() -> None:
    of, base = policy("worked-2017", "hedge"), sleeve("worked-2017", "puts").size.value
    assert [base * decided(of, vix).x for vix in (14.0, 15.0, 60.0)] == [250.0, 375.0, 6_000.0]
    assert table("worked-2017")["portfolio"]["value"] == 50_000_000


def test_e2_conditional_is_2000_dollars_of_vega_above_20_only() -> None:
    of, base = policy("conditional-2012", "hedge"), sleeve("conditional-2012", "puts").size.value
    assert [base * decided(of, vix).x for vix in (12.0, 20.0, 20.01, 35.0)] == [0, 0, 2_000, 2_000]
    assert table("conditional-2012")["portfolio"]["value"] == 20_000_000


def test_e5_option_a_is_600_dollars_at_18_and_1000_at_22_on_10_million() -> None:
    of, base = policy("option-a", "hedge"), sleeve("option-a", "puts").size.value
    assert [base * rule(of, vix) for vix in (18.0, 22.0)] == [600.0, 1_000.0]
    assert table("option-a")["portfolio"]["value"] == 10_000_000


def test_e4_near_puts_are_sold_and_far_variance_is_bought() -> None:
    puts, variance = rulebook("term-structure-2016").program.lines
    assert (puts.sleeve.kind, puts.sleeve.side, puts.sleeve.months) == ("vix_put", "short", 1)
    assert (variance.sleeve.kind, variance.sleeve.tenor) == ("variance_swap", "6m")
    assert [line.policy.steps[1].part for line in (puts, variance)] == ["short", "long"]


def test_a2_option_b_is_1_667_at_25_percent() -> None:
    of = policy("option-b", "hedge")
    assert rule(of, 0.25, 18.0) == pytest.approx(1.667, abs=5e-4)
    assert [signal.name for signal in of.signals] == ["rv20", "vix"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("option-c", [0.2, 0.2, 1.0, 1.0, 2.0]),
        ("binary", [0.2, 0.2, 0.5, 0.5, 1.0]),
        ("above-20", [0.2, 0.2, 0.2, 1.0, 1.0]),
        ("regime-bands", [0.25, 0.6, 0.6, 0.6, 1.25]),
    ],
)
def test_a3_a10_tiers_and_bands_with_the_floor_of_b2(name: str, expected: list[float]) -> None:
    of = policy(name, "hedge")
    assert [rule(of, vix) for vix in (14.99, 15.0, 15.01, 25.0, 25.01)] == expected


def test_a8_sigmoid_is_half_at_20() -> None:
    of = policy("sigmoid", "hedge")
    assert rule(of, 20.0) == 0.5
    assert rule(of, 30.0) == pytest.approx(1.0 / (1.0 + np.exp(-2.0)), rel=1e-12)


def test_a13_e3_gamma_scalping_hedges_straddles_at_every_close() -> None:
    made = rulebook("gamma-scalping").program
    straddles, hedge = made.lines
    assert (made.portfolio.value, straddles.sleeve.kind, straddles.sleeve.moneyness) == (
        30e6, "straddle", 1.0,
    )  # fmt: skip
    assert [step.kind for step in straddles.policy.steps] == ["constant", "at_roll"]
    assert (hedge.offsets, hedge.sleeve.kind, hedge.policy.trigger) == (
        "straddles", "underlying", None,
    )  # fmt: skip
    assert decided(hedge.policy).x == decided(hedge.policy).act == 1.0


@pytest.mark.parametrize("name", ON_PUTS)
def test_001_the_standard_contract_is_a_90_day_put(name: str) -> None:
    given = line(name, "puts")["sleeve"]
    assert (given["kind"], given["tenor"], given["moneyness"]) == ("put", "90d", 0.90)
    assert [step.kind for step in policy(name, "hedge").steps][-1] == "trigger"


@pytest.mark.parametrize("name", ON_PUTS)
def test_the_rules_of_the_source_hold_puts_of_the_listed_grid(name: str) -> None:
    made = rulebook(name).program
    for line in (line for line in made.lines if not line.offsets):
        roster = line.sleeve.roster(market(120))
        symbols = {s for n in np.unique(roster.held) for s in roster.basket(int(n)).symbols}
        assert len(symbols) > 2
        for symbol in symbols:
            option = parse_option(symbol)
            assert option.symbol.startswith("SPXW  ")
            assert option.strike % 5.0 == 0.0
