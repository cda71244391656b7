"""The terms of a policy: signals, steps, and the catalogue in which both are registered.

A **signal** is windowed, causal and knows no book, so it is computed once for all lanes.
A **step** turns an intensity into an intensity; what it remembers, it remembers explicitly.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar, runtime_checkable

from pydantic import ValidationError

from hedgerow.core.book import View
from hedgerow.core.market import Floats, Market
from hedgerow.core.numeric import Num
from hedgerow.errors import PolicyError


class Stage(IntEnum):
    """The order in which steps act (spec B); a policy may skip a stage, never reorder it.

    ``BLEND`` holds what mixes the rule's intensity with another or caps it (spec A7), ``SPLIT``
    what divides the whole among the sleeves of a term structure (spec A4).
    """

    RULE = 0
    BLEND = 1
    BOUNDS = 2
    SMOOTH = 3
    PERSIST = 4
    SCOPE = 5
    SPLIT = 6
    BUDGET = 7
    TRIGGER = 8


@runtime_checkable
class Signal(Protocol):
    """A column made from the market's past.

    ``signal(market)`` returns a float64 column of **shape** (T,), row t made from rows
    0 … t only.  ``lookback`` is the number of sessions that a value looks at; before
    there are that many the value is NaN.  A signal that is fitted to the past may have a ``reach``,
    the sessions that a value looks at once it is fitted.
    """

    kind: ClassVar[str]

    @property
    def name(self) -> str:
        """Name by which steps refer to it."""

    @property
    def lookback(self) -> int:
        """Sessions looked at, this one included."""

    def __call__(self, market: Market) -> Floats:
        """Return the column, **shape** (T,)."""


@runtime_checkable
class Step(Protocol):
    """Frozen parameters and one pure kernel.

    ``kernel(x, view, memory, p)`` receives the intensity so far, the :class:`View` (its
    ``signals`` are just those of :attr:`inputs`, in that order), the step's own memory and
    its parameters, and returns the new intensity and the new memory.  It is written with
    :func:`~hedgerow.core.numeric.select` and friends, never ``if``, so that each value may be
    a float or one number per lane.

    A trigger's memory has a field ``fired``: 0.0 keeps the book as it is, 1.0 trades.  A step whose
    parameters leave parts of its memory at their start value may name them in an attribute
    ``idle``, and the compiled carriage keeps no row for them.  A step that takes the portfolio's
    delta out (``view.bar.neutral``) says so with ``needs = frozenset({"delta"})``: it is then
    refused with a sleeve that cannot.  One whose kernel reads the delta of another line
    (`Bar.delta`, `Bar.hedged`, `Bar.band`) says so by ``follows_delta = True``; if it is a trigger,
    a field ``rest`` of its memory is the delta that its order leaves.
    """

    kind: ClassVar[str]
    stage: ClassVar[Stage]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the signals that the kernel sees."""

    def params(self) -> NamedTuple:
        """Parameters for the kernel: floats, or bools that switch parts of it on."""

    def start(self) -> NamedTuple:
        """Memory before the first bar, all floats."""

    @staticmethod
    def kernel(x: Num, view: View, memory: Any, p: Any) -> tuple[Num, Any]:
        """Advance one bar."""


class Nothing(NamedTuple):
    """Memory of a step that remembers nothing."""


SIGNALS: dict[str, type[Any]] = {}
STEPS: dict[str, type[Any]] = {}

T = TypeVar("T")


def signal(cls: type[T]) -> type[T]:
    """Register a signal class under its ``kind`` so that policy files can name it."""
    # T is any class: `kind` is what the Signal protocol asks of it
    SIGNALS[cls.kind] = plain_spoken(cls)  # type: ignore[attr-defined]
    return cls


def step(cls: type[T]) -> type[T]:
    """Register a step class under its ``kind`` so that policy files can name it.

    Raises
    ------
    PolicyError
        If the class lacks a part of the :class:`Step` protocol.
    """
    for part in ("kind", "stage", "inputs", "params", "start", "kernel"):
        if not hasattr(cls, part):
            raise PolicyError(f"the step class lacks '{part}'", where=cls.__name__)
    # T is any class: the loop above has seen its `kind`
    STEPS[cls.kind] = plain_spoken(cls)  # type: ignore[attr-defined]
    return cls


def plain_spoken(cls: type[T]) -> type[T]:
    """Let a class's constructor tell a bad value in our words instead of pydantic's."""
    construct: Callable[..., None] = cls.__init__

    @functools.wraps(construct)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            construct(self, *args, **kwargs)
        except ValidationError as error:
            from hedgerow.core.policy_text import in_words

            raise in_words(error, type(self), type(self).kind) from None

    # mypy forbids a new constructor in place of the old one, which is the whole point here
    cls.__init__ = init  # type: ignore[method-assign]
    return cls


Kernel = Callable[[Num, View, Any, Any], tuple[Num, Any]]
Presets = Mapping[str, Mapping[str, Any]]
"""Published values of a step's fields, by the name of the reading."""
Sayings = Mapping[str, str]
"""For each preset, which place of the source prints it and which number forces it."""
