"""How far the model lies from real quotes: condors formed of them, and contracts one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hedgerow.core.market import Market
from hedgerow.data.chain_quality import screen
from hedgerow.data.chains import Chain
from hedgerow.errors import RangeError
from hedgerow.instruments import structures
from hedgerow.shortvol.condor.quoting import Quoted, modelled_credit, quote
from hedgerow.shortvol.condor.rules import CondorRules

FEW = 60
"""Contracts a session up to which each is compared by itself."""


class Compared(NamedTuple):
    """One contract as quoted and as modelled, points."""

    date: dt.date
    symbol: str
    bid: float
    ask: float
    modelled: float


class Check(NamedTuple):
    """Quotes of some sessions beside the model."""

    sessions: int
    condors: tuple[Quoted, ...]
    """Those that could be formed and modelled, one a session."""
    refused: tuple[tuple[dt.date, str], ...]
    """Sessions without one, and why."""
    contracts: tuple[Compared, ...]
    """Of sessions with at most `FEW` contracts: those with a bid, out of the money."""

    @property
    def credit_error(self) -> float:
        """Mean of modelled less quoted credit over the quoted one, a decimal; NaN without any."""
        parts = [one.error / one.middle for one in self.condors if one.error is not None]
        return float(np.mean(parts)) if parts else float("nan")

    @property
    def credit_off(self) -> float:
        """Mean of that without its sign."""
        parts = [abs(one.error / one.middle) for one in self.condors if one.error is not None]
        return float(np.mean(parts)) if parts else float("nan")

    @property
    def inside(self) -> float:
        """Part of the contracts that the model prices within bid and ask; NaN without any."""
        hits = [one.bid <= one.modelled <= one.ask for one in self.contracts]
        return float(np.mean(hits)) if hits else float("nan")


def check(chains: Sequence[Chain], rules: CondorRules, market: Market) -> Check:
    """Compare quoted condors with the model's price of the same contracts, session by session.

    Parameters
    ----------
    chains
        One or more a session, as :func:`~hedgerow.data.chain_files.read_chains` gives them.
    rules
        Which condor is formed; on any weekday.
    market
        The sessions, whose surface is the model.

    Raises
    ------
    RangeError
        If no session of the chains is in the market.

    Examples
    --------
    >>> import hedgerow as hr
    >>> from hedgerow.data.chain_files import sample
    >>> check([sample()], CondorRules(), hr.load("builtin"))
    Traceback (most recent call last):
        ...
    hedgerow.errors.RangeError: chain sample: no session of it is in the data. Mend: give data \
that reach 2023-09-14
    """
    known = [chain for chain in chains if np.datetime64(chain.date, "D") in market.dates]
    if not known:
        last = chains[-1]
        raise RangeError(
            "no session of it is in the data",
            where=f"chain {last.file or last.symbol}",
            mend=f"give data that reach {last.date}",
        )
    condors, refused, contracts = [], [], []
    for chain in known:
        try:
            condors.append(quote(chain, rules, market))
        except RangeError as error:
            refused.append((chain.date, error.what))
        if len(chain) <= FEW:
            contracts += _each(chain, market)
    return Check(len(known), tuple(condors), tuple(refused), tuple(contracts))


def _each(chain: Chain, market: Market) -> list[Compared]:
    kept = screen(chain)[0]
    spot = float(market["spx"][market.index_of(str(chain.date))])
    found = []
    rows = (kept.bid > 0.0) & (kept.call == (kept.strike > spot))
    part = kept.take(rows)
    columns = (part.root, part.expiry.tolist(), part.strike, part.call, part.bid, part.ask)
    for root, expiry, strike, call, bid, ask in zip(*columns, strict=True):
        build = structures.call if call else structures.put
        one = build(str(root), expiry, float(strike))
        credit, _ = modelled_credit(one, market, chain.date)
        if credit is not None:
            contract = one.options[0]
            found.append(Compared(chain.date, contract.compact, float(bid), float(ask), -credit))
    return found
