"""Known events of a data folder, for sources of quotes, which know of none."""

from __future__ import annotations

import numpy as np

from hedgerow.data.events import event_columns, read_calendars
from hedgerow.data.folder import files_in
from hedgerow.data.quality import Findings
from hedgerow.data.sources import folder_of
from hedgerow.data.tables import recognise


def events_on(source: str, session: np.datetime64) -> dict[str, float]:
    """Return ``event_fomc_in`` and its like on a session, from the calendars of a data source.

    Parameters
    ----------
    source
        As for :func:`hedgerow.data.load`; the builtin data have no calendars.
    session
        Date.

    Raises
    ------
    DataError
        If a calendar cannot be read.

    Examples
    --------
    >>> events_on("builtin", np.datetime64("2020-03-16"))
    {}
    """
    folder = folder_of(source)
    if folder is None or not folder.exists():
        return {}
    sheets = []
    for path, name in files_in(folder):
        if path.suffix.lower() == ".csv" and path.stat().st_size < _SMALL:
            sheet = recognise(path, name)
            if sheet is not None and sheet.kind == "events":
                sheets.append(sheet)
    found: dict[str, float] = {}
    for kind, calendar in read_calendars(sheets, Findings()).items():
        for name, column in event_columns(np.array([session]), kind, calendar).items():
            if np.isfinite(column.values[0]):
                found[name] = float(column.values[0])
    return found


_SMALL = 2**20
"""Bytes: calendars are short, and what is longer need not be opened."""
