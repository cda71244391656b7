"""The settings of a desk: one TOML file, read strictly.

::

    [source]
    kind = "cboe"               # cboe, files, folder, ibkr, yahoo, replay
    check = "yahoo"             # a second source that must agree

    [broker]
    kind = "paper"              # or "ibkr"

    [approval]
    required = true
    hours = 18.0                # then a proposal is withdrawn

    [limits]
    contracts = 500             # of one order
    notional = 5_000_000        # USD, of one order
    day_notional = 20_000_000   # USD, of all orders of a session
    daily_loss = 0.03           # of NAV, lost by the lines in a session: pulls the kill switch

    [windows]
    first = 90                  # minutes after the opening in which orders may be sent
    last = 60                   # minutes before the close
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hedgerow.core.policy_text import OFF
from hedgerow.errors import PolicyError, nearest
from hedgerow.live.hours import HOUR, MINUTE

Positive = Annotated[float, Field(gt=0.0, le=1e15)]
OrOff = BeforeValidator(lambda value: None if value == OFF else value)
"""TOML has no null: what is off is written ``"off"``, as in a policy."""


class _Table(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=False, use_attribute_docstrings=True
    )


class SourceTerms(_Table):
    """Where a session's numbers come from, and how odd they may be."""

    kind: Literal["cboe", "files", "folder", "ibkr", "yahoo", "replay"] = "cboe"
    """Delayed quotes, daily files of Cboe and CFE, a watched folder, a broker, Yahoo, the past."""
    place: str = ""
    """Folder, base address or data source that the kind needs; empty for its default."""
    history: str = "auto"
    """What was known before the run begins: a data source as for a backtest."""
    check: Literal["", "cboe", "files", "folder", "ibkr", "yahoo"] = ""
    """A second source that must agree; empty: none."""
    check_place: str = ""
    """Its folder, base address or data source."""
    tolerance: Annotated[float, Field(gt=0.0, le=0.5)] = 0.005
    """Most that two sources may differ, part of the value."""
    delay: Annotated[float, Field(ge=0.0, le=720.0)] = 20.0
    """Minutes after the close before a source is asked."""
    patience: Annotated[float, Field(ge=0.0, le=96.0)] = 12.0
    """Hours after the close until a session without numbers is given up for the day."""
    spx_move: Annotated[float, Field(gt=0.0, le=1.0)] = 0.22
    """Most that the index may move in a session, part of it; beyond: absurd (1987: 0.205)."""
    vix_ratio: Annotated[float, Field(gt=1.0, le=20.0)] = 2.5
    """Most by which VIX may be multiplied or divided in a session (5 February 2018: 2.16)."""

    @property
    def wait(self) -> int:
        """Nanoseconds after its close from which on a session without a decision is overdue."""
        return round(max(self.patience * HOUR, self.delay * MINUTE))


class BrokerTerms(_Table):
    """Who trades."""

    kind: Literal["paper", "ibkr"] = "paper"
    """By the rules of the engine, or at Interactive Brokers."""
    host: str = "127.0.0.1"
    """Of TWS or its gateway."""
    port: Annotated[int, Field(ge=1, le=65535)] = 7497
    """7497 is TWS on paper, 7496 TWS with money, 4002 and 4001 the gateway."""
    client: Annotated[int, Field(ge=0, le=2**31 - 1)] = 17
    """Number of this client; no other may have it."""
    account: str = ""
    """Account to trade in; empty: the only one."""
    timeout: Annotated[float, Field(gt=0.0, le=300.0)] = 15.0
    """Seconds that an answer may take."""


class ApprovalTerms(_Table):
    """Whether a person must let each order go, and until when it may."""

    required: bool = True
    """May be false with the paper broker alone."""
    hours: Annotated[float, Field(gt=0.0, le=240.0)] = 18.0
    """Hours from the decision until a proposal is withdrawn, at the latest the next close; days
    on which the exchange is shut do not count."""


class LimitTerms(_Table):
    """What no order may pass; None, written ``"off"``: no limit."""

    contracts: Annotated[Positive | None, OrOff] = 500.0
    """Contracts of the largest leg of an order."""
    notional: Annotated[Positive | None, OrOff] = 5_000_000.0
    """USD of an order: contracts times multiplier times price of each leg, without signs."""
    day_notional: Annotated[Positive | None, OrOff] = 20_000_000.0
    """USD of all orders that a session's decisions propose."""
    daily_loss: Annotated[Annotated[float, Field(gt=0.0, le=1.0)] | None, OrOff] = 0.03
    """Part of NAV that the lines may lose in a session before the kill switch is pulled."""


class WindowTerms(_Table):
    """When orders may be sent (H10); an urgent one waits for the session alone."""

    first: Annotated[float, Field(ge=0.0, le=420.0)] = 90.0
    """Minutes after the opening."""
    last: Annotated[float, Field(ge=0.0, le=420.0)] = 60.0
    """Minutes before the close."""


class PriceTerms(_Table):
    """Where the limits of orders stand, in half-spreads from the mid."""

    offset: Annotated[float, Field(ge=-10.0, le=10.0)] = 1.0
    """1.0 pays the whole spread, 0.0 asks for the mid."""
    urgent: Annotated[float, Field(ge=-10.0, le=10.0)] = 2.0
    """Of an order that a hard limit asks for."""


class DutyTerms(_Table):
    """What is done by the calendar besides deciding."""

    daily: bool = True
    """After each session."""
    weekly: bool = True
    """After the last session of a week."""
    monthly: bool = True
    """After the last session of a month."""
    refit: tuple[str, ...] = ()
    """Axes of a walk-forward that is refreshed monthly, as ``linear.low=10:16``."""


class Settings(_Table):
    """All of a desk's settings; every key has a default."""

    source: SourceTerms = SourceTerms()
    broker: BrokerTerms = BrokerTerms()
    approval: ApprovalTerms = ApprovalTerms()
    limits: LimitTerms = LimitTerms()
    windows: WindowTerms = WindowTerms()
    prices: PriceTerms = PriceTerms()
    duties: DutyTerms = DutyTerms()


def parse(text: str, where: str = "settings") -> Settings:
    """Read settings from TOML.

    Parameters
    ----------
    text
        TOML; what is left out has its default.
    where
        What to call it in errors.

    Raises
    ------
    PolicyError
        If it is no TOML, or a key or value is wrong; names the field.

    Examples
    --------
    >>> parse("limits.contracts = 50").limits.contracts
    50.0
    >>> parse("limits.contract = 50")
    Traceback (most recent call last):
        ...
    hedgerow.errors.PolicyError: settings: limits.contract: unknown key. Mend: did you mean \
'contracts'?
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"this is no TOML ({error})", where=where, mend="mend the line") from None
    return from_table(table, where)


def from_table(table: Mapping[str, Any], where: str = "settings") -> Settings:
    """Return the settings of a table, as TOML or a record has it.

    Raises
    ------
    PolicyError
        If a key or value is wrong; names the field.
    """
    try:
        made = Settings.model_validate(dict(table))
    except ValidationError as error:
        raise _told(error, where) from None
    if not made.approval.required and made.broker.kind != "paper":
        raise PolicyError(
            "nothing goes to a real broker without approval",
            where=f"{where}: approval.required",
            mend='write true, or broker.kind = "paper"',
        )
    if made.windows.first == made.windows.last == 0.0:
        raise PolicyError(
            "no minute is left in which an order may be sent",
            where=f"{where}: windows.first, windows.last",
            mend="give one of them its minutes; 420 is the whole session",
        )
    return made


def load(path: Path) -> Settings:
    """Read a file of settings.

    Raises
    ------
    PolicyError
        If it cannot be read or is wrong; names file and field.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        told = getattr(error, "strerror", None) or "it is no text"
        raise PolicyError(f"it cannot be read ({told})", where=str(path), mend="check it") from None
    return parse(text, str(path))


def _told(error: ValidationError, where: str) -> PolicyError:
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known: Any = Settings
        for part in first["loc"][:-1]:
            known = known.model_fields[str(part)].annotation
        mend = nearest(str(first["loc"][-1]), known.model_fields)
        return PolicyError("unknown key", where=f"{where}: {path}", mend=mend)
    shown = repr(first["input"])
    said = first["msg"].removeprefix("Input should be ")
    return PolicyError(f"{shown} does not fit", where=f"{where}: {path}", mend=f"give {said}")
