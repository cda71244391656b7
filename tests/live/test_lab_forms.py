"""Forms of the Lab: posted unchanged they are the same policy; mistakes have a field."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

import hedgerow as hr
from drawing import READ, STEPS_DRAWN
from hedgerow.core.policy import Policy
from hedgerow.core.step import STEPS, Stage
from hedgerow.errors import HedgerowError, PolicyError
from hedgerow.instruments.catalog import SLEEVES
from hedgerow.live.lab import forms
from hedgerow.policies.catalog import rules, starter

STARTERS = [
    (rule, name) for rule in rules() for name in (None, *getattr(STEPS[rule], "presets", {}))
]
DRAWN = sorted(set(STEPS_DRAWN) & set(STEPS))


def shown(form: dict[str, str]) -> dict[str, str]:
    """What a browser sends back of a form that nobody has touched."""
    sent = {name: text for name, text in form.items() if name in ("name", "raw")}
    parts = [*forms.parts(form, "signals"), *forms.parts(form, "steps")]
    for part in parts:
        sent[f"{part.place}.kind"] = part.kind
        sent |= {each.name: each.text for each in part.inputs}
    return sent


@pytest.mark.parametrize(("rule", "preset"), STARTERS)
def test_every_rule_and_reading_comes_back_the_same(rule, preset) -> None:
    policy = starter(rule, preset)
    form = forms.policy_form(policy)
    assert shown(form) == form
    assert forms.policy_of(shown(form)) == policy


@pytest.mark.parametrize("kind", DRAWN)
def test_every_step_with_odd_numbers_comes_back_the_same(kind) -> None:
    @settings(max_examples=5, deadline=None, database=None)
    @given(STEPS_DRAWN[kind])
    def holds(step) -> None:
        steps = [step] if step.stage == Stage.RULE else [hr.Constant(), step]
        policy = Policy(steps, READ, raw=True)
        form = forms.policy_form(policy)
        assert forms.policy_of(shown(form)) == policy

    holds()


@pytest.mark.parametrize("kind", SLEEVES)
def test_every_sleeve_comes_back_the_same(kind) -> None:
    sleeve = SLEEVES[kind]()
    form = forms.sleeve_form(sleeve)
    sent = {"sleeve.kind": kind} | {i.name: i.text for i in forms.sleeve_part(form).inputs}
    assert forms.sleeve_of(sent) == sleeve
    assert forms.sleeve_of(forms.with_sleeve({}, kind)) == sleeve


@pytest.mark.parametrize(
    ("name", "text", "at"),
    [
        ("steps[0].low", "twelve", "steps[0].low"),
        ("steps[0].low", "1e999", "steps[0].low"),
        ("steps[1].cap", "-1", "steps[1].cap"),
        ("steps[0].kind", "lineer", "steps[0].kind"),
        ("steps[0].low", "5" * 5_000, "steps[0].low"),
        ("steps[4].rearm", "never", "steps[4].rearm"),
        ("name", "", "name"),
        ("sleeve.moneyness", "90", "sleeve.moneyness"),
        ("sleeve.size", "vega:many", "sleeve.size"),
        ("sleeve.kind", "putt", "sleeve.kind"),
    ],
)
def test_a_bad_value_is_told_at_its_field(name, text, at) -> None:
    form = forms.policy_form(starter("linear")) | forms.sleeve_form(hr.Put()) | {name: text}
    make = forms.sleeve_of if at.startswith("sleeve") else forms.policy_of
    with pytest.raises(HedgerowError) as told:
        make(form)
    assert forms.input_of(told.value.where, form) == at


def test_a_step_takes_the_place_of_its_stage_and_brings_its_signals() -> None:
    form = forms.policy_form(starter("linear"))
    other = forms.policy_of(forms.with_step(form, "tiers@binary"))
    assert other.steps[0] == hr.Tiers("vix", 15.0, 25.0, 0.0, 0.5, 1.0)
    assert other.steps[1:] == starter("linear").steps[1:]
    ratio = forms.policy_of(forms.with_step(form, "vol_ratio"))
    assert [signal.name for signal in ratio.signals] == ["vix", "rv20"]
    less = forms.policy_of(forms.without(form, "steps[3]"))
    assert [step.kind for step in less.steps] == ["linear", "bounds", "persist", "trigger"]
    for word in ("no_such", "linear@no_such"):
        with pytest.raises(PolicyError):
            forms.with_step(form, word)


def test_a_form_is_bounded() -> None:
    form = forms.policy_form(Policy([hr.Constant()]))
    for i in range(forms.MOST_PARTS):
        form = forms.with_signal(form, f"vix_ma{i + 2}")
    with pytest.raises(PolicyError, match="more than 16"):
        forms.with_signal(form, "vix")
    with pytest.raises(PolicyError, match="too many inputs"):
        forms.policy_of({**form, **{f"x{i}": "" for i in range(forms.MOST_INPUTS)}})
