"""The layered VIX hedge of a short-volatility book (ALVH): a state machine (spec H3 … H7, H16).

Calm → armed → tranche 1 → building → full → unwinding → calm.  A bar makes one transition at most,
and the memory names it; :mod:`hedgerow.policies.layered_states` has the table of all of them.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from hedgerow.core.book import View
from hedgerow.core.numeric import Num, maximum, select
from hedgerow.core.step import Stage, step
from hedgerow.policies.layered_conditions import (
    NEVER,
    TINY,
    UNLIMITED,
    Breach,
    among,
    breach,
    confirms,
    filled,
    following,
    limit,
    retraced,
    stood,
    widened,
)
from hedgerow.policies.overlays import NAN
from hedgerow.policies.signals import STRICT, Column

Correlation = Annotated[float, Field(ge=-1.0, le=1.0)]
Ratio = Annotated[float, Field(ge=0.60, le=0.75)]
Oscillator = Annotated[float, Field(ge=0.0, le=100.0)]
Bars = Annotated[int, Field(ge=1, le=100_000)]
Loss = Annotated[float, Field(gt=0.0, lt=1.0)]
Layer = Literal["futures", "calls"]
Mode = Literal["steward", "promoter"]


@step
@dataclass(frozen=True, config=STRICT)
class Layered:
    """H3 … H7: the layered hedge as a state machine; x = fraction held · hedge ratio.

    Calm → armed → tranche 1 → building → full → unwinding → calm.  Intensity 1.0 is the vega of
    the book (`Line.sized_by`), so that the target is ``h`` of it.  A bar makes one transition at
    most.  Histograms are those of MACD; a signal given as None is not looked at.

    Parameters
    ----------
    vix
        Name of the signal of VIX, points.
    rsi
        Name of its RSI.
    vix_macd
        Name of the MACD histogram of VIX.
    vx_macd
        Name of the MACD histogram of a VIX future of constant maturity.
    spx_macd
        Name of the MACD histogram of the S&P 500.
    divergence
        Name of the signal that is 1.0 while index and breadth diverge; None: not a reason to arm.
    implied
        Name of the implied correlation that widens h; None: h stays at ``h_low``.
    events
        Name of the signal that is 1.0 while an event is ahead; the layer of calls needs it.
    confirm
        Bars after VIX's crossing within which the momentum of SPX may confirm it, 0 for the same
        bar alone; None: while the histogram of VIX stays above zero.
    rsi_floor
        The RSI of VIX counts as rising only over this.
    rsi_bars
        Bars in a row that it must have risen.
    patience
        Bars that the hedge stays armed without entering.
    rsi_entry
        RSI of VIX over which an armed hedge enters.
    first
        Part of the target that the first tranche is.
    slices
        Further slices that the rest of the target is bought in, one a bar at most.
    gap
        Least number of bars from a tranche to the next.
    h_low
        Hedge ratio at a low implied correlation.
    h_high
        Hedge ratio at a high one; linear between them.
    correlation_low
        Implied correlation up to which h is ``h_low``.
    correlation_high
        Implied correlation from which on it is ``h_high``.
    retrace
        Part of the rise of VIX from arming to peak that must be given back before removal.
    least_spike
        Points of VIX; a smaller rise was a false spike.
    stages
        Stages of removal.
    stage_gap
        Least number of bars from a stage to the next.
    time_limit
        Bars from the first tranche after which removal begins whatever the signals say.
    layer
        What this line is: ``futures``, the main layer; ``calls``, VIX calls that are held only
        while an event is ahead and the hedge is armed or builds (H6).
    calls
        Intensity of the layer of calls.
    mode
        ``steward``: never more than the vega of the book.  ``promoter``: full and confirmed, it
        holds ``directional`` times the target (H16).
    directional
        Multiple of the target in promoter mode; 1 for a steward.
    day_loss
        Hard limit on the loss of the day, a decimal of NAV; None is off.
    drawdown
        Hard limit on the fall from the peak of NAV, a decimal; None is off.

    Examples
    --------
    >>> Layered().inputs[:3]
    ('vix', 'vix_rsi14', 'vix_macd12_26_9')
    """

    vix: Column = "vix"
    rsi: Column = "vix_rsi14"
    vix_macd: Column = "vix_macd12_26_9"
    vx_macd: Column = "vx30_macd12_26_9"
    spx_macd: Column = "spx_macd12_26_9"
    divergence: Column | None = None
    implied: Column | None = None
    events: Column | None = None
    confirm: Annotated[int, Field(ge=0, le=100_000)] | None = None
    rsi_floor: Oscillator = 50.0
    rsi_bars: Bars = 2
    patience: Bars = 10
    rsi_entry: Oscillator = 60.0
    first: Annotated[float, Field(ge=0.25, le=0.35)] = 0.30
    slices: Annotated[int, Field(ge=1, le=20)] = 3
    gap: Bars = 1
    h_low: Ratio = 0.60
    h_high: Ratio = 0.75
    correlation_low: Correlation = 0.30
    correlation_high: Correlation = 0.60
    retrace: Annotated[float, Field(gt=0.0, le=1.0)] = 0.5
    least_spike: Annotated[float, Field(ge=0.0, le=100.0)] = 1.0
    stages: Annotated[int, Field(ge=1, le=20)] = 3
    stage_gap: Bars = 1
    time_limit: Bars = 60
    layer: Layer = "futures"
    calls: Annotated[float, Field(ge=0.0, le=0.5)] = 0.10
    mode: Mode = "steward"
    directional: Annotated[float, Field(ge=1.0, le=2.0)] = 1.0
    day_loss: Loss | None = 0.03
    drawdown: Loss | None = 0.10
    kind: ClassVar[str] = "layered"
    stage: ClassVar[Stage] = Stage.RULE

    class Params(NamedTuple):
        """Kernel parameters; the bools switch inputs and layers on."""

        confirm: Num
        rsi_floor: Num
        rsi_bars: Num
        patience: Num
        rsi_entry: Num
        first: Num
        slice: Num
        gap: Num
        h_low: Num
        h_high: Num
        correlation_low: Num
        correlation_high: Num
        retrace: Num
        least_spike: Num
        stages: Num
        stage_gap: Num
        time_limit: Num
        calls: Num
        more: Num
        day_loss: Num
        drawdown: Num
        diverges: bool
        widens: bool
        by_calls: bool

    class Memory(NamedTuple):
        """What is carried from bar to bar."""

        state: Num
        """A `State`."""
        reason: Num
        """Code of the transition of this bar; 0.0 for none."""
        fraction: Num
        """Part of the target that is held, 0 … 1."""
        top: Num
        """The same when the removal began."""
        start: Num
        """VIX at arming, points."""
        peak: Num
        """Highest VIX since then, points."""
        bars: Num
        """Bars in this state, its first not counted."""
        since: Num
        """Bars since the last tranche or stage."""
        age: Num
        """Bars since the first tranche, or since the last arming."""
        rsi: Num
        """RSI of VIX at the bar before."""
        climbs: Num
        """Bars in a row that it has risen."""
        stood: Num
        """Bars for which a crossing of VIX has stood that has armed nothing yet."""
        vix_macd: Num
        """Histogram of VIX at the bar before."""
        vx_macd: Num
        """Histogram of the VIX future at the bar before."""
        h: Num
        """Hedge ratio of this bar."""
        extra: Num
        """Intensity that a promoter holds beyond the target."""
        opened: Num
        """As in `Breach`, as the two that follow."""
        day_over: Num
        fall_over: Num

    @model_validator(mode="after")
    def _fits(self) -> Layered:
        if self.h_high < self.h_low:
            raise ValueError("h_low, h_high: the second must not be smaller than the first")
        if self.correlation_high <= self.correlation_low:
            raise ValueError("correlation_low, correlation_high: the second must be greater")
        if self.mode == "steward" and self.directional != 1.0:
            raise ValueError("mode, directional: a steward adds no exposure, so directional is 1")
        if self.layer == "calls" and self.events is None:
            raise ValueError("layer, events: the layer of calls needs a signal of events")
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        """Signals in the order of the fields; VIX stands in for one that is not looked at."""
        optional = (self.divergence, self.implied, self.events)
        needed = (self.vix, self.rsi, self.vix_macd, self.vx_macd, self.spx_macd)
        return (*needed, *(self.vix if name is None else name for name in optional))

    def params(self) -> Params:
        """Return the kernel's parameters."""
        return self.Params(
            UNLIMITED if self.confirm is None else self.confirm * 1.0,
            self.rsi_floor,
            self.rsi_bars * 1.0,
            self.patience * 1.0,
            self.rsi_entry,
            self.first,
            (1.0 - self.first) / self.slices,
            self.gap * 1.0,
            self.h_low,
            self.h_high,
            self.correlation_low,
            self.correlation_high,
            self.retrace,
            self.least_spike,
            self.stages * 1.0,
            self.stage_gap * 1.0,
            self.time_limit * 1.0,
            self.calls,
            self.directional - 1.0,
            limit(self.day_loss),
            limit(self.drawdown),
            self.divergence is not None,
            self.implied is not None,
            self.layer == "calls",
        )

    def start(self) -> Memory:
        """Return the memory before the first bar: calm, nothing held, nothing seen."""
        nothing = self.Memory(*[0.0] * len(self.Memory._fields))
        return nothing._replace(rsi=NAN, stood=NEVER, vix_macd=NAN, vx_macd=NAN, opened=NAN)

    @staticmethod
    def kernel(x: Num, view: View, memory: Memory, p: Params) -> tuple[Num, Memory]:
        """Look for the one transition of the bar, and hold what the state asks for."""
        vix, rsi = view.signals[0], view.signals[1]
        vix_macd, vx_macd, spx_macd = view.signals[2], view.signals[3], view.signals[4]
        climbs = select(rsi > memory.rsi, memory.climbs + 1.0, 0.0)
        last = Breach(memory.opened, memory.day_over, memory.fall_over, 0.0)
        hurt = breach(
            view.book.nav,
            view.book.peak,
            view.book.before,
            view.bar.days,
            last,
            p.day_loss,
            p.drawdown,
        )
        # what the market says
        standing = stood(vix_macd, memory.vix_macd, memory.stood)
        crossed = (standing <= p.confirm) & (spx_macd < 0.0)
        rises = (rsi > p.rsi_floor) & (climbs >= p.rsi_bars)
        diverged = p.diverges & (view.signals[5] > 0.5) & rises
        peak = maximum(vix, memory.peak)
        back = (vx_macd < 0.0) & retraced(vix, memory.start, peak, p.retrace)
        small = peak - memory.start < p.least_spike
        # where the hedge is
        calm, armed, first = memory.state == 0.0, memory.state == 1.0, memory.state == 2.0
        building, unwinds = memory.state == 3.0, memory.state == 5.0
        held = first | building | (memory.state == 4.0)
        since, age, bars = memory.since + 1.0, memory.age + 1.0, memory.bars + 1.0
        late = age >= p.time_limit
        quiet = hurt.day_over <= 0.0  # a day that has lost too much takes nothing off
        # the ways out of each state, the later in the order the weightier
        code = select(calm & diverged, 2.0, 0.0)
        code = select(calm & crossed, 1.0, code)
        code = select(armed & (bars >= p.patience), 3.0, code)
        code = select(armed & (rsi > p.rsi_entry), 4.0, code)
        code = select(armed & (vx_macd > 0.0), 5.0, code)
        grows = (first | building) & confirms(vx_macd, memory.vx_macd) & (since >= p.gap)
        last_one = memory.fraction + p.slice >= 1.0 - TINY
        more = select(last_one, 8.0, select(first, 6.0, 7.0))
        code = select(grows, more, code)
        code = select(held & late & quiet, 11.0, code)
        code = select(held & back & quiet, select(small, 10.0, 9.0), code)
        due = unwinds & quiet & (back | late) & (since >= p.stage_gap)
        empty = memory.fraction - select(due, memory.top / p.stages, 0.0) <= TINY
        code = select(due, 12.0, code)
        code = select(unwinds & empty, 13.0, code)
        left = unwinds & (memory.fraction > TINY)
        code = select(left & (crossed | diverged), 14.0, code)
        code = select((hurt.hit > 0.0) & (memory.state != 4.0), 15.0, code)
        # what follows from it
        state = following(memory.state, code)
        top = select(among(code, 9.0, 11.0), memory.fraction, memory.top)
        fraction = filled(memory.fraction, code, p.first, p.slice, top / p.stages)
        anew = among(code, 1.0, 2.0) | (code == 14.0) | ((code == 15.0) & calm)
        enters = among(code, 4.0, 5.0)
        used = among(code, 1.0, 2.0) | among(code, 9.0, 11.0) | (code >= 14.0)
        acts = among(code, 4.0, 12.0) | (code >= 14.0)
        # what is held of it
        implied = select(p.widens, view.signals[6], p.correlation_low)
        h = widened(implied, p.h_low, p.h_high, p.correlation_low, p.correlation_high)
        leads = (state == 4.0) & (vx_macd > 0.0)
        whole = fraction * h
        extra = select(leads, whole * p.more, 0.0)
        awake = among(state, 1.0, 4.0) & (view.signals[7] > 0.5)
        return select(p.by_calls, select(awake, p.calls, 0.0), whole + extra), LayeredMemory(
            state,
            code,
            fraction,
            top,
            select(anew, vix, memory.start),
            select(anew, vix, peak),
            select(state == memory.state, bars, 0.0),
            select(acts, 0.0, since),
            select(enters | anew | (code == 15.0), 0.0, age),
            rsi,
            climbs,
            select(used, NEVER, standing),
            vix_macd,
            vx_macd,
            h,
            extra,
            hurt.opened,
            hurt.day_over,
            hurt.fall_over,
        )


LayeredMemory = Layered.Memory  # a kernel cannot see the class that it stands in
