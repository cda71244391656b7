"""The Lab in Chromium: a number is changed, tried with progress, compared, and saved."""

from __future__ import annotations

import pytest

from hedgerow import Policy
from web.chromium.scene import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_run_from_the_form_to_the_file(place, tmp_path, visit) -> None:
    folder = tmp_path / "policies"
    with served(place, policies=folder) as base:
        visitor = visit(base)
        page = visitor.open("/lab")
        page.get_by_label("name of the policy").fill("low-18")
        page.get_by_label("from", exact=True).fill("2019-01-02")
        page.get_by_label("to", exact=True).fill("2020-12-31")
        page.get_by_label("high", exact=True).fill("much")
        page.get_by_role("button", name="Run a backtest").first.click()
        page.locator("main").get_by_role("alert").wait_for()
        wrong = page.get_by_label("high", exact=True)
        assert wrong.get_attribute("aria-invalid") == "true"
        assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
        wrong.fill("18")
        page.evaluate("window.kept = true")
        page.get_by_role("button", name="Run a backtest").first.click()
        page.wait_for_url("**/lab/runs/*")
        assert page.get_by_role("heading", level=1).inner_text().startswith("Run: ")
        page.locator("progress[max='4']").wait_for(timeout=30_000)
        page.evaluate("window.kept = true")
        heading = page.get_by_role("heading", name="Beside what the book runs")
        heading.wait_for(timeout=60_000)
        assert page.evaluate("window.kept") is True, "it came by push"
        assert page.get_by_role("columnheader", name="The book's own").count() == 1
        assert page.get_by_role("img").count() >= 2
        page.get_by_role("link", name="Change its numbers").click()
        assert page.get_by_label("high", exact=True).input_value() == "18.0"
        page.get_by_role("button", name="Save as policy file").click()
        page.get_by_text("Saved as low-18.toml.").wait_for()
        page.get_by_role("button", name="Save as policy file").click()
        page.get_by_text("is there already").first.wait_for()
        page.get_by_role("link", name="low-18").first.wait_for()
        assert visitor.strayed == []
    found = Policy.from_toml((folder / "low-18.toml").read_text(encoding="utf-8"))
    assert "high=18" in str(found.steps[0]).replace(" ", "").replace("18.0", "18")
