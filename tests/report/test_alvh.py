"""The diagram of the layered hedge is drawn from its table, and that in docs is the current one."""

from __future__ import annotations

import re
from pathlib import Path

import hedgerow as hr
from hedgerow.policies.layered_states import ENGINE_TRANSITIONS, TRANSITIONS, Engine, State
from hedgerow.report import states

DOCS = Path(__file__).parents[2] / "docs"


def test_the_picture_in_docs_is_drawn_from_the_code() -> None:
    drawn = states.diagram()
    assert drawn == (DOCS / "images" / "alvh.svg").read_text(encoding="utf-8"), (
        "run `hedgerow alvh diagram --save docs/images/alvh.svg`"
    )


def test_every_state_and_reason_is_drawn_and_every_arrow_is_a_transition() -> None:
    drawn = states.diagram()
    for state in (*State, *Engine):
        assert f">{state.title}</text>" in drawn
    names = set(re.findall(r'class="why"[^>]*>(\w+)<', drawn))
    assert names == {each.name for each in (*TRANSITIONS, *ENGINE_TRANSITIONS)}
    arrows = [
        (source, each.target.name)
        for each in (*TRANSITIONS, *ENGINE_TRANSITIONS)
        for source in states._sources(each)
    ]
    pairs = set(arrows)
    assert pairs == set(states._WAYS)
    assert drawn.count('class="why"') == len(arrows)  # every arrow has its own reasons
    assert drawn.count('class="way') == len(pairs)


def test_docs_name_every_reason() -> None:
    text = (DOCS / "alvh.md").read_text(encoding="utf-8")
    for each in (*TRANSITIONS, *ENGINE_TRANSITIONS):
        assert f"`{each.name}`" in text


def test_an_explained_decision_names_the_transition() -> None:
    market = hr.load("builtin").between("2012-06-01", "2018-03-29")
    needed = dict.fromkeys(hr.Layered().inputs)
    from hedgerow.policies.catalog import signal_named

    policy = hr.Policy([hr.Layered()], signals=[signal_named(name) for name in needed], raw=True)
    result = hr.backtest(policy, market, hr.VixFuture(), start="2013-01-02")
    assert "tranche 1, vx_macd_entry: " in str(result.explain("2018-02-01"))
