"""What can happen in a run: frozen events, the vocabulary of the ledger.

Times are nanoseconds since 1970, UTC.  Money is in micro-USD and quantities in nano-contracts
(:mod:`.money`); prices, signals, memory and the like are floats, kept to the bit.  Contracts go by
their symbols: OSI for options, ``VXK24`` for futures, ``SPY`` for shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from hedgerow.engine.ledger.money import Micros, Nanos

SCHEMA = 4
"""Version of the vocabulary; one more whenever an event changes or is added.

2: ``line`` was ``program`` before; ``planned``, ``explained`` and the cash of a portfolio are new.
3: ``decided`` has ``fits``.
4: the events of a desk, from ``proposed`` on, are new.
"""

Time: TypeAlias = Annotated[int, "time"]
"""Nanoseconds since 1970, UTC."""

Terms: TypeAlias = Annotated[Mapping[str, Any], "terms"]
"""Tables as in TOML: texts, numbers, true and false, lists, tables."""

OrderKind = Literal["market", "limit"]
TimeInForce = Literal["day", "gtc", "ioc", "opg"]
Reason = Literal["deposit", "financing", "dividend", "variation", "fee", "portfolio"]


@dataclass(frozen=True)
class Opened:
    """The first event of a run: all that made it.

    Parameters
    ----------
    time
        First bar of a backtest, the clock of a live run.
    run
        Name of the run.
    version
        Version of Hedgerow.
    policies
        Text of each line's policy, TOML, by the line's name.
    data, config
        Hashes of the data and of the configuration.
    facts
        Sleeves, costs, portfolio, and whatever else made the run.
    schema
        Version of the vocabulary of events.
    """

    time: Time
    run: str
    version: str
    policies: Mapping[str, str]
    data: str
    config: str
    facts: Terms
    schema: int = SCHEMA
    kind: ClassVar[str] = "opened"


@dataclass(frozen=True)
class Slice:
    """What the market showed at a bar.

    Parameters
    ----------
    time
        The bar.
    digest
        Hash of all that could be seen.
    marks
        Points at which positions are marked, by symbol.
    """

    time: Time
    digest: str
    marks: Mapping[str, float]
    kind: ClassVar[str] = "slice"


@dataclass(frozen=True)
class Decided:
    """A line's decision, with all that it saw and why.

    Parameters
    ----------
    time
        The bar.
    line
        Whose decision: a name of :attr:`Opened.policies`.
    signals
        By signal name.
    book, bar
        The :class:`~hedgerow.core.book.Book` and :class:`~hedgerow.core.book.Bar` seen, by field.
    x, act
        Intensity in multiples of the base size; 1.0 trades, 0.0 keeps the book.
    trace
        Intensity after each step, by step kind.
    memory
        What each step remembers after the bar, by step kind and field.
    fits
        By the name of each signal that is fitted to the past: date of the fit in force, window
        (``start``, ``end``, ``rows``) and ``parameters``.  Not written where there is none.
    """

    time: Time
    line: str
    signals: Mapping[str, float]
    book: Mapping[str, float]
    bar: Mapping[str, float]
    x: float
    act: float
    trace: Mapping[str, float]
    memory: Mapping[str, Mapping[str, float]]
    fits: Terms = field(default_factory=dict)
    kind: ClassVar[str] = "decided"


@dataclass(frozen=True)
class Planned:
    """What became of a line's decision at the level of the program.

    Parameters
    ----------
    time
        The bar.
    line
        Whose decision.
    x
        Intensity after share, maximum share and budget, multiples of the base size.
    share, cap, scale
        Part of the program that is the line's; the most that it may be; the factor by which the
        budget of all lines cut it, 1.0 where it did not.
    wanted
        Units of the sleeve (contracts, or packages of them) to be held.
    why
        Named numbers that led there: what each action wished, a margin factor.
    """

    time: Time
    line: str
    x: float
    share: float
    cap: float
    scale: float
    wanted: float
    why: Mapping[str, float]
    kind: ClassVar[str] = "planned"


@dataclass(frozen=True)
class Leg:
    """A contract of an order and how many: nano-contracts, negative to sell."""

    contract: str
    quantity: Nanos


@dataclass(frozen=True)
class Ordered:
    """An order, recorded before it is sent.

    Parameters
    ----------
    time
        When it was made.
    order
        The client's id, never used twice in a run.
    legs
        One contract, or the several of a spread.
    type
        ``market`` or ``limit``.
    limit
        Points of one contract, or net points of one spread; None for a market order.
    tif
        Time in force: ``day``, ``gtc``, ``ioc`` or ``opg`` (at the opening).
    line
        Whose order.
    """

    time: Time
    order: str
    legs: tuple[Leg, ...]
    type: OrderKind
    limit: float | None
    tif: TimeInForce
    line: str
    kind: ClassVar[str] = "ordered"


@dataclass(frozen=True)
class Filled:
    """A fill of one leg, whole or in part.

    Parameters
    ----------
    time
        When it was filled.
    order
        The client's id of the order.
    execution
        The broker's id of the fill, never taken twice.
    contract, quantity
        Symbol; nano-contracts, negative when sold.
    price
        Points.
    fee
        Micro-USD paid; negative is a rebate.
    """

    time: Time
    order: str
    execution: str
    contract: str
    quantity: Nanos
    price: float
    fee: Micros
    kind: ClassVar[str] = "filled"


@dataclass(frozen=True)
class Cancelled:
    """What is left of an order will not be filled: cancelled, expired or rejected."""

    time: Time
    order: str
    why: str
    kind: ClassVar[str] = "cancelled"


@dataclass(frozen=True)
class Settled:
    """A position ended at expiry, by exercise or by assignment.

    Parameters
    ----------
    time
        When.
    contract, quantity
        Symbol; the part of the position that ends, with its sign, nano-contracts.
    value
        Settlement value of one contract, points: the intrinsic value of an option, the final
        price of a future, 0.0 where shares are delivered.
    cash
        Micro-USD received, negative when paid.
    delivered
        Nano-shares of the underlying received, negative when given, at the strike.
    """

    time: Time
    contract: str
    quantity: Nanos
    value: float
    cash: Micros
    delivered: Nanos = 0
    kind: ClassVar[str] = "settled"


@dataclass(frozen=True)
class Cash:
    """Cash that is no trade: micro-USD received, negative when paid.

    ``contract`` names the future whose variation margin it is, or the share whose dividend.
    ``portfolio`` is the gain of the portfolio that is hedged.
    """

    time: Time
    amount: Micros
    reason: Reason
    contract: str = ""
    kind: ClassVar[str] = "cash"


@dataclass(frozen=True)
class Explained:
    """What a line gained over a bar, by part.

    Parameters
    ----------
    time
        The bar.
    line
        Whose gain; empty for the portfolio that is hedged.
    parts
        Micro-USD by the name of the part (``delta``, ``theta``, ``costs``, …).  Those of all lines
        since the bar before add up to the change of NAV that was not paid in.
    """

    time: Time
    line: str
    parts: Mapping[str, Micros]
    kind: ClassVar[str] = "explained"


@dataclass(frozen=True)
class Override:
    """A person stepped in: who, why, and what was changed."""

    time: Time
    who: str
    why: str
    what: str
    kind: ClassVar[str] = "override"


@dataclass(frozen=True)
class Alarm:
    """A rule raised its voice: the rule's name and its sentence."""

    time: Time
    rule: str
    sentence: str
    kind: ClassVar[str] = "alarm"


@dataclass(frozen=True)
class Closed:
    """A bar is done: cash, positions at the marks of its slice, and their sum, micro-USD."""

    time: Time
    cash: Micros
    positions: Micros
    nav: Micros
    kind: ClassVar[str] = "closed"
