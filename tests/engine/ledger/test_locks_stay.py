"""Looking at a ledger's file must not end the locks on it (SQLite, How To Corrupt, 2.2)."""

from __future__ import annotations

import fcntl
import os

from hedgerow.engine.ledger.events import Cash, Opened
from hedgerow.engine.ledger.opening import open_ledger, runs_in

SHARED = 0x40000000 + 2, 510
"""First byte and length of SQLite's shared locks, as its os.h has them."""


def test_locks_stay_while_the_same_process_looks_at_the_file(tmp_path) -> None:
    path = tmp_path / "runs.db"
    with open_ledger(path, "live", writing=True) as ledger:
        ledger.append([Opened(0, "live", "0.1.0", {}, "", "", {})])
        assert runs_in(path) == ["live"]
        open_ledger(path, "live").close()
        child = os.fork()
        if child == 0:
            file = os.open(path, os.O_RDWR)
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, SHARED[1], SHARED[0])
            except OSError:
                os._exit(0)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "nobody else can lock it"
        ledger.append([Cash(0, 1, "deposit")])
    with open_ledger(path, "live") as ledger:
        assert [record.number for record in ledger.read()] == [1, 2]
