"""Locks on files that end with their process, however it ends."""

from __future__ import annotations

import os
from io import FileIO
from pathlib import Path

from hedgerow.errors import LedgerError


def lock(path: Path, ledger: Path | None = None) -> FileIO:
    """Open a file for reading and writing, made where it lacks, that no other process has so.

    Parameters
    ----------
    path
        The file to lock.
    ledger
        What it stands for in errors, if not for itself.

    Raises
    ------
    LedgerError
        If it cannot be opened, or another process holds it.
    """
    where = str(ledger or path)
    try:
        import fcntl
    except ImportError:
        raise LedgerError(
            "this system has no locks that end with their process",
            where=where,
            mend="keep the ledger in PostgreSQL",
        ) from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        stream = FileIO(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+")
        if new:
            _sync_folder(path.parent)
    except OSError as error:
        raise LedgerError(
            f"the ledger cannot be opened ({error.strerror or error})",
            where=where,
            mend="choose a folder that you may write to",
        ) from None
    try:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        raise written_by_another(where) from None
    return stream


def written_by_another(where: str) -> LedgerError:
    """Return the error of a second writer."""
    return LedgerError(
        "another process is writing to it",
        where=where,
        mend="stop that process; a run has one writer",
    )


def _sync_folder(folder: Path) -> None:
    # A new file survives a loss of power only when its folder has been written, too.
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
