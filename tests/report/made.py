"""Makes one small comparison."""

from __future__ import annotations

from typing import Any

import hedgerow as hr
import synthetic
from hedgerow.research.comparison import Comparison, compare


def make(policy: hr.Policy | None = None, sleeve: Any = None, **terms: Any) -> Comparison:
    """Compare on a synthetic market that covers the crises of 2018 and 2020."""
    chosen = policy or hr.Policy(
        signals=[hr.Level("vix")],
        steps=[
            hr.Linear("vix", low=12, high=22),
            hr.Bounds(floor=0.2, cap=2.0),
            hr.Persist(days=2),
            hr.Budget(per_year=0.02),
            hr.Trigger("vix"),
        ],
        name="tested",
    )
    facts = {"version": "9.8.7", "source": "synthetic"}
    return compare(
        chosen,
        terms.pop("market", None) or synthetic.market(),
        sleeve or hr.Put(size=hr.Notional(1.0)),
        hr.Equity(10_000_000),
        facts=facts,
        **terms,
    )
