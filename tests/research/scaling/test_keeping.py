"""Parts on disk: gone on with, checked, and never mistaken for another job's."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from hedgerow import files
from hedgerow.errors import DataError, RangeError
from hedgerow.research.scaling.keeping import Kept
from hedgerow.research.scaling.running import run


@dataclass(frozen=True)
class Squares:
    """Squares of numbers, five blocks of two; ``stop`` breaks off before a block."""

    power: int = 2
    stop: int = 99
    title: str = "powers"

    def facts(self) -> dict[str, str]:
        return {"power": str(self.power)}

    def digest(self) -> str:
        return f"power {self.power}"

    def sizes(self) -> list[int]:
        return [2] * 5

    def play(self, block: int, progress=None) -> dict[str, np.ndarray]:
        if block >= self.stop:
            raise KeyboardInterrupt
        if progress is not None:
            progress(2)
        return {"x": np.arange(2 * block, 2 * block + 2) ** self.power}


WHOLE = [[0, 1], [4, 9], [16, 25], [36, 49], [64, 81]]


def values(parts) -> list[list[int]]:
    return [part["x"].tolist() for part in parts]


def test_what_was_done_is_not_done_again(tmp_path) -> None:
    kept = Kept(tmp_path / "new" / "folder")
    with pytest.raises(KeyboardInterrupt):
        run(Squares(stop=3), kept=kept)
    assert kept.count() == 3
    told: list[int] = []
    assert values(run(Squares(), kept=kept, progress=told.append)) == WHOLE
    assert told == [6, 2, 2]
    assert values(run(Squares(stop=0), kept=kept)) == WHOLE  # nothing is left to do


def test_a_damaged_block_is_said_and_done_again(tmp_path) -> None:
    said: list[str] = []
    kept = Kept(tmp_path, said.append)
    run(Squares(), kept=kept)
    first, second, third, *_ = sorted(tmp_path.glob("*.npz"))
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 1  # one bit
    first.write_bytes(content)
    second.write_bytes(second.read_bytes()[:-7])  # cut short
    third.rename(tmp_path / f"000009-{third.name.partition('-')[2]}")  # of no block
    assert values(run(Squares(), kept=kept)) == WHOLE
    assert len(said) == 3
    assert said[0] == f"{first}: the file is damaged; its block is done again"
    assert kept.count() == 5


def test_a_warning_says_it_where_nobody_listens(tmp_path) -> None:
    run(Squares(), kept=Kept(tmp_path))
    next(tmp_path.glob("000002-*")).write_bytes(b"nonsense")
    with pytest.warns(UserWarning, match="the file is damaged; its block is done again"):
        assert values(run(Squares(), kept=Kept(tmp_path))) == WHOLE


def test_another_jobs_folder_is_refused_by_what_differs(tmp_path) -> None:
    run(Squares(), kept=Kept(tmp_path))
    with pytest.raises(DataError, match="the folder keeps other work: another power") as told:
        run(Squares(3), kept=Kept(tmp_path))
    assert told.value.where == str(tmp_path)
    with pytest.raises(DataError, match="'powers', and this is 'cubes'"):
        run(Squares(3, title="cubes"), kept=Kept(tmp_path))


def test_other_versions_are_refused(tmp_path) -> None:
    run(Squares(), kept=Kept(tmp_path))
    path = tmp_path / "manifest.json"
    told = json.loads(path.read_text())
    told["versions"]["numpy"] = "1.0"
    path.write_text(json.dumps(told))
    with pytest.raises(DataError, match=r"other work: made by numpy 1\.0 \(here "):
        run(Squares(), kept=Kept(tmp_path))
    path.write_text("{}")
    with pytest.raises(DataError, match=r"manifest\.json: this is no manifest of kept blocks"):
        run(Squares(), kept=Kept(tmp_path))


def test_a_users_folder_is_not_taken(tmp_path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(RangeError, match="the folder holds other files"):
        run(Squares(), kept=Kept(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch) -> None:
    kept = Kept(tmp_path)
    calls = 0
    sync = os.fsync

    def full(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:  # the manifest, two blocks, and then
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(RangeError, match="no room is left to keep what is done") as told:
        run(Squares(), kept=kept)
    assert told.value.mend.startswith("make room and run the same again")
    names = sorted(path.name.partition("-")[0] for path in tmp_path.iterdir())
    assert names == ["000000", "000001", "manifest.json"]
    assert values(run(Squares(), kept=kept)) == WHOLE


def test_a_folder_that_cannot_be_had_is_told(tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RangeError, match="what is done cannot be written"):
        run(Squares(), kept=Kept(Path(tmp_path / "file" / "inside")))
