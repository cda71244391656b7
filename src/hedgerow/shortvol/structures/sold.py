"""The book of condor rules: the condor that they would sell on a day."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np

from hedgerow.data.chains import Chain
from hedgerow.errors import RangeError
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Structure
from hedgerow.instruments.structures import iron_condor
from hedgerow.pricing.black import black76
from hedgerow.shortvol.condor.quoting import quote
from hedgerow.shortvol.condor.rules import CondorRules
from hedgerow.shortvol.structures.book import Book, Holding
from hedgerow.shortvol.structures.hedges import listed

WITHIN = (0.4, 1.6)
"""Strikes that are looked at, parts of the forward."""


def rules_in(path: Path) -> CondorRules | None:
    """Return the condor rules of a file; None if it holds none but, perhaps, positions.

    Raises
    ------
    HedgerowError
        If it holds rules that are wrong; names the field.
    """
    if path.suffix.lower() != ".toml" or not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (OSError, ValueError):
        return None  # what is wrong with it is told where books are read
    return CondorRules.from_toml(text) if "entry" in table else None


def sold_book(rules: CondorRules, given: State | Chain) -> Book:
    """Return the condor that rules would sell, whatever weekday it is, at the size of one rung.

    Parameters
    ----------
    rules
        Their entry, size and portfolio.
    given
        The state of the S&P 500 with its smile, or a chain, whose own quotes then choose.

    Raises
    ------
    RangeError
        If the rules are for another index, no such strikes are found, or one condor is too large.

    Examples
    --------
    >>> now = State("2026-02-18", spot=5000.0, vol=0.18, rate=0.04)
    >>> made = sold_book(CondorRules(dte=30, wing_width=100), now)
    >>> [(h.quantity, h.symbol) for h in made.holdings][1]
    (-26.0, 'SPXW260320P04770000')
    """
    if rules.index != "spx":
        raise RangeError(f"the rules sell {rules.index}", where="entry.index", mend="write spx")
    if isinstance(given, Chain):
        found = quote(given, rules)
        one, credit = found.analysis.structure, found.credit
        origin = f"chosen from the quotes of {given.file}"
    else:
        one = _condor(rules, given)
        credit = -float(one.value(given).price) / one.positions[0].size
        origin = "strikes by delta on the smile of that day"
    strikes = sorted(option.strike for option in one.options)
    wide = max(strikes[1] - strikes[0], strikes[3] - strikes[2])
    loss = 100.0 * (wide - credit)
    stake = rules.max_loss / rules.rungs * rules.portfolio.value
    count = float(np.floor(stake / loss))
    if count < 1.0:
        raise RangeError(
            f"one condor can lose USD {loss:,.0f}, a rung may lose USD {stake:,.0f}",
            where="size.max_loss", mend="allow more, or sell narrower wings",
        )  # fmt: skip
    unit = abs(one.positions[0].quantity)
    held = tuple(Holding(p.quantity / unit * count, p.contract) for p in one.positions)
    end = one.options[0].expiry
    said = f"{count:,.0f} condors of {end} that the rules would sell: {origin}."
    return Book(rules.name, held, (said,))


def _condor(rules: CondorRules, state: State) -> Structure:
    expiry = listed(state.day, rules.dte)
    forward, step = float(state.forward_to(expiry)), rules.strike_step or 1.0
    low, high = (np.ceil(part * forward / step) for part in WITHIN)
    strikes = np.arange(low, high) * step
    vols = np.array([float(state.vol_of(strike, expiry)) for strike in strikes])
    years, rate = state.years(expiry), float(np.asarray(state.rate))

    def strike(delta: float, *, call: bool) -> float:
        side = strikes > forward if call else strikes < forward
        deltas = np.abs(black76(forward, strikes, years, vols, rate, call=call).delta)
        off = np.where(side, np.abs(deltas - delta), np.inf)
        return float(strikes[int(np.argmin(off))])

    short_put, short_call = (strike(rules.short_delta, call=side) for side in (False, True))
    if rules.wing_width is not None:
        long_put, long_call = short_put - rules.wing_width, short_call + rules.wing_width
    else:
        long_put, long_call = (strike(rules.wing_delta, call=side) for side in (False, True))
    return iron_condor("SPXW", expiry, long_put, short_put, short_call, long_call)
