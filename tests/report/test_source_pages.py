"""The pages of readings and of worked examples: whole, offline, escaped, the numbers in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

import hedgerow as hr
from hedgerow.core.market import Market
from hedgerow.report import examples as examples_page
from hedgerow.report import readings as readings_page
from hedgerow.report.formats import usd
from hedgerow.research.examples.catalog import work
from hedgerow.research.readings import readings
from report.reader import Page
from synthetic import market


@pytest.fixture(scope="module")
def world() -> Market:
    return market(1_200)


@pytest.fixture(scope="module")
def linear(world):
    return readings("linear", world, hr.Put(), hr.Equity())


def whole(page: Page, sections: set[str]) -> None:
    assert sections <= set(page.ids)
    assert len(page.ids) == len(set(page.ids)), "an id is used twice"
    links = [value[1:] for tag, name, value in page.attributes if (tag, name) == ("a", "href")]
    assert set(links) <= set(page.ids)
    assert "Not investment advice." in page.text
    for _, name, value in page.attributes:
        assert name not in ("src", "style")
        assert not value.startswith(("http:", "https:"))


def test_the_page_of_readings_is_whole_and_has_their_numbers(linear) -> None:
    page = Page(readings_page.render(linear, version="1.2.3", source="synthetic <b>"))
    whole(page, {"answer", "figures", "levels", "time", "data", "chart-hedge", "chart-x"})
    assert "synthetic <b>" in page.text
    for item in linear.items:
        assert usd(item.figures["hedge_pnl"]) in page.text
        assert item.variant.why in page.text


def test_readings_that_could_not_run_have_a_page_too(linear) -> None:
    first, *rest = linear.items
    failed = replace(first, figures={}, track=None, against={}, problem="no <data>")
    some = replace(linear, items=(failed, *(replace(item, against={}) for item in rest)))
    page = Page(readings_page.render(some))
    whole(page, {"answer", "figures", "time"})
    assert "no <data>" in page.text
    none = replace(some, items=(failed,), ground=None, fixed={}, provenance={})
    page = Page(readings_page.render(none))
    whole(page, {"answer", "figures", "data"})
    assert "chart-hedge" not in page.ids


def test_the_page_of_examples_is_whole_and_has_claims_and_measurements(world) -> None:
    found = [work("E1", world), work("E5", world), work("E2", world)]
    page = Page(examples_page.render(found, version="1.2.3"))
    whole(page, {"E1", "E2", "E5", "figures", "limits", "chart-E1", "chart-E5"})
    assert "Not measured:" in page.text  # E2 begins in 2012
    for row in found[0].measured.rows:
        assert row.what in page.text
    for check in found[0].arithmetic:
        assert check.printed in page.text
    assert "9 of" not in page.text
    assert "21 of 21 printed numbers follow" in page.text
