"""Which columns of a session a program cannot decide without."""

from __future__ import annotations

from hedgerow.data.layouts import SECTORS
from hedgerow.engine.program import Program
from hedgerow.instruments.scene import index_of
from hedgerow.policies.needs import needs
from hedgerow.shortvol.gates import COLUMN as GATE

ALWAYS = ("spx", "vix")
"""What every run marks its portfolio and prices its options with."""


def needs_of(program: Program) -> frozenset[str]:
    """Return the market columns that a program's lines read and no model stands in for.

    Sectors' funds are left out where some of them will do.

    Examples
    --------
    >>> from hedgerow.engine.rulebook import rulebook
    >>> sorted(needs_of(rulebook("option-a").program))
    ['spx', 'vix']
    """
    found = set(ALWAYS)
    for line in program.lines:
        found.add(index_of(line.sleeve))
        for signal in line.policy.signals:
            read = needs(signal)
            some = read.least < len(read.columns)
            found.update(name for name in read.columns if not (some and name in SECTORS))
    return frozenset(found - {GATE})  # which is worked out of the others
