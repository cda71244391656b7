"""A delta-hedge line, bar by bar: the opposite of the delta that was known when it asked."""

from __future__ import annotations

import numpy as np
import pytest

from engine.trading import RUN, flat, moving, scheduled, unforeseen
from hedgerow.core.market import Floats
from hedgerow.core.policy import Policy
from hedgerow.engine.broker import Execution
from hedgerow.engine.ledger.account import Account
from hedgerow.engine.ledger.events import Closed
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.outcome import Outcome
from hedgerow.engine.program import Line, Program
from hedgerow.engine.trade import trade
from hedgerow.errors import RangeError
from hedgerow.instruments.future import VixFuture
from hedgerow.instruments.future_constant import VixFutureConstant
from hedgerow.instruments.options import Call, Collar, Put, Straddle
from hedgerow.instruments.sizes import Contracts
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.instruments.underlying import Underlying
from hedgerow.instruments.variance import VarianceSwap
from hedgerow.instruments.vix_options import VixCall, VixCallSpread
from hedgerow.policies.actions import Monetise, Restrike
from hedgerow.policies.hedging import DeltaBand
from hedgerow.policies.rules import Constant
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import AtRoll, Trigger
from synthetic import market

DATA, UNFORESEEN = scheduled(market(150)), unforeseen(market(150))
WHOLE = Execution(ticks=False, option_depth=None)
SLEEVES = {
    "rolled": Put(size=Contracts(50)),
    "to-expiry": Put(size=Contracts(50), tenor="30d", roll="expiry"),
    "two-legs": Collar(size=Contracts(20), roll="dte:30"),
    "sold": Straddle(size=Contracts(10), tenor="30d", roll="expiry", side="short"),
}


def program(sleeve: Sleeve, hedge: Line, **more) -> Program:
    hedged = Line("options", sleeve, moving(), actions=more.pop("actions", ()))
    return Program([hedged, hedge], name=RUN, **more)


def hedging(share: float = 1.0) -> Line:
    return Line("hedge", Underlying(), flat(1.0), share=share, offsets="options")


def delta_when_decided(made: Program, data) -> tuple[Outcome, Floats]:
    """The run, and of what its options line holds out of each bar the delta at the bar before.

    What is held is taken from the ledger's fills and settlements, deltas from the contracts' paths.
    """
    ledger = MemoryLedger(RUN)
    outcome = trade(made, data, ledger=ledger)
    roster, account = made.lines[0].sleeve.roster(data, lag=made.lag, costs=made.costs), Account()
    deltas = []
    for record in ledger.read():
        account.take(record.event)
        if isinstance(record.event, Closed):
            row, total = len(deltas), 0.0
            for symbol, held in account.holdings.items():
                if symbol != "SPX" and row:
                    path = roster.path(symbol)
                    each = path.delta[row - 1 - path.first] * path.multiplier
                    total += held.quantity / 1e9 * each
            deltas.append(total)
    assert len(deltas) == len(outcome)
    return outcome, np.array(deltas)


@pytest.mark.parametrize("data", [DATA, UNFORESEEN], ids=["scheduled", "unforeseen"])
@pytest.mark.parametrize("sleeve", SLEEVES.values(), ids=SLEEVES)
def test_it_holds_the_opposite_of_the_delta_known_at_the_bar_before(sleeve, data) -> None:
    made = program(sleeve, hedging(), execution=Execution.ideal())
    outcome, known = delta_when_decided(made, data)
    if data is UNFORESEEN:  # bars at which the calendar was wrong fill other options than asked
        roster = sleeve.roster(data)
        right = np.r_[True, roster.held[1:] == roster.pending[:-1]]
    else:
        right = np.ones(len(data), dtype=bool)
    assert right.mean() > 0.9
    held = outcome.lines["hedge"]["held"]
    assert np.abs(known[1:]).min() > 1.0
    np.testing.assert_allclose(held[right], -known[right], rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("fills", ["next", "close"])
@pytest.mark.parametrize("width", [None, 0.1])
def test_a_hedge_that_rolls_itself_is_counted_by_the_delta_of_what_it_buys(fills, width) -> None:
    """Calls far from the index at a roll have little delta, those that take their place half."""
    calls = Call(moneyness=1.0, tenor="30d", roll="21d")
    straddles = Straddle(tenor="60d", roll="30d", size=Contracts(10))
    steps = [Constant(1.0)] if width is None else [Constant(1.0), DeltaBand(width, "edge")]
    hedge = Line("hedge", calls, Policy(steps, raw=True), offsets="options")
    still = Line("options", straddles, Policy([Constant(1.0), AtRoll()], raw=True))
    made = Program([still, hedge], execution=Execution.ideal(), fills=fills)
    lines = trade(made, DATA).lines
    ours, theirs = (sleeve.strip(DATA, lag=made.lag) for sleeve in (calls, straddles))
    assert ours.roll.sum() > 5
    lag, last = made.lag, len(DATA) - made.lag
    held = lines["hedge"]["held"][lag:] * ours.next_delta[:last]
    left = (held + 10.0 * theirs.next_delta[:last]) / (10.0 * 100.0)
    assert np.abs(left).max() < (width or 0.0) + 1e-9


@pytest.mark.parametrize("sleeve", SLEEVES.values(), ids=SLEEVES)
def test_whole_units_are_the_nearest(sleeve) -> None:
    outcome, known = delta_when_decided(program(sleeve, hedging(), execution=WHOLE), DATA)
    held = outcome.lines["hedge"]["held"]
    nearest = np.copysign(np.floor(np.abs(known) + 0.5), -known)
    np.testing.assert_array_equal(held, nearest)
    assert (nearest != -known).sum() > 100


@pytest.mark.parametrize("share", [0.25, 1.5])
def test_a_share_of_it_takes_a_share_of_the_delta(share: float) -> None:
    made = program(SLEEVES["to-expiry"], hedging(share), execution=Execution.ideal())
    outcome, known = delta_when_decided(made, DATA)
    held = outcome.lines["hedge"]["held"]
    np.testing.assert_allclose(held, -share * known, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("action", [Monetise(1.2, 0.05, 2), Restrike(0.02)], ids=lambda a: a.kind)
def test_what_actions_sell_or_renew_is_not_hedged(action) -> None:
    made = program(
        SLEEVES["rolled"], hedging(), execution=Execution.ideal(), actions=(action,)
    )  # fmt: skip
    outcome, known = delta_when_decided(made, DATA)
    plain, _ = delta_when_decided(
        program(SLEEVES["rolled"], hedging(), execution=Execution.ideal()), DATA
    )
    held = outcome.lines["hedge"]["held"]
    assert not np.array_equal(held, plain.lines["hedge"]["held"])  # the action does something
    np.testing.assert_allclose(held, -known, rtol=1e-9, atol=1e-6)


def test_between_the_times_it_acts_it_holds_what_it_held() -> None:
    weekly = Policy(
        [Constant(1.0), Trigger("vix", move=None, relative=None, every="7d", drawdown=None)],
        signals=[Level("vix")], raw=True,
    )  # fmt: skip
    hedge = Line("hedge", Underlying(), weekly, offsets="options")
    made = program(SLEEVES["rolled"], hedge, execution=Execution.ideal())
    outcome, known = delta_when_decided(made, DATA)
    line = outcome.lines["hedge"]
    acted = np.r_[False, line["act"][:-1] > 0.0]
    assert 15 < acted.sum() < 60
    np.testing.assert_allclose(line["held"][acted], -known[acted], rtol=1e-9, atol=1e-6)
    same = np.r_[False, np.diff(line["held"]) == 0.0]
    assert same[~acted][1:].all()


@pytest.mark.parametrize("sleeve", SLEEVES.values(), ids=SLEEVES)
def test_at_the_close_it_holds_the_opposite_of_that_very_delta(sleeve) -> None:
    made = program(sleeve, hedging(), execution=Execution.ideal(), fills="close")
    lines = trade(made, DATA).lines
    strip = made.lines[0].sleeve.strip(DATA, lag=0, costs=made.costs)
    delta = lines["options"]["held"] * strip.delta  # of the contract carried out of the bar
    np.testing.assert_allclose(lines["hedge"]["held"], -delta, rtol=1e-9, atol=1e-6)


def test_where_it_stands_among_the_lines_changes_nothing() -> None:
    after = program(SLEEVES["rolled"], hedging())
    before = Program(after.lines[::-1], name=RUN)
    first, second = trade(after, DATA).lines, trade(before, DATA).lines
    for line in ("options", "hedge"):
        np.testing.assert_array_equal(first[line]["held"], second[line]["held"])
    assert np.abs(first["hedge"]["held"]).max() > 1.0


@pytest.mark.parametrize(
    ("sleeve", "words"),
    [
        (VixFuture(), "a VIX future"),
        (VixFutureConstant(), "a VIX future"),
        (VixCall(), "a VIX option"),
        (VixCallSpread(), "a VIX option"),
        (VarianceSwap(), "a variance swap"),
    ],
    ids=lambda item: getattr(item, "kind", ""),
)
def test_what_has_no_delta_takes_none_out_and_has_none_to_take(sleeve, words) -> None:
    sentence = rf"lines\[{{}}\]\.offsets: {words} has no delta on the index. Mend: {{}}"
    with pytest.raises(RangeError, match=sentence.format(1, "use underlying, or an option")):
        program(Put(), Line("hedge", sleeve, flat(1.0), offsets="options"))
    with pytest.raises(RangeError, match=sentence.format(1, "name a line of options")):
        program(sleeve, hedging())
    # and that is so: its contracts have no delta to the index at any bar
    roster = sleeve.roster(DATA)
    for symbol in roster.basket(0).symbols:
        assert not np.any(roster.path(symbol).delta)


@pytest.mark.parametrize(
    ("offsets", "sentence"),
    [
        ("hedge", "'hedge' is no other line. Mend: use one of: options"),
        ("second", "'second' offsets a line itself. Mend: use one of: options"),
        ("option", "'option' is no other line. Mend: use one of: options"),
    ],
)
def test_it_offsets_another_line_that_offsets_none(offsets: str, sentence: str) -> None:
    second = Line("second", Underlying(), flat(1.0), offsets="options")
    hedge = Line("hedge", Underlying(), flat(1.0), offsets=offsets)
    with pytest.raises(RangeError, match=rf"lines\[1\]\.offsets: {sentence}"):
        Program([Line("options", Put(), moving()), hedge, second])
