"""The program of a book of condors: a line for each rung, in front of bills alone."""

from __future__ import annotations

from collections.abc import Sequence

from hedgerow.core.policy import Policy
from hedgerow.core.step import Step
from hedgerow.engine.program import Line, Program
from hedgerow.policies.catalog import signal_named
from hedgerow.policies.rules import Constant
from hedgerow.policies.trigger import AtRoll
from hedgerow.shortvol.condor.rules import CondorRules


def program(rules: CondorRules, *, hedges: Sequence[Line] = ()) -> Program:
    """Return the program that sells condors by rules, and holds what hedges them.

    Parameters
    ----------
    rules
        Of the condors.
    hedges
        Lines beside them; one ``sized_by="book_vega"`` takes the condors' vega out.

    Returns
    -------
    Program
        Lines ``condor-1``, ``condor-2``, … of ``role="book"``, then the hedges.  With a hurdle
        they read ``stressed_irr``: :func:`~hedgerow.shortvol.gates.gated` makes that column.

    Raises
    ------
    HedgerowError
        If the hedges do not fit a program.

    Examples
    --------
    >>> made = program(CondorRules(weeks=4, rungs=2))
    >>> [(line.name, line.role, line.sleeve.roll) for line in made.lines]
    [('condor-1', 'book', '4w@wed'), ('condor-2', 'book', '4w@wed+2')]
    """
    gates = [] if rules.hurdle is None else [rules.hurdle]
    signals = [signal_named(name) for gate in gates for name in dict.fromkeys(gate.inputs)]
    steps: list[Step] = [Constant(1.0), *gates, AtRoll(waits=True)]
    hold = Policy(steps, signals=signals, name="hold", raw=True)
    book = [
        Line(f"condor-{rung + 1}", rules.sleeve(rung), hold, actions=rules.management, role="book")
        for rung in range(rules.rungs)
    ]
    return Program(
        [*book, *hedges],
        name=rules.name,
        title="Iron condors sold by rule",
        portfolio=rules.portfolio,
        execution=rules.execution,
        costs=rules.costs,
        margin=rules.margin,
    )
