"""``hedgerow trade``: examples, other indices from a folder, mistakes, progress, Ctrl-C."""

from __future__ import annotations

import datetime as dt
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cli.console import ROOT, as_json, bad, call, good
from hedgerow.core.over_the_counter import parse_option
from hedgerow.engine.attribution import Parts
from hedgerow.engine.ledger.events import Ordered, Planned
from hedgerow.engine.ledger.opening import open_ledger
from synthetic import market

PROGRAMS = ROOT / "examples" / "programs"
LAYERS = str(PROGRAMS / "layers.toml")
INDICES = str(PROGRAMS / "three_indices.toml")
SHORT = ("--from", "2018-01-02", "--to", "2018-06-29")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Vendors' files of made prices: SPX and VIX, NDX with VXN, RUT without RVX."""
    place = tmp_path_factory.mktemp("data")
    made = market(420, start="2018-01-02")
    rng = np.random.default_rng(5)
    own = {
        name: level * np.exp(np.cumsum(beta * np.diff(np.log(made["spx"]), prepend=0.0)[1:]
                                       + rng.normal(0.0, 0.004, len(made) - 1)))
        for name, level, beta in (("NDX", 6500.0, 1.2), ("RUT", 1550.0, 1.1))
    }  # fmt: skip
    columns = {"^GSPC": made["spx"], "VIX": made["vix"], "VXN": 1.25 * made["vix"]}
    columns |= {name: np.r_[close[0], close] for name, close in own.items()}
    for name, values in columns.items():
        rows = [f"{d},{v:.2f}" for d, v in zip(made.dates, values, strict=True)]
        (place / f"{name}.csv").write_text("\n".join(["Date,Close", *rows]) + "\n")
    return place


def test_b8_a_program_over_three_indices_maturities_and_kinds(folder, tmp_path) -> None:
    ledger, page = tmp_path / "run.db", tmp_path / "page.html"
    made = as_json(
        "trade", INDICES, "--data", folder, "--to", "2018-12-31",
        "--ledger", ledger, "--report", page,
    )  # fmt: skip
    assert list(made["lines"]) == ["spx 3M", "ndx 6M", "rut 12M", "ndx variance", "vix futures"]
    for line in made["lines"].values():
        assert line["trades"] > 0
        assert line["pnl"] == pytest.approx(sum(line["parts"].values()), abs=0.01)
    assert set(made["lines"]["spx 3M"]["parts"]) == set(Parts._fields)
    assert made["origins"]["ndx"] == {"measured": 1.0}
    assert made["origins"]["vxn"] == {"measured": 1.0}
    assert made["origins"]["rvx"] == {"missing": 1.0}  # and is modelled from VIX
    assert made["report"] == str(page)
    assert "ndx variance" in page.read_text(encoding="utf-8")

    assert "the chain holds" in good("ledger", "verify", ledger)
    ordered: dict[str, list[str]] = {}
    planned: dict[int, list[Planned]] = {}
    with open_ledger(ledger) as kept:
        for event in (record.event for record in kept.read()):
            if isinstance(event, Ordered):
                ordered.setdefault(event.line, []).extend(leg.contract for leg in event.legs)
            if isinstance(event, Planned):
                planned.setdefault(event.time, []).append(event)
    roots = {name: {symbol[:4] for symbol in symbols} for name, symbols in ordered.items()}
    assert roots["spx 3M"] == {"SPXW"}
    assert roots["ndx 6M"] == {"NDXP"}
    assert roots["rut 12M"] == {"RUTW"}
    assert {symbol[:4] for symbol in ordered["ndx variance"]} == {"NDX "}
    assert all(symbol.endswith(" VAR") for symbol in ordered["ndx variance"])
    assert {symbol[:2] for symbol in ordered["vix futures"]} == {"VX"}
    begun = dt.date(2018, 1, 2)
    for name, least, most in (("spx 3M", 90, 128), ("ndx 6M", 180, 216), ("rut 12M", 360, 400)):
        assert least <= (parse_option(ordered[name][0]).expiry - begun).days <= most
    # B8: no line is more than its part of all that is asked for; B3: one factor cuts all
    shares = {"spx 3M": 0.4, "ndx 6M": 0.3, "rut 12M": 0.3, "ndx variance": 0.2, "vix futures": 0.2}
    for events in planned.values():
        assert {event.line for event in events} == set(shares)
        assert len({event.scale for event in events}) == 1
        asked = [event.cap / shares[event.line] for event in events]
        assert asked == pytest.approx([asked[0]] * 5, rel=1e-12)
        for event in events:
            assert abs(event.x) <= shares[event.line] * asked[0] * event.scale * (1.0 + 1e-12)


def test_without_the_index_the_file_to_add_is_named() -> None:
    assert bad("trade", INDICES) == (
        "market.ndx: the data have no column 'ndx'. Mend: add NDX.csv with Date and Close to the "
        "data folder, or use index = 'spx'"
    )


def test_an_example_in_words() -> None:
    said = good("trade", LAYERS, *SHORT)
    assert said.startswith("layers, 2018-01-02 … 2018-06-29, 125 sessions\n")
    for word in ("puts 12M", "all lines", "roll-down", "Most margin: ", "a model's price on 100%"):
        assert word in said
    assert not re.search(r"[-−]0(\.0+)?%?(?![\d.,])", said)  # no zero with a sign
    table = said.split("\n\n")[2].splitlines()
    sums = [[int(c.replace(",", "").replace("−", "-")) for c in row.split("  ")[1:] if c.strip()]
            for row in table[1:10]]  # fmt: skip
    parts, gain = np.array(sums[:-1]), np.array(sums[-1])
    np.testing.assert_allclose(parts.sum(axis=0), gain, atol=5)  # of rounded dollars
    np.testing.assert_allclose(parts[:, :-1].sum(axis=1), parts[:, -1], atol=5)


def test_the_delta_hedge_takes_the_delta_of_listed_puts_out(tmp_path) -> None:
    ledger = tmp_path / "run.jsonl"
    made = as_json("trade", PROGRAMS / "delta_hedge.toml", *SHORT, "--ledger", ledger)
    puts, hedge = (made["lines"][name]["parts"] for name in ("puts", "hedge"))
    assert abs(puts["delta"] + hedge["delta"]) < 0.25 * abs(puts["delta"])
    assert hedge["delta"] * puts["delta"] < 0.0
    with open_ledger(ledger) as kept:
        legs = {
            leg.contract
            for record in kept.read()
            if isinstance(record.event, Ordered)
            for leg in record.event.legs
        }
    assert legs - {"SPX"}
    for symbol in legs - {"SPX"}:
        assert symbol.startswith("SPXW  ")
        assert parse_option(symbol).strike % 5.0 == 0.0


def test_a_ledger_that_goes_on_beyond_the_run_says_so(tmp_path) -> None:
    kept = ("--ledger", tmp_path / "run.db")
    begun = ("trade", LAYERS, "--from", "2018-01-02", "--to")
    assert as_json(*begun, "2018-03-29", *kept)["ledger_to"] is None
    assert "The ledger goes on to 2018-03-29." in good(*begun, "2018-02-28", *kept)
    assert as_json(*begun, "2018-02-28", *kept)["ledger_to"] == "2018-03-29"
    assert "goes on" not in good(*begun, "2018-03-29", *kept)
    assert as_json(*begun, "2018-04-30", *kept)["ledger_to"] is None


BASE = Path(LAYERS).read_text(encoding="utf-8")
MISTAKES = {
    "no file": (None, (), "no.toml: there is no such program file. Mend: check the path, or"),
    "no TOML": ("name = [", (), "p.toml: end of document: this is not TOML: invalid value"),
    "a policy": ('[[steps]]\nkind = "linear"\n', (), "steps: this is a policy, not a program"),
    "a sleeve": (
        BASE.replace('kind = "put", moneyness = 0.90', 'kind = "putt"'),
        (),
        "p.toml: lines[0].sleeve.kind: unknown sleeve 'putt'. Mend: did you mean 'put'?",
    ),
    "a field": (
        BASE.replace("moneyness = 0.90", "moneynes = 0.90"),
        (),
        "p.toml: lines[0].sleeve.moneynes: unknown key. Mend: did you mean 'moneyness'?",
    ),
    "an index": (
        BASE.replace("moneyness = 0.90", 'index = "ndxx"'),
        (),
        "'ndxx' is not an index. Mend: did you mean 'ndx'?",
    ),
    "a column": (
        BASE.replace('"vix"', '"vxv"'),
        (),
        "the data have no column 'vxv'",
    ),
    "a policy's name": (
        BASE.replace('policy = "calm"', 'policy = "clam"'),
        (),
        "lines[4].policy: there is no policy 'clam'. Mend: did you mean 'calm'?",
    ),
    "a share": (BASE.replace("share = 0.5\n", "share = -1\n"), (), "share: -1 is out of range"),
    "before the data": (BASE, ("--from", "1950-01-02"), "1950-01-02 lies outside the data"),
    "after the data": (BASE, ("--to", "2050-01-02"), "2050-01-02 lies outside the data"),
    "no date": (BASE, ("--from", "soon"), "--from: 'soon' is not a date"),
    "no data": (BASE, ("--data", "nowhere"), "nowhere"),
    "report is a folder": (BASE, ("--report", "."), ".: this is a folder"),
    "ledger's ending": (BASE, ("--ledger", "t.csv"), "t.csv: no kind of ledger ends in '.csv'"),
    "ledger's folder": (BASE, ("--ledger", "no/t.db"), "no/t.db: there is no folder no. Mend"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "more", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_every_mistake_is_one_sentence_and_exit_code_2(text, more, sentence) -> None:
    if text is not None:
        Path("p.toml").write_text(text, encoding="utf-8")
    assert sentence in bad("trade", "no.toml" if text is None else "p.toml", *more)


# ---- progress and Ctrl-C ------------------------------------------------------------------------


def started(tmp_path: Path, *more: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start a long run whose stderr is a terminal."""
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "hedgerow", "trade", LAYERS, "--from", "1995-01-03", *more],
        stdout=subprocess.PIPE, stderr=theirs, cwd=tmp_path,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "100"}, start_new_session=True,
        # a shell that runs the tests in its background has them ignore Ctrl-C
        preexec_fn=lambda: signal.signal(  # noqa: PLW1509  # no threads are at work yet
            signal.SIGINT, signal.default_int_handler
        ),
    )  # fmt: skip
    os.close(theirs)
    return running, ours


def heard(terminal: int, until: str, seconds: float = 60.0) -> str:
    """Read a terminal until it says something or is closed."""
    said, ends = "", time.monotonic() + seconds
    while not re.search(until, said) and time.monotonic() < ends:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                more = os.read(terminal, 4096)
            except OSError:  # closed at the other end
                break
            said += more.decode(errors="replace")
    return said


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of POSIX")
def test_ctrl_c_ends_a_run_that_its_ledger_continues(tmp_path) -> None:
    broken, whole = tmp_path / "broken.jsonl", tmp_path / "whole.jsonl"
    running, terminal = started(tmp_path, "--to", "1997-12-31", "--ledger", str(broken))
    said = heard(terminal, r" [1-9][0-9]%")
    assert re.search(r"Trading layers +\[#", said)
    os.kill(running.pid, signal.SIGINT)
    said += heard(terminal, "never said", 20.0)
    os.close(terminal)
    printed, _ = running.communicate(timeout=20)
    assert (running.returncode, printed) == (130, b"")
    assert "Traceback" not in said
    assert f"broken off; give the same command again and {broken} is continued" in said
    half = len(broken.read_text(encoding="utf-8").splitlines())
    assert half > 0
    for place in (broken, whole):
        made = as_json(
            "trade", LAYERS, "--from", "1995-01-03", "--to", "1997-12-31", "--ledger", place
        )
        assert made["bars"] == 759
    kept = [json.loads(line) for line in whole.read_text(encoding="utf-8").splitlines()]
    assert half < len(kept)
    assert broken.read_text(encoding="utf-8") == whole.read_text(encoding="utf-8")
    assert not good("ledger", "verify", broken).startswith("hedgerow:")


def test_no_bar_is_shown_where_no_person_is(capfd) -> None:
    good("trade", LAYERS, "--from", "2018-01-02", "--to", "2018-02-28")
    assert capfd.readouterr().err == ""


def test_the_gate_of_programs_ends_with_exit_code_3(tmp_path) -> None:
    text = (PROGRAMS / "layers.toml").read_text(encoding="utf-8")
    own = tmp_path / "close.toml"
    own.write_text(text.replace('fills = "next"', 'fills = "close"'), encoding="utf-8")
    made = call("trade", own, *SHORT, "--gate", "--json")
    assert made.exit_code == 3, made.stderr
    assert json.loads(made.stdout)["verdict"]["outcome"] == "fail"
    assert "fail: Fills a bar later" in made.stderr
    assert "no such threshold" in bad("trade", own, *SHORT, "--threshold", "sharpe=2")
