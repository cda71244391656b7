"""The monthly review beside sums made another way: by hand, and by pandas from the raw texts."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cli.console import as_json, bad, good
from engine.ledger import toy
from hedgerow.engine.ledger import events, vocabulary
from hedgerow.engine.ledger.account import Account
from hedgerow.engine.ledger.chain import GENESIS, forge
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.money import micros, usd
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.errors import LedgerError, RangeError
from hedgerow.report import review as report
from hedgerow.research.months import Month, Offset, Spent
from hedgerow.research.review import review
from hedgerow.research.suggestions import suggest

DAY = 86_400 * 10**9
POLICY = '[[steps]]\nkind = "constant"\n[[steps]]\nkind = "budget"\nper_year = 0.01\n'

# date, portfolio, parts of the line, rate known at the bar, spent
BARS = [
    ("2020-02-27", 0.0, {}, 0.03, 0.0),
    ("2020-02-28", 1_000.0, {"theta": -100.0, "gamma": 20.0, "costs": -10.0}, 0.03, 110.0),
    ("2020-03-02", -5_000.0, {"delta": 900.0, "gamma": 300.0, "theta": -300.0}, 0.02, 410.0),
    ("2020-03-03", 2_000.0, {"delta": -200.0, "theta": -100.0, "residual": 5.0}, 0.02, 510.0),
    ("2020-03-04", -4_000.0, {"delta": 800.0, "vega": 700.0, "theta": -100.0}, 0.02, 610.0),
    ("2020-03-05", 500.0, {"carry": -40.0, "theta": -100.0, "costs": -60.0}, 0.02, 770.0),
]


def made(*, explained: bool = True, rated: bool = True, facts=None) -> list[vocabulary.Event]:
    """The events of BARS: a deposit of 100,000 USD, and 1,000 USD more on 3 March."""
    account = Account()
    told: list[vocabulary.Event] = []

    def happen(event: vocabulary.Event) -> None:
        account.take(event)
        told.append(event)

    for date, portfolio, parts, rate, spent in BARS:
        time = int(np.datetime64(date, "ns").astype("int64"))
        if not told:
            happen(events.Opened(time, "demo", "0.1.0", {"puts": POLICY}, "", "", facts or {}))
            happen(events.Cash(time, micros(100_000), "deposit"))
        if date == "2020-03-03":
            happen(events.Cash(time, micros(1_000), "deposit"))
        happen(events.Cash(time, micros(portfolio), "portfolio"))
        happen(events.Cash(time, micros(sum(parts.values())), "financing"))
        if explained:
            happen(events.Explained(time, "", {"portfolio": micros(portfolio)}))
            whole = {name: micros(amount) for name, amount in parts.items()}
            happen(events.Explained(time, "puts", whole))
        book = {"spent": spent, "base": 100_000.0}
        act = 1.0 if portfolio < 0.0 else 0.0
        happen(events.Decided(time, "puts", {}, book, {}, 1.0, act, {}, {}))
        why = {"rate": rate} if rated else {}
        scale = 0.5 if date == "2020-03-04" else 1.0
        happen(events.Planned(time, "puts", 1.0, 1.0, 1.0, scale, 3.0, why))
        happen(account.closed(time))
    return told


def test_a_month_by_hand() -> None:
    found = review(forge(GENESIS, made())).months
    assert [month.month for month in found] == ["2020-02", "2020-03"]
    march = found[1]
    assert (march.first, march.last, march.bars, march.days) == ("2020-03-02", "2020-03-05", 4, 5)
    assert (march.portfolio_gain, march.hedge_gain, march.paid_in) == (-6_500.0, 1_805.0, 1_000.0)
    assert march.parts == {
        "delta": 1_500.0, "gamma": 300.0, "theta": -600.0, "residual": 5.0, "vega": 700.0,
        "carry": -40.0, "costs": -60.0,
    }  # fmt: skip
    assert march.lines == {"puts": march.parts}
    assert (march.net_theta, march.variance_premium, march.costs) == (-600.0, -300.0, 60.0)
    assert march.down == (9_000.0, 2_300.0)
    assert march.down.share == pytest.approx(23.0 / 90.0)
    # the portfolio fell from the close of 28 February to that of 4 March
    assert (march.fall_from, march.fall_to) == ("2020-02-28", "2020-03-04")
    assert march.fall == (7_000.0, 900.0 - 295.0 + 1_400.0)
    assert (march.trades, march.acted, march.acted_a_year, march.cut) == (0, 2, None, 1)
    assert march.residual_share == pytest.approx(5.0 / (900.0 + 295.0 + 1_400.0 + 200.0))
    assert found[0].down.share is None


def test_the_budget_is_that_of_policy_and_program() -> None:
    march = review(forge(GENESIS, made(facts={"budget": {"per_year": 0.005}}))).months[1]
    passed = 65.0 / 366.0  # 5 March of a leap year
    assert march.budget["puts"] == pytest.approx((770.0, 100_000.0, 0.01, passed))
    assert march.budget[""] == pytest.approx((770.0, 100_000.0, 0.005, passed))
    assert (march.budget["puts"].used, march.budget[""].used) == pytest.approx((0.77, 1.54))
    assert set(review(forge(GENESIS, made())).months[1].budget) == {"puts"}


def test_a_line_that_takes_a_delta_out_makes_no_decisions_of_the_policies() -> None:
    hedge = {"lines": [{"name": "puts", "offsets": "calls"}, {"name": "calls", "offsets": ""}]}
    plain = {"lines": [{"name": "puts", "offsets": ""}]}
    acted = [review(forge(GENESIS, made(facts=f))).months[1].acted for f in (hedge, plain, {})]
    assert acted == [0, 2, 2]


def test_without_equity_the_review_says_nothing_of_what_was_given_back() -> None:
    found = [
        review(forge(GENESIS, made(facts={"portfolio": {"equity_share": share}})))
        for share in (0.0, 0.5)
    ]
    assert [each.months[1].equity for each in found] == [False, True]
    without, hedged = map(report.summarise, found)
    for said in ("Down days  ", "Deepest fall", " unhedged "):
        assert said not in without
        assert said in hedged
    deep = {"depth": -0.12, "fall": Offset(10_000.0, 200.0), "days": 504, "sharpe_unhedged": 9.0}
    rules = [{s.rule for s in suggest(replace(each.months[1], **deep))} for each in found]
    assert rules[1] - rules[0] == {"crash", "sharpe"}


def test_a_ledger_that_explains_nothing_still_has_gains_and_no_parts() -> None:
    with_parts = review(forge(GENESIS, made())).months[1]
    without = review(forge(GENESIS, made(explained=False, rated=False))).months[1]
    assert (without.portfolio_gain, without.hedge_gain) == (-6_500.0, 1_805.0)
    assert (without.down, without.fall) == (with_parts.down, with_parts.fall)
    assert (without.parts, without.lines, without.costs) == ({}, {}, 0.0)
    assert (without.over_cash, with_parts.over_cash) == (False, True)
    assert math.isnan(without.residual_share)
    assert without.sharpe_unhedged != with_parts.sharpe_unhedged


def test_sharpe_is_over_what_bills_paid_where_the_ledger_tells() -> None:
    frame = pd.DataFrame(BARS, columns=["date", "portfolio", "parts", "rate", "spent"])
    hedge = frame["parts"].map(lambda parts: sum(parts.values()))
    paid_in = pd.Series([100_000.0, 0.0, 0.0, 1_000.0, 0.0, 0.0])
    invested = (frame["portfolio"] + hedge + paid_in).cumsum() - frame["portfolio"] - hedge
    days = pd.to_datetime(frame["date"]).diff().dt.days
    cash = frame["rate"] * days / 365.0
    found = review(forge(GENESIS, made())).months[1]
    for ours, gain in (
        (found.sharpe_hedged, frame["portfolio"] + hedge),
        (found.sharpe_unhedged, frame["portfolio"]),
    ):
        excess = (gain / invested - cash)[1:]
        assert ours == pytest.approx(excess.mean() / excess.std() * math.sqrt(252.0), rel=1e-12)


# ---- the toy engine's ledger, read again by pandas from its texts --------------------------------


@pytest.fixture(scope="module")
def hundred() -> MemoryLedger:
    ledger = MemoryLedger(toy.RUN)
    toy.play(ledger, 100)
    return ledger


@pytest.fixture(scope="module")
def texts(hundred) -> pd.DataFrame:
    frame = pd.DataFrame([json.loads(record.text) for record in hundred.read()])
    frame["month"] = frame["time"].str[:7]
    return frame


def test_sums_are_those_of_pandas_from_the_texts(hundred, texts) -> None:
    found = {month.month: month for month in review(hundred.read()).months}
    explained = texts[texts["kind"] == "explained"]
    for name, rows in explained.groupby("month"):
        parts = pd.DataFrame(list(rows["parts"])).sum() / 1e6
        month = found[name]
        assert month.portfolio_gain == pytest.approx(parts.pop("portfolio"), abs=1e-6)
        assert month.parts == pytest.approx({k: v for k, v in parts.items() if v}, abs=1e-6)
        assert month.hedge_gain == pytest.approx(parts.sum(), abs=1e-6)
    navs = texts[texts["kind"] == "closed"].set_index("month")["nav"] / 1e6
    before = 10_000_000.0
    for name, month in found.items():
        gain = month.portfolio_gain + month.hedge_gain
        assert month.nav == navs.loc[[name]].iloc[-1]
        assert month.nav - before == pytest.approx(gain, abs=1e-6)
        before = month.nav


def test_counts_are_those_of_the_texts(hundred, texts) -> None:
    for month in review(hundred.read()).months:
        rows = texts[texts["month"] == month.month]
        count = rows["kind"].value_counts()
        assert month.bars == count["closed"]
        assert sum(month.alarms.values()) == count.get("alarm", 0)
        assert len(month.overrides) == count.get("override", 0)
        assert month.acted == (rows["act"] > 0.0).sum()
        filled = rows[rows["kind"] == "filled"]
        assert month.trades == filled["time"].nunique()
        assert month.fees == pytest.approx(filled["fee"].sum() / 1e6)


def test_the_deepest_fall_is_that_of_pandas(hundred, texts) -> None:
    nav = texts[texts["kind"] == "closed"].set_index("time")["nav"]
    booked = texts[(texts["kind"] == "cash") & (texts["reason"] == "portfolio")]
    earned = booked.set_index("time")["amount"] / nav.shift(fill_value=10_000_000 * 10**6)
    for month in review(hundred.read()).months[1:]:
        inside = earned[earned.index.str[:7] == month.month]
        alone = pd.Series([1.0, *(1.0 + inside).cumprod()])
        falls = alone / alone.cummax() - 1.0
        assert month.depth == pytest.approx(falls.min(), abs=1e-12)
        assert inside.index[falls.idxmin() - 1][:10] == month.fall_to


def test_decisions_to_trade_a_year_are_those_of_the_last_year(hundred, texts) -> None:
    last = review(hundred.read()).months[-1]
    acted = (texts["act"] > 0.0).sum()
    assert last.acted_a_year == pytest.approx(acted / 99.0 * 365.0)


# ---- suggestions ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quiet() -> Month:
    """A month that no rule has anything to say of."""
    march = review(forge(GENESIS, made())).months[1]
    month = replace(march, cut=0, budget={})
    assert suggest(month) == []
    return month


@pytest.mark.parametrize(
    ("rule", "change", "told"),
    [
        ("costs", {"costs": 900.0}, ["$900", "33%", "$2,705", "gain before costs"]),
        (
            "costs",
            {"costs": 300.0, "hedge_gain": -900.0},
            ["$300", "47%", "$640 that time took"],
        ),
        ("residual", {"residual_share": 0.31}, ["31%", "20%"]),
        (
            "budget",
            {"budget": {"": Spent(900.0, 100_000.0, 0.01, 0.5)}},
            ["All lines: 90%", "$900 of $1,000", "50%"],
        ),
        ("trades", {"acted_a_year": 31.4, "acted": 3}, ["31 times", "3 this month", "20"]),
        (
            "crash",
            {"depth": -0.12, "fall": (10_000.0, 200.0)},
            ["12.0%", "$10,000", "$200", "2%", "2020-03-04"],
        ),
        (
            "crash",
            {"depth": -0.12, "fall": (10_000.0, -200.0)},
            ["lost $10,000; the hedge lost $200 more: look"],
        ),
        (
            "sharpe",
            {"sharpe_hedged": 0.41, "sharpe_unhedged": 0.60, "days": 504},
            ["504", "0.41", "0.60"],
        ),
        ("cut", {"cut": 3}, ["3 of 4 bars"]),
        ("alarms", {"alarms": {"margin": 2, "vix": 1}}, ["margin 2, vix 1"]),
        ("overrides", {"overrides": ("a: b (c)",)}, ["1 override "]),
    ],
)
def test_each_rule_speaks_alone_and_names_its_numbers(quiet, rule, change, told) -> None:
    if "fall" in change:
        change = {**change, "fall": type(quiet.fall)(*change["fall"])}
    (said,) = suggest(replace(quiet, **change))
    assert said.rule == rule
    for number in told:
        assert number in said.sentence


@pytest.mark.parametrize(
    "change",
    [
        {"costs": 0.0, "hedge_gain": 0.0},
        {"budget": {"": Spent(900.0, 100_000.0, 0.01, 0.95)}},
        {"budget": {"": Spent(900.0, 100_000.0, None, 0.5)}},
        {"budget": {"": Spent(1_800.0, 100_000.0, 0.01, 1.0)}},  # 31 December
        {"acted_a_year": 20.0},
        {"depth": -0.04},
        {"sharpe_hedged": 0.41, "sharpe_unhedged": 0.60, "days": 100},
        {"sharpe_hedged": math.nan, "sharpe_unhedged": 0.60, "days": 504},
    ],
)
def test_no_rule_speaks_without_cause(quiet, change) -> None:
    assert suggest(replace(quiet, **change)) == []


# ---- the command ---------------------------------------------------------------------------------


@pytest.fixture(params=["run.db", "run.jsonl"])
def place(request, tmp_path):
    with open_ledger(tmp_path / request.param, "demo", writing=True) as ledger:
        ledger.append(made())
    return tmp_path / request.param


def test_the_command_tells_the_last_month_in_full(place) -> None:
    said = good("review", place)
    assert "2020-02 " in said
    assert "2020-03: 2020-03-02 … 2020-03-05 (4 bars)" in said
    assert "Variance premium  paid $300: theta −$600 against gamma $300" in said
    assert "loss $9,000, the hedge $2,300: 25.6%" in said
    assert "To look at:\n- The common budget cut the lines on 1 of 4 bars" in said
    only = good("review", place, "--month", "2020-02")
    assert "2020-02: 2020-02-27" in only
    assert "2020-03" not in only


def test_the_json_has_every_month_and_the_numbers(place) -> None:
    found = as_json("review", place, "--run", "demo")
    assert [month["month"] for month in found["months"]] == ["2020-02", "2020-03"]
    march = found["months"][1]
    assert march["down"] == {"loss": 9_000.0, "gain": 2_300.0, "share": pytest.approx(23 / 90)}
    assert march["budget"]["puts"]["used"] == pytest.approx(0.77)
    assert [said["rule"] for said in march["suggestions"]] == ["cut"]
    assert found["months"][0]["sharpe_hedged"] is None


def test_a_long_run_shows_a_year_of_months() -> None:
    march = review(forge(GENESIS, made()))
    long = replace(march, months=march.months * 10)
    said = report.summarise(long)
    assert "The last 12 of 20 months; --json has them all" in said
    assert said.count("\n2020-") == 12 + 1


def test_mistakes_of_the_user_are_one_sentence(place, tmp_path) -> None:
    for month in ("2020-04", "March", "2020-13"):
        said = bad("review", place, "--month", month)
        assert (
            f"month: no bar of '{month}' is in the ledger. Mend: it has 2020-02 … 2020-03" in said
        )
    assert "there is no such ledger" in bad("review", tmp_path / "none.db")
    assert "'other'" in bad("review", place, "--run", "other")


def test_a_run_without_a_closed_bar_says_so(tmp_path) -> None:
    with open_ledger(tmp_path / "new.db", "demo", writing=True) as ledger:
        ledger.append(made()[:2])
    assert "No bar is closed yet." in good("review", tmp_path / "new.db")
    with pytest.raises(RangeError, match="no bar is closed"):
        review(forge(GENESIS, made()[:2]), "2020-02")


def test_a_ledger_that_does_not_add_up_is_not_reviewed() -> None:
    told = made()
    place = next(i for i, event in enumerate(told) if isinstance(event, events.Explained))
    told[place] = replace(told[place], parts={"portfolio": 1})
    with pytest.raises(LedgerError, match="the parts of the gain do not add up"):
        review(forge(GENESIS, told))


def test_the_columns_of_the_text_are_whole_dollars(hundred) -> None:
    found = review(hundred.read())
    said = report.summarise(found)
    last = [r.event for r in hundred.read()][-1]
    assert f"NAV               ${usd(last.nav):,.0f}" in said
