"""Actions: floats ≡ NumPy lanes, behaviour on hand-written paths, and files both ways."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from drawing import ACTIONS_DRAWN, positions
from hedgerow.core.action import ACTIONS, Position, Wish, action, resolve, start
from hedgerow.core.policy_text import action_to_table, actions_from_tables
from hedgerow.errors import PolicyError

PAGE = (Path(__file__).parents[2] / "docs" / "actions.md").read_text(encoding="utf-8")

BOUGHT = Position(
    units=10.0,
    value=1000.0,
    paid=1000.0,
    peak=1000.0,
    days_held=0.0,
    days_left=90.0,
    moneyness=0.90,
    delta=-0.20,
    spot=5000.0,
    vix=15.0,
    gamma=0.0005,
    theta=-10.0,
)


def at(**now: float) -> Position:
    return BOUGHT._replace(**now)


def path(one: Any, *bars: Position) -> list[Wish]:
    memory, wishes = one.start(), []
    for position in bars:
        wish, memory = one.kernel(position, memory, one.params())
        wishes.append(wish)
    return wishes


def keeps(one: Any, *bars: Position) -> list[float]:
    assert all(wish.renew == 0.0 for wish in path(one, *bars))
    return [wish.keep for wish in path(one, *bars)]


def renewals(one: Any, *bars: Position) -> list[float]:
    assert all(wish.keep == 1.0 for wish in path(one, *bars))
    return [wish.renew for wish in path(one, *bars)]


# ---- one law, two carriages ----------------------------------------------------------------------


def test_every_registered_action_is_drawn() -> None:
    assert set(ACTIONS_DRAWN) == set(ACTIONS), "mend tests/drawing.py:ACTIONS_DRAWN"


def flat(value: Any) -> list[Any]:
    """Numbers of nested tuples, in order."""
    return [x for part in value for x in flat(part)] if isinstance(value, tuple) else [value]


def beside(many: list[Any]) -> Any:
    """Tuples of one shape as a tuple of columns."""
    if isinstance(many[0], tuple):
        parts = [beside(list(part)) for part in zip(*many, strict=True)]
        return type(many[0])(*parts)
    return np.array(many, dtype=float)


@settings(max_examples=60)
@pytest.mark.parametrize("kind", sorted(ACTIONS_DRAWN))
@given(data=st.data())
def test_floats_are_numpy_lanes(kind: str, data: st.DataObject) -> None:
    ones = data.draw(st.lists(ACTIONS_DRAWN[kind], min_size=3, max_size=3))
    paths = [data.draw(positions()) for _ in ones]
    kernel, p = ACTIONS[kind].kernel, beside([one.params() for one in ones])
    memories: list[Any] = [one.start() for one in ones]
    lanes = beside(memories)
    least = [1.0] * len(ones)
    for t in range(len(paths[0].spot)):
        now = [Position(*(float(column[t]) for column in path)) for path in paths]
        wishes = []
        for i, one in enumerate(ones):
            wish, memories[i] = one.kernel(now[i], memories[i], one.params())
            assert 0.0 <= wish.keep <= least[i]
            assert wish.renew in (0.0, 1.0, 2.0, 3.0)
            least[i] = wish.keep
            wishes.append(wish)
        wish, lanes = kernel(beside(now), lanes, p)
        for a, b in ((wish, beside(wishes)), (lanes, beside(memories))):
            for x, y in zip(flat(a), flat(b), strict=True):
                assert np.array_equal(np.broadcast_to(x, y.shape), y, equal_nan=True)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(sorted(ACTIONS_DRAWN)).flatmap(ACTIONS_DRAWN.get)), positions())
def test_a_wish_of_several_is_their_product_and_the_first_renewal(ones, path) -> None:
    memories = start(ones)
    for t in range(len(path.spot)):
        now = Position(*(float(column[t]) for column in path))
        wish, memories, trace = resolve(now, ones, memories, kept=0.5)
        assert wish.keep == pytest.approx(0.5 * np.prod([each.keep for each in trace]), abs=1e-15)
        first = [each.renew for each in trace if each.renew]
        assert wish.renew == (first[0] if first and wish.keep > 0.0 else 0.0)


# ---- monetise ------------------------------------------------------------------------------------


def test_monetise_sells_a_part_at_each_further_multiple_and_buys_nothing_back() -> None:
    thirds = hr.Monetise(multiple=3.0, part=0.25, steps=3, further=2.0)
    values = [1000.0, 2999.0, 3000.0, 1500.0, 4999.0, 5100.0, 800.0, 7000.0, 20_000.0]
    found = keeps(thirds, *(at(value=value) for value in values))
    assert found == [1.0, 1.0, 0.75, 0.75, 0.75, 0.5, 0.5, 0.25, 0.25]


def test_monetise_a_jump_over_two_levels_sells_two_parts() -> None:
    ratchet = hr.Monetise(multiple=3.0, part=0.5, steps=2, further=2.0)
    assert keeps(ratchet, at(), at(value=5000.0)) == [1.0, 0.0]


def test_monetise_by_delta_is_the_first_stage_of_bought_and_sold() -> None:
    deep = hr.Monetise(multiple=3.0, part=0.4, steps=2, delta=0.5)
    assert keeps(deep, at(delta=-0.49), at(delta=-0.5)) == [1.0, 0.6]
    assert keeps(deep, at(delta=0.5, value=-4000.0, paid=-1000.0)) == [0.6]
    assert keeps(deep, at(delta=-0.7), at(delta=-0.9, value=6000.0)) == pytest.approx([0.6, 0.2])


def test_monetise_what_was_sold_or_cost_nothing_has_no_multiple() -> None:
    half = hr.Monetise(multiple=3.0)
    assert keeps(half, at(value=-4000.0, paid=-1000.0), at(value=4000.0, paid=0.0)) == [1.0, 1.0]


# ---- restrike, roll up, roll out -----------------------------------------------------------------


def test_restrike_when_the_strike_has_drifted_either_way() -> None:
    both = hr.Restrike(drift=0.05, wait=0)
    bars = [at(), at(moneyness=0.94), at(moneyness=0.96), at(moneyness=0.84)]
    assert renewals(both, *bars) == [0.0, 0.0, 1.0, 1.0]
    assert renewals(hr.Restrike(drift=0.05, side="fall", wait=0), *bars) == [0.0, 0.0, 1.0, 0.0]
    assert renewals(hr.Restrike(drift=0.05, side="rally", wait=0), *bars) == [0.0, 0.0, 0.0, 1.0]


def test_restrike_when_nothing_of_the_delta_is_left() -> None:
    faded = hr.Restrike(drift=None, delta=0.05, wait=0)
    found = renewals(faded, at(), at(delta=-0.06), at(delta=-0.05), at(moneyness=0.5))
    assert found == [0.0, 0.0, 1.0, 0.0]


def test_restrike_waits() -> None:
    waits = hr.Restrike(drift=0.05, wait=5)
    drifted = [at(moneyness=1.0, days_held=days) for days in (4.0, 5.0)]
    assert renewals(waits, at(), *drifted) == [0.0, 0.0, 1.0]


def test_a_contract_without_a_strike_does_not_drift() -> None:
    none = float("nan")
    assert renewals(hr.Restrike(wait=0), at(moneyness=none), at(moneyness=none)) == [0.0, 0.0]


def test_roll_up_after_a_rally_while_there_is_time() -> None:
    up = hr.RollUp(rally=0.05, least_left=14, wait=5)
    bars = [at(), at(spot=5249.0, days_held=9), at(spot=5251.0, days_held=9)]
    assert renewals(up, *bars) == [0.0, 0.0, 2.0]
    assert renewals(up, at(), at(spot=5500.0, days_held=4)) == [0.0, 0.0]
    assert renewals(up, at(), at(spot=5500.0, days_held=80, days_left=13)) == [0.0, 0.0]


def test_roll_out_by_days_by_decay_and_by_gamma() -> None:
    out = hr.RollOut(days=21, wait=0)
    assert renewals(out, at(days_left=22.0), at(days_left=21.0)) == [0.0, 3.0]
    decay = hr.RollOut(days=None, decay=0.03, wait=0)
    assert renewals(decay, at(theta=-29.0), at(theta=-30.0)) == [0.0, 3.0]
    assert renewals(decay, at(value=-1000.0, theta=30.0), at(value=0.0)) == [0.0, 0.0]
    # one per cent of 5,000 is 50 points: 50 · 0.002 = 0.1
    gamma = hr.RollOut(days=None, gamma=0.1, wait=0)
    assert renewals(gamma, at(gamma=-0.0019), at(gamma=-0.002)) == [0.0, 3.0]


# ---- staged exit ---------------------------------------------------------------------------------


def test_staged_exit_leaves_a_third_at_each_retracement_of_the_rise() -> None:
    # opened at 15, top 35: a rise of 20 points; 30, 50 and 70 % of it lead to 29, 25 and 21
    thirds = hr.StagedExit(spike=8.0, retraced=(0.3, 0.5, 0.7))
    vix = [15.0, 35.0, 29.5, 29.0, 25.0, 32.0, 21.0, 60.0]
    found = keeps(thirds, *(at(vix=level) for level in vix))
    assert found == pytest.approx([1, 1, 1, 2 / 3, 1 / 3, 1 / 3, 0, 0], abs=1e-15)


def test_staged_exit_counts_the_rise_to_a_new_top() -> None:
    # from 15 to 25: 50 % is 20; the top moves to 45 first, and 50 % of 30 points is 30
    half = hr.StagedExit(spike=8.0, retraced=(0.5,))
    assert keeps(half, *(at(vix=v) for v in (15, 25, 45, 31, 30))) == [1, 1, 1, 1, 0]


def test_staged_exit_without_a_spike_leaves_nothing() -> None:
    exits = hr.StagedExit(spike=8.0, retraced=(0.3,), fallen=(0.2,))
    assert keeps(exits, at(vix=15), at(vix=22.9), at(vix=12, value=100.0)) == [1, 1, 1]


def test_staged_exit_by_the_fall_of_the_value_from_its_peak() -> None:
    exits = hr.StagedExit(spike=8.0, retraced=None, fallen=(0.25, 0.5))
    spiked = [at(vix=40, value=value, peak=6000.0) for value in (6000.0, 4501.0, 4500.0, 3000.0)]
    assert keeps(exits, at(), *spiked) == [1, 1, 1, 0.5, 0]


def test_staged_exit_takes_whichever_comes_first() -> None:
    exits = hr.StagedExit(spike=8.0, retraced=(0.3, 0.9), fallen=(0.5, 0.6))
    bars = [at(), at(vix=35.0), at(vix=29.0), at(vix=29.0, value=2000.0, peak=5000.0)]
    assert keeps(exits, *bars) == [1, 1, 0.5, 0]


# ---- several -------------------------------------------------------------------------------------


def test_half_is_harvested_and_the_rest_left_in_halves() -> None:
    ones = [hr.Monetise(multiple=3.0, part=0.5), hr.StagedExit(retraced=(0.3, 0.6))]
    memories, found = start(ones), []
    for now in (at(), at(vix=40.0, value=4000.0), at(vix=30.0), at(vix=25.0)):
        wish, memories, trace = resolve(now, ones, memories)
        found.append((wish.keep, *(each.keep for each in trace)))
    assert found == [(1, 1, 1), (0.5, 0.5, 1), (0.25, 0.5, 0.5), (0, 0.5, 0)]


def test_what_was_sold_stays_sold_through_a_renewal() -> None:
    ones = [hr.Monetise(multiple=3.0, part=0.5), hr.Restrike(drift=0.08, wait=0)]
    _, memories, _ = resolve(at(), ones, start(ones))
    wish, _, _ = resolve(at(value=3000.0, moneyness=1.0), ones, memories)
    assert wish == (0.5, 1.0)
    fresh, _, _ = resolve(at(), ones, start(ones), kept=wish.keep)
    assert fresh == (0.5, 0.0)


def test_the_first_that_renews_says_how_and_nothing_is_renewed_of_nothing() -> None:
    up, out = hr.RollUp(wait=0), hr.RollOut(wait=0)
    now = at(spot=6000.0, days_left=20.0)
    for ones, kind in (([up, out], 2.0), ([out, up], 3.0)):
        _, memories, _ = resolve(at(), ones, start(ones))
        assert resolve(now, ones, memories)[0].renew == kind
        assert resolve(now, ones, memories, kept=0.0)[0].renew == 0.0
    assert resolve(at(), [], ()) == ((1.0, 0.0), (), ())


# ---- files ---------------------------------------------------------------------------------------


@settings(max_examples=100)
@given(st.lists(st.sampled_from(sorted(ACTIONS_DRAWN)).flatmap(ACTIONS_DRAWN.get), max_size=4))
def test_tables_read_back_to_equal_actions(ones) -> None:
    tables = [action_to_table(one) for one in ones]
    text = tomlkit.dumps({"actions": tables})
    again = actions_from_tables(tomlkit.parse(text).unwrap()["actions"], "actions")
    assert again == tuple(ones)
    assert [one.params() for one in again] == [one.params() for one in ones]


@pytest.mark.parametrize("kind", sorted(ACTIONS))
def test_every_action_has_defaults(kind: str) -> None:
    assert actions_from_tables([{"kind": kind}], "actions") == (ACTIONS[kind](),)


WHERE = "lines[0].actions"
MISTAKES = {
    "no list": ({"kind": "monetise"}, ": must be a list of tables. Mend: head each entry with [[l"),
    "no table": ([1], ": must be a list of tables. Mend: head each entry with [[lines.actions]]"),
    "no kind": ([{"part": 0.5}], "[0].kind: the action has no kind. Mend: one of: monetise, res"),
    "kind": ([{"kind": "monetize"}], "[0].kind: unknown kind 'monetize'. Mend: did you mean 'mon"),
    "step": (
        [{"kind": "linear"}],
        "[0].kind: 'linear' is a step, not an action. Mend: put it under [[steps]]",
    ),
    "misspelt": (
        [{"kind": "roll_up"}, {"kind": "monetise", "mutliple": 3.0}],
        "[1].mutliple: unknown key. Mend: did you mean 'multiple'?",
    ),
    "text": ([{"kind": "roll_up", "rally": "5%"}], "[0].rally: '5%' is not a number"),
    "small": ([{"kind": "monetise", "multiple": 1}], "[0].multiple: 1 is not greater than 1"),
    "steps": ([{"kind": "monetise", "steps": 5}], "[0].steps: 5 is greater than 4"),
    "too much": (
        [{"kind": "monetise", "part": 0.4, "steps": 3}],
        "[0]: part, steps: 3 times 0.4 is more than all",
    ),
    "nothing": (
        [{"kind": "restrike", "drift": "off"}],
        "[0]: with drift and delta all off it does nothing",
    ),
    "side": ([{"kind": "restrike", "side": "up"}], "[0].side: 'up' is not one of"),
    "list": ([{"kind": "staged_exit", "retraced": 0.3}], "[0].retraced: 0.3 is not a list"),
    "empty": (
        [{"kind": "staged_exit", "retraced": []}],
        "[0].retraced: the list [] has 0 members. Mend: write at least 1",
    ),
    "member": (
        [{"kind": "staged_exit", "retraced": [0.3, "half"]}],
        "[0].retraced[1]: 'half' is not a number",
    ),
    "falling": ([{"kind": "staged_exit", "retraced": [0.5, 0.3]}], "[0].retraced: the stages must"),
    "unequal": (
        [{"kind": "staged_exit", "fallen": [0.3]}],
        "[0]: retraced has 3 stages and fallen has 1",
    ),
}


@pytest.mark.parametrize(("tables", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_every_mistake_is_told_with_its_field(tables: Any, sentence: str) -> None:
    with pytest.raises(PolicyError) as caught:
        actions_from_tables(tables, WHERE)
    assert str(caught.value).startswith(WHERE + sentence)


def test_an_action_among_the_steps_is_told_where_it_belongs() -> None:
    with pytest.raises(PolicyError) as caught:
        hr.Policy.from_toml('[[steps]]\nkind = "restrike"')
    told = "steps[0].kind: 'restrike' is an action, not a step. Mend: put it among the actions of"
    assert str(caught.value).startswith(told)


def test_a_class_that_lacks_a_part_is_refused_and_one_that_is_unknown_not_written() -> None:
    class Half:
        kind = "half"

    with pytest.raises(PolicyError, match="Half: the action class lacks 'needs'"):
        action(Half)

    class Mine(hr.RollUp):
        kind = "mine"

    with pytest.raises(PolicyError, match=r"actions\[2\]: 'mine' is not registered"):
        action_to_table(Mine(), where="actions[2]")


# ---- what a seller does --------------------------------------------------------------------------


def sold(**now: float) -> Position:
    """A condor sold for 1,000 USD a unit."""
    return at(**{"value": -1000.0, "paid": -1000.0, "delta": 0.01, "room": 0.06} | now)


def test_take_profit_when_the_part_is_earned_and_for_good() -> None:
    half = hr.TakeProfit(part=0.5)
    values = [-1000.0, -501.0, -500.0, -900.0]
    assert keeps(half, *(sold(value=value) for value in values)) == [1.0, 1.0, 0.0, 0.0]
    assert keeps(half, at(value=1499.0), at(value=1500.0)) == [1.0, 0.0]
    assert keeps(half, sold(paid=0.0, value=500.0)) == [1.0]


def test_stop_loss_of_two_credits_is_bought_back_at_three() -> None:
    two = hr.StopLoss(multiple=2.0)
    values = [-2000.0, -2999.0, -3000.0, -1000.0]
    assert keeps(two, *(sold(value=value) for value in values)) == [1.0, 1.0, 0.0, 0.0]
    assert keeps(hr.StopLoss(multiple=0.5), at(value=501.0), at(value=500.0)) == [1.0, 0.0]


def test_leave_before_counts_the_days_that_are_left() -> None:
    found = keeps(hr.LeaveBefore(days=21), sold(days_left=22.0), sold(days_left=21.0))
    assert found == [1.0, 0.0]


def test_roll_tested_by_delta_or_when_a_sold_strike_is_touched() -> None:
    either = hr.RollTested(delta=0.3, wait=1)
    bars = [sold(days_held=0.0, room=-0.1), sold(days_held=1.0), sold(days_held=2.0, room=0.0)]
    assert renewals(either, *bars) == [0.0, 0.0, 1.0]
    assert renewals(either, sold(days_held=5.0, delta=-0.3)) == [1.0]
    assert renewals(hr.RollTested(None), sold(days_held=5.0, delta=-0.9)) == [0.0]
    assert renewals(hr.RollTested(touch=False), sold(days_held=5.0, room=-0.2)) == [0.0]
    assert renewals(hr.RollTested(), at(days_held=5.0, delta=0.1)) == [0.0]  # nothing was sold


def test_roll_tested_sells_the_same_expiry_while_it_has_days_left() -> None:
    same = hr.RollTested(expiry="same", least_left=7)
    bars = [sold(days_held=5.0, room=0.0, days_left=left) for left in (7.0, 6.0)]
    assert renewals(same, *bars) == [2.0, 0.0]


def test_roll_tested_with_nothing_to_look_at_is_refused() -> None:
    with pytest.raises(PolicyError, match="delta and touch both off"):
        hr.RollTested(delta=None, touch=False)


# ---- docs/actions.md -----------------------------------------------------------------------------


def test_the_page_prints_what_it_says(capsys) -> None:
    exec(PAGE.split("```python\n")[1].split("```")[0], {})
    said = capsys.readouterr().out.splitlines()
    told = PAGE.split("\nprints ")[1].split(":")[0]
    assert said == re.findall(r"`(.*?)`", told)


def test_the_page_knows_every_action_and_its_file_is_read() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.M) == list(ACTIONS)
    (line,) = tomllib.loads(PAGE.split("```toml\n")[1].split("```")[0])["lines"]
    assert actions_from_tables(line["actions"], "lines[0].actions") == (
        hr.Monetise(multiple=3.0, further=2.0, part=0.25, steps=3),
        hr.StagedExit(spike=10.0, retraced=(0.4, 0.7)),
        hr.RollUp(rally=0.05, least_left=21),
    )
