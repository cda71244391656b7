"""The book of condors from the outside: hr.condor, the commands, the report, CNDR's terms."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import hedgerow as hr
from cli.console import as_json, bad, good
from hedgerow.engine.trade import trade
from hedgerow.report.condor_pictures import payoff, trades
from hedgerow.shortvol.condor import CondorRules, book_of, program
from hedgerow.shortvol.condor.rules import starter
from shortvol.flat_market import flat_market

RULES = "[entry]\nweeks = 4\nrungs = 2\n[management]\nroll_tested = 0.3\n"
SPAN = ("--from", "2018-01-02", "--to", "2018-06-29")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    place = tmp_path_factory.mktemp("condor") / "condor.toml"
    place.write_text(RULES)
    return place


@pytest.fixture(scope="module")
def result(file):
    return hr.condor(file, hr.load("builtin"), start=SPAN[1], end=SPAN[3])


def test_the_answer_comes_first(result):
    lines = str(result).splitlines()
    heads = [line.split("  ")[0] for line in lines[2:6]]
    assert heads == ["Premium kept", "Worst day", "Worst month", "Margin"]
    assert "modelled" in str(result)
    assert "Not investment advice." in str(result)


def test_the_journal_as_a_frame_adds_up_to_the_days(result):
    frame = result.trades()
    assert frame["pnl"].sum() == pytest.approx(result.frame()["hedge"].sum(), abs=0.005)
    assert set(frame["reason"]) <= {"profit", "stop", "days", "tested", "roll", "expiry", "open"}
    assert (frame["exit"].dropna() > frame["entry"][frame["exit"].notna()]).all()


def test_the_figures_of_a_run_are_those_of_its_days(result):
    frame, found = result.frame(), result.figures
    worst = frame["hedge"].idxmin()
    assert found.worst_day == pytest.approx(frame["hedge"].min())
    assert found.worst_day_date == str(worst.date())
    months = frame["hedge"].groupby(frame.index.to_period("M")).sum()
    assert found.worst_month == pytest.approx(months.min())
    assert found.worst_month_date == str(months.idxmin())
    equity = 10_000_000.0 + np.concatenate([[0.0], frame["hedge"].cumsum()])
    assert found.drawdown == pytest.approx((equity / np.maximum.accumulate(equity) - 1.0).min())
    assert found.drawdown <= 0.0
    assert found.margin == pytest.approx(frame["margin"].max())


def test_the_commands_say_what_python_says(file, result, tmp_path):
    page = tmp_path / "condor.html"
    found = as_json("condor", "backtest", file, *SPAN, "--report", page)
    assert found["figures"]["kept"] == pytest.approx(result.figures.kept)
    assert len(found["trades"]) == len(result.journal)
    assert page.is_file()
    html = page.read_text(encoding="utf-8")
    assert "of the premium was" in html
    assert html.index("Premium kept") < html.index("Worst day") < html.index("Journal")
    assert "Modelled prices" in html
    assert not re.search(r'(src|href)="https?:', html)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[entry]\nshort_delta = 3", "entry.short_delta"),
        ("[management]\nstop_los = 2", "management.stop_los"),
        ("[entry", "condor.toml"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence_and_exit_code_2(tmp_path, text, said):
    place = tmp_path / "condor.toml"
    place.write_text(text)
    assert said in bad("condor", "backtest", place)


def test_the_starter_is_the_example_and_the_usual_rules():
    example = starter()
    place = Path(__file__).parents[2] / "examples" / "shortvol" / "condor.toml"
    assert place.read_text(encoding="utf-8") == example
    assert good("condor", "new") == example
    assert CondorRules.from_toml(example) == CondorRules(name="weekly-condors")


def test_pictures_are_well_formed_and_each_reason_has_its_own_form_and_word(result):
    drawn = ElementTree.fromstring(trades(result.journal))
    texts = " ".join(drawn.itertext())
    for reason in {one.reason for one in result.journal}:
        assert reason in texts
    ElementTree.fromstring(payoff(result.journal[0]))


def test_cndr_rulebook_where_its_terms_are_those_of_the_rules():
    """CNDR's terms in a book line: the journal's gains are the index's, condor by condor."""
    market = hr.load("builtin").between(None, "2012-12-31")
    book = hr.rulebook("cndr").program
    line = book.lines[0]
    as_book = hr.Line("condors", line.sleeve, line.policy, role="book")
    terms = {name: getattr(book, name) for name in ("portfolio", "costs", "execution", "fills")}
    published = trade(book, market, start="2010-01-04")
    ours = trade(hr.Program([as_book], **terms), market, start="2010-01-04")
    assert np.array_equal(ours.nav, published.nav)
    assert book_of(ours).pnl == pytest.approx(published.lines["condors"]["pnl"], abs=1e-9)
    ended = [trip for trip in ours.book.trips if trip.closed >= 0]
    assert len(ended) == 36  # a month each, and the last is held on
    assert {trip.why for trip in ended} == {("expiry",)}
    assert sum(trip.pnl for trip in ours.book.trips) == pytest.approx(
        published.lines["condors"]["pnl"].sum(), abs=0.005
    )


def test_hedges_stand_beside_the_book_and_take_its_vega_out():
    cover = hr.Policy([hr.Constant(0.6)], name="cover", raw=True)
    future = hr.Line("vx", hr.VixFuture(), cover, sized_by="book_vega")
    made = program(CondorRules(weeks=4, rungs=1), hedges=[future])
    outcome = trade(made, flat_market())
    alone = trade(program(CondorRules(weeks=4, rungs=1)), flat_market())
    assert outcome.lines["vx"]["held"].max() > 0.0
    assert set(outcome.book.lines) == {"condor-1"}
    assert book_of(outcome).margin.max() == pytest.approx(book_of(alone).margin.max(), rel=0.05)
    assert outcome.margin.max() > book_of(outcome).margin.max()
