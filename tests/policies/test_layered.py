"""H3 … H7, H10, H12, H16: the layered hedge, each transition on a small path made by hand."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

import hedgerow as hr
from hedgerow.core.book import Bar, Book, View
from hedgerow.errors import PolicyError
from hedgerow.policies.layered_conditions import following
from hedgerow.policies.layered_states import ENGINE_TRANSITIONS, TRANSITIONS, State, reason

CALM, ARMED, FIRST, BUILDING, FULL, UNWINDING = State


class Seen(NamedTuple):
    """One bar of a path: quiet unless said otherwise."""

    vix: float = 15.0
    rsi: float = 40.0
    vix_macd: float = -0.1
    vx_macd: float = -0.1
    spx_macd: float = 0.5
    divergence: float = 0.0
    implied: float = 0.3
    events: float = 0.0
    nav: float = 100.0
    days: float = 1.0


QUIET = Seen()
CROSS = Seen(vix=20.0, vix_macd=0.2, spx_macd=-0.5)
UP = Seen(vix=24.0, vix_macd=0.3, vx_macd=0.1, spx_macd=-0.5)
PAUSE = Seen(vix=30.0, vix_macd=0.3, vx_macd=0.0, spx_macd=-0.5)
DOWN = Seen(vix=22.0, vix_macd=-0.3, vx_macd=-0.2)


def up(vx_macd: float, vix: float = 30.0) -> Seen:
    return UP._replace(vx_macd=vx_macd, vix=vix)


def drive(step: Any, path: list[Seen]) -> tuple[list[Any], list[float]]:
    """Return the memories and intensities after each bar."""
    memory, params, peak, before = step.start(), step.params(), 0.0, path[0].nav
    memories, wanted = [], []
    bar = Bar(*[0.0] * len(Bar._fields))
    for seen in path:
        peak = max(peak, seen.nav)
        book = Book(*[0.0] * len(Book._fields))._replace(nav=seen.nav, peak=peak, before=before)
        view = View(tuple(seen[:8]), book, bar._replace(days=seen.days))
        x, memory = step.kernel(0.0, view, memory, params)
        memories.append(memory)
        wanted.append(float(x))
        before = seen.nav
    return memories, wanted


def walked(step: Any, path: list[Seen]) -> list[tuple[State, str, float]]:
    """Return state, reason and part of the target held after each bar."""
    return [
        (State(int(m.state)), t.name if (t := reason(m.reason)) else "", round(m.fraction, 6))
        for m in drive(step, path)[0]
    ]


def rule(**fields: Any) -> hr.Layered:
    plain = {"first": 0.25, "slices": 3, "stages": 2, "day_loss": None, "drawdown": None}
    return hr.Layered(**(plain | fields))


def test_the_whole_way_from_calm_to_calm() -> None:
    path = [QUIET, CROSS, UP, up(0.2), up(0.3, 40.0), up(0.4), PAUSE, DOWN, DOWN, QUIET]
    assert walked(rule(), path) == [
        (CALM, "", 0.0),
        (ARMED, "vix_macd_cross", 0.0),
        (FIRST, "vx_macd_entry", 0.25),
        (BUILDING, "slice_confirmed", 0.5),
        (BUILDING, "slice_added", 0.75),
        (FULL, "target_filled", 1.0),
        (FULL, "", 1.0),
        (UNWINDING, "iv_retraced", 0.5),
        (CALM, "unwound", 0.0),
        (CALM, "", 0.0),
    ]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (QUIET, CROSS._replace(spx_macd=0.1)),  # the index does not confirm
        (QUIET._replace(vix_macd=0.1), CROSS),  # above zero already: no crossing
        (QUIET, CROSS._replace(vix_macd=-0.01)),
    ],
)
def test_h3_what_does_not_arm(before: Seen, now: Seen) -> None:
    assert walked(rule(), [before, now])[-1] == (CALM, "", 0.0)


def test_h3_the_first_bar_has_nothing_to_cross_from() -> None:
    assert walked(rule(), [CROSS])[-1] == (CALM, "", 0.0)


def test_h3_the_index_may_confirm_while_the_crossing_stands() -> None:
    alone = CROSS._replace(spx_macd=0.1)
    back = QUIET._replace(spx_macd=-0.5)
    again = CROSS._replace(vix_macd=0.3)
    names = [name for _, name, _ in walked(rule(), [QUIET, alone, alone, CROSS])]
    assert names == ["", "", "", "vix_macd_cross"]
    assert walked(rule(confirm=1), [QUIET, alone, alone, CROSS])[-1][0] is CALM
    assert walked(rule(confirm=1), [QUIET, alone, CROSS])[-1][0] is ARMED
    # crossed back before it: gone; and one crossing arms once
    assert walked(rule(), [QUIET, alone, back, back])[-1][0] is CALM
    idle = CROSS._replace(vx_macd=0.0)
    expired = walked(rule(patience=1), [QUIET, CROSS, idle, again])
    assert [state for state, _, _ in expired] == [CALM, ARMED, CALM, CALM]


def test_h3_divergence_arms_while_the_rsi_rises_over_its_floor() -> None:
    diverging = [QUIET._replace(rsi=r, divergence=1.0) for r in (50.0, 53.0, 56.0)]
    path = [QUIET._replace(rsi=52.0), *diverging]
    step = rule(divergence="divergence", rsi_floor=51.0, rsi_bars=2, rsi_entry=90.0)
    assert [state for state, _, _ in walked(step, path)] == [CALM, CALM, CALM, ARMED]
    assert walked(step, path)[-1][1] == "divergence_rsi"
    # not looked at, below the floor, and without divergence
    assert walked(rule(), path)[-1][0] is CALM
    high = rule(divergence="divergence", rsi_floor=60.0)
    assert walked(high, path)[-1][0] is CALM
    assert walked(step, [seen._replace(divergence=0.0) for seen in path])[-1][0] is CALM


def test_h3_armed_ends_when_nothing_confirms() -> None:
    idle = QUIET._replace(vix=20.0)
    assert walked(rule(patience=3), [QUIET, CROSS, idle, idle, idle]) == [
        (CALM, "", 0.0),
        (ARMED, "vix_macd_cross", 0.0),
        (ARMED, "", 0.0),
        (ARMED, "", 0.0),
        (CALM, "arming_expired", 0.0),
    ]


def test_h5_the_rsi_enters_too() -> None:
    found = walked(rule(rsi_entry=60.0), [QUIET, CROSS, QUIET._replace(rsi=60.1)])
    assert found[-1] == (FIRST, "rsi_entry", 0.25)


def test_h5_no_slice_without_confirmation() -> None:
    start = [QUIET, CROSS, UP]
    falling, below = up(0.05), up(-0.05)
    for seen in (falling, below):
        assert walked(rule(retrace=1.0), [*start, seen])[-1] == (FIRST, "", 0.25)
    assert walked(rule(), [*start, up(0.1)])[-1] == (BUILDING, "slice_confirmed", 0.5)


def test_h5_slices_keep_their_distance() -> None:
    path = [QUIET, CROSS, UP, *[up(0.1 + 0.1 * i) for i in range(5)]]
    fractions = [held for _, _, held in walked(rule(gap=2), path)]
    assert fractions == [0.0, 0.0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75]


def test_h5_one_slice_fills_the_target() -> None:
    found = walked(rule(slices=1), [QUIET, CROSS, UP, up(0.2)])
    assert found[-1] == (FULL, "target_filled", 1.0)


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (DOWN._replace(vix=30.0), UNWINDING),  # armed at 20, peak 40: half is given back
        (DOWN._replace(vix=30.1), FULL),  # not half
        (DOWN._replace(vix=22.0, vx_macd=0.1), FULL),  # MACD has not turned down
    ],
)
def test_h7_both_conditions_are_needed(seen: Seen, state: State) -> None:
    path = [QUIET, CROSS, UP, up(0.2, 40.0), seen]
    assert walked(rule(slices=1, retrace=0.5), path)[-1][0] is state


def test_h7_each_stage_asks_again_and_keeps_its_distance() -> None:
    waits = up(-0.1, 39.0)._replace(spx_macd=0.5)
    path = [QUIET, CROSS, UP, up(0.2, 40.0), DOWN, DOWN, waits, DOWN, DOWN]
    assert walked(rule(slices=1, stages=4, stage_gap=1), path)[4:] == [
        (UNWINDING, "iv_retraced", 0.75),
        (UNWINDING, "stage_removed", 0.5),
        (UNWINDING, "", 0.5),
        (UNWINDING, "stage_removed", 0.25),
        (CALM, "unwound", 0.0),
    ]
    found = walked(rule(slices=1, stages=4, stage_gap=2), [*path[:5], DOWN, DOWN, DOWN])
    assert [held for _, _, held in found[4:]] == [0.75, 0.75, 0.5, 0.5]


def test_h7_a_false_spike_is_left_at_once() -> None:
    path = [QUIET, CROSS, up(0.1, 20.5), DOWN._replace(vix=19.0)]
    assert walked(rule(least_spike=1.0), path)[-1] == (UNWINDING, "false_spike", 0.125)


def test_h7_the_time_limit_takes_off_whatever_the_signals_say() -> None:
    path = [QUIET, CROSS, UP, *[up(0.05, 40.0)] * 5]
    assert walked(rule(time_limit=3, stages=2), path)[2:] == [
        (FIRST, "vx_macd_entry", 0.25),
        (FIRST, "", 0.25),
        (BUILDING, "slice_confirmed", 0.5),
        (UNWINDING, "time_limit", 0.25),
        (CALM, "unwound", 0.0),
        (CALM, "", 0.0),
    ]


def test_h7_a_new_spike_arms_again_while_the_hedge_is_taken_off() -> None:
    again = CROSS._replace(vix=26.0)
    path = [QUIET, CROSS, UP, up(0.2, 40.0), DOWN, again, up(0.2), up(0.3)]
    found = walked(rule(slices=1, stages=4), path)
    assert found[4:] == [
        (UNWINDING, "iv_retraced", 0.75),
        (BUILDING, "re_armed", 0.75),
        (FULL, "target_filled", 1.0),
        (FULL, "", 1.0),
    ]
    memories, _ = drive(rule(slices=1, stages=4), path)
    assert (memories[5].start, memories[5].peak) == (26.0, 26.0)


def test_h7_one_stage_takes_all_off() -> None:
    path = [QUIET, CROSS, UP, up(0.2, 40.0), DOWN, QUIET]
    assert walked(rule(slices=1, stages=1), path)[-2:] == [
        (UNWINDING, "iv_retraced", 0.0),
        (CALM, "unwound", 0.0),
    ]


def test_h10_the_hard_limit_fills_the_target_at_once_from_any_state() -> None:
    lost = QUIET._replace(nav=96.9)
    assert walked(rule(day_loss=0.03), [QUIET, lost])[-1] == (FULL, "hard_limit", 1.0)
    assert walked(rule(day_loss=0.03), [QUIET, QUIET._replace(nav=97.1)])[-1][0] is CALM
    for start in ([CROSS], [CROSS, UP], [CROSS, UP, up(0.2)], [CROSS, UP, up(0.2), DOWN]):
        path = [QUIET, *start, start[-1]._replace(nav=96.0)]
        assert walked(rule(day_loss=0.03), path)[-1] == (FULL, "hard_limit", 1.0)


def test_h10_the_day_is_measured_from_its_open_and_counts_once() -> None:
    down = [QUIET._replace(nav=100.0 - n, days=0.0) for n in range(1, 6)]
    found = walked(rule(day_loss=0.03), [QUIET, *down])
    assert [name for _, name, _ in found] == ["", "", "", "", "hard_limit", ""]
    # bars of days apart: no day has lost 3 %
    slow = [seen._replace(days=1.0) for seen in down]
    assert {name for _, name, _ in walked(rule(day_loss=0.03), [QUIET, *slow])} == {""}
    fell = walked(rule(drawdown=0.04), [QUIET, *slow])
    assert [name for _, name, _ in fell] == ["", "", "", "", "", "hard_limit"]


def test_h4_the_ratio_widens_with_implied_correlation() -> None:
    step = rule(slices=1, implied="cor", correlation_low=0.3, correlation_high=0.6)
    start = [QUIET, CROSS, UP]
    for implied, ratio in ((0.1, 0.60), (0.3, 0.60), (0.45, 0.675), (0.6, 0.75), (0.9, 0.75)):
        _, wanted = drive(step, [*start, up(0.2)._replace(implied=implied)])
        assert wanted[-1] == pytest.approx(ratio)
    _, wanted = drive(rule(slices=1), [*start, up(0.2)._replace(implied=0.9)])
    assert wanted[-1] == pytest.approx(0.60)


def test_h6_calls_stand_only_while_an_event_is_ahead_and_the_hedge_is_awake() -> None:
    step = rule(layer="calls", events="events", calls=0.1)
    path = [QUIET, CROSS, UP, up(0.2), up(0.3), DOWN]
    with_event = [seen._replace(events=1.0) for seen in path]
    assert drive(step, path)[1] == [0.0] * 6
    assert drive(step, with_event)[1] == [0.0, 0.1, 0.1, 0.1, 0.1, 0.0]


def test_h16_a_promoter_adds_when_full_and_confirmed_and_a_steward_never() -> None:
    path = [QUIET, CROSS, UP, up(0.2), up(0.3), PAUSE]
    promoter = rule(slices=1, mode="promoter", directional=1.5)
    assert drive(promoter, path)[1] == pytest.approx([0, 0, 0.15, 0.9, 0.9, 0.6])
    assert drive(rule(slices=1), path)[1] == pytest.approx([0, 0, 0.15, 0.6, 0.6, 0.6])
    assert drive(promoter, path)[0][4].extra == pytest.approx(0.3)
    with pytest.raises(PolicyError, match="mode, directional: a steward adds no exposure"):
        hr.Layered(directional=1.5)


# ---- the table --------------------------------------------------------------------------------


def test_the_table_of_transitions_is_what_the_kernel_does() -> None:
    for each in TRANSITIONS:
        for source in each.sources:
            assert following(float(source), float(each.code)) == each.target, each.name
    assert [each.code for each in TRANSITIONS] == list(range(1, len(TRANSITIONS) + 1))
    assert len({each.name for each in (*TRANSITIONS, *ENGINE_TRANSITIONS)}) == 17


# ---- trigger ----------------------------------------------------------------------------------


def trading(step: hr.LayeredTrade, path: list[dict[str, float]]) -> list[Any]:
    memory, made = step.start(), []
    for at in path:
        given_ = {"x": 0.5, "window": 1.0, "nav": 100.0, "peak": 100.0, "before": 100.0} | at
        book = Book(*[0.0] * len(Book._fields))._replace(
            **{n: given_.get(n, 0.0) for n in ("nav", "peak", "before", "held", "filled")}
        )
        bar = Bar(*[0.0] * len(Bar._fields))._replace(size=10.0, days=given_.get("days", 0.0))
        view = View((given_["window"],), book, bar)
        _, memory = step.kernel(given_["x"], view, memory, step.params())
        made.append(memory)
    return made


def test_h10_an_order_waits_for_its_window() -> None:
    made = trading(hr.LayeredTrade(), [{"window": 0.0}, {"window": 0.0}, {}, {"held": 5.0}])
    assert [m.fired for m in made] == [0.0, 0.0, 1.0, 0.0]
    assert [m.waits for m in made] == [1.0, 1.0, 0.0, 0.0]
    assert made[1].x == 0.0
    assert made[2].x == 0.5


def test_h10_the_hard_limit_does_not_wait_and_asks_until_it_is_filled() -> None:
    shut = {"window": 0.0}
    hurt = shut | {"nav": 96.0}
    path = [shut, hurt, hurt, hurt | {"held": 5.0, "filled": 1.0}, hurt | {"held": 2.0}]
    made = trading(hr.LayeredTrade(day_loss=0.03, drawdown=None), path)
    assert [m.fired for m in made] == [0.0, 1.0, 1.0, 0.0, 0.0]
    assert [m.urgent for m in made] == [0.0, 1.0, 1.0, 0.0, 0.0]


def test_h10_the_hard_limit_sells_nothing_outside_a_window() -> None:
    path = [{"window": 0.0, "held": 9.0}, {"window": 0.0, "held": 9.0, "nav": 90.0}]
    assert [m.fired for m in trading(hr.LayeredTrade(), path)] == [0.0, 0.0]


def test_a_small_difference_is_left_and_a_last_rest_is_sold() -> None:
    step = hr.LayeredTrade(least=0.05)
    path = [{"held": 4.6}, {"held": 4.4}, {"x": 0.0, "held": 0.3}, {"x": 0.0}]
    assert [m.fired for m in trading(step, path)] == [0.0, 1.0, 1.0, 0.0]


# ---- second engine ----------------------------------------------------------------------------


def engine(
    step: hr.SecondEngine, rows: list[tuple[float, float, float]]
) -> list[tuple[str, float]]:
    memory, made = step.start(), []
    for row in rows:
        # the kernel of this rule looks at its signals alone
        view = View(row, None, None)  # type: ignore[arg-type]
        x, memory = step.kernel(0.0, view, memory, step.params())
        found = reason(memory.reason, ENGINE_TRANSITIONS)
        made.append((found.name if found else "", x))
    return made


def test_h12_the_second_engine_arms_and_disarms_with_hysteresis() -> None:
    step = hr.SecondEngine("hy", arm=1.5, disarm=0.5, level=0.2)
    rows = [(z, 9.0, 9.0) for z in (1.4, 1.6, 1.0, 0.6, 0.4, 1.4)]
    assert engine(step, rows) == [
        ("", 0.0),
        ("stress_armed", 0.2),
        ("", 0.2),
        ("", 0.2),
        ("stress_eased", 0.0),
        ("", 0.0),
    ]


def test_h12_as_many_as_needed_and_reer_either_way() -> None:
    step = hr.SecondEngine("hy", "reer", "wacc", needed=2, level=1.0)
    rows = [(2.0, 0.0, 0.0), (2.0, -2.0, 0.0), (0.0, -2.0, 2.0), (0.0, 0.0, 2.0)]
    assert [x for _, x in engine(step, rows)] == [0.0, 1.0, 1.0, 0.0]


def test_h4_beta_multiplies_and_is_held_to_its_range() -> None:
    step = hr.VegaBeta(low=0.2, high=1.5)
    for beta, want in ((0.8, 0.48), (0.1, 0.12), (-1.0, 0.12), (9.0, 0.9)):
        view = View((beta,), None, None)  # type: ignore[arg-type]  # looks at its signal alone
        assert step.kernel(0.6, view, step.start(), step.params())[0] == pytest.approx(want)


# ---- ranges -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"first": 0.24}, r"layered\.first: 0\.24 is less than 0\.25"),
        ({"first": 0.36}, r"layered\.first: 0\.36 is greater than 0\.35"),
        ({"h_low": 0.59}, r"layered\.h_low: 0\.59 is less than 0\.6"),
        ({"h_high": 0.76}, r"layered\.h_high: 0\.76 is greater than 0\.75"),
        ({"h_low": 0.7, "h_high": 0.65}, "h_low, h_high: the second must not be smaller"),
        ({"correlation_low": 0.6}, "correlation_low, correlation_high"),
        ({"layer": "calls"}, "layer, events: the layer of calls needs a signal of events"),
        ({"day_loss": 0.0}, r"layered\.day_loss"),
    ],
)
def test_ranges_are_those_of_the_spec(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        hr.Layered(**fields)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"credit": None}, "credit, reer, wacc: name one of them at least"),
        ({"needed": 2}, "needed: 2 of 1 z-scores"),
        ({"disarm": 2.0}, "disarm, arm"),
    ],
)
def test_what_no_second_engine_can_be(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        hr.SecondEngine(**fields)


def test_a_signal_that_is_asked_for_and_lacking_is_told_by_its_field() -> None:
    step = hr.Layered(divergence="divergence")
    signals = [hr.Level(name) for name in dict.fromkeys(hr.Layered().inputs)]
    with pytest.raises(PolicyError, match=r"steps\[0\]\.divergence: names the signal 'divergence'"):
        hr.Policy([step], signals=signals)
