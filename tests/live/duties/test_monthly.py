"""What a month's duty looks for beyond the review: fits made anew, the walk-forward refreshed."""

from __future__ import annotations

import pytest

import hedgerow as hr
from hedgerow.engine.program_text import read
from hedgerow.errors import RangeError
from hedgerow.live import settings
from hedgerow.live.duties.doing import do
from hedgerow.live.duties.monthly import UNCHANGED, walked
from hedgerow.policies.catalog import signal_named
from live.crash_book import PROGRAM, begun, builtin

FITTED = """
name = "live"
[policies.tail]
signals = [{ kind = "regime_probability", window = 400, least = 400, every = "year" }]
steps = [{ kind = "regime", signal = "p_high" }]
[[lines]]
name = "puts"
policy = "tail"
sleeve = { kind = "put", moneyness = 0.9, tenor = "90d", strike_step = 5 }
"""


def test_a_fit_in_force_stands_beside_that_of_today(tmp_path) -> None:
    """Made anew by the signal itself on a history that ends there and begins a window before."""
    book = begun(tmp_path / "fitted.db", "2020-03-02", "2020-03-31", FITTED)
    terms = settings.Settings()
    made = do(book.journal, book.store, book.ledger, terms, None, lambda: 1, kinds=("monthly",))
    (fit,) = made[0].facts["fits"]
    assert fit["in_force"]["date"] == "2020-01-02"
    assert fit["today"]["date"] == "2020-03-31"
    assert fit["in_force"]["parameters"] != fit["today"]["parameters"]
    signal = read(FITTED).lines[0].policy.signals[0]
    market = builtin().until(builtin().index_of("2020-03-31"))
    seen = signal.seen(market)
    assert fit["today"]["parameters"] == signal.estimate(seen[-400:])
    assert UNCHANGED in made[0].text
    assert made[0].facts["changed"] is False
    assert book.store.kept("live").program == FITTED


def test_a_refit_on_schedule_is_the_scheduled_one() -> None:
    signal = signal_named("p_high")
    market = hr.load("builtin", start="2014-01-02", end="2020-12-31")
    for fit in signal.fits(market)[-2:]:
        assert signal.refit(market.until(fit.row)) == fit
    assert signal.refit(market.until(100)) is None


@pytest.mark.slow
def test_a_walk_names_the_numbers_beside_those_in_use() -> None:
    program = read(PROGRAM)
    market = hr.load("builtin", start="2014-01-02", end="2020-04-30")
    puts = hr.Program(program.lines[:1], costs=program.costs)
    (found,) = walked(puts, market, ["linear.low=10,14"])
    theirs = hr.walk(
        puts.lines[0].policy, market, puts.lines[0].sleeve, {"linear.low": [10, 14]},
        carriage="numpy", groups=0,
    )  # fmt: skip
    assert found["in_use"] == {"linear.low": 12.0}
    assert found["candidate"] == theirs.found.latest
    assert found["outside"] == pytest.approx(dict(theirs.found.whole), rel=1e-12)
    assert "in use linear.low 12; candidate linear.low" in found["said"]
    assert "modelled prices; best of 2" in found["said"]


def test_what_cannot_be_walked_is_told(desk) -> None:
    terms = settings.parse('duties.refit = ["linear.low=10,14"]')
    made = do(
        desk.journal, desk.store, desk.ledger, terms, "2020-02-28", lambda: 1, kinds=("monthly",)
    )
    told = [each["said"] for each in made[0].facts["walks"]]
    assert len(told) == 2
    assert all("not walked: " in said for said in told)
    with pytest.raises(RangeError, match="this is no number of a policy"):
        walked(read(PROGRAM), desk.market, ["linear.low"])
    assert walked(read(PROGRAM), desk.market, ["tiers.first=10,14"]) == []
