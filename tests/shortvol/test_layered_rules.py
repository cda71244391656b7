"""The rules of the layered hedge in one TOML: round trip, ranges, lines (H3 … H16)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.engine.program import Program
from hedgerow.engine.trade import trade
from hedgerow.errors import PolicyError
from hedgerow.policies.overlays import Budget
from hedgerow.policies.timing import ExecutionWindow
from hedgerow.shortvol.layered.rules import SECTIONS, Instruments, LayeredRules, lines

EXAMPLE = Path(__file__).parents[2] / "examples" / "shortvol" / "alvh.toml"


def part(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


RULES = st.builds(
    lambda rule, engine, window, kit, year, least: LayeredRules(
        rule=rule,
        engine=engine,
        window=window,
        instruments=kit,
        budget=Budget(per_year=year),
        trade=hr.LayeredTrade(least=least),
    ),
    st.builds(
        hr.Layered,
        first=part(0.25, 0.35),
        h_low=part(0.60, 0.70),
        h_high=part(0.70, 0.75),
        divergence=st.sampled_from([None, "divergence"]),
        implied=st.sampled_from([None, "implied_cor1m"]),
        events=st.just("events_fomc_cpi_2"),
        calls=part(0.0, 0.10),
        slices=st.integers(1, 5),
        time_limit=st.integers(1, 90),
        day_loss=st.none() | part(0.01, 0.5),
        drawdown=st.none() | part(0.01, 0.5),
    ),
    st.none() | st.builds(hr.SecondEngine, reer=st.sampled_from([None, "reer_z252"])),
    st.builds(ExecutionWindow, st.integers(1, 90), st.integers(1, 60)),
    st.builds(Instruments, roll_before=st.integers(1, 20), sleeve=st.sampled_from(["future"]))
    | st.just(Instruments(roll_before=0, hold_through_settlement=True)),
    part(0.001, 0.02),
    part(0.0, 0.5),
)


@settings(max_examples=80, deadline=None)
@given(RULES)
def test_the_file_reads_back_to_equal_rules(rules: LayeredRules) -> None:
    assert LayeredRules.from_toml(rules.to_toml()) == (
        rules if rules.engine else replace(rules, engine=None)
    )


def test_the_example_is_read_and_has_every_key() -> None:
    rules = LayeredRules.from_file(EXAMPLE)
    assert [line.name for line in lines(rules)] == ["vx", "vix_calls", "second_engine"]
    text = EXAMPLE.read_text(encoding="utf-8")
    for section, keys in SECTIONS.items():
        body = text.partition(f"[{section}]")[2].partition("\n[")[0]
        assert [key for key in keys if f"\n{key} = " not in body] == []


def test_what_a_file_leaves_out_has_its_default() -> None:
    assert LayeredRules.from_toml("") == LayeredRules()
    assert LayeredRules.from_toml("[tranches]\nfirst = 0.25").rule.first == 0.25


MISTAKES = {
    "first low": ("[tranches]\nfirst = 0.2", "tranches.first: 0.2 is less than 0.25"),
    "first high": ("[tranches]\nfirst = 0.4", "tranches.first: 0.4 is greater than 0.35"),
    "h low": ("[size]\nh_low = 0.5", "size.h_low: 0.5 is less than 0.6"),
    "h high": ("[size]\nh_high = 0.8", "size.h_high: 0.8 is greater than 0.75"),
    "h order": ("[size]\nh_low = 0.7\nh_high = 0.65", "size.h_low, size.h_high: h_low, h_high"),
    "window first": ("[windows]\nfirst = 120", "windows.first: 120 is greater than 90"),
    "window last": ("[windows]\nlast = 61", "windows.last: 61 is greater than 60"),
    "window type": ("[windows]\nlast = 1.5", "windows.last: 1.5 is not a whole number"),
    "section": ("[tranche]\nfirst = 0.3", "tranche: unknown key. Mend: did you mean 'tranches'"),
    "key": ("[tranches]\nfrist = 0.3", "tranches.frist: unknown key. Mend: did you mean 'first'"),
    "table": ("tranches = 1", "tranches: must be a table. Mend: head it [tranches]"),
    "text": ('[mode]\nmode = "investor"', "mode.mode: 'investor' is not one of"),
    "steward": ("[mode]\ndirectional = 1.5", "mode.mode, mode.directional: mode, directional: a"),
    "settlement": ("[size]\nroll_before = 0", "size.roll_before: roll_before: 0 holds to"),
    "held": ("[size]\nhold_through_settlement = true", "size.roll_before: roll_before: a hedge"),
    "events": ("[events]\ncalls = 0.1", "signals.events: the layer of calls has no events"),
    "engine": (
        '[second_engine]\non = true\ncredit = "off"',
        "second_engine.credit, second_engine.reer, second_engine.wacc: credit, reer, wacc: name",
    ),
    "switch": ("[second_engine]\non = 1", "second_engine.on: 1 is not true or false"),
    "steward's sum": (
        "[second_engine]\non = true\nlevel = 0.3",
        "size.h_high, events.calls, second_engine.level: all layers together hold 1.05",
    ),
    "beta": ("[size]\nbeta_low = 2.0", "size.beta_low, size.beta_high: low, high"),
    "limit": ("[limits]\nday_loss = 1.0", "limits.day_loss: 1.0 is not less than 1"),
    "signal": ('[signals]\nrsi = "events_cpi_1"', "signals.rsi: there is no signal 'events_cpi_1'"),
    "syntax": ("[tranches", "end of document: this is not TOML"),
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_every_mistake_names_its_field(text: str, said: str) -> None:
    with pytest.raises(PolicyError) as caught:
        LayeredRules.from_toml(text)
    assert str(caught.value).startswith(said)


def test_a_mistake_in_a_file_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    with pytest.raises(PolicyError, match=r"mine\.toml: there is no such rules file"):
        LayeredRules.from_file(file)
    file.write_text("[tranches]\nfirst = 0.5\n")
    with pytest.raises(PolicyError, match=r"mine\.toml: tranches\.first: 0\.5 is greater"):
        LayeredRules.from_file(file)


# ---- the lines in a program -------------------------------------------------------------------


def program(rules: LayeredRules) -> Program:
    hold = hr.Policy([hr.Constant(1.0), hr.AtRoll()], raw=True)
    book = hr.Line("condors", hr.Condor(size=hr.MaxLoss(0.1)), hold, role="book")
    flat = hr.Equity(10_000_000, equity_share=0.0)
    return Program([book, *lines(rules)], portfolio=flat)


@pytest.fixture(scope="module")
def market() -> hr.Market:
    return hr.load("builtin").between("2014-01-02", "2018-03-29")


@settings(max_examples=10, deadline=None)
@given(kit=st.builds(Instruments, st.integers(1, 3), st.integers(1, 20)))
def test_h8_no_contract_is_held_through_its_settlement(kit: Instruments, market: hr.Market) -> None:
    rules = LayeredRules(instruments=kit, engine=hr.SecondEngine())
    assert not [line.name for line in lines(rules) if settled(line, market).any()]


def test_h8_told_to_it_is_held_through_settlement(market: hr.Market) -> None:
    kit = Instruments(roll_before=0, hold_through_settlement=True)
    (line,) = lines(LayeredRules(instruments=kit))
    assert settled(line, market).sum() > 12


def settled(line: hr.Line, market: hr.Market) -> np.ndarray:
    """Say on which days a contract carried out of the day before settles, **shape** (T-1,)."""
    carried = line.sleeve.strip(market).expiry[:-1]
    return carried <= market.dates[1:].astype("int64")


def test_h3_h8_the_lines_run_beside_a_book_and_hedge_february_2018(market: hr.Market) -> None:
    outcome = trade(program(LayeredRules()), market, start="2018-01-02", end="2018-03-29")
    hedge = outcome.lines["vx"]
    days = outcome.times.astype("datetime64[D]")
    assert not hedge["held"][days <= np.datetime64("2018-01-26")].any()
    spike = (days >= np.datetime64("2018-02-05")) & (days <= np.datetime64("2018-02-09"))
    assert hedge["held"][spike].max() > 0.0
