"""Chains kept as Parquet, a folder per underlying and date, written all or not at all."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from hedgerow.data.chains import Chain
from hedgerow.errors import DataError

VERSION = 1
_KEY = b"hedgerow.chain"
_PLAIN = ("symbol", "spot", "file", "layout")


def store(chain: Chain, folder: str | Path) -> Path:
    """Write a chain below a folder and return the file's path.

    Parameters
    ----------
    chain
        Any chain; one of the same underlying and time is replaced.
    folder
        Made where it does not exist.  The file is
        ``symbol=SPX/date=2023-09-14/163100.parquet``: the session of the quotes, and the time
        that the file of the vendor was made.

    Notes
    -----
    The file is written beside its place and moved there when it is whole, so a reader
    never sees half of one.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from hedgerow.data.chain_files import sample
    >>> with TemporaryDirectory() as folder:
    ...     path = store(sample(), folder)
    ...     (again,) = load_chains(folder, "2023-09-14", "2023-09-14")
    >>> path.parts[-3:], again.bid.tolist() == sample().bid.tolist()
    (('symbol=SPX', 'date=2023-09-14', '163100.parquet'), True)
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not chain.symbol.replace(".", "").isalnum():
        raise DataError(
            f"'{chain.symbol}' is not a symbol", where="symbol", mend="use letters and digits"
        )
    columns = {
        part.name: getattr(chain, part.name)
        for part in fields(chain)
        if isinstance(getattr(chain, part.name), np.ndarray)
    }
    head: dict[str, Any] = {name: getattr(chain, name) for name in _PLAIN}
    head["spot"] = None if np.isnan(chain.spot) else chain.spot
    head |= {"time": str(chain.time), "version": VERSION}
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    table = table.replace_schema_metadata({_KEY: json.dumps(head).encode()})
    place = Path(folder) / f"symbol={chain.symbol}" / f"date={chain.date}"
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{str(chain.time)[11:].replace(':', '')}.parquet"
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        pq.write_table(table, part, compression="zstd")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def load_chains(
    folder: str | Path,
    start: dt.date | str,
    end: dt.date | str,
    *,
    symbol: str | None = None,
) -> tuple[Chain, ...]:
    """Read the stored chains of some dates, in order of time.

    Parameters
    ----------
    folder
        As given to :func:`store`.
    start, end
        First and last session, both included.
    symbol
        One underlying only.

    Raises
    ------
    DataError
        If the folder does not exist, or a file in it is damaged.
    """
    root = Path(folder)
    if not root.is_dir():
        raise DataError("there is no such folder", where=str(folder), mend="store a chain first")
    low, high = str(start), str(end)
    places = sorted(root.glob(f"symbol={symbol or '*'}/date=*/*.parquet"))
    dated = [path for path in places if low <= path.parent.name.removeprefix("date=") <= high]
    found = [_read(path) for path in dated if not path.name.startswith(".")]
    return tuple(sorted(found, key=lambda chain: (str(chain.time), chain.symbol)))


def _read(path: Path) -> Chain:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, partitioning=None)
        head = json.loads((table.schema.metadata or {})[_KEY])
        if head["version"] != VERSION:
            raise DataError(
                f"written by another version ({head['version']})",
                where=str(path),
                mend="store the chain again",
            )
        return Chain(
            time=np.datetime64(head["time"], "s"),
            spot=float("nan") if head["spot"] is None else float(head["spot"]),
            **{name: head[name] for name in _PLAIN if name != "spot"},
            **{name: _column(table, name) for name in table.column_names},
        )
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"the stored chain cannot be read: {error}",
            where=str(path),
            mend="remove the file and store the chain again",
        ) from error


def _column(table: Any, name: str) -> Any:
    values = table.column(name).to_numpy()
    kinds = {"expiry": "datetime64[D]", "traded": "datetime64[s]", "root": "str"}
    return np.array(values, dtype=kinds.get(name, values.dtype))


def stored_dates(folder: str | Path, symbol: str) -> Sequence[dt.date]:
    """Return the sessions of which chains of an underlying are stored, in order."""
    places = Path(folder).glob(f"symbol={symbol}/date=*")
    return sorted(dt.date.fromisoformat(place.name.removeprefix("date=")) for place in places)
