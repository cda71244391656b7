"""The page and the picture of a study of gamma scalping."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import pytest

import hedgerow as hr
from hedgerow.report import scalping, scalping_page
from hedgerow.report.formats import usd
from hedgerow.research.scalping import Rule, Scalping, expose, scalp
from hedgerow.research.scalping_figures import by_period, by_rule, per_year
from report.reader import Page
from synthetic import market

RULES = [Rule(), Rule(every=5), Rule(width=0.1), Rule(width=0.1, edge=True), Rule(aversion=0.1)]


@pytest.fixture(scope="module")
def study() -> Scalping:
    return scalp(expose(hr.Straddle(tenor="30d"), market(500)), RULES)


@pytest.fixture(scope="module")
def read(study) -> Page:
    return Page(scalping_page.render(study, "a <b> straddle", version="1.2.3"))


def test_a13_the_page_is_well_formed_and_has_every_number(read, study) -> None:
    assert {"answer", "figures", "ways", "periods", "limits"} <= set(read.ids)
    links = [value[1:] for tag, name, value in read.attributes if (tag, name) == ("a", "href")]
    assert set(links) <= set(read.ids)
    for said in ("Not investment advice.", "Hedgerow 1.2.3", "a <b> straddle"):
        assert said in read.text
    for name, value in per_year(study).items():
        assert name == "expected_realised" or usd(value) in read.text or usd(-value) in read.text
    for row in by_rule(study):
        assert row["rule"] in read.text
        assert usd(row["sd_monthly"]) in read.text
    for period in ("year", "month"):
        for row in by_period(study, period=period):
            assert row["period"] in read.text
            assert usd(row["pnl"]) in read.text


@pytest.mark.parametrize("period", ["year", "month"])
def test_a13_the_columns_of_a_period_add_up_to_all_together(study, period) -> None:
    head, *rows = scalping.period_rows(by_period(study, period=period))
    expected = {"", "at implied", "at realised", "all together"}
    for row in rows:
        told = {name: float(_plain(cell)) for name, cell in zip(head[1:], row[1:], strict=True)}
        parts = [value for name, value in told.items() if name not in expected]
        assert sum(parts) == pytest.approx(told["all together"], abs=4.0)  # whole dollars


def _plain(cell: str) -> str:
    return cell.replace("−", "-").replace("$", "").replace(",", "")


def test_a13_the_page_asks_nothing_of_the_network(read) -> None:
    for _, name, value in read.attributes:
        if name in {"src", "href"}:
            assert value.startswith(("#", "data:image/svg+xml;base64,"))
    assert not [name for _, name, _ in read.attributes if name == "style" or name.startswith("on")]


def middle(mark) -> tuple[float, float]:
    """Return where a mark stands: a circle, a square, or a diamond drawn from its top."""
    if mark.get("cx"):
        return float(mark.get("cx")), float(mark.get("cy"))
    if mark.get("x"):
        return float(mark.get("x")) + 4.5, float(mark.get("y")) + 4.5
    x, y = mark.get("d")[1:].split("l")[0].split()
    return float(x), float(y) + 6.0


def test_a13_the_picture_on_the_page_is_the_picture(read, study) -> None:
    (drawn,) = [value for _, name, value in read.attributes if name == "src"]
    text = base64.b64decode(drawn.partition(",")[2]).decode("utf-8")
    assert text == scalping.picture(study, "Gamma scalping of a <b> straddle")
    root = ElementTree.fromstring(text)
    marks = [e for e in root.iter() if e.get("class") in ("every", "band", "aversion")]
    marks = [e for e in marks if middle(e)[1] != 50.0]  # the legend's
    assert [e.get("class") for e in marks] == ["every", "every", "band", "band", "aversion"]
    assert len({e.tag for e in marks}) == 3  # shapes tell what colours do
    right = [middle(e)[0] for e in marks]
    costs = [row["hedge_costs"] for row in by_rule(study)]
    assert sorted(range(5), key=right.__getitem__) == sorted(range(5), key=costs.__getitem__)


def test_a13_labels_of_points_that_meet_do_not_cover_each_other(study) -> None:
    close = scalp(study.exposure, [Rule(width=w) for w in (0.0200, 0.0201, 0.0202, 0.0203)])
    root = ElementTree.fromstring(scalping.picture(close, "close"))
    labels = [e for e in root.iter() if e.get("class") == "point"]
    places = {(e.get("x"), e.get("y")) for e in labels}
    assert len(labels) == len(places) == 4
