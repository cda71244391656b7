"""Policies as TOML text, both ways; every mistake is told with the path of its field.

Text in, objects out: no file is opened here (:mod:`hedgerow.policies.files` does that), and
no step is known by name: whatever is registered in :data:`~hedgerow.core.step.SIGNALS`,
:data:`~hedgerow.core.step.STEPS` and :data:`~hedgerow.core.action.ACTIONS` can be read and
written, users' own classes included.

TOML has no null, so a parameter that is None is written ``"off"``.
"""

from __future__ import annotations

import re
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from hedgerow.core.action import ACTIONS, Action
from hedgerow.core.step import SIGNALS, STEPS
from hedgerow.core.toml_bounds import bounded
from hedgerow.errors import PolicyError, nearest

if TYPE_CHECKING:
    from hedgerow.core.policy import Policy

OFF = "off"
"""How None is written: a leg, a limit or a cap that is switched off."""

_KEYS = ("name", "raw", "signals", "steps")


class _List(NamedTuple):
    # What stands in a list of tables.
    noun: str
    known: dict[str, type[Any]]
    place: str


_LISTS = {
    "signals": _List("a signal", SIGNALS, "under [[signals]]"),
    "steps": _List("a step", STEPS, "under [[steps]]"),
    "actions": _List("an action", ACTIONS, "among the actions of a line"),
}
_PLACE = re.compile(r" \(at (line \d+, column \d+|end of document)\)$")


def read(text: str) -> Policy:
    """Make a policy from TOML text.

    Parameters
    ----------
    text
        A policy file: ``name``, ``raw``, ``[[signals]]`` and ``[[steps]]``, each entry with
        its ``kind``; a step may name a ``preset``, which explicit keys override.

    Raises
    ------
    PolicyError
        If the text is no TOML, or a key, kind, preset, type, value or order is wrong.
    """
    table = parse(text)
    if "lines" in table and "steps" not in table:
        raise PolicyError(
            "this is a program, not a policy",
            where="lines",
            mend="trade it with `hedgerow trade FILE`",
        )
    return from_table(table)


def from_table(table: Mapping[str, Any], name: str = "policy") -> Policy:
    """Make a policy from the table that its text would give.

    Parameters
    ----------
    table
        ``name``, ``raw``, ``signals`` and ``steps``.
    name
        Its name where the table gives none.

    Raises
    ------
    PolicyError
        As for :func:`read`.
    """
    from hedgerow.core.policy import Policy

    _filled(STEPS, "steps")
    _known(table, _KEYS, "")
    name = _typed(table.get("name", name), str, "name", 'a text such as "vix-linear"')
    raw = _typed(table.get("raw", False), bool, "raw", "true or false")
    return Policy(
        name=name,
        raw=raw,
        signals=[_member(entry, where, "signals") for entry, where in _entries(table, "signals")],
        steps=[_step(entry, where) for entry, where in _entries(table, "steps")],
    )


def write(policy: Policy) -> str:
    """Return the policy as TOML, every parameter explicit, in the order of its fields.

    Raises
    ------
    PolicyError
        If a signal or step is not registered, so that the text could not be read again.
    """
    import tomlkit

    document = tomlkit.document()
    document.add("name", tomlkit.item(policy.name))
    document.add("raw", tomlkit.item(policy.raw))
    for group, members in (("signals", policy.signals), ("steps", policy.steps)):
        if not members:
            continue
        array = tomlkit.aot()
        for i, member in enumerate(members):
            row = tomlkit.table()
            for key, value in _row(member, f"{group}[{i}]").items():
                row.add(key, tomlkit.item(value))
            array.append(row)
        document.add(group, array)
    return tomlkit.dumps(document)


def actions_from_tables(tables: object, where: str) -> tuple[Action, ...]:
    """Make the actions of a line from the tables of a TOML document.

    Parameters
    ----------
    tables
        A list of tables, each with its ``kind``.
    where
        How errors name the list: ``lines[0].actions``.

    Raises
    ------
    PolicyError
        If it is no list of tables, or a key, kind, type or value is wrong.

    Examples
    --------
    >>> import hedgerow.policies
    >>> actions_from_tables([{"kind": "roll_up", "rally": 0.1}], "lines[0].actions")
    (RollUp(rally=0.1, least_left=14, wait=5),)
    """
    _filled(ACTIONS, "actions")
    return tuple(_member(row, place, "actions") for row, place in _rows(tables, where))


def action_to_table(action: Action, *, where: str = "") -> dict[str, Any]:
    """Return the table that :func:`actions_from_tables` reads back, every parameter explicit.

    Raises
    ------
    PolicyError
        If the action's class is not registered.

    Examples
    --------
    >>> from hedgerow.policies.actions import RollOut
    >>> action_to_table(RollOut(days=30))
    {'kind': 'roll_out', 'days': 30, 'decay': 'off', 'gamma': 'off', 'wait': 5}
    """
    return _row(action, where)


def _filled(known: Mapping[str, Any], nouns: str) -> None:
    if not known:
        raise PolicyError(f"no {nouns} are known yet", mend="import hedgerow.policies first")


def _row(member: Any, where: str) -> dict[str, Any]:
    return {key: _plain(value) for key, value in describe(member, where=where).items()}


def describe(member: Any, *, where: str = "") -> dict[str, Any]:
    """Return ``kind`` and the parameters of a signal, step or action, None for what is off."""
    kind = getattr(member, "kind", type(member).__name__)
    if not any(type(member) is each.known.get(kind) for each in _LISTS.values()):
        raise PolicyError(
            f"'{kind}' is not registered, so a file cannot name it",
            where=where,
            mend="decorate the class with step or signal of core.step, or action of core.action",
        )
    out: dict[str, Any] = {"kind": kind}
    for name, hint in _hints(type(member)).items():
        value = getattr(member, name)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        out[name] = float(value) if number and float in _members(hint) else value
    return out


def _plain(value: Any) -> Any:
    if value is None:
        return OFF
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def parse(text: str, noun: str = "policy") -> dict[str, Any]:
    """Return TOML text as tables.

    Parameters
    ----------
    text
        Of a file.
    noun
        What it should be, for messages.

    Raises
    ------
    PolicyError
        If it is no TOML, telling where.
    """
    try:
        return tomllib.loads(bounded(text))
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        found = _PLACE.search(message)
        place = found.group(1) if found else ""
        reason = _PLACE.sub("", message)
        raise PolicyError(
            f"this is not TOML: {reason[:1].lower()}{reason[1:]}",
            where=place,
            mend='write key = value, with texts in "quotes"',
        ) from None
    except (RecursionError, ValueError) as error:
        # Lists in lists in lists, a whole number of thousands of digits, a 31 February.
        reason = "lists too deep" if isinstance(error, RecursionError) else str(error)
        raise PolicyError(f"this is no {noun}: {reason}", mend="mend or remove it") from None


def _entries(table: Mapping[str, Any], group: str) -> Iterable[tuple[dict[str, Any], str]]:
    return _rows(table.get(group, []), group)


def _rows(rows: object, where: str) -> Iterable[tuple[dict[str, Any], str]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        heading = re.sub(r"\[\d+\]", "", where)
        raise PolicyError(
            "must be a list of tables", where=where, mend=f"head each entry with [[{heading}]]"
        )
    for i, row in enumerate(rows):
        yield row, f"{where}[{i}]"


def _member(entry: dict[str, Any], where: str, group: str) -> Any:
    cls = _class(entry, where, group)
    _known(entry, ("kind", *_hints(cls)), where)
    return make(cls, {key: value for key, value in entry.items() if key != "kind"}, where)


def _step(entry: dict[str, Any], where: str) -> Any:
    cls = _class(entry, where, "steps")
    _known(entry, ("kind", "preset", *_hints(cls)), where)
    given = {key: value for key, value in entry.items() if key not in ("kind", "preset")}
    if "preset" in entry:
        given = {**_preset(cls, entry["preset"], f"{where}.preset"), **given}
    return make(cls, given, where)


def _class(entry: Mapping[str, Any], where: str, group: str) -> type[Any]:
    named, known, _ = _LISTS[group]
    noun, where = named.split()[-1], f"{where}.kind"
    if "kind" not in entry:
        raise PolicyError(f"the {noun} has no kind", where=where, mend=f"one of: {_listed(known)}")
    kind = _typed(entry["kind"], str, where, f'the {noun} in quotes, such as "{next(iter(known))}"')
    if kind in known:
        return known[kind]
    for other in _LISTS.values():
        if kind in other.known:
            raise PolicyError(
                f"'{kind}' is {other.noun}, not {named}", where=where, mend=f"put it {other.place}"
            )
    raise PolicyError(f"unknown kind '{kind}'", where=where, mend=nearest(kind, known))


def _preset(cls: type[Any], name: Any, where: str) -> dict[str, Any]:
    presets: Mapping[str, Mapping[str, Any]] = getattr(cls, "presets", {})
    if not presets:
        raise PolicyError(f"'{cls.kind}' has no presets", where=where, mend="remove the line")
    name = _typed(name, str, where, f"one of: {_listed(presets)}")
    if name not in presets:
        raise PolicyError(f"unknown preset '{name}'", where=where, mend=nearest(name, presets))
    return dict(presets[name])


def preset(cls: type[Any], name: str) -> Any:
    """Make a step of class ``cls`` with its published preset ``name``.

    Raises
    ------
    PolicyError
        If the class has no such preset.
    """
    return cls(**_preset(cls, name, f"{cls.kind}.preset"))


def make(cls: type[Any], given: Mapping[str, Any], where: str) -> Any:
    """Make a member, or another class with `plain_spoken` errors, from the values of a table.

    Parameters
    ----------
    cls
        What to make.
    given
        Values by field; ``"off"`` is None where the field may be that.
    where
        How errors name the table.

    Raises
    ------
    PolicyError
        If a field is missing or out of range, naming it.
    """
    hints = _hints(cls)
    values: dict[str, Any] = {}
    for key, value in given.items():
        off = isinstance(value, str) and value == OFF
        values[key] = None if off and type(None) in _members(hints[key]) else _tuples(value)
    for item in fields(cls):
        needed = item.init and item.default is MISSING and item.default_factory is MISSING
        if needed and item.name not in values:
            raise PolicyError(
                "is missing", where=f"{where}.{item.name}", mend=f"add {item.name} = …"
            )
    try:
        return cls(**values)
    except PolicyError as error:
        # The constructor knows its kind and field; the file has a longer way to them.
        place = where + error.where.removeprefix(cls.kind)
        raise PolicyError(error.what, where=place, mend=error.mend) from None
    except (TypeError, ValueError) as error:
        raise PolicyError(str(error), where=where) from None


def in_words(error: ValidationError, cls: type[Any], where: str) -> PolicyError:
    """Return pydantic's first verdict on the fields of ``cls`` as an error of ours."""
    first = error.errors()[0]
    names, kind = list(_hints(cls)), str(first["type"])
    # What was given by position is told by the name of its field.
    placed = [item.name for item in fields(cls) if not item.kw_only]
    field, *inside = first["loc"] or ("",)
    if isinstance(field, int) and field < len(placed):
        field = placed[field]
    path = f"{where}.{field}".removesuffix(".") + "".join(f"[{place}]" for place in inside)
    if kind in ("unexpected_keyword_argument", "unexpected_keyword"):
        return PolicyError("unknown key", where=path, mend=nearest(str(first["loc"][-1]), names))
    if kind == "unexpected_positional_argument":
        return PolicyError(
            f"takes no more than {len(placed)} values without a name",
            where=where,
            mend=f"name them: {_listed(names)}",
        )
    if kind in ("missing", "missing_argument"):
        return PolicyError("is missing", where=path, mend=f"give {first['loc'][-1]} a value")
    what, mend = _in_words(first)
    return PolicyError(what, where=path, mend=mend)


def _in_words(error: Mapping[str, Any]) -> tuple[str, str]:
    # pydantic's verdict, as a clause and its mend
    kind, got, limits = str(error["type"]), error["input"], dict(error.get("ctx", {}))
    shown = _shown(got)
    if kind.startswith(("float_", "decimal_")):
        return f"{shown} is not a number", "write a number without quotes"
    if kind.startswith("int_"):
        return f"{shown} is not a whole number", "write a whole number without quotes"
    if kind == "finite_number":
        return f"{shown} is not a finite number", "write an ordinary number"
    if kind == "string_type":
        return f"{shown} is not a text", "write a text in quotes"
    if kind == "string_too_short":
        return "is empty", "name one"
    if kind == "tuple_type":
        return f"{shown} is not a list", "write numbers in brackets"
    if kind in ("too_short", "too_long"):
        edge = "at least" if kind == "too_short" else "at most"
        count = limits["min_length" if kind == "too_short" else "max_length"]
        return f"{shown} has {limits['actual_length']} members", f"write {edge} {count}"
    if kind == "bool_type":
        return f"{shown} is not true or false", "write true or false"
    if kind == "literal_error":
        choices = str(limits["expected"]).replace("'", '"')
        return f"{shown} is not one of {choices}", f"write {choices}"
    edges = {
        "greater_than": ("gt", "not greater than", "more than"),
        "greater_than_equal": ("ge", "less than", "at least"),
        "less_than": ("lt", "not less than", "less than"),
        "less_than_equal": ("le", "greater than", "at most"),
    }
    if kind in edges:
        key, verdict, wanted = edges[kind]
        return f"{shown} is {verdict} {limits[key]:g}", f"write {wanted} {limits[key]:g}"
    if kind == "value_error":
        said = limits.get("error", error["msg"])
        if isinstance(said, PolicyError):
            return said.what, said.mend
        whole = not error["loc"]
        return str(said), "change one of the two" if whole else f"replace {shown}"
    message = str(error["msg"])
    return f"{shown}: {message[:1].lower()}{message[1:]}", "write another value"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, bool):
        return str(value).lower()
    return f"the list {list(value)}" if isinstance(value, tuple | list) else str(value)


def _hints(cls: type[Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {item.name: hints[item.name] for item in fields(cls) if item.init}


def _members(hint: Any) -> tuple[Any, ...]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return typing.get_args(hint)
    return (hint,)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _typed(value: Any, kind: type[Any], where: str, wanted: str) -> Any:
    if not isinstance(value, kind):
        raise PolicyError(
            f"{_shown(value)} does not belong here", where=where, mend=f"write {wanted}"
        )
    return value


def _known(table: Iterable[str], keys: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in keys:
            raise PolicyError(
                "unknown key", where=f"{where}.{key}" if where else key, mend=nearest(key, keys)
            )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
