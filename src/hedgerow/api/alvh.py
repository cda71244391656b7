"""``alvh_state`` and ``alvh_explain``: where the layered hedge stands, and how it came there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hedgerow.core.market import Market
    from hedgerow.shortvol.layered.rules import LayeredRules


@dataclass(frozen=True)
class Told:
    """An answer about the layered hedge: text when printed, plain values otherwise.

    Parameters
    ----------
    text
        In words.
    values
        The same as plain values.
    """

    text: str
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        return dict(self.values)


def alvh_state(market: Market, rules: LayeredRules | None = None, on: str | None = None) -> Told:
    """Tell where the layered hedge stands at a close, what holds, what lacks and what comes next.

    Parameters
    ----------
    market
        Sessions and columns.
    rules
        The layered hedge; its defaults if none.
    on
        Date; the last session by default.

    Raises
    ------
    HedgerowError
        If a column is missing, or the date lies outside what is known.

    Examples
    --------
    >>> import hedgerow as hr
    >>> market = hr.load("builtin").between("2017-06-01", "2018-03-29")
    >>> print(str(hr.alvh_state(market, on="2018-02-06")).splitlines()[0])
    2018-02-06: full
    """
    from hedgerow.report.layered import note_of, state_table, state_text
    from hedgerow.shortvol.layered.rules import LayeredRules
    from hedgerow.shortvol.layered.walking import at, conditions, walk

    asked = LayeredRules() if rules is None else rules
    days = walk(asked.rule, market)
    place = at(days, on)
    before = days[place - 1] if place else None
    engine = None
    if asked.engine is not None:
        beside = walk(asked.engine, market)
        engine = beside[at(beside, str(days[place].date))]
    note = note_of(days, market.dates[-1])
    told = state_table(days, place, conditions(asked, before, days[place]), engine, note)
    return Told(state_text(told), told)


def alvh_explain(market: Market, date: str, rules: LayeredRules | None = None) -> Told:
    """Tell by which transitions the layered hedge came to its state of a date, from the last calm.

    Parameters
    ----------
    market
        Sessions and columns.
    date
        A session, or a day after one.
    rules
        The layered hedge; its defaults if none.

    Raises
    ------
    HedgerowError
        As for `alvh_state`.

    Examples
    --------
    >>> import hedgerow as hr
    >>> market = hr.load("builtin").between("2017-06-01", "2018-03-29")
    >>> told = hr.alvh_explain(market, "2018-02-05").to_dict()
    >>> [each["reason"] for each in told["transitions"]][:2]
    ['vix_macd_cross', 'vx_macd_entry']
    """
    from hedgerow.report.layered import note_of, path_table, path_text
    from hedgerow.shortvol.layered.rules import LayeredRules
    from hedgerow.shortvol.layered.walking import at, path, walk

    days = walk((LayeredRules() if rules is None else rules).rule, market)
    place = at(days, date)
    told = path_table(path(days, place), days[place], note_of(days, market.dates[-1]))
    return Told(path_text(told), told)
