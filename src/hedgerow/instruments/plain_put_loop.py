"""The compiled loop of :mod:`.plain_put`: many paths repriced bar by bar, straight into bars."""

# numba compiles these functions: they carry no types that mypy could check.
# ruff: noqa: ANN001, ANN202
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from hedgerow.pricing.kernels import STAMP, WIDTH, compiled, exp, inlined, log, mills

ROWS = 12
"""Rows of a block's buffer."""

CELLS = ROWS * (WIDTH + 8)

_W = np.uintp(WIDTH)
_PLACES = tuple(np.uintp(row * (WIDTH + 8)) for row in range(ROWS))
(_S, _V, _INVERSE, _K, _LN, _MARK, _OPEN, _DECAY, _GAIN, _EARNED, _SIZE, _CARRIED) = _PLACES
_INVERSE_ROOT_TWO_PI = 0.3989422804014327


@inlined
def _put(spot, strike, part, ratio, years, root, vix, skew, rate, dividend, grow, discount):
    """Price of a put and its theta a year, points.

    ``part`` is strike over index and ``ratio`` the logarithm of index over strike.
    """
    otm = 1.0 - part
    vol = 0.01 * vix * (1.0 + skew * (otm if otm > 0.0 else 0.0))
    sd = vol * root
    d1 = (ratio + (rate - dividend) * years) / sd + 0.5 * sd
    d2 = d1 - sd
    a1, a2 = abs(d1), abs(d2)
    a1 = a1 if a1 < 40.0 else 40.0
    a2 = a2 if a2 < 40.0 else 40.0
    asset, bond = spot * grow, strike * discount
    weight = asset * (exp(-0.5 * a1 * a1) * _INVERSE_ROOT_TWO_PI)
    tail1, tail2 = weight * mills(a1), weight * mills(a2)
    own1 = tail1 if d1 > 0.0 else asset - tail1  # asset·N(−d1)
    own2 = tail2 if d2 > 0.0 else bond - tail2  # bond·N(−d2)
    price = own2 - own1
    theta = rate * own2 - dividend * own1 - 0.5 * weight * vol / root
    return price if price > 0.0 else 0.0, theta


def _loop(stamp):
    @compiled()
    def reprice(
        spot, vix, calendar, terms, low, high, b, gain, earned, close, open_, size, carry, carried
    ):
        """Fill the bars of paths ``low`` … ``high`` - 1, whole blocks, of **shape** (T, paths).

        ``calendar`` has a row for each bar: years left of the contract carried in, years since the
        bar before, calendar days since it, and 1 where the contract is exchanged.
        """
        _ = stamp
        moneyness, years, skew, half, rate, dividend, share, multiple, dollars = terms
        log_moneyness, each = np.log(moneyness), multiple / dollars
        for start in range(low, high, WIDTH):
            for t in range(len(calendar)):
                left, span, days, rolls = calendar[t]
                root, new_root = np.sqrt(left), np.sqrt(years)
                grow, discount = np.exp(-dividend * left), np.exp(-rate * left)
                new_grow, new_discount = np.exp(-dividend * years), np.exp(-rate * years)
                bills, yielded, financed = rate * span, dividend * span, 1.0 + rate * span
                spots, vixes = spot[t, start : start + WIDTH], vix[t, start : start + WIDTH]
                for j in range(_W):
                    b[_S + j] = spots[j]
                for j in range(_W):
                    b[_V + j] = vixes[j]
                if t == 0:
                    for j in range(_W):
                        s = b[_S + j]
                        b[_K + j], b[_LN + j] = moneyness * s, -log_moneyness - log(s)
                        b[_INVERSE + j], b[_OPEN + j], b[_DECAY + j] = 1.0 / s, 0.0, 0.0
                for j in range(_W):
                    s, v = b[_S + j], b[_V + j]
                    k, inverse = b[_K + j], 1.0 / s
                    ratio = log(s) + b[_LN + j]
                    price, theta = _put(
                        s,
                        k,
                        k * inverse,
                        ratio,
                        left,
                        root,
                        v,
                        skew,
                        rate,
                        dividend,
                        grow,
                        discount,
                    )
                    b[_GAIN + j] = (price - b[_OPEN + j] * financed) * dollars
                    b[_CARRIED + j] = b[_DECAY + j] * days
                    index = s * b[_INVERSE + j] - 1.0 + yielded
                    b[_EARNED + j] = bills + share * (index - bills)
                    b[_INVERSE + j] = inverse
                    b[_SIZE + j] = each * inverse
                    b[_MARK + j], b[_OPEN + j] = price, price
                    b[_DECAY + j] = -theta * dollars / 365.0
                if rolls > 0.0:
                    for j in range(_W):
                        s, v = b[_S + j], b[_V + j]
                        k = moneyness * s
                        b[_K + j], b[_LN + j] = k, -log_moneyness - log(s)
                        price, theta = _put(
                            s,
                            k,
                            moneyness,
                            -log_moneyness,
                            years,
                            new_root,
                            v,
                            skew,
                            rate,
                            dividend,
                            new_grow,
                            new_discount,
                        )
                        b[_OPEN + j], b[_DECAY + j] = price, -theta * dollars / 365.0
                cost = half * dollars
                for place, column, factor in (
                    (_GAIN, gain, 1.0),
                    (_EARNED, earned, 1.0),
                    (_MARK, close, cost),
                    (_OPEN, open_, cost),
                    (_SIZE, size, 1.0),
                    (_DECAY, carry, 1.0),
                    (_CARRIED, carried, 1.0),
                ):
                    part = column[t, start : start + WIDTH]
                    for j in range(_W):
                        part[j] = factor * b[place + j]

    return reprice


reprice = _loop(STAMP)
