"""Markets to price structures in: from a day of data, or from a fitted chain.

Each comes with sentences that say what in it is measured and what is a model's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgerow.core.market import Market, Origin
from hedgerow.data.chain_fit import ChainFit
from hedgerow.data.chains import Chain
from hedgerow.data.vx_curve import curve_day
from hedgerow.errors import RangeError
from hedgerow.instruments.scene import Scene
from hedgerow.instruments.state import State
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.board import Floats
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.vix_option import VolOfVol, vvix_of

INDEX = frozenset({"SPX", "XSP", "SPY"})
"""Underlyings that the S&P 500 surface of the data prices; the smaller ones at a tenth."""


@dataclass(frozen=True)
class Priced:
    """A state, and what is to be known of it.

    Parameters
    ----------
    state
        What to price in.
    notes
        Sentences: where the numbers come from, and which of them are modelled.
    """

    state: State
    notes: tuple[str, ...]


def of_market(
    market: Market, underlying: str, expiries: Sequence[dt.date] = (), date: str | None = None
) -> Priced:
    """Return the state of a session: the index and its surface, or VIX futures and theirs.

    Parameters
    ----------
    market
        As `hedgerow.load` gives it.  Later sessions are not looked at.
    underlying
        ``SPX``, ``XSP``, ``SPY`` or ``VIX``.
    expiries
        Of VIX contracts, whose forwards are wanted.
    date
        ``YYYY-MM-DD``; the session before it where there is none.  By default the last.

    Raises
    ------
    RangeError
        If the date lies outside the data, or the data say nothing of this underlying.
    SleeveError
        If index or VIX are unknown there.

    Examples
    --------
    >>> from hedgerow.api import load
    >>> found = of_market(load("builtin"), "SPX", date="2016-08-01")
    >>> round(found.state.spot, 2), found.notes[0]
    (2170.84, 'Volatilities are modelled from VIX (docs/pricing.md).')
    """
    row = market.index_of(date) if date else len(market) - 1
    known = market.until(row)
    if underlying == "VIX":
        return _of_vix(known, expiries)
    if underlying not in INDEX:
        raise RangeError(
            f"the data price the S&P 500 and VIX, not {underlying}",
            where="underlying",
            mend="give a spot and a volatility, or a chain of it",
        )
    scene = Scene.of(known)
    last = np.array([row])

    def smile(log_moneyness: Floats, years: float) -> Floats:
        k = np.asarray(log_moneyness, dtype=np.float64)
        return scene.surface.vol(k.reshape(1, -1), years, last).reshape(k.shape)

    notes = ["Volatilities are modelled from VIX (docs/pricing.md)."]
    if known.origin["vix"][row] == Origin.MODELLED:
        notes.append("VIX of that day is itself modelled.")
    scale = 1.0
    if underlying != "SPX":
        scale = 0.1
        notes.append(f"{underlying} is taken at a tenth of the index.")
    for name, said in (("rate", "rate"), ("dividend_yield", "dividend yield")):
        if name not in known or known.origin[name][row] in {Origin.ASSUMED, Origin.MISSING}:
            notes.append(f"The {said} is assumed.")
    state = State(
        _day(known),
        spot=scale * float(scene.spot[row]),
        vol=smile,
        rate=float(scene.rate[row]),
        dividend=float(scene.dividend[row]),
    )
    return Priced(state, tuple(notes))


def _of_vix(known: Market, expiries: Sequence[dt.date]) -> Priced:
    row = len(known) - 1
    scene, curve = Scene.of(known), curve_day(known, row).curve
    published = known["vvix"][-1:] if "vvix" in known else None
    vvix = vvix_of(scene.vix[-1:], published)
    level = float(vvix.points[0])
    quoted = dict(
        zip(curve.expiry.tolist(), zip(curve.settle, curve.origin, strict=True), strict=True)
    )
    forwards: dict[dt.date, float] = {}
    notes = ["Volatilities of VIX are modelled from VVIX (docs/vix.md)."]
    if vvix.modelled[0]:
        notes.append("VVIX of that day is itself modelled from VIX.")
    for expiry in sorted(set(expiries)):
        price, origin = quoted.get(expiry, (np.nan, "missing"))
        if np.isfinite(price):
            forwards[expiry] = float(price)
            if origin == "modelled":
                notes.append(f"The future of {expiry} is modelled from VIX.")
            continue
        days = float((np.datetime64(expiry) - known.dates[-1]).astype(np.int64))
        between = float(curve.at(days, from_spot=True))
        if np.isfinite(between):
            forwards[expiry] = between
            notes.append(f"The future of {expiry} is not quoted: read between its neighbours.")
        else:
            years = np.array([days / DAYS_PER_YEAR])
            made = FuturesCurve().price(scene.vix, scene.surface, years, np.array([row]))
            forwards[expiry] = float(made[0])
            notes.append(f"The future of {expiry} is not quoted: modelled from VIX.")

    def smile(log_moneyness: Floats, years: float) -> Floats:
        return VolOfVol().vol(log_moneyness, level, years)

    state = State(_day(known), forward=forwards, vol=smile, rate=float(scene.rate[row]))
    return Priced(state, tuple(notes))


def of_chain(fit: ChainFit, chain: Chain, expiries: Sequence[dt.date]) -> Priced:
    """Return the state of a fitted chain: its forwards, its smiles, its rate.

    Parameters
    ----------
    fit
        Of that chain.
    chain
        As read.
    expiries
        Those of the structure; forwards and volatilities of others than the chain's are read
        between its own.

    Raises
    ------
    RangeError
        If there is no expiry, one does not lie after the quotes, or American options have no spot.

    Notes
    -----
    One rate discounts all expiries: that of the first.  American options are priced on the
    chain's spot, with the yield that makes the first expiry's forward.  A volatility is such
    that total variance to the moment of settlement is that of the smile, though a state counts
    whole days; of two settlements on one date the later one is taken.
    """
    if not expiries:
        raise RangeError("the structure has no expiry", where="chain", mend="price it on a spot")
    times = {}
    for expiry in sorted(set(expiries)):
        listed = [e for e in chain.expiries if e.date == expiry]
        days = (expiry - chain.date).days
        if days < 1:
            raise RangeError(
                f"{expiry} does not lie after the quotes of {chain.date}",
                where="expiry",
                mend="choose a later expiry",
            )
        times[expiry] = chain.time_to(listed[-1]) if listed else days / DAYS_PER_YEAR
    moment = {(expiry - chain.date).days: time for expiry, time in times.items()}

    def smile(log_moneyness: Floats, years: float) -> Floats:
        time = moment.get(round(years * DAYS_PER_YEAR), years)
        return np.asarray(fit.vol(log_moneyness, time) * np.sqrt(time / years))

    first = min(times.values())
    rate = fit.rate(first)
    forwards = {expiry: fit.forward(time) for expiry, time in times.items()}
    if chain.european:
        state = State(chain.date, forward=forwards, vol=smile, rate=rate)
    else:
        _demand_spot(chain)
        carry = np.log(forwards[min(times)] / chain.spot) / (min(times) - chain.date).days
        yields = rate - DAYS_PER_YEAR * float(carry)
        state = State(chain.date, spot=chain.spot, vol=smile, rate=rate, dividend=yields)
    notes = [f"Forwards and volatilities are fitted to the quotes of {chain.file}."]
    own = {e.date for e in fit.expiries}
    notes += [
        f"{expiry} is not among its fitted expiries: read between them."
        for expiry in times
        if expiry not in own
    ]
    return Priced(state, tuple(notes))


def _demand_spot(chain: Chain) -> None:
    if not chain.spot > 0.0:
        raise RangeError(
            "the file does not tell the price of the shares",
            where=chain.file,
            mend="price on --spot and --vol",
        )


def _day(market: Market) -> dt.date:
    return dt.date.fromisoformat(str(market.dates[-1]))
