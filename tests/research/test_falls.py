"""Made falls, each figure by a road of its own: closed forms, marks of the strip, arithmetic."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.errors import RangeError
from hedgerow.instruments.catalog import parse_sleeve
from hedgerow.policies.catalog import starter
from hedgerow.report import falls as told
from hedgerow.research.claims.evidence import WARM
from hedgerow.research.falls import CALM, FALLS, RECOVERY, Falls, falls, usual
from report.reader import Page

LINEAR = starter("linear")
FREE = hr.Costs.none()


@cache
def found() -> Falls:
    return falls(usual(), hr.Put())


def row(fall: str, vix: float, rule: str, floor: float | None = None):
    (one,) = (
        each for each in found().of(fall, vix) if each.rule == rule and floor in (None, each.floor)
    )
    return one


@pytest.mark.slow
def test_b2_intensities_at_the_top_are_those_of_the_rules_by_hand() -> None:
    # A1: (VIX - 12) / 10; A3: nothing up to 15, one up to 25; A2: 0.8 VIX over 15
    for fall in FALLS:
        assert row(fall, 12.0, "linear", 0.2).start == pytest.approx(0.2)
        assert row(fall, 12.0, "linear", 0.0).start == 0.0
        assert row(fall, 17.0, "linear").start == pytest.approx(0.5)
        assert row(fall, 25.0, "linear").start == pytest.approx(1.3)
        assert [row(fall, v, "tiers-option-c").start for v in (17.0, 25.0)] == [1.0, 1.0]
        for vix in (12.0, 17.0, 25.0):
            # twenty moves of a day's deviation each; the first day's trigger rounds it down
            assert row(fall, vix, "vol-ratio").start == pytest.approx(0.8 * vix / 15.0, abs=0.03)
        assert row(fall, 17.0, "drawdown").start == pytest.approx(1.0, abs=0.01)


@pytest.mark.slow
def test_b2_intensities_at_the_bottom_of_the_grind_follow_the_rule_of_vix() -> None:
    # V = calm + 1.84 points a per cent of fall, 93 % of the distance kept each session
    pace = 100.0 * (1.0 - 0.8 ** (1.0 / 126.0))
    lift = 1.84 * pace * (1.0 - 0.93**126) / 0.07
    for vix in (12.0, 17.0, 25.0):
        wanted = min((vix + lift - 12.0) / 10.0, 2.0)
        assert row("grind", vix, "linear, daily", 0.2 if vix == 12.0 else None).trough == (
            pytest.approx(wanted, abs=0.002)
        )
        held = row("grind", vix, "linear", 0.2 if vix == 12.0 else None)
        assert held.trough == pytest.approx(wanted, abs=0.31)  # the trigger's three points


@pytest.mark.slow
def test_nobody_reacts_within_a_day_and_persistence_not_within_three() -> None:
    for fall in ("1987", "flash"):
        for vix in (12.0, 17.0, 25.0):
            whole = row(fall, vix, "static").her
            for one in found().of(fall, vix):
                if "daily" in one.rule or "budget" in one.rule or one.rule == "term-structure":
                    continue
                assert one.her == pytest.approx(one.start * whole, abs=0.006), one
                assert one.her == pytest.approx(one.fixed, abs=0.006), one
    for vix in (12.0, 17.0, 25.0):
        one = row("1987", vix, "linear, daily", 0.2 if vix == 12.0 else None)
        assert one.her == pytest.approx(one.fixed, abs=0.006)
        # three sessions are enough for a rule that waits for nothing
        three = row("flash", vix, "linear, daily", 0.2 if vix == 12.0 else None)
        assert three.her > three.fixed + 0.04


@pytest.mark.slow
def test_a_floor_is_all_there_is_in_a_crash_from_calm() -> None:
    for rule in ("linear", "tiers-option-c"):
        bare, floored = row("flash", 12.0, rule, 0.0), row("flash", 12.0, rule, 0.2)
        assert bare.her <= 0.0
        assert floored.her > 0.03
        assert (bare.cost, floored.cost > 0.0) == (0.0, True)
        # it bought at the bottom what it lost on the way up
        assert bare.after < -0.015
        assert floored.her == pytest.approx(0.2 * row("flash", 12.0, "static").her, abs=0.003)


def test_her_of_one_session_is_that_of_the_strip_by_hand() -> None:
    fall = FALLS["1987"]
    hedge = hr.Put(size=hr.Contracts(10))
    made = falls([], hedge, names=["1987"], levels=[17.0], costs=FREE)
    (static,) = made.rows
    by_hand = []
    for wait in (0, 7, 14):
        model = replace(fall, before=CALM + wait)
        sessions = CALM + wait + 1 + RECOVERY
        market = model.paths(1, sessions, 0, hr.Start(vix=17.0)).market(0)
        strip, top = hedge.strip(market, costs=FREE), CALM + wait
        assert market["spx"][top + 1] / market["spx"][top] == pytest.approx(0.7953)
        gain = 10 * strip.multiplier * (strip.mark[top + 1] - strip.open[top])
        gain -= 10 * strip.financing[top + 1]
        earned = sum(
            10 * (strip.multiplier * (strip.mark[t] - strip.open[t - 1]) - strip.financing[t])
            for t in range(WARM + 1, top + 1)
        )
        # what the hedge earned before is in the portfolio, and its dividends of 1.8 % a year
        years = (market.dates[top] - market.dates[WARM - 1]).astype(int) / 365.0
        value = 10e6 * np.exp(0.018 * years) * market["spx"][top] / market["spx"][WARM - 1]
        by_hand.append(gain / (0.2047 * (value + earned)))
    assert static.her == pytest.approx(np.mean(by_hand), rel=0.003)
    assert [static.least, static.most] == pytest.approx([min(by_hand), max(by_hand)], rel=0.003)


@pytest.mark.slow
def test_figures_do_not_depend_on_the_company() -> None:
    alone = falls(usual()[:1], hr.Put(), names=["flash"], levels=[25.0])
    for one in alone.rows:
        assert one == replace(row("flash", 25.0, one.rule), floor=one.floor)


def test_without_a_hedge_nothing_is_saved_and_a_bigger_one_saves_more() -> None:
    sizes = [0.5, 1.0, 2.0]
    made = [
        falls([], hr.Put(size=hr.Notional(size)), names=["flash"], levels=[17.0]).rows[0]
        for size in sizes
    ]
    assert [one.her for one in made] == pytest.approx(
        [size * made[1].her for size in sizes], rel=0.06
    )
    assert made[0].saved < made[1].saved < made[2].saved
    assert made[0].cost < made[1].cost < made[2].cost


def test_falls_may_follow_a_history() -> None:
    market = hr.load("builtin", start="2016-01-04", end="2017-11-30")
    made = falls([LINEAR], hr.Put(), market=market, names=["flash"])
    assert made.warm
    assert {one.vix for one in made.rows} == {float(market["vix"][-1])}
    ours = next(one for one in made.rows if one.floor == 0.2)
    assert ours.start == pytest.approx(0.2)  # VIX at 11.28
    assert ours.her == pytest.approx(0.2 * made.rows[0].her, abs=0.01)


def test_mistakes_are_named() -> None:
    with pytest.raises(RangeError, match=r"no fall 'flush'.*did you mean 'flash'"):
        falls([], hr.Put(), names=["flush"])
    with pytest.raises(RangeError, match="two policies share a name"):
        falls([LINEAR, LINEAR], hr.Put())


def test_text_and_page_have_every_row() -> None:
    made = falls([LINEAR], hr.Put(), names=["flash"], levels=[12.0])
    text, page = told.told(made), Page(told.render(made, version="1.2.3"))
    assert {"answer", "figures", "fall-flash"} <= set(page.ids)
    assert len(made.rows) == 3
    for one in made.rows:
        cost = f"{100.0 * one.cost:.2f}%"
        assert cost in text
        assert cost in page.text
    assert "beyond a fixed hedge of the same cost" in text
    assert text.count("none") == 1
    assert math.isnan(made.rows[0].floor)
    plain = told.table(made)["falls"]["flash"]["rows"]
    assert [each["her"] for each in plain] == [one.her for one in made.rows]


PAGE = (Path(__file__).resolve().parents[2] / "docs" / "falls.md").read_text("utf-8")


def cells(line: str) -> list[str]:
    return [cell.strip(" `") for cell in line.strip("|").split("|")]


def numbers(text: str) -> list[float]:
    return [float(part) for part in re.findall(r"-?[\d.]+", text.replace("\u2212", "-"))]


@pytest.mark.slow
def test_the_table_of_the_page_is_what_the_command_finds() -> None:
    shown = [cells(line) for line in PAGE.splitlines() if re.match(r"\| [a-z].* \| \d\d \| ", line)]
    assert len(shown) == len(found().of("flash"))
    for line, flash in zip(shown, found().of("flash"), strict=True):
        floor = {"none": 0.0, "0.2": 0.2}.get(line[2])
        assert (line[0], float(line[1])) == (flash.rule, flash.vix)
        assert math.isnan(flash.floor) if floor is None else flash.floor == floor
        grind, monday = (row(name, flash.vix, flash.rule, floor) for name in ("grind", "1987"))
        said = numbers(" ".join(line[3:]))
        ours = [100.0 * flash.cost, flash.start, flash.trough, grind.trough]
        for one in (flash, grind, monday):
            ours += [100.0 * one.her, 100.0 * one.fixed]
        assert said == pytest.approx([*ours, 100.0 * flash.after], abs=0.0501)


@pytest.mark.slow
def test_the_instruments_of_the_page_are_what_the_command_finds() -> None:
    shown = [cells(line) for line in PAGE.splitlines() if line.startswith("| `")]
    assert len(shown) == 6
    for text, *line in shown:
        made = falls(usual()[:1], parse_sleeve(text), levels=[17.0])
        ours = []
        for name in FALLS:
            static, linear = made.of(name)
            ours += [static.her, linear.her, linear.fixed]
        assert numbers(" ".join(line)) == pytest.approx([100.0 * x for x in ours], abs=0.0501)
