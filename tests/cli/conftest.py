"""Every command runs in an empty folder, without colours and without fetched data."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("cli.console")


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEDGEROW_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch):
    """The gate's bootstrap is tested elsewhere; here its words and exit codes are."""
    from hedgerow.research.gate import evidence

    every = evidence.resampled
    monkeypatch.setattr(
        evidence, "resampled", lambda found, asked, most: every(found, asked, min(most, 99))
    )
