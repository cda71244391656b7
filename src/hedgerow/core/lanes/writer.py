"""Writes the source of a lane loop for one policy: bars outside, a block of lanes inside.

The state of a block lives in one flat buffer of rows, ``s[row * W + lane]``, with every row
number a literal.  LLVM can then prove that rows do not overlap and vectorises each inner loop
without run-time checks, in strict IEEE arithmetic.  The kernels themselves are not rewritten:
the loop only loads their arguments, calls them, and stores what they return.

Where lanes are paths, what differs from path to path is copied into rows of the buffer before the
lanes of a block are played; what paths share stays a scalar.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hedgerow.core.book import Bar, Book, Order, fill, mark, place
from hedgerow.core.lanes.reading import fields_read
from hedgerow.core.policy import Policy
from hedgerow.core.step import Stage

WIDTH = 128
"""Lanes in a block: their state stays in the first cache level."""

STRIDE = WIDTH + 8
"""Distance between rows: a vector more than a block, or rows would meet 4 KiB apart."""

BARS = 2
"""Bars that one pass over a block takes: state is loaded and stored once for all of them."""


class Own(NamedTuple):
    """What each lane has of its own, where lanes are paths."""

    bars: frozenset[str] = frozenset()
    """Fields of the bar."""
    signals: frozenset[int] = frozenset()
    """Numbers of the signals."""


SHARED = Own()
"""One tape for all lanes."""


@dataclass
class Layout:
    """What the caller must hand to the written loop, and what comes back.

    Parameters
    ----------
    source
        The module's text; it defines ``run``.
    lane_rows
        ``(step, field)`` of each parameter given per lane, in row order.
    shared
        ``(owner, index, field)`` of each parameter shared by all lanes, in order.
    starts
        Names of the rows that carry state from bar to bar, in order.
    results
        Names of the rows that come back: the measures' memory and the final book.
    cells
        Length of the buffer that a block's state needs.
    inputs
        What is given per lane and bar, in order: fields of the bar, numbers of signals.
    """

    source: str = ""
    lane_rows: list[tuple[int, str]] = field(default_factory=list)
    shared: list[tuple[str, int, str]] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    cells: int = 0
    inputs: list[str | int] = field(default_factory=list)


def _all_if_unsure(read: set[str] | None, fields: Sequence[str]) -> set[str]:
    return set(fields) if read is None else read & set(fields)


class _Loop:
    """The inner loop: what it loads, what it runs, what it stores."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.reads: list[str] = []
        self.writes: list[str] = []

    def read(self, *names: str) -> None:
        self.reads += [n for n in names if n not in self.reads and n not in self.writes]

    def write(self, *names: str) -> None:
        self.writes += [n for n in names if n not in self.writes]


def write(
    policy: Policy,
    params: Sequence[Any],
    varied: Sequence[set[str]],
    measures: Sequence[Any],
    own: Own = SHARED,
) -> Layout:
    """Write the loop.

    Parameters
    ----------
    policy
        Steps, in order.
    params
        Each step's parameters (their fields and which of them are bools).
    varied
        For each step the fields that differ from lane to lane.
    measures
        Measures, in order.
    own
        What each lane has of its own; nothing by default.
    """
    plan = Layout(inputs=_inputs(policy, measures, own))
    used: set[str] = set()
    for step in policy.steps:
        used |= _all_if_unsure(fields_read(step.kernel, 1, "book"), Book._fields)
    for measure in measures:
        used |= _all_if_unsure(fields_read(measure.kernel, 0), Book._fields)
        used |= _all_if_unsure(fields_read(measure.result, 1), Book._fields)
    state = ["held", "nav", *(["peak"] if "peak" in used else [])]
    state += ["spent", "base"] if {"spent", "base"} & used else []

    loop = _Loop()
    _add_settling(loop, state, measures, plan)
    for i, step in enumerate(policy.steps):
        _add_step(loop, i, step, policy, params[i], varied[i], plan)
    _add_place(loop, policy)
    for i, measure in enumerate(measures):
        plan.results += [f"t{i}_{name}" for name in measure.Memory._fields]
    plan.results += state
    return _assemble(plan, loop, policy, measures)


def _inputs(policy: Policy, measures: Sequence[Any], own: Own) -> list[str | int]:
    """Return what is read of that which each lane has of its own."""
    read: set[str] = set()
    for kernel, at in ((mark, 1), (fill, 2), (place, 3)):
        read |= _all_if_unsure(fields_read(kernel, at), Bar._fields)
    for step in policy.steps:
        read |= _all_if_unsure(fields_read(step.kernel, 1, "bar"), Bar._fields)
    for measure in measures:
        read |= _all_if_unsure(fields_read(measure.kernel, 2), Bar._fields)
    seen = {k for wires in policy.wiring for k in wires}
    return [*(n for n in Bar._fields if n in own.bars & read), *sorted(own.signals & seen)]


def _add_settling(loop: _Loop, state: Sequence[str], measures: Sequence[Any], plan: Layout) -> None:
    orders = {"contracts", "act"}
    for measure in measures:
        orders |= _all_if_unsure(fields_read(measure.kernel, 1), Order._fields)
    loop.read(*state, *(f"o_{n}" for n in sorted(orders)))
    book = ", ".join(n if n in state else "0.0" for n in Book._fields)
    order = ", ".join(f"o_{n}" if n in orders else "0.0" for n in Order._fields)
    loop.lines += [
        f"order = Order({order})",
        f"book = settle(Book({book}), order, bar)",
        *(f"{n} = book.{n}" for n in Book._fields),
    ]
    loop.write(*Book._fields)
    for i, measure in enumerate(measures):
        shared = [f"c{_share(plan, 'measure', i, n)}" for n in measure.params()._fields]
        rows = [f"t{i}_{n}" for n in measure.Memory._fields]
        loop.read(*rows)
        memory = ", ".join(rows)
        loop.lines.append(
            f"tally{i} = measure{i}(book, order, bar, T{i}({memory}), Q{i}({', '.join(shared)}))"
        )
        loop.lines += [f"t{i}_{n} = tally{i}.{n}" for n in measure.Memory._fields]
        loop.write(*(f"t{i}_{n}" for n in measure.Memory._fields))


def _share(plan: Layout, owner: str, i: int, name: str) -> int:
    plan.shared.append((owner, i, name))
    return len(plan.shared) - 1


def _add_step(
    loop: _Loop, i: int, step: Any, policy: Policy, params: Any, varied: set[str], plan: Layout
) -> None:
    book = _all_if_unsure(fields_read(step.kernel, 1, "book"), Book._fields)
    loop.read(*sorted(book), *(["x"] if i else []))
    arguments = []
    for name, value in zip(params._fields, params, strict=True):
        if isinstance(value, bool):
            arguments.append(str(value))
        elif name in varied:
            plan.lane_rows.append((i, name))
            row = f"p{i}_{name}"
            loop.read(row)
            arguments.append(row)
        else:
            arguments.append(f"c{_share(plan, 'step', i, name)}")
    idle: Set[str] = getattr(step, "idle", frozenset())
    fields = step.start()._fields
    live = [n for n in fields if n not in idle]
    read = _all_if_unsure(fields_read(step.kernel, 2), fields) - idle
    loop.read(*(f"m{i}_{n}" for n in fields if n in read))
    memory = ", ".join(f"m{i}_{n}" if n in read else _literal(n, step, idle) for n in fields)
    signals = ", ".join(f"s{k}" for k in policy.wiring[i])
    facts = ", ".join(n if n in book else "0.0" for n in Book._fields)
    loop.lines += [
        f"seen = View(({signals}{',' if signals else ''}), Book({facts}), bar)",
        f"x, memory = step{i}({'x' if i else '0.0'}, seen, M{i}({memory}), "
        f"P{i}({', '.join(arguments)}))",
        *(f"m{i}_{n} = memory.{n}" for n in live),
    ]
    loop.write("x", *(f"m{i}_{n}" for n in live))


def _literal(name: str, step: Any, idle: Set[str]) -> str:
    """Return what stands for a field that no row carries: its start value, which it keeps."""
    start = getattr(step.start(), name) if name in idle else 0.0
    return repr(float(start)) if math.isfinite(start) else f'float("{start}")'


def _add_place(loop: _Loop, policy: Policy) -> None:
    last = len(policy.steps) - 1
    act = f"m{last}_fired" if policy.steps[-1].stage == Stage.TRIGGER else "1.0"
    loop.read("x", "nav", *([act] if act != "1.0" else []))
    nothing = ", ".join("nav" if n == "nav" else "0.0" for n in Book._fields)
    loop.lines += [
        f"order = place(x, {act}, Book({nothing}), bar)",
        *(f"o_{n} = order.{n}" for n in Order._fields),
    ]
    loop.write(*(f"o_{n}" for n in Order._fields))


def _assemble(plan: Layout, loop: _Loop, policy: Policy, measures: Sequence[Any]) -> Layout:
    """Give every value that outlives a bar a row, and put the module together."""
    parameters = [f"p{i}_{name}" for i, name in plan.lane_rows]
    plan.starts = sorted((set(loop.reads) | set(plan.results)) - set(parameters))
    names = [*parameters, *plan.starts]
    names += [_row(name, k) for k in range(BARS) for name in plan.inputs]
    plan.cells = len(names) * STRIDE
    rows = {name: r for r, name in enumerate(names)}
    consts = [f"    c{k} = shared[{k}]" for k in range(len(plan.shared))]
    heads = [f"step{i} = callee(steps[{i}].kernel)" for i in range(len(policy.steps))]
    heads += [f"M{i} = type(steps[{i}].start())" for i in range(len(policy.steps))]
    heads += [f"P{i} = type(steps[{i}].params())" for i in range(len(policy.steps))]
    heads += [f"measure{i} = callee(measures[{i}].kernel)" for i in range(len(measures))]
    heads += [f"T{i} = measures[{i}].Memory" for i in range(len(measures))]
    heads += [f"Q{i} = type(measures[{i}].params())" for i in range(len(measures))]
    taken = ", own" if plan.inputs else ""
    lines = [
        "settle = callee(settle_)",
        "place = callee(place_)",
        *heads,
        # Unsigned indices: numba need not ask whether they count from the end.
        f"W = np.uintp({WIDTH})",
        *(f"R{r} = np.uintp({r * STRIDE})" for r in range(len(rows))),
        "",
        "",
        "@compiled",
        f"def run(bars, signals, stops, shared, starts, lanes, low, high, s, out{taken}):",
        *consts,
        "    for b in range(low, high):",
        f"        for i in range({len(parameters) * WIDTH}):",
        f"            lane = min(b * {WIDTH} + i % {WIDTH}, lanes.shape[1] - 1)",
        f"            s[(i // {WIDTH}) * {STRIDE} + i % {WIDTH}] = lanes[i // {WIDTH}, lane]",
        f"        for i in range({len(plan.starts) * STRIDE}):",
        f"            s[{len(parameters) * STRIDE} + i] = starts[i // {STRIDE}]",
        "        at = 0",
        "        for k in range(len(stops)):",
        "            play(bars[at:stops[k]], signals[at:stops[k]], s"
        + "".join(f", c{k}" for k in range(len(plan.shared)))
        + (f", own, at, b * {WIDTH})" if plan.inputs else ")"),
        "            at = stops[k]",
        f"            for j in range(min({WIDTH}, out.shape[2] - b * {WIDTH})):",
        *(
            f"                out[{r}, k, b * {WIDTH} + j] = s[{rows[n] * STRIDE} + j]"
            for r, n in enumerate(plan.results)
        ),
    ]
    play = [
        "@callee",
        "def play(bars, signals, s"
        + "".join(f", c{k}" for k in range(len(plan.shared)))
        + (", own, at, first):" if plan.inputs else "):"),
        *_bars_outside(loop, rows, len(policy.signals), plan.inputs),
    ]
    start = lines.index("@compiled")
    plan.source = "\n".join([*lines[:start], *play, "", "", *lines[start:]]) + "\n"
    return plan


def _row(name: str | int, k: int) -> str:
    """Name the row of what a lane has of its own at the k-th bar of a pass."""
    return f"own_{name}_{k}"


def _bars_outside(
    loop: _Loop, rows: Mapping[str, int], signals: int, inputs: Sequence[str | int]
) -> list[str]:
    """Write the loop over bars: several at a time where no year begins between them."""
    turn = f"bars[t + {{}}, {Bar._fields.index('new_year')}] > 0.0"
    yearly = "base" in rows
    quiet = [f"not ({turn.format(k)})" for k in range(1, BARS)] if yearly else []
    lines = ["    t = 0", "    while t < bars.shape[0]:"]
    if yearly:
        lines += [
            f"        if {turn.format(0)}:",
            "            for j in range(W):",
            f"                s[R{rows['spent']} + j] = s[R{rows['spent']} + j] * 0.0",
            f"                s[R{rows['base']} + j] = s[R{rows['nav']} + j]",
        ]
    return [
        *lines,
        f"        if {' and '.join([f't + {BARS} <= bars.shape[0]', *quiet])}:",
        *_pass(loop, rows, signals, inputs, BARS),
        "        else:",
        *_pass(loop, rows, signals, inputs, 1),
    ]


def _pass(
    loop: _Loop, rows: Mapping[str, int], signals: int, inputs: Sequence[str | int], count: int
) -> list[str]:
    """Write one pass over a block: load the state, play ``count`` bars, store the state."""
    lines = []
    own = any(isinstance(name, str) for name in inputs)
    for k in range(count):
        cells = [f"bars[t + {k}, {f}]" for f in range(len(Bar._fields))]
        if own:  # a bar of lanes' own is put together for each of them
            lines += [
                f"            b{f}_{k} = {cell}"
                for f, cell in enumerate(cells)
                if Bar._fields[f] not in inputs
            ]
        else:
            lines.append(f"            bar_{k} = Bar({', '.join(cells)})")
        lines += [f"            s{i}_{k} = signals[t + {k}, {i}]" for i in range(signals)]
        for q, name in enumerate(inputs):
            row = rows[_row(name, k)]
            lines += [  # a slice: its index need not be asked whether it counts from the end
                f"            part = own[{q}][at + t + {k}, first:first + {WIDTH}]",
                "            for j in range(np.uintp(len(part))):",
                f"                s[R{row} + j] = part[j]",
            ]
    lines.append("            for j in range(W):")
    lines += [f"                {n} = s[R{rows[n]} + j]" for n in loop.reads]
    for k in range(count):
        parts = (
            f"s[R{rows[_row(n, k)]} + j]" if n in inputs else f"b{f}_{k}"
            for f, n in enumerate(Bar._fields)
        )
        lines.append("                bar = " + (f"Bar({', '.join(parts)})" if own else f"bar_{k}"))
        lines += [
            f"                s{i} = "
            + (f"s[R{rows[_row(i, k)]} + j]" if i in inputs else f"s{i}_{k}")
            for i in range(signals)
        ]
        lines += [f"                {line}" for line in loop.lines]
    kept = [n for n in loop.writes if n in rows and n != "base"]
    lines += [f"                s[R{rows[n]} + j] = {n}" for n in kept]
    return [*lines, f"            t += {count}"]
