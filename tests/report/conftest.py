"""One small comparison for all tests of the report."""

from __future__ import annotations

import pytest

from hedgerow.research.comparison import Comparison
from report.made import make


@pytest.fixture(scope="session")
def found() -> Comparison:
    """Unhedged, static and dynamic on a synthetic market."""
    return make()
