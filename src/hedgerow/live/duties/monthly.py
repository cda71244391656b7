"""The monthly duty: the review (C9), what a refit gives today, the walk-forward refreshed.

It looks and tells.  Nothing that runs is changed by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hedgerow.core.market import Market
from hedgerow.core.policy import Policy
from hedgerow.engine.program import Line, Program
from hedgerow.errors import HedgerowError
from hedgerow.live.duties.wording import Said
from hedgerow.live.fills import moved
from hedgerow.live.standing import Watch
from hedgerow.policies.fitted import Scheduled
from hedgerow.report import review as report
from hedgerow.report.formats import number
from hedgerow.research.review import review
from hedgerow.research.tuning.axes import axes

if TYPE_CHECKING:
    from hedgerow.research.tuning.walking import Walk

UNCHANGED = "Nothing has been changed."

TRAIN, TEST = "5y", "1y"
"""Windows of the walk-forward."""


def monthly(
    watch: Watch,
    market: Market,
    at: int,
    refit: Sequence[str],
    counted: Callable[[Walk], object] | None = None,
) -> Said:
    """Review a month, refit what is fitted, and walk forward again if axes are named.

    Parameters
    ----------
    watch
        Of the run, brought up to date.
    market
        Its tape; later rows than the session's are not looked at.
    at
        Place of the month's last session in the chronicle.
    refit
        Axes of the walk-forward, as ``linear.low=10:16``; none: no walk-forward.
    counted
        Enters the walk-forward into the register of trials.

    Raises
    ------
    LedgerError
        If the ledger is damaged.
    """
    session = watch.chronicle.sessions[at]
    found = review(watch.chronicle.ledger.read(), session.date[:7])
    known = market.until(market.index_of(session.date))
    fits, walks = refits(watch, known, at), []
    if refit and watch.program is not None:
        walks = walked(watch.program, known, refit, counted)
    text, note = [report.summarise(found)], moved(watch.journal.blotter())
    if note:
        text += ["", f"{note.capitalize()}."]
    if fits:
        text += ["", "Fitted signals: in force, and fitted anew to all that is known today"]
        text += [f"  {each['said']}" for each in fits]
    if walks:
        text += ["", f"Walk-forward of {', '.join(refit)}, {TRAIN} of training and {TEST} of test"]
        text += [f"  {each['said']}" for each in walks]
    if fits or walks:
        text.append(UNCHANGED)
    facts = {"review": report.table(found), "fits": fits, "walks": walks, "changed": False}
    return Said("\n".join(text), facts)


def refits(watch: Watch, market: Market, at: int) -> list[dict[str, Any]]:
    """Return each fitted signal's parameters in force, and those of a fit on the last session."""
    made = []
    for name, decided in watch.chronicle.sessions[at].decided.items():
        policy = watch.policy(name)
        for signal in policy.signals if policy is not None else ():
            if not isinstance(signal, Scheduled):
                continue
            force = dict(decided.fits.get(signal.name, {}))
            row: dict[str, Any] = {"line": name, "signal": signal.name, "in_force": force}
            before, since = _listed(force.get("parameters", {})), force.get("date", "never")
            try:
                fit = signal.refit(market)
                today = {} if fit is None else fit.as_dict()
                now = _listed(fit.parameters) if fit is not None else "too few sessions"
            except HedgerowError as error:
                today, now = {}, f"it cannot be fitted: {error}"
            said = f"{name}, {signal.name}: {before} of {since}; today {now}"
            made.append({**row, "today": today, "said": said})
    return made


def walked(
    program: Program,
    market: Market,
    refit: Sequence[str],
    counted: Callable[[Walk], object] | None = None,
) -> list[dict[str, Any]]:
    """Walk forward every line that has the numbers which are to be tried.

    Parameters
    ----------
    program
        What is run.
    market
        All that is known.
    refit
        Axes, as ``linear.low=10:16``.
    counted
        Enters what was tried into the register of trials.

    Returns
    -------
    list
        By line: ``in_use``, ``candidate`` (the numbers that the latest training window chooses,
        which nothing has judged), ``outside`` (the objective out of sample, by hedge),
        ``efficiency``, ``lanes``, and ``said``.
    """
    asked = axes(refit, "settings: duties.refit")
    steps = {key.partition(".")[0] for key in asked}
    made = []
    for line in program.lines:
        kinds = {step.kind for step in line.policy.steps}
        if line.role == "hedge" and not line.offsets and not line.sized_by and steps <= kinds:
            try:
                made.append(_walked(program, line, market, asked, counted))
            except HedgerowError as error:
                made.append({"line": line.name, "said": f"{line.name}: not walked: {error}"})
    return made


def _walked(
    program: Program,
    line: Line,
    market: Market,
    asked: dict[str, list[float]],
    counted: Callable[[Walk], object] | None,
) -> dict[str, Any]:
    from hedgerow.engine.run import prepare
    from hedgerow.research.tuning.lanes import lanes_of
    from hedgerow.research.tuning.walking import walk
    from hedgerow.research.tuning.windows import sessions

    policy, costs = line.policy, program.costs
    ground = prepare(market, line.sleeve, program.portfolio, costs=costs, lookback=policy.lookback)
    spread = lanes_of(policy, asked)
    found = walk(
        policy,
        ground,
        line.sleeve,
        spread,
        costs=costs,
        train=sessions(TRAIN, "train"),
        test=sessions(TEST, "test"),
        groups=0,
        carriage="numpy",
    )
    if counted is not None:
        counted(found)
    use = _in_use(policy, list(asked))
    outside = found.whole
    candidate = {key: float(value) for key, value in found.latest.items()}
    first, last = found.choices[0].test[0], found.choices[-1].test[1]
    said = (
        f"{line.name}: in use {_listed(use)}; candidate {_listed(candidate)}. Sharpe out of sample "
        f"{first} … {last}: walked {number(outside.get('walked'))}, "
        f"in use {number(outside.get('given'))}, fixed {number(outside.get('static'))} "
        f"(modelled prices; best of {len(found.values)})"
    )
    return {
        "line": line.name,
        "in_use": use,
        "candidate": candidate,
        "outside": {key: float(value) for key, value in outside.items()},
        "efficiency": float(found.efficiency),
        "lanes": len(found.values),
        "said": said,
    }


def _in_use(policy: Policy, keys: Sequence[str]) -> dict[str, float]:
    steps = {step.kind: step for step in policy.steps}
    return {key: getattr(steps[key.partition(".")[0]], key.partition(".")[2]) for key in keys}


def _listed(numbers: Any) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in dict(numbers).items()) or "none"
