"""Data: sources, quality report, calendar and the modelled VIX.

>>> from hedgerow.data import load
>>> market = load("builtin").market
>>> str(market.dates[0]), str(market.dates[-1])
('1990-01-02', '2022-12-28')
"""

from hedgerow.data.quality import Finding, QualityReport
from hedgerow.data.sources import Loaded, Source, describe_sources, load, user_data_dir

__all__ = [
    "Finding",
    "Loaded",
    "QualityReport",
    "Source",
    "describe_sources",
    "load",
    "user_data_dir",
]
