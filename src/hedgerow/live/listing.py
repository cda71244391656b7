"""Whether an exchange lists what a program trades: a broker can be asked for nothing else."""

from __future__ import annotations

import numpy as np

from hedgerow.core.contract import FutureContract, OptionContract
from hedgerow.core.market import Market
from hedgerow.engine.ledger.account import instrument
from hedgerow.engine.program import Program
from hedgerow.errors import DataError
from hedgerow.instruments.catalog import sleeve_to_table
from hedgerow.instruments.sleeve import Sleeve

RECENT = 60
"""Sessions whose contracts are looked at."""


def unlisted(program: Program, market: Market) -> dict[str, str]:
    """Return by line a contract that it would have traded of late and that no exchange lists.

    Parameters
    ----------
    program
        What is to be run.
    market
        What is known before its first session.

    Examples
    --------
    >>> import hedgerow as hr
    >>> market = hr.load("builtin", start="2019-01-02", end="2020-02-21")
    >>> vix = hr.Policy(signals=[hr.Level("vix")], steps=[hr.Linear("vix", low=12, high=22)])
    >>> lines = [hr.Line("exact", hr.Put(), vix), hr.Line("grid", hr.Put(strike_step=5), vix)]
    >>> list(unlisted(hr.Program(lines), market))
    ['exact']
    """
    found = {}
    for line in program.lines:
        roster = line.sleeve.roster(market, lag=program.lag, costs=program.costs)
        for number in np.unique(roster.pending[-RECENT:])[::-1]:
            strange = [name for name in roster.basket(int(number)).symbols if not _listed(name)]
            if strange:
                found[line.name] = strange[0]
                break
    return found


def as_listed(sleeve: Sleeve, symbol: str) -> str:
    """Return what a person writes so that a sleeve trades listed contracts.

    Parameters
    ----------
    sleeve
        Of the line.
    symbol
        What it would have traded.

    Examples
    --------
    >>> import hedgerow as hr
    >>> as_listed(hr.Put(tenor="6m", listed=False), "SPX 2020-06-19 P 2471.904")
    "--sleeve 'put:tenor=6m,strike_step=5', or strike_step = 5 into a program's sleeve"
    """
    table, plain = sleeve_to_table(sleeve), sleeve_to_table(type(sleeve)())
    if not hasattr(sleeve, "strike_step"):
        return "another sleeve"
    table["strike_step"] = step = f"{step_of(symbol):g}"
    said = [
        f"{key}={_short(value)}"
        for key, value in table.items()
        if value != plain.get(key) and (key, value) != ("listed", False)
    ]
    option = f"{sleeve.kind}:{','.join(said)}"
    return f"--sleeve '{option}', or strike_step = {step} into a program's sleeve"


def _short(value: object) -> str:
    if isinstance(value, dict):  # a size
        ((kind, number),) = value.items()
        return f"{kind}:{number}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def step_of(symbol: str) -> float:
    """Return points between the strikes that are listed on what a contract is written on.

    Examples
    --------
    >>> step_of("SPX 2020-06-19 P 2471.904"), step_of("VIX 2020-03-18 C 17.4")
    (5.0, 0.5)
    """
    return 0.5 if symbol.startswith("VIX ") else 5.0


def _listed(symbol: str) -> bool:
    """Say whether a symbol has the form of a listed contract; shares have no other."""
    if instrument(symbol).kind not in ("option", "future", "swap"):
        return True
    for read in (OptionContract.parse, FutureContract.parse):
        try:
            read(symbol)
        except DataError:
            continue
        return True
    return False
