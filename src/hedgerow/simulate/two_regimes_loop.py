"""The compiled loop of :mod:`.two_regimes`: random numbers, regimes, VIX and index of a block.

Every path has a generator of its own, xoshiro256+ of Blackman and Vigna, "Scrambled linear
pseudorandom number generators", *ACM Transactions on Mathematical Software* 47 (2021), begun at
states that a hash of seed and path scatters over its period of 2²⁵⁶: no stream is a shift of
another.  Normals come in pairs by Box and Muller (1958).  Nothing branches on a value, so the
paths of a block are worked on eight at a time.
"""

# numba compiles these functions: they carry no types that mypy could check.
# ruff: noqa: ANN001, ANN202
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from hedgerow.pricing.kernels import STAMP, WIDTH, bits, compiled, exp, inlined, log, mad, real

ROWS = 12
"""Rows of a block's buffer."""

CELLS = ROWS * (WIDTH + 8)

_W = np.uintp(WIDTH)
_PLACES = tuple(np.uintp(row * (WIDTH + 8)) for row in range(ROWS))
(_B0, _B1, _B2, _B3, _N1, _N2, _U, _X, _Y, _V, _S, _G) = _PLACES

_ONE = 0x3FF0000000000000
_HALF_PI = 1.5707963267948966


@inlined
def _right(word, count):
    """Shift right, zeros coming in."""
    return np.int64(np.uint64(word) >> np.uint64(count))


@inlined
def _unit(word):
    """Return a number in [1, 2) from the upper 52 bits of a word."""
    return real(_right(word, 12) | _ONE)


@inlined
def _circle(word):
    """Cosine and sine of an angle drawn from a word: two bits for its quadrant, 52 for the rest."""
    turn = _HALF_PI * (_unit(word << 2) - 1.5)  # −π/4 … π/4
    z = turn * turn
    p = mad(1.58969099521155010221e-10, z, -2.50507602534068634195e-8)
    p = mad(p, z, 2.75573137070700676789e-6)
    p = mad(p, z, -1.98412698298579493134e-4)
    p = mad(p, z, 8.33333333332248946124e-3)
    p = mad(p, z, -1.66666666666666324348e-1)
    sine = mad(p * z, turn, turn)
    p = mad(-1.13596475577881948265e-11, z, 2.08757232129817482790e-9)
    p = mad(p, z, -2.75573143513906633035e-7)
    p = mad(p, z, 2.48015872894767294178e-5)
    p = mad(p, z, -1.38888888888741095749e-3)
    p = mad(p, z, 4.16666666666666019037e-2)
    cosine = mad(p, z * z, 1.0 - 0.5 * z)
    swap = word < 0
    sign = 1.0 if (word << 1) < 0 else -1.0
    return sign * (-sine if swap else cosine), sign * (cosine if swap else sine)


@inlined
def _next(s0, s1, s2, s3):
    """One step of xoshiro256+: its number and the next state."""
    drawn = s0 + s3
    t = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = (s3 << 45) | _right(s3, 19)
    return drawn, s0, s1, s2, s3


@inlined
def _draw(b):
    """Draw two normals and a uniform in [0, 1) for every path of a block."""
    for j in range(_W):
        s0, s1, s2, s3 = bits(b[_B0 + j]), bits(b[_B1 + j]), bits(b[_B2 + j]), bits(b[_B3 + j])
        first, s0, s1, s2, s3 = _next(s0, s1, s2, s3)
        second, s0, s1, s2, s3 = _next(s0, s1, s2, s3)
        third, s0, s1, s2, s3 = _next(s0, s1, s2, s3)
        b[_B0 + j], b[_B1 + j], b[_B2 + j], b[_B3 + j] = real(s0), real(s1), real(s2), real(s3)
        radius = np.sqrt(-2.0 * log(2.0 - _unit(first)))
        cosine, sine = _circle(second)
        b[_N1 + j] = radius * cosine
        b[_N2 + j] = radius * sine
        b[_U + j] = _unit(third) - 1.0


def _loop(stamp):
    @compiled()
    def evolve(states, law, spot, vix, low, high, b, out_spot, out_vix):
        """Fill paths ``low`` … ``high`` - 1, whole blocks, of **shape** (T, paths).

        ``states`` are the generators', **shape** (4, paths), as the bits of numbers; ``law`` is
        that of :meth:`TwoRegimes.law`.
        """
        _ = stamp
        (up, down, quiet, mu0, mu1, mean0, mean1, speed0, speed1, eta0, eta1, rho, scale, dt) = law
        other = np.sqrt(1.0 - rho * rho)
        root = np.sqrt(dt)
        for start in range(low, high, WIDTH):
            for row, place in enumerate((_B0, _B1, _B2, _B3)):
                part = states[row, start : start + WIDTH]
                for j in range(_W):
                    b[place + j] = part[j]
            _draw(b)
            for j in range(_W):
                b[_G + j] = 0.0 if b[_U + j] < quiet else 1.0
                b[_X + j], b[_Y + j] = np.log(vix), np.log(spot)
                b[_V + j], b[_S + j] = vix, spot
            for t in range(len(out_spot)):
                if t > 0:
                    _draw(b)
                    for j in range(_W):
                        wild, u = b[_G + j] > 0.5, b[_U + j]
                        turned = u < (down if wild else up)
                        wild = wild != turned
                        b[_G + j] = 1.0 if wild else 0.0
                        x, z = b[_X + j], b[_N1 + j]
                        sigma = scale * b[_V + j]
                        drift = (mu1 if wild else mu0) - 0.5 * sigma * sigma
                        y = b[_Y + j] + drift * dt + sigma * root * z
                        pull = (speed1 if wild else speed0) * ((mean1 if wild else mean0) - x)
                        shock = (eta1 if wild else eta0) * (rho * z + other * b[_N2 + j])
                        x = x + pull * dt + shock * root
                        b[_X + j], b[_Y + j] = x, y
                        b[_V + j], b[_S + j] = exp(x), exp(y)
                spots, vixes = out_spot[t, start : start + WIDTH], out_vix[t, start : start + WIDTH]
                for j in range(_W):
                    spots[j] = b[_S + j]
                for j in range(_W):
                    vixes[j] = b[_V + j]

    return evolve


evolve = _loop(STAMP)
