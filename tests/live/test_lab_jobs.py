"""Jobs of the Lab: each in a process of its own, and its end in the book whatever the end is."""

from __future__ import annotations

import sys
import time

import pytest

from hedgerow.errors import LedgerError
from hedgerow.live.lab.jobs import STOPPED, Jobs
from hedgerow.live.store import Store

WORK = """
import json, os, sys, time
asked = json.loads(sys.stdin.readline())
print(json.dumps({"done": 1, "total": 2}), flush=True)
match asked["do"]:
    case "answer": print(json.dumps({"found": {"place": asked["place"]}}))
    case "refuse": print(json.dumps({"refused": "there are no such data"}))
    case "die": os.kill(os.getpid(), 9)
    case "crash": raise RuntimeError("a bug")
    case "noise": print("hello"); print('["no table"]')
    case "wait": sys.stdin.read()
"""


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    """Jobs whose process does what it is told."""
    (tmp_path / "lab_test_work.py").write_text(WORK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    made = Jobs(Store(tmp_path / "book.db"), "lab_test_work", clock=time.time_ns)
    yield made
    made.close()


def ended(jobs: Jobs, key: str):
    """A job once it is done with."""
    until = time.monotonic() + 30
    while (job := jobs.job(key)).open and time.monotonic() < until:
        time.sleep(0.01)
    return job


def begun(jobs: Jobs, key: str) -> None:
    """Wait for a job's first word."""
    until = time.monotonic() + 30
    while not jobs.job(key).done and time.monotonic() < until:
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("do", "state", "why"),
    [
        ("answer", "done", None),
        ("refuse", "failed", "there are no such data"),
        ("die", "failed", "its process ended without an answer (signal 9)"),
        ("crash", "failed", "its process ended without an answer (exit 1)"),
        ("noise", "failed", "its process ended without an answer (exit 0)"),
    ],
)
def test_a_job_ends_with_an_answer_or_a_sentence(jobs, do, state, why) -> None:
    job = ended(jobs, jobs.add("ann", "test", {"do": do}))
    assert (job.state, job.found.get("why"), job.ended > 0) == (state, why, True)
    if do == "answer":
        assert job.found == {"place": str(jobs.store.place)}
        assert (job.done, job.total) == (1, 2)


def test_a_person_has_one_at_a_time_and_others_wait_their_turn(jobs) -> None:
    first = jobs.add("ann", "test", {"do": "wait"})
    with pytest.raises(LedgerError, match="you have one that is not done yet"):
        jobs.add("ann", "test", {"do": "answer"})
    second = jobs.add("bob", "test", {"do": "answer"})
    begun(jobs, first)
    assert [job.state for job in jobs.latest()] == ["queued", "running"]
    assert jobs.cancel(first)
    assert not jobs.cancel(first), "it is over already"
    assert jobs.job(first).state == "cancelled"
    assert ended(jobs, second).state == "done"
    assert jobs.job(first).state == "cancelled", "its dead process says nothing more"
    jobs.add("ann", "test", {"do": "answer"})


def test_a_queued_job_is_cancelled_before_it_begins(jobs) -> None:
    first, second = (jobs.add(who, "test", {"do": "wait"}) for who in ("ann", "bob"))
    jobs.cancel(second)
    jobs.cancel(first)
    time.sleep(0.05)
    assert [jobs.job(key).state for key in (first, second)] == ["cancelled"] * 2


def test_one_that_takes_too_long_is_stopped(tmp_path, jobs) -> None:
    jobs.limit = 0.3
    job = ended(jobs, jobs.add("ann", "test", {"do": "wait"}))
    assert job.found == {"why": "it took longer than 0.3 seconds and was stopped"}


def test_what_a_stopped_dashboard_left_open_is_failed(jobs) -> None:
    key = jobs.add("ann", "test", {"do": "wait"})
    begun(jobs, key)
    again = Jobs(jobs.store, "lab_test_work")
    assert (again.job(key).state, again.job(key).found) == ("failed", {"why": STOPPED})
    jobs.close()
    assert jobs.job(key).found == {"why": STOPPED}


def test_its_process_ends_with_the_dashboard(jobs) -> None:
    key = jobs.add("ann", "test", {"do": "wait"})
    begun(jobs, key)
    process = jobs._running[key]
    process.stdin.close()  # as when the dashboard is killed
    assert process.wait(10) == 0
    assert sys.executable in process.args
