"""``hedgerow ledger``: what a run left on record, and one sentence for every trouble."""

from __future__ import annotations

import json
import math
import sqlite3
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cli.console import as_json, bad, good, python
from engine.ledger import toy
from hedgerow.engine.ledger import desk_events
from hedgerow.engine.ledger.chain import GENESIS, Record, forge, verify
from hedgerow.engine.ledger.events import SCHEMA, Cancelled, Closed, Decided, Filled, Opened
from hedgerow.engine.ledger.export import table
from hedgerow.engine.ledger.lines import lines
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.money import MOST
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.vocabulary import KINDS
from hedgerow.report.ledger import sentence

BARS = 20


@pytest.fixture(params=["run.db", "run.jsonl"])
def place(request, tmp_path) -> Path:
    with open_ledger(tmp_path / request.param, toy.RUN, writing=True) as ledger:
        toy.play(ledger, BARS)
    return Path(request.param)


@pytest.fixture(scope="module")
def whole() -> MemoryLedger:
    ledger = MemoryLedger(toy.RUN)
    toy.play(ledger, BARS)
    return ledger


def test_verify_names_the_head(place, whole) -> None:
    said = good("ledger", "verify", place)
    assert said == f"toy: {whole.head.count} records, the chain holds\nhead {whole.head.hash}\n"
    found = as_json("ledger", "verify", place, "--head", whole.head.hash)
    assert found == {"run": "toy", "records": whole.head.count, "hash": whole.head.hash}
    assert "no record has the hash 00" in bad("ledger", "verify", place, "--head", "00")


def test_show_tells_where_the_run_stands(place, whole) -> None:
    closed = [r.event for r in whole.read()][-1]
    found = as_json("ledger", "show", place, "--last", "5")
    assert Decimal(found["nav"]) == Decimal(closed.nav) / 10**6
    assert found["bars"] == BARS
    texts = [record.text for record in whole.read()][-5:]
    assert [
        {k: v for k, v in row.items() if k not in ("record", "hash")} for row in found["events"]
    ] == [json.loads(text) for text in texts]
    said = good("ledger", "show", place, "--kind", "decided", "--last", "3")
    assert said.count(" decided ") == 3
    assert f"{found['nav']}" in said
    assert good("ledger", "show", place, "--last", "0").startswith("run ")


def test_replay_makes_every_decision_again(place, whole) -> None:
    said = good("ledger", "replay", place)
    assert f"toy: {BARS} bars and {BARS} decisions came out as recorded" in said
    found = as_json("ledger", "replay", place)
    assert (found["decisions"], found["left_out"]) == (BARS, {})
    assert found["hash"] == whole.head.hash


def test_an_export_to_lines_is_a_ledger_again(place, whole) -> None:
    good("ledger", "export", place, "out/copy.jsonl")
    with open_ledger("out/copy.jsonl") as copy:
        assert list(copy.read()) == list(whole.read())


def test_an_export_to_parquet_holds_all_of_it(place, whole) -> None:
    found = as_json("ledger", "export", place, "copy.parquet")
    assert found == {"run": "toy", "records": whole.head.count, "file": "copy.parquet"}
    rows = pq.read_table("copy.parquet").to_pylist()
    records = [Record(r["number"], r["more"], r["event"], r["hash"]) for r in rows]
    assert verify(records) == whole.head
    for row, record in zip(rows, whole.read(), strict=True):
        event = record.event
        assert row["kind"] == event.kind
        assert row["time"].value == event.time
        if isinstance(event, Filled):
            assert row["quantity"] * 10**9 == event.quantity
            assert row["fee"] * 10**6 == event.fee
            assert (row["price"], row["contract"]) == (event.price, event.contract)
        if isinstance(event, Closed):
            assert row["nav"] * 10**6 == event.nav
            assert row["order"] is None


def test_the_largest_amounts_fit_a_cell() -> None:
    begun = Opened(0, "run", "0", {}, "", "", {})
    edge = Filled(MOST, "o", "x", "SPY", -MOST, float("nan"), -MOST)
    row = table(forge(GENESIS, [begun, edge])).to_pylist()[1]
    assert (row["quantity"] * 10**9, row["fee"] * 10**6) == (-MOST, -MOST)


def test_every_event_has_a_sentence(whole) -> None:
    said = {record.event.kind: sentence(record.event) for record in whole.read()}
    said["cancelled"] = sentence(Cancelled(0, "o1", "end of the day"))
    desk = {cls.kind for cls in vars(desk_events).values() if hasattr(cls, "kind")}
    assert set(said) | (desk - {"leg"}) == set(KINDS)
    assert all(text and "\n" not in text for text in said.values())


# ---- troubles -----------------------------------------------------------------------------------


def test_a_broken_chain_is_told_with_record_and_hashes(place) -> None:
    if place.suffix == ".db":
        _strip_guards(place)
        with sqlite3.connect(place) as connection:
            connection.execute(
                "UPDATE hedgerow_record SET event = replace(event, 'kind', 'kinD') WHERE number = 9"
            )
        connection.close()
    else:
        rows = place.read_text().splitlines(keepends=True)
        rows[8] = rows[8].replace('"kind"', '"kinD"')
        place.write_text("".join(rows))
    for command in ("verify", "show", "replay"):
        said = bad("ledger", command, place)
        assert "record 9: the chain is broken: its hash is " in said
    assert "record 9" in bad("ledger", "export", place, "out.parquet")
    assert not Path("out.parquet").exists()


def test_a_torn_end_is_told(whole) -> None:
    place = Path("torn.jsonl")
    place.write_bytes(lines(whole.read())[:-10])
    said = bad("ledger", "verify", place)
    assert "bytes of a torn batch after record" in said
    assert "continue the run" in said
    assert as_json("ledger", "show", place)["torn"] in said


def test_a_decision_that_differs_in_its_last_bit_is_told(whole) -> None:
    _append_all(_forged(whole, lambda _: {}), "same.jsonl")
    good("ledger", "replay", "same.jsonl")
    ledger = _forged(whole, lambda event: {"x": math.nextafter(event.x, 9.0)})
    _append_all(ledger, "other.jsonl")
    good("ledger", "verify", "other.jsonl")
    assert "the decision comes out differently: x " in bad("ledger", "replay", "other.jsonl")


def test_a_memory_that_comes_out_differently_is_told(whole) -> None:
    def change(event: Decided):
        memory = {kind: dict(table) for kind, table in event.memory.items()}
        memory["trigger"]["last"] += 1.0
        return {"memory": memory}

    _append_all(_forged(whole, change), "other.jsonl")
    assert "the decision comes out differently" in bad("ledger", "replay", "other.jsonl")


def test_a_decision_without_its_facts_is_told(whole) -> None:
    ledger = _forged(whole, lambda event: {"book": {"held": 0.0}})
    _append_all(ledger, "other.jsonl")
    assert "book: 'nav' is not on record" in bad("ledger", "replay", "other.jsonl")


def test_a_policy_that_cannot_be_read_is_said_to_be_left_out(whole) -> None:
    events = [record.event for record in whole.read()]
    first = Opened(
        *(getattr(events[0], f) for f in ("time", "run", "version")), {"tail": "?"}, "", "", {}
    )
    _append_all([first, *events[1:]], "other.jsonl")
    said = good("ledger", "replay", "other.jsonl")
    assert f"{BARS} bars and 0 decisions came out as recorded" in said
    assert "The decisions of tail were not made again: its policy cannot be read" in said


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("none.db", "none.db: there is no such ledger"),
        ("note.txt", "the line at byte 0 is no record"),
        ("empty.db", "there is no ledger in it"),
        (
            "postgresql://me:hidden@127.0.0.1:1/none",
            "postgresql://127.0.0.1:1/none: the database is gone",
        ),
        ("mysql://me:hidden@host/none", "ledgers are not kept in mysql"),
        ("postgresql://me:hid:den@127.0.0.1:x/none", "this is no address of a database"),
    ],
)
def test_what_is_no_ledger(place, said) -> None:
    Path("note.txt").write_text("a note\n")
    Path("empty.db").write_bytes(b"")
    for command in ("verify", "show", "replay"):
        told = bad("ledger", command, place)
        assert said in told
        assert "hid" not in told


def test_other_mistakes(place) -> None:
    assert "'run.csv'" not in bad("ledger", "export", place, "run.csv")
    assert "did you mean 'filled'?" in bad("ledger", "show", place, "--kind", "filed")
    assert "'other'" in bad("ledger", "verify", place, "--run", "other")
    assert "this is a folder" in bad("ledger", "export", place, ".")


def test_a_newer_ledger_is_told() -> None:
    newer = Opened(0, "toy", "9.9", {}, "", "", {}, schema=99)
    _append_all([newer], "newer.jsonl")
    said = bad("ledger", "verify", "newer.jsonl")
    assert f"a newer Hedgerow wrote it (schema 99, this one reads up to {SCHEMA})" in said


def test_help_imports_no_database() -> None:
    code = "import sys; from hedgerow import cli; print({'sqlalchemy', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
    assert "verify" in python("ledger", "--help").stdout


def _strip_guards(place: Path) -> None:
    with sqlite3.connect(place) as connection:
        connection.execute("DROP TRIGGER hedgerow_record_update")
    connection.close()


def _forged(whole: MemoryLedger, change) -> list:
    """The events of a run with its fifth decision changed."""
    events = [record.event for record in whole.read()]
    place = [i for i, event in enumerate(events) if isinstance(event, Decided)][4]
    events[place] = replace(events[place], **change(events[place]))
    return events


def _append_all(events: list, name: str) -> None:
    with open_ledger(name, toy.RUN, writing=True) as ledger:
        ledger.append(events)
