"""What no exchange lists is told where it is paper, and refused where it would be sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

import hedgerow as hr
from hedgerow.errors import PolicyError
from hedgerow.instruments.catalog import parse_sleeve
from hedgerow.live.listing import as_listed, unlisted
from live.desks import Desk, market, option_a

VIX = hr.Policy(signals=[hr.Level("vix")], steps=[hr.Linear("vix", low=12, high=22)])
IBKR = '[broker]\nkind = "ibkr"\n'


@pytest.mark.parametrize(
    ("sleeve", "strange"),
    [
        (hr.Put(), True),
        (hr.Put(strike_step=5), False),
        (hr.Put(strike_step=0.1), True),
        (hr.Put(strike_step=5, listed=False), True),
        (hr.Put(strike_step=5, listed="weekly"), False),
        (hr.VixCall(), True),
        (hr.VixCall(strike_step=0.5), False),
        (hr.VixFuture(), False),
    ],
)
def test_cboe_lists_spx_puts_on_a_grid_of_five_and_fridays(sleeve, strange) -> None:
    found = unlisted(hr.Program([hr.Line("it", sleeve, VIX)]), market().until(290))
    assert bool(found) is strange


def test_a_brokers_desk_does_not_begin_with_strikes_that_nobody_lists(tmp_path) -> None:
    program = hr.Program([hr.Line("exact", hr.Put(), VIX)])
    with pytest.raises(PolicyError, match=r"line 'exact': it trades SPX .* write --sleeve 'put:st"):
        Desk.at(tmp_path / "book.db", program, IBKR)
    calls = hr.Program([hr.Line("calls", hr.VixCall(), VIX)])
    with pytest.raises(
        PolicyError, match=r"--sleeve 'vix_call:strike_step=0\.5', or strike_step = "
    ):
        Desk.at(tmp_path / "calls.db", calls, IBKR)
    assert not list(tmp_path.iterdir()), "nothing is made for a start that is refused"
    Desk.at(tmp_path / "paper.db", program).leave()
    with pytest.raises(
        PolicyError, match=r"no exchange lists.* begin another run, --run NAME, with"
    ):
        Desk.at(tmp_path / "paper.db", program, IBKR)


@pytest.mark.parametrize(
    "sleeve",
    [
        hr.Put(tenor="6m", moneyness=0.95, listed=False, size=hr.Vega(2000)),
        hr.VixCall(moneyness=1.5),
    ],
)
def test_the_option_that_is_told_makes_the_sleeve_a_listed_one(sleeve) -> None:
    line = hr.Program([hr.Line("it", sleeve, VIX)])
    ((_, symbol),) = unlisted(line, market().until(290)).items()
    text = as_listed(sleeve, symbol).split("'")[1]
    told = parse_sleeve(text)
    assert not unlisted(hr.Program([hr.Line("it", told, VIX)]), market().until(290))
    more = {"listed": True} if hasattr(sleeve, "listed") else {}
    assert told == replace(sleeve, strike_step=told.strike_step, **more)


def test_paper_is_told_once_that_it_is_filled_at_what_nobody_lists(tmp_path) -> None:
    program = hr.Program([hr.Line("exact", hr.Put(), VIX), *option_a().lines])
    desk = Desk.at(tmp_path / "book.db", program, end="2020-02-05")
    first, second = (desk.close(day) for day in desk.source.sessions[:2])
    (told,) = (said for said in first.findings if "no exchange lists" in said)
    assert told.startswith("line 'exact' trades SPX 2020-")
    assert told in desk.cycle.journal.blotter().received[first.session].findings
    assert told not in second.findings
