"""What docs/accounting.md says is so."""

from __future__ import annotations

import re
from pathlib import Path

from hedgerow.engine.attribution import Parts
from hedgerow.research import suggestions
from hedgerow.research.flags import MAX_TRADES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "accounting.md").read_text("utf-8")
WORDS = " ".join(PAGE.split())


def test_the_sample_prints_what_the_page_says(capsys) -> None:
    exec(PAGE.split("```python\n")[1].split("```")[0], {})
    (said,) = re.findall(r"^prints `(.*)`\.$", PAGE, re.M)
    assert capsys.readouterr().out == f"{said}\n"


def test_the_page_lists_every_part() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.M)) == {"portfolio", *Parts._fields}


def test_the_thresholds_are_those_of_the_rules() -> None:
    for said in (
        f"costs above {suggestions.COSTS * 100:.0f} %",
        f"a residual above {suggestions.RESIDUAL * 100:.0f} %",
        f"more than {suggestions.BUDGET * 100:.0f} % of a year's budget",
        f"more than {MAX_TRADES:.0f} decisions",
        f"less than {suggestions.OFFSET * 100:.0f} % given back of a fall of "
        f"{-suggestions.CRASH * 100:.0f} % or more",
        f"a Sharpe ratio {suggestions.SHARPER:.2f} below",
    ):
        assert said in WORDS
