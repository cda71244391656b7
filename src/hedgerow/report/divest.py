"""A hedge beside simply holding less equity, in words (spec D9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hedgerow.report.formats import number, percent

LEADS = {
    "better": "Better than holding less equity",
    "worse": "Worse than holding less equity",
    "even": "As good as holding less equity",
    "unclear": "No clear answer against holding less equity",
}
"""A verdict in words."""


def sentence(beside: Mapping[str, Any] | None) -> str:
    """Return what holding less equity would have done, and whether the hedge was better.

    Parameters
    ----------
    beside
        As :meth:`hedgerow.research.divest.Divesting.beside` returns it.

    Examples
    --------
    >>> one = {"kept": 0.89, "matched": True, "annual_return": 0.082, "max_drawdown": -0.51}
    >>> one |= {"return_gain": 0.0, "drawdown_gain": -0.027, "verdict": "worse"}
    >>> two = one | {"kept": 0.95, "annual_return": 0.086, "max_drawdown": -0.537}
    >>> two |= {"return_gain": -0.0036, "drawdown_gain": 0.0}
    >>> print(sentence({"at_equal_return": one, "at_equal_drawdown": two, "verdict": "worse"}))
    Worse than holding less equity: keeping 89.0% of it gave the same return and fell 51.0%, 2.7 \
points less deep than the hedge; keeping 95.0% fell as deep and returned 8.60% a year, 0.36 points \
more
    """
    if beside is None:
        return "Not compared with holding less equity: NAV fell to nothing"
    return f"{LEADS[beside['verdict']]}: {_at_return(beside)}; {_at_drawdown(beside)}"


def _at_return(beside: Mapping[str, Any]) -> str:
    its = beside["at_equal_return"]
    kept = f"keeping {percent(its['kept'])} of it"
    fell = f"fell {percent(-its['max_drawdown'])}, {_deeper(its['drawdown_gain'])}"
    if its["matched"]:
        return f"{kept} gave the same return and {fell}"
    returned = f"returned {percent(its['annual_return'], 2)} a year, {_more(its['return_gain'])}"
    none = "no part of it gave the hedge's return, the nearest was"
    return f"{none} {kept}, which {returned}, and {fell}"


def _at_drawdown(beside: Mapping[str, Any]) -> str:
    its = beside["at_equal_drawdown"]
    returned = f"returned {percent(its['annual_return'], 2)} a year, {_more(its['return_gain'])}"
    if its["matched"]:
        return f"keeping {percent(its['kept'])} fell as deep and {returned}"
    fell = f"fell {percent(-its['max_drawdown'])}, {_deeper(its['drawdown_gain'])}"
    none = f"no part fell as deep, the nearest was keeping {percent(its['kept'])}"
    return f"{none}, which {fell}, and {returned}"


def _deeper(gain: float) -> str:
    """Say how deep it fell beside the hedge, which fell less by ``gain``."""
    points = number(abs(gain) * 100.0, 1)
    if points == "0.0":
        return "like the hedge"
    return f"{points} points {'deeper' if gain > 0.0 else 'less deep'} than the hedge"


def _more(gain: float) -> str:
    points = number(abs(gain) * 100.0, 2)
    if points == "0.00":
        return "like the hedge"
    return f"{points} points {'less' if gain > 0.0 else 'more'}"
