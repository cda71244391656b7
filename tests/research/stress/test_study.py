"""The study as a whole: rivals of equal cost and equal shortfall, worst paths, words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import hedgerow as hr
from hedgerow.report import stress as words
from hedgerow.research.stress import figures
from hedgerow.research.stress.job import Terms
from hedgerow.research.stress.scenario import Scenario
from hedgerow.research.stress.study import Stress, fit_of, stress
from hedgerow.simulate.falls import Grind
from research.stress.scenes import MODEL, POLICY, VIX, history


def study(policy: hr.Policy = POLICY, model: object = MODEL, paths: int = 200) -> Stress:
    scene = Scenario.of(model, history(), paths, 120, seed=2, lookback=policy.lookback)  # type: ignore[arg-type]  # a model
    terms = Terms(scene, hr.Put(), hr.Equity(), hr.Costs())
    return stress(policy, terms, fitted_to=("2019-09-02", "2020-01-03"))


@pytest.fixture(scope="module")
def found() -> Stress:
    return study()


def test_the_equal_cost_hedge_costs_as_much(found: Stress) -> None:
    ours, theirs = (
        figures.mean(found.of(name, "hedge_cost")).value for name in ("dynamic", "matched")
    )
    assert theirs == pytest.approx(ours, rel=0.02)
    assert found.level == pytest.approx(ours / figures.mean(found.of("static", "hedge_cost")).value)


def test_less_equity_has_the_same_shortfall_and_is_less_equity(found: Stress) -> None:
    assert found.equal
    assert 0.0 < found.kept < 1.0
    ours, theirs = (found.tail(name, "return", 0.05).value for name in ("dynamic", "divested"))
    assert theirs == pytest.approx(ours, abs=5e-4)
    assert found.of("divested", "return").std() < found.of("unhedged", "return").std()


def test_differences_are_those_of_the_columns(found: Stress) -> None:
    gap = found.of("dynamic", "return") - found.of("static", "return")
    made = found.against("static")
    assert made["return"].value == pytest.approx(gap.mean())
    assert made["return"].error == pytest.approx(gap.std(ddof=1) / np.sqrt(200))
    assert made["probability"].value == pytest.approx(np.mean(gap > 0.0) + 0.5 * np.mean(gap == 0))
    assert made["her"].value == pytest.approx(
        found.her("dynamic").value - found.her("static").value
    )


def test_the_effectiveness_of_all_paths_is_gain_over_loss(found: Stress) -> None:
    loss = found.of("dynamic", "loss")
    gain = found.of("dynamic", "gain")
    assert found.her("dynamic").value == pytest.approx(gain[loss > 0].sum() / loss[loss > 0].sum())


def test_worst_paths_come_in_order(found: Stress) -> None:
    worst = found.worst(4)
    assert [row.by for row in worst] == ["nav"] * 4 + ["against static"] * 4 + ["drawdown"] * 4
    ends = np.sort(found.of("dynamic", "return"))
    assert [row.dynamic for row in worst[:4]] == ends[:4].tolist()
    gaps = np.sort(found.of("dynamic", "return") - found.of("static", "return"))
    assert [row.dynamic - row.static for row in worst[4:8]] == pytest.approx(gaps[:4])
    assert [row.max_drawdown for row in worst[8:]] == np.sort(found.of("dynamic", "max_drawdown"))[
        :4
    ].tolist()


def test_a_constant_policy_differs_by_nothing_and_the_words_say_so() -> None:
    hold = hr.Trigger("vix", move=None, relative=None, every=None, drawdown=None)
    made = study(hr.Policy([hr.Constant(1.0), hold], VIX, raw=True, name="always"), paths=64)
    gaps = made.against("static")
    assert gaps["return"].value == gaps["return"].error == 0.0
    assert gaps["probability"].value == 0.5
    assert not gaps["return"].told
    assert made.level == 1.0
    assert "neither more nor less" in words.headline(made)
    assert "cannot be told from zero" in " ".join(words.sentences(made))


def test_a_hedge_of_nothing_has_no_rival_of_equal_cost() -> None:
    made = study(hr.Policy([hr.Constant(0.0)], VIX, raw=True, name="never"), paths=64)
    assert made.level is None
    assert "matched" not in made.strategies
    ours, alone = (made.of(name, "return") for name in ("dynamic", "unhedged"))
    assert ours == pytest.approx(alone, rel=1e-12)
    assert made.kept == pytest.approx(1.0, abs=0.01)
    assert words.summarise(made)


def test_a_made_fall_claims_no_moments_and_a_path_is_no_distribution() -> None:
    made = study(model=Grind(before=5, during=60), paths=1)
    assert fit_of(made.terms, history()) is None
    text = words.summarise(made)
    assert "One path: nothing can be said of chance" in text
    assert "nan" not in text
    assert "±" not in text
    assert "Quantiles" not in text


def test_the_text_says_model_prices_and_every_rival(found: Stress) -> None:
    text = " ".join(words.summarise(found).split())
    for word in (
        "200 simulated paths", "seed 2", "no hedge", "static", "dynamic", "fixed", "equity",
        "Option prices on the paths are modelled", "2 regimes with jumps", "Worst paths",
        "2019-09-02 to 2020-01-03", "Not investment advice.",
    ):  # fmt: skip
        assert word in text
    assert "±nan" not in text


def test_how_many_paths_would_tell() -> None:
    said = words.untold(figures.Estimate(0.002, 0.002), 500)
    assert "about 2,000 paths" in said
    assert not words.untold(figures.Estimate(0.02, 0.002), 500)


def test_another_seed_other_paths(found: Stress) -> None:
    other = replace(found.terms.scenario.paths, seed=3)
    assert not np.array_equal(other["vix"][0], found.terms.scenario.paths["vix"][0])
