"""Logs: one JSON object a line, or words on a terminal, without secrets.

Nothing is rotated here: systemd's journal or logrotate does it.  A file is opened anew for each
line, so that it may be moved away at any time.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedgerow.errors import RangeError
from hedgerow.files import not_written
from hedgerow.live.keeping.redacting import HIDDEN, redacted, secret

if TYPE_CHECKING:
    import structlog


def log_to(place: str | Path = "-") -> structlog.typing.FilteringBoundLogger:
    """Say where logs go, and return what writes them.

    Parameters
    ----------
    place
        A file to append to, or ``-`` for stderr: words if it is a terminal, else JSON.

    Raises
    ------
    RangeError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "monitor.log"
    >>> log_to(path).info("asked", source="cboe", token="abc")
    >>> path.read_text().split(", ")[:3]
    ['{"source": "cboe"', '"token": "[hidden]"', '"event": "asked"']
    """
    import structlog

    here = str(place) == "-"
    last: Any = structlog.processors.JSONRenderer(default=str)
    if here and sys.stderr.isatty():
        last = structlog.dev.ConsoleRenderer()
    made: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr) if here else _Lines(Path(place)),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            hide,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(20),
    )
    return made


def hide(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take secrets out of what is logged: by their names, and by their looks in texts."""
    for key, value in event.items():
        event[key] = HIDDEN if secret(str(key)) else _plain(value)
    return event


def _plain(value: Any) -> Any:
    """Return a value without secrets; what is no plain value becomes its text, and that is read."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {
            str(key): HIDDEN if secret(str(key)) else _plain(inner) for key, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return redacted(str(value))


class _Lines:
    """Appends to a file that is opened for each line, so that it may be moved away at any time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.open("a").close()
        except OSError as error:
            raise not_written(RangeError, "the log", path, error) from None

    def msg(self, message: str) -> None:
        """Write a line; a log that cannot be written stops nobody."""
        with suppress(OSError), self.path.open("a", encoding="utf-8") as stream:
            stream.write(f"{message}\n")

    debug = info = warning = error = critical = exception = msg
