"""Within a backtest: signals and steps of the user's own, looked through for other tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hedgerow.core.policy import Policy
from hedgerow.engine import run
from hedgerow.engine.run import Ground
from hedgerow.engine.track import Track
from hedgerow.research.foresight.study import examine
from hedgerow.research.foresight.worlds import elsewhere, places
from hedgerow.research.lookahead import Verdict

RULES = ("form", "runs", "warm-up", "lookback")
"""Checks of a signal that break a rule of its kind and see no future."""


def own_parts_agree(
    policy: Policy,
    ground: Ground,
    whole: Track,
    cut: int,
    turns: Mapping[int, Policy] | None = None,
) -> list[Verdict]:
    """Test the parts of a policy that are the user's own, beyond cutting the future off.

    Parameters
    ----------
    policy, ground, whole
        What was run on what, and its track.
    cut
        Row after which other tables are noise while the policy is run once more.
    turns
        Bars of the run from which on another policy decides, as that other policy.
    """
    made = []
    for signal in policy.signals:
        if not _ours(signal):
            bad = [f for f in examine(signal, ground.market).failures if f.check not in RULES]
            if any(finding.date or finding.check != "truncation" for finding in bad):
                made.append(Verdict(f"signal {signal.name}", False, str(bad[0])))
    if all(_ours(step) for step in policy.steps):
        return made
    tables = places(policy, len(ground.market))
    if tables:
        with elsewhere(tables, ground.market, cut):
            other = run.play("other", policy, ground, turns=turns)
        known = slice(0, cut - ground.first + 1)
        same = all(
            np.array_equal(whole[name][known], other[name][known], equal_nan=True)
            for name in ("x", "act", "wanted")
        )
        names = ", ".join(dict.fromkeys(f"'{table.name}'" for table in tables))
        said = f"it changes before {ground.market.dates[cut]} when {names} are noise after it"
        if not same:
            made.append(Verdict(f"policy {policy.name}", False, said))
    return made


def _ours(part: Any) -> bool:
    return type(part).__module__.partition(".")[0] == "hedgerow"
