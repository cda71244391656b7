"""The verdict on programs: what is asked of them, and that faults of each kind are found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import hedgerow as hr
from engine.trading import moving
from hedgerow.api.trading import ProgramResult
from hedgerow.research.crises import crises_in
from hedgerow.research.gate.item import Outcome
from hedgerow.research.gate.programs import Traded
from planted import Tomorrow, following

PASS, FAIL, UNKNOWN, NOT_ASKED = (
    Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_ASKED,
)  # fmt: skip
LINES = [hr.Line("puts", hr.Put(), moving())]


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HEDGEROW_TRIALS", str(tmp_path / "trials.jsonl"))


@pytest.fixture(scope="module")
def builtin() -> hr.Market:
    return hr.load("builtin", start="2017-06-01", end="2020-12-31")


def traded(market: hr.Market, *, policy: hr.Policy | None = None, **terms) -> ProgramResult:
    lines = LINES if policy is None else [hr.Line("puts", hr.Put(), policy)]
    return hr.trade(hr.Program(lines, name="own", **terms), market, start="2018-01-02")


@pytest.fixture(scope="module")
def plain(builtin) -> ProgramResult:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGEROW_TRIALS", "off")
        return traded(builtin)


def test_a_program_of_ones_own_is_never_proven_by_the_run_that_it_was_chosen_on(plain) -> None:
    made = plain.judge()
    assert made.outcome != "pass"
    assert made["lookahead"].outcome is made["costs"].outcome is made["fills"].outcome is PASS
    assert made["out_of_sample"].outcome is UNKNOWN
    assert made["modelled"].outcome is UNKNOWN  # builtin options are a model's
    assert made["modelled"].number == 1.0
    assert made.policy == "own"


def test_a_published_rulebook_is_nobodys_choice(builtin) -> None:
    made = hr.trade(hr.rulebook("pput").program, builtin, start="2018-01-02").verdict
    for key in ("fills", "out_of_sample", "deflated_sharpe", "pbo"):
        assert made[key].outcome is NOT_ASKED, key


def test_fills_at_the_close_that_decides_fail(builtin) -> None:
    made = traded(builtin, fills="close").verdict
    assert made["fills"].outcome is FAIL
    assert made.stops()


def test_free_trading_fails_and_nearly_free_trading_is_not_proven(builtin) -> None:
    assert traded(builtin, costs=hr.Costs.none()).verdict["costs"].outcome is FAIL
    cheap = replace(hr.Costs(), option_vol=0.001)
    assert traded(builtin, costs=cheap).verdict["costs"].outcome is UNKNOWN


def test_a_signal_that_peeks_fails(builtin) -> None:
    made = traded(builtin, policy=following(Tomorrow())).verdict
    assert made["lookahead"].outcome is FAIL
    assert "tomorrow" in made["lookahead"].sentence


def test_trials_on_record_are_counted(builtin) -> None:
    luck = [traded(builtin, policy=moving(low=low)).found.luck for low in (10.0, 11.0, 12.0)]
    assert [one.count.trials for one in luck] == [1, 2, 3]
    assert [one.count.alike for one in luck] == [1, 2, 3]


def test_gains_of_one_crisis_alone_fail(plain) -> None:
    found = plain.found
    outcome = found.outcome
    names = {each.name: each.rows for each in crises_in(_track(outcome))}
    assert len(names) > 1
    for many, expected in ((1, FAIL), (len(names), PASS)):
        gains = np.full(len(outcome), -1.0)  # a dollar a day is lost outside
        for rows in list(names.values())[:many]:
            gains[rows.start + 1 : rows.stop] = 1_000.0
        lines = {name: {**line, "pnl": gains} for name, line in outcome.lines.items()}
        other = Traded(replace(outcome, lines=lines), found.market, found.first, found.luck)
        assert ProgramResult(other).verdict["drop_crisis"].outcome is expected


def _track(outcome):
    from hedgerow.engine.track import Track

    return Track("own", outcome.times, {"earned": outcome.earned, "pnl": outcome.hedge})


def test_text_page_and_table_end_with_the_verdict(plain, tmp_path) -> None:
    assert "Verdict: " in str(plain)
    page = plain.report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert 'id="verdict"' in page
    assert plain.to_dict()["verdict"]["outcome"] == plain.verdict.outcome


def test_thresholds_are_what_is_asked(plain) -> None:
    lenient = plain.judge(thresholds=hr.Thresholds(modelled=1.0))
    assert lenient["modelled"].outcome is PASS
    assert lenient.thresholds.changed
