"""A file of settings to start from, and how two settings differ, from the models themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

import tomlkit
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hedgerow.core.policy_text import OFF
from hedgerow.live.settings import Settings

_HEAD = """\
# The settings of a desk. What is left out has the value that stands here.
# Passwords, tokens and addresses of alerts are never written here: they are read from the
# environment or the keyring.
"""


def starter(settings: Settings | None = None) -> str:
    """Return settings as TOML, every key explained.

    Parameters
    ----------
    settings
        None for the defaults.

    Examples
    --------
    >>> from hedgerow.live.settings import parse
    >>> parse(starter()) == Settings()
    True
    >>> print(starter().split("[approval]")[1][:61])
    <BLANKLINE>
    # May be false with the paper broker alone.
    required = true
    <BLANKLINE>
    """
    shown = settings or Settings()
    return _HEAD + "".join(
        f"\n# {_line(type(table).__doc__)}\n[{name}]\n{''.join(_keys(table))}"
        for name, table in ((name, getattr(shown, name)) for name in Settings.model_fields)
    )


def _keys(table: BaseModel) -> Iterator[str]:
    for name, field in type(table).model_fields.items():
        value = getattr(table, name)
        said = [f"# {text}\n" for text in (_line(field.description), _choices(field)) if text]
        yield "".join(said) + f"{name} = {_toml(value)}\n"


def _choices(field: FieldInfo) -> str:
    if get_origin(field.annotation) is not Literal:
        return ""
    return "One of " + ", ".join(_toml(choice) for choice in get_args(field.annotation)) + "."


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _toml(value: Any) -> str:
    value = OFF if value is None else value
    return str(tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string())


def differences(before: Settings, after: Settings) -> dict[str, list[Any]]:
    """Return what was and what is, by key, where two settings differ.

    Examples
    --------
    >>> from hedgerow.live.settings import parse
    >>> differences(Settings(), parse("limits.contracts = 50"))
    {'limits.contracts': [500.0, 50.0]}
    """
    old, new = _flat(before.model_dump(mode="json")), _flat(after.model_dump(mode="json"))
    return {key: [old[key], new[key]] for key in old if old[key] != new[key]}


def _flat(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {f"{name}.{key}": v for name, table in tables.items() for key, v in table.items()}
