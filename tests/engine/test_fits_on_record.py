"""What was fitted is on record: in a run's explanations, and in every decision of a ledger."""

from __future__ import annotations

import json

import pytest

import hedgerow as hr
from engine.trading import RUN, scheduled
from hedgerow import api
from hedgerow.core.fitting import in_force
from hedgerow.core.policy import Policy
from hedgerow.engine.ledger.chain import GENESIS, forge
from hedgerow.engine.ledger.coding import decode, encode
from hedgerow.engine.ledger.events import Decided
from hedgerow.engine.ledger.lines import lines
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.ledger.replay import replay
from hedgerow.engine.ledger.vocabulary import Event
from hedgerow.engine.program import Line, Program
from hedgerow.engine.trade import trade
from hedgerow.errors import LedgerError
from hedgerow.instruments.options import Put
from hedgerow.policies.crash import CrashHazard, CrashIntensity, Hawkes
from hedgerow.policies.overlays import Bounds
from hedgerow.policies.regimes import Regime, RegimeCount, RegimeProbability
from hedgerow.policies.signals import Level
from hedgerow.policies.trigger import Trigger
from synthetic import market

DATA = scheduled(market(420))
CRASH = Policy(
    [CrashIntensity("crash3_5"), Bounds(), Trigger()],
    signals=[Level("vix"), CrashHazard(0.03, 5, least=250)],
)
EXCITED = Policy(
    [CrashIntensity("hawkes1"), Bounds()], signals=[Hawkes(0.01, every="month", least=250)]
)
STATES = Policy(
    [Regime("p_high"), Bounds(), Trigger("vix_high20")],
    signals=[
        RegimeProbability(every="quarter", window=300, least=250),
        RegimeCount(level=20.0, least=250),
    ],
)
PROGRAM = Program(
    [Line("crash", Put(), CRASH), Line("excited", Put(), EXCITED), Line("states", Put(), STATES)],
    name=RUN,
)


@pytest.fixture(scope="module")
def told() -> list[Event]:
    ledger = MemoryLedger(RUN)
    trade(PROGRAM, DATA, ledger=ledger)
    return [record.event for record in ledger.read()]


def chained(events: list[Event], place) -> str:
    place.write_bytes(lines(forge(GENESIS, events)))
    return str(place)


def test_a9_a12_every_decision_has_the_fit_in_force_of_each_fitted_signal(told) -> None:
    decisions = [event for event in told if isinstance(event, Decided)]
    assert len(decisions) > 300
    rows = {int(time): row for row, time in enumerate(DATA.times.astype("int64"))}
    for line in PROGRAM.lines:
        signals = {s.name: s for s in line.policy.signals if not isinstance(s, Level)}
        every = {name: signal.fits(DATA) for name, signal in signals.items()}
        mine = [event for event in decisions if event.line == line.name]
        for event in mine:
            assert set(event.fits) == set(signals)
            for name, fits in every.items():
                fit = in_force(fits, rows[event.time])
                assert event.fits[name] == fit.as_dict()
        dates = {event.fits[name]["date"] for event in mine for name in signals}
        assert len(dates) > 1 or line.name == "crash"


def test_a9_a12_fits_read_back_from_the_text_of_an_event(told) -> None:
    event = next(event for event in reversed(told) if isinstance(event, Decided))
    again = decode(encode(event))
    assert again == event
    assert json.loads(encode(event))["fits"]["p_high"]["parameters"]["p_lh"] > 0.0


def test_a9_a12_a_ledger_with_fits_is_replayed_and_continued(told, tmp_path) -> None:
    place = chained(told, tmp_path / "run.jsonl")
    with open_ledger(place) as ledger:
        done = replay(ledger)
    assert done.decisions == sum(isinstance(event, Decided) for event in told)
    assert not done.left_out
    half = len(told) // 2
    while not encode(told[half - 1]).startswith('{"kind":"closed"'):
        half += 1
    with open_ledger(chained(told[:half], tmp_path / "half.jsonl"), RUN, writing=True) as ledger:
        trade(PROGRAM, DATA, ledger=ledger)
        assert [record.event for record in ledger.read()] == told


def changed(told: list[Event], **values: object) -> list[Event]:
    """The events with one decision's fit changed."""
    events = list(told)
    at = next(i for i, e in enumerate(events) if isinstance(e, Decided) and e.line == "excited")
    table = json.loads(encode(events[at]))
    table["fits"]["hawkes1"] |= values
    events[at] = decode(json.dumps(table, separators=(",", ":")))
    return events


@pytest.mark.parametrize("values", [{"date": "2030-01-02"}, {"end": "2019-01-02"}])
def test_a9_a_fit_that_knows_the_future_is_found_by_the_replay(told, tmp_path, values) -> None:
    with (
        open_ledger(chained(changed(told, **values), tmp_path / "run.jsonl")) as ledger,
        pytest.raises(LedgerError, match="the fit of 'hawkes1' knows what came after"),
    ):
        replay(ledger)


def test_a9_other_parameters_than_the_data_give_are_found_by_continuing(told, tmp_path) -> None:
    other = changed(told, parameters={"mu": 0.5})
    with (
        open_ledger(chained(other, tmp_path / "run.jsonl"), RUN, writing=True) as ledger,
        pytest.raises(LedgerError, match="decided"),
    ):
        trade(PROGRAM, DATA, ledger=ledger)


def test_a9_a12_an_explanation_tells_the_fit_in_force() -> None:
    data = market()
    hazard, count = CrashHazard(least=250), RegimeCount(least=250, every="never")
    policy = hr.Policy(
        [CrashIntensity("crash5_10"), Trigger()], signals=[Level("vix"), hazard, count]
    )
    result = api.backtest(policy, data, Put())
    for date in ("2018-06-01", "2019-06-03", str(data.dates[-1])):
        made = result.explain(date)
        fits = {"crash5_10": hazard.fits(data), "vix_high25": count.fits(data)}
        row = data.index_of(date)
        assert made.fits == {name: in_force(mine, row) for name, mine in fits.items()}
        assert made.to_dict()["fits"]["crash5_10"] == made.fits["crash5_10"].as_dict()
        json.dumps(made.to_dict(), allow_nan=False)
    fit = made.fits["crash5_10"]
    assert fit.date == "2020-01-01"
    said = str(made)
    assert f"fitted    at the close of {fit.date} on {fit.rows} sessions {fit.start} … " in said
    assert f"log_vix {fit.parameters['log_vix']:.4g}" in said
    assert "by crash_intensity(scale=1)" in said
