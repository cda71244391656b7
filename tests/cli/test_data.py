"""``data list``, ``check`` and ``fetch``."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cli.console import as_json, bad, call, good


def test_data_list() -> None:
    assert "builtin" in good("data", "list")
    names = [row["name"] for row in as_json("data", "list")["sources"]]
    assert names[:2] == ["builtin", "auto"]


def test_data_check_says_what_is_modelled() -> None:
    text = good("data", "check")
    assert "1990-01-02 … 2022-12-28, 8,313 sessions" in text
    assert re.search(r"^vix +15% +85%$", text, re.M)
    made = as_json("data", "check", "builtin")
    vix = next(row for row in made["columns"] if row["name"] == "vix")
    assert 0.8 < vix["modelled"] < 0.9
    assert made["quality"]["counts"]["noted"] >= 1


def test_data_check_of_nothing() -> None:
    assert "nowhere" in bad("data", "check", "nowhere")
    Path("empty").mkdir()
    assert "empty" in bad("data", "check", "empty")


def test_data_fetch_complains_about_bad_arguments() -> None:
    assert bad("data", "fetch", "--url", "cboe").startswith("--url: 'cboe' is not an address")
    assert "nonsense" in bad("data", "fetch", "--only", "nonsense")
    assert "nokey" in bad("data", "fetch", "--url", "nokey=http://127.0.0.1:9/x")


def test_data_fetch_that_cannot_reach_anybody_says_so(monkeypatch) -> None:
    from hedgerow.data import fetch

    def unreachable(dest, **more):
        more["progress"](fetch.Progress("VIX", 0, None, 1, 1))
        lost = fetch.Fetched("VIX", "VIX.csv", "failed", message="no answer")
        return fetch.FetchReport(Path("d"), (lost,))

    monkeypatch.setattr(fetch, "fetch", unreachable)
    result = call("data", "fetch", "--dest", "d")
    assert result.exit_code == 2
    assert "1 of 1 files could not be fetched" in result.stderr
    assert "VIX  failed  VIX.csv  no answer" in result.stdout
    assert json.loads(call("data", "fetch", "--json").stdout)["ok"] is False
