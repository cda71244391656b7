"""What a move of the index does to implied volatility: a table that scenarios ask (spec G1, G3)."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from hedgerow.errors import RangeError, nearest
from hedgerow.shortvol.asymmetry.response_text import numbers, only, rows, written

Floats = NDArray[np.float64]
Row = tuple[float, ...]
Table = tuple[Row, ...]

PRESETS = ("symmetric", "measured")
"""``symmetric``: implied volatility stands still. ``measured``: docs/asymmetry.md."""


class Band(NamedTuple):
    """An estimate and its band; floats or arrays of one shape."""

    estimate: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Side:
    """Points of implied volatility that 1 % of the index *adds*, to one side.

    Every table has a row per tenor and 1 + m columns: the level of the whole smile (what the VIX
    family measures), then each strike of `Response.strikes`.

    Parameters
    ----------
    near
        Per 1 % up to the knee, **shape** (n, 1 + m).
    far
        Per 1 % past the knee; left out, as ``near``.
    near_error, far_error
        Standard errors; left out, unknown: bands are NaN.
    """

    near: Table
    far: Table = ()
    near_error: Table = ()
    far_error: Table = ()


@dataclass(frozen=True)
class Response:
    r"""The change of implied volatility after a move of the index.

    .. math:: Δσ = s\,\min(|m|, k) + l\,\max(|m| - k, 0)

    with s the points per 1 % near by, l those past the knee k, for falls and rises apart.  Moves
    past ``reach`` count as the last one that was measured: in the falls of 2008 and 2020 VIX rose
    no further past about a quarter of the index (docs/asymmetry.md).  Between
    tenors slopes are linear in :math:`1/\sqrt{T}`, before the first they stand, past the last they
    fade with :math:`1/\sqrt{T}`.  Between strikes they are linear in ln K/S; outside, the last one
    stands.

    Parameters
    ----------
    tenors
        Calendar days, rising, **shape** (n,).
    fall, rise
        Slopes to either side.  As points *added*: falls above 0, rises below 0 as a rule.
    strikes
        Strike over spot before the move, rising, **shape** (m,); without any, all strikes move
        with the level.
    knee
        Decimal: moves up to here were measured day by day, those past it over several days.
    reach
        Lowest and highest move that was measured, decimals; past them the change stands.
    vx
        Points that the level of a tenor moves per point of the VIX future of 30 days, **shape**
        (n,); empty where not measured.
    vx_error
        Its standard errors.
    least
        Smallest ratio of the volatility after a move to that before, **shape** (n,): a rise takes
        points off a high volatility that a low one does not have.  Empty for 0.
    name, source
        What it is called, and what it was measured on.

    Raises
    ------
    RangeError
        If a table has another shape, or an axis does not rise.

    Notes
    -----
    A strike's slope is that of an option *at that strike*, before and after the move: the level
    rises in a fall, and the strike slides along the smile.  1/√T: an index that reverts at a rate
    of its own moves vols about so; the measured slopes lie close to it (docs/asymmetry.md).

    Examples
    --------
    >>> response = Response((30.0,), Side(((1.5,),)), Side(((-1.0,),)))
    >>> round(float(response.shift(-0.02, tenor=30)), 3)
    0.03
    >>> response.shift([-0.02, 0.02], tenor=[30, 120]).round(3).tolist()
    [0.03, -0.01]
    >>> bool(Response.named("measured").shift(-0.05, tenor=30, moneyness=0.95) > 0.0)
    True
    """

    tenors: Row
    fall: Side
    rise: Side
    strikes: Row = ()
    knee: float = 0.05
    reach: tuple[float, float] = (-1.0, math.inf)
    vx: Row = ()
    vx_error: Row = ()
    least: Row = ()
    name: str = "own"
    source: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for place, values in (("tenors", self.tenors), ("strikes", self.strikes)):
            _rising(values, place)
        if not self.tenors:
            raise RangeError("there is none", where="tenors", mend="give days, such as [30]")
        if not self.reach[0] < 0.0 < self.reach[1]:
            raise RangeError("0 lies outside", where="reach", mend="write reach = [-0.3, 0.2]")
        if not 0.0 < self.knee <= 1.0:
            raise RangeError(f"{self.knee} is not within 0 … 1", where="knee", mend="use 0.05")
        shape = (len(self.tenors), 1 + len(self.strikes))
        for place, side in (("fall", self.fall), ("rise", self.rise)):
            for part in fields(side):
                table = getattr(side, part.name)
                if table or part.name == "near":
                    _shaped(table, shape, f"{place}.{part.name}")
        for place, row in (("vx", self.vx), ("vx_error", self.vx_error), ("least", self.least)):
            if row and len(row) != len(self.tenors):
                raise RangeError(
                    f"{len(row)} numbers for {len(self.tenors)} tenors",
                    where=place,
                    mend="give one for each tenor",
                )

    def shift(
        self, move: ArrayLike, *, tenor: ArrayLike, moneyness: ArrayLike | None = None
    ) -> Floats:
        """Return the change of implied volatility, a decimal; shapes broadcast.

        Parameters
        ----------
        move
            Change of the index, decimal: −0.05 is a fall of 5 %.
        tenor
            Calendar days.
        moneyness
            Strike over spot *before* the move: the change is of that strike's own volatility.
            Left out, of the level of the whole smile at constant moneyness, as VIX measures it.

        Raises
        ------
        RangeError
            If a tenor or moneyness is not above 0, or a move is −1 or less.
        """
        near, far, _ = self._parts(move, tenor, moneyness)
        return np.asarray((near + far) / 100.0)

    def after(
        self,
        iv: ArrayLike,
        move: ArrayLike,
        *,
        tenor: ArrayLike,
        moneyness: ArrayLike | None = None,
    ) -> Floats:
        """Return the volatility after a move, decimal: :meth:`shift` added, held above ``least``.

        Parameters
        ----------
        iv
            Implied volatility before, decimal.
        move, tenor, moneyness
            As for :meth:`shift`.

        Examples
        --------
        >>> response = Response.named("measured")
        >>> bool(0.0 < response.after(0.12, 0.15, tenor=30) < 0.12)
        True
        """
        before = np.asarray(iv, dtype=np.float64)
        least = self._at(tenor, np.array(self.least or (0.0,) * len(self.tenors))[:, None])
        moved = before + self.shift(move, tenor=tenor, moneyness=moneyness)
        return np.asarray(np.maximum(moved, least[..., 0] * before))

    def band(
        self,
        move: ArrayLike,
        *,
        tenor: ArrayLike,
        moneyness: ArrayLike | None = None,
        level: float = 0.95,
    ) -> Band:
        """Return :meth:`shift` with its band, decimals: the error of the mean, not of a day.

        Parameters
        ----------
        move, tenor, moneyness
            As for :meth:`shift`.
        level
            Level of the band.
        """
        if not 0.0 < level < 1.0:
            raise RangeError(f"{level} is not within 0 … 1", where="level", mend="use 0.95")
        near, far, error = self._parts(move, tenor, moneyness)
        middle, width = (near + far) / 100.0, ndtri(0.5 + 0.5 * level) * error / 100.0
        return Band(middle, middle - width, middle + width)

    def beta(self, tenor: ArrayLike, *, level: float = 0.95) -> Band:
        """Return points of IV per point of the VIX future of 30 days, with the band (spec H4).

        Parameters
        ----------
        tenor
            Calendar days.
        level
            Level of the band.

        Raises
        ------
        RangeError
            If the response was made without VIX futures.
        """
        if not self.vx:
            raise RangeError(
                f"the response '{self.name}' holds no beta to VIX futures",
                where="vx",
                mend="measure it on data with vx1, or give vx = [...] in its file",
            )
        middle = self._at(tenor, np.array(self.vx)[:, None])[..., 0]
        errors = np.array(self.vx_error or (math.nan,) * len(self.vx))
        width = ndtri(0.5 + 0.5 * level) * self._at(tenor, errors[:, None])[..., 0]
        return Band(middle, middle - width, middle + width)

    def measured(self, move: ArrayLike) -> NDArray[np.bool_]:
        """Say whether moves lie within those that were measured, of the shape of ``move``."""
        size = np.asarray(move, dtype=np.float64)
        return np.asarray((size >= self.reach[0]) & (size <= self.reach[1]))

    @classmethod
    def named(cls, name: str) -> Response:
        """Return a preset: ``symmetric`` (volatility stands still) or ``measured``.

        Raises
        ------
        RangeError
            If there is no such preset.

        Examples
        --------
        >>> float(Response.named("symmetric").shift(-0.1, tenor=30))
        0.0
        """
        if name == "symmetric":
            still = Side(near=((0.0,),), near_error=((0.0,),))
            return cls((30.0,), still, still, vx=(0.0,), vx_error=(0.0,), name=name)
        if name == "measured":
            text = files(__package__).joinpath("measured.toml").read_text(encoding="utf-8")
            return cls.parse(text, where="measured.toml")
        raise RangeError(f"no response '{name}'", where="response", mend=nearest(name, PRESETS))

    @classmethod
    def from_toml(cls, path: str | Path) -> Response:
        """Read a response from a file in the form that :meth:`to_toml` writes.

        Raises
        ------
        RangeError
            Naming file and field of what is missing, unknown or of another shape.
        """
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise RangeError(
                f"the response cannot be read ({getattr(error, 'strerror', None) or 'no text'})",
                where=str(path),
                mend="check the path",
            ) from None
        return cls.parse(text, where=Path(path).name)

    @classmethod
    def parse(cls, text: str, *, where: str = "response") -> Response:
        r"""Read a response from TOML; a table may be written as one number for each tenor.

        Examples
        --------
        >>> text = "tenors = [30, 90]\nfall.near = [1.4, 1.0]\nrise.near = [-0.9, -0.7]"
        >>> Response.parse(text).fall
        Side(near=((1.4,), (1.0,)), far=(), near_error=(), far_error=())
        """
        try:
            table = tomllib.loads(text)
            return cls(**_checked(table))
        except tomllib.TOMLDecodeError as error:
            raise RangeError(f"this is not TOML ({error})", where=where) from None
        except RangeError as error:
            raise RangeError(error.what, where=f"{where}, {error.where}", mend=error.mend) from None

    def to_toml(self) -> str:
        """Return the response as TOML.

        Examples
        --------
        >>> response = Response((30.0,), Side(((1.5,),)), Side(((-1.0,),)))
        >>> Response.parse(response.to_toml()) == response
        True
        """
        table = asdict(self)
        sides = {place: table.pop(place) for place in ("fall", "rise")}
        lines = [f"{key} = {written(value)}" for key, value in table.items() if value != ()]
        for place, side in sides.items():
            lines += ["", f"[{place}]"]
            lines += [f"{key} = {written(value)}" for key, value in side.items() if value]
        return "\n".join(lines) + "\n"

    def _parts(
        self, move: ArrayLike, tenor: ArrayLike, moneyness: ArrayLike | None
    ) -> tuple[Floats, Floats, Floats]:
        """Return points from near and far, and their standard error, all of one shape."""
        size = np.asarray(move, dtype=np.float64)
        if bool((size <= -1.0).any()):
            raise RangeError("the index cannot lose all", where="move", mend="use above -1")
        held = np.abs(np.clip(size, *self.reach))
        near = 100.0 * np.minimum(held, self.knee)
        far = 100.0 * np.maximum(held - self.knee, 0.0)
        unknown = tuple((math.nan,) * (1 + len(self.strikes)) for _ in self.tenors)
        found = []
        for side in (self.fall, self.rise):
            pick = [
                self._of(tenor, moneyness, table)
                for table in (
                    side.near,
                    side.far or side.near,
                    side.near_error or unknown,
                    side.far_error or side.near_error or unknown,
                )
            ]
            with np.errstate(invalid="ignore"):
                error = np.hypot(near * pick[2], far * pick[3])
            found.append((near * pick[0], far * pick[1], error))
        down = size < 0.0
        a, b, error = (np.where(down, one, two) for one, two in zip(*found, strict=True))
        return a, b, error

    def _of(self, tenor: ArrayLike, moneyness: ArrayLike | None, table: Table) -> Floats:
        rows = self._at(tenor, np.array(table))
        if moneyness is None or not self.strikes:
            level = rows[..., 0]
            if moneyness is None:
                return level
            return np.asarray(np.broadcast_arrays(level, _positive(moneyness, "moneyness"))[0])
        place = np.log(_positive(moneyness, "moneyness"))
        left, share = _between(place, np.log(self.strikes))
        shape = np.broadcast_shapes(rows.shape[:-1], left.shape)
        rows = np.broadcast_to(rows, (*shape, rows.shape[-1]))
        left, share = np.broadcast_to(left, shape), np.broadcast_to(share, shape)
        right = np.minimum(left + 1, len(self.strikes) - 1)
        low, high = (np.take_along_axis(rows, 1 + i[..., None], -1)[..., 0] for i in (left, right))
        return np.asarray(low * (1.0 - share) + high * share)

    def _at(self, tenor: ArrayLike, table: Floats) -> Floats:
        """Return the rows of a table at tenors, **shape** (..., columns)."""
        days = _positive(tenor, "tenor")
        left, share = _between(-1.0 / np.sqrt(days), -1.0 / np.sqrt(np.array(self.tenors)))
        right = np.minimum(left + 1, len(self.tenors) - 1)
        fade = np.minimum(np.sqrt(self.tenors[-1] / days), 1.0)
        rows = table[left] * (1.0 - share)[..., None] + table[right] * share[..., None]
        return np.asarray(rows * fade[..., None])


def _between(at: Floats, knots: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Return the knot on the left and the share of the next one; outside, the last knot's all."""
    left = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, max(len(knots) - 2, 0))
    if len(knots) == 1:
        return left, np.zeros(np.shape(at))
    share = (at - knots[left]) / (knots[left + 1] - knots[left])
    return left, np.asarray(np.clip(share, 0.0, 1.0))


def _positive(values: ArrayLike, where: str) -> Floats:
    found = np.asarray(values, dtype=np.float64)
    if bool((found <= 0.0).any()):
        raise RangeError("0 or less", where=where, mend="give a number above 0")
    return found


def _rising(values: Row, where: str) -> None:
    row = np.array(values, dtype=np.float64)
    if not bool(np.all(np.isfinite(row) & (row > 0.0))) or bool((np.diff(row) <= 0.0).any()):
        raise RangeError("numbers must be above 0 and rise", where=where, mend="sort them")


def _shaped(table: Table, shape: tuple[int, int], where: str) -> None:
    if len(table) != shape[0] or any(len(row) != shape[1] for row in table):
        raise RangeError(
            f"not {shape[0]} rows (tenors) of {shape[1]} numbers (the level, then each strike)",
            where=where,
            mend="give a row for each tenor",
        )


def _checked(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return constructor arguments from a file's table, or name what is wrong with it."""
    known = {part.name for part in fields(Response)}
    only(table, known, "")
    made: dict[str, Any] = {}
    for key in ("tenors", "fall", "rise"):
        if key not in table:
            raise RangeError("this field is missing", where=key, mend=f"add {key}")
    for key, value in table.items():
        if key in ("fall", "rise"):
            if not isinstance(value, dict):
                raise RangeError("not a table", where=key, mend=f"write [{key}] and near = [...]")
            only(value, {part.name for part in fields(Side)}, f"{key}.")
            if "near" not in value:
                raise RangeError("this field is missing", where=f"{key}.near", mend="add it")
            made[key] = Side(**{k: rows(v, f"{key}.{k}") for k, v in value.items()})
        elif key in ("name", "source"):
            made[key] = str(value)
        elif key == "knee":
            made[key] = numbers([value], key)[0]
        else:
            made[key] = numbers(value, key)
    if len(made.get("reach", (0, 0))) != 2:
        raise RangeError("not two numbers", where="reach", mend="write reach = [-0.3, 0.2]")
    return made
