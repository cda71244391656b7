"""P4: a rolling 90-day put laid out on 9,072 sessions, beside its peers, in one run.

Usage: python benchmarks/p4_strip.py [--json FILE]

Two things are measured.  *The book* is P4 as it was defined: a 90-day put at 0.9 of the index,
rolled every 21 bars, volatility VIX/100·(1 + 0.9·max(0, 1 − K/S)), repriced and delta-hedged at
every close, 1 % of each premium and 1 bp of each delta trade paid.  *The strip* is
the sleeve `Put` on a market, with its calendar of expiries, surface, spreads and financing;
QuantLib is given the volatilities, so its loop does less than ours.
"""

from __future__ import annotations

import math
from functools import lru_cache, partial

import numpy as np
import QuantLib as ql
from scipy.special import ndtr

from hedgerow.core.market import Market
from hedgerow.instruments.options import Put
from hedgerow.instruments.scene import Scene
from hedgerow.pricing.black import risk
from p3_sweep import T, path
from rounds import keep, rounds

RATE, DIVIDEND = 0.03, 0.015
EVERY, TENOR, DEPTH = 21, 90 / 365, 0.9
BAR = 1 / 252
PREMIUM_COST, DELTA_COST = 0.01, 1e-4
BOOKS = 100
MANY = f"{BOOKS} moneynesses at once"
ROOT_HALF = math.sqrt(0.5)

Floats = np.ndarray


def ours(spot: Floats, strike: Floats, time: Floats, vol: Floats) -> tuple[Floats, Floats]:
    """Price and delta by Hedgerow."""
    found = risk(spot, strike, time, vol, RATE, DIVIDEND)
    return found.price, found.delta


def in_numpy(spot: Floats, strike: Floats, time: Floats, vol: Floats) -> tuple[Floats, Floats]:
    """Price and delta as anybody would write them in NumPy, and no other Greek."""
    sd = vol * np.sqrt(time)
    d1 = (np.log(spot / strike) + (RATE - DIVIDEND) * time) / sd + 0.5 * sd
    share = np.exp(-DIVIDEND * time) * ndtr(-d1)
    return strike * np.exp(-RATE * time) * ndtr(sd - d1) - spot * share, -share


def book(spot: Floats, vix: Floats, pricing=ours, depth: Floats | float = DEPTH) -> Floats:
    """Final P&L of P4 over arrays, points, one for each moneyness."""
    bars = np.arange(len(spot))
    chosen = bars - bars % EVERY
    rolls = bars[EVERY::EVERY]
    # every contract carried out of a bar, then those that end at a roll
    at, of = np.r_[bars, rolls], np.r_[chosen, chosen[rolls - 1]]
    depth = np.asarray(depth)[..., None]
    strike = depth * spot[of]
    vol = vix[at] / 100.0 * (1.0 + 0.9 * np.maximum(0.0, 1.0 - strike / spot[at]))
    time = TENOR - (at - of) * BAR
    found, delta = pricing(spot[at], strike, time, vol)
    count = len(bars)
    price, delta, ended = found[..., :count], delta[..., :count], found[..., count:]
    mark = price.copy()
    mark[..., rolls] = ended
    gain = mark[..., 1:] - price[..., :-1] - delta[..., :-1] * np.diff(spot)
    paid = PREMIUM_COST * (price[..., ::EVERY].sum(-1) + ended.sum(-1))
    traded = np.abs(np.diff(delta, prepend=0.0)) * spot
    return gain.sum(-1) - paid - DELTA_COST * traded.sum(-1)


def loop(spot: list[float], vix: list[float], price_and_delta) -> float:
    """The same book bar by bar; ``price_and_delta(spot, strike, time, vol)`` is the library."""
    total, before, held, strike, age = 0.0, 0.0, 0.0, 0.0, 0
    last = spot[0]
    for bar, (s, v) in enumerate(zip(spot, vix, strict=True)):
        vol = v / 100.0 * (1.0 + 0.9 * max(0.0, 1.0 - strike / s))
        if bar % EVERY == 0:
            if bar:
                price, _ = price_and_delta(s, strike, TENOR - (age + 1) * BAR, vol)
                total += price - before - held * (s - last) - PREMIUM_COST * price
            strike, age = DEPTH * s, 0
            vol = v / 100.0 * (1.0 + 0.9 * (1.0 - DEPTH))
            price, delta = price_and_delta(s, strike, TENOR, vol)
            total -= PREMIUM_COST * price
        else:
            age += 1
            price, delta = price_and_delta(s, strike, TENOR - age * BAR, vol)
            total += price - before - held * (s - last)
        total -= DELTA_COST * abs(delta - held) * s
        before, held, last = price, delta, s
    return total


_payoff = lru_cache(maxsize=1)(partial(ql.PlainVanillaPayoff, ql.Option.Put))
"""A contract's payoff is made once: it takes as long as its price."""


def calculator(
    spot: float, strike: float, time: float, vol: float, rate: float, dividend: float
) -> ql.BlackCalculator:
    """QuantLib's fastest way to a price with Greeks; an engine with quotes takes longer."""
    forward = spot * math.exp((rate - dividend) * time)
    return ql.BlackCalculator(
        _payoff(strike), forward, vol * math.sqrt(time), math.exp(-rate * time)
    )


def by_calculator(spot: float, strike: float, time: float, vol: float) -> tuple[float, float]:
    """Price and delta by QuantLib."""
    option = calculator(spot, strike, time, vol, RATE, DIVIDEND)
    return option.value(), option.delta(spot)


def in_python(spot: float, strike: float, time: float, vol: float) -> tuple[float, float]:
    """The textbook's formula with nothing but the standard library."""
    sd = vol * math.sqrt(time)
    d1 = (math.log(spot / strike) + (RATE - DIVIDEND) * time) / sd + 0.5 * sd
    share = 0.5 * math.erfc(d1 * ROOT_HALF) * math.exp(-DIVIDEND * time)
    bond = strike * math.exp(-RATE * time)
    return 0.5 * math.erfc((d1 - sd) * ROOT_HALF) * bond - spot * share, -share


def market(spot: Floats, vix: Floats) -> Market:
    """The path as a market of consecutive scheduled sessions."""
    days = np.busday_offset("1990-01-02", np.arange(len(spot)), roll="forward")
    return Market(days.astype("datetime64[ns]"), {"spx": spot, "vix": vix})


class Puts:
    """The strip's contracts for QuantLib, volatilities given: one option after the other."""

    def __init__(self, ground: Market) -> None:
        """Take the contracts that the sleeve has chosen and the surface's volatilities."""
        self.strip = strip = Put().strip(ground)
        scene = Scene.of(ground)
        time = (strip.expiry - scene.days) / 365.0
        depth = np.log(strip.strike / scene.forward(time))
        vol = scene.surface.vol(depth, time)
        columns = (scene.spot, strip.strike, time, vol, scene.rate, scene.dividend)
        self.rows = list(zip(*(column.tolist() for column in columns), strict=True))

    def priced(self) -> Floats:
        """Price, delta, gamma, vega, theta, **shape** (T, 5)."""
        out = np.empty((len(self.rows), 5))
        for i, row in enumerate(self.rows):
            option, spot, time = calculator(*row), row[0], row[2]
            greeks = option.delta(spot), option.gamma(spot), option.vega(time)
            out[i] = (option.value(), *greeks, option.theta(spot, time))
        return out

    def check(self) -> None:
        """Stop where strip and QuantLib differ."""
        s, mine = self.strip, self.priced()
        units = 100.0 * np.array([1.0, 1.0, 0.01, 1 / 365])
        columns = np.column_stack([s.open, s.delta, s.gamma, s.vega, s.theta])
        wanted = mine * np.r_[1.0, units]
        if not np.allclose(columns, wanted, rtol=1e-8, atol=1e-8):
            raise SystemExit(f"the strip does not agree: {np.abs(columns - wanted).max()}")


def main() -> None:
    """Measure, check, print."""
    vix, spot = path()
    spot = 40.0 * spot
    sl, vl = spot.tolist(), vix.tolist()
    depths = np.linspace(0.8, 1.0, BOOKS + 1)[:BOOKS]
    depths[BOOKS // 2] = DEPTH
    ground = market(spot, vix)
    puts = Puts(ground)
    puts.check()
    wanted = loop(sl, vl, by_calculator)
    for name, got in (
        ("plain Python", loop(sl, vl, in_python)),
        ("Hedgerow, one book", book(spot, vix)),
        ("NumPy, one book", book(spot, vix, in_numpy)),
        ("Hedgerow, many books", book(spot, vix, ours, depths)[BOOKS // 2]),
        ("NumPy, many books", book(spot, vix, in_numpy, depths)[BOOKS // 2]),
    ):
        if not math.isclose(float(got), wanted, rel_tol=1e-9):
            raise SystemExit(f"{name} does not agree: {got} for {wanted}")
    work = {
        "book: QuantLib BlackCalculator, loop": lambda: loop(sl, vl, by_calculator),
        "book: plain Python": lambda: loop(sl, vl, in_python),
        "book: NumPy + ndtr": lambda: book(spot, vix, in_numpy),
        "book: Hedgerow": lambda: book(spot, vix),
        f"book: NumPy + ndtr, {MANY}": lambda: book(spot, vix, in_numpy, depths),
        f"book: Hedgerow, {MANY}": lambda: book(spot, vix, ours, depths),
        "strip: QuantLib BlackCalculator, loop": puts.priced,
        "strip: Hedgerow, Put().strip(market)": lambda: Put().strip(ground),
    }
    taken = {name: 1e9 * seconds / T for name, seconds in rounds(work, 9).items()}
    taken = {name: ns / BOOKS if MANY in name else ns for name, ns in taken.items()}
    print(f"{'per bar':<48}{'ns':>10}{'QuantLib takes':>18}")
    for name, ns in taken.items():
        peer = taken[f"{name.partition(':')[0]}: QuantLib BlackCalculator, loop"]
        print(f"{name:<48}{ns:>10.1f}{peer / ns:>16.1f} ×")
    keep(ns_per_bar=taken)


if __name__ == "__main__":
    main()
