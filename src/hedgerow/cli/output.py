"""How commands speak: results on stdout, everything else on stderr, mistakes in one sentence."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer

P = ParamSpec("P")
R = TypeVar("R")

MISTAKE, INTERRUPTED = 2, 130

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else.")]

Run = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The run, where there are several.", show_default="the only one"
    ),
]
Log = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Write a line of JSON for each session, order and fault; - for stderr.",
        show_default="none",
    ),
]


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a user's mistake into its sentence and exit code 2, Ctrl-C into exit code 130."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        from hedgerow.errors import HedgerowError

        try:
            return command(*args, **kwargs)
        except HedgerowError as error:
            complain(str(error))
            raise typer.Exit(MISTAKE) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None

    return wrapped


def complain(sentence: str) -> None:
    """Say on stderr what is wrong, in one line whatever the words quoted in it."""
    line = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in sentence)
    typer.echo(f"hedgerow: {line}", err=True)


def note(sentence: str) -> None:
    """Say something in passing on stderr, if a person is there to read it."""
    if sys.stderr.isatty():
        typer.echo(sentence, err=True)


@contextmanager
def bar_of_progress(label: str, length: int) -> Iterator[Callable[[int], None] | None]:
    """Show on stderr how far a long run is, if a person is there to see it; None if not."""
    if not sys.stderr.isatty():
        yield None
        return
    with typer.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update


def show_json(value: Any) -> None:
    """Print a value as JSON; what is not a number becomes null."""
    typer.echo(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False))


def answer(
    text: str, table: Mapping[str, Any], files: Mapping[str, Path | None], *, as_json: bool
) -> None:
    """Print an answer and the files that were written beside it, or both as JSON.

    Parameters
    ----------
    text, table
        The answer in words, and as plain values.
    files
        By what they are, such as ``report``; None for one that was not asked for.
    as_json
        Whether to print the table.
    """
    if as_json:
        written = {name: None if path is None else str(path) for name, path in files.items()}
        show_json({**table, **written})
        return
    typer.echo(text)
    for name, path in files.items():
        if path is not None:
            typer.echo(f"{name.capitalize()}: {path}")


def plain(value: Any) -> Any:
    """Return the value made of dicts, lists, texts and finite numbers only."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, Sequence):
        return [plain(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not -1e308 < value < 1e308:
        return None
    return value if isinstance(value, bool | int | float) else str(value)


def above_zero(value: float | None, option: str) -> None:
    """Refuse zero and less before any work is done; None is an option left out.

    Raises
    ------
    RangeError
        If it is one of these.
    """
    from hedgerow.errors import RangeError

    if value is None or value > 0:
        return
    kind = "a whole number of 1 or more" if isinstance(value, int) else "a positive number"
    raise RangeError(f"{value} is not {kind}", where=option, mend=f"give {kind}")


def writable(path: Path) -> Path:
    """Check before the work is done that a file can be written there, and make its folder.

    Raises
    ------
    RangeError
        If it is a folder, or cannot be written.
    """
    from hedgerow.errors import RangeError
    from hedgerow.files import not_written

    if path.is_dir():
        raise RangeError("this is a folder", where=str(path), mend="name a file inside it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        probe = path.with_name(f".{path.name}.{os.getpid()}.probe")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise not_written(RangeError, "the file", path, error) from None
    return path


def fresh(toml: str, out: Path | None, *, as_json: bool, what: str = "the rules") -> None:
    """Print a file to start from, or write it where there is none yet.

    Raises
    ------
    RangeError
        If the file is there already.
    """
    from hedgerow.errors import RangeError
    from hedgerow.files import save

    if out is not None:
        if out.exists():
            raise RangeError("is there already", where=str(out), mend="choose another name")
        save(writable(out), toml, what)
    if as_json:
        show_json({"toml": toml, "file": None if out is None else str(out)})
    else:
        typer.echo(toml if out is None else f"Wrote {out}.", nl=out is not None)


def save_picture(path: Path, svg: str) -> None:
    """Write a picture whole or not at all.

    Raises
    ------
    RangeError
        If it cannot be written.
    """
    from hedgerow.files import save

    save(path, svg, "the picture")
