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
from hedgerow.research.overfit import register, summary
from hedgerow.research.overfit.register import Holding
from hedgerow.research.overfit.sharpe import expected_best
from hedgerow.research.overfit.trials import Group, Trial, count, to_line


def run(key: str, **more) -> Trial:
    made = Trial(
        key, "2024-01-02T03:04:05+00:00", "backtest", "linear", "linear/bounds", "p", "d1",
        "S&P 500 closes", "2000-01-03", "2010-12-31", 1, 1, 0.03, 0.0, "1.0",
    )  # fmt: skip
    return replace(made, **more)


def counted_one_by_one(path: Path) -> Holding:
    """What a register holds, from all of its lines."""
    found = register.read(path)
    groups: dict = {}
    for one in found.trials:
        groups[one.stretch] = groups.get(one.stretch, Group()).joined(one.group)
    return Holding(groups, found.damaged)


def keys(path: Path) -> list[str]:
    return [one.key for one in register.read(path).trials]


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
    assert keys(path) == ["a", "b"]
    assert held.runs == 2
    assert register.hold(path) == held
    assert again.trials[0] == runs[0]
    assert again.trials[1].name == "ö \n ü"
    assert math.isnan(again.trials[1].mean)


def test_d7_the_same_run_is_counted_once(tmp_path) -> None:
    path = tmp_path / "trials.jsonl"
    for _ in range(3):
        held = register.enter(path, [run("a"), run("a"), run("b")])
    assert held.runs == len(path.read_text().splitlines()) == 2


def test_d7_writers_at_the_same_time_lose_nothing(tmp_path) -> None:
    path = tmp_path / "trials.jsonl"
    register.enter(path, [run("first")])
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(who)]) for who in range(3)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    held = register.hold(path)
    assert held == counted_one_by_one(path)
    assert held.damaged == ()
    assert held.runs == len(path.read_text().splitlines()) == 1 + 3 * 40 + 40


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_d7_a_torn_last_line_is_reported_and_costs_no_other(tmp_path, cut) -> None:
    path = tmp_path / "trials.jsonl"
    register.enter(path, [run("a"), run("b")])
    path.write_bytes(path.read_bytes()[:-cut])
    whole = cut == 1  # only the line's end is lost
    for _ in range(2):  # looking at it, or entering nothing new, leaves it as it is
        assert register.read(path).damaged == (() if whole else (2,))
        assert register.hold(path) == counted_one_by_one(path)
        assert register.enter(path, [run("a")]) == counted_one_by_one(path)
    held = register.enter(path, [run("c")])
    assert keys(path) == (["a", "b", "c"] if whole else ["a", "c"])
    assert held == counted_one_by_one(path)


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
    found = held.count(run("a"))
    assert found.runs == 2
    assert math.isfinite(expected_best(found.trials, found.variance))


def test_d7_a_line_too_deep_to_parse_is_damage(tmp_path) -> None:
    path = tmp_path / "trials.jsonl"
    path.write_bytes(b"[" * 100_000 + b"\n")
    held = register.enter(path, [run("a")])
    assert register.read(path) == ((run("a"),), (1,))
    assert held == counted_one_by_one(path)


def test_d7_a_name_that_is_no_unicode_is_counted(tmp_path) -> None:
    path = tmp_path / "trials.jsonl"
    runs = (run("a", source="of a folder called \udcff"),)  # as file names are decoded
    assert register.enter(path, runs).runs == 1
    assert register.read(path).trials == runs


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
    parsed, parse = [], summary.from_line
    monkeypatch.setattr(summary, "from_line", lambda line: parsed.append(line) or parse(line))
    for i in range(10):
        assert register.enter(path, [run(f"y{i}")]).runs == 52 + i
    assert len(parsed) == 10  # each time the one line that was added


DEEDS = ["add", "other", "again", "torn", "cut", "clear", "junk", "new", "fresh", "edit"]
SPOILT = ["summary cut", "summary changed", "summary lost", "summary of old", "summary is no file"]


@given(st.lists(st.sampled_from([*DEEDS, *SPOILT]), max_size=12), st.integers(0, 3))
def test_d7_what_is_known_of_a_register_is_what_all_its_lines_hold(tmp_path, deeds, lag) -> None:
    path, beside = tmp_path / "trials.jsonl", tmp_path / "trials.jsonl.summary"
    path.unlink(missing_ok=True)
    if beside.is_dir():
        beside.rmdir()
    beside.unlink(missing_ok=True)
    old_summary = b""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(register, "UNSUMMARISED", lag)
        for i, deed in enumerate(deeds):
            old = path.read_bytes() if path.exists() else b""
            other = run(f"other {i}", data=f"d{i % 3}", mean=0.01 * i, lanes=i + 1, rated=i + 1)
            line = to_line(other).encode() + b"\n"
            added = {"other": line, "torn": line[:-40], "junk": b"junk\n", "again": old}
            if deed in added:
                path.write_bytes(old + added[deed])
            elif deed == "edit":  # as long as before
                path.write_bytes(old.replace(b'"own ', b'"OWN ', 1))
                register._READ.clear()
            elif deed == "cut":
                path.write_bytes(b"".join(old.splitlines(keepends=True)[1:]))
            elif deed == "clear":
                path.write_bytes(b"")
            elif deed == "new":
                path.unlink(missing_ok=True)
                path.write_bytes(line)
            elif deed == "fresh":  # another process
                register._READ.clear()
            elif deed == "summary is no file" and not beside.exists():
                beside.mkdir()
            elif deed.startswith("summary") and beside.is_file():
                content = beside.read_bytes()
                spoilt = {"summary cut": content[: i * 40], "summary lost": b""}
                spoilt["summary changed"] = content[:-1] + bytes(
                    [content[-1] ^ 1] if content else []
                )
                beside.write_bytes(spoilt.get(deed, old_summary))
                old_summary = content
                register._READ.clear()
            held = register.enter(path, [run(f"own {i}")])
            assert held == counted_one_by_one(path) == register.hold(path)
            every = register.read(path).trials
            last = tuple(dict.fromkeys(one.key for one in register.read_last(path, 1_000)))
            assert last == tuple(one.key for one in every)
            expected = count(one for one in every if one.on_the_data_of(run("a")))
            found = held.count(run("a"))
            assert found[:2] == expected[:2]
            assert found[2:4] == pytest.approx(expected[2:4], rel=1e-12, abs=1e-15)
            same = (one for one in every if one.on_the_data_of(run("a")))
            assert found.alike == sum(one.lanes for one in same if one.shape == run("a").shape)


def test_d7_a_summary_spares_a_fresh_process_the_lines_before_it(tmp_path, monkeypatch) -> None:
    path = tmp_path / "trials.jsonl"
    monkeypatch.setattr(register, "UNSUMMARISED", 100)
    register.enter(path, [run(str(i), data=f"d{i % 7}") for i in range(150)])
    register.enter(path, [run(f"more {i}") for i in range(40)])
    expected = counted_one_by_one(path)
    register._READ.clear()
    parsed, parse = [], summary.from_line
    monkeypatch.setattr(summary, "from_line", lambda line: parsed.append(line) or parse(line))
    again = [run("3"), run("149"), run("more 7")]
    assert register.enter(path, again) == expected
    assert len(parsed) == 40
    assert len(path.read_bytes().splitlines()) == 190


def test_d7_the_last_runs_are_read_from_the_end(tmp_path, monkeypatch) -> None:
    path = tmp_path / "trials.jsonl"
    assert register.read_last(path, 3) == ()
    register.enter(path, [run(str(i), name="x" * (i % 5)) for i in range(40)])
    path.write_bytes(path.read_bytes() + b"junk\n\n" + to_line(run("last")).encode())
    every = register.read(path).trials
    for step in (1, 7, 300, 1 << 20):
        monkeypatch.setattr(register, "STEP", step)
        for many in (1, 2, 40, 41, 99):
            assert register.read_last(path, many) == every[-many:]


@given(st.binary(max_size=300))
def test_d7_no_content_breaks_the_register(tmp_path, junk) -> None:
    path = tmp_path / "trials.jsonl"
    path.write_bytes(junk)
    held = register.enter(path, [run("a")])
    assert register.read(path).trials[-1] == run("a")
    assert held == counted_one_by_one(path)


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
    found = count(runs)
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
