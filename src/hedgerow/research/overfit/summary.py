"""What a trial register holds, kept without its runs: counts by stretch of data, and the keys.

A register of a million lines takes a while to parse.  What its first lines hold is therefore
written to a file beside it, ``trials.jsonl.summary``, with a checksum of these lines and one of
its own.  The register stays the truth: a summary that does not match it, to the byte, is not used,
one that is missing is made again, and one that cannot be written costs nothing but time.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import numpy as np

from hedgerow.research.overfit.trials import Group, Stretch, from_line

TAIL = 4096
"""Bytes before the end that tell whether a register was only added to since it was read."""

FORMAT = "2"
"""Another one wherever what a summary says, or what counts as a damaged line, changes."""

STEP = 1 << 20
"""Bytes that are read at a time."""

UNSUMMARISED = 5_000
"""Lines that are parsed again each time before they are worth a new summary: 70 ms."""


class Summary:
    """All lines of a register up to a place in it."""

    def __init__(self) -> None:
        self.size, self.lines, self.tail = 0, 0, b""
        self.groups: dict[Stretch, Group] = {}
        self.damaged: list[int] = []
        self.unsaved = 0
        self._checksum = hashlib.sha256()
        self._saved = np.zeros((2, 0), dtype="<u8")  # halves of keys, rising by the first
        self._keys: set[bytes] = set()

    def __contains__(self, key: str) -> bool:
        return self._holds(_digest(key))

    def _holds(self, digest: bytes) -> bool:
        if digest in self._keys:
            return True
        if not self._saved.size:
            return False
        first, second = np.frombuffer(digest, dtype="<u8")
        low, high = (np.searchsorted(self._saved[0], first, side) for side in ("left", "right"))
        return bool(np.any(self._saved[1, low:high] == second))

    def add(self, content: bytes) -> None:
        """Take in whole lines.

        Parameters
        ----------
        content
            What follows on the lines so far; ends with a line's end.
        """
        for number, line in enumerate(content.split(b"\n"), start=self.lines + 1):
            if not line.strip():
                continue
            run = from_line(line)
            self.unsaved += 1
            if run is None:
                self.damaged.append(number)
                continue
            key = _digest(run.key)
            if not self._holds(key):
                self._keys.add(key)
                stretch = run.stretch
                self.groups[stretch] = self.groups.get(stretch, Group()).joined(run.group)
        self.size += len(content)
        self.lines += content.count(b"\n")
        self.tail = (self.tail + content)[-TAIL:]
        self._checksum.update(content)

    def save(self, path: Path) -> None:
        """Write the summary, all of it or nothing; where that is impossible, do without."""
        added = np.frombuffer(b"".join(self._keys), dtype="<u8").reshape(-1, 2).T
        keys = np.concatenate([self._saved, added], axis=1)
        keys = keys[:, np.argsort(keys[0])]
        head = {
            "format": FORMAT,
            "size": self.size,
            "lines": self.lines,
            "checksum": self._checksum.hexdigest(),
            "damaged": self.damaged,
            "groups": [[*stretch, *group] for stretch, group in self.groups.items()],
        }
        content = json.dumps(head).encode() + b"\n" + keys.tobytes()
        with ExitStack() as stack, suppress(OSError):
            handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
            stack.callback(Path(draft).unlink, missing_ok=True)
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(content).digest() + content)
            os.replace(draft, path)
        self._saved, self._keys, self.unsaved = keys, set(), 0

    @classmethod
    def saved(cls, path: Path, register: int) -> Self:
        """Return the summary in a file if it is one of this register, else one of no lines.

        Parameters
        ----------
        path
            The summary's.
        register
            The register, an open file.
        """
        made = cls()
        try:
            content = path.read_bytes()
        except OSError:
            return made
        if hashlib.sha256(content[32:]).digest() != content[:32]:
            return made
        end = content.index(b"\n", 32)
        head = json.loads(content[32:end])
        if head.get("format") != FORMAT or head["size"] > os.fstat(register).st_size:
            return made
        checksum, tail = hashlib.sha256(), b""
        for part in parts(register, 0, head["size"]):
            checksum.update(part)
            tail = (tail + part)[-TAIL:]
        if checksum.hexdigest() != head["checksum"]:
            return made
        made.size, made.lines, made.tail = head["size"], head["lines"], tail
        made.damaged, made._checksum = head["damaged"], checksum
        made.groups = {Stretch(*row[:5]): Group(*row[5:]) for row in head["groups"]}
        made._saved = np.frombuffer(content[end + 1 :], dtype="<u8").reshape(2, -1)
        return made


def parts(file: int, start: int, size: int) -> Iterator[bytes]:
    """Yield the bytes of an open file from a place on."""
    os.lseek(file, start, os.SEEK_SET)
    while size > 0 and (part := os.read(file, min(size, STEP))):
        yield part
        size -= len(part)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:16]
