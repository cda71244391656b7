"""``hr.stress`` and ``hr.stress_book``: what they refuse, what they count, what they answer."""

from __future__ import annotations

from pathlib import Path

import pytest

import hedgerow as hr
from hedgerow.api.stressing import scene
from hedgerow.research.overfit import register
from hedgerow.research.stress.job import Terms
from hedgerow.research.stress.scenario import Scenario, stressing
from hedgerow.research.stress.study import size_of
from hedgerow.simulate.falls import FlashCrash
from hedgerow.simulate.replay import Replay
from synthetic import market

POLICY = hr.Policy([hr.Linear("vix", low=12, high=22)], [hr.Level("vix")], name="linear")
FEW = {"model": "flash", "paths": 12, "sessions": 60}


@pytest.fixture(scope="module")
def found():
    return hr.stress(POLICY, market(), hr.Put(), **FEW)


def test_a_stress_and_a_backtest_of_one_policy_are_one_trial(tmp_path, monkeypatch) -> None:
    file = tmp_path / "trials.jsonl"
    monkeypatch.setenv("HEDGEROW_TRIALS", str(file))
    past = market()
    hr.stress(POLICY, past, hr.Put(), **FEW)
    hr.stress(POLICY, past, hr.Put(), **{**FEW, "seed": 4})
    result = hr.backtest(POLICY, past, hr.Put())
    (trial,) = register.read(file).trials
    assert trial.kind == "stress"
    assert trial.mean == pytest.approx(result.found.luck.record.sharpe)


def test_the_answers_are_text_frame_and_plain_values(found) -> None:
    assert "12 simulated paths of 60 sessions" in str(found)
    assert repr(found) == "<Stress of linear on 12 paths>; print() for more"
    assert "<pre>" in found._repr_html_()
    frame = found.frame()
    assert frame["dynamic.return"].mean() == pytest.approx(
        found.to_dict()["strategies"]["dynamic"]["return"]["mean"]
    )
    one = found.path(3)
    nav = one.frame()["dynamic.nav"]
    assert nav.iloc[-1] / nav.iloc[0] - 1.0 == frame["dynamic.return"][3]
    assert "Path 3:" in str(one)
    assert len(found.book().frame()) == 4 * 7 * 10


def test_the_page_and_the_pictures_open_offline(found, tmp_path: Path) -> None:
    page = found.report(tmp_path / "deep" / "stress.html").read_text("utf-8")
    assert "http" not in page.replace("http://www.w3.org", "").split("</style>")[1][:2_000]
    for word in ("The worst paths", "Against the alternatives", "Today's book under shocks"):
        assert word in page
    drawn = found.path(0).picture(tmp_path / "path.svg").read_text("utf-8")
    book = found.book().picture(tmp_path / "book.svg").read_text("utf-8")
    for svg in (drawn, book):
        assert svg.startswith("<svg ")
        assert "nan" not in svg
    assert book.count('class="cell') == 4 * 7 * 10
    assert book.count('class="worst"') == 1


def test_a_model_of_ones_own_and_a_replay(builtin) -> None:
    own = hr.stress(POLICY, market(), hr.Put(), model=FlashCrash(fall=0.5), paths=3, sessions=90)
    assert own.found.columns["index_fall"].min() == pytest.approx(-0.5)
    again = hr.stress(POLICY, builtin, hr.Put(), model=Replay(builtin, "2018"))
    assert len(again.found) == 1
    alone = again.found.of("unhedged", "return")[0]
    assert again.to_dict()["strategies"]["unhedged"]["return"] == {
        "mean": alone, "error": None,
        **dict.fromkeys(("q01", "q05", "q25", "q50", "q75", "q95", "q99"), alone),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"model": 7}, "7 is not a model"),
        ({"model": "gbm"}, "no model 'gbm'"),
        ({"paths": 0}, "paths.n_paths"),
        ({"start_vix": "high"}, "'high' is not a number"),
        ({"start": "2031-01-01"}, "outside the data"),
        ({"portfolio": 5}, "write hr.Equity"),
    ],
)
def test_mistakes_say_what_would_be_right(given: dict[str, object], said: str) -> None:
    with pytest.raises(hr.HedgerowError, match=said):
        hr.stress(POLICY, market(), hr.Put(), **{**FEW, **given})


def test_a_book_that_is_none() -> None:
    with pytest.raises(hr.HedgerowError, match="is not a policy"):
        hr.stress_book("policy.toml", market(), hr.Put())  # type: ignore[arg-type]  # a mistake


@pytest.mark.slow
def test_two_processes_give_the_same_bits(found) -> None:
    two = hr.stress(POLICY, market(), hr.Put(), **FEW, workers=2)
    for name, column in found.found.columns.items():
        assert column.tolist() == pytest.approx(
            two.found.columns[name].tolist(), rel=0, nan_ok=True
        )


def test_workers_and_a_cluster_are_one_too_many() -> None:
    with pytest.raises(hr.RangeError, match="one of them"):
        hr.stress(POLICY, market(), hr.Put(), **FEW, workers=2, cluster="tcp://127.0.0.1:1")


@pytest.mark.parametrize(
    "signal",
    [
        hr.Quantile("vix", 80, days=600, least=60),
        hr.RegimeProbability("vix", least=504, window=600),
    ],
    ids=lambda signal: signal.kind,
)
def test_a_signal_sees_on_a_path_as_much_of_the_past_as_it_looks_at(signal) -> None:
    past = market(sessions=1_400)
    policy = hr.Policy([hr.Constant(1.0)], [signal], name="long", raw=True)
    found = scene(policy, past, hr.Put(), **FEW).path(3)
    first = found.run.first
    paths = stressing(FlashCrash()).paths(12, 60, 0, hr.Start.of(past))
    whole = signal(paths.after(past, 3))[-61:]
    assert found.run.market.dates[first] == past.dates[-1]
    assert signal(found.market)[first:] == pytest.approx(whole, rel=1e-12)


def test_long_histories_are_played_fewer_paths_at_a_time() -> None:
    for sessions, size in ((300, 256), (1_300, 64), (9_000, 64)):
        made = Scenario.of(FlashCrash(), market(sessions=60), 5, sessions, seed=0)
        assert size_of(Terms(made, hr.Put(), hr.Equity(), hr.Costs())) == size
