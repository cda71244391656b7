"""``hr.control``: the band as Python gives it."""

from __future__ import annotations

import json

import pytest

import hedgerow as hr


def test_a14_the_result_has_a_policy_a_picture_and_plain_values(builtin, tmp_path) -> None:
    found = hr.control(builtin, carry=0.019, cost=0.0005, loss=1.5, paths=4)
    assert [step.kind for step in found.policy.steps] == ["band_table", "bounds", "on_change"]
    assert found.picture(tmp_path / "band.svg").read_text("utf-8") == found.svg()
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["terms"]["loss"] == 1.5
    assert len(plain["states"]) == 12
    assert "12 states" in repr(found)
    with pytest.raises(hr.RangeError, match="not a path"):
        found.picture(7)
    with pytest.raises(hr.RangeError, match="this is a folder"):
        found.picture(tmp_path)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda m: hr.control("builtin"), r"hr.load\('builtin'\)"),
        (lambda m: hr.control(m, hr.Put), "write hr.Put"),
        (lambda m: hr.control(m, carry=0.0, cost=0.1), "control.carry"),
        (lambda m: hr.control(m, carry=0.02, cost=0.1, edges=(20, 15)), "edges must rise"),
        (lambda m: hr.control(m, carry=0.02, cost=0.1, start="yesterday"), "not a date"),
    ],
)
def test_mistakes_are_told_in_words(builtin, call, said: str) -> None:
    with pytest.raises(hr.HedgerowError, match=said):
        call(builtin)
