"""The weekly duty: whether triggers fired, P&L by part, delta of lines and portfolio."""

from __future__ import annotations

from typing import Any

from hedgerow.core.market import Market
from hedgerow.engine.attribution import Parts
from hedgerow.engine.ledger.money import USD, Micros
from hedgerow.errors import HedgerowError
from hedgerow.live.chronicle import Session
from hedgerow.live.duties.calendar import week
from hedgerow.live.duties.wording import Said
from hedgerow.live.positions import GREEKS, MODELLED, Positions, positions
from hedgerow.live.standing import Watch
from hedgerow.report.formats import columns, number, usd

_PER = {"delta": "a point", "gamma": "a point²", "vega": "a vol point", "theta": "a day"}


def week_of(sessions: list[Session], at: int) -> list[Session]:
    """Return the sessions of the week that ends at a place, oldest first."""
    first, mine = at, week(sessions[at].date)
    while first and week(sessions[first - 1].date) == mine:
        first -= 1
    return sessions[first : at + 1]


def weekly(watch: Watch, market: Market, at: int) -> Said:
    """Say what a week did.

    Parameters
    ----------
    watch
        Of the run, brought up to date.
    market
        Its tape.
    at
        Place of the week's last session in the chronicle.
    """
    sessions = watch.chronicle.sessions
    days = week_of(sessions, at)
    parts = attributed(days)
    gain = sum(bar.hedge for bar in (each.bar for each in days))
    portfolio = sum(each.bar.portfolio for each in days)
    text = [f"Week {days[0].date} … {days[-1].date}, {len(days)} sessions", "Rebalancing"]
    traded: dict[str, list[dict[str, Any]]] = {}
    place = at - len(days) + 1
    for name in days[-1].decided:
        mine = traded.setdefault(name, [])
        for i, session in enumerate(days):
            line = watch.line(name, place + i)
            orders = [order.order for order in session.ordered if order.line == name]
            if line.acted or orders:
                mine.append({"session": session.date, "legs": list(line.acted), "orders": orders})
        text += [f"  {name}: {said}" for said in _rebalanced(mine)]
        text += [f"  {name}: {_last_word(watch, name, at)}"] if not mine else []
    names = [part for part in Parts._fields if any(part in mine for mine in parts.values())]
    rows = [["USD", *names, "total"]]
    for name, own in parts.items():
        cells = [usd(own.get(part, 0) / USD) for part in names]
        rows.append([name or "other", *cells, usd(sum(own.values()) / USD)])
    text += ["P&L of the hedge by part", columns(rows, right=range(1, len(rows[0])))]
    text.append(f"Hedge {usd(gain / USD)}, portfolio {usd(portfolio / USD)}")
    held = _held(watch, market, at)
    text += [held] if isinstance(held, str) else _greeks(held)
    facts = {
        "first": days[0].date,
        "last": days[-1].date,
        "sessions": len(days),
        "traded": traded,
        "parts_micros": parts,
        "hedge_micros": gain,
        "portfolio_micros": portfolio,
        "greeks": {} if isinstance(held, str) else {**held.lines, "": held.total},
        "portfolio_delta": None if isinstance(held, str) else held.portfolio_delta,
        "net_delta": None if isinstance(held, str) else held.net_delta,
    }
    return Said("\n".join(text), facts)


def attributed(week: list[Session]) -> dict[str, dict[str, Micros]]:
    """Return the hedge's gain over sessions by line and part, micro-USD: it adds up exactly."""
    made: dict[str, dict[str, Micros]] = {}
    for session in week:
        for line, parts in session.bar.explained.items():
            mine = made.setdefault(line, {})
            for part, amount in parts.items():
                mine[part] = mine.get(part, 0) + amount
    return made


def _rebalanced(traded: list[dict[str, Any]]) -> list[str]:
    said = []
    for each in traded:
        why = f"fired ({', '.join(each['legs'])})" if each["legs"] else "a roll, action or limit"
        orders = ", ".join(each["orders"]) or "nothing to trade"
        said.append(f"{each['session']} {why}: {orders}")
    return said


def _last_word(watch: Watch, name: str, at: int) -> str:
    """Say why a line was left alone, in the words of its trigger."""
    steps = watch.line(name, at).steps
    return f"not traded; {steps[-1]['said']}" if steps else "not traded"


def _held(watch: Watch, market: Market, at: int) -> Positions | str:
    if watch.program is None:
        return "Greeks: the book does not say what is run"
    try:
        return positions(watch.program, market, watch.chronicle.sessions[at])
    except HedgerowError as error:
        return f"Greeks: {error}"


def _greeks(held: Positions) -> list[str]:
    rows = [["USD", *(f"{name} {_PER[name]}" for name in GREEKS)]]
    for name, mine in {**held.lines, "all lines": held.total}.items():
        rows.append([name, *(number(mine[greek]) for greek in GREEKS)])
    return [
        "Greeks at the close",
        columns(rows, right=range(1, 5)),
        f"Delta of the portfolio {number(held.portfolio_delta)} USD a point, "
        f"with the hedge {number(held.net_delta)}",
        MODELLED,
    ]
