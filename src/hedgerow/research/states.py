"""Markets to price structures in: from a day of data, or from a fitted chain.

Each comes with sentences that say what in it is measured and what is a model's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from hedgerow.core.contract import OptionContract
from hedgerow.core.market import Market, Origin
from hedgerow.data.chain_fit import ChainFit
from hedgerow.data.chains import Chain, Expiry
from hedgerow.data.vx_curve import curve_day
from hedgerow.errors import RangeError
from hedgerow.instruments.scene import SPOT, Scene
from hedgerow.instruments.state import State
from hedgerow.instruments.structure import Shares, Structure
from hedgerow.pricing.black import DAYS_PER_YEAR
from hedgerow.pricing.board import Floats
from hedgerow.pricing.curve import FuturesCurve
from hedgerow.pricing.replication import variance_of_smile
from hedgerow.pricing.term import Curve
from hedgerow.pricing.vix_option import VolOfVol, vvix_of

INDEX = frozenset({"SPX", "XSP", "SPY"})
"""Underlyings that the S&P 500 surface of the data prices; the smaller ones at a tenth."""


class Note(NamedTuple):
    """A sentence, and what it is about: a field of the state, such as ``vol``."""

    about: str
    sentence: str


class Priced(NamedTuple):
    """A state, and what is to be known of it.

    Parameters
    ----------
    state
        What to price in.
    notes
        Where the numbers come from, and which of them are modelled.
    """

    state: State
    notes: tuple[Note, ...]


def of_market(
    market: Market,
    underlying: str,
    expiries: Sequence[dt.date] = (),
    date: str | None = None,
    curve: Curve | None = None,
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
    curve
        VIX futures of that date, weeklies too (`hedgerow.data.vx_curve.read_curve`); left out,
        the monthly contracts that the market holds.

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
    >>> round(found.state.spot, 2), found.notes[0].sentence
    (2170.84, 'Volatilities are modelled from VIX (docs/pricing.md).')
    """
    row = market.index_of(date) if date else len(market) - 1
    known = market.until(row)
    if underlying == "VIX":
        return _of_vix(known, expiries, curve or curve_day(known, row).curve)
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

    notes = [Note("vol", "Volatilities are modelled from VIX (docs/pricing.md).")]
    if known.origin["vix"][row] == Origin.MODELLED:
        notes.append(Note("vol", "VIX of that day is itself modelled."))
    for name, about, said in (("vix", "vol", "VIX"), (SPOT, "spot", "The index")):
        if known.origin[name][row] == Origin.MISSING:
            notes.append(Note(about, f"{said} of that day is unknown: the last known is taken."))
    scale = 1.0
    if underlying != "SPX":
        scale = 0.1
        notes.append(Note("spot", f"{underlying} is taken at a tenth of the index."))
    notes += _yearly(known, "rate", "rate") + _yearly(known, "dividend_yield", "dividend")
    state = State(
        _day(known),
        spot=scale * float(scene.spot[row]),
        vol=smile,
        rate=float(scene.rate[row]),
        dividend=float(scene.dividend[row]),
    )
    return Priced(state, tuple(notes))


def _of_vix(known: Market, expiries: Sequence[dt.date], curve: Curve) -> Priced:
    row, scene = len(known) - 1, Scene.of(known)
    published = known["vvix"][-1:] if "vvix" in known else None
    vvix = vvix_of(scene.vix[-1:], published)
    level = float(vvix.points[0])
    quoted = dict(
        zip(curve.expiry.tolist(), zip(curve.settle, curve.origin, strict=True), strict=True)
    )
    forwards: dict[dt.date, float] = {}
    notes = [Note("vol", "Volatilities of VIX are modelled from VVIX (docs/vix.md).")]
    if vvix.modelled[0]:
        notes.append(Note("vol", "VVIX of that day is itself modelled from VIX."))
    if known.origin["vix"][row] == Origin.MODELLED:
        notes.append(Note("vol", "VIX of that day is itself modelled."))
    for expiry in sorted(set(expiries)):
        price, origin = quoted.get(expiry, (np.nan, "missing"))
        if np.isfinite(price):
            forwards[expiry] = float(price)
            if origin == "modelled":
                notes.append(Note("forward", f"The future of {expiry} is modelled from VIX."))
            continue
        days = float((np.datetime64(expiry) - known.dates[-1]).astype(np.int64))
        between = float(curve.at(days, from_spot=True))
        if np.isfinite(between):
            forwards[expiry] = between
            made_from = "modelled ones" if set(curve.origin) == {"modelled"} else "its neighbours"
            said = f"The future of {expiry} is not quoted: read between {made_from}."
        else:
            years = np.array([days / DAYS_PER_YEAR])
            made = FuturesCurve().price(scene.vix, scene.surface, years, np.array([row]))
            forwards[expiry] = float(made[0])
            said = f"The future of {expiry} is not quoted: modelled from VIX."
        notes.append(Note("forward", said))
    notes += _yearly(known, "rate", "rate")

    def smile(log_moneyness: Floats, years: float) -> Floats:
        return VolOfVol().vol(log_moneyness, level, years)

    state = State(_day(known), forward=forwards, vol=smile, rate=float(scene.rate[row]))
    return Priced(state, tuple(notes))


def _yearly(known: Market, name: str, about: str) -> list[Note]:
    """Say that the last value of a rate or yield is not one of that day, if it is not."""
    if name in known and known.origin[name][-1] not in {Origin.ASSUMED, Origin.MISSING}:
        return []
    return [Note(about, f"The {name.replace('_', ' ')} is assumed.")]


def of_chain(fit: ChainFit, chain: Chain, structure: Structure) -> Priced:
    """Return the state of a fitted chain: its forwards, its smiles, its rate.

    Parameters
    ----------
    fit
        Of that chain.
    chain
        As read.
    structure
        What is to be priced; forwards and volatilities of other expiries than the chain's are
        read between its own.

    Raises
    ------
    RangeError
        If it is written on something else, has no expiry, one does not lie after the quotes, or
        shares or American options have no spot.

    Notes
    -----
    One rate discounts all expiries: that of the first.  Shares and American options are priced
    on the chain's spot, with the yield that makes the first expiry's forward.  A volatility is
    such that total variance to the moment of settlement is that of the smile, though a state
    counts whole days.
    """
    if structure.underlying != chain.symbol:
        raise RangeError(
            f"the quotes are of {chain.symbol}, not of {structure.underlying}",
            where=chain.file,
            mend=f"give a chain of {structure.underlying}",
        )
    settled = _settlements(structure)
    if not settled:
        raise RangeError("the structure has no expiry", where="chain", mend="price it on a spot")
    times = {}
    for expiry in settled:
        days = (expiry.date - chain.date).days
        if days < 1:
            raise RangeError(
                f"{expiry.date} does not lie after the quotes of {chain.date}",
                where="expiry",
                mend="choose a later expiry",
            )
        listed = expiry in chain.expiries
        times[expiry.date] = chain.time_to(expiry) if listed else days / DAYS_PER_YEAR
    moment = {(day - chain.date).days: time for day, time in times.items()}

    def smile(log_moneyness: Floats, years: float) -> Floats:
        time = moment.get(round(years * DAYS_PER_YEAR), years)
        return np.asarray(fit.vol(log_moneyness, time) * np.sqrt(time / years))

    first = settled[0].date
    rate = fit.rate(times[first])
    forwards = {day: fit.forward(time) for day, time in times.items()}
    notes = [Note("vol", f"Forwards and volatilities are fitted to the quotes of {chain.file}.")]
    if chain.european and not any(isinstance(p.contract, Shares) for p in structure.positions):
        state = State(chain.date, forward=forwards, vol=smile, rate=rate)
    else:
        _demand_spot(chain)
        carry = np.log(forwards[first] / chain.spot) / (first - chain.date).days
        yields = rate - DAYS_PER_YEAR * float(carry)
        state = State(chain.date, spot=chain.spot, vol=smile, rate=rate, dividend=yields)
        if len(times) > 1:
            said = f"Forwards after {first} are not the chain's: spot at the carry to that date."
            notes.append(Note("dividend", said))
    if len(times) > 1:
        notes.append(Note("rate", f"All expiries are discounted at the rate to {first}."))
    for expiry in settled:
        if expiry not in fit.expiries:
            said = f"{expiry} is not among its fitted expiries: read between or beyond them."
            notes.append(Note("vol", said))
    notes += _mixed(structure)
    return Priced(state, tuple(notes))


def _settlements(structure: Structure) -> list[Expiry]:
    """Return the settlements, one a date: on the opening only where all are."""
    found: dict[dt.date, bool] = {}
    for position in structure.positions:
        contract = position.contract
        if not isinstance(contract, Shares):
            am = contract.product.settlement == "AM"
            found[contract.expiry] = am and found.get(contract.expiry, True)
    return [Expiry(day, found[day]) for day in sorted(found)]


def _mixed(structure: Structure) -> list[Note]:
    options = [p.contract for p in structure.positions if isinstance(p.contract, OptionContract)]
    sides = {(option.expiry, option.product.settlement) for option in options}
    both = sorted(day for day, side in sides if side == "AM" and (day, "PM") in sides)
    return [Note("vol", f"AM options of {day} are priced like its PM options.") for day in both]


def _demand_spot(chain: Chain) -> None:
    if not chain.spot > 0.0:
        raise RangeError(
            "the file does not tell the price of the shares",
            where=chain.file,
            mend="price on --spot and --vol",
        )


def fair_total(state: State, expiry: dt.date) -> float:
    """Return the fair total variance (σ²T) to an expiry, by replication of the state's smile.

    Raises
    ------
    RangeError
        If the state has no volatility, or one for each strike.

    Examples
    --------
    >>> flat = State("2026-02-18", spot=5000.0, vol=0.20)
    >>> round(fair_total(flat, dt.date(2027, 2, 18)), 6)
    0.04
    """
    vol, years = state.vol, state.years(expiry)
    if vol is None or isinstance(vol, Mapping):
        raise RangeError("there is no volatility", where="vol", mend="give a number or a smile")
    if callable(vol):
        return years * variance_of_smile(lambda k: vol(k, years), years)
    return years * variance_of_smile(lambda k: np.full_like(k, vol), years)


def _day(market: Market) -> dt.date:
    return dt.date.fromisoformat(str(market.dates[-1]))
