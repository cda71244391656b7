"""Rolling option sleeves on the index: a put, a put spread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from hedgerow.core.market import Market
from hedgerow.core.strip import Strip
from hedgerow.errors import SleeveError
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.legs import Leg, option_strip
from hedgerow.instruments.rolls import check_terms, parse_roll
from hedgerow.instruments.sizes import Notional, Size
from hedgerow.instruments.sleeve import check_flag, check_number, check_size


@dataclass(frozen=True)
class Put:
    """A put on the index, bought at a moneyness and a tenor and rolled by rule.

    Parameters
    ----------
    moneyness
        Strike over the index when chosen; 0.90 is 10 % out of the money.
    tenor
        Days to expiry when chosen: ``90d``, ``3m``, ``1y``.
    roll
        ``30d`` every 30 days, ``21b`` sessions, ``dte:30`` days to expiry, or ``expiry``.
    drift
        Also roll when strike over index has moved by more than this part; None: never.
    listed
        True: the first monthly expiry (third Friday) on or after the tenor.  False: exactly
        the tenor.
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
    """

    moneyness: float = 0.90
    tenor: str = "90d"
    roll: str = "30d"
    drift: float | None = None
    listed: bool = True
    size: Size = field(default_factory=lambda: Notional(0.35))
    kind: ClassVar[str] = "put"

    def __post_init__(self) -> None:
        check_number(self.moneyness, "moneyness", 0.2, 2.0)
        check_terms(self.tenor, self.roll, self.drift)
        check_flag(self.listed, "listed")
        check_size(self.size, premium=True)

    @property
    def name(self) -> str:
        """Short name."""
        return f"put-{self.tenor}-{self.moneyness:g}"

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the put out on a market; see `Sleeve.strip`."""
        legs = (Leg(1.0, self.moneyness),)
        rule = parse_roll(self.roll, self.drift)
        return option_strip(
            self.name,
            market,
            legs,
            tenor=self.tenor,
            rule=rule,
            listed=self.listed,
            lag=lag,
            costs=costs,
        )


@dataclass(frozen=True)
class PutSpread:
    """A put bought at ``upper`` and one sold at ``lower``, the same expiry.

    Parameters
    ----------
    upper, lower
        Strikes over the index when chosen, upper > lower.
    tenor, roll, drift, listed
        As for `Put`.
    size
        `Notional` 0.1 of NAV by default.

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
    tenor: str = "90d"
    roll: str = "30d"
    drift: float | None = None
    listed: bool = True
    size: Size = field(default_factory=lambda: Notional(0.55))
    kind: ClassVar[str] = "put_spread"

    def __post_init__(self) -> None:
        check_number(self.upper, "upper", 0.2, 2.0)
        check_number(self.lower, "lower", 0.2, 2.0)
        if self.lower >= self.upper:
            raise SleeveError(
                f"the lower strike {self.lower} is not below the upper {self.upper}",
                where="lower",
                mend="swap lower and upper",
            )
        check_terms(self.tenor, self.roll, self.drift)
        check_flag(self.listed, "listed")
        check_size(self.size, premium=True)

    @property
    def name(self) -> str:
        """Short name."""
        return f"put_spread-{self.tenor}-{self.upper:g}-{self.lower:g}"

    def strip(self, market: Market, *, lag: int = 1, costs: Costs | None = None) -> Strip:
        """Lay the spread out on a market; see `Sleeve.strip`.

        The strip's ``strike`` is the upper one.
        """
        legs = (Leg(1.0, self.upper), Leg(-1.0, self.lower))
        rule = parse_roll(self.roll, self.drift)
        return option_strip(
            self.name,
            market,
            legs,
            tenor=self.tenor,
            rule=rule,
            listed=self.listed,
            lag=lag,
            costs=costs,
        )
