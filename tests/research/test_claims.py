"""The claims: the rule of the verdict, and the list."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.research.claims.claim import (
    Range,
    Verdict,
    about,
    judge,
    over,
    under,
)
from hedgerow.research.claims.study import CLAIMS, PARTS

BY_ID = {claim.id: claim for claim in CLAIMS}

value = st.floats(-1e6, 1e6)
ends = st.tuples(value, value).map(sorted)


# ---- the rule -----------------------------------------------------------------------------------


@given(ends, ends)
def test_the_verdict_is_that_of_sets(claimed, interval) -> None:
    verdict = judge(Range(*claimed), *interval)
    inside = claimed[0] <= interval[0] and interval[1] <= claimed[1]
    apart = interval[1] < claimed[0] or interval[0] > claimed[1]
    assert (verdict is Verdict.HOLDS) == inside
    assert (verdict is Verdict.FAILS) == (apart and not inside)


@given(ends, ends, st.floats(0.0, 1e6))
def test_a_wider_interval_never_turns_a_verdict_round(claimed, interval, more) -> None:
    """Less knowledge may take a verdict back, it never brings another."""
    narrow = judge(Range(*claimed), *interval)
    wide = judge(Range(*claimed), interval[0] - more, interval[1] + more)
    assert wide in (narrow, Verdict.UNTOLD)


@given(st.floats(-1e6, 1e6).filter(lambda v: v != 0.0))
def test_about_a_number_is_a_tenth_to_either_side(number) -> None:
    low, high = about(number)
    assert low <= number <= high
    assert high - low == pytest.approx(0.2 * abs(number))


@given(value)
def test_a_direction_leaves_its_edge_out(number) -> None:
    assert judge(over(number), number, number) is Verdict.FAILS
    assert judge(under(number), number, number) is Verdict.FAILS
    assert judge(over(number), number + 1.0, math.inf) is Verdict.HOLDS
    assert judge(over(number), number, number + 1.0) is Verdict.UNTOLD


def test_without_an_interval_nothing_is_told() -> None:
    assert judge(Range(0.0, 1.0), math.nan, math.nan) is Verdict.UNTOLD


# ---- the list -----------------------------------------------------------------------------------


def test_the_ids_are_unique_and_can_be_typed() -> None:
    assert len(BY_ID) == len(CLAIMS) > 100
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in BY_ID)


def test_the_claims_stand_in_the_order_of_the_source() -> None:
    order = [(PARTS.index(part), section) for part, _, section in
             (claim.section.partition(" › ") for claim in CLAIMS)]  # fmt: skip
    assert order == sorted(order)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_says_what_it_measures(claim) -> None:
    assert claim.claimed.low <= claim.claimed.high
    assert claim.definition.endswith(".")
    for other in re.findall(r"`([a-z0-9-]+)`", claim.definition):
        assert other in BY_ID or other == "example"


def plain(text: str) -> str:
    """The source without its marks of emphasis and money, blanks made one."""
    return " ".join(re.sub(r"[*$`]|\\(?=\$)|\\text|[{}]|p_|\\rightarrow", "", text).split())


@pytest.mark.realdata
def test_every_claim_quotes_the_source_where_it_stands(real_data: Path) -> None:
    found = sorted((real_data.parent / "seeds").glob("001_*.txt"))
    if not found:
        pytest.skip("the source text is not beside the data")
    parts = re.split(r"^## ", found[0].read_text(encoding="utf-8"), flags=re.M)
    sections = {}
    for part in parts[1:]:
        title, _, body = part.partition("\n")
        for piece in re.split(r"^### ", body, flags=re.M):
            name, _, text = piece.partition("\n")
            sections[f"{title} › {name}"] = plain(text)
        sections[title] = plain(body)
    for claim in CLAIMS:
        assert plain(claim.quote) in sections[claim.section], claim.id
