"""Compiled loops for large arrays: every option the same instructions, eight at a time.

Nothing here branches on a value, and nothing calls the C library: ``exp``, ``log`` and the
normal tail are polynomials of our own, so that LLVM turns each loop into vector
instructions.  All of them stand in this one file, longer than most, because numba's cache on
disk does not see changes of callees in other files.  Loops elsewhere that call these take `STAMP`
into a closure, which numba's cache looks at.

A block of options is copied into one flat buffer, a row for each input and output at a
literal offset: the compiler can then prove that rows do not overlap.  Options that are not
ordinary (expired, without volatility, infinite, NaN) are only marked; the caller gives them
to the NumPy form, which knows their limits.
"""

# numba compiles these functions: they carry no types that mypy could check.
# ruff: noqa: ANN001, ANN003, ANN201, ANN202
# mypy: ignore-errors

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

WIDTH = 128
"""Options in a block: the buffer stays in the first-level cache."""

CELLS = 17 * (WIDTH + 8)
"""Numbers in a buffer; rows are eight apart from a power of two, against cache conflicts."""

STAMP = zlib.crc32(Path(__file__).read_bytes())
"""Changes with this file."""

_W = np.uintp(WIDTH)
_ROWS = tuple(np.uintp(row * (WIDTH + 8)) for row in range(17))
(_S, _K, _T, _V, _R, _Q, _SIGN, _ODD, _O0, _O1, _O2, _O3, _O4, _O5, _O6, _O7, _O8) = _ROWS

_INVERSE_ROOT_TWO_PI = 0.3989422804014327
_ROOT_TWO_PI = 2.5066282746310002
_LOG_ROOT_TWO_PI = 0.9189385332046728
_ROUNDING = 1e-15
_SHIFT = 6755399441055744.0  # 1.5·2^52: adding it rounds to an integer held in the low bits
_SHIFT_BITS = 0x4338000000000000
_HALF_BITS = 4604544271217802189  # of √½
_ONE_BITS = 0x3FF0000000000000
_LN2_HIGH, _LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10


def compiled(**more):
    """Return numba's decorator; without a place for its cache, compile in every process."""

    def decorate(function):
        try:
            return njit(error_model="numpy", nogil=True, cache=True, **more)(function)
        except RuntimeError:  # no writable directory
            return njit(error_model="numpy", nogil=True, **more)(function)

    return decorate


inlined = njit(error_model="numpy", nogil=True, forceinline=True)


@intrinsic
def mad(context, a, b, c):
    """a·b + c, in one rounding where the processor does that fast."""

    def generate(context, builder, signature, args):
        real = ir.DoubleType()
        kind = ir.FunctionType(real, [real, real, real])
        call = cgutils.get_or_insert_function(builder.module, kind, "llvm.fmuladd.f64")
        return builder.call(call, args)

    return types.float64(types.float64, types.float64, types.float64), generate


@intrinsic
def bits(context, x):
    """Return the bits of a number, as an integer."""

    def generate(context, builder, signature, args):
        return builder.bitcast(args[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def real(context, i):
    """Return the number that has these bits."""

    def generate(context, builder, signature, args):
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), generate


@inlined
def exp(x, low=0.0):
    """e^(x + low), 0 below −708; ``low`` carries digits that x has no room for."""
    shifted = x * 1.4426950408889634 + _SHIFT
    k = shifted - _SHIFT
    r = mad(k, -_LN2_LOW, mad(k, -_LN2_HIGH, x) + low)
    p = mad(2.5100472505694996003e-8, r, 2.7620201591031548792e-7)
    p = mad(p, r, 2.7557268276905696187e-6)
    p = mad(p, r, 2.4801521057868205199e-5)
    p = mad(p, r, 1.9841269863171556026e-4)
    p = mad(p, r, 1.3888888917367080562e-3)
    p = mad(p, r, 8.3333333333300381973e-3)
    p = mad(p, r, 4.1666666666623820532e-2)
    p = mad(p, r, 1.6666666666666746e-1)
    p = mad(p, r, 0.50000000000000010314)
    p = mad(p * r, r, r)
    scale = real((bits(shifted) << 52) + _ONE_BITS)
    y = mad(p, scale, scale)
    return y if x > -708.0 else 0.0


@inlined
def log(x):
    """Natural logarithm of a positive normal number."""
    whole = bits(x)
    k = np.int64(np.uint64(whole - _HALF_BITS + _ONE_BITS) >> np.uint64(52)) - 1023
    f = real(whole - (k << 52)) - 1.0
    power = real(k + _SHIFT_BITS) - _SHIFT
    s = f / (2.0 + f)
    z = s * s
    p = mad(0.14617807153417324965, z, 0.15331611722055007885)
    p = mad(p, z, 0.18182892432536871201)
    p = mad(p, z, 0.22222211089379496214)
    p = mad(p, z, 0.28571428626253837606)
    p = mad(p, z, 0.39999999999898890514)
    p = mad(p, z, 0.66666666666666697077)
    half = 0.5 * f * f
    tail = mad(s, mad(p, z, half), power * _LN2_LOW)
    return mad(power, _LN2_HIGH, f - (half - tail))


@inlined
def mills(a):
    """Φ(−a)/φ(a) for 0 ≤ a ≤ 40: the normal tail without its bell."""
    p = mad(3.539374381695656e-06, a, 9.490976487703701e-05)
    p = mad(p, a, 0.0012464787276564907)
    p = mad(p, a, 0.010371227498271933)
    p = mad(p, a, 0.05978940563837088)
    p = mad(p, a, 0.24680591661471118)
    p = mad(p, a, 0.72954882116895)
    p = mad(p, a, 1.495130620744631)
    p = mad(p, a, 1.9465576298640739)
    p = mad(p, a, 1.2533141373155001)
    q = mad(3.5393743817034457e-06, a, 9.490976487536711e-05)
    q = mad(q, a, 0.0012500181021993545)
    q = mad(q, a, 0.010466137253814498)
    q = mad(q, a, 0.0610288059825763)
    q = mad(q, a, 0.2569873142590225)
    q = mad(q, a, 0.7868808831123079)
    q = mad(q, a, 1.7221395351506155)
    q = mad(q, a, 2.5687784862680085)
    q = mad(q, a, 2.3510128403844215)
    return p / mad(q, a, 1.0)


@inlined
def _stage(buffer, row, source, low, high):
    """Copy a block of an input, or its only value, into a row; repeat the last to the end."""
    if len(source) == 1:
        for j in range(_W):
            buffer[row + j] = source[0]
    else:
        part = source[low:high]
        for j in range(np.uintp(high - low)):
            buffer[row + j] = part[j]
        for j in range(np.uintp(high - low), _W):
            buffer[row + j] = source[high - 1]


@inlined
def _stage_sign(buffer, row, call, low, high):
    if len(call) == 1:
        for j in range(_W):
            buffer[row + j] = 1.0 if call[0] else -1.0
    else:
        part = call[low:high]
        for j in range(np.uintp(high - low)):
            buffer[row + j] = 1.0 if part[j] else -1.0
        for j in range(np.uintp(high - low), _W):
            buffer[row + j] = 1.0


@inlined
def _core(s, k, t, v, r, q, sign):
    """Everything that price and Greeks are made of; see Notes of ``hedgerow.pricing.black``."""
    root = np.sqrt(t)
    sd = v * root
    inverse = 1.0 / (s * sd)
    carry = (r - q) * t
    moneyness = log(s / k) + carry
    d1 = mad(moneyness, s * inverse, 0.5 * sd)
    d2 = d1 - sd
    a1, a2 = abs(d1), abs(d2)
    a1 = a1 if a1 < 40.0 else 40.0
    a2 = a2 if a2 < 40.0 else 40.0
    grow, discount = exp(-q * t), exp(-r * t)
    asset, bond = s * grow, k * discount
    square = a1 * a1
    bell = exp(-0.5 * square, -0.5 * mad(a1, a1, -square)) * _INVERSE_ROOT_TWO_PI
    weight = asset * bell  # = bond·φ(d2)
    tail1, tail2 = weight * mills(a1), weight * mills(a2)
    own1 = tail1 if sign * d1 < 0.0 else asset - tail1  # asset·N(±d1)
    own2 = tail2 if sign * d2 < 0.0 else bond - tail2  # bond·N(±d2)
    price = sign * (own1 - own2)
    price = price if price > 0.0 else 0.0
    odd = not (
        (s > 1e-60)
        & (s < 1e60)
        & (k > 1e-60)
        & (k < 1e60)
        & (t > 1e-60)
        & (t < 1e60)
        & (v > 1e-60)
        & (v < 1e60)
        & (abs(r * t) < 700.0)
        & (abs(q * t) < 700.0)
        & (sd < 1e3)
    )
    spot_inverse = inverse * sd
    delta = sign * own1 * spot_inverse
    gamma = weight * inverse * spot_inverse
    vega = weight * root
    decay = 0.5 * weight * v * (v * s * inverse)
    theta = sign * (q * own1 - r * own2) - decay
    return price, delta, gamma, vega, theta, odd, own2, weight, inverse, spot_inverse, d1, d2, carry


@inlined
def _stage_all(buffer, spot, strike, time, vol, rate, dividend, call, low, high):
    _stage(buffer, _S, spot, low, high)
    _stage(buffer, _K, strike, low, high)
    _stage(buffer, _T, time, low, high)
    _stage(buffer, _V, vol, low, high)
    _stage(buffer, _R, rate, low, high)
    _stage(buffer, _Q, dividend, low, high)
    _stage_sign(buffer, _SIGN, call, low, high)


@inlined
def _load(buffer, j, price, delta, gamma, vega, theta, odd):
    """Put the short form of an option into its rows; the price of an odd one is NaN."""
    buffer[_O0 + j] = np.nan if odd else price
    buffer[_O1 + j] = delta
    buffer[_O2 + j] = gamma
    buffer[_O3 + j] = vega
    buffer[_O4 + j] = theta
    buffer[_ODD + j] = 1.0 if odd else 0.0


@inlined
def _unload(buffer, out, low, high):
    """Copy the rows of results out; return how many options of the block are odd."""
    for row in range(len(out)):
        part = out[row, low:high]
        base = _O0 + np.uintp(row * (WIDTH + 8))
        for j in range(np.uintp(high - low)):
            part[j] = buffer[base + j]
    odds = 0.0
    for j in range(np.uintp(high - low)):
        odds += buffer[_ODD + j]
    return odds


@compiled()
def risk(spot, strike, time, vol, rate, dividend, call, low, high, buffer, out):
    """Price, delta, gamma, vega, theta into rows of ``out``; return how many are odd (NaN)."""
    odds = 0.0
    for start in range(low, high, WIDTH):
        end = min(start + WIDTH, high)
        _stage_all(buffer, spot, strike, time, vol, rate, dividend, call, start, end)
        for j in range(_W):
            price, delta, gamma, vega, theta, odd, _, _, _, _, _, _, _ = _core(
                buffer[_S + j],
                buffer[_K + j],
                buffer[_T + j],
                buffer[_V + j],
                buffer[_R + j],
                buffer[_Q + j],
                buffer[_SIGN + j],
            )
            _load(buffer, j, price, delta, gamma, vega, theta, odd)
        odds += _unload(buffer, out, start, end)
    return odds


@compiled()
def greeks(spot, strike, time, vol, rate, dividend, call, low, high, buffer, out):
    """All fields of ``black.Greeks`` into rows of ``out``; return how many are odd (NaN)."""
    odds = 0.0
    for start in range(low, high, WIDTH):
        end = min(start + WIDTH, high)
        _stage_all(buffer, spot, strike, time, vol, rate, dividend, call, start, end)
        for j in range(_W):
            s, t, v = buffer[_S + j], buffer[_T + j], buffer[_V + j]
            q, sign = buffer[_Q + j], buffer[_SIGN + j]
            (
                price,
                delta,
                gamma,
                vega,
                theta,
                odd,
                own2,
                weight,
                inverse,
                per_spot,
                d1,
                d2,
                carry,
            ) = _core(s, buffer[_K + j], t, v, buffer[_R + j], q, sign)
            _load(buffer, j, price, delta, gamma, vega, theta, odd)
            buffer[_O5 + j] = sign * t * own2
            slope = weight * per_spot  # e^(−qT)·φ(d1)
            buffer[_O6 + j] = -slope * d2 / v
            buffer[_O7 + j] = vega * d1 * d2 / v
            buffer[_O8 + j] = q * delta - slope * (carry * (s * inverse) - 0.5 * d2) / t
        odds += _unload(buffer, out, start, end)
    return odds


@inlined
def _closer(s, x, logarithm):
    """One step of Householder's of fourth order on ln b(s); see ``hedgerow.pricing.implied``."""
    inverse = 1.0 / s
    h, t = x * inverse, 0.5 * s
    low, high = h + t, h - t  # the tails of −d2 and −d1
    a = abs(high)
    a = a if a < 40.0 else 40.0
    low = low if low < 40.0 else 40.0
    tail = mills(a)
    ratio = (tail if high > 0.0 else _ROOT_TWO_PI * exp(0.5 * a * a) - tail) - mills(low)
    f = log(ratio) - 0.5 * (h * h + t * t) - _LOG_ROOT_TWO_PI - logarithm
    slope = 1.0 / ratio
    c2 = (h * h - t * t) * inverse
    c3 = c2 * c2 - (3.0 * h * h + t * t) * (inverse * inverse)
    q2 = c2 - slope
    q3 = c3 - slope * (3.0 * c2 - 2.0 * slope)
    newton = -f * ratio
    bend = 0.5 * newton * q2
    return newton * (1.0 + bend) / (1.0 + newton * (q2 + newton * q3 * (1.0 / 6.0)))


@compiled()
def implied(price, spot, strike, time, rate, dividend, call, low, high, buffer, out):
    """Volatility into the row of ``out``; return how many are odd (NaN)."""
    odds = 0.0
    for start in range(low, high, WIDTH):
        end = min(start + WIDTH, high)
        _stage_all(buffer, spot, strike, time, price, rate, dividend, call, start, end)
        for j in range(_W):
            k, t, p = buffer[_K + j], buffer[_T + j], buffer[_V + j]
            r, q, sign = buffer[_R + j], buffer[_Q + j], buffer[_SIGN + j]
            growth = exp(r * t)
            forward = buffer[_S + j] * growth * exp(-q * t)
            inside = sign * (forward - k)
            inside = inside if inside > 0.0 else 0.0
            otm = p * growth - inside
            least = forward if forward < k else k
            most = k if forward < k else forward
            scale = 1.0 / np.sqrt(forward * k)
            b = otm * scale
            logarithm, x = log(b), abs(log(forward / k))
            # the guess: Bachelier's implied deviation, brought to Black's
            m, far = mad(1e-6, b, (most - least) * scale), mad(1e-6, b, x)
            v = log(1.0 + 0.5 * m / b)
            root = np.sqrt(v)
            u = root / (root + 2.0)
            g = mad(-4.320207409890647, u, 7.298908448184116)
            g = mad(g, u, -4.41783009666935)
            g = mad(g, u, 1.9636476142539336)
            g = mad(g, u, 0.7981973917422234)
            s = far * (1.0 + root) / (g * v)
            square = s * s
            s = s * (1.0 + square * mad(square, 1.0 / 400.0, 1.0 / 24.0))
            s += _closer(s, x, logarithm)
            step = _closer(s, x, logarithm)
            s += step
            odd = not (
                (abs(step) < 1e-4 * s)
                & (s > 5e-3)
                & (s < 6.0)
                & (b > 1e-280)
                & (otm < 0.999 * least)
                & ((inside == 0.0) | (otm > _ROUNDING * most))
                & (p > 0.0)
                & (buffer[_S + j] > 1e-60)
                & (most < 1e60)
                & (k > 1e-60)
                & (t > 1e-60)
                & (t < 1e60)
                & (abs(r * t) < 100.0)
                & (abs(q * t) < 100.0)
            )
            buffer[_O0 + j] = np.nan if odd else s / np.sqrt(t)
            buffer[_ODD + j] = 1.0 if odd else 0.0
        odds += _unload(buffer, out, start, end)
    return odds
