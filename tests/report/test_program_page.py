"""The page of a traded program: whole, offline, escaped, and its bars are its tables."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

import hedgerow as hr
from engine.trading import moving, scheduled
from hedgerow.engine.attribution import Parts
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.trade import trade
from hedgerow.errors import HedgerowError
from hedgerow.report import outcome as told
from hedgerow.report import program_page
from hedgerow.report.formats import number, percent, usd
from hedgerow.report.program_parts import stacked
from report.reader import Page
from synthetic import market

LIMIT = "line limit"
LINES = [
    hr.Line("puts <b>", hr.Put(strike_step=5), moving(), actions=(hr.Monetise(),)),
    hr.Line("sold", hr.Put(side="short", size=hr.Notional(0.2)), moving()),
    hr.Line("futures", hr.VixFuture(), moving()),
]


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    data = scheduled(market(900, start="2018-01-02"))
    margin = hr.MarginRule(limit=0.02, response="record")
    return trade(hr.Program(LINES, name="page", budget=0.02, margin=margin), data)


@pytest.fixture(scope="module")
def read(outcome) -> Page:
    return Page(program_page.render(outcome, version="1.2.3"))


def test_it_is_well_formed_and_whole(read, outcome) -> None:
    sections = {"answer", "figures", "value", "parts", "lines", "crises", "data", "limits", "terms"}
    charts = {f"chart-{key}" for key in ("nav", "hedge", "drawdown", "intensity", "margin")}
    assert sections | charts <= set(read.ids)
    assert len(read.ids) == len(set(read.ids)), "an id is used twice"
    links = [value[1:] for tag, name, value in read.attributes if (tag, name) == ("a", "href")]
    assert set(links) <= set(read.ids)
    for said in (
        "Not investment advice.", "What this does not show", "Hedgerow 1.2.3", "puts <b>",
        usd(outcome.nav[-1]), "a model's price on 100% of the sessions", "margin asks for",
    ):  # fmt: skip
        assert said in read.text
    for line in outcome.lines.values():
        assert usd(float(line["pnl"].sum())) in read.text


def test_it_asks_nothing_of_the_network_and_escapes_names(read, outcome) -> None:
    for tag, name, value in read.attributes:
        if name in {"src", "href"}:
            assert value.startswith("#"), f"<{tag} {name}={value!r}>"
    rules = next(v for _, n, v in read.attributes if n == "content" and "default-src" in v)
    assert "default-src 'none'" in rules
    assert "unsafe" not in rules
    assert not [name for _, name, _ in read.attributes if name == "style" or name.startswith("on")]
    assert "<b>" not in re.sub(r"<b>[^<]*</b>", "", program_page.render(outcome))


def test_the_pointer_reads_the_outcome(read, outcome) -> None:
    (told,) = [json.loads(text) for attrs, text in read.scripts if attrs.get("id") == "readings"]
    days = np.array(told["days"]).astype("datetime64[D]")
    rows = np.searchsorted(outcome.dates, days)
    np.testing.assert_array_equal(told["charts"]["nav"]["lines"][1], outcome.nav[rows].round())
    earned = np.cumsum(outcome.lines["sold"]["pnl"])[rows]
    np.testing.assert_array_equal(told["charts"]["hedge"]["lines"][1], earned.round())
    share = (outcome.margin / outcome.nav)[rows]
    np.testing.assert_allclose(told["charts"]["margin"]["lines"][0], share, atol=5e-5)


def test_c8_the_bars_of_parts_add_up_to_the_gain(outcome) -> None:
    found = stacked(outcome)
    years = outcome.dates.astype("datetime64[Y]")
    assert [bar["label"] for bar in found["bars"]] == [str(y) for y in np.unique(years)]
    scale = found["scale"]
    zero, unit = float(scale.y(0.0)), float(scale.y(0.0) - scale.y(1.0))
    for bar, year in zip(found["bars"], np.unique(years), strict=True):
        gain = float(outcome.hedge[years == year].sum())
        assert bar["total"] == usd(gain)
        up = sum(r["height"] for r in bar["rects"] if r["y"] < zero - 0.05)
        down = sum(r["height"] for r in bar["rects"] if r["y"] >= zero - 0.05)
        # each rectangle is rounded to a tenth of a pixel
        slack = 0.1 * len(Parts._fields) / unit
        assert (up - down) / unit == pytest.approx(gain, abs=slack)
        assert (zero - bar["y"]) / unit == pytest.approx(gain, abs=slack)


def test_a_short_run_is_told_by_months_and_says_that_no_crisis_is_in_it(outcome) -> None:
    data = scheduled(market(60, start="2019-06-03"))
    short = trade(hr.Program(LINES[:1], fills="close"), data)
    assert [bar["label"] for bar in stacked(short)["bars"]] == ["2019-06", "2019-07", "2019-08"]
    page = Page(program_page.render(short))
    assert "No dated crisis falls into this run" in page.text
    assert "chart-margin" not in page.ids  # filled at the close, it has none


def test_c4_a_crisis_row_is_the_sum_of_its_days(read, outcome) -> None:
    days = outcome.dates
    rows = (days > np.datetime64("2020-02-19")) & (days <= np.datetime64("2020-03-23"))
    gain, loss = outcome.hedge[rows].sum(), -outcome.earned[rows].sum()
    text = read.text[read.text.index("2020 Covid") :][:200]
    assert usd(float(gain)) in text
    assert usd(float(-loss)) in text
    assert percent(gain / loss if loss > 0.0 else None) in text


def test_it_is_written_whole_or_not_at_all(outcome, tmp_path) -> None:
    path = program_page.write(outcome, tmp_path / "new" / "page.html")
    assert path.read_text(encoding="utf-8") == program_page.render(outcome)
    with pytest.raises(HedgerowError, match=r"this is a folder\. Mend: name a file inside it"):
        program_page.write(outcome, tmp_path)


def test_nav_is_the_portfolio_alone_and_the_lines_gains_and_what_those_earned(outcome) -> None:
    made = told.figures(outcome)
    parts = [made["unhedged"], made["hedge_pnl"], made["reinvested"]]
    assert made["nav"] == pytest.approx(sum(parts), rel=1e-12)
    # bar by bar: the portfolio's return on all of NAV that is not the portfolio alone
    growth = np.diff(outcome.unhedged) / outcome.unhedged[:-1]
    rest = outcome.nav[:-1] - outcome.unhedged[:-1]
    assert made["reinvested"] == pytest.approx(float((growth * rest).sum()), rel=1e-9)
    text, page = told.told(outcome), Page(program_page.render(outcome)).text
    assert re.search(rf"NAV against the portfolio alone, USD +{number(sum(parts[1:]), 0)}\n", text)
    for sentence in ("gain of the lines themselves", "portfolio on what the lines earned before"):
        assert sentence in text
        assert sentence in page


def test_a_run_of_less_than_a_year_tells_the_return_of_the_run() -> None:
    data = scheduled(market(60, start="2019-06-03"))
    short = trade(hr.Program(LINES[:1], fills="close"), data)
    text, page = told.told(short), Page(program_page.render(short)).text
    gained = percent(float(short.nav[-1] / short.nav[0] - 1.0), 2)
    assert re.search(rf"Return of the run +{gained}", text)
    assert f"points over {len(short)} sessions" in page
    for said in (text, page):
        assert "Return a year" not in said


@pytest.fixture(scope="module")
def bills() -> Outcome:
    program = hr.Program(LINES[:1], portfolio=hr.Equity(1e7, equity_share=0.0))
    return trade(program, scheduled(market(900, start="2018-01-02")))


def test_without_equity_the_page_compares_with_bills_and_the_index(bills) -> None:
    page, made = Page(program_page.render(bills)), told.figures(bills)
    fall = percent(made["max_drawdown"])
    assert f"{percent(made['return_per_year'], 2)} a year, deepest fall {fall}." in page.text
    assert "bills alone" in page.text
    assert "S&P 500, price" in page.text
    for said in ("portfolio alone", "Gave back", "gave back", "never been hedged"):
        assert said not in page.text
        assert said not in told.told(bills)


def test_without_equity_a_crisis_is_the_fall_of_the_index(bills) -> None:
    days = bills.dates
    (a,), (b,) = (np.flatnonzero(days == np.datetime64(d)) for d in ("2020-02-19", "2020-03-23"))
    page = Page(program_page.render(bills)).text
    cells = page[page.index("2020 Covid 2020-02-19") :][:200]
    for column in (bills.index, bills.nav):
        assert percent(float(column[b] / column[a] - 1.0)) in cells


def test_the_index_has_its_dividends_where_the_data_have_them(bills) -> None:
    data = scheduled(market(60, start="2019-06-03"))
    total = np.linspace(100.0, 200.0, len(data))
    columns = {name: data[name] for name in data.columns} | {"spx_tr": total}
    more = hr.Market(data.times, columns, dict(data.origin))
    made = trade(hr.Program(LINES[:1]), more)
    assert made.index_name == "S&P 500 with dividends"
    np.testing.assert_array_equal(made.index, total[-len(made) :])
    assert bills.index_name == "S&P 500, price"


def test_the_margin_limit_is_drawn_where_margin_comes_near_it(outcome) -> None:
    def limits(limit: float) -> tuple[list[str], bool]:
        rule = hr.MarginRule(limit=limit, response="record")
        program = replace(outcome.program, margin=rule)
        page = Page(program_page.render(replace(outcome, program=program)))
        drawn = [
            v for tag, name, v in page.attributes if (tag, name, v) == ("path", "class", LIMIT)
        ]
        return drawn, "lies far above" in page.text

    assert limits(0.02) == ([LIMIT], False)
    assert limits(3.0) == ([], True)


def test_an_action_that_acted_is_counted_and_seen_in_what_it_keeps(outcome) -> None:
    keep = outcome.lines["puts <b>"]["keep"]
    cuts = int(np.count_nonzero(np.diff(keep, prepend=1.0) < 0.0))
    assert cuts > 0
    assert outcome.actions == {"puts <b>": {"monetise": cuts}}
    assert np.all(outcome.lines["sold"]["keep"] == 1.0)
    row = next(row for row in told.gains(outcome) if row[0] == "sessions with an action")
    assert row[1:] == [f"monetise {cuts}", "", "", ""]
    assert f"monetise {cuts}" in Page(program_page.render(outcome)).text


def test_alarms_are_told_rule_by_rule_with_the_first_and_the_worst(outcome) -> None:
    by_rule = {rule: [a for a in outcome.alarms if a[1] == rule] for rule in ("budget", "margin")}
    said = told.alarms(outcome)
    for rule, alarms in by_rule.items():
        at = said.index(f"{rule}: {len(alarms):,} alarms")
        assert said[at + 1] == f"  first {alarms[0][0]}: {alarms[0][2]}"
    rows = [int(np.flatnonzero(outcome.dates == np.datetime64(a[0]))[0]) for a in by_rule["margin"]]
    worst = by_rule["margin"][int(np.argmax((outcome.margin / outcome.nav)[rows]))]
    assert f"  worst {worst[0]}: {worst[2]}" in said
    least = min(float(re.findall(r"to (0\.[0-9]+) of it", a[2])[0]) for a in by_rule["budget"]
                if a[2].endswith(" of it"))  # fmt: skip
    assert any("worst" in line and f"{least:.3f} of it" in line for line in said)
    assert "(--json has all alarms)" in told.told(outcome)
