"""The actions of one line: what they see of its position, and what they keep of it."""

from __future__ import annotations

import math
from typing import NamedTuple

from hedgerow.core.action import (
    NEEDS,
    NEW_EXPIRY,
    NEW_STRIKE,
    RESTRIKE,
    Position,
    Wish,
    resolve,
    start,
)
from hedgerow.engine.prices import Prices
from hedgerow.engine.program import Line
from hedgerow.errors import RangeError
from hedgerow.instruments.roster import Basket

KEEP = {RESTRIKE: "", NEW_STRIKE: "expiry", NEW_EXPIRY: "strike"}
"""What a renewed contract keeps of the old one, by what is wished."""


class Entry(NamedTuple):
    """How a position was come by; values have the sign of what is held."""

    paid: float
    """USD per unit, the average."""
    peak: float
    """The highest value of a unit since, USD."""
    day: int
    """Days since 1970-01-01."""


class Acting:
    """The actions of a line at work.

    Parameters
    ----------
    line
        Whose actions.
    prices
        Of its contracts.

    Attributes
    ----------
    kept
        Part of the policy's units that they leave, until the next scheduled roll.
    unfilled
        Whether an order of theirs lapsed and is to be asked again.

    Raises
    ------
    RangeError
        If an action needs what the line's sleeve has not.
    """

    def __init__(self, line: Line, prices: Prices) -> None:
        self.actions, self.prices = line.actions, prices
        roster = prices.roster
        if line.actions and roster.strip.shift.any():
            raise RangeError(
                "a mix that moves every session has no contract to act on",
                where=f"line {line.name}, actions",
                mend="remove the actions, or use a sleeve that rolls",
            )
        for i, one in enumerate(line.actions):
            for lacks in sorted(one.needs - roster.offers):
                raise RangeError(
                    f"{one.kind} needs {NEEDS[lacks]}, which {line.sleeve.name} has not",
                    where=f"line {line.name}, actions[{i}]",
                    mend="leave the action out, or use options on an index",
                )
        self.kept = 1.0
        self.unfilled = False
        self.did: tuple[str, ...] = ()
        """Kinds of the actions that acted at the bar last seen."""
        self._memory, self._asked = start(line.actions), [1.0] * len(line.actions)
        self._left = 1.0  # of the target when the contract was last renewed by an action
        self._known: Basket | None = None
        self._entry: Entry | None = None

    def renew(self) -> None:
        """Begin with a contract of the schedule, whole again."""
        self.kept = self._left = 1.0

    def bought(self, basket: Basket, before: float, after: float, row: int, day: int) -> None:
        """Take down that the units held of the wanted contracts have changed.

        Parameters
        ----------
        basket
            The contracts.
        before, after
            Units; not none after.
        row, day
            Of the market, and its date as days since 1970-01-01.
        """
        if not self.actions:
            return
        value = math.copysign(1.0, after) * self.prices.value(basket, row)
        if self._entry is None or not before or before * after < 0.0:
            self._entry = Entry(value, value, day)
            if basket != self._known:  # what comes back has been acted on already
                self._memory, self._known = start(self.actions), basket
                self._asked = [1.0] * len(self.actions)
        elif abs(after) > abs(before):
            part = before / after
            paid = part * self._entry.paid + (1.0 - part) * value
            self._entry = self._entry._replace(paid=paid)

    def wish(
        self, aim: Basket, held: float, row: int, day: int, spot: float, vix: float
    ) -> tuple[Wish, dict[str, float]] | None:
        """Ask every action; return the wish of all and those of each by name.

        Parameters
        ----------
        aim, held
            The contracts and units.
        row, day, spot, vix
            Of the market, its date as days since 1970-01-01, and the index of the line and VIX in
            points.
        """
        self.did = ()
        position = self._position(aim, held, row, day, spot, vix)
        if position is None:
            return None
        wish, self._memory, trace = resolve(position, self.actions, self._memory, kept=self._left)
        self.kept = float(wish.keep)
        if wish.renew > 0.0:
            self._left = self.kept
        self.did = tuple(
            one.kind
            for one, wished, before in zip(self.actions, trace, self._asked, strict=True)
            if wished.keep < before or wished.renew > 0.0
        )
        self._asked = [float(wished.keep) for wished in trace]
        return wish, {
            f"{i}.{one.kind}.{name}": float(value)
            for i, (one, wished) in enumerate(zip(self.actions, trace, strict=True))
            for name, value in wished._asdict().items()
        }

    def look(self, aim: Basket, held: float, row: int, day: int, spot: float, vix: float) -> None:
        """Show every action a position that was bought at this bar; see `wish`."""
        if self._entry is None or self._entry.day != day:
            return
        position = self._position(aim, held, row, day, spot, vix)
        if position is not None:
            _, self._memory, _ = resolve(position, self.actions, self._memory)

    def _position(
        self, aim: Basket, held: float, row: int, day: int, spot: float, vix: float
    ) -> Position | None:
        """Return what the actions see, None where there is nothing to see."""
        if not self.actions or self._entry is None or not held:
            return None
        prices, roster = self.prices, self.prices.roster
        side = math.copysign(1.0, held)
        value = side * prices.value(aim, row)
        self._entry = self._entry._replace(peak=max(self._entry.peak, value))
        alone = [(s, side * w) for s, w in zip(*aim, strict=True) if s not in roster.standing]
        options = Basket.of(*alone)
        lead = prices.track(options.symbols[0])
        if roster.on_future:
            spot = lead.level[row - lead.first]
            delta = prices.total(options, lambda track, at: track.vega[at], row)
        else:
            delta = prices.total(options, lambda track, at: track.delta[at], row)
        return Position(
            units=abs(held),
            value=value,
            paid=self._entry.paid,
            peak=self._entry.peak,
            days_held=float(day - self._entry.day),
            days_left=float(lead.expiry - day),
            moneyness=lead.strike / spot,
            delta=delta,
            spot=spot,
            vix=vix,
            gamma=prices.total(options, lambda track, at: track.gamma[at], row),
            theta=prices.total(options, lambda track, at: track.theta[at] * track.multiplier, row),
            room=self._room(options, spot),
        )

    def _room(self, options: Basket, spot: float) -> float:
        """Return how far the nearest strike that was sold is, part of the spot; NaN without one."""
        found = math.nan
        for symbol, weight in zip(*options, strict=True):
            track = self.prices.track(symbol)
            if weight < 0.0 and not math.isnan(track.strike):
                room = (track.strike - spot) * (1.0 if track.call else -1.0) / spot
                found = room if math.isnan(found) else min(found, room)
        return found
