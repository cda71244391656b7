"""D7: the trial register: nothing lost, nothing twice, whatever else writes or breaks."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.errors import DataError
from hedgerow.research.overfit import register
from hedgerow.research.overfit.register import Trial
from hedgerow.research.overfit.sharpe import expected_best


def run(key: str, **more) -> Trial:
    made = Trial(
        key, "2024-01-02T03:04:05+00:00", "backtest", "linear", "linear/bounds", "p", "d1",
        "S&P 500 closes", "2000-01-03", "2010-12-31", 1, 1, 0.03, 0.0, "1.0",
    )  # fmt: skip
    return replace(made, **more)


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path

from hedgerow.research.overfit import register

path, who = Path(sys.argv[1]), sys.argv[2]
first = register.read(path).trials[0]
for i in range(40):
    runs = [replace(first, key=f"{who}-{i}"), replace(first, key=f"shared-{i}")]
    register.enter(path, runs)
"""


def test_d7_what_is_entered_is_read_again(tmp_path) -> None:
    path = tmp_path / "deep" / "trials.jsonl"
    assert register.read(path) == ((), ())
    runs = [run("a"), run("b", lanes=5, rated=0, mean=math.nan, name="ö \n ü")]
    held = register.enter(path, runs)
    again = register.read(path)
    assert [one.key for one in again.trials] == [one.key for one in held.trials] == ["a", "b"]
    assert again.trials[0] == runs[0]
    assert again.trials[1].name == "ö \n ü"
    assert math.isnan(again.trials[1].mean)


def test_d7_the_same_run_is_counted_once(tmp_path) -> None:
    path = tmp_path / "trials.jsonl"
    for _ in range(3):
        held = register.enter(path, [run("a"), run("a"), run("b")])
    assert len(held.trials) == len(path.read_text().splitlines()) == 2


def test_d7_writers_at_the_same_time_lose_nothing(tmp_path) -> None:
    path = tmp_path / "trials.jsonl"
    register.enter(path, [run("first")])
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(who)]) for who in range(3)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    held = register.read(path)
    assert held.damaged == ()
    assert len(held.trials) == len(path.read_text().splitlines()) == 1 + 3 * 40 + 40


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_d7_a_torn_last_line_is_reported_and_costs_no_other(tmp_path, cut) -> None:
    path = tmp_path / "trials.jsonl"
    register.enter(path, [run("a"), run("b")])
    path.write_bytes(path.read_bytes()[:-cut])
    held = register.read(path)
    whole = cut == 1  # only the line's end is lost
    assert held.damaged == (() if whole else (2,))
    held = register.enter(path, [run("c")])
    assert [one.key for one in held.trials] == (["a", "b", "c"] if whole else ["a", "c"])
    assert register.read(path) == held


@pytest.mark.parametrize(
    "cells",
    [
        {"lanes": 10**400},
        {"mean": 10**400},
        {"mean": 1e300},
        {"mean": math.nan},
        {"variance": math.inf},
        {"variance": None},
        {"variance": -1.0},
        {"lanes": True},
    ],
)
def test_d7_numbers_that_cannot_be_are_damage_and_spoil_no_count(tmp_path, cells) -> None:
    path = tmp_path / "trials.jsonl"
    register.enter(path, [run("a")])
    line = {**json.loads(path.read_text()), "key": "b", **cells}
    path.write_text(f"{json.dumps(line)}\n")
    held = register.enter(path, [run("a"), run("c", mean=0.05)])
    assert held.damaged == (1,)
    found = register.count(held.trials)
    assert math.isfinite(expected_best(found.trials, found.variance))


def test_d7_a_line_too_deep_to_parse_is_damage(tmp_path) -> None:
    path = tmp_path / "trials.jsonl"
    path.write_bytes(b"[" * 100_000 + b"\n")
    assert register.enter(path, [run("a")]) == ((run("a"),), (1,))


def test_d7_a_name_that_is_no_unicode_is_counted(tmp_path) -> None:
    path = tmp_path / "trials.jsonl"
    runs = (run("a", source="of a folder called \udcff"),)  # as file names are decoded
    assert register.enter(path, runs).trials == register.read(path).trials == runs


def test_d7_a_process_forked_meanwhile_keeps_no_lock(tmp_path) -> None:
    fcntl = pytest.importorskip("fcntl")
    path = tmp_path / "trials.jsonl"
    with register._locked(path) as file:
        twin = os.dup(file)  # as a fork has one
    other = os.open(path, os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError if it is still locked
    os.close(twin)
    os.close(other)


def test_d7_what_was_read_is_not_parsed_again(tmp_path, monkeypatch) -> None:
    path = tmp_path / "trials.jsonl"
    register.enter(path, [run(str(i)) for i in range(50)])
    register.enter(path, [run("x")])
    parsed, parse = [], register._trial
    monkeypatch.setattr(register, "_trial", lambda line: parsed.append(line) or parse(line))
    for i in range(10):
        assert len(register.enter(path, [run(f"y{i}")]).trials) == 52 + i
    assert len(parsed) == 10  # each time the one line that was added


@given(st.lists(st.sampled_from(["add", "other", "torn", "cut", "clear", "junk", "new"])))
def test_d7_what_is_known_of_a_register_is_what_a_fresh_reader_finds(tmp_path, deeds) -> None:
    path = tmp_path / "trials.jsonl"
    path.unlink(missing_ok=True)
    for i, deed in enumerate(deeds):
        old = path.read_bytes() if path.exists() else b""
        line = register._line(run(f"other {i}")).encode() + b"\n"
        if deed in ("other", "torn", "junk"):
            path.write_bytes(old + {"other": line, "torn": line[:-40], "junk": b"junk\n"}[deed])
        elif deed == "cut":
            path.write_bytes(b"".join(old.splitlines(keepends=True)[1:]))
        elif deed == "clear":
            path.write_bytes(b"")
        elif deed == "new":
            path.unlink(missing_ok=True)
            path.write_bytes(line)
        held = register.enter(path, [run(f"own {i}")])
        assert held == register.read(path)


@given(st.binary(max_size=300))
def test_d7_no_content_breaks_the_register(tmp_path, junk) -> None:
    path = tmp_path / "trials.jsonl"
    path.write_bytes(junk)
    held = register.enter(path, [run("a")])
    assert held.trials[-1] == run("a")
    assert register.read(path).trials == held.trials


def test_d7_lines_of_a_later_version_are_read_by_what_is_known(tmp_path) -> None:
    path = tmp_path / "trials.jsonl"
    register.enter(path, [run("a")])
    cells = json.loads(path.read_text())
    lines = [{**cells, "key": "b", "weather": "fine"}, {**cells, "key": "c", "lanes": -1}]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    held = register.read(path)
    assert [one.key for one in held.trials] == ["b"]
    assert held.damaged == (2,)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"data": "d2"}, True),
        ({"data": "d2", "first": "2010-12-31", "last": "2020-12-31"}, True),
        ({"data": "d2", "first": "2011-01-03", "last": "2020-12-31"}, False),
        ({"data": "d2", "source": "another"}, False),
        ({"source": "another"}, True),
    ],
)
def test_d7_the_same_data_is_one_digest_or_one_source_with_common_dates(change, same) -> None:
    other = run("b", **change)
    assert run("a").on_the_data_of(other) is same
    assert other.on_the_data_of(run("a")) is same


def test_d7_data_without_a_source_are_told_apart_by_their_digest() -> None:
    assert not run("a", source="").on_the_data_of(run("b", source="", data="d2"))


@given(st.lists(st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=6), min_size=1, max_size=6))
def test_d7_mean_and_variance_are_those_of_all_lanes_together(lanes) -> None:
    runs = [
        run(
            str(i),
            lanes=len(each),
            rated=len(each),
            mean=float(np.mean(each)),
            variance=float(np.var(each, ddof=1)) if len(each) > 1 else 0.0,
        )
        for i, each in enumerate(lanes)
    ]
    every = np.concatenate([np.array(each) for each in lanes])
    found = register.count(runs)
    assert (found.trials, found.runs) == (len(every), len(lanes))
    assert found.mean == pytest.approx(every.mean(), abs=1e-12)
    assert found.variance == pytest.approx(every.var(ddof=1) if len(every) > 1 else 0.0, abs=1e-12)


def test_d7_a_register_that_cannot_be_used_is_a_clear_error(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        register.enter(tmp_path / "file" / "trials.jsonl", [run("a")])
    with pytest.raises(DataError, match="cannot be read"):
        register.read(tmp_path)
    if Path("/dev/full").exists():  # it can be read without end
        with pytest.raises(DataError, match="cannot be written"):
            register.enter(Path("/dev/full"), [run("a")])
        with pytest.raises(DataError, match="cannot be read"):
            register.read(Path("/dev/full"))


def test_d7_where_the_register_lies(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", "Off")
    assert register.place() is None
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "mine.jsonl"))
    assert register.place() == tmp_path / "mine.jsonl"
    monkeypatch.delenv("HEDGEROW_TRIALS")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert register.place() == tmp_path / "hedgerow" / "trials.jsonl"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert register.place() == tmp_path / ".local" / "state" / "hedgerow" / "trials.jsonl"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")  # invalid, says its specification
    assert register.place() == tmp_path / ".local" / "state" / "hedgerow" / "trials.jsonl"
    monkeypatch.setenv("HEDGEROW_TRIALS", " ")
    assert register.place() == tmp_path / ".local" / "state" / "hedgerow" / "trials.jsonl"
    monkeypatch.setenv("HEDGEROW_TRIALS", "~nobody-of-that-name/trials.jsonl")
    with pytest.raises(DataError, match="there is no folder for the trial register"):
        register.place()
