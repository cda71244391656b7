"""Writes ``docs/cli.md`` from the commands themselves: ``python -m hedgerow.cli.reference``."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hedgerow.report.formats import NOT_ADVICE

HEAD = f"""\
# The command line

*Made from the commands by `make docs`; a test keeps it up to date.*

Results go to standard output, everything else to standard error. `--json` prints JSON and
nothing else. A mistake in the input is told in one sentence with its mend, exit code 2;
interrupted runs exit with 130. {NOT_ADVICE}
"""


def markdown() -> str:
    """Return the reference of every command as Markdown."""
    import typer.main

    from hedgerow.cli import app

    root = typer.main.get_command(app)
    parts = [HEAD]
    for path, command in _leaves(root, ("hedgerow",)):
        parts.append(_section(path, command))
    return "\n".join(parts)


def _leaves(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, child in inner.items():
        yield from _leaves(child, (*path, name))


def _section(path: tuple[str, ...], command: Any) -> str:
    hints = typing.get_type_hints(command.callback)
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = " ".join([*path, *(_argument(p) for p in arguments), "[OPTIONS]"])
    lines = [f"## {' '.join(path)}", "", inspect.cleandoc(command.help or ""), ""]
    lines += ["```", usage, "```", "", "| | |", "|---|---|"]
    lines += [f"| `{_argument(p)}` | {_cell(p)} |" for p in arguments]
    shown = [p for p in options if p.name != "help"]
    lines += [f"| `{_option(p, hints.get(p.name))}` | {_cell(p)} |" for p in shown]
    return "\n".join([*lines, ""])


def _argument(param: Any) -> str:
    name = str(param.metavar or param.name.upper())
    return name if param.required else f"[{name}]"


def _option(param: Any, hint: Any) -> str:
    name = str(param.opts[-1])
    return name if param.is_flag else f"{name} {param.metavar or _kind(hint)}"


def _kind(hint: Any) -> str:
    """Return the choices of an annotation; TEXT where it names none."""
    parts = (hint, *typing.get_args(hint))  # of `Literal[…] | None` and lists, too
    found = next((part for part in parts if typing.get_origin(part) is typing.Literal), None)
    return "TEXT" if found is None else "\\|".join(map(str, typing.get_args(found)))


def _cell(param: Any) -> str:
    text = " ".join((param.help or "").split()).replace("|", "\\|")
    if isinstance(param.show_default, str):
        return f"{text} Default: {param.show_default}."
    if getattr(param, "is_flag", False):
        return text
    if param.default in (None, ()) or callable(param.default):
        return text
    return f"{text} Default: `{param.default}`." if param.show_default else text


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(markdown(), encoding="utf-8")
    else:
        print(markdown(), end="")
