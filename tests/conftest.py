"""What all tests share: a cache of their own, and the way to the real data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("HEDGEROW_CACHE", str(ROOT / ".pytest_cache" / "hedgerow"))
os.environ["HEDGEROW_TRIALS"] = "off"  # tests count nothing in the register of whoever runs them

settings.register_profile(
    "house",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("house")


def real_data_folder() -> Path:
    """Where the real market files lie: $HEDGEROW_REALDATA, or beside the checkout."""
    return Path(os.environ.get("HEDGEROW_REALDATA") or ROOT.parent / "shared" / "data")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real market files; the test is skipped where it is absent."""
    folder = real_data_folder()
    if not folder.is_dir():
        pytest.skip(f"no real market data at {folder}: set HEDGEROW_REALDATA to their folder")
    return folder


@pytest.fixture(scope="session")
def builtin():
    """The builtin market, loaded once."""
    from hedgerow import api

    return api.load("builtin")
