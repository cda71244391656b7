"""The page in a real browser: no complaint, no sideways scrolling on a phone, pointer works."""

from __future__ import annotations

import html as htmllib
import json
import os
import re
import shutil
import subprocess

import pytest

import hedgerow as hr
from hedgerow.engine.trade import trade
from hedgerow.policies.catalog import starter
from hedgerow.report import page, program_page

PROBE = """<!DOCTYPE html><html><body><iframe src="report.html" width="360" height="3000"></iframe>
<script>
addEventListener("load", () => {
  const inside = document.querySelector("iframe"), said = [];
  const measure = () => {
    const page = inside.contentDocument.documentElement;
    return { inner: inside.contentWindow.innerWidth, wide: page.scrollWidth };
  };
  const out = { phone: measure() };
  const plot = inside.contentDocument.querySelector("#chart-nav .plot");
  const reading = inside.contentDocument.querySelector("#chart-nav .reading");
  out.before = reading.textContent;
  plot.dispatchEvent(new inside.contentWindow.KeyboardEvent("keydown", { key: "Home" }));
  out.after = reading.textContent;
  inside.width = 1280;
  requestAnimationFrame(() => requestAnimationFrame(() => {
    out.desktop = measure();
    const pre = document.createElement("pre");
    pre.id = "out";
    pre.textContent = JSON.stringify(out);
    document.body.append(pre);
  }));
});
</script></body></html>"""


def browser() -> str:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.skip("no Chromium on this machine: install one, or set CHROMIUM to its path")
    return found


def compared(found, path) -> tuple[str, str]:
    page.write(found, path)
    return tuple(str(found.tracks["dynamic"].dates[i]) for i in (0, -1))


def traded(found, path) -> tuple[str, str]:
    """The page of a program with lines of long names."""
    made = found.ground.market
    lines = [
        hr.Line(f"a line that sells puts {i}", hr.Put(side=side), found.policy)
        for i, side in enumerate(("long", "short"))
    ]
    outcome = trade(hr.Program(lines), made)
    program_page.write(outcome, path)
    return tuple(str(outcome.dates[i]) for i in (0, -1))


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("write", [compared, traded])
def test_a_browser_has_nothing_to_complain_about(found, tmp_path, write) -> None:
    first, last = write(found, tmp_path / "report.html")
    out = measured(tmp_path, PROBE)
    assert last in out["before"]
    assert first in out["after"]
    assert "$10,000,000" in out["after"]


@pytest.mark.browser
@pytest.mark.slow
def test_a_choice_fits_a_phone(tmp_path) -> None:
    market = hr.load("builtin", start="2016-01-04", end="2020-12-31")
    rules = [starter("linear", "option-a"), starter("tiers"), starter("vol_ratio")]
    hr.compare(rules, market, [hr.Put(), hr.VarianceSwap()]).report(tmp_path / "report.html")
    measured(tmp_path, re.sub(r"  const plot = .*?(?=  inside\.width)", "", PROBE, flags=re.S))


def measured(tmp_path, probe: str) -> dict:
    """Open a page on a phone and a desk; nothing may complain or be wider than the screen."""
    (tmp_path / "probe.html").write_text(probe, encoding="utf-8")
    done = subprocess.run(
        [
            browser(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--allow-file-access-from-files", "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=4000",
            "--dump-dom", f"file://{tmp_path / 'probe.html'}",
        ],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not complaints
    said = re.search(r'<pre id="out">(.*?)</pre>', done.stdout, re.S)
    assert said, done.stderr[-2000:]
    out = json.loads(htmllib.unescape(said.group(1)))
    for width in ("phone", "desktop"):
        assert out[width]["wide"] <= out[width]["inner"], width
    return out
