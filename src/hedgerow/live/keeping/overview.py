"""What a book is and how far it has come; and all of a run as plain files."""

from __future__ import annotations

import csv
import io
import math
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hedgerow.engine.ledger.export import export as export_chain
from hedgerow.engine.ledger.migrations import version
from hedgerow.engine.ledger.opening import open_ledger, runs_in
from hedgerow.errors import LedgerError
from hedgerow.files import not_written
from hedgerow.live.keeping.copying import Chain
from hedgerow.live.keeping.starter import differences
from hedgerow.live.settings import Settings, parse
from hedgerow.live.store import Kept, Store
from hedgerow.live.tables import VERSION


def overview(store: Store, run: str, chains: Sequence[Chain]) -> dict[str, Any]:
    """Return what a run is and how far it has come, as plain values.

    Parameters
    ----------
    store, run
        The book and the run.
    chains
        Of the book, checked.

    Raises
    ------
    LedgerError
        If there is no such run.
    """
    kept, seen = _kept(store, run), store.sessions(run)
    with store.reading() as connection:
        tables = {"ledger": version(connection), "book": version(connection, VERSION)}
    changed = differences(Settings(), parse(kept.settings, store.where))
    return {
        "book": store.where,
        "run": run,
        "sessions": len(seen),
        "first": seen[0] if seen else None,
        "last": seen[-1] if seen else None,
        "history": kept.digest,
        "settings": {key: after for key, (_, after) in changed.items()},
        "bytes": store.place.stat().st_size if isinstance(store.place, Path) else None,
        "tables": ", ".join(f"{name} {number}" for name, number in tables.items()),
        "chains": [chain._asdict() for chain in chains],
    }


def export(store: Store, run: str, out: Path) -> list[str]:
    """Write a run to a new folder, whole or not at all, and return the names of the files.

    Both chains as JSON lines, which are ledgers again; program and settings as TOML; every accepted
    session as a row of a CSV file, empty where a column is missing.

    Raises
    ------
    LedgerError
        If there is no such run, the folder is there already or cannot be written.
    """
    kept = _kept(store, run)
    if out.exists():
        raise LedgerError("it is there already", where=str(out), mend="name another folder")
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
        (part / "program.toml").write_text(kept.program, "utf-8")
        (part / "settings.toml").write_text(kept.settings, "utf-8")
        (part / "sessions.csv").write_text(_sessions(store, run), "utf-8")
        for name in sorted({run, f"{run}.desk"} & set(runs_in(store.place))):
            with open_ledger(store.place, name) as ledger:
                export_chain(ledger, part / f"{name}.jsonl")
        part.rename(out)
    except OSError as error:
        raise not_written(LedgerError, "the export", out, error) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return sorted(path.name for path in out.iterdir())


def _sessions(store: Store, run: str) -> str:
    market, count = store.market(run), len(store.sessions(run))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["session", *market.columns])
    for row in range(len(market) - count, len(market)):
        cells = [float(column[row]) for column in market.columns.values()]
        writer.writerow(
            [str(market.dates[row]), *("" if math.isnan(x) else repr(x) for x in cells)]
        )
    return stream.getvalue()


def _kept(store: Store, run: str) -> Kept:
    kept = store.kept(run)
    if kept is None:
        raise LedgerError(f"it has no run '{run}'", where=store.where, mend="check its name")
    return kept
