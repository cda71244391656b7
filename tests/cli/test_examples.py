"""``hedgerow examples``: the list, runs as text, JSON and page, and mistakes in one sentence."""

from __future__ import annotations

import pytest

from cli.console import as_json, bad, good

NAMES = ["E1", "E2", "E3", "E4", "E5"]


def test_the_list_names_all_five() -> None:
    said = good("examples", "list")
    assert [line[:2] for line in said.splitlines() if line.startswith("E")] == NAMES
    assert [row["name"] for row in as_json("examples", "list")["examples"]] == NAMES


def test_e1_to_e5_run_on_the_builtin_data_and_say_that_vix_is_modelled(tmp_path) -> None:
    page = tmp_path / "examples.html"
    made = as_json("examples", "run", "all", "--report", page)
    assert [row["name"] for row in made["examples"]] == NAMES
    for row in made["examples"]:
        assert row["problem"] is None
        assert row["measured"]["modelled"]
    vix = {row["name"]: row["measured"]["modelled"]["VIX"] for row in made["examples"]}
    assert vix["E1"] > 0.4  # builtin: published 2014 to 2018 alone
    assert vix["E3"] > 0.9
    assert vix["E4"] == 0.0
    assert made["examples"][3]["measured"]["modelled"]["VIX futures"] == 1.0
    assert page.read_text("utf-8").count("<section id=") == 6


def test_an_example_in_words_has_arithmetic_claims_and_why() -> None:
    said = good("examples", "run", "e1", "E1")
    assert said.count("E1: VIX-scaled hedge, 2017–2020") == 1
    for words in (
        "$6,000 vega", "−$7,000,000", "equal", "Where it does not fit together",
        "Measured with costs, 2017-01-03 … 2020-12-31", "claimed", "Why they differ",
        "VIX on 50%", "Not investment advice.",
    ):  # fmt: skip
        assert words in said
    assert "not equal" in good("examples", "run", "E3")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["E9"], "example: there is no example 'E9'. Mend: use E1, E2, E3, E4, E5"),
        (["E1", "all", "--data", "nowhere"], "nowhere"),
        (["E1", "--report", "."], "this is a folder"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(words, said) -> None:
    assert said in bad("examples", "run", *words)
