"""Rolling option sleeves on the index: puts, calls and their combinations, held or sold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

from hedgerow.core.market import Market
from hedgerow.core.strip import Strip
from hedgerow.errors import SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.legs import Leg, option_strip
from hedgerow.instruments.rolls import check_terms, parse_roll
from hedgerow.instruments.sizes import Contracts, Notional, Size
from hedgerow.instruments.sleeve import check_flag, check_number, check_size

LONG, SHORT = "long", "short"
STRIKES, DELTAS = (
    frozenset({"moneyness", "upper", "lower"}),
    frozenset({"delta", "upper_delta", "lower_delta", "short_delta", "wing_delta"}),
)
"""Fields that hold a strike over the index, and those that hold a delta."""
MONEYNESS, DELTA = (0.2, 2.0), (0.01, 0.99)
"""What they may be; a delta is written without its sign."""


@dataclass(frozen=True, kw_only=True)
class OptionSleeve(ABC):
    """What all option sleeves share: options of one expiry, rolled by rule, held or sold.

    Parameters
    ----------
    tenor
        Days to expiry when chosen: ``90d``, ``3m``, ``1y``; or ``monthly`` and ``quarterly``,
        the first listed expiry of that cycle after the fill.
    roll
        ``30d`` every 30 days, ``21b`` sessions, ``dte:30`` days to expiry, or ``expiry``.
    drift
        Also roll when strike over index has moved by more than this part; None: never.
    listed
        True: the first monthly expiry (third Friday) on or after the tenor.  False: exactly
        the tenor.
    strike_step
        Grid of strikes, points: puts are rounded down and calls up, away from the index, where
        chosen by moneyness, and to the nearest where chosen by delta.  None: not rounded.
    side
        ``long`` or ``short``; sold options have a negative price.  Margin is not modelled.
    size
        What an intensity of 1.0 means; what is sold, or costs little by construction, has a
        notional or a number of contracts only.

    Raises
    ------
    SleeveError
        If a field is out of range.
    """

    tenor: str = "90d"
    roll: str = "30d"
    drift: float | None = None
    listed: bool = True
    strike_step: float | None = None
    side: str = LONG
    size: Size = field(default_factory=lambda: Notional(0.35))
    kind: ClassVar[str]
    balanced: ClassVar[bool] = False
    """Whether options bought and sold pay for each other, so that neither premium nor vega
    measures the size."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name in STRIKES:
                check_number(value, name, *MONEYNESS)
            elif name in DELTAS and value is not None:
                check_number(value, name, *DELTA)
        check_terms(self.tenor, self.roll, self.drift, listed=self.listed)
        check_flag(self.listed, "listed")
        if self.strike_step is not None:
            check_number(self.strike_step, "strike_step", 0.01, 1_000.0)
        if self.side not in (LONG, SHORT):
            raise SleeveError(
                f"{self.side!r} is not a side", where="side", mend="write long or short"
            )
        check_size(self.size, premium=True)
        plain = isinstance(self.size, Notional | Contracts)
        if not plain and (self.balanced or self.side == SHORT):
            what = "options bought against options sold" if self.balanced else "what is sold"
            raise SleeveError(
                f"a size by {self.size.kind} says little of {what}",
                where="size",
                mend="size by notional or contracts",
            )

    @property
    @abstractmethod
    def legs(self) -> tuple[Leg, ...]:
        """The options of one contract when held long; the strip shows the first one's strike."""

    @property
    def name(self) -> str:
        """Short name."""
        strikes = "-".join(dict.fromkeys(leg.told for leg in self.legs))
        sold = f"-{SHORT}" if self.side == SHORT else ""
        return f"{self.kind}-{self.tenor}-{strikes}{sold}"

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the options out on a market; see `Sleeve.strip`."""
        sign = -1.0 if self.side == SHORT else 1.0
        return option_strip(
            self.name,
            market,
            tuple(leg._replace(weight=sign * leg.weight) for leg in self.legs),
            tenor=self.tenor,
            rule=parse_roll(self.roll, self.drift),
            listed=self.listed,
            step=self.strike_step,
            lag=lag,
            costs=costs,
        )


@dataclass(frozen=True)
class Put(OptionSleeve):
    """A put on the index, at a moneyness or a delta and a tenor, rolled by rule.

    Parameters
    ----------
    moneyness
        Strike over the index when chosen; 0.90 is 10 % out of the money.
    delta
        Choose the strike by this delta, without its sign, instead of the moneyness.
    tenor, roll, drift, listed, strike_step, side
        As for `OptionSleeve`.
    size
        What an intensity of 1.0 means.  The default costs about 2 % of NAV a year when held
        always, which is the source's premise (001): see docs/sleeves.md.

    Raises
    ------
    SleeveError
        If a field is out of range.

    Examples
    --------
    >>> put = Put(moneyness=0.90, tenor="90d", roll="30d", size=Notional(1.0))
    >>> put.name
    'put-90d-0.9'
    >>> Put(1.0, tenor="monthly", roll="expiry", side="short", size=Notional(1.0)).name
    'put-monthly-1-short'
    """

    moneyness: float = 0.90
    delta: float | None = None
    kind: ClassVar[str] = "put"

    @property
    def legs(self) -> tuple[Leg, ...]:
        """One put."""
        return (Leg(1.0, self.moneyness, delta=self.delta),)


@dataclass(frozen=True)
class Call(OptionSleeve):
    """A call on the index, at a moneyness or a delta.

    Parameters
    ----------
    moneyness, delta, tenor, roll, drift, listed, strike_step, side, size
        As for `Put`.

    Examples
    --------
    >>> Call(delta=0.30, side="short").name
    'call-90d-30delta-short'
    """

    moneyness: float = 1.05
    delta: float | None = None
    size: Size = field(default_factory=lambda: Notional(0.4), kw_only=True)
    kind: ClassVar[str] = "call"

    @property
    def legs(self) -> tuple[Leg, ...]:
        """One call."""
        return (Leg(1.0, self.moneyness, call=True, delta=self.delta),)


@dataclass(frozen=True)
class Straddle(OptionSleeve):
    """A put and a call of one strike; a ``strike_step`` rounds to the nearest.

    Parameters
    ----------
    moneyness
        Strike over the index when chosen.
    tenor, roll, drift, listed, strike_step, side, size
        As for `Put`.

    Examples
    --------
    >>> Straddle(tenor="30d").name
    'straddle-30d-1'
    """

    moneyness: float = 1.0
    size: Size = field(default_factory=lambda: Notional(0.15), kw_only=True)
    kind: ClassVar[str] = "straddle"

    @property
    def legs(self) -> tuple[Leg, ...]:
        """A put and a call."""
        return tuple(Leg(1.0, self.moneyness, call, nearest=True) for call in (False, True))


@dataclass(frozen=True)
class _Two(OptionSleeve):
    # Two strikes over the index, or two deltas.
    upper: float = 1.05
    lower: float = 0.95
    upper_delta: float | None = None
    lower_delta: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lower >= self.upper:
            raise SleeveError(
                f"the lower strike {self.lower} is not below the upper {self.upper}",
                where="lower",
                mend="swap lower and upper",
            )
        by_delta = [self.upper_delta, self.lower_delta].count(None)
        if by_delta == 1:
            raise SleeveError(
                "one strike is given by its delta and the other is not",
                where="upper_delta" if self.upper_delta is None else "lower_delta",
                mend="give both deltas or none",
            )

    def _leg(self, weight: float, name: str, *, call: bool) -> Leg:
        return Leg(weight, getattr(self, name), call, getattr(self, f"{name}_delta"))

    def _check_deltas(self, nearer: str, farther: str) -> None:
        near, far = getattr(self, nearer), getattr(self, farther)
        if near is not None and near <= far:
            raise SleeveError(
                f"the delta {near} of the option nearer to the index is not above {far}",
                where=nearer,
                mend=f"swap {nearer} and {farther}",
            )


@dataclass(frozen=True)
class PutSpread(_Two):
    """A put bought at ``upper`` and one sold at ``lower``, the same expiry.

    Parameters
    ----------
    upper, lower
        Strikes over the index when chosen, upper > lower.
    upper_delta, lower_delta
        Choose both strikes by delta instead.
    tenor, roll, drift, listed, strike_step, side
        As for `Put`.
    size
        `Notional` 0.55 times NAV by default.

    Notes
    -----
    The vega of a spread fades as the index falls between the strikes and turns negative
    below them, so `Vega` is no measure of its size: in a fall it would buy more and more of
    it, up to the bound.  Hence the other default.

    Examples
    --------
    >>> PutSpread(upper=0.95, lower=0.80).name
    'put_spread-90d-0.95-0.8'
    """

    upper: float = 0.95
    lower: float = 0.80
    size: Size = field(default_factory=lambda: Notional(0.55), kw_only=True)
    kind: ClassVar[str] = "put_spread"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_deltas("upper_delta", "lower_delta")

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The upper put bought, the lower sold."""
        return self._leg(1.0, "upper", call=False), self._leg(-1.0, "lower", call=False)


@dataclass(frozen=True)
class CallSpread(_Two):
    """A call bought at ``lower`` and one sold at ``upper``, the same expiry.

    Parameters
    ----------
    upper, lower, upper_delta, lower_delta, tenor, roll, drift, listed, strike_step, side, size
        As for `PutSpread`.

    Examples
    --------
    >>> CallSpread(lower_delta=0.40, upper_delta=0.15).name
    'call_spread-90d-40delta-15delta'
    """

    upper: float = 1.15
    lower: float = 1.02
    size: Size = field(default_factory=lambda: Notional(0.4), kw_only=True)
    kind: ClassVar[str] = "call_spread"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_deltas("lower_delta", "upper_delta")

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The lower call bought, the upper sold."""
        return self._leg(1.0, "lower", call=True), self._leg(-1.0, "upper", call=True)


@dataclass(frozen=True)
class Strangle(_Two):
    """A put at ``lower`` and a call at ``upper``, the same expiry.

    Parameters
    ----------
    upper, lower, upper_delta, lower_delta, tenor, roll, drift, listed, strike_step, side, size
        As for `PutSpread`.

    Examples
    --------
    >>> Strangle(side="short").name
    'strangle-90d-0.92-1.05-short'
    """

    upper: float = 1.05
    lower: float = 0.92
    size: Size = field(default_factory=lambda: Notional(0.18), kw_only=True)
    kind: ClassVar[str] = "strangle"

    @property
    def legs(self) -> tuple[Leg, ...]:
        """A put and a call."""
        return self._leg(1.0, "lower", call=False), self._leg(1.0, "upper", call=True)


@dataclass(frozen=True)
class Collar(_Two):
    """A put bought at ``lower``, paid for in part by a call sold at ``upper``, the same expiry.

    Parameters
    ----------
    upper, lower, upper_delta, lower_delta, tenor, roll, drift, listed, strike_step, side
        As for `PutSpread`.
    size
        `Notional` or `Contracts`.  A collar of two expiries is two sleeves.

    Examples
    --------
    >>> Collar(tenor="quarterly", roll="expiry").name
    'collar-quarterly-0.92-1.08'
    """

    upper: float = 1.08
    lower: float = 0.92
    size: Size = field(default_factory=lambda: Notional(0.5), kw_only=True)
    kind: ClassVar[str] = "collar"
    balanced: ClassVar[bool] = True

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The put bought, the call sold."""
        return self._leg(1.0, "lower", call=False), self._leg(-1.0, "upper", call=True)


@dataclass(frozen=True)
class Condor(OptionSleeve):
    """An iron condor: put and call near the index and, farther off, put and call against them.

    Held ``short``, as by default, the near ones are sold and the wings bought.

    Parameters
    ----------
    short_delta, wing_delta
        Deltas, without sign, of the near options and of the wings.
    tenor, roll, drift, listed, strike_step, side
        As for `Put`.
    size
        `Notional` or `Contracts`.

    Examples
    --------
    >>> Condor().name
    'condor-monthly-20delta-5delta-short'
    """

    short_delta: float = 0.20
    wing_delta: float = 0.05
    tenor: str = field(default="monthly", kw_only=True)
    roll: str = field(default="expiry", kw_only=True)
    side: str = field(default=SHORT, kw_only=True)
    size: Size = field(default_factory=lambda: Notional(1.0), kw_only=True)
    kind: ClassVar[str] = "condor"
    balanced: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.wing_delta >= self.short_delta:
            raise SleeveError(
                f"the wings' delta {self.wing_delta} is not below {self.short_delta}",
                where="wing_delta",
                mend="swap wing_delta and short_delta",
            )

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The near put and call, and the wings against them."""
        return tuple(
            Leg(weight, 1.0, call, delta)
            for weight, delta in ((1.0, self.short_delta), (-1.0, self.wing_delta))
            for call in (False, True)
        )
