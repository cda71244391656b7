"""Errors that a user can act on.

Every error that Hedgerow raises on purpose names *where* it happened (file, row,
column or field), *what* is wrong and *how to mend it*.  The command line prints
the sentence and exits with code 2; a traceback always means a bug in Hedgerow.
"""

from __future__ import annotations

from collections.abc import Iterable


class HedgerowError(Exception):
    """A mistake in the input, told in one sentence with its mend.

    Parameters
    ----------
    what
        What is wrong, one clause without a trailing full stop.
    where
        File, row, column or field path (``steps[2].flor``); empty when obvious.
    mend
        What the user can do about it, one imperative clause.

    Examples
    --------
    >>> print(HedgerowError("unknown key", where="steps[2].flor", mend="did you mean 'floor'?"))
    steps[2].flor: unknown key. Mend: did you mean 'floor'?
    """

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        text = f"{where}: {what}" if where else what
        if mend:
            text = f"{text}. Mend: {mend}"
        super().__init__(text)


class DataError(HedgerowError):
    """A data file or column is missing, empty, or cannot be read."""


class PolicyError(HedgerowError, ValueError):
    """A policy is malformed: unknown key, wrong order, value out of range.

    Also a ValueError, for those who catch what a constructor usually raises.
    """


class SleeveError(HedgerowError):
    """A hedge instrument is malformed or cannot be built on these data."""


class RangeError(HedgerowError):
    """A date or number lies outside what the data or the rule allow."""


class LedgerError(HedgerowError):
    """A ledger cannot be read, written or trusted."""


class BrokerError(HedgerowError):
    """A broker refuses, cannot be reached, or contradicts the ledger."""


class AccessError(HedgerowError):
    """A person is not let in, or may not do this."""


class MissingExtraError(HedgerowError):
    """An optional package is needed and not installed."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the mend for a misspelt word.

    Examples
    --------
    >>> nearest("flor", ["floor", "cap"])
    "did you mean 'floor'?"
    >>> nearest("xyz", ["floor", "cap"])
    'use one of: floor, cap'
    """
    import difflib

    choices = list(known)
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    return f"did you mean '{close[0]}'?" if close else f"use one of: {', '.join(choices)}"
