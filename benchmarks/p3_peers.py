"""The rule of P3 as its peers would have it: by hand, in plain Python, in vectorbt.

Orders are decided at a close and filled at the next, as Hedgerow does it, in all of them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit

CASH, BASE, COST, FALL, BARS = 100.0, 10.0, 5e-4, 0.95, 5.0
W = 128
POOL = ThreadPoolExecutor(8)
S = np.uintp(W + 8)
U = np.uintp(W)
R = tuple(np.uintp(r * (W + 8)) for r in range(15))
(R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, R11, R12, R13, R14) = R


@njit(error_model="numpy", nogil=True)
def _blocks(vix, price, sets, low, high, s, out):
    """One rule, written for it alone: state in one flat buffer, branch-free inner loop."""
    for block in range(low, high):
        for j in range(W):
            lane = min(block * W + j, sets.shape[1] - 1)
            for r in range(4):
                s[r * (W + 8) + j] = sets[r, lane]
            for r in range(4, 15):
                s[r * (W + 8) + j] = 0.0
            for r in (5, 6, 7):
                s[r * (W + 8) + j] = CASH
            s[8 * (W + 8) + j] = np.nan
            s[11 * (W + 8) + j] = np.nan
        before = price[0]
        for t in range(len(vix)):
            v, p = vix[t], price[t]
            moved, fee = p - before, COST * p
            before = p
            for j in range(U):
                units, filled = s[R4 + j], s[R10 + j] > 0.0
                wanted = s[R9 + j] if filled else units
                change = units * moved - abs(wanted - units) * fee
                equity = s[R5 + j] + change
                top = s[R6 + j]
                top = equity if equity > top else top
                peak = s[R7 + j]
                peak = equity if equity > peak else peak
                last = s[R11 + j] if filled else s[R8 + j]
                bars = 0.0 if filled else s[R12 + j] + 1.0
                fell = equity < FALL * peak
                fires = np.isnan(last) | (abs(v - last) > s[R2 + j]) | (bars >= BARS) | fell
                x = (v - s[R0 + j]) / s[R1 + j]
                x = x if x > 0.0 else 0.0
                x = x if x < s[R3 + j] else s[R3 + j]
                fall = equity / top - 1.0
                s[R4 + j] = wanted
                s[R5 + j] = equity
                s[R6 + j] = top
                s[R7 + j] = equity if fell else peak
                s[R8 + j] = last
                s[R9 + j] = BASE * x / p if fires else wanted
                s[R10 + j] = 1.0 if fires else 0.0
                s[R11 + j] = v if fires else s[R11 + j]
                s[R12 + j] = bars
                s[R13 + j] += change * change
                s[R14 + j] = fall if fall < s[R14 + j] else s[R14 + j]
        for j in range(min(W, out.shape[1] - block * W)):
            out[0, block * W + j] = s[5 * (W + 8) + j]
            out[1, block * W + j] = s[5 * (W + 8) + j] - CASH
            out[2, block * W + j] = s[13 * (W + 8) + j]
            out[3, block * W + j] = s[14 * (W + 8) + j]


def _buffer() -> np.ndarray:
    room = np.empty(15 * (W + 8) + 8)
    skip = -(room.ctypes.data // 8) % 8
    return room[skip : skip + 15 * (W + 8)]


def by_hand(vix: np.ndarray, price: np.ndarray, sets: np.ndarray, threads: int) -> np.ndarray:
    """Final equity, ΣP&L, ΣP&L², max drawdown, each of **shape** (lanes,)."""
    lanes = sets.shape[1]
    blocks = -(-lanes // W)
    out = np.empty((4, lanes))
    edges = np.linspace(0, blocks, threads + 1).astype(int)

    def work(k: int) -> None:
        _blocks(vix, price, sets, edges[k], edges[k + 1], _buffer(), out)

    tasks = [POOL.submit(work, k) for k in range(1, threads)]
    work(0)  # the calling thread works too
    for task in tasks:
        task.result()
    return out


@njit(error_model="numpy", nogil=True)
def lane_by_lane(vix, price, sets, out):
    """The same rule as most people would write it in numba: one lane after the other."""
    for k in range(sets.shape[1]):
        low, width, move, cap = sets[0, k], sets[1, k], sets[2, k], sets[3, k]
        units, equity, top, peak, squares, worst = 0.0, CASH, CASH, CASH, 0.0, 0.0
        wanted, acts, asked, last, bars = 0.0, False, np.nan, np.nan, 0.0
        before = price[0]
        for t in range(len(vix)):
            v, p = vix[t], price[t]
            change = units * (p - before)
            before = p
            if acts:
                change -= abs(wanted - units) * (COST * p)
                units, last, bars = wanted, asked, 0.0
            else:
                bars += 1.0
            equity += change
            squares += change * change
            top = max(top, equity)
            peak = max(peak, equity)
            worst = min(worst, equity / top - 1.0)
            fell = equity < FALL * peak
            acts = np.isnan(last) or abs(v - last) > move or bars >= BARS or fell
            if fell:
                peak = equity
            if acts:
                wanted = BASE * min(max((v - low) / width, 0.0), cap) / p
                asked = v
        out[0, k], out[1, k], out[2, k], out[3, k] = equity, equity - CASH, squares, worst


def in_python(vix: list[float], price: list[float], one: list[float]) -> tuple[float, ...]:
    """One lane in plain Python, no arrays."""
    low, width, move, cap = one
    units, equity, top, peak, squares, worst = 0.0, CASH, CASH, CASH, 0.0, 0.0
    wanted, acts, asked, last, bars = 0.0, False, None, None, 0
    before = price[0]
    for v, p in zip(vix, price, strict=True):
        change = units * (p - before)
        before = p
        if acts:
            change -= abs(wanted - units) * (COST * p)
            units, last, bars = wanted, asked, 0
        else:
            bars += 1
        equity += change
        squares += change * change
        top = max(top, equity)
        peak = max(peak, equity)
        fall = equity / top - 1.0
        worst = min(worst, fall)
        fell = equity < FALL * peak
        acts = last is None or abs(v - last) > move or bars >= BARS or fell
        if fell:
            peak = equity
        if acts:
            x = (v - low) / width
            wanted = BASE * (0.0 if x < 0.0 else cap if x > cap else x) / p
            asked = v
    return equity, equity - CASH, squares, worst


def in_vectorbt(vix: np.ndarray, price: np.ndarray, sets: np.ndarray) -> Any:
    """Return a function that runs all lanes in vectorbt's ``from_order_func``."""
    import pandas as pd
    import vectorbt as vbt
    from vectorbt.portfolio import nb
    from vectorbt.portfolio.enums import NoOrder

    @njit
    def order(c, vix, sets, last, bars, peak):
        # What the last close decided is traded at this close.
        k, i = c.col, c.i
        if i == 0:
            return NoOrder
        v, p = vix[i - 1], c.close[i - 1, k]
        equity = c.cash_now + c.position_now * p
        peak[k] = max(peak[k], equity)
        fell = equity < FALL * peak[k]
        acts = np.isnan(last[k]) or abs(v - last[k]) > sets[2, k] or bars[k] >= BARS or fell
        if fell:
            peak[k] = equity
        if not acts:
            bars[k] += 1.0
            return NoOrder
        last[k], bars[k] = v, 0.0
        target = BASE * min(max((v - sets[0, k]) / sets[1, k], 0.0), sets[3, k]) / p
        size = target - c.position_now
        if abs(size) < 1e-12:
            return NoOrder
        return nb.order_nb(size=size, price=c.close[i, k], fees=COST)

    lanes = sets.shape[1]
    frame = pd.DataFrame(np.repeat(price[:, None], lanes, axis=1))

    def run() -> Any:
        return vbt.Portfolio.from_order_func(
            frame,
            order,
            vix,
            sets,
            np.full(lanes, np.nan),
            np.zeros(lanes),
            np.full(lanes, CASH),
            init_cash=CASH,
            freq="1D",
        )

    return run
