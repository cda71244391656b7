"""What is wrong with the quotes of a chain, by named rule, and the chain without it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hedgerow.data.chain_parity import AMERICAN_RATE, chain_parity
from hedgerow.data.chains import Chain, Mask
from hedgerow.data.quality import Action, Findings, QualityReport
from hedgerow.errors import DataError, RangeError

OLD_DAYS = 5
"""Days without a trade after which a quote is noted as stale."""

_SLACK = 1e-4
"""Share of the strike by which quotes may miss parity: rounding and late quotes."""


def screen(
    chain: Chain, *, rate: float | None = None, keep_off_parity: bool = False
) -> tuple[Chain, QualityReport]:
    """Return the chain without bad quotes, and what was found.

    Parameters
    ----------
    chain
        As read.
    rate
        Continuously compounded, decimal a year; left out, as in `chain_parity`.
    keep_off_parity
        Note quotes on the wrong side of parity and keep them: for who looks for them.

    Returns
    -------
    chain, report
        Dropped: expired, doubled, missing, negative, empty and crossed quotes, and of a pair
        on the wrong side of parity the option in the money.  Noted: quotes without a bid,
        stale quotes, pairs of American options off parity, and a rate that is assumed.

    Raises
    ------
    DataError
        If a contract stands twice with different quotes.

    Examples
    --------
    >>> from hedgerow.data.chain_files import sample
    >>> kept, report = screen(sample())
    >>> len(kept), report.summary()
    (4, 'no findings')
    """
    notes = Findings()
    keep = np.ones(len(chain), dtype=bool)

    def drop(rule: str, bad: Mask, what: str) -> None:
        nonlocal keep
        _tell(chain, notes, rule, bad & keep, what, "dropped")
        keep &= ~bad

    bid, ask = chain.bid, chain.ask
    drop("contract-expired", chain.years <= 0.0, "contracts had expired when they were quoted")
    drop("contract-duplicate", _doubled(chain, keep), "contracts stand twice with the same quotes")
    drop("quote-missing", np.isnan(bid) | np.isnan(ask), "contracts have no bid or no ask")
    drop("quote-negative", (bid < 0.0) | (ask < 0.0), "quotes are negative")
    drop("quote-empty", (bid == 0.0) & (ask == 0.0), "contracts have neither bid nor ask")
    drop("quote-crossed", bid > ask, "bids lie above their asks")
    off = _off_parity(chain, keep, rate)
    what = "quotes in the money are on the wrong side of put-call parity"
    if not chain.european:
        what = "American quotes near the money are off put-call parity"
    if chain.european and not keep_off_parity:
        drop("parity-side", off, what)
    else:
        _tell(chain, notes, "parity-side", off, what, "noted")
    if not chain.european and rate is None:
        notes.add(
            "rate-assumed",
            f"a rate of {AMERICAN_RATE:.0%} is assumed: American quotes do not tell it; give yours",
            action="noted",
            file=chain.file,
            column="rate",
            count=1,
        )
    _tell(chain, notes, "quote-zero-bid", keep & (bid == 0.0), "quotes have no bid", "noted")
    age = chain.valued - chain.traded
    old = keep & ~np.isnat(chain.traded) & (age > np.timedelta64(OLD_DAYS, "D"))
    what = f"quoted contracts were last traded more than {OLD_DAYS} days before"
    _tell(chain, notes, "quote-stale", old, what, "noted")
    return chain.take(keep), notes.report()


def _tell(chain: Chain, notes: Findings, rule: str, bad: Mask, what: str, action: Action) -> None:
    rows = np.flatnonzero(bad)
    if len(rows):
        notes.add(
            rule,
            f"{len(rows):,} {what}",
            action=action,
            file=chain.file,
            column="strike" if rule.startswith("contract") else "bid, ask",
            count=len(rows),
            first=[f"row {chain.row[i]} ({_name(chain, i)})" for i in rows[:5]],
        )


def _name(chain: Chain, i: np.intp) -> str:
    kind = "C" if chain.call[i] else "P"
    return f"{chain.expiry[i]} {chain.strike[i]:g}{kind}"


def _doubled(chain: Chain, keep: Mask) -> Mask:
    order = np.lexsort((chain.row, chain.call, chain.strike, chain.expiry, chain.root))
    order = order[keep[order]]
    first, second = order[:-1], order[1:]
    same = np.all(
        [
            getattr(chain, name)[first] == getattr(chain, name)[second]
            for name in ("root", "expiry", "strike", "call")
        ],
        axis=0,
    )
    equal = np.all(
        [
            np.nan_to_num(getattr(chain, name)[first], nan=-1.0)
            == np.nan_to_num(getattr(chain, name)[second], nan=-1.0)
            for name in ("bid", "ask")
        ],
        axis=0,
    )
    wrong = np.flatnonzero(same & ~equal)
    if len(wrong):
        a, b = first[wrong[0]], second[wrong[0]]
        raise DataError(
            f"{_name(chain, b)} stands twice with different quotes, {chain.bid[a]:g}/"
            f"{chain.ask[a]:g} in row {chain.row[a]} and {chain.bid[b]:g}/{chain.ask[b]:g} in row "
            f"{chain.row[b]} (rule contract-duplicate)",
            where=f"{chain.file}, row {chain.row[b]}, column strike",
            mend="keep the right row and remove the other",
        )
    bad = np.zeros(len(chain), dtype=bool)
    bad[second[same]] = True
    return bad


def _off_parity(chain: Chain, keep: Mask, rate: float | None) -> Mask:
    """Say which options in the money cannot be explained by quotes inside both spreads."""
    bad = np.zeros(len(chain), dtype=bool)
    clean = chain.take(keep)
    for expiry in clean.expiries:
        board = clean.board(expiry)
        try:
            found = chain_parity(clean, expiry, rate=rate, board=board)
        except RangeError:
            continue  # too few pairs to say anything
        limit = found.allowed + _SLACK * board.strike
        off = board.strike[np.abs(np.nan_to_num(found.residual)) > np.nan_to_num(limit)]
        rows = _rows(chain, keep, expiry.date, expiry.am)
        rows &= np.isin(chain.strike, off)
        bad |= rows & np.where(
            chain.call, chain.strike < found.forward, chain.strike > found.forward
        )
    return bad


def _rows(chain: Chain, keep: Mask, date: object, am: bool) -> NDArray[np.bool_]:
    return np.asarray(keep & (chain.expiry == np.datetime64(str(date))) & (chain.am == am))
