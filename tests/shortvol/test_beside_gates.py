"""H11, H14, H16 of a hedged book: always measured, told alike everywhere, and a gate by rule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hedgerow as hr
from cli.console import as_json, bad, good
from hedgerow.api.hedging import HedgedResult
from hedgerow.core.market import Market
from hedgerow.engine.broker import Execution
from hedgerow.engine.ledger.events import Decided
from hedgerow.engine.ledger.memory import MemoryLedger
from hedgerow.report import hedged_gates, hedged_page
from hedgerow.shortvol.beside.gates import depths, hurdled, machine
from hedgerow.shortvol.condor import CondorRules, program
from hedgerow.shortvol.gates import stressed
from hedgerow.shortvol.layered.rules import LayeredRules, lines

START, END = "2018-01-02", "2018-06-29"
SPAN = ("--data", "builtin", "--from", START, "--to", END)
GATED = "[gates]\nhurdle = { spread = 0.05, band = 0.0 }\n[execution]\nfuture_depth = 2\n"


@pytest.fixture(scope="module")
def market() -> Market:
    return hr.load("builtin", start="2016-01-04", end=END)


@pytest.fixture(scope="module")
def result(market) -> HedgedResult:
    rules = CondorRules.from_toml(GATED)
    return hr.hedge_condors(
        rules, market, layers=LayeredRules(), only=["alvh"], start=START, end=END
    )


def test_h14_without_a_gate_the_rate_stands_beside_bills_or_wacc(market) -> None:
    first, base = market.index_of(START), program(CondorRules())
    found = hurdled(base, market, first)
    irr, asked = stressed(market).irr[first:], market["rate"][first:] + 0.05
    assert np.array_equal(found.irr, irr)
    assert np.array_equal(found.hurdle, asked)
    assert found.over(slice(None)).share == sum(irr >= asked) / len(irr)
    assert found.over(slice(None)).irr == sorted(irr)[len(irr) // 2] or len(irr) % 2 == 0
    assert found.gate is None
    wacc = np.where(np.arange(len(market)) < first + 10, np.nan, 0.09)
    beside = hurdled(base, market.with_columns({"wacc": wacc}), first)
    assert beside.said == "wacc"
    assert beside.over(slice(None)).sessions == len(irr) - 10
    assert beside.over(slice(None)).share == sum(irr[10:] >= 0.09) / (len(irr) - 10)
    alone = CondorRules.from_toml('[gates]\nhurdle = { against = "", spread = 0.2 }\n')
    own = hurdled(program(alone), market, first)
    assert (own.said, set(own.hurdle.tolist())) == ("20.0%", {0.2})


def test_h14_a_gate_of_the_rules_sells_nothing_below_and_says_so_in_the_trace(market) -> None:
    base = program(CondorRules.from_toml(GATED))
    ledger = MemoryLedger("run")
    made = hr.trade(base, market, start=START, end=END, ledger=ledger).outcome
    found = hurdled(base, market, market.index_of(START))
    gap = found.irr - found.hurdle
    assert (gap < 0.0).any()
    assert (gap >= 0.0).any()
    sold = np.zeros(len(made), dtype=bool)
    for line in base.lines:
        events = [r.event for r in ledger.read() if isinstance(r.event, Decided)]
        told = [event for event in events if event.line == line.name]
        assert [e.memory["hurdle"]["gap"] for e in told] == pytest.approx(gap.tolist())
        assert [e.trace["hurdle"] for e in told] == (gap >= 0.0).astype(float).tolist()
        held = np.abs(made.lines[line.name]["held"])
        sold[1:] |= held[1:] > held[:-1]
    # decided at a close, filled at the next: what was sold was above the hurdle when decided
    assert sold.any()
    assert (gap[np.flatnonzero(sold) - 1] >= 0.0).all()


def test_h14_the_gate_is_off_by_default_and_a_wrong_one_is_named() -> None:
    assert CondorRules().hurdle is None
    assert CondorRules.from_toml('[gates]\nhurdle = "off"\n') == CondorRules()
    for text, where in (
        ("hurdle = 0.05", "gates.hurdle"),
        ("hurdle = { spred = 0.05 }", "gates.hurdle.spred"),
        ("hurdle = { part = 2 }", "gates.hurdle.part"),
        ("hurdles = 1", "gates.hurdles"),
    ):
        with pytest.raises(hr.HedgerowError) as error:
            CondorRules.from_toml(f"[gates]\n{text}\n")
        assert error.value.where == where
    with pytest.raises(hr.RangeError, match="no hurdle"):
        CondorRules(hurdle=0.05)


def test_h14_a_hurdle_that_the_data_lack_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "condor.toml"
    file.write_text('[gates]\nhurdle = { against = "wacc" }\n')
    assert "no column 'wacc'" in bad("condor", "backtest", file, "--from", START, "--to", END)


def test_h11_the_ratio_needs_no_rule_and_is_depth_over_what_was_asked_for(result) -> None:
    run = result.found.runs["alvh"]
    execution, made = run.outcome.program.execution, run.outcome
    assert execution.liquidity is None
    vx = made.lines["vx"]
    vix = result.found.market["vix"][result.found.first :]
    ratio = run.rates.liquidity["vx"]
    # from nothing held, the order is what was wanted
    opens = np.flatnonzero((vx["held"] == 0.0) & (np.round(vx["wanted"]) > 0.0) & ~np.isnan(ratio))
    assert len(opens)
    for row in opens:
        deep = execution.depth("future", vix[row])
        assert ratio[row] == pytest.approx(deep / np.round(vx["wanted"][row]))
    found = depths(made.program, run.rates.liquidity, made.dates)
    known = ratio[~np.isnan(ratio)]
    assert list(found) == ["condors", "vx"]
    assert found["vx"].sessions == len(known)
    assert found["vx"].under == sum(known < 1.0) / len(known) > 0.0
    assert str(made.dates[ratio == known.min()][0]) == found["vx"].worst_on


def test_h11_a_market_without_end_has_no_least_ratio(market) -> None:
    rules = CondorRules(execution=Execution.ideal())
    made = hr.hedge_condors(rules, market, only=["static-vx"], start=START, end="2018-03-29")
    said = str(made)
    assert "no end" in said
    assert made.to_dict()["variants"]["static-vx"]["liquidity"]["vx"]["median"] is None


def test_h16_the_mode_is_that_of_the_state_machine(result) -> None:
    assert machine(result.found.base.lines) is None
    run = result.found.runs["alvh"]
    bold = replace(LayeredRules().rule, mode="promoter", directional=1.5)
    variant = replace(run.variant, lines=lines(LayeredRules(rule=bold)))
    assert hedged_gates.mode_word(run) == "steward mode"
    assert "directional multiple 1.5" in hedged_gates.mode(replace(run, variant=variant))
    assert hedged_gates.mode_word(replace(run, variant=variant)).startswith("promoter")
    assert "has none" in hedged_gates.mode(result.found.alone)


def test_text_json_page_and_a_session_tell_the_gates(result) -> None:
    said, made = str(result), result.to_dict()
    found = result.found.hurdled.over(slice(None))
    assert said.splitlines()[1].startswith("Mode (H16): steward")
    for word in (
        "sessions at the hurdle or above", "hurdle (bills + 5.0%)", "measured on all years",
        "sell no new one below it", "Liquidity ratio",
    ):  # fmt: skip
        assert word in said
    assert made["stressed_irr"]["whole"]["irr"] == found.irr
    assert made["stressed_irr"]["gated"] is True
    assert made["variants"]["alvh"]["mode"] == {"mode": "steward", "directional": 1.0}
    assert made["variants"]["alone"]["mode"] is None
    assert made["variants"]["alvh"]["liquidity"]["vx"]["under"] > 0.0
    page = hedged_page.render(result.found, "alvh", [result.worth()])
    head = page.index("<h1>")
    assert "steward mode" in page[:head]
    assert 'id="gates"' in page
    assert "Stressed IRR against the hurdle" in page
    told = result.explain("2018-02-05")
    row = result.found.market.index_of("2018-02-05") - result.found.first
    assert f"{result.found.hurdled.irr[row]:.1%} a year against" in told
    assert "Mode (H16)" in told


def test_the_command_says_it_too(tmp_path: Path) -> None:
    book, hedge = tmp_path / "condor.toml", tmp_path / "alvh.toml"
    book.write_text(GATED)
    hedge.write_text('[mode]\nmode = "promoter"\ndirectional = 1.2\n')
    args = ("alvh", "backtest", hedge, "--condor", book, *SPAN[:4], "--to", "2018-03-29")
    made = as_json(*args, "--only", "alvh")
    assert made["variants"]["alvh"]["mode"] == {"mode": "promoter", "directional": 1.2}
    assert "promoter; it may hold more" in good(*args, "--only", "alvh")
