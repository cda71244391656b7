"""A hedged book of condors in words: with and without first, then all hedges side by side."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from hedgerow.errors import RangeError
from hedgerow.report import hedged_gates as gates
from hedgerow.report import verdict
from hedgerow.report.formats import DASH, NOT_ADVICE, columns, number, percent, usd
from hedgerow.report.hedged_gates import TITLES
from hedgerow.research.gate.judgement import Judgement
from hedgerow.shortvol.beside.figures import Figures, gains_of
from hedgerow.shortvol.beside.states import held_over
from hedgerow.shortvol.beside.study import PARTS, Beside
from hedgerow.shortvol.beside.variants import ALONE
from hedgerow.shortvol.beside.worth import Against, Gap, Worth

COST = (
    "Cost: what the hedge's lines lost, spreads, fees and financing counted, on the sessions "
    "outside the dated crises, over the credit collected on them; negative earned. Kept: gain of "
    "condors and hedge over all credit. HER: the hedge's gain over the condors' loss in the "
    "crises in which they lost."
)
"""How two columns are to be read."""


def with_and_without(found: Beside, key: str, part: str = "whole") -> list[list[str]]:
    """Return the first table: the condors without the hedge and with it, its head first."""
    both = [found.figures(name, part) for name in (ALONE, key)]

    def row(title: str, *cells: str) -> list[str]:
        return [title, *cells]

    return [
        ["", "without", f"with {found.runs[key].variant.title}"],
        row("Premium collected", *(usd(each.credit) for each in both)),
        row("Premium kept", *(percent(each.kept) for each in both)),
        row("Return a year", *(percent(each.annual_return, 2) for each in both)),
        row("Worst day", *(percent(each.worst_day) for each in both)),
        row("Worst month", *(percent(each.worst_month) for each in both)),
        row("Deepest fall", *(percent(each.max_drawdown) for each in both)),
        row("Most margin, of NAV", *(percent(each.margin_most) for each in both)),
        row("Beta to the S&P 500", *(number(each.beta) for each in both)),
        row("Cost of the hedge, of credit", DASH, percent(both[1].cost_of_credit)),
        row("Losses in crises given back", DASH, percent(both[1].her)),
    ]


def layers(found: Beside, key: str) -> list[list[str]]:
    """Return what each layer earned over each stretch, its head first."""
    parts = [found.figures(key, part) for part in PARTS]
    rows = [[name, *(usd(part.layers[name]) for part in parts)] for name in parts[0].layers]
    return [
        ["", *(TITLES[part].lower() for part in PARTS)],
        ["condors", *(usd(part.book) for part in parts)],
        *rows,
        ["bills", *(usd(part.interest) for part in parts)],
        ["premium collected", *(usd(part.credit) for part in parts)],
    ]


def side_by_side(found: Beside, part: str) -> list[list[str]]:
    """Return every variant over a stretch, one a row, the head first."""
    head = [
        "", "return", "Sharpe", "worst day", "month", "deepest", "margin", "kept", "cost", "HER",
        "vega",
    ]  # fmt: skip
    return [head, *(_cells(found, key, found.figures(key, part)) for key in found.runs)]


def _cells(found: Beside, key: str, made: Figures) -> list[str]:
    alone = key == ALONE
    return [
        found.runs[key].variant.title,
        percent(made.annual_return, 2),
        number(made.sharpe),
        percent(made.worst_day),
        percent(made.worst_month),
        percent(made.max_drawdown),
        percent(made.margin_most, 0),
        percent(made.kept),
        DASH if alone else percent(made.cost_of_credit),
        DASH if alone else percent(made.her),
        DASH if alone else number(made.vega, 0),
    ]


def by_state(found: Beside, key: str) -> list[list[str]]:
    """Return what each layer earned while the hedge was in each state, head first; or nothing.

    The state is the one whose decision was held over the session: filled at the close before, so
    decided a close earlier still.
    """
    run = found.runs[key]
    if run.states is None:
        return []
    states, names = run.states
    before = held_over(states, run.outcome.program.lag)
    rows = [["", "sessions", *run.layers, "all layers", "condors"]]
    for number_, name in enumerate(names):
        inside = before == number_
        gains = [*(line["pnl"] for line in run.layers.values()), run.hedge, run.book]
        rows.append(
            [name, f"{int(inside.sum()):,}", *(usd(float(gain[inside].sum())) for gain in gains)]
        )
    return rows


def stretches(found: Beside, key: str, *, calm: bool = False) -> list[list[str]]:
    """Return the condors' gain, the hedge's, and what came back in each crisis, head first.

    With ``calm`` the rising stretches between the crises.
    """
    rows = [["", "from", "to", "condors", "hedge", "given back"]]
    for each in gains_of(found.runs[key].track, calm=calm):
        name = f"{each['name']}{' *' if each['partial'] else ''}"
        gained = (usd(-each["portfolio_loss"]), usd(each["hedge_gain"]), percent(each["her"]))
        rows.append([name, each["from"], each["to"], *gained])
    return rows


def weighed(made: Worth) -> list[str]:
    """Return the answer over one stretch in sentences a seller of condors understands."""
    where = "Out of sample" if made.part == "out_of_sample" else TITLES[made.part]
    none, fewer = made.none, made.fewer
    words = {
        "cannot be told": "it cannot be told whether the hedge pays",
        "not proven": "the hedge is ahead of fewer condors, but that is not proven",
    }
    what = words.get(made.word, f"the hedge is {made.word}")
    said = [f"{where} ({made.first} to {made.last}) {what}."]
    said.append(f"Against no hedge it {_sentence(none)}.")
    if made.static is not None:
        said.append(f"Against {made.static.title} it {_sentence(made.static)}.")
    if fewer is None:
        said.append("Fewer condors are no measure where NAV was lost.")
    elif made.matched:
        said.append(
            f"Selling {percent(made.kept)} of the condors, the rest in bills, falls as deep: "
            f"beyond that it {_returned(fewer.annual_return)}."
        )
    else:
        said.append(
            "Not even all of the condors fall as deep as the hedged book: fewer of them are the "
            "safer hedge."
            if none.drawdown.value < 0.0
            else "No part of the condors falls as little as the hedged book."
        )
    if fewer is not None and not made.proven:
        said.append("Resampled quarters allow for either sign: one history proves no lead.")
    return said


def _sentence(found: Against) -> str:
    fall = found.drawdown
    word = "less deep" if fall.value >= 0.0 else "deeper"
    said = f"{_returned(found.annual_return)}, and its deepest fall was "
    said += f"{number(100.0 * abs(fall.value), 1)} points {word}"
    return f"{said} (90 %: {_ends(fall, 1)})"


def _returned(gap: Gap) -> str:
    word = "more" if gap.value >= 0.0 else "less"
    points = number(100.0 * abs(gap.value), 2)
    return f"returned {points} points a year {word} (90 %: {_ends(gap, 2)})"


def _ends(gap: Gap, digits: int) -> str:
    low, high = (number(100.0 * end, digits, sign=True) for end in (gap.low, gap.high))
    return f"{low} … {high}"


def reality(found: Beside) -> list[str]:
    """Return what is measured and what a model's, in sentences."""
    said = ["Option prices, the condors' own included, are modelled from the VIX family."]
    shares: dict[str, float] = {}
    for run in found.runs.values():
        for line in run.variant.lines:
            if "vix_future" in line.sleeve.kind:
                share = float(run.outcome.notes[line.name]["modelled_share"])
                shares[line.name] = max(share, shares.get(line.name, 0.0))
    if shares:
        most = max(shares.values())
        said.append(
            "VX futures are a model's on all sessions."
            if min(shares.values()) >= 1.0
            else f"VX futures are settles of the exchange on at least {percent(1.0 - most)} of the "
            "sessions, a model on the others."
        )
    kinds = {line.sleeve.kind for run in found.runs.values() for line in run.variant.lines}
    if any(kind.startswith(("vix_call", "vix_put")) for kind in kinds):
        said.append("Options on VIX are a model's, from their own future and VVIX (H18).")
    return said


def sizes(found: Beside) -> list[list[str]]:
    """Return what each variant is, in a sentence."""
    return [[run.variant.title, run.variant.said] for run in found.runs.values()]


def told(found: Beside, key: str, answers: list[Worth], judged: Judgement | None = None) -> str:
    """Return the answer as text.

    Parameters
    ----------
    found, key
        The variants side by side, and the one that is asked about.
    answers
        What it was worth, over the stretches that are told.
    judged
        What the honesty gate says of it.
    """
    made = found.alone.outcome
    title = f"A book of condors with and without its hedge, {made.dates[0]} … {made.dates[-1]}"
    blocks = [f"{title}, {len(made):,} sessions"]
    if key != ALONE:
        blocks[0] += f"\n{gates.mode(found.runs[key])}"
        blocks.append(_table(with_and_without(found, key)))
        blocks += ["\n".join(line for answer in answers for line in weighed(answer))]
        blocks.append(f"What earned what, USD\n{_table(layers(found, key))}")
        blocks.append(f"Crises\n{_table(stretches(found, key), text=3)}")
        between = _table(stretches(found, key, calm=True), text=3)
        blocks.append(f"Between crises\n{between}")
        blocks.append(gates.told(found, key))
    for part in PARTS:
        each = found.figures(ALONE, part)
        name = f"{TITLES[part]}, {each.first} to {each.last}"
        blocks.append(f"{name}\n{_table(side_by_side(found, part))}")
    blocks.append(f"How large each is\n{columns(sizes(found))}")
    foot = [COST, *reality(found), *verdict.told(judged), NOT_ADVICE]
    return "\n\n".join([*blocks, "\n".join(foot)])


def _table(rows: list[list[str]], text: int = 1) -> str:
    return columns(rows, right=range(text, len(rows[0])))


def plain_figures(found: Beside, key: str, answers: list[Worth]) -> dict[str, Any]:
    """Return everything as plain values."""
    return {
        "from": str(found.alone.outcome.dates[0]),
        "to": str(found.alone.outcome.dates[-1]),
        "sessions": len(found.alone.outcome),
        "out_of_sample_from": found.figures(ALONE, "out_of_sample").first,
        "hedge": key,
        "cover": found.cover,
        "variants": {
            name: {
                "title": run.variant.title,
                "size": run.variant.said,
                "yardstick": run.variant.bench,
                "modelled": {
                    line.name: run.outcome.notes[line.name]["modelled_share"]
                    for line in run.outcome.program.lines
                },
                **{part: asdict(found.figures(name, part)) for part in PARTS},
                **gates.plain_gates(found, name),
                "crises": gains_of(run.track),
                "between_crises": gains_of(run.track, calm=True),
            }
            for name, run in found.runs.items()
        },
        "stressed_irr": gates.plain_hurdle(found),
        "worth": [
            {**asdict(answer), "word": answer.word, "proven": answer.proven} for answer in answers
        ],
        "notes": [COST, *reality(found)],
    }


def explained(found: Beside, key: str, date: str) -> str:
    """Return what condors and hedge held and earned over a session, and what was decided at it.

    Parameters
    ----------
    found, key
        The variants side by side, and the one that is told.
    date
        ``YYYY-MM-DD``; the session before it where there is none.

    Raises
    ------
    RangeError
        If it lies outside the run.
    """
    run = found.runs[key]
    made = run.outcome
    row = found.market.index_of(date) - found.first
    if not 0 <= row < len(made):
        raise RangeError(
            f"{date} lies outside the run",
            where="date",
            mend=f"give a date in {made.dates[0]} … {made.dates[-1]}",
        )
    rows = [["line", "intensity", "wanted", "held", "gain", "costs"]]
    for name, line in made.lines.items():
        numbers = (number(float(line[column][row])) for column in ("x", "wanted", "held"))
        rows.append([name, *numbers, *(usd(float(line[c][row])) for c in ("pnl", "cost"))])
    vix = float(found.market["vix"][found.first + row])
    rate, used = float(run.rate[row]), float(made.margin[row] / made.nav[row])
    return "\n".join(
        [
            f"{run.variant.title}, {made.dates[row]}: VIX {number(vix)}, NAV {usd(made.nav[row])}",
            columns(rows, right=range(1, 6)),
            f"Condors {usd(run.book[row])}, hedge {usd(run.hedge[row])}, bills "
            f"{usd(made.earned[row])}; premium collected {usd(run.rates.credit[row])}.",
            f"Vega of the hedge {usd(run.vega[row])} a point; a day without a move costs it "
            f"{usd(run.carried[row])}; margin {percent(used)} of NAV.",
            f"Insurance rate over a year (H17): {percent(rate)} of the credit."
            if np.isfinite(rate)
            else "Insurance rate (H17): a year is not over yet.",
            gates.on_session(found, key, row),
            "Wanted is decided at this close and filled at the next. " + NOT_ADVICE,
        ]
    )
