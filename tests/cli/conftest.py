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
