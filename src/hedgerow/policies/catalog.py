"""The catalogue: which rules, overlays and signals there are, and a policy to start from."""

from __future__ import annotations

import re
from typing import Any

from hedgerow.core.policy import Policy
from hedgerow.core.policy_text import preset
from hedgerow.core.step import SIGNALS, STEPS, Signal, Stage
from hedgerow.errors import PolicyError, nearest
from hedgerow.policies.correlation import Correlation, ImpliedCorrelation
from hedgerow.policies.crash import CrashHazard, Hawkes
from hedgerow.policies.divergence import Divergence
from hedgerow.policies.fitting.control import ControlEdge
from hedgerow.policies.iv_beta import IvBeta
from hedgerow.policies.momentum import Macd, Rsi
from hedgerow.policies.overlays import Bounds, Budget, Persist
from hedgerow.policies.percentiles import LEAST, Quantile
from hedgerow.policies.regimes import RegimeCount, RegimeProbability
from hedgerow.policies.rules import Linear
from hedgerow.policies.signals import Average, Future, Level, RealisedVol, Trend
from hedgerow.policies.standing import Change, Over, ZScore
from hedgerow.policies.term_structure import CurveRatio
from hedgerow.policies.timing import Events, ExecutionWindow
from hedgerow.policies.trigger import Trigger

_VOL = re.compile(r"^(?:(?P<column>\w+)_)?rv(?P<days>\d+)$")
_MEAN = re.compile(r"^(?P<column>\w+)_ma(?P<days>\d+)$")
_TREND = re.compile(r"^(?P<column>\w+)_trend(?P<short>\d+)_(?P<long>\d+)_(?P<days>\d+)$")
_CRASH = re.compile(r"^crash(?P<drop>\d+(?:\.\d+)?)_(?P<days>\d+)(?P<day>_day)?$")
_HAWKES = re.compile(r"^hawkes(?P<drop>\d+(?:\.\d+)?)$")
_HIGH = re.compile(r"^(?P<column>\w+)_high(?P<level>\d+(?:\.\d+)?)$")
_STATE = re.compile(r"^p_high(?P<vix>_vix)?$")
_QUANTILE = re.compile(r"^(?P<column>\w+)_p(?P<percent>\d+)_(?P<days>\d+)(?:_(?P<least>\d+))?$")
_CORRELATION = re.compile(r"^(?:(?P<columns>\w+)_)?corr(?P<days>\d+)$")
_IMPLIED = re.compile(r"^implied_(?P<column>\w+)$")
_CURVE = re.compile(r"^curve(?P<short>\d+)_(?P<long>\d+)$")
_RSI = re.compile(r"^(?P<column>\w+)_rsi(?P<days>\d+)$")
_MACD = re.compile(
    r"^(?P<column>\w+)_macd(?P<fast>\d+)_(?P<slow>\d+)_(?P<smooth>\d+)(?:_(?P<part>line|signal))?$"
)
_Z = re.compile(r"^(?P<column>\w+)_z(?P<days>\d+)$")
_CHANGE = re.compile(r"^(?P<column>\w+)_change(?P<days>\d+)$")
_OVER = re.compile(r"^(?P<column>\w+)_over(?P<level>-?\d+(?:\.\d+)?(?:e-?\d+)?)$")
_EVENTS = re.compile(r"^events(?P<kinds>(?:_[a-z]+)*)(?:_(?P<ahead>\d+))?$")
_WINDOW = re.compile(r"^window(?:(?P<first>\d+)_(?P<last>\d+))?$")
_IV_BETA = re.compile(r"^iv_beta(?P<tenor>\d+)_(?P<days>\d+)(?:_(?P<part>low|high))?$")
_FUTURE = re.compile(r"^future(?P<rank>[1-8])(?P<close>_close)?$")


def rules() -> dict[str, type[Any]]:
    """Return the registered rules by kind: the steps that may come first.

    Examples
    --------
    >>> "linear" in rules(), "bounds" in rules()
    (True, False)
    """
    return {kind: cls for kind, cls in STEPS.items() if cls.stage == Stage.RULE}


def signal_named(name: str) -> Signal:
    """Return the signal that has this name.

    ``vix``, ``rv20``, ``ndx_rv60``, ``vix_ma10``, ``vix_trend5_20_10``, ``future1``,
    ``curve30_91``, ``vix_p80_1260``, ``corr60``, ``iwm_spx_corr60``, ``implied_cor1m``,
    ``vix_rsi14``, ``vx30_macd12_26_9_line``, ``events_cpi_ppi_2``, ``window30_60``;
    ``iv_beta45_252_low``; fitted ones: ``crash5_10``, ``crash2_10_day``,
    ``vix_rsi14``, ``vx30_macd12_26_9_line``, ``events_cpi_ppi_2``, ``window30_60``,
    ``divergence_sectors``, ``hy_spread_z252``, ``quick_ratio_change63``, ``sector_shift_over2``;
    fitted ones: ``crash5_10``, ``crash2_10_day``,
    ``hawkes2``, ``p_high``, ``p_high_vix``, ``vix_high25``.

    Examples
    --------
    >>> signal_named("vix_ma10")
    Average(column='vix', days=10)
    >>> [signal_named(name).name for name in ("rv20", "vix_trend5_20_10", "future2_close")]
    ['rv20', 'vix_trend5_20_10', 'future2_close']
    """
    if found := _VOL.match(name):
        return RealisedVol(found["column"] or "spx", days=int(found["days"]))
    if found := _MEAN.match(name):
        return Average(found["column"], days=int(found["days"]))
    if found := _TREND.match(name):
        return Trend(found["column"], *(int(found[part]) for part in ("short", "long", "days")))
    if found := _FUTURE.match(name):
        return Future(int(found["rank"]), lag=0 if found["close"] else 1)
    if found := _CRASH.match(name):
        drop, days = float(found["drop"]) / 100.0, int(found["days"])
        return CrashHazard(drop, days, event="day" if found["day"] else "fall")
    if found := _HAWKES.match(name):
        return Hawkes(float(found["drop"]) / 100.0)
    if found := _STATE.match(name):
        return RegimeProbability("vix" if found["vix"] else "returns")
    if found := _HIGH.match(name):
        return RegimeCount(found["column"], level=float(found["level"]))
    if found := _QUANTILE.match(name):
        percent, days, least = (int(found[part] or LEAST) for part in ("percent", "days", "least"))
        return Quantile(found["column"], percent, days, least)
    if found := _CORRELATION.match(name):
        columns = found["columns"]
        days = int(found["days"])
        return Correlation(tuple(columns.split("_")), days) if columns else Correlation(days=days)
    if found := _RSI.match(name):
        return Rsi(found["column"], days=int(found["days"]))
    if found := _MACD.match(name):
        fast, slow, smooth = (int(found[each]) for each in ("fast", "slow", "smooth"))
        part: Any = found["part"] or "histogram"  # one of the pattern's words
        return Macd(found["column"], fast, slow, smooth, part)
    if found := _Z.match(name):
        return ZScore(found["column"], days=int(found["days"]))
    if found := _CHANGE.match(name):
        return Change(found["column"], days=int(found["days"]))
    if found := _OVER.match(name):
        return Over(found["column"], level=float(found["level"]))
    if found := _EVENTS.match(name):
        kinds = tuple(found["kinds"].split("_")[1:]) or ("fomc",)
        return Events(kinds, ahead=int(found["ahead"] or 1))
    if found := _WINDOW.match(name):
        return ExecutionWindow(int(found["first"] or 90), int(found["last"] or 60))
    if found := _IMPLIED.match(name):
        return ImpliedCorrelation(found["column"])
    if found := _CURVE.match(name):
        return CurveRatio(int(found["short"]), int(found["long"]))
    if found := _IV_BETA.match(name):
        which: Any = found["part"] or "beta"  # one of the pattern's words
        return IvBeta(int(found["tenor"]), int(found["days"]), which)
    if name in ("divergence", "divergence_sectors"):
        return Divergence("breadth" if name == "divergence" else "sectors")
    if name in ("control_lower", "control_upper"):
        return ControlEdge("lower" if name == "control_lower" else "upper")
    return Level(name)


def demo() -> Policy:
    """Return the policy of ``hedgerow demo``, the same as ``examples/vix_linear.toml``."""
    return Policy(
        name="vix-linear",
        signals=[Level("vix")],
        steps=[Linear("vix", low=12.0, high=22.0), Bounds(), Persist(), Budget(), Trigger()],
    )


def absent(word: str) -> str:
    """Return the mend for a word that names no rule.

    Examples
    --------
    >>> absent("lineer")
    "did you mean 'linear'?"
    >>> absent("term_split")
    'this kind stands in a policy file beside a rule: see docs/policies.md'
    """
    if word in STEPS or word in SIGNALS:
        return "this kind stands in a policy file beside a rule: see docs/policies.md"
    return nearest(word, rules())


def starter(rule: str, variant: str | None = None) -> Policy:
    """Return a complete policy around one rule, with the overlays that the spec names.

    Parameters
    ----------
    rule
        Kind of the rule, such as ``linear``.
    variant
        Name of one of its presets; None for its defaults.

    Raises
    ------
    PolicyError
        If there is no such rule or preset.

    Examples
    --------
    >>> [step.kind for step in starter("linear", "option-a").steps]
    ['linear', 'bounds', 'persist', 'budget', 'trigger']
    """
    known = rules()
    if rule not in known:
        raise PolicyError(f"unknown rule '{rule}'", where="--rule", mend=absent(rule))
    first = known[rule]() if variant is None else preset(known[rule], variant)
    needed = dict.fromkeys((*first.inputs, *Trigger().inputs))
    return Policy(
        name=rule.replace("_", "-") + (f"-{variant}" if variant else ""),
        signals=[signal_named(name) for name in needed],
        steps=[first, Bounds(), Persist(), Budget(), Trigger()],
    )
