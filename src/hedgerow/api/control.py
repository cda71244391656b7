"""Optimal control of a hedge (A14): solve for its no-trade band, and say what it is worth."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from hedgerow.api import Answer, check_hedge, check_market, day, path_to, plain
from hedgerow.core.market import Day, Market
from hedgerow.core.policy import Policy
from hedgerow.files import save
from hedgerow.instruments.sleeve import Sleeve
from hedgerow.report.formats import NOT_ADVICE, modelled
from hedgerow.research.control import EDGES, REGIME, ControlStudy, calibrate, study
from hedgerow.research.examples.measuring import modelled_share
from hedgerow.research.trial import Bill


class ControlResult(Answer):
    """A solved no-trade band: ``print(result)`` shows it beside other rules.

    `policy` is the band as an ordinary policy; `picture` draws it; `to_dict` gives everything as
    plain values; ``found`` is the study itself, ``vix_modelled`` the share of its sessions on which
    VIX is a model's.
    """

    def __init__(self, found: ControlStudy, *, vix_modelled: float = 0.0) -> None:
        self.found, self.vix_modelled = found, vix_modelled

    def __str__(self) -> str:
        from hedgerow.report.control import summarise_control

        return summarise_control(self.found, origin=modelled({"VIX": self.vix_modelled}))

    def __repr__(self) -> str:
        first, last = self.found.span
        states = len(self.found.band.lower)
        return f"<No-trade band of {states} states, {first} … {last}: print() for more>"

    @property
    def policy(self) -> Policy:
        """The band as a policy, for :func:`hedgerow.backtest` or a file."""
        return self.found.policy

    def svg(self) -> str:
        """Return the picture of the band as SVG text."""
        from hedgerow.report.band import no_trade_band

        return no_trade_band(self.found)

    def picture(self, path: str | Path) -> Path:
        """Write the picture of the band as SVG and return its path.

        Raises
        ------
        RangeError
            If it cannot be written.
        """
        return save(path_to(path, "band.svg"), self.svg(), "the picture")

    def to_dict(self) -> dict[str, Any]:
        """Return every number as plain values; costs and losses are shares of NAV a year."""
        return self._plain

    @cached_property
    def _plain(self) -> dict[str, Any]:
        from hedgerow.report.control import states

        found = self.found
        terms = {name: value for name, value in vars(found.terms).items() if name[0] != "_"}
        rule = found.rule.steps
        made = {
            "fitted": {"from": found.span[0], "to": found.span[1]},
            "terms": {**terms, "loss": found.programme.weight, "loss_told": terms["loss"]},
            "regime": {"signal": found.by.name, "high_over": found.split},
            "states": states(found),
            "best_trigger": {
                "low": getattr(rule[0], "low", None),
                "high": getattr(rule[0], "high", None),
                "move": getattr(rule[-1], "move", None),
            },
            "simulated": {
                "paths": found.paths,
                "sessions": found.sessions,
                "policies": {name: _bill(bill) for name, bill in found.simulated.items()},
                "band_cheaper_by": found.lead[0],
                "standard_error": found.lead[1],
            },
            "real": {
                "from": found.judged[0],
                "to": found.judged[1],
                "policies": {name: _bill(bill) for name, bill in found.real.items()},
                "cheaper_by": [
                    {"policy": name, "than": rival, "mean": mean, "low": low, "high": high}
                    for (name, rival), (mean, low, high) in found.real_lead.items()
                ],
            },
            "policy": {"name": found.policy.name, "toml": found.policy.to_toml()},
            "modelled": {"vix": self.vix_modelled},
            "notice": NOT_ADVICE,
        }
        clean: dict[str, Any] = plain(made)
        return clean


def _bill(bill: Bill) -> dict[str, float]:
    return {
        "carry": bill.carry,
        "crash_loss": bill.loss,
        "trading": bill.trading,
        "total": bill.total,
        "trades_per_year": bill.trades,
        "mean_intensity": bill.intensity,
    }


def control(
    market: Market,
    hedge: Sleeve | None = None,
    *,
    carry: float | None = None,
    cost: float | None = None,
    loss: float | None = None,
    by: str = REGIME,
    split: float = 20.0,
    edges: tuple[float, ...] = EDGES,
    floor: float = 0.2,
    cap: float = 2.0,
    start: Day | None = None,
    end: Day | None = None,
    paths: int = 200,
    seed: int = 14,
) -> ControlResult:
    """Solve for the no-trade band of a hedge, and judge it out of sample.

    Parameters
    ----------
    market
        History with the index and VIX: ten years of sessions at least.
    hedge
        Sleeve whose carry and trading cost are taken; ``Put()`` by default.
    carry
        Cost of intensity 1.0 at VIX 20, a share of NAV a year, instead of the sleeve's.
    cost
        Cost of changing the intensity by 1.0 at VIX 20, a share of NAV, instead of the sleeve's.
    loss
        What a unit of crash loss counts in units of cost; None for the weight at which
        intensity 1.0 is best on average.
    by, split
        Name of the signal that tells the regime, high where it is over ``split``.
    edges
        Where one VIX bucket ends and the next begins, one to five, points.
    floor, cap
        Least and greatest intensity.
    start, end
        First and last date used, both included.
    paths, seed
        Simulated paths that judge, and the seed of their random numbers.

    Raises
    ------
    HedgerowError
        If the history is too short or a number is out of range.

    Examples
    --------
    >>> import hedgerow as hr
    >>> found = control(hr.load("builtin"), carry=0.019, cost=0.0005, paths=4)
    >>> [step.kind for step in found.policy.steps]
    ['band_table', 'bounds', 'on_change']
    """
    from hedgerow.instruments.options import Put
    from hedgerow.policies.fitting.chain import Terms

    check_market(market)
    if hedge is not None:
        check_hedge(hedge)
    part = market.between(day(start, "start"), day(end, "end"))
    if carry is None or cost is None:
        measured = calibrate(part, hedge or Put())
        carry = measured[0] if carry is None else carry
        cost = measured[1] if cost is None else cost
    terms = Terms(carry=carry, cost=cost, loss=loss, floor=floor, cap=cap)
    made = study(part, by=by, edges=tuple(edges), split=split, terms=terms, paths=paths, seed=seed)
    return ControlResult(made, vix_modelled=modelled_share(part, "vix", made.span))
