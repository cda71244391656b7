"""E1 to E5: the source's arithmetic to the dollar, and measurements that are our own runs."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.core.book import Bar, View, opening
from hedgerow.core.market import Market
from hedgerow.engine.rulebook import rulebook
from hedgerow.errors import RangeError
from hedgerow.instruments.sizes import Contracts
from hedgerow.research.examples import measuring, term_structure
from hedgerow.research.examples.catalog import EXAMPLES, example, work
from hedgerow.research.examples.example import Check, Worked
from hedgerow.research.examples.gamma import GammaScalping
from hedgerow.research.examples.vix_scaled import COVID, VixScaled
from synthetic import market

NAMES = ("E1", "E2", "E3", "E4", "E5")


@cache
def world() -> Market:
    """A market that reaches over all the years of the examples."""
    return market(2_350, start="2012-01-02")


@cache
def made(name: str) -> Worked:
    return work(name, world())


def numbers(name: str) -> dict[str, float]:
    return {check.what: check.ours for check in example(name).arithmetic()}


# ---- the arithmetic, with the spec's numbers ----------------------------------------------------


def test_e1_250_375_and_6000_dollars_of_vega_and_the_sums() -> None:
    found = example("E1").arithmetic()
    assert all(check.exact for check in found)
    assert [check.ours for check in found] == pytest.approx(
        [250.0, 375.0, 6_000.0, 0.001, 0.20, -7_000_000.0, 0.30, 200_000.0, 2_800_000.0]
    )


def test_e1_vega_alone_along_the_rule_by_its_integral() -> None:
    """The integral of 125 (V - 12) from 15 to 60 is 62.5 (48² - 3²) = 143,437.50."""
    assert VixScaled().by_vega == pytest.approx(143_437.50, rel=1e-9)
    said = " ".join(VixScaled().remarks())
    assert "$143,438" in said
    assert "500 points" in said  # 3,000,000 / 6,000
    assert "1.5 to 24 times" in said  # 375 and 6,000 over 250


def test_e2_55_days_700_thousand_and_a_half() -> None:
    found = numbers("E2")
    assert found["Hedge at a VIX of 20"] == 0.0
    assert found["Hedge at a VIX of 35"] == 2_000.0
    assert found["Days hedged a year"] == 54.75
    assert found["Cost, 7 years"] == 700_000.0
    assert found["Net, 7 years"] == 200_000.0
    assert found["Offset, 2015"] == 0.5
    checks = {check.what: check for check in example("E2").arithmetic()}
    assert all(check.equal for check in checks.values())
    assert [what for what, check in checks.items() if not check.exact] == ["Days hedged a year"]


def test_e3_100_thousand_and_what_gamma_makes_of_the_theta() -> None:
    """At constant Γ S²: 200,000 × (18 / 15)² = 288,000, not the 300,000 that is printed."""
    found = {check.what: check for check in example("E3").arithmetic()}
    assert found["Net"].ours == 100_000.0
    assert found["Gamma P&L of that theta"].ours == pytest.approx(288_000.0, rel=1e-12)
    assert [check.equal for check in found.values()] == [True, False, False]
    needed = 0.15 * np.sqrt(300_000 / 200_000)
    assert GammaScalping().gamma_of(200_000.0, 0.15, needed) == pytest.approx(300_000.0)
    assert f"{needed:.1%}" in example("E3").remarks()[0]


def test_e4_50_thousand() -> None:
    assert numbers("E4") == {"Net": 50_000.0}


def test_e5_600_1000_and_400_dollars_of_vega_and_the_trigger() -> None:
    found = example("E5").arithmetic()
    assert all(check.exact for check in found)
    assert [check.ours for check in found] == [600.0, 1_000.0, 400.0, 1.0, 0.0]
    practical = EXAMPLES["E5"]
    assert [practical.fires(18.0, vix) for vix in (14.99, 15.0, 21.0, 21.01)] == [
        True, False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "ours", "places", "equal", "exact"),
    [
        (55.0, 54.75, 0, True, False),
        (55.0, 54.4, 0, False, False),
        (0.30, 0.3, 2, True, True),
        (0.30, 0.306, 2, False, False),
    ],
)
def test_equal_is_at_the_precision_that_is_printed(said, ours, places, equal, exact) -> None:
    check = Check("", "", said, "", ours, "days", places)
    assert (check.equal, check.exact) == (equal, exact)


# ---- the measurements ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_measured_and_says_what_is_modelled(name: str) -> None:
    found = made(name)
    assert not found.problem
    measured = found.measured
    assert measured is not None
    for said in (*measured.why, *found.remarks):
        assert said.endswith(".")
        assert "  " not in said
        assert not said.count("(") - said.count(")")
    assert all(0.0 <= share <= 1.0 for share in measured.modelled.values())
    assert any("prices of the" in what for what in measured.modelled)
    for row in measured.rows:
        assert set(row.measured) == set(measured.setups)
    for column in measured.hedge.values():
        assert len(column) == len(measured.times)
        assert np.isfinite(column).all()


@pytest.mark.parametrize(
    ("name", "book", "column"), [("E1", "worked-2017", "put"), ("E2", "conditional-2012", "put")]
)
def test_e1_e2_are_the_backtests_of_their_rulebooks(name: str, book: str, column: str) -> None:
    line = rulebook(book).program.line("puts")
    value = rulebook(book).program.portfolio.value
    measured = made(name).measured
    span = [str(measured.times[i])[:10] for i in (0, -1)]
    result = hr.backtest(
        line.policy, world(), line.sleeve, portfolio=hr.Equity(value), start=span[0], end=span[1]
    ).to_dict()
    dynamic = result["strategies"]["all"]["dynamic"]
    years = {"E1": "Hedge result, 4 years", "E2": "Hedge result, 7 years"}[name]
    assert measured.found(years)[column] == pytest.approx(dynamic["hedge_pnl"], rel=1e-9)
    assert measured.hedge[column][-1] == pytest.approx(dynamic["hedge_pnl"], rel=1e-9)
    crisis = {"E1": "2020 Covid", "E2": "2015 August"}[name]
    row = next(row for row in result["crises"] if row["name"] == crisis)
    offset = measured.found({"E1": "Offset", "E2": "Offset, 2015"}[name])[column]
    assert offset == pytest.approx(row["dynamic_her"], rel=1e-9)


def test_e1_cost_is_carry_and_trading_of_the_calm_years() -> None:
    measured = made("E1").measured
    four = measured.found("Cost, 4 years")["swap"]
    assert four > 3.0 * measured.found("Cost a year, 2017–19")["swap"] * 0.5
    peak = float(measuring.level(world()["vix"], world().dates, *COVID).max())
    assert measured.found("Highest VIX close, March 2020")["put"] == peak


def test_e3_parts_are_those_of_the_traded_program() -> None:
    span = {"start": "2019-01-02", "end": "2019-12-31"}
    result = hr.trade(rulebook("gamma-scalping").program, world(), **span).to_dict()
    measured = made("E3").measured
    straddles = result["lines"]["straddles"]["parts"]
    assert measured.found("Gamma P&L")["straddles"] == pytest.approx(straddles["gamma"])
    assert measured.found("Theta")["straddles"] == pytest.approx(straddles["theta"])
    net = measured.found("Net of both lines, all counted")["straddles"]
    assert net == pytest.approx(result["hedge_pnl"])
    assert straddles["gamma"] > 0.0 > straddles["theta"]


def test_e4_weights_are_those_of_a4_and_add_up_to_one() -> None:
    """R / (1 + R) and 1 / (1 + R): 15 over 17 in contango is 0.469 and 0.531."""
    program = rulebook("term-structure-2016").program
    still = Bar(*[0.0] * len(Bar._fields))
    found = {
        line.name: line.policy.decide(
            View((18.0, 15.0 / 17.0), opening(1e7), still),
            line.policy.start(),
            line.policy.params(),
        ).x
        for line in program.lines
    }
    assert found == pytest.approx({"puts": 15.0 / 32.0, "variance": 17.0 / 32.0})
    ratio = hr.CurveRatio()(world())
    days = (world().dates >= made("E4").measured.times[0]) & (
        world().dates <= made("E4").measured.times[-1]
    )
    part = made("E4").measured.found("Mean part at the short end")["both lines"]
    assert part == pytest.approx(np.mean(ratio[days] / (1.0 + ratio[days])))


def test_e4_both_lines_add_up_to_the_net() -> None:
    measured = made("E4").measured
    outcome = term_structure.traded(world())
    net = measured.found("Net of both lines, all counted")["both lines"]
    assert net == pytest.approx(float(outcome.hedge.sum()))
    assert sum(column[-1] for column in measured.hedge.values()) == pytest.approx(net)
    assert (outcome.lines["puts"]["held"] >= 0.0).all()  # units of a put that is sold
    assert (outcome.lines["variance"]["held"] >= 0.0).all()


def test_e1_e4_variance_is_of_the_vega_at_its_strike_to_expiry() -> None:
    """A swap's vega runs out with its time: kept up, it would be thousands at the end."""
    held = term_structure.traded(world()).lines["variance"]["held"]
    assert held[held > 0.0].min() > 0.4 * 5_000
    assert held.max() < 0.7 * 5_000  # 1 / (1 + R), with R not far from 1
    book, measured = rulebook("worked-2017").program, made("E1").measured
    span = [str(measured.times[i])[:10] for i in (0, -1)]
    result = hr.backtest(
        book.line("puts").policy, world(), hr.VarianceSwap(size=Contracts(1_000)),
        portfolio=book.portfolio, start=span[0], end=span[1],
    ).to_dict()  # fmt: skip
    earned = result["strategies"]["all"]["dynamic"]["hedge_pnl"]
    assert measured.hedge["swap"][-1] == pytest.approx(earned, rel=1e-9)


def test_e4_premium_is_what_was_sold_at_each_roll_by_hand() -> None:
    outcome = term_structure.traded(world())
    strip = rulebook("term-structure-2016").program.line("puts").sleeve.strip(world())
    first = world().index_of(str(outcome.dates[0]))
    taken, before = 0.0, 0.0
    for i, held in enumerate(outcome.lines["puts"]["held"]):
        row = first + i
        if strip.roll[row]:
            before = 0.0
        taken += max(held - before, 0.0) * -strip.open[row] * 100.0
        before = held
    assert term_structure.premium(outcome, world()) == pytest.approx(taken, rel=1e-12)
    assert taken > 0.0


def test_e5_saving_is_c3_of_the_backtest() -> None:
    line = rulebook("option-a").program.line("puts")
    result = hr.backtest(line.policy, world(), line.sleeve).to_dict()
    measured = made("E5").measured
    saving = measured.found("Saving against the fixed hedge")["put"]
    assert saving == pytest.approx(result["saving"]["all"]["saving"], rel=1e-9)
    assert measured.found("HER, scaled")["put"] == pytest.approx(result["her"]["dynamic_her"])
    assert measured.found("HER, fixed")["put"] == pytest.approx(result["her"]["static_her"])


@pytest.mark.parametrize("name", NAMES[:4])
def test_data_that_do_not_reach_are_told_and_the_arithmetic_stays(name: str) -> None:
    found = work(name, market(300, start="2021-01-04"))
    assert found.measured is None
    assert "the example needs" in found.problem
    assert found.arithmetic


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_index_that_never_falls_has_no_offset_and_no_way_down(name: str, builtin) -> None:
    part = builtin.between("2010-01-04", None)
    rising = 1000.0 * 1.0002 ** np.arange(len(part))
    worked = work(name, part.with_columns({"spx": rising}))
    assert worked.measured is not None, worked.problem
    for row in worked.measured.rows:
        assert all(value is None or np.isfinite(value) for value in row.measured.values())
    assert not any("way down" in why or "inf" in why or "nan" in why for why in worked.measured.why)


def test_an_unknown_example_is_refused() -> None:
    with pytest.raises(RangeError, match="there is no example 'E9'"):
        work("E9")
    assert work("e1").measured is None


def test_in_python_an_example_is_text_table_and_values(tmp_path) -> None:
    found = hr.example("E2", world(), source="synthetic")
    assert str(found).startswith("E2: Conditional hedge, 2012–2018")
    assert "E2: Conditional hedge" in found._repr_html_()
    assert found.to_dict()["measured"]["modelled"]["prices of the put"] == 1.0
    assert found.report(tmp_path / "e2.html").stat().st_size > 10_000
    with pytest.raises(hr.RangeError, match="is not a path"):
        found.report(3)


# ---- real data ----------------------------------------------------------------------------------


@pytest.mark.realdata
def test_e1_to_e5_on_real_data(real_data) -> None:
    whole = hr.load(real_data)
    found = {name: work(name, whole).measured for name in NAMES}
    assert all(found.values())
    assert found["E1"].modelled["VIX"] == 0.0
    one = found["E1"].found
    # Cboe: 82.69 on 16 March 2020; the rule's own arithmetic on it
    assert one("Highest VIX close, March 2020")["put"] == 82.69
    assert one("Largest hedge, March 2020")["put"] == pytest.approx(125.0 * (82.69 - 12.0))
    # S&P 500 from 3,386.15 to 2,237.40
    lost, worth = one("Portfolio loss")["put"], 1.0 - 2237.40 / 3386.15
    assert lost / 79.33e6 == pytest.approx(worth, abs=0.01)
    assert (
        one("Average hedge, 2017–19")["put"] > 250.0
    )  # the rule at the average is not its average
    # VIX 14.15 on 13 February, a week before, when the rule was last acted on: 125 × 2.15
    assert "stood at $269 of vega when the fall began" in found["E1"].why[0]
    two = found["E2"].found
    assert two("Highest VIX close, August 2015")["put"] == 40.74
    vix = whole.between("2012-01-03", "2018-12-31")["vix"]
    assert two("Share of days with VIX > 20")["put"] == np.mean(vix > 20.0)
    three = found["E3"].found
    assert (
        three("Realised volatility")["straddles"]
        < three("Implied volatility (mean VIX)")["straddles"]
    )
    assert three("Theta")["straddles"] == pytest.approx(-200_000.0, rel=0.15)
    # gamma over theta is (RV / IV)², IV that of the money: between 12 and 15.4 %
    ratio = -three("Gamma P&L")["straddles"] / three("Theta")["straddles"]
    implied = three("Realised volatility")["straddles"] / np.sqrt(ratio)
    assert 0.12 < implied < 0.165
    # the event engine on the same rulebooks, fractions of contracts allowed
    for name, book, row in (
        ("E1", "worked-2017", "Hedge result, 4 years"),
        ("E2", "conditional-2012", "Hedge result, 7 years"),
    ):
        program = rulebook(book).program
        parts = replace(program, execution=replace(program.execution, whole=False))
        times = found[name].times
        span = {"start": str(times[0])[:10], "end": str(times[-1])[:10]}
        traded = hr.trade(parts, whole, **span).to_dict()["hedge_pnl"]
        assert found[name].found(row)["put"] == pytest.approx(traded, rel=0.03)
    four = found["E4"].found
    assert four("Premium taken in for the puts")["both lines"] == pytest.approx(150_000.0, rel=0.05)
    assert found["E4"].modelled["VIX futures"] < 0.02
