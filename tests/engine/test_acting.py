"""What actions see of a position: its own underlying, its sign, and nothing that only stands by."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import pytest

from engine.trading import flat, scheduled
from hedgerow.core.action import STAY, Position, Wish
from hedgerow.engine.program import Line, Program
from hedgerow.engine.trade import trade
from hedgerow.errors import RangeError
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.options import Call, Put
from hedgerow.instruments.sizes import Contracts
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.instruments.underlying import Underlying
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.instruments.vix_options import VixCall
from hedgerow.policies.actions import Monetise, Restrike, RollOut, RollUp, StagedExit
from synthetic import market

DATA = scheduled(market(150))


class Nothing(NamedTuple):
    pass


class Watch:
    """Wishes for nothing, and keeps what it was shown."""

    kind: ClassVar[str] = "watch"
    needs: ClassVar[frozenset[str]] = frozenset()
    shown: ClassVar[list[Position]] = []

    def params(self) -> Nothing:
        return Nothing()

    def start(self) -> Nothing:
        return Nothing()

    @staticmethod
    def kernel(position: Position, memory: Nothing, p: Nothing) -> tuple[Wish, Nothing]:
        Watch.shown.append(position)
        return Wish(1.0, STAY), memory


def seen(sleeve: Sleeve, fills: str = "next") -> list[Position]:
    Watch.shown.clear()
    trade(Program([Line("line", sleeve, flat(1.0), actions=(Watch(),))], fills=fills), DATA)
    return list(Watch.shown)


def test_a_vix_option_is_seen_beside_its_future() -> None:
    first = seen(VixCall(delta=0.30, size=Contracts(100)))[0]
    assert first.delta == pytest.approx(0.30, abs=0.06)  # a session after it was chosen
    assert 1.0 < first.moneyness < 2.0
    assert first.spot < 60.0
    assert first.value == pytest.approx(first.paid) == pytest.approx(first.peak)


def test_a_covered_option_is_seen_without_the_index() -> None:
    first = seen(Put(0.9, covered=True, strike_step=5, size=Contracts(10)))[0]
    alone = seen(Put(0.9, strike_step=5, size=Contracts(10)))[0]
    assert first.delta == alone.delta
    assert -0.5 < first.delta < 0.0
    assert first.theta == alone.theta


@pytest.mark.parametrize(
    "sleeve", [Put(0.9, size=Contracts(-10)), Put(0.9, side="short", size=Contracts(10))]
)
def test_what_is_sold_has_the_sign_of_the_seller_however_it_is_said(sleeve) -> None:
    bought, sold = seen(Put(0.9, size=Contracts(10)))[0], seen(sleeve)[0]
    assert sold.units == bought.units == 10.0
    for name in ("value", "paid", "delta", "gamma", "theta"):
        assert getattr(sold, name) == pytest.approx(-getattr(bought, name)), name


def test_a_position_is_first_seen_on_the_day_of_its_purchase() -> None:
    for fills in ("next", "close"):
        first = seen(Put(0.9, size=Contracts(10)), fills)[0]
        assert first.days_held == 0.0
        assert first.value == first.paid


@pytest.mark.parametrize(
    ("sleeve", "action", "lack"),
    [
        (VixFuture(), RollOut(), "another expiry of the same strike"),
        (VixFuture(), RollUp(), "another strike of the same expiry"),
        (VarianceSwap(), RollOut(), "another expiry of the same strike"),
        (VarianceSwap(), Restrike(), "a strike to compare"),
        (VarianceSwap(), Monetise(delta=0.5), "a delta"),
        (Underlying(), Restrike(drift=None, delta=0.1), "a delta"),
        (VixCall(), RollOut(gamma=0.1), "a gamma to the index"),
    ],
)
def test_an_action_that_cannot_work_is_refused_before_anything_is_traded(
    sleeve: Sleeve, action: object, lack: str
) -> None:
    program = Program([Line("line", sleeve, flat(1.0), actions=(action,))])
    with pytest.raises(RangeError, match=f"{action.kind} needs {lack}.*") as caught:
        trade(program, DATA)
    assert caught.value.where == "line line, actions[0]"


@pytest.mark.parametrize("sleeve", [Call(strike_step=5), VixCall(), VarianceSwap()])
def test_others_are_not(sleeve: Sleeve) -> None:
    kinds = [Monetise(), StagedExit()]
    if not isinstance(sleeve, VarianceSwap):
        kinds += [Restrike(), RollOut()]
    assert trade(Program([Line("line", sleeve, flat(1.0), actions=tuple(kinds))]), DATA)
