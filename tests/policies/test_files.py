"""Policies on disk and as text: exact both ways, and strict about every mistake."""

from __future__ import annotations

import os
import types
import typing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core import policy_text
from hedgerow.core.step import SIGNALS, STEPS, Stage
from hedgerow.errors import PolicyError
from hedgerow.policies import catalog, files

EXAMPLES = sorted(Path(__file__).parents[2].glob("examples/*.toml"))

LEVEL = '[[signals]]\nkind = "level"\ncolumn = "vix"\n'
LINEAR = LEVEL + '[[steps]]\nkind = "linear"\n'
CONSTANT = '[[steps]]\nkind = "constant"\n'


# ---- random policies over everything that is registered -----------------------------------


TEXTS_OF_SIGNALS = (
    *("signal", "column", "by", "low", "high", "columns", "members", "kinds"),
    *("vix", "rsi", "vix_macd", "vx_macd", "spx_macd", "divergence", "implied", "events"),
    *("credit", "reer", "wacc"),
)
"""Fields whose text is the name of a column or of a signal."""


def _number(kind: type, limits: list[Any]) -> st.SearchStrategy[Any]:
    low, high, bare = -1e6, 1e6, dict.fromkeys(("exclude_min", "exclude_max"), False)
    for limit in (m for item in limits for m in getattr(item, "metadata", [item])):
        low = getattr(limit, "ge", getattr(limit, "gt", low))
        high = getattr(limit, "le", getattr(limit, "lt", high))
        bare["exclude_min"] |= hasattr(limit, "gt")
        bare["exclude_max"] |= hasattr(limit, "lt")
    if kind is int:
        return st.integers(int(low), int(high))
    least, most = int(low) + bare["exclude_min"], int(high) - bare["exclude_max"]
    whole = st.integers(max(least, -30), min(most, 30)) if least <= most else st.nothing()
    return st.floats(low, high, **bare) | whole


def _value(name: str, hint: Any, names: list[str]) -> st.SearchStrategy[Any]:
    options: list[st.SearchStrategy[Any]] = []
    for member in policy_text._members(hint):
        limits: list[Any] = list(getattr(member, "__metadata__", ()))
        kind = typing.get_args(member)[0] if limits else member
        if typing.get_origin(kind) in (typing.Union, types.UnionType):
            options.append(_value(name, kind, names))
        elif kind is type(None):
            options.append(st.none())
        elif kind is bool:
            options.append(st.booleans())
        elif kind in (int, float):
            options.append(_number(kind, limits))
        elif typing.get_origin(kind) is typing.Literal:
            options.append(st.sampled_from(typing.get_args(kind)))
        elif typing.get_origin(kind) is tuple:
            inner = _value(name, typing.get_args(kind)[0], names)
            bounds = [part for limit in limits for part in limit.metadata]
            low, high = (
                next(getattr(part, key) for part in bounds if hasattr(part, key))
                for key in ("min_length", "max_length")
            )
            unique = name in ("columns", "members", "kinds")
            many = st.lists(inner, min_size=low, max_size=min(high, 6), unique=unique)
            options.append(many.map(tuple))
        elif name in TEXTS_OF_SIGNALS:
            options.append(st.sampled_from(names))
        elif name == "against":
            options.append(st.sampled_from(["", *names]))
        elif name == "every":
            options.append(st.from_regex(r"[1-9][0-9]{0,3}[db]", fullmatch=True))
        else:
            raise AssertionError(f"teach this test to make a {name} of type {kind}")
    return st.one_of(options)


def _made(cls: type[Any], names: list[str]) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(cls, include_extras=True)
    parts = {name: _value(name, hints[name], names) for name in policy_text._hints(cls)}

    def build(values: dict[str, Any]) -> Any:
        try:
            return cls(**values)
        except PolicyError:
            return None  # parameters out of order among themselves, such as low above high

    return st.fixed_dictionaries(parts).map(build).filter(lambda made: made is not None)


COLUMNS = ["vix", "spx", "vix 9d", 'quo"ted', "ünï\n", "off", "a.b[0]", "\x7f"]


@st.composite
def policies(draw: st.DrawFn) -> Any:
    signals = draw(
        st.lists(
            st.sampled_from(sorted(SIGNALS)).flatmap(lambda k: _made(SIGNALS[k], COLUMNS)),
            min_size=1,
            max_size=4,
            unique_by=lambda signal: signal.name,
        )
    )
    names = [signal.name for signal in signals]
    steps = []
    for stage in Stage:
        kinds = sorted(kind for kind, cls in STEPS.items() if cls.stage == stage)
        if kinds and (stage == Stage.RULE or draw(st.booleans())):
            steps.append(draw(_made(STEPS[draw(st.sampled_from(kinds))], names)))
    return hr.Policy(name=draw(st.text()), raw=draw(st.booleans()), signals=signals, steps=steps)


@settings(max_examples=150, deadline=None)
@given(policies())
def test_text_reads_back_to_an_equal_policy(policy: hr.Policy) -> None:
    text = policy.to_toml()
    again = hr.Policy.from_toml(text)
    assert again == policy
    assert again.to_toml() == text
    assert again.params() == policy.params()


# ---- examples, presets, defaults ----------------------------------------------------------


def test_there_is_an_example_for_each_rule() -> None:
    kinds = {files.read(path).steps[0].kind for path in EXAMPLES}
    assert kinds == set(catalog.rules())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_read_and_round_trip(path: Path) -> None:
    policy = files.read(path)
    assert policy.name == path.stem.replace("_", "-")
    assert hr.Policy.from_toml(policy.to_toml()) == policy


def test_the_main_example_is_the_policy_of_the_spec() -> None:
    want = hr.Policy(
        name="vix-linear",
        signals=[hr.Level("vix")],
        steps=[
            hr.Linear("vix", low=12, high=22),
            hr.Bounds(floor=0.2, cap=2.0),
            hr.Persist(days=2),
            hr.Budget(per_year=0.02),
            hr.Trigger("vix", move=3, relative=0.15, every="7d", drawdown=0.05),
        ],
    )
    assert files.read(EXAMPLES[0].with_name("vix_linear.toml")) == want


def test_a_preset_fills_what_is_not_said() -> None:
    policy = hr.Policy.from_toml(LINEAR + 'preset = "formula"\nhigh = 30')
    assert policy.steps[0] == hr.Linear("vix", low=10, high=30, top=2)


@pytest.mark.parametrize(
    ("kind", "name"), [(k, p) for k, c in STEPS.items() for p in getattr(c, "presets", {})]
)
def test_every_preset_can_be_named(kind: str, name: str) -> None:
    step = STEPS[kind](**STEPS[kind].presets[name])
    signals = [catalog.signal_named(signal) for signal in step.inputs]
    rule = hr.Policy([hr.Constant()], signals=signals, raw=True).to_toml()
    head = rule.partition("[[steps]]")[0] if step.stage == Stage.RULE else rule
    policy = hr.Policy.from_toml(f'{head}[[steps]]\nkind = "{kind}"\npreset = "{name}"')
    assert step in policy.steps


def test_off_is_none_and_bounds_come_by_themselves() -> None:
    policy = hr.Policy.from_toml(LINEAR + 'top = "off"')
    assert policy.steps == (hr.Linear("vix", top=None), hr.Bounds())
    assert 'top = "off"' in policy.to_toml()
    assert 'kind = "bounds"' in policy.to_toml()
    assert hr.Policy.from_toml(policy.to_toml()) == policy


def test_raw_adds_nothing() -> None:
    assert hr.Policy.from_toml("raw = true\n" + CONSTANT).steps == (hr.Constant(),)


@pytest.mark.parametrize("rule", sorted(catalog.rules()))
def test_starters_of_every_rule_and_preset(rule: str) -> None:
    for variant in (None, *getattr(STEPS[rule], "presets", {})):
        policy = catalog.starter(rule, variant)
        assert hr.Policy.from_toml(policy.to_toml()) == policy
        assert policy.trigger == hr.Trigger()


# ---- mistakes -------------------------------------------------------------------------------

MISTAKES = {
    "syntax": ("a = 1\nb = =", "line 2, column 5: this is not TOML: invalid value"),
    "unclosed": ('name = "x', "end of document: this is not TOML: unterminated string"),
    "key twice": ("raw = 1\nraw = 2\n#", "line 2, column 8: this is not TOML: cannot"),
    "unknown key": ("nmae = 'x'", "nmae: unknown key. Mend: did you mean 'name'?"),
    "name type": ("name = 3", 'name: 3 does not belong here. Mend: write a text such as "vix'),
    "raw type": ('raw = "yes"', "raw: 'yes' does not belong here. Mend: write true or false"),
    "table": ("[signals]", "signals: must be a list of tables. Mend: head each entry with [[sig"),
    "list": ("steps = [1]", "steps: must be a list of tables. Mend: head each entry with [[steps"),
    "no steps": (LEVEL, "steps: the policy has no steps. Mend: start with a rule"),
    "no kind": ("[[steps]]\nlow = 1", "steps[0].kind: the step has no kind. Mend: one of: con"),
    "kind type": ("[[steps]]\nkind = 1", "steps[0].kind: 1 does not belong here"),
    "kind": (
        '[[steps]]\nkind = "lineer"',
        "steps[0].kind: unknown kind 'lineer'. Mend: did you mean 'linear'?",
    ),
    "signal kind": (
        '[[signals]]\nkind = "realized_vol"',
        "signals[0].kind: unknown kind 'realized_vol'. Mend: did you mean 'realised_vol'?",
    ),
    "signal as step": (
        '[[steps]]\nkind = "level"',
        "steps[0].kind: 'level' is a signal, not a step. Mend: put it under [[signals]]",
    ),
    "step as signal": (
        '[[signals]]\nkind = "bounds"',
        "signals[0].kind: 'bounds' is a step, not a signal. Mend: put it under [[steps]]",
    ),
    "misspelt": (
        LINEAR + '[[steps]]\nkind = "bounds"\nflor = 0.3',
        "steps[1].flor: unknown key. Mend: did you mean 'floor'?",
    ),
    "misspelt signal": (
        '[[signals]]\nkind = "level"\ncolum = "vix"',
        "signals[0].colum: unknown key. Mend: did you mean 'column'?",
    ),
    "missing": ('[[signals]]\nkind = "level"', "signals[0].column: is missing. Mend: add column"),
    "text for number": (LINEAR + 'low = "abc"', "steps[0].low: 'abc' is not a number. Mend:"),
    "bool for number": (LINEAR + "low = true", "steps[0].low: true is not a number"),
    "date for number": (LINEAR + "low = 2020-01-01", "steps[0].low: 2020-01-01 is not a number"),
    "off where needed": (LINEAR + 'low = "off"', "steps[0].low: 'off' is not a number"),
    "inf": (LINEAR + "low = inf", "steps[0].low: inf is not a finite number"),
    "nan": (LINEAR + "top = nan", "steps[0].top: nan is not"),
    "part of a day": (
        CONSTANT + '[[steps]]\nkind = "persist"\ndays = 2.5',
        "steps[1].days: 2.5 is not a whole number",
    ),
    "number for text": (LINEAR + "signal = 5", "steps[0].signal: 5 is not a text"),
    "list for text": (LINEAR + "signal = ['a']", "steps[0].signal: the list ['a'] is not a text"),
    "empty": ('[[signals]]\nkind = "level"\ncolumn = ""', "signals[0].column: is empty"),
    "too small": (CONSTANT + "level = -1", "steps[0].level: -1 is less than 0. Mend: write at le"),
    "too great": (CONSTANT + "level = 101", "steps[0].level: 101 is greater than 100. Mend: wr"),
    "not above": (
        CONSTANT + '[[steps]]\nkind = "budget"\nper_year = 0',
        "steps[1].per_year: 0 is not greater than 0. Mend: write more than 0",
    ),
    "not below": (
        LINEAR + '[[steps]]\nkind = "trigger"\ndrawdown = 1',
        "steps[1].drawdown: 1 is not less than 1. Mend: write less than 1",
    ),
    "reversed": (LINEAR + "low = 30", "steps[0]: high must be greater than low"),
    "choice": (
        LINEAR + '[[steps]]\nkind = "trigger"\nrearm = "never"',
        'steps[1].rearm: \'never\' is not one of "recovery" or "reset"',
    ),
    "clock": (LINEAR + '[[steps]]\nkind = "trigger"\nevery = "7x"', "steps[1].every: write cal"),
    "preset": (
        LINEAR + 'preset = "optiona"',
        "steps[0].preset: unknown preset 'optiona'. Mend: did you mean 'option-a'?",
    ),
    "preset type": (LINEAR + "preset = 1", "steps[0].preset: 1 does not belong here"),
    "no presets": (CONSTANT + 'preset = "x"', "steps[0].preset: 'constant' has no presets"),
    "unknown signal": (
        LINEAR + 'signal = "vxi"',
        "steps[0].signal: names the signal 'vxi', which the policy does not have",
    ),
    "signal twice": (LEVEL + LINEAR, "signals[1]: two signals are called 'vix'"),
    "no rule": ('[[steps]]\nkind = "bounds"', "steps[0]: 'bounds' cannot come first"),
    "two rules": (CONSTANT * 2, "steps[1]: 'constant' is a second rule. Mend: keep one rule"),
    "order": (
        CONSTANT + '[[steps]]\nkind = "persist"\n[[steps]]\nkind = "smooth"',
        "steps[2]: 'smooth' stands after 'persist'. Mend: keep the order rule, blend, bounds",
    ),
    "trigger not last": (
        LINEAR + '[[steps]]\nkind = "trigger"\n[[steps]]\nkind = "budget"',
        "steps[2]: 'budget' stands after the trigger. Mend: move the trigger to the end",
    ),
    "stage twice": (
        CONSTANT + '[[steps]]\nkind = "smooth"\n' * 2,
        "steps[2]: 'smooth' appears twice",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_every_mistake_is_told_with_its_field(text: str, sentence: str) -> None:
    with pytest.raises(PolicyError) as caught:
        hr.Policy.from_toml(text)
    assert str(caught.value).startswith(sentence)


def test_a_class_that_is_not_registered_cannot_be_written() -> None:
    class Mine(hr.Constant):
        kind = "mine"

    with pytest.raises(PolicyError, match=r"steps\[0\]: 'mine' is not registered"):
        hr.Policy(steps=[Mine()]).to_toml()


def test_an_empty_catalogue_says_what_to_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_text, "STEPS", {})
    monkeypatch.setattr(policy_text, "ACTIONS", {})
    with pytest.raises(PolicyError, match=r"no steps are known yet.*import hedgerow\.policies"):
        hr.Policy.from_toml(CONSTANT)
    with pytest.raises(PolicyError, match="no actions are known yet"):
        policy_text.actions_from_tables([], "actions")


# ---- files ----------------------------------------------------------------------------------


def test_a_file_is_written_whole_and_not_replaced_by_surprise(tmp_path: Path) -> None:
    file = tmp_path / "made" / "p.toml"
    first, second = catalog.starter("linear"), catalog.starter("tiers")
    assert files.write(first, file) == file
    with pytest.raises(PolicyError, match="is there already"):
        files.write(second, file)
    assert files.read(file) == first
    files.write(second, file, force=True)
    assert files.read(file) == second
    assert [item.name for item in file.parent.iterdir()] == ["p.toml"]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_bytes(b"\xef\xbb\xbf" + CONSTANT.replace("\n", "\r\n").encode())
    assert files.read(file).steps[0] == hr.Constant()


def test_mistakes_in_a_file_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    with pytest.raises(PolicyError, match=r"p\.toml: there is no such policy file"):
        files.read(file)
    with pytest.raises(PolicyError, match="this is a folder"):
        files.read(tmp_path)
    file.write_text("")
    with pytest.raises(PolicyError, match=r"p\.toml: steps: the policy has no steps"):
        files.read(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match=r"p\.toml: this is not a text file"):
        files.read(file)


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    with pytest.raises(PolicyError, match="cannot be written"):
        files.write(catalog.starter("linear"), tmp_path / "taken" / "p.toml")
    (tmp_path / "folder").mkdir()
    with pytest.raises(PolicyError, match="this is a folder"):
        files.write(catalog.starter("linear"), tmp_path / "folder", force=True)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["folder", "taken"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text(CONSTANT)
    file.chmod(0)
    with pytest.raises(PolicyError, match="cannot be read"):
        files.read(file)


# ---- damage -----------------------------------------------------------------------------------

TEXTS = [path.read_text(encoding="utf-8") for path in EXAMPLES]
SPLINTERS = ["", "=", "[[", "]]", '"', "\n", ".", "nan", "inf", "-", "{}", "[1, [2]]", "1e999"]
SPLINTERS += [
    "true",
    "2020-01-01",
    "'''",
    "\\",
    "\0",
    "é",
    "steps",
    "[steps]",
    "9" * 400,
    "[" * 2000,
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(TEXTS),
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(SPLINTERS)), max_size=4
    ),
)
def test_a_damaged_file_gives_a_policy_or_an_error_that_a_user_can_act_on(
    text: str, wounds: list[tuple[float, int, str]]
) -> None:
    for place, length, splinter in wounds:
        at = int(place * len(text))
        text = text[:at] + splinter + text[at + length :]
    try:
        policy = hr.Policy.from_toml(text)
    except PolicyError:
        return
    assert hr.Policy.from_toml(policy.to_toml()) == policy
