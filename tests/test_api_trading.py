"""Programs from Python: traded, framed, shown in a notebook, kept in a ledger; and mistakes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgerow as hr
from hedgerow.engine import trade as engine
from hedgerow.engine.attribution import Parts
from hedgerow.engine.rulebook import names
from test_readme import blocks

ROOT = Path(__file__).resolve().parents[1]
POLICY = hr.Policy(signals=[hr.Level("vix")], steps=[hr.Linear("vix", low=12, high=22)])
PUTS = hr.Line("puts", hr.Put(), POLICY)
PROGRAM = hr.Program(
    [
        hr.Line("puts <b>", hr.Put(strike_step=5), POLICY),
        hr.Line("futures", hr.VixFuture(), POLICY),
    ],
    name="pair",
    budget=0.02,
    execution=hr.Execution(order="limit"),
    margin=hr.MarginRule(limit=0.5),
)


@pytest.fixture(scope="module")
def market() -> hr.Market:
    return hr.load("builtin", start="2017-01-03", end="2018-12-31")


@pytest.fixture(scope="module")
def result(market):
    return hr.trade(PROGRAM, market, start="2018-01-02")


def test_it_is_the_engines_outcome(market, result) -> None:
    outcome = engine.trade(PROGRAM, market, start="2018-01-02")
    np.testing.assert_array_equal(result.outcome.nav, outcome.nav)
    assert result.to_dict()["nav"] == outcome.nav[-1]


def test_frames_are_the_books(market, result) -> None:
    frame = result.frame()
    assert list(frame) == ["nav", "unhedged", "portfolio", "hedge", "cost", "margin"]
    assert frame.index.name == "date"
    assert str(frame.index[0].date()) == "2018-01-02"
    # every dollar: NAV is the start, what the portfolio and the lines gained
    nav = 10_000_000 + (frame["portfolio"] + frame["hedge"]).cumsum()
    np.testing.assert_allclose(frame["nav"], nav, atol=0.01)
    assert (frame["margin"] > 0.0).any()
    puts, futures = result.frame("puts <b>"), result.frame("futures")
    np.testing.assert_allclose(frame["hedge"], puts["pnl"] + futures["pnl"], atol=1e-6)
    np.testing.assert_allclose(puts[list(Parts._fields)].sum(axis=1), puts["pnl"], atol=1e-6)
    assert (futures["held"] == futures["held"].round()).all()


@pytest.mark.parametrize(
    "date",
    [
        dt.date,
        dt.datetime,
        lambda *when: dt.datetime(*when, 16, tzinfo=dt.UTC),
        pd.Timestamp,
        lambda *when: pd.Timestamp(*when, 16, tz="America/New_York"),
        lambda *when: np.datetime64(dt.date(*when)),
        lambda *when: np.datetime64(dt.date(*when), "ns"),
    ],
)
def test_dates_of_python_numpy_and_pandas_are_dates(market, date) -> None:
    given = {"start": date(2018, 1, 2), "end": date(2018, 1, 31)}
    assert market.between(*given.values()).dates.tolist() == [
        day for day in market.dates.tolist() if dt.date(2018, 1, 2) <= day <= dt.date(2018, 1, 31)
    ]
    frame = hr.trade(PROGRAM, market, **given).frame()
    assert (str(frame.index[0].date()), str(frame.index[-1].date())) == ("2018-01-02", "2018-01-31")
    assert len(hr.load("builtin", **given)) == len(frame)


def test_a_notebook_shows_a_line_and_a_table(result) -> None:
    assert repr(result).startswith("<ProgramResult of pair, 2 lines, 2018-01-02 … 2018-12-31: ")
    assert len(repr(result)) < 160
    page = result._repr_html_()
    assert "puts &lt;b&gt;" in page
    assert "<b>" not in page
    assert page.count("<tr>") == page.count("</tr>") == 2 + len(Parts._fields) + 2
    assert "a model&#x27;s price on 100% of the sessions" in page
    assert "Not investment advice" in page
    assert str(result).startswith("pair, 2018-01-02 … 2018-12-31, 251 sessions\n")


def test_a_report_is_written(result, tmp_path) -> None:
    path = result.report(tmp_path / "page.html")
    assert "puts &lt;b&gt;" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["run.jsonl", "run.db"])
def test_a_ledger_is_named_by_its_path_and_continued(market, result, tmp_path, name) -> None:
    place, told = tmp_path / name, []
    hr.trade(PROGRAM, market, start="2018-01-02", end="2018-06-29", ledger=place)
    again = hr.trade(PROGRAM, market, start="2018-01-02", ledger=str(place), progress=told.append)
    np.testing.assert_array_equal(again.outcome.nav, result.outcome.nav)
    assert sum(told) == len(result.outcome)
    with pytest.raises(hr.LedgerError, match="continue it with the data, program and version"):
        hr.trade(PROGRAM, market, start="2018-01-03", ledger=place)


@pytest.mark.parametrize("name", names())
def test_every_rulebook_is_a_program(name) -> None:
    assert hr.rulebook(name).program.name == name


def test_a_rulebook_file_is_loaded(tmp_path) -> None:
    file = tmp_path / "p.toml"
    file.write_text(hr.rulebook("option-a").text, encoding="utf-8")
    assert hr.load_program(file) == hr.load_program(str(file)) == hr.rulebook("option-a").program


@pytest.mark.parametrize(
    "file", sorted(ROOT.glob("examples/programs/*.toml")), ids=lambda f: f.stem
)
def test_the_examples_are_programs(file) -> None:
    program = hr.load_program(file)
    lines = dict.fromkeys(
        ("delta_hedge", "gamma_scalping_band", "term_structure", "hedged_condors"), 2
    )
    assert len(program.lines) == lines.get(file.stem, 5)
    assert program.name == file.stem.replace("_", "-")


@pytest.mark.parametrize(
    ("call", "kind", "where", "mend"),
    [
        (lambda m, r: hr.trade("p.toml", m), hr.PolicyError, "program",
         "hr.load_program('p.toml')"),
        (lambda m, r: hr.trade(hr.rulebook("bxm"), m), hr.PolicyError, "program",
         'hr.rulebook("bxm").program'),
        (lambda m, r: hr.trade(POLICY, m), hr.PolicyError, "program", "hr.Program([hr.Line("),
        (lambda m, r: hr.trade(PROGRAM, "builtin"), hr.RangeError, "market", "hr.load('builtin')"),
        (lambda m, r: hr.trade(PROGRAM, m, start="soon"), hr.RangeError, "start", "YYYY-MM-DD"),
        (lambda m, r: hr.trade(PROGRAM, m, end=pd.NaT), hr.RangeError, "end", "YYYY-MM-DD"),
        (lambda m, r: hr.trade(PROGRAM, m, end=20180102), hr.RangeError, "end", "YYYY-MM-DD"),
        (lambda m, r: hr.trade(PROGRAM, m, start=dt.date(1950, 1, 2)), hr.RangeError, "start",
         "choose a date inside"),
        (lambda m, r: hr.backtest(POLICY, m, hr.Put(), start="soon"), hr.RangeError, "start",
         "YYYY-MM-DD"),
        (lambda m, r: hr.trade(PROGRAM, m, start="2018-06-01", end="2018-05-01"), hr.RangeError,
         "end", "swap start and end"),
        (lambda m, r: hr.rulebook("vxht"), hr.RangeError, "rulebook", "did you mean 'vxth'?"),
        (lambda m, r: hr.load_program(3), hr.PolicyError, "path", "program.toml"),
        (lambda m, r: hr.load_program("no.toml"), hr.PolicyError, "no.toml", "rulebook show"),
        (lambda m, r: r.frame("futurs"), hr.RangeError, "line", "did you mean 'futures'?"),
        (lambda m, r: r.report(3), hr.RangeError, "path", "report.html"),
        (lambda m, r: hr.Program([]), hr.RangeError, "lines", "give one or more"),
        (lambda m, r: hr.Program("puts"), hr.RangeError, "lines", "[hr.Line(name, sleeve"),
        (lambda m, r: hr.Program(["puts"]), hr.RangeError, "lines[0]", "hr.Line(name, sleeve"),
        (lambda m, r: hr.Program(PUTS), hr.RangeError, "lines", "[hr.Line(name, sleeve"),
        (lambda m, r: hr.Program([PUTS], costs=False), hr.RangeError, "costs", "hr.Costs.none()"),
        (lambda m, r: hr.Program([PUTS], margin=0.25), hr.RangeError, "margin", "hr.MarginRule("),
        (lambda m, r: hr.Program([PUTS], portfolio=10_000_000), hr.RangeError, "portfolio",
         "hr.Equity(10_000_000)"),
        (lambda m, r: hr.Program([PUTS], execution="limit"), hr.RangeError, "execution",
         'hr.Execution(order="limit")'),
        (lambda m, r: hr.Program([PUTS], execution=hr.Execution), hr.RangeError, "execution",
         'hr.Execution(order="limit")'),
        (lambda m, r: hr.Program([PUTS], budget="2%"), hr.RangeError, "budget.per_year",
         "give a number in"),
        (lambda m, r: hr.Program([PUTS], name=3), hr.RangeError, "name", "in quotes"),
        (lambda m, r: hr.Line("x", hr.Put(), POLICY, actions=hr.Monetise()), hr.RangeError,
         "line x, actions", "[hr.Monetise()]"),
        (lambda m, r: hr.Line("x", hr.Put(), POLICY, actions="monetise"), hr.RangeError,
         "line x, actions", "[hr.Monetise()]"),
        (lambda m, r: hr.Line("x", hr.Put(), POLICY, actions=["monetise"]), hr.PolicyError,
         "line x, actions", "[hr.Monetise()]"),
        (lambda m, r: hr.Line("x", hr.Put(), POLICY, actions=[hr.Monetise]), hr.PolicyError,
         "line x, actions", "[hr.Monetise()]"),
        (lambda m, r: hr.Line("x", hr.Put(), POLICY, offsets=PUTS), hr.RangeError,
         "line x, offsets", 'offsets="puts"'),
        (lambda m, r: hr.Line("x", hr.Underlying(), POLICY, max_share=0.5, offsets="puts"),
         hr.RangeError, "line x, max_share", "leave it out"),
        (lambda m, r: hr.MarginRule(limit=25), hr.RangeError, "margin.limit", "25 % as 0.25"),
        (lambda m, r: hr.MarginRule(limit=-1), hr.RangeError, "margin.limit", "3 at most"),
        (lambda m, r: hr.Line("x", hr.Put, POLICY), hr.SleeveError, "line x, sleeve", "hr.Put()"),
        (lambda m, r: hr.Line("x", "put", POLICY), hr.SleeveError, "line x, sleeve", "hr.Put()"),
        (lambda m, r: hr.Line("x", hr.Put(), "p.toml"), hr.PolicyError, "line x, policy",
         "hr.load_policy('p.toml')"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_a_sentence(market, result, call, kind, where, mend) -> None:
    with pytest.raises(kind) as error:
        call(market, result)
    assert error.value.where == where
    assert mend in error.value.mend
    assert "\n" not in str(error.value)


def test_the_python_of_the_engines_page_runs(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
    (block,) = blocks(text, "python")
    exec(compile(block, "engine.md", "exec"), {})
    said = capsys.readouterr().out
    assert "Gain by part, USD" in said
    assert Path("near-far.db").is_file()
    assert Path("program.html").is_file()
