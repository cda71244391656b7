"""What docs/vix.md and docs/pricing.md say about VIX futures and options is so."""

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

from hedgerow.pricing.smile import Smile
from hedgerow.pricing.vix_option import VolOfVol

DOCS = Path(__file__).resolve().parents[2] / "docs"
MONTH = 30 / 365


def numbers(text, start):
    """Rows of the table that follows ``start``, as floats."""
    table = text[text.index(start) :].split("\n\n")[1]
    return [[float(c) for c in re.findall(r"[\d.]+", row)] for row in table.splitlines()[2:]]


@pytest.mark.parametrize("page", ["vix.md", "pricing.md"])
def test_the_examples_run(page):
    found = doctest.testfile(str(DOCS / page), module_relative=False)
    assert found.attempted > 5
    assert found.failed == 0


def test_the_sensitivity_to_the_smile_is_as_stated():
    rows = numbers((DOCS / "vix.md").read_text("utf-8"), "One month, future 18, VVIX 90")
    assert len(rows) == 8
    fixed = float(VolOfVol().strike_of_delta(0.30, 18.0, MONTH, 90.0))
    for rho, eta, *said in rows:
        model = VolOfVol(smile=Smile(rho=rho), steepness=eta)
        call = model.strike_of_delta([0.25, 0.30], 18.0, MONTH, 90.0)
        put = model.strike_of_delta(-0.25, 18.0, MONTH, 90.0, call=False)
        strikes = np.array([18.0, call[0], float(put)])
        vols = 100.0 * model.vol(np.log(strikes / 18.0), 90.0, MONTH)
        price = model.price(18.0, np.array([call[1], fixed, 30.0]), MONTH, 90.0, call=True).price
        assert [*vols, call[1]] == pytest.approx(said[:4], abs=0.051)
        assert list(price) == pytest.approx(said[4:], abs=0.0051)


def test_the_term_structure_of_vvix_is_as_stated():
    text = " ".join((DOCS / "vix.md").read_text("utf-8").split())
    found = re.search(
        r"fair volatility is (\d+) at 9 days, (\d+) at 60, (\d+) at 93, (\d+) at 184", text
    )
    wanted = 100.0 * VolOfVol().fair_vol(90.0, np.array([9, 60, 93, 184]) / 365)
    assert [float(n) for n in found.groups()] == pytest.approx(wanted, abs=0.5)


@pytest.mark.realdata
def test_the_tables_are_what_the_command_prints(real_data):
    from hedgerow.research.curve_quality import report

    said = report(str(real_data))
    pages = "".join((DOCS / page).read_text("utf-8") for page in ("vix.md", "pricing.md"))
    rows = [line for line in said.splitlines() if re.match(r"\| (\d|VIX \d|VIX above|all)", line)]
    assert len(rows) == 28
    for row in rows:
        assert row in pages
    # "224 monthly futures … a skewness of +2.3 (+1.4 to 2012, +2.9 since)"
    assert "Skewness of 224 futures' last months over VVIX: +2.3; to 2012 +1.4, from 2013 +2.9" in (
        said
    )
