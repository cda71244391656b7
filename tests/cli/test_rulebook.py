"""``hedgerow rulebook``: what comes with it, and what each file says of itself."""

from __future__ import annotations

import tomllib

import pytest

from cli.console import as_json, bad, good
from hedgerow.engine.rulebook import names, rulebook


def test_the_list_names_every_rulebook_once() -> None:
    said = good("rulebook", "list")
    for name in names():
        assert said.count(f"\n  {name} ") == 1
        assert rulebook(name).title in said
    assert said.index("\n  vxth ") < said.index("Rules of the source") < said.index("\n  option-a ")
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
