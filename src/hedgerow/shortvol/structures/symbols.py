"""One position's contract from what brokers write: a symbol, or columns beside it."""

from __future__ import annotations

import datetime as dt
import re

from hedgerow.core.contract import MONTH_CODES, OSI, FutureContract, OptionContract
from hedgerow.core.products import PRODUCTS, UNDERLYINGS, product
from hedgerow.errors import DataError, nearest
from hedgerow.instruments.structure import Shares

Contract = OptionContract | FutureContract | Shares

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1
    )
}
_STRIKE = r"(?P<strike>\d+(?:\.\d+)?)"
_RIGHT = r"(?P<right>C|P|CALL|PUT)"
_MONTH = rf"(?P<mon>{'|'.join(_MONTHS)})"
_FORMS = (
    # .SPXW260320P4500 (thinkorswim)
    re.compile(
        rf"\.(?P<root>[A-Z]+)(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)(?P<right>C|P)"
        rf"{_STRIKE.replace('+(', '{1,5}(')}"
    ),
    # SPXW 03/20/2026 4500.00 P (Schwab)
    re.compile(
        rf"(?P<root>[A-Z]+) +(?P<m>\d\d?)/(?P<d>\d\d?)/(?:20)?(?P<y>\d\d) +{_STRIKE} +{_RIGHT}"
    ),
    # SPXW 20MAR26 4500 P (statement of Interactive Brokers); SPX 100 (Weeklys) 20 MAR 26 4500 PUT
    re.compile(
        rf"(?P<root>[A-Z]+) +(?:100 +)?(?P<weekly>\(WEEKLYS\) +)?"
        rf"(?P<d>\d\d?) ?{_MONTH} ?(?:20)?(?P<y>\d\d) +{_STRIKE} +{_RIGHT}"
    ),
    # SPXW MAR20'26 4500 CALL, SPXW Mar 20 2026 4500 Put (Trader Workstation)
    re.compile(
        rf"(?P<root>[A-Z]+) +{_MONTH} ?(?P<d>\d\d?)(?:'| +(?:20)?)(?P<y>\d\d) +{_STRIKE} +{_RIGHT}"
        r"(?: +@?[A-Z]+)?"
    ),
)
_FUTURE = re.compile(r"/?([A-Z]+?)([FGHJKMNQUVXZ])(\d{1,2})(?::[A-Z]+)?")
_MONTHED = re.compile(rf"([A-Z]+) +{_MONTH} ?'?(?:20)?(\d\d)(?: +@?[A-Z]+)?")


def read_symbol(text: str, day: dt.date | None = None) -> Contract:
    """Return the contract that a broker's symbol or description names.

    Parameters
    ----------
    text
        OCC: ``SPXW  260320P04500000``; thinkorswim: ``.SPXW260320P4500``; Schwab:
        ``SPXW 03/20/2026 4500.00 P``; Interactive Brokers: ``SPXW 20MAR26 4500 P``,
        ``SPXW Mar20'26 4500 PUT``; futures: ``ESH26``, ``/ESH6``, ``ES MAR26``; or an index or
        its fund alone: ``SPX``, ``SPY``.
    day
        A day on which it was listed, for futures with one digit of the year.

    Raises
    ------
    DataError
        If it is none of these, or the root is unknown.

    Examples
    --------
    >>> read_symbol(".SPXW260320P4500").symbol
    'SPXW  260320P04500000'
    >>> read_symbol("/ESH6", dt.date(2026, 2, 18)).symbol
    'ESH26'
    >>> read_symbol("SPWX 20MAR26 4500 P")
    Traceback (most recent call last):
        ...
    hedgerow.errors.DataError: unknown symbol 'SPWX'. Mend: did you mean 'SPX'?
    """
    plain = " ".join(text.upper().split())
    if re.fullmatch(OSI, plain):
        found = OptionContract.parse(plain)
        return option(found.root, found.expiry, found.strike, call=found.call)
    for form in _FORMS:
        match = form.fullmatch(plain)
        if match is None:
            continue
        parts = match.groupdict()
        month = _MONTHS[parts["mon"]] if parts.get("mon") else int(parts["m"])
        expiry = _date(2000 + int(parts["y"]), month, int(parts["d"]), text)
        root = parts["root"] + ("W" if parts.get("weekly") and parts["root"] == "SPX" else "")
        return option(root, expiry, float(parts["strike"]), call=parts["right"].startswith("C"))
    alone = plain.lstrip("$^").removesuffix(".X")
    if alone in PRODUCTS or alone in UNDERLYINGS.values():
        if product(alone).kind == "future":
            raise DataError(f"'{text}' names no month", mend=f"write {alone}H26")
        return Shares(product(alone).underlying)
    future = _FUTURE.fullmatch(plain)
    if future is not None and future[1] in PRODUCTS:
        return FutureContract.parse(plain.lstrip("/").split(":")[0], day)
    monthed = _MONTHED.fullmatch(plain)
    if monthed is not None:
        root = _known(monthed[1])
        letter = next(c for c, m in MONTH_CODES.items() if m == _MONTHS[monthed["mon"]])
        return FutureContract.parse(f"{root}{letter}{monthed[3]}")
    word = re.split(r"[^A-Z]", plain.lstrip("./$^"))[0]
    if word and plain == word:
        _known(word)
    raise DataError(
        f"'{text}' is no contract that is known here",
        mend="write SPXW260320P04500000, ESH26 or SPX, or give root, expiry, strike and right",
    )


def option(root: str, expiry: dt.date, strike: float, *, call: bool) -> OptionContract:
    """Return an option of a root that is known.

    Raises
    ------
    DataError
        If the root is unknown or no option's, naming the nearest.
    """
    if product(_known(root)).kind != "option":
        raise DataError(f"{root} is a future, not an option root", mend="use SPX, SPXW or VIX")
    return OptionContract(root, expiry, strike, call)


def _known(root: str) -> str:
    if root not in PRODUCTS:
        raise DataError(f"unknown symbol '{root}'", mend=nearest(root, PRODUCTS))
    return root


def _date(year: int, month: int, day: int, text: str) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise DataError(f"'{text}' holds no date", mend="write 2026-03-20") from None
