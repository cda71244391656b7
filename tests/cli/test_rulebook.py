"""``hedgerow rulebook``: what comes with it, and what each file says of itself."""

from __future__ import annotations

import re
import tomllib

import numpy as np
import pytest

from cli.console import as_json, bad, good
from hedgerow.engine.rulebook import names, rulebook


def test_the_list_names_every_rulebook_once() -> None:
    said = good("rulebook", "list")
    for name in names():
        assert said.count(f"\n  {name} ") == 1
        assert rulebook(name).title in said
    assert (
        said.index("\n  vxth ")
        < said.index("worked examples of the source")
        < said.index("\n  option-a ")
    )
    made = as_json("rulebook", "list")
    assert {row["name"] for row in made["rulebooks"]} == set(names())
    assert made["notice"] == "Not investment advice."


@pytest.mark.parametrize("name", names())
def test_a_rulebook_is_shown_with_all_it_says_of_itself(name: str) -> None:
    book = rulebook(name)
    said = " ".join(good("rulebook", "show", name).split())
    for text in (book.title, book.about, book.source, *book.conventions):
        assert " ".join(text.split()) in said
    for line in book.table["lines"]:
        assert f"{line['name']}: {line['sleeve']['kind']}" in said
    assert said.endswith("Not investment advice.")
    assert good("rulebook", "show", name, "--toml") == book.text
    made = as_json("rulebook", "show", name)
    assert made["program"] == tomllib.loads(made["toml"])
    assert made["conventions"] == list(book.conventions)


def test_an_unknown_rulebook_is_told_in_a_sentence() -> None:
    assert bad("rulebook", "show", "vxht") == (
        "rulebook: there is no 'vxht'. Mend: did you mean 'vxth'?"
    )


SHORT = ("--from", "2018-01-02", "--to", "2018-06-29")


def test_j_a_rulebook_runs_as_an_index_with_daily_levels_and_monthly_returns() -> None:
    made = as_json("rulebook", "run", "veqtor", *SHORT)
    levels = np.array(made["levels"])
    assert (made["base"], levels[0]) == (100.0, 100.0)
    assert len(levels) == len(made["dates"]) == made["bars"]
    assert (made["dates"][0], made["dates"][-1]) == (made["from"], made["to"])
    assert made["months"] == [f"2018-0{month}" for month in range(1, 7)]
    grown = np.prod(1.0 + np.array(made["monthly_returns"]))
    assert grown == pytest.approx(levels[-1] / 100.0, rel=1e-12)
    assert made["conventions"] == list(rulebook("veqtor").conventions)
    assert made["notice"] == "Not investment advice."
    # the builtin data have a published VIX for 2018, and no VIX futures
    assert made["origins"]["vix"] == {"measured": 1.0}
    assert made["origins"]["vx1"] == {"missing": 1.0}
    assert made["modelled"]["volatility"]["modelled_share"] == 1.0
    assert made["modelled"]["equity"]["modelled_share"] == 0.0


def test_a_run_in_words_says_what_a_model_priced() -> None:
    said = good(
        "rulebook", "run", "pput", "--from", "2008-01-02", "--to", "2008-12-31", "--monthly"
    )
    assert said.startswith("Cboe S&P 500 5% Put Protection Index\n")
    assert "protected index: a model's price on 100% of the sessions" in said
    assert "vix: 100% modelled" in said
    assert "Not investment advice." in said
    months = [line for line in said.splitlines() if line.startswith("2008-")]
    assert len(months) == 12


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("put", "Modelled option prices: not the level that Cboe publishes."),
        ("spvxst", "Modelled futures prices: not the level that S&P publishes."),
        ("option-a", ""),
    ],
)
def test_a_modelled_level_is_said_not_to_be_the_published_one(name, said) -> None:
    level, *after = good("rulebook", "run", name, *SHORT).partition("\nIndex: ")[2].splitlines()
    assert re.fullmatch(r"100 at 2018-01-02, \d+\.\d\d at 2018-06-29", level)
    assert after == ([said] if said else [])


def test_mistakes_of_a_run_are_told() -> None:
    assert bad("rulebook", "run", "vxht").startswith("rulebook: there is no 'vxht'")
    assert bad("rulebook", "run", "vxth", "--from", "2018-13-01").startswith("--from: ")
    assert "outside the data" in bad("rulebook", "run", "vxth", "--from", "2030-01-02")


def test_a_shown_collar_tells_its_cross_roll() -> None:
    assert "restrike side=fall drift=0.15 wait=28" in good("rulebook", "show", "cll")
