"""Hedges of a book of condors side by side: sums that tie, sizes, splits, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.api.hedging import load_book
from hedgerow.core.market import Market
from hedgerow.engine.program_text import read
from hedgerow.engine.trade import trade
from hedgerow.errors import RangeError
from hedgerow.report.formats import number, percent, usd
from hedgerow.report.hedged import by_state
from hedgerow.research import performance
from hedgerow.shortvol.beside.figures import figures, gains_of, monthly
from hedgerow.shortvol.beside.sizing import (
    Shocked,
    answer_before,
    shocked,
    sized,
    together,
)
from hedgerow.shortvol.beside.states import held_over
from hedgerow.shortvol.beside.study import Beside, Run, study
from hedgerow.shortvol.beside.variants import covers, names, static, wanted
from hedgerow.shortvol.beside.worth import gaps, worth
from hedgerow.shortvol.layered.rules import LayeredRules, lines

BOOK = """
name = "condors"
[portfolio]
equity_share = 0.0
[policies.hold]
raw = true
steps = [{ kind = "constant", level = 1.0 }, { kind = "at_roll" }]
[[lines]]
name = "condors"
role = "book"
policy = "hold"
sleeve = { kind = "condor", strike_step = 5, size = { max_loss = 0.1 } }
"""
ROOT = Path(__file__).parents[2]
START, END = "2017-10-02", "2018-03-29"
ONLY = ("static-vx", "alvh", "static-vx-matched", "long-put", "hedged-short-future", "sold-put")


@pytest.fixture(scope="module")
def market() -> Market:
    return hr.load("builtin", start="2014-01-02", end="2018-12-31")


@pytest.fixture(scope="module")
def found(market) -> Beside:
    layers = lines(LayeredRules())
    return study(read(BOOK), market, layers=layers, only=ONLY, start=START, end=END)


def test_h7_nav_is_book_and_layers_and_bills_and_credit_stands_apart(found):
    for key, run in found.runs.items():
        made = run.outcome
        start = made.program.portfolio.value
        layers = sum((line["pnl"] for line in run.layers.values()), np.zeros(len(made)))
        assert made.nav == pytest.approx(
            start + np.cumsum(run.book + layers + made.earned), rel=1e-12
        ), key
        for part in ("whole", "in_sample", "out_of_sample"):
            told, nav = found.figures(key, part), made.nav[found.rows(part)]
            assert told.book + told.hedge + told.interest == pytest.approx(nav[-1] - nav[0])
            assert sum(told.layers.values()) == pytest.approx(told.hedge)
            assert told.kept == pytest.approx((told.book + told.hedge) / told.credit)
            assert told.max_drawdown <= 0.0
        # credit is in none of the sums above: a ledger of its own
        assert run.rates.credit.sum() > 0.0


def test_a_hedge_of_nothing_is_the_book_alone(found, market):
    none = hr.Policy([hr.Constant(0.0)], raw=True)
    line = hr.Line("vx", hr.VixFuture(), none, sized_by="book_vega")
    idle = study(read(BOOK), market, layers=(line,), only=["alvh"], start=START, end=END)
    assert np.array_equal(idle.runs["alvh"].outcome.nav, found.alone.outcome.nav)
    made = idle.figures("alvh")
    assert (made.hedge, made.trading, made.her) == (0.0, 0.0, 0.0)


def test_the_static_variant_is_the_engines_run_of_its_line(found, market):
    book = read(BOOK)
    program = replace(book, lines=(*static(0.65).lines, *book.lines))
    alone = trade(program, market, start=START, end=END)
    assert np.array_equal(alone.nav, found.runs["static-vx"].outcome.nav)


def test_what_is_earned_is_told_of_the_state_whose_decision_was_held(found):
    run = found.runs["alvh"]
    line, states = run.layers["vx"], run.states[0]
    state = held_over(states, found.base.lag)
    free = np.isin(state, [0.0, 1.0])  # calm and armed hold nothing
    gross = line["pnl"] + line["cost"]
    assert np.abs(gross[~free]).sum() > 10_000.0
    assert gross[free] == pytest.approx(0.0, abs=1e-6)
    # and so does the table of the report
    told = {row[0]: row[2] for row in by_state(found, "alvh")[1:]}
    for each, name in enumerate(run.states[1]):
        assert told[name] == usd(float(line["pnl"][state == each].sum())), name


@pytest.mark.slow
def test_what_came_later_changes_nothing_before(found, market):
    cut = study(
        read(BOOK), market.until(market.index_of("2018-01-31")), layers=lines(LayeredRules()),
        only=ONLY, start=START,
    )  # fmt: skip
    bars = len(cut.alone.outcome)
    for key in ("alone", "static-vx", "alvh", "long-put", "hedged-short-future", "sold-put"):
        ours, whole = cut.runs[key], found.runs[key]
        assert np.array_equal(ours.outcome.nav, whole.outcome.nav[:bars]), key
        assert np.array_equal(ours.rates.credit, whole.rates.credit[:bars])
        assert ours.variant.said == whole.variant.said
    assert np.array_equal(cut.runs["alvh"].states[0], found.runs["alvh"].states[0][:bars])


def test_the_yardstick_has_the_layers_average_vega(found):
    ours, like = found.runs["alvh"], found.runs["static-vx-matched"]
    assert ours.vega.mean() > 0.0
    assert like.vega.mean() == pytest.approx(ours.vega.mean(), rel=0.10)
    assert like.variant.bench
    assert not ours.variant.bench


def test_vega_of_futures_is_a_thousand_dollars_a_point(found):
    run = found.runs["static-vx"]
    assert run.vega == pytest.approx(1_000.0 * run.layers["vx"]["held"])


@pytest.mark.parametrize("cover", [0.25, 0.5])
def test_structures_give_back_the_same_part_of_the_modelled_loss(market, cover):
    known = market.until(market.index_of(START))
    book, answer = read(BOOK), answer_before(market.until(market.index_of(START)))
    loss = together([shocked(line, book, known, answer) for line in book.lines])
    assert loss.fall < 0.0
    assert loss.rise < 0.0
    for each in covers():
        made = sized(
            each.legs, book, known, book=loss, answer=answer, cover=cover, upside=each.upside
        )
        again = together([shocked(line, book, known, answer) for line in made.lines])
        assert again == pytest.approx(made.gains)
        target, other = (loss.rise, loss.fall) if each.upside else (loss.fall, loss.rise)
        ours, theirs = (again.rise, again.fall) if each.upside else (again.fall, again.rise)
        assert theirs >= other * (1.0 + 1e-9), each.key
        if made.bounded:
            assert theirs == pytest.approx(other)
            assert ours < -cover * target
        else:
            assert ours == pytest.approx(-cover * target), each.key


def test_volatility_rises_more_with_a_fall_than_it_falls_with_a_rise(market):
    answer = answer_before(market.until(market.index_of(START)))
    assert answer.falls > answer.rises > 0.0


def test_a_book_that_loses_one_way_only_is_refused(market):
    known = market.until(market.index_of(START))
    legs, answer = covers()[0].legs, answer_before(known)
    with pytest.raises(RangeError, match="loses both ways") as error:
        sized(legs, read(BOOK), known, book=Shocked(-1.0, 2.0), answer=answer, cover=0.5)
    assert error.value.where == "condor"


def test_the_split_is_dated_and_nothing_overlaps(market, found):
    dated = study(read(BOOK), market, only=["static-vx"], start=START, end=END, parts="2018-02-01")
    assert dated.figures("alone", "out_of_sample").first == "2018-02-01"
    assert dated.figures("alone", "in_sample").last == "2018-01-31"
    half = found.split.train.stop, found.split.test.start
    assert half[0] == half[1] == round(len(found.alone.outcome) / 2)


@given(st.lists(st.floats(-0.2, 0.2), min_size=3, max_size=80))
def test_the_months_multiply_to_the_whole(moves):
    days = np.datetime64("2020-01-15", "D") + np.arange(len(moves) + 1)
    nav = 100.0 * np.cumprod(np.r_[1.0, 1.0 + np.array(moves)])
    months, made = monthly(days, nav)
    assert np.prod(1.0 + made) == pytest.approx(nav[-1] / nav[0])
    assert len(np.unique(months)) == len(months) == len(made)


def test_c4_the_effectiveness_is_gain_over_the_books_loss(found):
    rows = {row["name"]: row for row in gains_of(found.runs["long-put"].track)}
    run = found.runs["long-put"]
    inside = (run.outcome.dates > np.datetime64("2018-01-26")) & (
        run.outcome.dates <= np.datetime64("2018-02-08")
    )
    row = rows["2018 February"]
    assert row["portfolio_loss"] == pytest.approx(-run.book[inside].sum())
    assert row["her"] == pytest.approx(-run.hedge[inside].sum() / run.book[inside].sum())


def test_fewer_condors_at_the_hedges_fall_are_the_divest_benchmark(found):
    made = worth(found, "long-put", "whole", resamples=0)
    assert made.matched
    assert 0.0 < made.kept < 1.0
    nav, cash = found.alone.outcome.nav, found.cash
    moves = cash[1:] + made.kept * (nav[1:] / nav[:-1] - 1.0 - cash[1:])
    fewer = nav[0] * np.cumprod(np.r_[1.0, 1.0 + moves])
    ours = found.figures("long-put").max_drawdown
    assert performance.drawdowns(fewer).min() == pytest.approx(ours, abs=1e-9)
    gap = found.figures("long-put").annual_return - performance.annual_return(
        fewer, performance.years(found.alone.track)
    )
    assert made.fewer.annual_return.value == pytest.approx(gap, abs=1e-9)


def test_half_of_the_moves_for_all_of_the_return_is_worth_it_and_for_none_is_not(found):
    noise = np.random.default_rng(3).normal(0.0, 0.004, len(found.cash) - 1)
    noise -= noise.mean()

    def made(key: str, mean: float, part: float) -> Run:
        nav = 1e7 * np.cumprod(np.r_[1.0, 1.0 + mean + part * noise])
        run = found.runs[key]
        return replace(run, outcome=replace(run.outcome, nav=nav))

    def word(mean: float) -> str:
        runs = {"alone": made("alone", 0.002, 1.0), "static-vx": made("static-vx", mean, 0.5)}
        return worth(replace(found, runs=runs, _figures={}), "static-vx", "whole").word

    assert word(0.002) == "worth its cost"
    assert word(0.0) == "not worth its cost"


def test_equal_navs_have_no_gap_and_equal_seeds_equal_gaps(found):
    nav, other = (found.runs[key].outcome.nav for key in ("alone", "long-put"))
    assert not gaps(nav, nav, resamples=20, seed=1).any()
    once, twice = (gaps(nav, other, resamples=20, seed=1) for _ in range(2))
    assert np.array_equal(once, twice)
    assert gaps(nav, other, resamples=20, seed=2) is not once


def test_figures_of_a_part_are_those_of_a_run_that_is_cut_there(found):
    rows = found.rows("out_of_sample")
    part, whole = found.figures("long-put", "out_of_sample"), found.runs["long-put"].track
    nav = whole["nav"][rows]
    assert part.total_return == pytest.approx(nav[-1] / nav[0] - 1.0)
    assert part.worst_day == pytest.approx(performance.returns(nav).min())
    assert part.credit == pytest.approx(whole["credit"][rows][1:].sum())
    again = figures(whole, rows, found.cash)
    assert again == part


def test_the_catalogue_has_every_structure_of_g2():
    assert names(layered=False)[2:] == (
        "sold-call", "short-future", "hedged-short-future", "long-put", "put-spread", "collar",
        "sold-put", "sold-atm-put", "hedged-long-future",
    )  # fmt: skip
    assert wanted(["static-vx-matched"], layered=True) == (
        "alone", "static-vx", "alvh", "static-vx-matched",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"only": ["collars"]}, "--only"),
        ({"static": 0.0}, "static"),
        ({"cover": 3.0}, "cover"),
        ({"only": ["static-vx"], "parts": "fifty"}, "--split"),
        ({"start": "2014-01-31", "end": "2014-03-31", "only": ["collar"]}, "start"),
    ],
)
def test_what_cannot_be_is_refused_with_the_field(market, given, where):
    terms = {"start": START, "end": END, **given}
    with pytest.raises(RangeError) as error:
        study(read(BOOK), market, **terms)
    assert error.value.where == where


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('role = "book"\n', "", "condor"),
        ("equity_share = 0.0", "equity_share = 0.5", "portfolio.equity_share"),
    ],
)
def test_what_is_no_book_is_refused_with_the_field(market, old, new, where):
    with pytest.raises(RangeError) as error:
        study(read(BOOK.replace(old, new)), market, start=START, end=END)
    assert error.value.where == where


@pytest.mark.realdata
def test_vx_are_settles_where_the_exchange_listed_them_and_a_model_before(real_data):
    market = hr.load(str(real_data))
    for start, end, share in (("2012-01-03", "2012-06-29", 0.0), ("2003-01-02", "2003-06-30", 1.0)):
        made = study(read(BOOK), market, only=["static-vx"], start=start, end=end)
        notes = made.runs["static-vx"].outcome.notes
        assert notes["vx"]["modelled_share"] == share
        assert notes["condors"]["modelled_share"] == 1.0


@pytest.mark.realdata
@pytest.mark.slow
def test_twenty_years_come_to_what_the_page_says(real_data):
    layers = lines(LayeredRules.from_file(ROOT / "examples/shortvol/alvh.toml"))
    made = study(
        load_book(ROOT / "examples/shortvol/condor.toml"), hr.load(str(real_data)),
        layers=layers, only=["alvh"], start="2006-01-03", end="2026-03-27",
    )  # fmt: skip
    page = (ROOT / "docs" / "alvh-backtest.md").read_text("utf-8")
    rows = [row.split(" | ") for row in page.splitlines() if row.startswith("| **ALVH**")]

    def told(*shares: tuple[float | None, int]) -> list[str]:
        return [percent(share, digits).replace("%", " %") for share, digits in shares]

    whole, late = (made.figures("alvh", part) for part in ("whole", "out_of_sample"))
    assert [cell.strip("| ") for cell in rows[0][1:]] == [
        *told((whole.annual_return, 2)), number(whole.sharpe),
        *told((whole.worst_day, 1), (whole.worst_month, 1), (whole.max_drawdown, 1)),
        *told((whole.margin_most, 0), (whole.kept, 1), (whole.cost_of_credit, 1), (whole.her, 1)),
    ]  # fmt: skip
    assert rows[1][1:8] == [
        *told((late.annual_return, 2)), number(late.sharpe),
        *told((late.worst_month, 1), (late.max_drawdown, 1)),
        *told((late.kept, 1), (late.cost_of_credit, 1), (late.her, 1)),
    ]  # fmt: skip
    for gain in whole.layers.values():
        assert f"{round(-gain / 1000):,},000" in page
