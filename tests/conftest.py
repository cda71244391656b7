"""What all tests share: a cache of their own, and the way to the real data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.main
from hypothesis import HealthCheck, settings

from postgres import cluster, database  # noqa: F401  # fixtures: PostgreSQL is asked for by name

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("HEDGEROW_CACHE", str(ROOT / ".pytest_cache" / "hedgerow"))
os.environ["HEDGEROW_ALERTS"] = ""  # nor tell anybody, whatever their keyring says
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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests that share a fixture of their module to one worker, so that it is made once."""
    for item in items:
        info = getattr(item, "_fixtureinfo", None)
        made = info.name2fixturedefs.values() if info is not None else ()
        if any(definitions[-1].scope == "module" for definitions in made):
            item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(ROOT))))


@pytest.fixture(scope="session", autouse=True)
def _commands_are_built_once() -> Iterator[None]:
    """Give every call the same tree of commands: building it takes longer than most commands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.testing._get_command", cache(typer.main.get_command))
        yield


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
