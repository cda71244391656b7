"""``hedgerow claims``: table, details, JSON, page, and mistakes in one sentence."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.console import as_json, bad, good

FEW = ("--only", "saving", "--only", "sum-cap", "--resamples", "100")


def test_one_claim_is_told_with_all_that_belongs_to_it() -> None:
    said = good("claims", "--only", "e1-drawdown")
    assert "e1-drawdown: does not hold" in said
    assert "“Portfolio loss: $10,000,000 (20% drawdown)”" in said
    assert "measured  33.9%" in said
    assert "data      2020-02-19 to 2020-03-23, 24 sessions" in said
    assert "Not investment advice." in said


def test_json_is_all_of_it() -> None:
    made = as_json("claims", *FEW)
    assert [row["id"] for row in made["claims"]] == ["saving", "sum-cap"]
    first = made["claims"][0]
    assert (first["claimed_low"], first["claimed_high"]) == (0.3, 0.5)
    assert first["measurement"]["low"] < first["measurement"]["value"]
    assert first["measurement"]["modelled"]["hedge prices"] == 1.0
    assert made["resamples"] == 100
    assert made["source"] == "builtin"
    assert sum(made["verdicts"].values()) == 2


def test_two_runs_give_the_same_bytes() -> None:
    assert good("claims", *FEW, "--json") == good("claims", *FEW, "--json")


def test_open_ends_are_null_in_json() -> None:
    (row,) = as_json("claims", "--only", "whipsaw-smoothing", "--resamples", "100")["claims"]
    assert row["claimed_high"] is None


def test_dates_bound_the_study() -> None:
    made = as_json("claims", *FEW, "--from", "2015-01-02", "--to", "2016-12-30")
    assert (made["from"], made["to"]) == ("2015-01-02", "2016-12-30")
    assert made["claims"][0]["measurement"]["to"] == "2016-12-30"


def test_the_page_is_written(tmp_path: Path) -> None:
    said = good("claims", *FEW, "--report", tmp_path / "new" / "claims.html")
    assert said.rstrip().endswith("claims.html")
    page = (tmp_path / "new" / "claims.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--only", "savings"], "did you mean 'saving'?"),
        (["--only", "xyzzy"], "there is no claim 'xyzzy'"),
        (["--resamples", "3"], "--resamples: 3 is out of range"),
        (["--seed", "-1"], "--seed: -1 is out of range"),
        (["--from", "2020-13-01"], "--from: '2020-13-01' is not a date"),
        (["--from", "2020-01-02", "--to", "2019-01-02"], "lies before the start"),
        (["--from", "2031-01-02"], "no data between"),
        (["--to", "2031-01-02"], "2031-01-02 lies outside the data"),
        (["--from", "2020-01-02", "--to", "2020-01-02"], "choose a longer stretch"),
        (["--data", "nowhere"], "nowhere"),
        (["--report", "."], "this is a folder"),
    ],
)
def test_mistakes_are_told(args, said) -> None:
    assert said in bad("claims", *args)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a terminal of Unix")
def test_a_person_sees_how_far_it_is_and_can_stop_it() -> None:
    mine, theirs = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "hedgerow", "claims"], stdout=subprocess.PIPE, stderr=theirs,
        # a shell that runs the tests in its background has them ignore Ctrl-C
        preexec_fn=lambda: signal.signal(  # noqa: PLW1509  # no threads are at work yet
            signal.SIGINT, signal.default_int_handler
        ),
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    until = time.monotonic() + 60.0
    while b"Measuring claims" not in seen and time.monotonic() < until:
        seen += os.read(mine, 1000)
    run.send_signal(signal.SIGINT)
    out, _ = run.communicate(timeout=60)
    os.close(mine)
    assert b"Measuring claims" in seen
    assert run.returncode == 130
    assert out == b""
