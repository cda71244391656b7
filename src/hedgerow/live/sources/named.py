"""Sources by the name that the settings give them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hedgerow.errors import RangeError
from hedgerow.live.clock import Clock
from hedgerow.live.settings import SourceTerms
from hedgerow.live.sources.reading import Source


def source_of(terms: SourceTerms, clock: Clock, columns: Iterable[str] = ()) -> Source:
    """Return the source that settings name.

    Parameters
    ----------
    terms
        Kind, place and history.
    clock
        What time it is.
    columns
        What the program needs, so that a source of single quotes asks for these.

    Raises
    ------
    HedgerowError
        If its place does not fit, or it needs an extra that is not installed.

    Examples
    --------
    >>> source_of(SourceTerms(kind="folder", place="vendor"), lambda: 0).name
    'the files in vendor'
    """
    return _MAKERS[terms.kind](terms, clock, tuple(columns))


def check_of(terms: SourceTerms, clock: Clock, columns: Iterable[str] = ()) -> Source | None:
    """Return the second source that must agree; None where there is none.

    Raises
    ------
    HedgerowError
        As for :func:`source_of`.

    Examples
    --------
    >>> check_of(SourceTerms(), lambda: 0) is None
    True
    """
    if not terms.check:
        return None
    second = terms.model_copy(update={"kind": terms.check, "place": terms.check_place})
    return source_of(second, clock, columns)


def _folder(terms: SourceTerms, clock: Clock, columns: tuple[str, ...]) -> Source:
    from hedgerow.live.sources.folder import Folder

    if not terms.place:
        raise RangeError(
            "a watched folder must be named",
            where="source.place",
            mend='write place = "FOLDER"',
        )
    return Folder(terms.place, _own(terms))


def _files(terms: SourceTerms, clock: Clock, columns: tuple[str, ...]) -> Source:
    from hedgerow.live.sources.files import Files

    return Files(clock, terms.place, _own(terms))


def _cboe(terms: SourceTerms, clock: Clock, columns: tuple[str, ...]) -> Source:
    from hedgerow.live.sources.cboe import Cboe

    return Cboe(clock, terms.place, terms.history, columns)


def _yahoo(terms: SourceTerms, clock: Clock, columns: tuple[str, ...]) -> Source:
    from hedgerow.live.sources.yahoo import Yahoo

    return Yahoo(clock, terms.history, columns)


def _ibkr(terms: SourceTerms, clock: Clock, columns: tuple[str, ...]) -> Source:
    from hedgerow.live.sources.ibkr import Ibkr

    return Ibkr(clock, terms.place, terms.history, columns)


def _replay(terms: SourceTerms, clock: Clock, columns: tuple[str, ...]) -> Source:
    from hedgerow.data import load
    from hedgerow.live.sources.replay import Replay

    source, _, span = terms.place.partition("@")
    start, _, end = span.partition(":")
    market = load(source or terms.history).market
    return Replay(market, start or str(market.dates[1]), end or str(market.dates[-1]))


def _own(terms: SourceTerms) -> str:
    """Return the source of the history, empty where files bring their own."""
    return "" if terms.history == "auto" else terms.history


_MAKERS: dict[str, Callable[[SourceTerms, Clock, tuple[str, ...]], Source]] = {
    "folder": _folder, "files": _files, "cboe": _cboe, "yahoo": _yahoo, "ibkr": _ibkr,
    "replay": _replay,
}  # fmt: skip
