"""The trigger against hand-written paths (B6): each leg, strictness, reset, rearming."""

from __future__ import annotations

import pytest

from hedgerow.core.book import Bar, View, opening
from hedgerow.policies.trigger import Trigger, legs

OFF = {"move": None, "relative": None, "every": None, "drawdown": None}
NO_BAR = Bar(*[0.0] * len(Bar._fields))


def fired(trigger: Trigger, vix, *, days=1.0, nav=None, filled=None) -> list[list[str]]:
    """Play a path; every order is filled at the next bar unless ``filled`` says otherwise."""
    memory, out, acted = trigger.start(), [], False
    peak = 0.0
    for t, level in enumerate(vix):
        worth = nav[t] if nav else 100.0
        peak = max(peak, worth)
        done = acted if filled is None else acted and filled[t]
        book = opening(100.0)._replace(nav=worth, peak=peak, filled=float(done))
        view = View((level,), book, NO_BAR._replace(days=days if t else 0.0))
        _, memory = trigger.kernel(float(t), view, memory, trigger.params())
        acted = memory.fired > 0.0
        out.append(legs(memory.legs))
        assert acted == (memory.legs > 0.0)
    return out


def test_b6_the_first_bar_always_trades() -> None:
    assert fired(Trigger(**OFF), [20.0, 40.0, 10.0]) == [["start"], [], []]


def test_b6_more_than_three_points_strictly() -> None:
    rule = Trigger(**{**OFF, "move": 3.0})
    assert fired(rule, [18.0, 18.0, 21.0, 15.0, 21.01]) == [["start"], [], [], [], ["move"]]


def test_b6_example_of_the_source_18_to_22_fires() -> None:
    rule = Trigger(**{**OFF, "move": 3.0})
    assert fired(rule, [18.0, 18.0, 22.0])[-1] == ["move"]


def test_b6_more_than_15_percent_strictly() -> None:
    rule = Trigger(**{**OFF, "relative": 0.25})
    assert fired(rule, [16.0, 16.0, 20.0, 12.0, 20.1]) == [["start"], [], [], [], ["relative"]]


def test_b6_the_anchor_is_the_level_that_was_asked_at_and_moves_when_filled() -> None:
    rule = Trigger(**{**OFF, "move": 3.0})
    # 22 fires and is filled a bar later; from then on 22 is the anchor, so 24.9 stays inside.
    assert fired(rule, [18, 18, 22, 24.9, 25.1]) == [["start"], [], ["move"], [], ["move"]]


def test_b6_an_order_that_is_not_filled_is_asked_again() -> None:
    rule = Trigger(**{**OFF, "move": 3.0})
    out = fired(rule, [18, 18, 22, 22, 22], filled=[True, True, True, False, True])
    assert out == [["start"], [], ["move"], ["move"], []]


def test_b6_seven_calendar_days_since_the_last_trade() -> None:
    rule = Trigger(**{**OFF, "every": "7d"})
    # decided at bar 0, traded at bar 1; seven days later it rings, and trades at the next bar
    out = fired(rule, [20.0] * 18)
    assert [t for t, names in enumerate(out) if names] == [0, 8, 16]
    assert out[8] == ["clock"]


def test_b6_five_bars() -> None:
    out = fired(Trigger(**{**OFF, "every": "5b"}), [20.0] * 14, days=3.0)
    assert [t for t, names in enumerate(out) if names] == [0, 6, 12]


def test_b6_drawdown_fires_when_newly_crossed_and_not_again_until_recovered() -> None:
    rule = Trigger(**{**OFF, "drawdown": 0.05})
    nav = [100, 100, 95, 94.9, 90, 80, 96, 94.9]
    out = fired(rule, [20.0] * 8, nav=nav)
    assert [t for t, names in enumerate(out) if "drawdown" in names] == [3, 7]


def test_b6_drawdown_that_resets_fires_at_each_further_fall() -> None:
    rule = Trigger(**{**OFF, "drawdown": 0.05}, rearm="reset")
    nav = [100, 100, 94, 93, 89, 88]
    out = fired(rule, [20.0] * 6, nav=nav)
    assert [t for t, names in enumerate(out) if "drawdown" in names] == [2, 4]


def test_b6_the_four_readings_of_the_source() -> None:
    legs_of = {
        name: [leg for leg in OFF if getattr(Trigger(**values), leg) is not None]
        for name, values in Trigger.presets.items()
    }
    assert legs_of == {
        "spec": ["move", "relative", "every", "drawdown"],
        "rules": ["move", "relative", "every"],
        "practical": ["move", "every", "drawdown"],
        "mistakes": ["move"],
    }
    assert Trigger() == Trigger(**Trigger.presets["spec"])
    # "VIX moves > 2 points" against the rules' 3
    moves = [18.0, 18.0, 20.5]
    assert fired(Trigger(**Trigger.presets["mistakes"]), moves)[-1] == ["move"]
    assert fired(Trigger(**Trigger.presets["rules"]), moves)[-1] == []


def test_b6_several_legs_are_all_counted() -> None:
    out = fired(Trigger(), [10.0, 10.0, 20.0])
    assert out[-1] == ["move", "relative"]


def test_what_is_released_is_held_until_the_next_firing() -> None:
    rule, memory = Trigger(**OFF), Trigger(**OFF).start()
    xs = []
    for t, x in enumerate([0.5, 1.0, 2.0]):
        book = opening(100.0)._replace(filled=1.0 if t else 0.0)
        y, memory = rule.kernel(x, View((20.0,), book, NO_BAR), memory, rule.params())
        xs.append(y)
    assert xs == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("every", ["7", "d7", "0d", "7w", ""])
def test_a_clock_that_cannot_be_read_is_refused(every: str) -> None:
    with pytest.raises(ValueError, match="7d"):
        Trigger(every=every)


@pytest.mark.parametrize("rearm", ["recovery", "reset"])
def test_b6_a_drawdown_whose_order_is_not_filled_is_asked_again(rearm: str) -> None:
    rule = Trigger(**{**OFF, "drawdown": 0.05}, rearm=rearm)
    nav = [100.0, 100.0, 94.0, 94.0, 94.0, 94.0, 94.0]
    out = fired(rule, [18.0] * 7, nav=nav, filled=[True, True, True, False, False, True, True])
    assert [t for t, names in enumerate(out) if "drawdown" in names] == [2, 3, 4]
