"""One small answer over HTTP: bounded in size and time, asked again, no secrets in its errors."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hedgerow.data.download import NotThereError, Patience, download
from hedgerow.errors import DataError

BRIEF = Patience(tries=3, pause=1.0, timeout=15.0)
"""Attempts of a source that is asked again anyway."""

LARGEST, LONGEST = 8 * 2**20, 60.0
"""Bytes of an answer, and seconds until it is there whole, beyond which it is broken off."""

_SECRETS = re.compile(r"(https?://)(?:[^\s/@]*@)?([^\s?#]*)[?#]?\S*")


def public(text: str) -> str:
    """Return a text whose addresses have lost user, password and query.

    Examples
    --------
    >>> public("https://ann:key@example.org/a.csv?token=1 failed")
    'https://example.org/a.csv failed'
    """
    return _SECRETS.sub(r"\1\2", text)


def get(
    url: str,
    name: str,
    patience: Patience = BRIEF,
    largest: int = LARGEST,
    elapsed: Callable[[], float] = time.monotonic,
) -> bytes:
    """Return what lies at an address.

    Parameters
    ----------
    url
        ``http`` or ``https`` address.
    name
        Of the source, for errors.
    patience
        Attempts, pauses and timeout.
    largest
        Bytes that it may be.
    elapsed
        Seconds of a stopwatch.

    Raises
    ------
    DataError
        If the source is down, has no such thing, or sends without end.
    """
    began = elapsed()

    def bounded(done: int, total: int | None) -> None:
        if max(done, total or 0) > largest or elapsed() - began > LONGEST:
            raise DataError(f"{url} sends without end", where=name, mend="check the address")

    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "answer"
        try:
            download(url, part, known={}, partial={}, patience=patience, progress=bounded)
            return part.read_bytes()
        except NotThereError as error:
            raise DataError(
                f"it has none: {public(error.what)}", where=name, mend="check the address"
            ) from None
        except DataError as error:
            raise DataError(
                f"it is down: {public(error.what)}",
                where=name,
                mend="it is asked again; check network and address if this goes on",
            ) from None
        except (OSError, ValueError) as error:
            raise DataError(
                f"it is down: {public(str(error))}", where=name, mend="check the address"
            ) from None
