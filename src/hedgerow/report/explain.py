"""Why: one decision, told from signal to trade."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from hedgerow.core.expiry import sessions_ahead
from hedgerow.core.fitting import Fit
from hedgerow.core.market import session_date
from hedgerow.core.policy import Policy
from hedgerow.core.step import Stage
from hedgerow.engine.track import Track
from hedgerow.errors import RangeError
from hedgerow.policies.control import BandTable, WithinEdges
from hedgerow.policies.drawdown import Drawdown
from hedgerow.policies.layered_states import told
from hedgerow.policies.overlays import under_floor
from hedgerow.policies.trigger import legs


@dataclass(frozen=True)
class Explanation:
    """One decision of a run.

    Parameters
    ----------
    date
        Session whose close decided.
    signals
        What the policy saw.
    steps
        For each step its kind, what it did in words, the intensity before and after it.
    target, held, wanted
        Intensity in force; contracts held and ordered.
    acted
        Legs of the trigger that fired; empty when the book was left alone.
    fill
        Date, contracts traded (signed, before the roll) and cost in USD of the next bar.
    memory
        What each step remembered afterwards.
    notes
        Things a reader must not miss, such as a budget that pushed the hedge under its floor.
    fits
        By the name of each signal that is fitted to the past: the fit in force.
    """

    date: str
    signals: Mapping[str, float]
    steps: list[dict[str, Any]]
    target: float
    held: float
    wanted: float
    acted: list[str]
    fill: Mapping[str, Any] | None
    memory: Mapping[str, float]
    notes: list[str]
    fits: Mapping[str, Fit]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values for JSON."""
        return {
            "date": self.date,
            "signals": dict(self.signals),
            "steps": self.steps,
            "target": self.target,
            "held": self.held,
            "wanted": self.wanted,
            "acted": self.acted,
            "fill": dict(self.fill) if self.fill else None,
            "memory": {k: v for k, v in self.memory.items() if math.isfinite(v)},
            "notes": self.notes,
            "fits": {name: fit.as_dict() for name, fit in self.fits.items()},
        }

    def __str__(self) -> str:
        lines = [f"Decision at the close of {self.date}"]
        for name, value in self.signals.items():
            lines.append(f"  signal    {name} = {value:.4g}")
            if name in self.fits:
                lines.append(f"  fitted    {_fitted(self.fits[name])}")
        for step in self.steps:
            lines.append(f"  {step['kind']:<9} {step['said']}  → {step['after']:.3f}")
        lines.append(f"  target    {self.target:.3f} × base, held {self.held:,.2f} contracts")
        if self.acted:
            lines.append(f"  order     to {self.wanted:,.2f} contracts ({', '.join(self.acted)})")
        else:
            lines.append("  order     none: no leg of the trigger fired")
        if self.fill is None:
            lines.append("  fill      the data end here")
        elif self.fill["traded"] == 0.0:
            lines.append(f"  fill      nothing traded on {self.fill['date']}")
        else:
            rolled = " (with the roll)" if self.fill["rolled"] else ""
            lines.append(
                f"  fill      {self.fill['change']:+,.2f} contracts on {self.fill['date']}"
                f"{rolled}, cost ${self.fill['cost']:,.0f}"
            )
        lines += [f"  note      {note}" for note in self.notes]
        return "\n".join(lines)


def explain(policy: Policy, track: Track, date: str) -> Explanation:
    """Return the decision of ``date``, or of the last session before it.

    Raises
    ------
    RangeError
        If ``date`` is unreadable or lies outside the run.
    """
    import numpy as np

    day = session_date(date, "date")
    dates = track.dates
    if day < dates[0] or day > dates[-1]:
        raise RangeError(
            f"{day} lies outside the run",
            where="date",
            mend=f"choose a date inside {dates[0]} … {dates[-1]}",
        )
    t = int(np.searchsorted(dates, day, side="right")) - 1
    seen = {name: float(column[t]) for name, column in track.signals.items()}
    trace = [float(track.trace[step.kind][t]) for step in policy.steps]
    steps = []
    for i, step in enumerate(policy.steps):
        before = trace[i - 1] if i else None
        steps.append(
            {
                "kind": step.kind,
                "said": _say(step, before, trace[i], seen, track, t),
                "before": before,
                "after": trace[i],
            }
        )
    acted = legs(track["legs"][t]) if policy.trigger else ["every bar"]
    if track["act"][t] > 0.0 and not acted:
        acted = ["trigger"]
    notes = []
    if under_floor(tuple(trace), tuple(policy.steps)):
        notes.append("the budget pushed the hedge under its floor (B3)")
    if dates[t] != day:
        notes.append(f"{day} was no session; this is the last one before it")
    return Explanation(
        date=str(dates[t]),
        signals=seen,
        steps=steps,
        target=float(track["x"][t]),
        held=float(track["held"][t]),
        wanted=float(track["wanted"][t]),
        acted=acted,
        fill=_fill(track, t - 1 if track.facts.get("same_bar") else t),
        memory={name: float(column[t]) for name, column in track.memory.items()},
        notes=notes,
        fits={
            name: fit
            for name, fits in track.fits.items()
            if (fit := next((f for f in reversed(fits) if f.date <= str(dates[t])), None))
        },
    )


def _fitted(fit: Fit) -> str:
    found = ", ".join(f"{name} {value:.4g}" for name, value in fit.parameters.items())
    return f"at the close of {fit.date} on {fit.rows:,} sessions {fit.start} … {fit.end}: {found}"


def _fill(track: Track, t: int) -> dict[str, Any] | None:
    if t + 1 >= len(track):
        return None
    change = float(track["held"][t + 1] - track["held"][t])
    traded = float(track["traded"][t + 1])
    return {
        "date": str(track.dates[t + 1]),
        "change": change,
        "traded": traded,
        "rolled": bool(track["rolled"][t + 1]),
        "cost": float(track["cost"][t + 1]),
    }


def _say(
    step: Any, before: float | None, after: float, seen: Mapping[str, float], track: Track, t: int
) -> str:
    """Tell in a few words what a step did."""
    terms = ", ".join(
        f"{item.name}={_short(getattr(step, item.name))}"
        for item in fields(step)
        if item.name != "signal" and getattr(step, item.name) not in step.inputs
    )
    watched = _watched(step, seen, track, t)
    if step.stage == Stage.RULE:
        if isinstance(step, BandTable | WithinEdges):
            return f"{watched}: {_say_band(step, seen, track, t)}"
        if step.kind in ("layered", "second_engine"):
            fields_of = step.start()._fields
            memory = {name: float(track.memory[f"{step.kind}.{name}"][t]) for name in fields_of}
            return f"{watched}: {told(step.kind, memory)}"
        return f"{watched or 'always'} by {step.kind}({terms})"
    assert before is not None
    if step.stage == Stage.TRIGGER:
        return _say_trigger(step, before, track, t)
    terms = f"({terms}), {watched}" if watched else f"({terms})"
    if after == before:
        return f"unchanged by {terms}"
    word = "raised" if after > before else "lowered"
    if step.stage == Stage.BUDGET:
        return _say_budget(step, before, after, track, t)
    return f"{word} from {before:.3f} by {terms}"


def _watched(step: Any, seen: Mapping[str, float], track: Track, t: int) -> str:
    """Tell what a step looked at: its signals, the drawdown, the portfolio's delta."""
    facts = [f"{name} {seen[name]:.4g}" for name in step.inputs]
    if isinstance(step, Drawdown):
        facts.append(f"drawdown {track['nav'][t] / track['peak'][t] - 1.0:.1%}")
    if "delta" in getattr(step, "needs", ()):
        facts.append("the portfolio's delta")
    return ", ".join(facts)


def _say_band(
    step: BandTable | WithinEdges, seen: Mapping[str, float], track: Track, t: int
) -> str:
    lower, upper = step.ends(*(seen[name] for name in step.inputs))
    held = float(track.memory[f"{step.kind}.level"][t - 1]) if t else 0.0
    moved = "stays" if lower <= held <= upper else ("raised" if held < lower else "lowered")
    return f"band {lower:.3g} … {upper:.3g}, {held:.3g} before {moved}"


def _say_budget(step: Any, before: float, after: float, track: Track, t: int) -> str:
    spent, base = float(track["spent"][t]), float(track["budget_base"][t])
    money = f"${spent:,.0f} of ${step.per_year * base:,.0f} spent this year"
    if after <= 0.0:
        return f"lowered from {before:.3f}: {money}"
    if int(str(track.dates[t])[:4]) != _year_of_fill(track, t):
        return f"lowered from {before:.3f} to fit next year's budget"
    left = step.per_year * base - spent
    return (
        f"lowered from {before:.3f}: at that size today's theta and roll would cost "
        f"${left * before / after:,.0f} by the end of the year, ${left:,.0f} is left ({money})"
    )


def _year_of_fill(track: Track, t: int) -> int:
    return int(str(sessions_ahead(track.dates[t], 1))[:4])


def _say_trigger(step: Any, before: float, track: Track, t: int) -> str:
    names = legs(track["legs"][t])
    if step.kind == "on_change":
        last = float(track.memory["on_change.last"][t])
        moved = f"{before:.3g} against {last:.3g} at the last fill: "
        return (moved if math.isfinite(last) else "") + ("fires" if names else "holds")
    if "trigger.last" not in track.memory:
        return "fires" if track["act"][t] > 0.0 else "holds"
    last = float(track.memory["trigger.last"][t])
    now = float(track.signals[step.signal][t])
    if not math.isfinite(last):
        return "first rebalance of the run" if names else "waiting for the first fill"
    since = f"{step.signal} {now:.4g} against {last:.4g} at the last rebalance"
    fall = float(track["nav"][t] / track["peak"][t] - 1.0)
    return f"{since}, drawdown {fall:.1%}: " + (f"fires ({', '.join(names)})" if names else "holds")


def _short(value: Any) -> str:
    if value is None:
        return "off"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
