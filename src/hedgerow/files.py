"""Files written whole or not at all, for whatever writes results."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from hedgerow.errors import HedgerowError, RangeError

E = TypeVar("E", bound=HedgerowError)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file beside its place and move it there when it is complete.

    Parameters
    ----------
    path
        Where; missing folders are made, a file that is there is replaced.
    content
        Bytes, or a text, which is written as UTF-8 with its line ends as they are.

    Raises
    ------
    OSError
        If it cannot be written; what was there before still is.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "made" / "note.txt"
    >>> write_whole(path, "whole")
    >>> path.read_text(), [file.name for file in path.parent.iterdir()]
    ('whole', ['note.txt'])
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            stream.write(content.encode("utf-8") if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def not_written(kind: type[E], what: str, path: Path, error: OSError) -> E:
    """Return the error that tells a user why a file could not be written.

    Examples
    --------
    >>> import errno
    >>> full = OSError(errno.ENOSPC, "No space left on device")
    >>> print(not_written(HedgerowError, "the report", Path("out.html"), full))
    out.html: the report cannot be written (No space left on device). Mend: choose a folder that \
you may write to
    """
    return kind(
        f"{what} cannot be written ({error.strerror or error})",
        where=str(path),
        mend="choose a folder that you may write to",
    )


def save(path: Path, content: str, what: str) -> Path:
    """Write what a user asked for, whole or not at all, and return its path.

    Parameters
    ----------
    path
        Where.
    content
        The text.
    what
        What it is, such as ``the picture``.

    Raises
    ------
    RangeError
        If ``path`` is a folder or cannot be written.

    Examples
    --------
    >>> save(Path("."), "<svg/>", "the picture")
    Traceback (most recent call last):
        ...
    hedgerow.errors.RangeError: .: this is a folder. Mend: name a file inside it
    """
    if path.is_dir():
        raise RangeError("this is a folder", where=str(path), mend="name a file inside it")
    try:
        write_whole(path, content)
    except OSError as error:
        raise not_written(RangeError, what, path, error) from None
    return path


def write_new(path: Path, content: str) -> None:
    """Write a file whole that is not there yet; one that is there stays, whoever makes it when.

    Parameters
    ----------
    path
        Where; its folder must be there.
    content
        The text.

    Raises
    ------
    FileExistsError
        If there is one.
    OSError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "note.txt"
    >>> write_new(path, "first")
    >>> try:
    ...     write_new(path, "second")
    ... except FileExistsError:
    ...     path.read_text()
    'first'
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        write_whole(part, content)
        os.link(part, path)
    finally:
        with suppress(OSError):
            part.unlink()
