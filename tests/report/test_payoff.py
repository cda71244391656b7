"""The payoff picture: what it draws, and that it can be read."""

from __future__ import annotations

import datetime as dt
import re
from itertools import combinations
from types import MappingProxyType
from xml.etree import ElementTree

import numpy as np
import pytest

from hedgerow.core.contract import FutureContract
from hedgerow.instruments import structures as named
from hedgerow.instruments.analysis import analyse
from hedgerow.instruments.state import State
from hedgerow.report.payoff import payoff

SVG = "{http://www.w3.org/2000/svg}"
DAY, EXPIRY, LATER = "2026-02-18", dt.date(2026, 3, 20), dt.date(2026, 6, 18)
NOW = State(DAY, spot=5000.0, vol=0.2, rate=0.04)
VIX = State(DAY, forward=19.0, vol=0.9)
ES = FutureContract("ES", 2026, 3)
CASES = {
    "condor": (named.iron_condor("SPXW", EXPIRY, 4700, 4800, 5200, 5300), NOW),
    "straddle": (named.straddle("SPXW", EXPIRY, 5000), NOW),
    "collar": (named.collar("SPXW", LATER, 4700, 5300, call_expiry=EXPIRY), NOW),
    "ratio": (named.ratio_spread("SPXW", EXPIRY, 4900, 4700), NOW),
    "hedged": (named.hedged_short_future("SPXW", EXPIRY, 5200, ES, entry=5010), NOW),
    "vix": (named.call_spread("VIX", dt.date(2026, 3, 18), 20, 30), VIX),
    "american": (named.put("SPY", EXPIRY, 520, -2), State(DAY, spot=500.0, vol=0.2, rate=0.05)),
    "far": (named.put("SPXW", EXPIRY, 1000), NOW),
    "future": (named.future(ES, 5000), NOW),
}


def test_forwards_may_come_in_any_mapping() -> None:
    put = named.put("SPXW", EXPIRY, 5000)
    drawings = [
        payoff(analyse(put, State(DAY, forward=given, vol=0.2, rate=0.04)))
        for given in ({EXPIRY: 5000.0}, MappingProxyType({EXPIRY: 5000.0}))
    ]
    assert drawings[0] == drawings[1]


@pytest.fixture(params=CASES, scope="module")
def drawn(request):
    structure, state = CASES[request.param]
    found = analyse(structure, state)
    return found, payoff(found)


def lines(text: str) -> dict[str, np.ndarray]:
    root = ElementTree.fromstring(text)
    return {
        path.get("class"): np.array(
            [pair.split() for pair in path.get("d")[1:].split("L")], dtype=np.float64
        )
        for path in root.iter(f"{SVG}path")
        if path.get("class") in {"end", "now"} and "L" in path.get("d")
    }


def test_it_is_well_formed_and_holds_no_hole(drawn) -> None:
    _, text = drawn
    for word in ("nan", "inf,", "None", "inf "):
        assert not re.search(rf"\b{word}\b", text)
    made = lines(text)
    assert set(made) == {"end", "now"}
    for line in made.values():
        assert len(line) > 300
        assert (np.diff(line[:, 0]) >= 0.0).all()
        assert ((line[:, 1] >= 0.0) & (line[:, 1] <= 320.0)).all()


def test_dots_stand_on_the_line_where_it_crosses_zero(drawn) -> None:
    found, text = drawn
    root = ElementTree.fromstring(text)
    dots = [(float(c.get("cx")), float(c.get("cy"))) for c in root.iter(f"{SVG}circle")]
    near = [p for p in found.break_evens.points if 0.0 < p < 3.0 * 5000.0]
    assert len(dots) == len(near) > 0
    end = lines(text)["end"]
    (zero,) = {cy for _, cy in dots}
    for cx, _ in dots:
        assert np.interp(cx, end[:, 0], end[:, 1]) == pytest.approx(zero, abs=1.5)


def test_todays_line_passes_zero_at_todays_price(drawn) -> None:
    found, text = drawn
    root = ElementTree.fromstring(text)
    (mark,) = [p.get("d") for p in root.iter(f"{SVG}path") if p.get("class") == "mark"]
    (level,) = [p.get("d") for p in root.iter(f"{SVG}path") if p.get("class") == "zero"]
    here, zero = float(mark[1:].split()[0]), float(level.split()[1].split("h")[0])
    now = lines(text)["now"]
    assert found.price == found.paid
    assert np.interp(here, now[:, 0], now[:, 1]) == pytest.approx(zero, abs=0.6)


def boxes(text: str) -> list[tuple[str, float, float, float, float]]:
    """Where texts of 12 pixels lie, a little narrower than they are drawn."""
    found = []

    def walk(node: ElementTree.Element, x: float, y: float) -> None:
        moved = re.fullmatch(r"translate\((\S+) (\S+)\)", node.get("transform", ""))
        if moved:
            x, y = x + float(moved[1]), y + float(moved[2])
        if node.tag == f"{SVG}text":
            left, top = x + float(node.get("x", 0)), y + float(node.get("y", 0))
            width = 6.2 * len(node.text)
            left -= {"middle": width / 2, "end": width}.get(node.get("text-anchor"), 0.0)
            found.append((node.text, left, left + width, top - 9.0, top + 2.0))
        for child in node:
            walk(child, x, y)

    walk(ElementTree.fromstring(text), 0.0, 0.0)
    return found


def test_no_text_lies_on_another_or_outside(drawn) -> None:
    _, text = drawn
    width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', text).groups())
    places = boxes(text)
    for said, left, right, top, bottom in places:
        assert left > 0.0, said
        assert right < width, said
        assert 0.0 < top < bottom < height, said
    for a, b in combinations(places, 2):
        apart = a[2] <= b[1] or b[2] <= a[1] or a[4] <= b[3] or b[4] <= a[3]
        assert apart, (a[0], b[0])


def test_it_says_what_a_manager_asks() -> None:
    structure, state = CASES["ratio"]
    text = payoff(analyse(structure, state))
    assert "prefers-color-scheme: dark" in text
    assert "at expiry, 2026-03-20; dots: break-even" in text
    assert "Worst: −$4" in text  # at zero, far left of what is drawn
    assert "Best: $" in text
    assert "at the first expiry, 2026-03-20" in payoff(analyse(*CASES["collar"]))
    assert "forward 19.00" in payoff(analyse(*CASES["vix"]))
