"""Every store keeps the same promises: what is appended is there, whole, in order, for good."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from engine.ledger import toy
from engine.ledger.contract import Contract, Durable, _files_at_most, alarm, opened
from hedgerow.engine.ledger.chain import verify
from hedgerow.engine.ledger.lines import LinesLedger, lines
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.store import Ledger
from hedgerow.errors import LedgerError


class TestMemory(Contract):
    @pytest.fixture
    def place(self):
        return None

    def begin(self, place, run: str = "run") -> Ledger:
        return MemoryLedger(run)


class TestLines(Durable):
    @pytest.fixture
    def place(self, tmp_path) -> Path:
        return tmp_path / "made" / "run.jsonl"

    def test_the_file_is_what_lines_says(self, place, played) -> None:
        with self.begin(place, toy.RUN) as ledger:
            toy.play(ledger, 60)
        assert place.read_bytes() == lines(played.read())

    @pytest.mark.parametrize(
        ("step", "bars"), [pytest.param(1, 2, marks=pytest.mark.slow), (61, 3)]
    )
    def test_a_run_cut_at_any_byte_continues_to_the_same_file(self, tmp_path, step, bars) -> None:
        whole = MemoryLedger(toy.RUN)
        toy.play(whole, bars)
        content, path = lines(whole.read()), tmp_path / "run.jsonl"
        ends, continued = {0, *_ends_of_batches(content)}, set()
        for cut in range(0, len(content), step):
            path.write_bytes(content[:cut])
            last = max(end for end in ends if end <= cut)
            with open_ledger(path, toy.RUN, writing=True) as ledger:
                assert bool(ledger.torn) == (cut not in ends)
                assert path.read_bytes() == content[:last]
                if fresh := (last, bool(ledger.torn)) not in continued:  # the rest is the same
                    toy.play(ledger, bars)
                    continued.add((last, bool(ledger.torn)))
            assert path.read_bytes() == (content if fresh else content[:last])
            beside = tmp_path / f"run.jsonl.torn-{last}"
            if cut not in ends:
                assert beside.read_bytes() == content[last:cut]
        assert {last for last, _ in continued} == ends - {len(content)}

    def test_a_file_that_ends_in_noughts_is_torn(self, tmp_path, played) -> None:
        content, path = lines(played.read()), tmp_path / "run.jsonl"
        path.write_bytes(content[:-400] + bytes(400))
        with open_ledger(path, toy.RUN, writing=True) as ledger:
            assert "bytes of a torn batch after record" in ledger.torn
            toy.play(ledger, 60)
        assert path.read_bytes() == content

    @pytest.mark.parametrize("masks", [(0x01,), pytest.param((0x20, 0x80), marks=pytest.mark.slow)])
    def test_every_flipped_byte_is_found(self, tmp_path, masks) -> None:
        ledger = MemoryLedger(toy.RUN)
        toy.play(ledger, 2)
        content, path = lines(ledger.read()), tmp_path / "run.jsonl"
        for place, mask in itertools.product(range(len(content)), masks):
            flipped = bytearray(content)
            flipped[place] ^= mask
            path.write_bytes(flipped)
            assert not _is_sound(path), (place, mask)
        path.write_bytes(content)
        assert _is_sound(path)

    def test_damage_is_not_cut(self, tmp_path, played) -> None:
        content, path = bytearray(lines(played.read())), tmp_path / "run.jsonl"
        content[-100] ^= 1
        path.write_bytes(content)
        with pytest.raises(LedgerError, match=r"the chain is broken: its hash is [0-9a-f]{64}"):
            open_ledger(path, toy.RUN, writing=True)
        assert path.read_bytes() == content

    @pytest.mark.parametrize("text", [b"a note", b"a note\n", b'{"record":2', b"\0" * 50])
    def test_a_file_of_something_else_is_left_alone(self, tmp_path, text) -> None:
        path = tmp_path / "note.txt"
        path.write_bytes(text)
        with pytest.raises(LedgerError, match=r"this is no ledger|is no record"):
            open_ledger(path, "run", writing=True)
        assert path.read_bytes() == text

    def test_a_full_disk_stores_nothing_of_the_batch(self, place) -> None:
        with self.begin(place) as ledger:
            head = ledger.append([opened(), alarm(1)])
            size = place.stat().st_size
            with _files_at_most(size + 500), pytest.raises(LedgerError, match="File too large"):
                ledger.append([alarm(i) for i in range(10)])
            assert place.stat().st_size == size
            with pytest.raises(LedgerError, match="an append failed before"):
                ledger.append([alarm(2)])
        with self.begin(place) as ledger:
            assert (ledger.head, ledger.torn) == (head, "")
            assert ledger.append([alarm(2)]).count == 3


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("mysql://host/db", "ledgers are not kept in mysql"),
        ("postgresql://host:port/db", "this is no address of a database"),
        (".", r"Is a directory|is a directory"),
        ("none.db", "there is no such ledger"),
        ("none.jsonl", "there is no such ledger"),
    ],
)
def test_places_that_are_none(place, said, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LedgerError, match=said):
        open_ledger(place)
    assert list(tmp_path.iterdir()) == []


def test_without_psycopg_the_mend_is_told(monkeypatch) -> None:
    from hedgerow.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'hedgerow\[postgres\]'"):
        open_ledger("postgresql://localhost/none")


def test_opening_lines_imports_no_database() -> None:
    code = "import sys, hedgerow.engine.ledger.opening; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def _ends_of_batches(content: bytes) -> list[int]:
    places, place = [], 0
    for row in content.splitlines(keepends=True):
        place += len(row)
        if b'"more":0,' in row:
            places.append(place)
    return places


def _is_sound(path: Path) -> bool:
    try:
        with LinesLedger(path) as ledger:
            return not ledger.torn and verify(ledger.read()).count > 0
    except LedgerError:
        return False
