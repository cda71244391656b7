"""Parts kept on disk, so that a run that was stopped goes on with what is missing."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from hedgerow.errors import DataError, RangeError
from hedgerow.files import not_written, write_whole
from hedgerow.research.scaling.job import Job, Part
from hedgerow.research.scaling.versions import differences, versions

MANIFEST = "manifest.json"
FORM = 1
"""Of the manifest; another form is another program's."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@runtime_checkable
class Telling(Protocol):
    """A job that can say what its numbers depend on, one thing by one."""

    def facts(self) -> Mapping[str, str]:
        """Return a digest of each thing by its name, such as ``policy``."""


def _warn(sentence: str) -> None:
    warnings.warn(sentence, stacklevel=4)


@dataclass(frozen=True)
class Kept:
    """A folder that keeps the parts of one job: a manifest, and a file for each block.

    A file's name carries the hash of what is in it; files are written whole or not at all.

    Parameters
    ----------
    folder
        Where; made when it is not there.
    say
        Called with a sentence about each damaged file that is found; a warning by default.
    """

    folder: Path
    say: Callable[[str], None] = _warn

    def held(self, job: Job) -> dict[int, Part]:
        """Return the parts of a job that are kept, by block; begin to keep it if there are none.

        A damaged file is said, removed and left out, so that its block is done again.

        Raises
        ------
        DataError
            If the folder keeps another job, or was written by other versions.
        RangeError
            If it cannot be read or written.
        """
        try:
            self._open(job)
            return self._read(len(job.sizes()))
        except OSError as error:
            raise self._refused(error) from None

    def keep(self, block: int, part: Part) -> None:
        """Write the part of a block.

        Raises
        ------
        RangeError
            If it cannot be written, as when the disk is full; what was kept before still is.
        """
        packed = io.BytesIO()
        # the stubs take the first of any names for allow_pickle
        np.savez(packed, **part)  # type: ignore[arg-type]
        content = packed.getvalue()
        try:
            write_whole(self.folder / f"{block:06d}-{_hash(content)}.npz", content)
        except OSError as error:
            raise self._refused(error) from None

    def count(self) -> int:
        """Return how many blocks are there, unread."""
        return len({path.name.partition("-")[0] for path in self.folder.glob("*-*.npz")})

    def _open(self, job: Job) -> None:
        told = dict(job.facts()) if isinstance(job, Telling) else {}
        ours: dict[str, Any] = {
            "form": FORM,
            "title": job.title,
            "digest": job.digest(),
            "facts": told,
            "versions": versions(),
            "sizes": job.sizes(),
        }
        path = self.folder / MANIFEST
        if not path.exists():
            self._fresh()
            write_whole(path, json.dumps(ours, indent=1))
            return
        try:
            theirs = json.loads(path.read_text(encoding="utf-8"))
            same = [theirs[name] == ours[name] for name in ("form", "digest", "sizes", "versions")]
        except (ValueError, KeyError, TypeError):
            raise DataError(
                "this is no manifest of kept blocks",
                where=str(path),
                mend="remove the folder, or name another one",
            ) from None
        if not all(same):
            raise DataError(
                f"the folder keeps other work: {_difference(ours, theirs)}",
                where=str(self.folder),
                mend="name another folder, or run what was begun there",
            )

    def _fresh(self) -> None:
        """Refuse a folder that has a user's files in it."""
        if self.folder.is_dir() and any(
            not path.name.startswith(".") for path in self.folder.iterdir()
        ):
            raise RangeError(
                "the folder holds other files",
                where=str(self.folder),
                mend="name an empty folder, or one that is not there yet",
            )

    def _read(self, blocks: int) -> dict[int, Part]:
        found: dict[int, Part] = {}
        for path in sorted(self.folder.glob("*-*.npz")):
            number, _, hashed = path.stem.partition("-")
            content = path.read_bytes()
            if _hash(content) == hashed and number.isdigit() and int(number) < blocks:
                with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                    found[int(number)] = dict(arrays)
                continue
            self.say(f"{path}: the file is damaged; its block is done again")
            path.unlink()
        return found

    def _refused(self, error: OSError) -> RangeError:
        if error.errno in _NO_ROOM:
            return RangeError(
                f"no room is left to keep what is done ({error.strerror})",
                where=str(self.folder),
                mend="make room and run the same again: it goes on with what is missing",
            )
        return not_written(RangeError, "what is done", self.folder, error)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _difference(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """Return in words why kept parts are not those of this job."""
    if theirs["versions"] != ours["versions"]:
        return f"made by {differences(ours['versions'], theirs['versions'])}"
    if theirs.get("title") != ours["title"]:
        return f"'{theirs.get('title')}', and this is '{ours['title']}'"
    told, before = ours["facts"], theirs.get("facts") or {}
    names = [name for name in {**told, **before} if told.get(name) != before.get(name)]
    if names:
        return f"another {' and another '.join(names)}"
    return "its numbers depend on something else"
