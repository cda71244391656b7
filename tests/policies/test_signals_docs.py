"""What docs/signals.md says is so."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import hedgerow as hr
from cli.console import good
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.needs import listed
from hedgerow.policies.term_structure import constant_maturity

PAGE = (Path(__file__).parents[2] / "docs" / "signals.md").read_text("utf-8")
NAMED = {name for line in PAGE.splitlines() if line.startswith("| `") for name in
         re.findall(r"`(\w+)`", line.split("|")[1])}  # fmt: skip


def test_every_signal_of_the_table_can_be_named_and_is_listed() -> None:
    assert len(NAMED) > 15
    assert all(signal_named(name).name == name for name in NAMED)
    assert NAMED - {signal.name for signal in listed()} == {"events_fomc_cpi_ppi"}


def test_the_python_of_the_page_runs(capsys) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    space: dict[str, object] = {}
    exec(block, space)
    assert "2018-02-05" in capsys.readouterr().out


def test_the_reaches_of_the_page() -> None:
    said = re.search(r"reach`: (\d+) sessions for\s+`(\w+)`, (\d+) for `(\w+)`", PAGE)
    assert said is not None
    assert [signal_named(said[2]).reach, signal_named(said[4]).reach] == [
        int(said[1]),
        int(said[3]),
    ]


@pytest.mark.realdata
def test_the_console_of_the_page_says_what_it_says(real_data) -> None:
    (block,) = re.findall(r"^```console\n(.*?)^```", PAGE, re.M | re.S)
    command, *shown = block.splitlines()
    words = [str(real_data) if word == "DIR" else word for word in command.split()[2:]]
    assert "\n".join(shown) + "\n" == good(*words)


@pytest.mark.realdata
def test_what_the_page_says_of_the_false_binary_and_of_vx30(real_data) -> None:
    market = hr.load(str(real_data), end="2026-07-23")
    spx = market["spx"]
    ahead = np.lib.stride_tricks.sliding_window_view(spx[1:], 20).min(axis=1)
    low = np.full(len(spx), np.nan)
    low[: len(ahead)] = ahead / spx[: len(ahead)] - 1.0
    on = signal_named("divergence_sectors")(market)
    both = np.isfinite(on + low)
    days = market.dates[both]
    assert (str(days[0])[:7], str(days[-1])[:7]) == ("1999-04", "2026-06")
    fell = low <= -0.05
    words = " ".join(PAGE.split())
    assert f"on at {on[both].mean():.1%} of {both.sum():,} sessions".replace("%", " %") in words
    after = [fell[both & (on == side)].mean() for side in (1.0, 0.0)]
    said = f"after {after[0]:.1%} of them, and after {after[1]:.1%} of the others"
    assert said.replace("%", " %") in words
    quoted = constant_maturity(market, 30).measured
    first = market.index_of("2004-03-26")
    assert not quoted[:first].any()
    assert f"{quoted[first:].mean():.1%} of sessions since March 2004".replace("%", " %") in words
