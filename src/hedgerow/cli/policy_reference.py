"""Writes ``docs/policies.md`` from the catalogue: ``python -m hedgerow.cli.policy_reference``."""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from hedgerow.policies.describing import meaning, said, values

HEAD = """\
# Policies

*Made from the catalogue by `make docs`; a test keeps it up to date.*

A policy is signals, one rule, then overlays and a trigger, in this order. In Python each kind is
a class of `hedgerow`; in a file it is an entry under `[[signals]]` or `[[steps]]` with its `kind`,
and `preset = "…"` takes published values that other keys override. A value that may be `"off"` in
a file is `None` in Python. `hedgerow policy new --rule KIND` writes a file to start from,
`hedgerow policy check` finds what is wrong with one. A policy without `bounds` gets them, unless
it says `raw = true`.

How the less plain rules of the source are read: [rules](rules.md).

[Actions](#actions) are no steps: they stand with a line of a program, see [actions](actions.md).
"""

ACTIONS_HEAD = """\
## Actions

What a line does with its position because of what became of it: see [actions](actions.md). In a
file they stand with the line, each under `[[lines.actions]]` with its `kind`.
"""

STAGES = {
    "RULE": ("Rules", "From a signal to an intensity; a policy has one, first."),
    "BLEND": ("Blend", "What caps the rule's intensity or mixes it with another."),
    "BOUNDS": ("Bounds", "The least and the most."),
    "SMOOTH": ("Smoothing", "Slower changes."),
    "PERSIST": ("Persistence", "Changes that last."),
    "SCOPE": ("Scope", "What is hedged."),
    "SPLIT": ("Split", "What divides the whole among near and far hedges."),
    "BUDGET": ("Budget and stop", "What it may cost, or lose."),
    "TRIGGER": ("Trigger", "When to trade; without one every bar rebalances."),
}


def markdown() -> str:
    """Return the reference of every signal, step and action of this package as Markdown."""
    import hedgerow.policies  # noqa: F401  # registers the signals, steps and actions
    from hedgerow.core.action import ACTIONS
    from hedgerow.core.step import SIGNALS, STEPS, Stage

    parts = [HEAD, "## Signals\n\nColumns made from the past; steps name them.\n"]
    parts += [_section(cls) for cls in _ours(SIGNALS)]
    for stage in Stage:
        members = [cls for cls in _ours(STEPS) if cls.stage == stage]
        if members:
            title, meaning = STAGES[stage.name]
            parts.append(f"## {title}\n\n{meaning}\n")
            parts += [_section(cls) for cls in members]
    parts += [ACTIONS_HEAD, *(_section(cls) for cls in _ours(ACTIONS))]
    return "\n".join(parts)


def _ours(known: dict[str, type[Any]]) -> Iterator[type[Any]]:
    return (cls for cls in known.values() if cls.__module__.startswith("hedgerow."))


def _section(cls: Any) -> str:
    lines = [f"### {cls.kind}", "", f"`hr.{cls.__name__}`: {meaning(cls)}", ""]
    about_fields = said(cls)
    if fields(cls):
        lines += ["| field | default | values | |", "|---|---|---|---|"]
    hints = typing.get_type_hints(cls, include_extras=True)
    for item in fields(cls):
        default = "needed" if item.default is MISSING else f"`{_plain(item.default)}`"
        about = about_fields.get(item.name, "").replace("|", "\\|")
        lines.append(f"| `{item.name}` | {default} | {values(hints[item.name])} | {about} |")
    presets = getattr(cls, "presets", {})
    printed = getattr(cls, "readings", {})
    if presets:
        lines += ["", "| preset | | where the source prints it |", "|---|---|---|"]
    for name, preset in presets.items():
        shown = ", ".join(f"{key} {_plain(value)}" for key, value in preset.items())
        lines.append(f"| `{name}` | {shown} | {printed.get(name, '').replace('|', '/')} |")
    return "\n".join([*lines, ""])


def _plain(value: Any) -> str:
    if value is None:
        return '"off"'
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool):
        return str(value).lower()  # as a file has it
    if isinstance(value, tuple):
        return f"[{', '.join(map(_plain, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(markdown(), encoding="utf-8")
    else:
        print(markdown(), end="")
