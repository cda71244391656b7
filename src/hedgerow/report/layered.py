"""The layered hedge in words: where it stands, what holds and what lacks, and how it came there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hedgerow.report.formats import NOT_ADVICE, columns
from hedgerow.shortvol.layered.walking import Condition, Day, ahead

WITHOUT_BOOK = (
    "Without a book there is no loss of the day and no drawdown: the hard limit is not seen here."
)


def note_of(days: Sequence[Day], last: object) -> str:
    """Return what a reader must know: no book, and signals that end before the data do.

    Parameters
    ----------
    days
        Closes of a walk.
    last
        Last session of the data.
    """
    if str(days[-1].date) == str(last):
        return WITHOUT_BOOK
    return f"{WITHOUT_BOOK} Its signals end on {days[-1].date}, the data on {last}."


def state_table(
    days: Sequence[Day], place: int, found: Sequence[Condition], engine: Day | None, note: str
) -> dict[str, Any]:
    """Return where the hedge stands as plain values.

    Parameters
    ----------
    days, place
        Closes of a walk, and the one that is asked for.
    found
        Conditions at it.
    engine
        The second engine at the same close; None where there is none.
    note
        As `note_of` gives it.
    """
    day = days[place]
    last = next((each for each in reversed(days[: place + 1]) if each.transition), None)
    return {
        "date": str(day.date),
        "state": day.state.title,
        "since": None if last is None else str(last.date),
        "reason": None if last is None else last.transition and last.transition.name,
        "sentence": None if last is None else last.transition and last.transition.sentence,
        "intensity": day.x,
        "fraction": day.memory.fraction,
        "h": day.memory.h,
        "signals": dict(day.seen),
        "conditions": [each._asdict() for each in found],
        "next": [
            {"reason": each.name, "to": each.target.title, "sentence": each.sentence}
            for each in ahead(day.state)
        ],
        "second_engine": None
        if engine is None
        else {"state": engine.state.title, "intensity": engine.x, "signals": dict(engine.seen)},
        "note": note,
        "notice": NOT_ADVICE,
    }


def state_text(told: dict[str, Any]) -> str:
    """Return `state_table` as text."""
    lines = [
        f"{told['date']}: {told['state']}",
        f"Last transition: {told['since']}, {told['reason']}: {told['sentence']}"
        if told["since"]
        else "No transition since its signals are known.",
        f"Target intensity {told['intensity']:.3f} of the book's vega, before beta: "
        f"{told['fraction']:.0%} of the target, h = {told['h']:.3f}",
        "\nConditions of the way on",
        columns(
            [
                ["  holds" if each["holds"] else "  lacks", each["transition"], each["said"]]
                for each in told["conditions"]
            ]
        ),
        "\nNext",
        columns([[f"  {each['to']}", each["reason"], each["sentence"]] for each in told["next"]]),
    ]
    if beside := told["second_engine"]:
        seen = ", ".join(f"{name} {value:.2f}" for name, value in beside["signals"].items())
        lines.append(
            f"\nSecond engine: {beside['state']}, intensity {beside['intensity']:.2f} ({seen})"
        )
    return "\n".join([*lines, f"\n{told['note']}", told["notice"]])


def path_table(turns: Sequence[Day], day: Day, note: str) -> dict[str, Any]:
    """Return a path of transitions as plain values.

    Parameters
    ----------
    turns
        Closes with a transition, in order.
    day
        The close that is explained.
    note
        As `note_of` gives it.
    """
    return {
        "date": str(day.date),
        "state": day.state.title,
        "intensity": day.x,
        "transitions": [
            {
                "date": str(each.date),
                "to": each.state.title,
                "reason": each.transition.name,
                "sentence": each.transition.sentence,
                "fraction": each.memory.fraction,
                "intensity": each.x,
                "start": each.memory.start,
                "peak": each.memory.peak,
                "signals": dict(each.seen),
            }
            for each in turns
            if each.transition is not None
        ],
        "note": note,
        "notice": NOT_ADVICE,
    }


def path_text(told: dict[str, Any]) -> str:
    """Return `path_table` as text."""
    lines = [f"{told['date']}: {told['state']}, target intensity {told['intensity']:.3f}"]
    if not told["transitions"]:
        lines.append("No transition since its signals are known.")
    for each in told["transitions"]:
        seen = ", ".join(f"{name} {value:.2f}" for name, value in each["signals"].items())
        lines += [
            f"\n{each['date']}  -> {each['to']}  {each['reason']}",
            f"  {each['sentence']}",
            f"  {each['fraction']:.0%} of the target, intensity {each['intensity']:.3f}",
            f"  VIX at arming {each['start']:.2f}, peak {each['peak']:.2f}; {seen}",
        ]
    return "\n".join([*lines, f"\n{told['note']}", told["notice"]])
