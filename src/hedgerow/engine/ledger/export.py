"""Ledgers as files for other programs: JSON lines, which are a ledger again, and Parquet."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from hedgerow.engine.ledger.chain import Record, checked
from hedgerow.engine.ledger.lines import lines
from hedgerow.engine.ledger.money import contracts, usd
from hedgerow.engine.ledger.store import Ledger
from hedgerow.engine.ledger.vocabulary import KINDS, Event
from hedgerow.errors import LedgerError
from hedgerow.files import not_written, write_whole

if TYPE_CHECKING:
    import pyarrow as pa


def export(ledger: Ledger, path: Path) -> int:
    """Write a run's ledger to a file, whole or not at all, and return the number of records.

    Parameters
    ----------
    ledger
        The ledger; its chain is checked on the way.
    path
        Ending in ``.jsonl`` (a ledger of JSON lines, to be opened as such) or ``.parquet``
        (:func:`table`).

    Raises
    ------
    LedgerError
        If the chain is broken, the ending is another, or the file cannot be written.
    """
    if path.suffix not in (".jsonl", ".parquet"):
        raise LedgerError(
            f"'{path.suffix}' is no format of an export",
            where=str(path),
            mend="use .jsonl, .parquet",
        )
    records = list(checked(ledger.read()))
    try:
        write_whole(path, lines(records) if path.suffix == ".jsonl" else _parquet(records))
    except OSError as error:
        raise not_written(LedgerError, "the export", path, error) from None
    return len(records)


def table(records: list[Record]) -> pa.Table:
    """Return records as one wide table: a row a record, cells empty where an event lacks the field.

    ``number``, ``more``, ``kind`` and ``time`` (nanoseconds, UTC); every plain field of every
    event, money as decimals of USD with six places, quantities as decimals of contracts with nine;
    and ``event`` and ``hash``, which hold all the rest and let the chain be checked from the
    file alone.
    """
    import pyarrow as pa

    events = [record.event for record in records]
    made: dict[str, pa.Array] = {
        "number": pa.array([record.number for record in records], pa.int64()),
        "more": pa.array([record.more for record in records], pa.int64()),
        "kind": pa.array([event.kind for event in events], pa.string()),
    }
    for name, hint in _plain_fields().items():
        made[name] = _column([_cell(event, name) for event in events], hint)
    made["event"] = pa.array([record.text for record in records], pa.string())
    made["hash"] = pa.array([record.hash for record in records], pa.string())
    return pa.table(made)


def _parquet(records: list[Record]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table(records), sink)
    return bytes(sink.getvalue())


def _plain_fields() -> dict[str, Any]:
    """Return the type of every field that is one cell, over all events."""
    found: dict[str, Any] = {}
    for cls in KINDS.values():
        for name, hint in typing.get_type_hints(cls, include_extras=True).items():
            many = typing.get_origin(hint) is Annotated and hint.__metadata__[0] == "terms"
            cells = name == "kind" or many or "Mapping" in str(hint) or "tuple" in str(hint)
            if not cells:
                found[name] = hint
    return found


def _cell(event: Event, name: str) -> Any:
    """Return a plain field; the same name may be a table in another event (``why``)."""
    value = getattr(event, name, None)
    return None if isinstance(value, Mapping) else value


def _column(values: list[Any], hint: Any) -> pa.Array:
    import pyarrow as pa

    unit = hint.__metadata__[0] if typing.get_origin(hint) is Annotated else ""
    if unit == "time":
        return pa.array(values, pa.timestamp("ns", tz="UTC"))
    if unit == "micro-USD":
        return pa.array([None if v is None else usd(v) for v in values], pa.decimal128(19, 6))
    if unit == "nano-contracts":
        return pa.array([None if v is None else contracts(v) for v in values], pa.decimal128(19, 9))
    if hint is int:
        return pa.array(values, pa.int64())
    numbers = hint in (float, float | None)
    return pa.array(values, pa.float64() if numbers else pa.string())
