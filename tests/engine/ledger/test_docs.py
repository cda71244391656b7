"""What docs/ledger.md says is so."""

from __future__ import annotations

import re
from pathlib import Path

from hedgerow.engine.ledger.lines import _LINE
from hedgerow.engine.ledger.vocabulary import KINDS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "ledger.md").read_text("utf-8")


def test_the_sample_code_prints_what_the_page_says(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    exec(PAGE.split("```python\n")[1].split("```")[0], {})
    (said,) = re.findall(r"^prints `(.*)`\.$", PAGE, re.M)
    assert capsys.readouterr().out == f"{said}\n"


def test_the_page_lists_every_event() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.M) == list(KINDS)


def test_the_sample_line_has_the_shape_of_one() -> None:
    sample = PAGE.split("```json\n")[1].split("```")[0].replace("3c…", "3c" * 32)
    assert _LINE.fullmatch(sample.encode())
