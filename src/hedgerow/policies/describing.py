"""What the catalogue says of its parts: meaning, fields, what each may be."""

from __future__ import annotations

import inspect
import re
import types
import typing
from typing import Any

_SIGNS = (("gt", "> {:g}"), ("ge", "≥ {:g}"), ("lt", "< {:g}"), ("le", "≤ {:g}"))


def meaning(cls: type[Any]) -> str:
    """Return the first paragraph of a class's docstring on one line.

    Examples
    --------
    >>> from hedgerow.policies.rules import Constant
    >>> meaning(Constant)
    'The static hedge: the same intensity always.'
    """
    return " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split()).replace("``", "`")


def said(cls: type[Any]) -> dict[str, str]:
    """Return what the Parameters section of a class's docstring says of each field.

    Examples
    --------
    >>> from hedgerow.policies.rules import Constant
    >>> said(Constant)
    {'level': 'Intensity, a multiple of the base size.'}
    """
    found = re.search(r"Parameters\n-+\n(.*?)(?:\n\n|\Z)", inspect.getdoc(cls) or "", re.S)
    made: dict[str, str] = {}
    names: list[str] = []
    for line in found.group(1).splitlines() if found else ():
        if not line.startswith(" "):
            names = [name.strip() for name in line.split(",")]
            continue
        for name in names:
            made[name] = f"{made.get(name, '')} {line.strip()}".strip().replace("``", "`")
    return made


def values(hint: Any) -> str:
    """Return the values that an annotation allows, in words.

    Examples
    --------
    >>> from hedgerow.policies.rules import Intensity
    >>> values(Intensity)
    'number ≥ 0 and ≤ 100'
    """
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        members = [part for part in typing.get_args(hint) if part is not type(None)]
        return " or ".join([*map(values, members), '`"off"`'])
    if typing.get_origin(hint) is typing.Literal:
        return " or ".join(f'`"{choice}"`' for choice in typing.get_args(hint))
    base: Any = hint
    extras: tuple[Any, ...] = ()
    if typing.get_origin(hint) is typing.Annotated:
        base, *given = typing.get_args(hint)
        extras = tuple(given)
    if typing.get_origin(base) is tuple:
        inner = values(typing.get_args(base)[0])
        noun = next(word for word in ("list", "number", "text") if word in inner)
        return f"list of {inner.replace(noun, f'{noun}s', 1)}"
    limits = [limit for extra in extras for limit in getattr(extra, "metadata", ())]
    shown = [
        sign.format(getattr(limit, name))
        for name, sign in _SIGNS
        for limit in limits
        if hasattr(limit, name)
    ]
    nouns = {int: "whole number", float: "number", str: "text", bool: "`true` or `false`"}
    noun = nouns.get(base, str(base))
    return " ".join([noun, " and ".join(shown)]).strip()
