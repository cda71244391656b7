"""A job whose blocks are told apart, and tell who did them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from click import BadOptionUsage

from hedgerow.errors import RangeError
from hedgerow.research.scaling.threads import allowed


@dataclass(frozen=True)
class Draws:
    """Random numbers, each block from its own seed; a folder may tell who did what."""

    blocks: int = 7
    log: str = ""
    pause: float = 0.0
    title: str = "draws"

    def digest(self) -> str:
        return f"draws {self.blocks}"

    def sizes(self) -> list[int]:
        return [3] * self.blocks

    def play(self, block: int, progress=None) -> dict[str, np.ndarray]:
        if self.log:
            Path(self.log, f"{block}-{os.getpid()}-{time.monotonic_ns()}").touch()
        time.sleep(self.pause)
        if progress is not None:
            progress(1)
            progress(2)
        drawn = np.random.default_rng(block).normal(size=(2, 3))
        return {"x": drawn[0], "y": drawn, "threads": np.full(3, allowed() or 0)}

    def done(self) -> list[int]:
        return sorted(int(path.name.split("-")[0]) for path in Path(self.log).iterdir())


def same(one, two) -> None:
    assert len(one) == len(two)
    for a, b in zip(one, two, strict=True):
        for name in ("x", "y"):
            assert np.array_equal(a[name], b[name])


@dataclass(frozen=True)
class Wrong(Draws):
    """One block cannot be done."""

    def play(self, block: int, progress=None) -> dict[str, np.ndarray]:
        print("what a step prints is no message")
        if block == 2:
            raise RangeError("too far", where="here", mend="go back")
        return super().play(block, progress)


@dataclass(frozen=True)
class Odd(Draws):
    """Every block raises an error that cannot be put together again from its message alone."""

    def play(self, block: int, progress=None) -> dict[str, np.ndarray]:
        raise BadOptionUsage("--low", "lower than low")
