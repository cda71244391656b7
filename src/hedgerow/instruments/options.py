"""Rolling option sleeves on the index: puts, calls and their combinations, held or sold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from hedgerow.core.ensemble import Ensemble
from hedgerow.core.market import Market
from hedgerow.core.strip import Strip
from hedgerow.errors import SleeveError
from hedgerow.instruments.american_options import AMERICAN, EUROPEAN, check_exercise
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.index_options import option_roster, option_strip
from hedgerow.instruments.legs import Leg
from hedgerow.instruments.option_terms import SHORT, OptionTerms, TwoStrikes
from hedgerow.instruments.rolls import WEEKLY, Listed, Roll, check_terms, parse_roll
from hedgerow.instruments.roster import Roster
from hedgerow.instruments.scene import SPOT, check_index, told_index
from hedgerow.instruments.settling import AM, PM, check_settlement
from hedgerow.instruments.sizes import Notional, Size
from hedgerow.instruments.sleeve import check_flag, check_number


@dataclass(frozen=True, kw_only=True)
class OptionSleeve(OptionTerms):
    """Options on the index of one expiry, rolled by rule, held or sold.

    Parameters
    ----------
    tenor
        Days to expiry when chosen: ``90d``, ``3m``, ``1y``; or ``monthly`` and ``quarterly``,
        the first listed expiry of that cycle after the fill.
    roll
        ``30d`` every 30 days, ``21b`` sessions, ``dte:30`` days to expiry, ``expiry``, or a
        weekday: ``wed``, ``4w@wed``, ``4w@wed+1`` (docs/sleeves.md).
    drift
        Also roll when strike over index has moved by more than this part; None: never.
    listed
        True: the first monthly expiry (third Friday) on or after the tenor.  ``weekly``: the
        first Friday.  False: exactly the tenor.
    index
        ``spx``, ``ndx`` or ``rut``: what the options are written on.
    covered
        Whether a unit of the index for each USD of the multiplier stands with each contract, its
        dividends counted: covered calls (BXM), a hedged index (PPUT); `Premium` (1.0) then puts
        all of NAV into the package.
    settlement
        ``pm`` on the close of the day of expiry; ``am``, of listed expiries only, in its morning:
        at the special opening quotation (`settling.Settling`).
    exercise
        ``european`` at expiry only; ``american``, of a put or a call by itself: at any close where
        the model sees no more in it than its intrinsic value.  Needs QuantLib.
    strike_step, side, size
        As for `OptionTerms`.

    Raises
    ------
    SleeveError
        If a field is out of range.
    """

    tenor: str = "90d"
    roll: str = "30d"
    drift: float | None = None
    listed: Listed = True
    index: str = "spx"
    covered: bool = False
    settlement: str = PM
    exercise: str = EUROPEAN

    def __post_init__(self) -> None:
        super().__post_init__()
        check_terms(self.tenor, self.roll, self.drift, listed=self.listed)
        check_flag(self.covered, "covered")
        check_index(self.index)
        check_settlement(self.settlement, listed=self.listed is not False and self.listed != WEEKLY)
        check_exercise(self.exercise, self.settlement, len(self.legs))

    @property
    def term(self) -> str:
        """See `OptionTerms.term`."""
        return self.tenor

    @property
    def name(self) -> str:
        """Short name."""
        cover = "covered" if self.covered else ""
        morning = AM if self.settlement == AM else ""
        early = AMERICAN if self.exercise == AMERICAN else ""
        return "-".join(filter(None, (super().name, cover, told_index(self.index), morning, early)))

    @property
    def packaged(self) -> bool:
        """See `OptionTerms.packaged`."""
        return self.covered

    @property
    def _rule(self) -> Roll:
        """When to roll; what stands with index units or may be exercised never waits settled."""
        rule = parse_roll(self.roll, self.drift)
        alone = not self.covered and self.exercise == EUROPEAN
        return replace(rule, waits=rule.waits and alone)

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the options out on a market; see `Sleeve.strip`."""
        return self.roster(market, lag=lag, costs=costs).strip

    def strip_of_paths(
        self, ensemble: Ensemble, *, lag: int = 1, costs: Costs | None = None
    ) -> Strip | None:
        """Lay the options out on all paths at once, or return None where that cannot be.

        Row by row it is `strip` of each path: see `option_strip`.
        """
        plain = self.index == SPOT and self.settlement == PM and self.exercise == EUROPEAN
        if not plain:
            return None
        return option_strip(
            self.name,
            ensemble,
            self.sided,
            tenor=self.tenor,
            rule=self._rule,
            listed=self.listed,
            step=self.strike_step,
            covered=self.covered,
            lag=lag,
            costs=costs,
        )

    def roster(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Roster:
        """Name the options on a market; see `Sleeve.roster`."""
        return option_roster(
            self.name,
            market,
            self.sided,
            tenor=self.tenor,
            rule=self._rule,
            listed=self.listed,
            step=self.strike_step,
            index=self.index,
            covered=self.covered,
            settlement=self.settlement,
            exercise=self.exercise,
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
    tenor, roll, drift, listed, index, covered, settlement, exercise, strike_step, side
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
    moneyness, delta
        As for `Put`.
    tenor, roll, drift, listed, index, covered, settlement, exercise, strike_step, side, size
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
    tenor, roll, drift, listed, index, covered, settlement, exercise, strike_step, side, size
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
class PutSpread(OptionSleeve, TwoStrikes):
    """A put bought at ``upper`` and one sold at ``lower``, the same expiry.

    Parameters
    ----------
    upper, lower
        Strikes over the index when chosen, upper > lower.
    upper_delta, lower_delta
        Choose both strikes by delta instead.
    tenor, roll, drift, listed, index, covered, settlement, exercise, strike_step, side
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
    nearer: ClassVar[str] = "upper"

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The upper put bought, the lower sold."""
        return self.at("upper", 1.0, call=False), self.at("lower", -1.0, call=False)


@dataclass(frozen=True)
class CallSpread(OptionSleeve, TwoStrikes):
    """A call bought at ``lower`` and one sold at ``upper``, the same expiry.

    Parameters
    ----------
    upper, lower, upper_delta, lower_delta, size
        As for `PutSpread`.
    tenor, roll, drift, listed, index, covered, settlement, exercise, strike_step, side
        As for `OptionSleeve`.

    Examples
    --------
    >>> CallSpread(lower_delta=0.40, upper_delta=0.15).name
    'call_spread-90d-40delta-15delta'
    """

    upper: float = 1.15
    lower: float = 1.02
    size: Size = field(default_factory=lambda: Notional(0.4), kw_only=True)
    kind: ClassVar[str] = "call_spread"
    nearer: ClassVar[str] = "lower"

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The lower call bought, the upper sold."""
        return self.at("lower", 1.0, call=True), self.at("upper", -1.0, call=True)


@dataclass(frozen=True)
class Strangle(OptionSleeve, TwoStrikes):
    """A put at ``lower`` and a call at ``upper``, the same expiry.

    Parameters
    ----------
    upper, lower, upper_delta, lower_delta, size
        As for `PutSpread`.
    tenor, roll, drift, listed, index, covered, settlement, exercise, strike_step, side
        As for `OptionSleeve`.

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
        return self.at("lower", 1.0, call=False), self.at("upper", 1.0, call=True)


@dataclass(frozen=True)
class Collar(OptionSleeve, TwoStrikes):
    """A put bought at ``lower``, paid for in part by a call sold at ``upper``, the same expiry.

    Parameters
    ----------
    upper, lower, upper_delta, lower_delta
        As for `PutSpread`.
    tenor, roll, drift, listed, index, covered, settlement, exercise, strike_step, side
        As for `OptionSleeve`.
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
        return self.at("lower", 1.0, call=False), self.at("upper", -1.0, call=True)


@dataclass(frozen=True)
class Condor(OptionSleeve):
    """An iron condor: put and call near the index and, farther off, put and call against them.

    Held ``short``, as by default, the near ones are sold and the wings bought.

    Parameters
    ----------
    short_delta, wing_delta
        Deltas, without sign, of the near options and of the wings.
    wing_width
        Points from the near strikes to the wings, instead of the wings' delta.
    tenor, roll, drift, listed, index, covered, settlement, exercise, strike_step, side
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
    wing_width: float | None = None
    tenor: str = field(default="monthly", kw_only=True)
    roll: str = field(default="expiry", kw_only=True)
    side: str = field(default=SHORT, kw_only=True)
    size: Size = field(default_factory=lambda: Notional(1.0), kw_only=True)
    kind: ClassVar[str] = "condor"
    balanced: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.wing_width is not None:
            check_number(self.wing_width, "wing_width", 1.0, 5_000.0)
        elif self.wing_delta >= self.short_delta:
            raise SleeveError(
                f"the wings' delta {self.wing_delta} is not below {self.short_delta}",
                where="wing_delta",
                mend="swap wing_delta and short_delta",
            )

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The near put and call, and the wings against them."""
        wing = self.wing_delta if self.wing_width is None else None
        return tuple(
            Leg(weight, 1.0, call, delta, apart=apart)
            for weight, delta, apart in (
                (1.0, self.short_delta, None),
                (-1.0, wing, self.wing_width),
            )
            for call in (False, True)
        )
