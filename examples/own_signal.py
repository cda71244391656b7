"""A signal of your own: registered once, it can be named in files and is tested like ours.

The look-ahead test runs it on data that end earlier and compares: a signal that peeks at
tomorrow is named in every result.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import hedgerow as hr
from hedgerow.core.step import signal


@signal
@dataclass(frozen=True)
class Rise:
    """Points by which VIX stands above its mean of the last ``days`` sessions."""

    days: int = 20
    kind: ClassVar[str] = "rise"

    @property
    def name(self) -> str:
        return f"vix_rise{self.days}"

    @property
    def lookback(self) -> int:
        return self.days

    def __call__(self, market: hr.Market) -> np.ndarray:
        vix, out = market["vix"], np.full(len(market), np.nan)
        windows = np.lib.stride_tricks.sliding_window_view(vix, self.days)
        out[self.days - 1 :] = vix[self.days - 1 :] - windows.mean(axis=1)
        return out


policy = hr.Policy(
    name="vix-rise",
    signals=[Rise(days=20), hr.Level("vix")],
    steps=[hr.Linear("vix_rise20", low=0, high=5), hr.Trigger("vix")],
)
assert hr.Policy.from_toml(policy.to_toml()) == policy

market = hr.load("builtin", start="2016-01-01")
hedge = hr.Put(size=hr.Notional(0.35))
result = hr.backtest(policy, market, hedge)
print(result)
print(result.explain("2020-02-24"))
