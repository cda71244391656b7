"""What docs/control.md says is so."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

import hedgerow as hr
from hedgerow.policies.fitting import chain, programme
from hedgerow.report.control import summarise_control
from hedgerow.research.control import AXES, EDGES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "control.md").read_text("utf-8")
WORDS = " ".join(PAGE.split())


def test_the_constants_are_those_of_the_code() -> None:
    terms = chain.Terms()
    assert f"{chain.PRIOR:.0f} sessions' weight" in WORDS
    assert f"{chain.WINDOWS:.0f} windows' weight" in WORDS
    assert (
        f"beyond {terms.fall:.0%} over the next {terms.horizon} sessions".replace("%", " %")
        in WORDS
    )
    assert f"({chain.RATE:.0%} a year)".replace("%", " %") in WORDS
    assert f"cheapest of {math.prod(map(len, AXES.values()))} rules" in WORDS
    assert f"{2 * (len(EDGES) + 1)}" == "12"
    assert float(programme.covered(1.0)) == pytest.approx(0.5 * math.log(1 + 2) / math.log(3))


def test_the_sample_prints_what_the_page_says(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(PAGE.split("```python\n")[1].split("```")[0], {})
    (said,) = re.findall(r"^prints `(.*)`\.$", PAGE, re.M)
    assert capsys.readouterr().out == f"{said}\n"


def test_the_tests_that_the_page_names_are_there() -> None:
    text = "".join(path.read_text("utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))
    for name in re.findall(r"`(test_\w+)`", PAGE):
        assert f"def {name}(" in text


@pytest.mark.realdata
@pytest.mark.slow
def test_the_output_on_the_page_is_that_of_the_command(real_data) -> None:
    found = hr.control(hr.load(real_data), hr.Put(), end="2025-12-31").found
    said = summarise_control(found).splitlines()
    for block in re.findall(r"```text\n(.*?)```", PAGE, re.S):
        for line in block.splitlines():
            assert line in said
    for name in ("band", "band, refitted yearly"):
        for rival in ("best trigger", "3-point trigger", "static"):
            _, low, high = found.real_lead[name, rival]
            assert low < 0.0 < high


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize(("cost", "trades"), [(0.00052, 4), (0.002, 2)])
def test_dear_trading_is_where_the_band_pays(real_data, cost: float, trades: int) -> None:
    found = hr.control(hr.load(real_data), hr.Put(), cost=cost, end="2025-12-31").found
    assert round(found.simulated["band"].trades) == trades
    ahead = f"by {found.lead[0] * 100:.2f} % at"
    if cost == 0.00052:
        assert f"{ahead} ten times that" in WORDS
        return
    assert f"{ahead} 20 bp" in WORDS
    lead = found.real_lead["band, refitted yearly", "3-point trigger"]
    mean, low, high = (f"{100.0 * value:.1f}" for value in lead)
    said = f"{mean} % of NAV a year at 20 bp (`--cost 0.002`; interval {low} … {high} %)"
    assert said in WORDS
