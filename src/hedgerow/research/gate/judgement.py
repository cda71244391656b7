"""The verdict on a backtest: whether what it claims may be believed.

It is not asked whether the hedge earned much: most honest hedges cost money.  It is asked whether
the numbers can be true, and whether what they claim - a saving at equal protection, protection
itself, a lead over holding less equity - is more than luck, choice or a single crisis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from hedgerow.research.comparison import Comparison
from hedgerow.research.gate import dependence, evidence, integrity
from hedgerow.research.gate.evidence import Overfit
from hedgerow.research.gate.item import Item, Outcome
from hedgerow.research.gate.thresholds import KEYS, Thresholds

RESAMPLES = 1_000

Word = Literal["pass", "fail", "not proven"]


@dataclass(frozen=True, repr=False)
class Judgement:
    """What the gate says of one backtest.

    ``print()`` tells it; :meth:`to_dict` has every number.

    Parameters
    ----------
    policy, sleeve
        Names of what was judged.
    items
        One per question, in the order of :data:`~hedgerow.research.gate.thresholds.KEYS`.
    thresholds
        What was asked.
    resamples
        Of the bootstrap; at 0 the items that need it were not asked, None where there are none.
    """

    policy: str
    sleeve: str
    items: tuple[Item, ...]
    thresholds: Thresholds
    resamples: int | None

    def __repr__(self) -> str:
        return f"<Judgement of {self.policy}: {self.outcome}; print() for more>"

    def __getitem__(self, key: str) -> Item:
        """Return the item of a key such as ``"pbo"``."""
        return next(item for item in self.items if item.key == key)

    @property
    def outcome(self) -> Word:
        """``fail`` if an item that decides fails, ``not proven`` if one cannot be told."""
        if self.failures:
            return "fail"
        return "not proven" if self.unknown else "pass"

    @property
    def failures(self) -> tuple[Item, ...]:
        """Items that fail the gate."""
        return self._of(Outcome.FAIL, decides=True)

    @property
    def unknown(self) -> tuple[Item, ...]:
        """Items that decide and cannot be told."""
        return self._of(Outcome.UNKNOWN, decides=True)

    @property
    def warnings(self) -> tuple[Item, ...]:
        """Items that fail and decide nothing."""
        return self._of(Outcome.FAIL, decides=False)

    def _of(self, outcome: Outcome, *, decides: bool) -> tuple[Item, ...]:
        items = (item for item in self.items if item.decides is decides)
        return tuple(item for item in items if item.outcome is outcome)

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        if self.failures:
            said = f"FAIL: {_names(self.failures)}"
        elif self.unknown:
            said = f"NOT PROVEN: nothing fails, but what cannot be told is {_names(self.unknown)}"
        else:
            said = "PASS: what is claimed may be believed"
        if self.warnings:
            said += f"; mind also: {_names(self.warnings)}"
        if self.thresholds.changed:
            said += f" (thresholds changed: {', '.join(self.thresholds.changed)})"
        return said

    def __str__(self) -> str:
        rows = [f"{item.word:<15} {item.name}: {item.sentence}" for item in self.items]
        return "\n".join([f"Verdict on {self.policy} with {self.sleeve}: {self.sentence}", *rows])

    def stops(self, *, strict: bool = False) -> bool:
        """Say whether the gate is closed; ``strict`` closes it for what is not proven, too."""
        return bool(self.failures) or (strict and bool(self.unknown))

    def to_dict(self) -> dict[str, Any]:
        """Return every item and threshold as plain values."""
        return {
            "outcome": self.outcome,
            "sentence": self.sentence,
            "items": [item.to_dict() for item in self.items],
            "thresholds": asdict(self.thresholds),
            "resamples": self.resamples,
        }


def judge(
    found: Comparison,
    *,
    overfit: Overfit | None = None,
    thresholds: Thresholds | None = None,
    resamples: int = RESAMPLES,
    own: Callable[[Thresholds], Iterable[Item]] | None = None,
) -> Judgement:
    """Judge a backtest.

    Parameters
    ----------
    found
        The backtest; counted, if luck is to be told.
    overfit
        Of the sweep that the policy was chosen from: anything with a ``pbo``.
    thresholds
        What is asked; the usual by default.
    resamples
        Of the bootstrap; 0 leaves out the four items that need it, and costs next to nothing.
    own
        Items of this kind of run, in place of those with the same key; see
        :mod:`hedgerow.research.gate.kinds`.

    Examples
    --------
    >>> import hedgerow as hr
    >>> result = hr.backtest(
    ...     hr.Policy([hr.Linear()], [hr.Level("vix")]),
    ...     hr.load("builtin", start="2017-01-03", end="2020-12-31"), hr.Put(), same_bar=True,
    ... )
    >>> made = judge(result.found, resamples=0)
    >>> made.outcome, made["fills"].outcome.value
    ('fail', 'fail')
    """
    asked = thresholds or Thresholds()
    items = [
        integrity.lookahead(found),
        integrity.costs(found, asked),
        integrity.fills(found),
        evidence.out_of_sample(found, asked),
        evidence.degradation(found, asked),
        evidence.deflated_sharpe(found, asked),
        evidence.pbo(found, overfit, asked),
        dependence.equal_cost(found, asked),
        dependence.divest(found),
        dependence.drop_crisis(found, asked),
        integrity.modelled(found, asked),
        *integrity.red_flags(found),
    ]
    if resamples > 0:
        items += evidence.resampled(found, asked, resamples)
    each = {item.key: item for item in (*items, *(own(asked) if own else ()))}
    made = tuple(
        item._replace(decides=item.decides and item.key not in asked.warn)
        for item in sorted(each.values(), key=lambda item: KEYS.index(item.key))
    )
    return Judgement(found.policy.name, found.sleeve.name, made, asked, resamples)


def _names(items: Iterable[Item]) -> str:
    return ", ".join(
        item.name if item.name[:2].isupper() else item.name[:1].lower() + item.name[1:]
        for item in items
    )
