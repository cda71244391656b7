"""``simulate`` from the outside: files that are read again, figures by hand, mistakes in words."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import hedgerow as hr
from cli.console import as_json, bad, good
from hedgerow.core.market import Origin
from hedgerow.errors import DataError
from hedgerow.report.paths import LEVELS, fan, figures, told
from hedgerow.simulate.falls import FlashCrash
from simulate.models import MODELS

SVG = "{http://www.w3.org/2000/svg}"


def test_paths_of_the_command_are_those_of_python_and_files_of_both(tmp_path) -> None:
    folder, table = tmp_path / "paths", tmp_path / "paths.parquet"
    wanted = ("--model", "bootstrap", "--paths", 3, "--sessions", 60, "--seed", 5)
    found = as_json("simulate", *wanted, "--out", folder, "--parquet", table)
    market = hr.load("builtin")
    paths = hr.draw("bootstrap", market, paths=3, sessions=60, seed=5).paths
    assert (found["paths"], found["sessions"], found["seed"]) == (3, 60, 5)
    assert found["start"]["vix"] == market["vix"][-1]
    assert found["sanity"]["faults"] == []
    frame = pd.read_parquet(table).set_index(["path", "date"])
    assert len(frame) == 3 * 61
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"simulated-{i}.csv" for i in range(3)]
    for i, file in enumerate(files):
        made, again = paths.market(i), hr.load(file)
        for name in ("spx", "vix"):
            np.testing.assert_array_equal(again[name], made[name])
            np.testing.assert_array_equal(frame.loc[i][name], made[name])
        assert again.sources["spx"] == f"simulated-{i}.csv, simulated closes"
        assert set(again.origin["spx"].tolist()) == {Origin.MODELLED}
        np.testing.assert_array_equal(again.dates, made.dates)


def test_a_folder_of_several_paths_is_no_market(tmp_path) -> None:
    good("simulate", "--model", "flash", "--paths", 2, "--sessions", 40, "--out", tmp_path)
    with pytest.raises(DataError, match=r"2 simulated paths\. Mend: name one .*simulated-0.csv"):
        hr.load(tmp_path)


def test_the_curve_and_skew_are_in_the_files_too(tmp_path) -> None:
    good("simulate", "--model", "flash", "--paths", 1, "--sessions", 40, "--out", tmp_path)
    market = hr.load(tmp_path / "simulated-0.csv")
    made = FlashCrash().paths(1, 40, seed=0, start=hr.Start.of(hr.load("builtin"))).market(0)
    for name in ("vix9d", "vix3m", "vix6m", "skew"):
        np.testing.assert_array_equal(market[name], made[name])


def test_figures_are_those_worked_out_path_by_path() -> None:
    paths = MODELS["regimes"].paths(30, 50, seed=2)
    found = {row.name: row.quantiles for row in figures(paths)}
    falls, worst = [], []
    for market in paths.markets():
        spx = market["spx"].tolist()
        falls.append(min(spx[j] / max(spx[: j + 1]) - 1.0 for j in range(51)))
        worst.append(min(b / a - 1.0 for a, b in pairwise(spx)))
    assert found["index, deepest fall"] == pytest.approx(np.quantile(falls, LEVELS))
    assert found["index, worst session"] == pytest.approx(np.quantile(worst, LEVELS))
    assert found["VIX, last"] == pytest.approx(np.quantile(paths["vix"][:, -1], LEVELS))
    text = told(paths)
    assert "2 regimes with jumps; seed 2, 30 paths of 50 sessions" in text
    assert f"{100.0 * np.median(falls):.1f}%".replace("-", "\u2212") in text


@pytest.mark.parametrize(("count", "kinds"), [(3, (0, 3)), (40, (2, 4))])
def test_a_fan_has_its_bands_and_some_paths(count: int, kinds: tuple[int, int]) -> None:
    paths = MODELS["regimes"].paths(count, 252, seed=1)
    root = ElementTree.fromstring(fan(paths))
    panels = [g for g in root.iter(f"{SVG}g") if g.get("transform")]
    assert len(panels) == 2
    for panel in panels:
        drawn = [node.get("class") for node in panel.iter(f"{SVG}path")]
        bands = drawn.count("wide") + drawn.count("core")
        assert (bands, drawn.count("path")) == kinds
        assert drawn.count("middle") == bool(bands)
    words = " ".join(text.text or "" for text in root.iter(f"{SVG}text"))
    assert "All values are simulated." in words
    assert "seed 1" in words


@pytest.mark.slow
def test_the_fit_report_is_told_and_in_the_json(tmp_path) -> None:
    picture = tmp_path / "fan.svg"
    found = as_json(
        "simulate", "--model", "bootstrap", "--paths", 20, "--fit-report", "--from", "2000-01-03",
        "--picture", picture,
    )  # fmt: skip
    moments = {row["name"]: row for row in found["fit"]["moments"]}
    row = moments["VIX mean"]
    outside = not row["low"] <= row["simulated"] <= row["high"]
    assert ("VIX mean" in found["fit"]["outside"]) == outside
    assert found["fit"]["sanity"]["least"] > 0.0
    assert found["picture"] == str(picture)
    assert ElementTree.parse(picture).getroot().tag == f"{SVG}svg"
    text = good("simulate", "--model", "bootstrap", "--paths", 2, "--fit-report")
    assert "volatility a year" in text
    assert ": sane" in text


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--model", "regime"), "model: there is no model 'regime'. Mend: did you mean 'regimes'?"),
        (("--model", "2024"), "replay.2024: the data reach from 1990-01-02"),
        (("--model", "replay:2008", "--sessions", 500), "500 sessions of a stretch of 146"),
        (("--model", "flash", "--fit-report"), "a path that is made is not fitted"),
        (("--model", "2008", "--fit-report"), "a path that is a stretch of history is not fitted"),
        (("--model", "flash", "--paths", 0), "--paths: 0 is not a whole number of 1 or more"),
        (("--model", "flash", "--vix", 0), "--vix: 0.0 is not a positive number"),
        (("--model", "regimes", "--from", "2020-01-02"), "a fit needs 1,260"),
        (("--model", "bates", "--vix", 5), "bates.vix: VIX 5 is below the least"),
    ],
)
def test_mistakes_are_one_sentence(args: tuple[object, ...], says: str) -> None:
    assert says in bad("simulate", *args)


def test_what_is_no_model_or_market_is_told() -> None:
    market = hr.load("builtin", start="2020-01-02")
    with pytest.raises(hr.RangeError, match=r'write "regimes", or hr\.RegimeModel\.fit'):
        hr.draw(hr.RegimeModel, market)
    with pytest.raises(hr.RangeError, match=r"hr\.load"):
        hr.draw("flash", "builtin")
    made = hr.draw(hr.FlashCrash(), market, paths=2)
    assert repr(made) == (
        "<Simulation: a fall of 20% in 3 sessions, made; 2 paths of 252 sessions; print() for more>"
    )
    assert len(made.frame()) == 2 * 253
