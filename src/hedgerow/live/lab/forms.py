"""Forms of policies and sleeves, made from the catalogue: texts in, checked objects out.

A form is a table of texts by name.  Names are the paths that errors give: ``steps[0].low``,
``signals[1].column``, ``sleeve.tenor``.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, fields
from typing import Any, NamedTuple, TypeAlias

import hedgerow.policies  # noqa: F401  # fills the catalogue
from hedgerow.core.policy import Policy
from hedgerow.core.policy_text import OFF, describe, from_table, parse, preset
from hedgerow.core.step import SIGNALS, STEPS, Stage
from hedgerow.errors import HedgerowError, PolicyError, nearest
from hedgerow.instruments.catalog import SLEEVES, sleeve_from_table, sleeve_to_table
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.describing import meaning, said, values

Texts: TypeAlias = Mapping[str, str]
"""A form: what stands in each of its inputs, by name."""

MOST_PARTS, MOST_SIGNS, MOST_INPUTS = 16, 4_000, 400
"""Signals or steps of a form, letters of an input, inputs of a form."""

_MEMBER = re.compile(r"(signals|steps)\[(\d{1,2})\]\.([a-z_][a-z0-9_]{0,39})")
_KNOWN: Mapping[str, Mapping[str, Any]] = {"signals": SIGNALS, "steps": STEPS}


class Input(NamedTuple):
    """One input of a form."""

    name: str
    """Path, such as ``steps[0].low``."""
    label: str
    text: str
    choices: tuple[str, ...]
    """All that it may be; empty where anything may be written."""
    about: str
    allowed: str
    """Range, in words; empty where the catalogue gives none."""
    default: str
    """Empty where a value is needed."""


class Part(NamedTuple):
    """A signal, a step or the sleeve, with its inputs."""

    place: str
    """Path, such as ``steps[0]``."""
    kind: str
    about: str
    inputs: tuple[Input, ...]
    presets: Mapping[str, str]
    """Published readings by name, and where the source prints each."""


def policy_form(policy: Policy) -> dict[str, str]:
    """Return the form of a policy.

    Raises
    ------
    PolicyError
        If a part is not registered.

    Examples
    --------
    >>> from hedgerow.policies.catalog import starter
    >>> form = policy_form(starter("linear"))
    >>> form["steps[0].kind"], form["steps[0].low"], form["signals[0].column"]
    ('linear', '12.0', 'vix')
    """
    made = {"name": policy.name, "raw": _text(policy.raw)}
    for group, members in (("signals", policy.signals), ("steps", policy.steps)):
        for i, member in enumerate(members):
            table = describe(member, where=f"{group}[{i}]")
            made |= {f"{group}[{i}].{key}": _text(value) for key, value in table.items()}
    return made


def policy_of(texts: Texts) -> Policy:
    """Return the policy that a form describes.

    Raises
    ------
    PolicyError
        If a value is wrong; ``where`` is the name of its input, or begins with it.

    Examples
    --------
    >>> from hedgerow.policies.catalog import starter
    >>> policy_of(policy_form(starter("tiers"))) == starter("tiers")
    True
    >>> policy_of(policy_form(starter("linear")) | {"steps[0].low": "twelve"})
    Traceback (most recent call last):
        ...
    hedgerow.errors.PolicyError: steps[0].low: 'twelve' is not a number. Mend: write a number \
without quotes
    """
    _bounded(texts)
    table: dict[str, Any] = {"raw": texts.get("raw", "false") == "true"}
    name = texts.get("name", "").strip()
    if not name or not name.isprintable() or len(name) > 80:
        raise PolicyError("is no name", where="name", mend="write 1 to 80 letters")
    table["name"] = name
    for group, known in _KNOWN.items():
        table[group] = []
        for i, row in enumerate(_rows(texts, group)):
            cls = known.get(row.get("kind", ""))
            if cls is None:
                where = f"{group}[{i}].kind"
                raise PolicyError("unknown kind", where=where, mend=nearest(row["kind"], known))
            table[group].append({"kind": cls.kind, **_values(cls, row)})
    return from_table(table)


def sleeve_form(sleeve: Sleeve) -> dict[str, str]:
    """Return the form of a sleeve.

    Examples
    --------
    >>> from hedgerow.instruments.future import VixFuture
    >>> sleeve_form(VixFuture())["sleeve.size"]
    'vega_share:0.0013'
    """
    return {f"sleeve.{key}": _text(value) for key, value in sleeve_to_table(sleeve).items()}


def sleeve_of(texts: Texts) -> Sleeve:
    """Return the sleeve that a form describes.

    Raises
    ------
    SleeveError
        If a value is wrong; ``where`` is the name of its input.
    """
    _bounded(texts)
    row = {key[7:]: text for key, text in texts.items() if key.startswith("sleeve.")}
    kind = row.get("kind", "")
    cls: Any = SLEEVES.get(kind)
    given = _values(cls, row) if cls is not None else {}
    table = {key: None if value == OFF else value for key, value in given.items()}
    return sleeve_from_table({"kind": kind, **table})


def parts(texts: Texts, group: str) -> list[Part]:
    """Return the signals or the steps of a form with their inputs; what is unknown is left out."""
    made = []
    for i, row in enumerate(_rows(texts, group)):
        cls = _KNOWN[group].get(row.get("kind", ""))
        if cls is not None:
            made.append(_part(cls, f"{group}[{i}]", row))
    return made


def sleeve_part(texts: Texts) -> Part:
    """Return the sleeve of a form with its inputs; a put where its kind is unknown."""
    row = {key[7:]: text for key, text in texts.items() if key.startswith("sleeve.")}
    cls: Any = SLEEVES.get(row.get("kind", ""), SLEEVES["put"])
    return _part(cls, "sleeve", row)


def kinds() -> dict[str, list[str]]:
    """Return what may stand at each stage: ``kind`` or ``kind@preset``, by the stage's name."""
    made: dict[str, list[str]] = {stage.name.lower(): [] for stage in Stage}
    for kind, cls in STEPS.items():
        if cls.__module__.startswith("hedgerow."):
            named = [f"{kind}@{name}" for name in getattr(cls, "presets", {})]
            made[cls.stage.name.lower()] += [kind, *named]
    return {stage: found for stage, found in made.items() if found}


def with_step(texts: Texts, word: str) -> dict[str, str]:
    """Return a form with a step put in, in place of one of its stage, and the signals it needs.

    Parameters
    ----------
    texts
        The form.
    word
        ``kind`` or ``kind@preset``.

    Raises
    ------
    PolicyError
        If there is no such kind or preset, or the form is full.

    Examples
    --------
    >>> from hedgerow.policies.catalog import starter
    >>> form = with_step(policy_form(starter("linear")), "vol_ratio")
    >>> form["steps[0].kind"], form["signals[1].kind"]
    ('vol_ratio', 'realised_vol')
    """
    kind, at, variant = word.partition("@")
    if kind not in STEPS:
        raise PolicyError(f"unknown kind '{kind}'", where="step", mend=nearest(kind, STEPS))
    cls = STEPS[kind]
    row = {"kind": kind}
    step = None
    with suppress(PolicyError, TypeError):  # some kinds have fields without a default
        step = preset(cls, variant) if at else cls()
    if step is not None:
        row = {key: _text(value) for key, value in describe(step).items()}
    elif at:
        raise PolicyError(f"'{kind}' has no preset '{variant}'", where="step", mend="take another")
    rows = {group: _rows(texts, group) for group in _KNOWN}
    stages = [getattr(STEPS.get(each.get("kind", "")), "stage", -1) for each in rows["steps"]]
    if cls.stage in stages:
        rows["steps"][stages.index(cls.stage)] = row
    else:
        rows["steps"].insert(sum(stage < cls.stage for stage in stages), row)
    held = {_named(each) for each in rows["signals"]}
    for name in dict.fromkeys(step.inputs if step is not None else ()):
        if name not in held:
            with suppress(HedgerowError):  # a signal of another name is for the person to choose
                rows["signals"].append(_signal_row(name))
    return _joined(texts, rows)


def with_signal(texts: Texts, name: str) -> dict[str, str]:
    """Return a form with a signal more, by its name, such as ``vix_ma10``, or its kind.

    Raises
    ------
    PolicyError
        If no signal has the name, or the form is full.
    """
    name = name.strip()
    row = {"kind": name} if name in SIGNALS else _signal_row(name)
    if name in SIGNALS:
        with suppress(PolicyError, TypeError):  # as in `with_step`
            row = {key: _text(value) for key, value in describe(SIGNALS[name]()).items()}
    rows = {group: _rows(texts, group) for group in _KNOWN}
    rows["signals"].append(row)
    return _joined(texts, rows)


def without(texts: Texts, place: str) -> dict[str, str]:
    """Return a form without the signal or step at a place, such as ``steps[2]``."""
    rows = {group: _rows(texts, group) for group in _KNOWN}
    for group, members in rows.items():
        rows[group] = [row for i, row in enumerate(members) if f"{group}[{i}]" != place]
    return _joined(texts, rows)


def with_sleeve(texts: Texts, kind: str) -> dict[str, str]:
    """Return a form with another sleeve and its defaults.

    Raises
    ------
    SleeveError
        If there is no such kind.
    """
    rest = {key: text for key, text in texts.items() if not key.startswith("sleeve.")}
    return rest | sleeve_form(sleeve_from_table({"kind": kind}))


def input_of(where: str, texts: Texts) -> str:
    """Return the name of the input that an error is about, empty where it is about none.

    Examples
    --------
    >>> input_of("steps[0].edges[1]", {"steps[0].edges": "[1, 2]"})
    'steps[0].edges'
    """
    found = [name for name in texts if where == name or where.startswith((f"{name}[", f"{name}."))]
    return max(found, key=len, default="")


def _rows(texts: Texts, group: str) -> list[dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for name, text in texts.items():
        match = _MEMBER.fullmatch(name)
        if match and match[1] == group:
            found.setdefault(int(match[2]), {})[match[3]] = text
    return [found[i] for i in sorted(found)]


def _joined(texts: Texts, rows: Mapping[str, list[dict[str, str]]]) -> dict[str, str]:
    made = {name: text for name, text in texts.items() if not _MEMBER.fullmatch(name)}
    for group, members in rows.items():
        if len(members) > MOST_PARTS:
            raise PolicyError(f"more than {MOST_PARTS}", where=group, mend="remove one first")
        for i, row in enumerate(members):
            made |= {f"{group}[{i}].{key}": text for key, text in row.items()}
    return made


def _named(row: Mapping[str, str]) -> str:
    with suppress(PolicyError, TypeError, KeyError):  # a row that is wrong has no name yet
        cls = SIGNALS[row["kind"]]
        given = {
            key: tuple(v) if isinstance(v, list) else v for key, v in _values(cls, row).items()
        }
        return str(cls(**given).name)
    return ""


def _signal_row(name: str) -> dict[str, str]:
    return {key: _text(value) for key, value in describe(signal_named(name)).items()}


def _part(cls: Any, place: str, row: Mapping[str, str]) -> Part:
    hints = typing.get_type_hints(cls, include_extras=True)
    told: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        words = {key: text for key, text in said(base).items() if not text.startswith("As for")}
        told |= words if base is not object else {}
    made = []
    for item in fields(cls):
        if not item.init:
            continue
        default = _text(item.default) if item.default is not MISSING else ""
        if item.default is MISSING and item.default_factory is not MISSING:
            default = _text(item.default_factory())
        hint = hints[item.name]
        made.append(
            Input(
                f"{place}.{item.name}",
                item.name.replace("_", " "),
                row.get(item.name, default),
                _choices(hint),
                told.get(item.name, "").replace("`", ""),
                _allowed(hint),
                default,
            )
        )
    readings = getattr(cls, "readings", {})
    presets = {name: readings.get(name, "") for name in getattr(cls, "presets", {})}
    return Part(place, cls.kind, meaning(cls).replace("`", ""), tuple(made), presets)


def _members(hint: Any) -> list[Any]:
    """Return what a value may be, without the limits of numbers."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return [each for part in typing.get_args(hint) for each in _members(part)]
    if typing.get_origin(hint) is typing.Annotated:
        return _members(typing.get_args(hint)[0])
    return [hint]


def _choices(hint: Any) -> tuple[str, ...]:
    found: list[str] = []
    for each in _members(hint):
        if each is bool:
            found += ["true", "false"]
        elif typing.get_origin(each) is typing.Literal:
            found += [_text(choice) for choice in typing.get_args(each)]
        elif each is type(None):
            found.append(OFF)
        else:
            return ()
    return tuple(dict.fromkeys(found))


def _allowed(hint: Any) -> str:
    if any(isinstance(each, type) and each in (int, float, str) for each in _members(hint)):
        words = values(hint).replace("`", "")
        return "" if "<" in words.replace("< ", "") else words
    return ""


def _values(cls: Any, row: Mapping[str, str]) -> dict[str, Any]:
    """Return the values that texts stand for; an empty one leaves the field to its default."""
    hints = typing.get_type_hints(cls, include_extras=True)
    made: dict[str, Any] = {}
    for key, text in row.items():
        plain = text.strip()
        if key == "kind" or not plain:
            continue
        made[key] = plain if _texts_only(hints.get(key, str)) else _value(plain)
    return made


def _texts_only(hint: Any) -> bool:
    for each in _members(hint):
        literal = typing.get_origin(each) is typing.Literal
        if not (
            each in (str, type(None)) or (literal and isinstance(typing.get_args(each)[0], str))
        ):
            return False
    return True


def _value(text: str) -> Any:
    try:
        return parse(f"value = {text}")["value"] if "\n" not in text else text
    except PolicyError:  # no number and no list: its field says what it should be
        return text


def _text(value: Any) -> str:
    if value is None:
        return OFF
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(_quoted(item) for item in value)}]"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}:{_text(each)}" for key, each in value.items())
    if hasattr(value, "kind") and hasattr(value, "value"):  # a size
        return f"{value.kind}:{_text(value.value)}"
    return repr(value) if isinstance(value, int | float) else str(value)


def _quoted(value: Any) -> str:
    if not isinstance(value, str):
        return f'"{OFF}"' if value is None else _text(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _bounded(texts: Texts) -> None:
    if len(texts) > MOST_INPUTS:
        raise PolicyError("the form has too many inputs", where="form", mend="load it again")
    for name, text in texts.items():
        if len(text) > MOST_SIGNS:
            raise PolicyError(
                f"has more than {MOST_SIGNS:,} letters", where=name, mend="write less"
            )
