"""The best lanes of a sweep as text and as plain values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from hedgerow.engine.run import text_of
from hedgerow.report.formats import NOT_ADVICE, columns, number, percent
from hedgerow.report.verdict import told
from hedgerow.research.gate.judgement import Judgement
from hedgerow.research.overfit.luck import ROOT
from hedgerow.research.overfit.sharpe import expected_best
from hedgerow.research.shortlist import MEANINGS, Shortlist
from hedgerow.research.survey import EDGES, Survey

if TYPE_CHECKING:
    from hedgerow.research.overfit.study import Overfitting

FIGURES: Mapping[str, tuple[str, Callable[[float | None], str]]] = {
    "sharpe_excess": ("Sharpe", lambda value: number(value, 3)),
    "hedge_cost_per_year": ("Cost", lambda value: percent(value, 2)),
    "annual_return": ("Return", percent),
    "max_drawdown": ("Max DD", percent),
}
"""Statistics that stand in the table: head, and how each is written."""

WARNING = (
    "The lanes were chosen by the train part; the test columns are out of sample for this "
    "choice alone. Who chooses among them by the test part has used it up, and must judge by "
    "data that no choice has seen: hedgerow walk does so window by window."
)


def summarise(
    found: Shortlist,
    sleeve: str,
    overfitting: Overfitting | None = None,
    judged: Judgement | None = None,
) -> str:
    """Return the best lanes as a table, beside a fixed hedge and none, and how much is luck."""
    swept, spans = found.swept, found.periods
    axes = ", ".join(swept.axes)
    said = [
        f"Sweep of {swept.base.name} with {sleeve}: {len(swept):,} lanes over {axes}",
        f"Chosen by {MEANINGS[found.rank]} in the train part, {_span(spans['train'])};",
        f"judged in the test part, {_span(spans['test'])} "
        f"({found.split.purged} sessions between cut out)",
        "",
        columns(_rows(found), right=range(1, 1 + len(swept.axes) + 2 * len(FIGURES))),
        "",
    ]
    if isinstance(swept, Survey):
        said += wrap(_spread(swept), 100)
    if overfitting is not None:
        text = f"In the train part: {overfitting}"
        said += [x for line in text.splitlines() for x in wrap(line, 100, subsequent_indent="    ")]
    elif swept.count is not None:
        said.append(
            f"Trials on these data by the register: {swept.count.trials:,} "
            f"in {swept.count.runs:,} run{'s' * (swept.count.runs != 1)}"
        )
    if swept.remark:
        said += wrap(f"Trials: {swept.remark}", 100)
    return "\n".join([*said, *wrap(WARNING, 100), *told(judged), NOT_ADVICE])


def to_dict(
    found: Shortlist, sleeve: str, overfitting: Overfitting | None = None
) -> dict[str, Any]:
    """Return every number as plain values."""
    swept = found.swept
    return {
        "policy": {
            "name": swept.base.name,
            "toml": text_of(swept.base),
        },
        "sleeve": sleeve,
        "lanes": len(swept),
        "axes": {name: column.tolist() for name, column in swept.axes.items()},
        "rank": found.rank,
        "periods": found.periods,
        "purged": found.split.purged,
        "best": [
            {
                "lane": pick.lane,
                "numbers": pick.numbers,
                "train": pick.train,
                "test": pick.test,
                "toml": text_of(pick.policy),
            }
            for pick in found.picks
        ],
        "beside": found.beside,
        "trials": None if swept.count is None else swept.count.trials,
        "remark": swept.remark,
        "sharpes": _sharpes(swept) if isinstance(swept, Survey) else None,
        "overfitting": None if overfitting is None else overfitting.to_dict(),
        "warning": WARNING,
        "notice": NOT_ADVICE,
    }


def _sharpes(swept: Survey) -> dict[str, Any]:
    """Return how the Sharpe ratios a year of all lanes are spread, as plain values."""
    counts = swept.histogram["counts"]
    return {
        "rated": int(swept.sharpe["count"][0]),
        "mean": float(swept.sharpe["mean"][0]) * ROOT,
        "deviation": math.sqrt(swept.variance) * ROOT,
        "least": float(swept.sharpe["least"][0]) * ROOT,
        "greatest": float(swept.sharpe["greatest"][0]) * ROOT,
        "edges": [edge * ROOT for edge in EDGES],
        "counts": counts.tolist(),
    }


def _spread(swept: Survey) -> str:
    made = _sharpes(swept)
    said = (
        f"Sharpe ratios over bills of all lanes in the train part: mean {number(made['mean'], 3)}, "
        f"deviation {number(made['deviation'], 3)}, from {number(made['least'], 3)} to "
        f"{number(made['greatest'], 3)}"
    )
    if swept.count is None:
        return said
    luck = expected_best(swept.count.trials, swept.count.variance) * ROOT
    return f"{said}; the best of {swept.count.trials:,} trials by luck alone {number(luck)}"


def _span(span: Mapping[str, Any]) -> str:
    return f"{span['from']} … {span['to']}"


def _rows(found: Shortlist) -> list[list[str]]:
    names = list(found.swept.axes)
    heads = [head for head, _ in FIGURES.values()]
    rows = [
        ["", *names, "Train:", *[""] * (len(heads) - 1), "Test:", *[""] * (len(heads) - 1)],
        ["Lane", *[""] * len(names), *heads, *heads],
    ]
    for pick in found.picks:
        numbers = [f"{pick.numbers[name]:g}" for name in names]
        rows.append([str(pick.lane), *numbers, *_figures(pick.train), *_figures(pick.test)])
    for label, key in (("Fixed hedge", "static"), ("No hedge", "unhedged")):
        parts = found.beside[key]
        rows.append(
            [label, *[""] * len(names), *_figures(parts["train"]), *_figures(parts["test"])]
        )
    return rows


def _figures(statistics: Mapping[str, Any]) -> list[str]:
    shown = []
    for name, (_, write) in FIGURES.items():
        value = statistics.get(name)
        shown.append("–" if value is None or math.isnan(value) else write(value))
    return shown
