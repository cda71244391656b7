"""Lanes in blocks are the lanes of one call, to the last bit, whoever plays them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hedgerow as hr
from hedgerow.core.measure import STANDARD
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.run import prepare
from hedgerow.errors import DataError, PolicyError, RangeError
from hedgerow.research.scaling.keeping import Kept
from hedgerow.research.scaling.lanes import Lanes, arrays, joined
from hedgerow.research.scaling.running import run
from hedgerow.research.scaling.workers import Workers
from hedgerow.research.sweep import sweep
from synthetic import market

POLICY = hr.Policy([hr.Linear(), hr.Bounds(), hr.Trigger()], signals=[hr.Level("vix")])
AXES = {"linear.low": range(8, 15), "linear.high": np.linspace(16.0, 30.0, 40)}
TAPE = prepare(market(300), hr.Put(), Equity()).tape(POLICY)


def lanes(size: int = 0, carriage: str = "numpy") -> Lanes:
    return Lanes(POLICY, arrays(AXES), TAPE, STANDARD, carriage, size)


WHOLE = sweep(POLICY, TAPE, AXES, carriage="numpy")


def same(results) -> None:
    assert results.keys() == WHOLE.results.keys()
    for name, column in WHOLE.results.items():
        assert np.array_equal(results[name], column), name


@given(st.integers(20, 400), st.randoms(use_true_random=False))
@settings(max_examples=12)
def test_blocks_of_any_size_in_any_order_are_one_call(size: int, chance) -> None:
    job = lanes(size)
    assert sum(job.sizes()) == len(job) == 280
    order = list(range(len(job.sizes())))
    chance.shuffle(order)
    parts = {block: job.play(block) for block in order}
    same(joined([parts[block] for block in sorted(parts)]))


def test_the_columns_of_a_block_are_those_of_the_whole_grid() -> None:
    job = lanes(64)
    made = [job.spread(job.rows(block)).values for block in range(len(job.sizes()))]
    for name, column in WHOLE.spread.values.items():
        assert np.array_equal(np.concatenate([each[name] for each in made]), column)


@pytest.mark.slow
def test_compiled_lanes_too(tmp_path) -> None:
    same(joined(run(lanes(128, "compiled"))))
    same(joined(run(lanes(128, "compiled"), Workers(2), kept=Kept(tmp_path))))
    same(joined(run(lanes(128, "compiled"), kept=Kept(tmp_path))))


def test_a_sweep_of_workers_is_that_of_one_process_and_can_be_judged(tmp_path) -> None:
    data = market(300)
    told: list[int] = []
    one = hr.sweep(POLICY, data, hr.Put(), AXES, carriage="numpy")
    many = hr.sweep(
        POLICY, data, hr.Put(), AXES, carriage="numpy",
        workers=2, keep=tmp_path / "kept", progress=told.append,
    )  # fmt: skip
    assert sum(told) == len(many) == 280
    for name in one.results:
        assert np.array_equal(one.results[name], many.results[name])
    assert many.overfit(4).pbo == one.overfit(4).pbo
    assert many.policy(13) == one.policy(13)


def test_another_sweep_does_not_go_on_with_what_is_kept(tmp_path) -> None:
    run(lanes(), kept=Kept(tmp_path))

    def refused(job: Lanes) -> str:
        with pytest.raises(DataError) as told:
            run(job, kept=Kept(tmp_path))
        return told.value.what

    other = replace(POLICY, steps=[hr.Linear(top=1.5), *POLICY.steps[1:]])
    assert refused(replace(lanes(), policy=other)).endswith("other work: another policy")
    later = prepare(market(300, seed=8), hr.Put(), Equity()).tape(POLICY)
    assert "another stretch of data, sleeve or portfolio" in refused(replace(lanes(), tape=later))
    fewer = {**arrays(AXES), "linear.low": np.arange(9.0, 16.0)}
    assert refused(replace(lanes(), axes=fewer)).endswith("another set of axes")
    same(joined(run(lanes(), kept=Kept(tmp_path))))


def test_a_name_is_no_other_policy(tmp_path) -> None:
    run(lanes(), kept=Kept(tmp_path))
    named = replace(POLICY, name="renamed")
    with pytest.raises(DataError, match="'Sweep of policy', and this is 'Sweep of renamed'"):
        run(replace(lanes(), policy=named, size=64), kept=Kept(tmp_path))
    assert replace(lanes(), policy=named).digest() == lanes().digest()


def test_values_out_of_range_are_refused_before_any_block() -> None:
    bad = {**arrays(AXES), "linear.low": np.linspace(10.0, 40.0, 9_000)}
    with pytest.raises(PolicyError, match="linear"):
        replace(lanes(), axes=bad)
    with pytest.raises(PolicyError, match="no axes are given"):
        replace(lanes(), axes={})


@pytest.mark.slow
@pytest.mark.parametrize("carriage", ["numpy", "compiled"])
def test_steps_of_a_script_travel_and_are_known_by_their_code(tmp_path, carriage) -> None:
    script = tmp_path / "mine.py"
    text = SCRIPT.replace("CARRIAGE", carriage).replace("TESTS", str(Path(__file__).parents[2]))
    script.write_text(text)

    def made(keep: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(script), keep], capture_output=True, text=True,
            timeout=300, check=False, cwd=tmp_path,
        )  # fmt: skip

    first = made("kept")
    assert (first.stdout, first.stderr) == ("True\n", "")
    if carriage == "compiled":  # a step of one's own is compiled anew in every process
        return
    script.write_text(text.replace("view.signals[0] * p.gain", "view.signals[0] * p.gain * 2.0"))
    assert "other work: another policy" in made("kept").stderr
    assert made("other").stdout == "True\n"


SCRIPT = '''
import sys
from dataclasses import dataclass
from typing import ClassVar, NamedTuple
import numpy as np
import hedgerow as hr
from hedgerow.core.numeric import Num
from hedgerow.core.step import Nothing, Stage, step

sys.path.append("TESTS")
from synthetic import market

@step
@dataclass(frozen=True)
class Gain:
    """So many times the signal."""
    gain: float = 0.05
    kind: ClassVar[str] = "gain"
    stage: ClassVar[Stage] = Stage.RULE
    class Params(NamedTuple):
        gain: Num
    @property
    def inputs(self): return ("vix",)
    def params(self): return self.Params(self.gain)
    def start(self): return Nothing()
    @staticmethod
    def kernel(x, view, memory, p):
        return view.signals[0] * p.gain, memory

policy = hr.Policy([Gain()], signals=[hr.Level("vix")])
axes = {"gain.gain": np.linspace(0.01, 0.1, 300)}
one = hr.sweep(policy, market(200), hr.Put(), axes, carriage="CARRIAGE")
many = hr.sweep(
    policy, market(200), hr.Put(), axes, carriage="CARRIAGE", workers=2, keep=sys.argv[1]
)
print(all(np.array_equal(one.results[name], many.results[name]) for name in one.results))
'''


def test_code_that_cannot_be_read_is_not_kept(tmp_path) -> None:
    scope: dict[str, object] = {"__name__": "nowhere"}
    exec("class Loose:\n    kind = 'loose'\n    def __repr__(self): return 'loose'\n", scope)
    job = replace(lanes(), measures=(*STANDARD, scope["Loose"]()))  # type: ignore[operator]
    with pytest.raises(RangeError, match="the code of Loose cannot be read"):
        run(job, kept=Kept(tmp_path))


def test_a_fraction_of_a_counted_number_is_found_among_thousands() -> None:
    held = hr.Policy([hr.Linear(), hr.Persist()], signals=[hr.Level("vix")])
    days = np.linspace(1.0, 59.0, 5_801)
    with pytest.raises(PolicyError, match=r"days=1\.01: 1\.01 is not a whole number"):
        Lanes(held, {"persist.days": days}, TAPE, STANDARD)


def test_lanes_without_end_are_refused() -> None:
    many = np.linspace(11.0, 12.0, 100_000)
    axes = {"linear.low": many, "linear.high": many + 2.0, "bounds.cap": many, "linear.top": many}
    with pytest.raises(RangeError, match="100,000,000,000,000,000,000 lanes are more than"):
        Lanes(POLICY, axes, TAPE, STANDARD)
