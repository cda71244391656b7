r"""VIX's relatives and SKEW beside VIX: how they stand to it, fitted to a history.

With x = ln VIX, q and s its exponential means of half-life `RECENT` and `HALF_LIFE` sessions,

.. math:: y_t = a + b\,x_t + h\,q_t + c\,s_t + e_t + m\,Lξ_t, \quad e_t = ρ\,e_{t−1} + L\,ζ_t

where y is ln(VIX9D/VIX), ln(VIX3M/VIX), ln(VIX6M/VIX) or ln(SKEW − 100).  VIX reverts, so b is
negative for longer maturities and the more so the longer; the slow mean carries how long VIX has
been where it is, the recent one that a leap of VIX is at first followed even less.  What is left
goes slowly (e) and is read with noise that is gone the next day (m).  L lets the four be surprised
together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.core.market import Floats, Market
from hedgerow.errors import DataError, RangeError
from hedgerow.pricing.surface import KNOT_DAYS
from hedgerow.simulate.draws import Draws

if TYPE_CHECKING:
    from hedgerow.simulate.paths import Start

HALF_LIFE, RECENT = 63, 5
"""Sessions in which the slow mean of ln VIX forgets half, and the recent one."""

FAR = 21
"""Sessions after which what is left of a relation tells how slowly it goes."""

LEAST = 252
"""Sessions that a relation is fitted to at least."""

SKEW_LEAST, SKEW_MOST = 101.0, 180.0
"""Points that simulated SKEW stays between."""

LEAST_FORWARD = 0.5
"""Volatility between two of 9, 30, 93 and 184 days, over that to the earlier, is at least this.
After VIX and VIX3M the least of 2009–2026 is 0.52, in March 2020; below 0.37 it never was."""

_NAMES = ("vix9d", "vix3m", "vix6m", "skew")
_PURPOSE, _READING = 20, 21


@dataclass(frozen=True)
class Relation:
    """One line of the model.

    Parameters
    ----------
    name
        ``vix9d``, ``vix3m``, ``vix6m`` or ``skew``.
    constant, spot, slow
        a, b and c.
    stays
        ρ, −1 < ρ < 1.
    noise
        Row of L for this name, as long as there are names; zero after its own place.
    recent
        h.
    reading
        m ≥ 0: deviation of a reading's own noise, in that of the lasting surprises.
    """

    name: str
    constant: float
    spot: float
    slow: float
    stays: float
    noise: tuple[float, ...]
    recent: float = 0.0
    reading: float = 0.0


@dataclass(frozen=True)
class TermStructure:
    """Relations of VIX's relatives to VIX, fitted by `fit` or given.

    Parameters
    ----------
    relations
        One for each column that paths shall have; none for VIX alone.

    Raises
    ------
    RangeError
        If a name is unknown or twice, or a number is out of range.

    Examples
    --------
    >>> flat = Relation("vix3m", 0.05, 0.0, 0.0, 0.9, (0.0,))
    >>> made = TermStructure((flat,)).beside(np.full((2, 64), 20.0), Draws(1, 0, 1, 1))
    >>> made["vix3m"][1, 0].round(3)
    np.float64(21.025)
    """

    relations: tuple[Relation, ...] = ()

    def __post_init__(self) -> None:
        names = [line.name for line in self.relations]
        if len(set(names)) != len(names) or not set(names) <= set(_NAMES):
            raise RangeError(f"{names} are not {_NAMES} or some of them", where="term.relations")
        for line in self.relations:
            sound = -1.0 < line.stays < 1.0 and line.reading >= 0.0
            if len(line.noise) != len(names) or not sound:
                raise RangeError("stays, noise or reading out of range", where=f"term.{line.name}")

    @classmethod
    def fit(cls, market: Market) -> TermStructure:
        """Fit by least squares whatever relatives the market has, each on its own sessions.

        Parameters
        ----------
        market
            With ``vix`` in points; columns known on fewer than `LEAST` sessions are left out.

        Raises
        ------
        DataError
            If VIX is unknown throughout.
        """
        x = log_vix(market)
        design = np.column_stack(
            [np.ones(len(x)), x, slow_mean(x, RECENT), slow_mean(x, HALF_LIFE)]
        )
        found: dict[str, Floats] = {}
        left: dict[str, tuple[float, float, float]] = {}
        fresh: list[Floats] = []
        for name in _NAMES:
            y = _response(market, name)
            known = np.isfinite(y) & np.isfinite(x)
            if known.sum() < LEAST:
                continue
            found[name] = np.asarray(np.linalg.lstsq(design[known], y[known], rcond=None)[0])
            rest = y - design @ found[name]
            left[name] = _lasting(rest)
            fresh.append(rest[1:] - left[name][0] * rest[:-1])
        if not found:
            return cls()
        together = np.column_stack(fresh)
        joint = together[np.isfinite(together).all(axis=1)]
        common = np.eye(len(found))
        if len(joint) >= LEAST:
            common = np.atleast_2d(np.corrcoef(joint.T))
        root = np.linalg.cholesky(common)
        return cls(
            tuple(
                Relation(
                    name,
                    constant=float(line[0]),
                    spot=float(line[1]),
                    slow=float(line[3]),
                    stays=left[name][0],
                    noise=tuple(map(float, root[i] * left[name][1])),
                    recent=float(line[2]),
                    reading=left[name][2],
                )
                for i, (name, line) in enumerate(found.items())
            )
        )

    def beside(self, vix: Floats, draws: Draws, start: Start | None = None) -> dict[str, Floats]:
        """Return the relatives of VIX paths, **shape** of ``vix``: (sessions + 1, width), points.

        They go on from where VIX had been and what they were at ``start``, of what is left over
        then the part that lasts; without one VIX has stood where the paths begin.

        Forward volatility between 9, 30, 93 and 184 days is `LEAST_FORWARD` of what comes before it
        at least, so VIX futures are worth something and total variance rises: a surface built of
        these columns gives each of them back.
        """
        if not self.relations:
            return {}
        count = len(self.relations)
        table = np.array(
            [(r.constant, r.spot, r.recent, r.slow, r.stays, r.reading) for r in self.relations]
        )
        constant, spot, tilt, slope, stays, reading = table.T[:, :, None]
        root = [np.array(r.noise) for r in self.relations]
        shocks = draws.normal(_PURPOSE, count)
        read = draws.normal(_READING, count) if reading.any() else None
        x, fast, weight = np.log(vix), fresh_weight(RECENT), fresh_weight(HALF_LIFE)
        recent, slow, left = x[0].copy(), x[0].copy(), np.zeros((count, vix.shape[1]))
        if start is not None:
            recent[:], slow[:] = start.recent(RECENT), start.recent(HALF_LIFE)
            given = dict(start.beside)
            for i, line in enumerate(self.relations):
                usual = line.constant + line.spot * x[0] + line.recent * recent + line.slow * slow
                # of the variance of what is left, the part that is not gone the next day
                lasts = 1.0 / (1.0 + line.reading**2 * (1.0 - line.stays**2))
                if line.name in given:
                    left[i] = lasts * (response(given[line.name], start.vix, line.name) - usual)
        y = np.empty((len(vix), count, vix.shape[1]))
        for t in range(len(vix)):
            blur = 0.0
            if t:
                recent += fast * (x[t] - recent)
                slow += weight * (x[t] - slow)
                left = left * stays + _mixed(root, shocks[t - 1])
                if read is not None:
                    blur = reading * _mixed(root, read[t - 1])
            y[t] = constant + spot * x[t] + tilt * recent + slope * slow + left + blur
        return _sane(vix, {r.name: y[:, i] for i, r in enumerate(self.relations)})

    def expected(self, vix: Floats) -> dict[str, Floats]:
        """Return the relatives of one history of VIX without surprises, **shape** (T,), points."""
        x = np.log(vix)
        recent, slow = slow_mean(x, RECENT), slow_mean(x, HALF_LIFE)
        lines = {
            r.name: r.constant + r.spot * x + r.recent * recent + r.slow * slow
            for r in self.relations
        }
        return _sane(vix, lines)

    def to_dict(self) -> list[dict[str, Any]]:
        """Return plain values, for TOML."""
        return [{**vars(line), "noise": list(line.noise)} for line in self.relations]

    @classmethod
    def from_dict(cls, rows: list[Mapping[str, Any]]) -> TermStructure:
        """Return what `to_dict` was called on."""
        return cls(tuple(Relation(**{**row, "noise": tuple(row["noise"])}) for row in rows))


def _mixed(root: list[Floats], shocks: Floats) -> Floats:
    """Return L times independent normals, **shape** (relations, width)."""
    made = np.zeros_like(shocks)
    for i, row in enumerate(root):
        for j in range(i + 1):
            made[i] += row[j] * shocks[j]
    return made


def _lasting(rest: Floats) -> tuple[float, float, float]:
    """Return ρ, the deviation of a session's lasting surprise, and m, by moments.

    What is left after a day is the lasting part, and its decay to `FAR` sessions gives ρ.
    """

    def product(lag: int) -> float:
        pair = rest[lag:] * rest[: len(rest) - lag]
        return float(np.nanmean(pair))

    whole, day, later = product(0), product(1), product(FAR)
    slow = (max(later, 0.0) / day) ** (1.0 / (FAR - 1)) if day > 0.0 else 0.0
    # a lasting part cannot be more than all
    stays = float(np.clip(max(slow, day / whole), -0.99, 0.999))
    lasting = min(day / stays, whole) if stays > 0.0 else whole
    surprise = lasting * (1.0 - stays * stays)
    return stays, math.sqrt(surprise), math.sqrt(max(whole - lasting, 0.0) / surprise)


def fresh_weight(half_life: float) -> float:
    """Return the weight of the last session in an exponential mean of that half-life."""
    return float(1.0 - 0.5 ** (1.0 / half_life))


def slow_mean(x: Floats, half_life: float) -> Floats:
    """Return the exponential mean of a history, **shape** (T,); NaN teaches nothing.

    Examples
    --------
    >>> slow_mean(np.array([2.0, 4.0, np.nan]), 1.0).tolist()
    [2.0, 3.0, 3.0]
    """
    weight, made = fresh_weight(half_life), np.empty(len(x))
    mean = float(x[np.argmax(np.isfinite(x))])
    for t, value in enumerate(x.tolist()):
        if math.isfinite(value):
            mean += weight * (value - mean)
        made[t] = mean
    return made


def log_vix(market: Market) -> Floats:
    """Return ln VIX of a market, NaN where unknown, **shape** (T,).

    Raises
    ------
    DataError
        If VIX is unknown throughout.
    """
    vix = market["vix"]
    sound = np.isfinite(vix) & (vix > 0.0)
    if not sound.any():
        raise DataError("VIX is unknown throughout", where="market.vix", mend="supply a VIX")
    return np.log(np.where(sound, vix, np.nan))


def _response(market: Market, name: str) -> Floats:
    if name not in market:
        return np.full(len(market), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        made = response(market[name], market["vix"], name)
    return np.where(np.isfinite(made), made, np.nan)


def response(level: ArrayLike, vix: ArrayLike, name: str) -> Floats:
    """Return y of a relative's level, points, beside VIX; any shape.

    Examples
    --------
    >>> float(response(120.0, 20.0, "skew").round(3)), float(response(20.0, 20.0, "vix3m"))
    (2.996, 0.0)
    """
    points = np.asarray(level, dtype=np.float64)
    if name == "skew":
        return np.asarray(np.log(np.maximum(points - 100.0, 1.0)))
    return np.asarray(np.log(points / np.asarray(vix, dtype=np.float64)))


def _sane(vix: Floats, lines: dict[str, Floats]) -> dict[str, Floats]:
    """Return points from the lines, with forward volatilities of `LEAST_FORWARD` at least."""
    nine, thirty, ninety, half = KNOT_DAYS
    made: dict[str, Floats] = {}
    before, at = vix, thirty
    for name, days in (("vix3m", ninety), ("vix6m", half)):
        if name in lines:
            made[name] = np.maximum(vix * np.exp(lines[name]), before * _least(at, days))
            before, at = made[name], days
    if "vix9d" in lines:
        most = vix / _least(nine, thirty)
        made["vix9d"] = np.minimum(vix * np.exp(lines["vix9d"]), most)
    if "skew" in lines:
        made["skew"] = np.clip(100.0 + np.exp(lines["skew"]), SKEW_LEAST, SKEW_MOST)
    return made


def _least(soon: float, late: float) -> float:
    """Return the least volatility to the later maturity over that to the sooner, days."""
    return math.sqrt((soon + LEAST_FORWARD**2 * (late - soon)) / late)
