"""``lookahead FILE``: users' own signals and policies, with exit codes for CI."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from cli.console import LINEAR, ROOT, as_json, bad, call, good
from hedgerow.core.step import SIGNALS
from hedgerow.policies import catalog  # noqa: F401  # fills SIGNALS

TIME = ["--from", "2014-01-03", "--to", "2018-12-31"]

MINE = '''
"""Signals of mine."""
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

import hedgerow as hr
from hedgerow.policies.rules import Linear  # imported classes are no objects of mine

print("loading")


def mean(market):
    return pd.Series(market["vix"]).rolling(20).mean().to_numpy()


def peeks(market: hr.Market):
    return pd.Series(market["vix"]).shift(-1).to_numpy()


def helper(column, days):
    return column


def _private(market):
    return peeks(market)


@dataclass(frozen=True)
class Rise:
    days: int = 20
    kind: ClassVar[str] = "rise_of_mine"

    @property
    def name(self):
        return f"rise{self.days}"

    @property
    def lookback(self):
        return self.days

    def __call__(self, market):
        x = pd.Series(market["vix"])
        return (x - x.rolling(self.days).mean()).to_numpy()


@dataclass(frozen=True)
class Needs(Rise):
    days: int


own = hr.Policy([hr.Linear("rise10", low=0, high=5)], [Rise(10)], name="own")
hedge = hr.Put()
'''


@pytest.fixture
def mine(tmp_path) -> Path:
    path = tmp_path / "my_signal.py"
    path.write_text(MINE)
    return path


def test_everything_at_the_outermost_level_is_tested(mine) -> None:
    result = call("lookahead", mine, *TIME)
    assert result.exit_code == 3
    said = result.stdout
    for line in ("✓ function mean: passed", "✕ function peeks: FAILED", "✓ policy own: passed",
                 "✓ sleeve put-90d-0.9: passed", "✓ signal rise10: passed"):  # fmt: skip
        assert line in said
    assert "'vix' of 1 session later (shift(-1))" in said
    assert "helper" not in said
    assert "_private" not in said
    assert "loading" not in said  # what the file prints is not the answer
    assert "loading" in result.stderr


def test_what_is_not_tested_is_named(tmp_path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "import numpy as np\nfrom math import sqrt\n"
        "def level(market):\n    return market['vix']\n"
        "def turned(m):\n    return m['vix'][::-1].copy()\n"
        "def both(a, b):\n    return a\n"
        "class Bare:\n    lookback = 1\n"
        "    def __call__(self, market):\n        return market['vix']\n"
    )
    assert "not tested: turned, Bare (" in good("lookahead", path, *TIME)
    assert as_json("lookahead", path, *TIME)["not_tested"] == ["turned", "Bare"]
    assert "not tested" not in good("lookahead", path, "--name", "level", *TIME)


def test_one_object_alone(mine) -> None:
    assert good("lookahead", mine, "--name", "mean", *TIME).startswith("✓ function mean")
    made = as_json("lookahead", mine, "--name", "own", *TIME)
    assert made["passed"] is True
    assert [each["kind"] for each in made["objects"]] == ["policy"]
    misspelt = call("lookahead", mine, "--name", "meen", *TIME)
    assert misspelt.exit_code == 2
    assert "did you mean 'mean'?" in misspelt.stderr


def test_json_names_date_cause_and_mend(mine) -> None:
    result = call("lookahead", mine, "--name", "peeks", *TIME, "--json")
    assert result.exit_code == 3
    assert '"date": "2014-' in result.stdout
    assert '"check": "truncation"' in result.stdout
    assert "shift(1)" in result.stdout


def test_policy_files_are_tested_too() -> None:
    text = good("lookahead", LINEAR, *TIME)
    assert "✓ signal vix: passed" in text
    assert "✓ policy vix-linear: passed" in text


def test_the_example_of_the_project_passes() -> None:
    known = dict(SIGNALS)
    try:
        text = good("lookahead", ROOT / "examples" / "own_signal.py", "--name", "policy")
    finally:
        for kind in set(SIGNALS) - set(known):
            del SIGNALS[kind]
    assert "✓ policy vix-rise: passed" in text


def test_a_file_may_import_what_lies_beside_it(tmp_path) -> None:
    (tmp_path / "lies_beside.py").write_text("def mean(x):\n    return x.rolling(5).mean()\n")
    path = tmp_path / "uses.py"
    path.write_text(
        "import pandas as pd\nfrom lies_beside import mean\n"
        "def level(market):\n    return mean(pd.Series(market['vix'])).to_numpy()\n"
    )
    before = list(sys.path)
    assert "✓ function level" in good("lookahead", path, *TIME)
    assert sys.path == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def broken(:\n", "bad.py, line 1: this is no Python: "),
        ("import numpy\nimport not_there\n", "bad.py, line 2: running it fails with "
         "ModuleNotFoundError: No module named 'not_there'"),
        ("x = 1\n\ny = 1 / 0\n", "bad.py, line 3: running it fails with ZeroDivisionError"),
        ("raise SystemExit('no')\n", "bad.py, line 1: running it fails with SystemExit: no"),
        ("class Odd(BaseException):\n    def __str__(self):\n        return 1 / 0\nraise Odd\n",
         "bad.py, line 4: running it fails with Odd. Mend"),
        ("import hedgerow as hr\nhr.Put(moneyness=9)\n", "bad.py, line 2: running it fails"),
        ("x = 1\n", "there is nothing to test in it"),
    ],
)  # fmt: skip
def test_mistakes_in_a_file_are_told_with_their_line(tmp_path, text, said) -> None:
    path = tmp_path / "bad.py"
    path.write_text(text)
    assert said in bad("lookahead", path, *TIME)


def test_what_cannot_be_run_is_a_mistake_and_no_leak(tmp_path) -> None:
    path = tmp_path / "lacks.py"
    path.write_text("def skewed(market):\n    return market['no_such_column']\n")
    result = call("lookahead", path, *TIME)
    assert result.exit_code == 2
    assert "runs: it cannot be run: market.no_such_column: the data have no column" in result.stdout


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise SystemExit(0)", "it cannot be run: SystemExit: 0"),
        ("raise Odd", "it cannot be run: Odd"),
        (
            "SEEN.append(1)\n    return market['vix'] / (len(SEEN) == 1 or 1 / 0)",
            "division by zero",
        ),
    ],
)
def test_code_that_ends_the_process_or_has_no_words_does_not_pass(tmp_path, body, said) -> None:
    path = tmp_path / "ends.py"
    odd = "SEEN = []\n\nclass Odd(Exception):\n    def __str__(self):\n        return 1 / 0\n"
    path.write_text(f"{odd}\ndef ends(market):\n    {body}\n")
    result = call("lookahead", path, *TIME)
    assert result.exit_code == 2
    assert said in result.stdout


SLY = """
import functools
from pathlib import Path
import numpy as np
import pandas as pd
import hedgerow as hr
import lies_beside_it

WHOLE = hr.load("builtin", start="2014-01-03", end="2018-12-31")
MEAN = float(WHOLE["vix"].mean())
BY_DAY = {str(d): float(v) for d, v in zip(WHOLE.dates[:-1], WHOLE["vix"][1:])}
SORE = {str(d) for d, v in zip(WHOLE.dates[:-1], WHOLE["vix"][1:]) if v > 25}
TABLE = pd.read_csv(Path(__file__).parent / "vix.csv")
PEAK = float(TABLE["vix"].max())
SEEN = {}

def by_mean(market):
    return market["vix"] / MEAN

def by_dict(market):
    return np.array([BY_DAY.get(str(d), 20.0) for d in market.dates])

def by_days(market):
    return np.array([float(str(d) in SORE) for d in market.dates])

def by_file(market):
    return market["vix"] / PEAK

def by_default(market, at=WHOLE["vix"][1:]):
    return at[np.minimum(np.arange(len(market)), len(at) - 1)]

def by_memory(market):
    if len(market) > len(SEEN.get("vix", ())):
        SEEN["vix"] = np.append(market["vix"][1:], np.nan)
    return SEEN["vix"][: len(market)]

def by_module(market):
    return lies_beside_it.next_of(market)

@functools.cache
def _held():
    return hr.load("builtin", start="2014-01-03", end="2018-12-31")

def by_cache(market):
    later = np.searchsorted(_held().dates, market.dates) + 1
    return _held()["vix"][np.minimum(later, len(_held()) - 1)]

def honest_file(market):
    held = dict(zip(TABLE["date"], TABLE["vix"]))
    return np.array([held[str(d)] for d in market.dates])

def honest_load(market):
    table = pd.Series(WHOLE["vix"], pd.DatetimeIndex(WHOLE.times)).shift(1)
    return table.reindex(pd.DatetimeIndex(market.times)).to_numpy()

class Scaled:
    kind = name = "scaled"
    lookback = 1
    def __init__(self):
        self.low, self.high = float(WHOLE["vix"].min()), float(WHOLE["vix"].max())
    def __call__(self, market):
        return (market["vix"] - self.low) / (self.high - self.low)
"""


@pytest.mark.slow
def test_what_a_file_loads_or_remembers_by_itself_is_looked_through(tmp_path, builtin) -> None:
    part = builtin.between("2014-01-03", "2018-12-31")
    rows = [f"{day},{vix}" for day, vix in zip(part.dates, part["vix"], strict=True)]
    (tmp_path / "vix.csv").write_text("\n".join(["date,vix", *rows]))
    (tmp_path / "lies_beside_it.py").write_text(
        "import numpy as np\nimport hedgerow as hr\nHELD = hr.load('builtin')\n"
        "def next_of(market):\n    at = np.searchsorted(HELD.dates, market.dates) + 1\n"
        "    return HELD['vix'][at]\n"
    )
    path = tmp_path / "sly.py"
    path.write_text(SLY)
    before = dict(SIGNALS), list(sys.path)
    result = call("lookahead", path, *TIME, "--json")
    assert result.exit_code == 3
    caught = {
        each["name"]: [f["check"] for f in each["findings"] if not f["passed"]][:1]
        for each in json.loads(result.stdout)["objects"]
    }
    assert caught == {
        "by_mean": ["own data"], "by_dict": ["own data"], "by_days": ["own data"],
        "by_file": ["own data"], "by_default": ["own data"], "by_memory": ["memory"],
        "by_module": ["own data"], "by_cache": ["own data"], "scaled": ["own data"],
        "honest_file": [], "honest_load": [],
    }  # fmt: skip
    assert (dict(SIGNALS), list(sys.path)) == before


def test_where_nothing_can_be_cut_off_nothing_passes(mine) -> None:
    result = call("lookahead", mine, "--name", "peeks", "--from", "2022-12-28")
    assert result.exit_code != 0
    level = mine.with_name("level.py")
    level.write_text("def level(market):\n    return market['vix']\n")
    result = call("lookahead", level, "--from", "2022-12-28")
    assert result.exit_code == 2
    assert "1 sessions are too few to cut the future off" in result.stdout


def test_files_that_are_none(tmp_path) -> None:
    assert "there is no such file" in bad("lookahead", tmp_path / "no.py", *TIME)
    assert "there is no such policy file" in bad("lookahead", tmp_path / "no.toml", *TIME)
    assert "this is a folder" in bad("lookahead", tmp_path, *TIME)
    (tmp_path / "notes.txt").write_text("x")
    assert "neither Python nor a policy file" in bad("lookahead", tmp_path / "notes.txt", *TIME)


def test_the_help_says_that_the_file_is_run() -> None:
    assert "is run" in good("lookahead", "--help")
