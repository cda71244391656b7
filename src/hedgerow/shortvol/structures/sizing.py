"""How many units of a hedge a book takes: by the loss it covers, by delta, or as told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from hedgerow.errors import RangeError
from hedgerow.instruments.structure import Structure
from hedgerow.shortvol.structures.ground import INDEX, STILL, Ground, Response, value
from hedgerow.shortvol.structures.hedges import BOTH, UP, Hedge, whole

By = Literal["stress", "delta", "contracts"]


@dataclass(frozen=True)
class Sizing:
    """How hedges are sized.

    Parameters
    ----------
    by
        ``stress``: `cover` of the book's loss at a fall (or rise) of `move`; ``delta``: `cover`
        of the delta that the book has there; both under the response.  ``contracts``: `units`.
        What hedges both sides takes `cover` of the book's vega instead.
    cover
        Decimal.
    move
        Size of the fall or rise, decimal.
    units
        Of each structure, where sized by contracts.

    Raises
    ------
    RangeError
        If a number is out of range, or the way unknown.
    """

    by: By = "stress"
    cover: float = 0.5
    move: float = 0.05
    units: float = 1.0

    def __post_init__(self) -> None:
        if self.by not in get_args(By):
            raise RangeError(f"{self.by!r} is no way to size", where="size",
                             mend=f"write one of: {', '.join(get_args(By))}")  # fmt: skip
        for name, low, high in (("cover", 0.0, 5.0), ("move", 0.0, 0.5), ("units", 0.0, 1e6)):
            number = getattr(self, name)
            if not low < number <= high:
                raise RangeError(f"{number} is out of range", where=f"size.{name}",
                                 mend=f"give a number above {low:g}, {high:g} at most")  # fmt: skip


class Sized(NamedTuple):
    """Units of a hedge, whole; how they were found; whether only a fixed volatility gave some."""

    units: float
    told: str
    fooled: bool = False


def size(
    hedge: Hedge, held: Mapping[str, Structure], at: Ground, response: Response, rule: Sizing
) -> Sized:
    """Return how many units of a hedge a book takes, whole and at least one.

    Parameters
    ----------
    hedge
        One unit.
    held
        The book, by underlying.
    at, response
        Where it is priced, and how volatility answers.
    rule
        How to size.
    """
    if rule.by == "contracts":
        return Sized(rule.units, f"{rule.units:g} as told")
    move = rule.move if hedge.side == UP else -rule.move
    there = f"{move:+.0%}".replace("-", "−")
    ours = {INDEX: hedge.structure}
    if hedge.side == BOTH:
        mine, each = (float(value(part, at.states).vega) for part in (held, ours))
        if mine * each >= 0.0:
            return Sized(1.0, "it takes no vega off the book: one unit is shown")
        units = whole(-rule.cover * mine / each)
        return Sized(units, f"{rule.cover:.0%} of the vega: {-units * each / mine:.0%} in whole "
                     "contracts")  # fmt: skip
    if rule.by == "delta":
        field, what = "delta", f"of the delta at {there}"
        need = -float(_there(held, at, move, response, 1))
        each = float(_there(ours, at, move, response, 1))
        still = float(_there(ours, at, move, STILL, 1))
        if need * each <= 0.0 < need * still:
            each, need = -abs(each), abs(need)
        elif need < 0.0:
            need, each, still = -need, -each, -still
    else:
        field, what = "loss", f"of the loss at {there}"
        need = -_gain(held, at, move, response)
        each, still = (_gain(ours, at, move, how) for how in (response, STILL))
    share = f"{rule.cover:.0%} {what}"
    if need <= 0.0:
        return Sized(1.0, f"no {field} at {there}: one unit is shown")
    if each > 0.0:
        units = whole(rule.cover * need / each)
        return Sized(units, f"{share}: {units * each / need:.0%} in whole contracts")
    if still > 0.0:
        units = whole(rule.cover * need / still)
        return Sized(units, f"{share} if volatility stood still; under the response no size does",
                     fooled=True)  # fmt: skip
    return Sized(1.0, f"it covers no {field} at {there}: one unit is shown")


def _there(
    held: Mapping[str, Structure], at: Ground, move: float, response: Response, field: int
) -> float:
    return float(value(held, at.moved(move, response))[field])


def _gain(held: Mapping[str, Structure], at: Ground, move: float, response: Response) -> float:
    return _there(held, at, move, response, 0) - float(value(held, at.states).price)
