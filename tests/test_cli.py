"""The command line: answers on stdout, one sentence per mistake, JSON for machines."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import hedgerow as hr
from hedgerow import cli, config
from hedgerow.cli import output, reference
from hedgerow.errors import RangeError
from hedgerow.policies import catalog, files

ROOT = Path(__file__).resolve().parents[1]
LINEAR = str(ROOT / "examples" / "vix_linear.toml")
SHORT = ["--from", "2018-01-02", "--to", "2020-12-31"]


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    """Every command runs in an empty folder, without colours and without fetched data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEDGEROW_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")


def call(*args: str):
    return CliRunner().invoke(cli.app, [str(arg) for arg in args])


def good(*args: str) -> str:
    result = call(*args)
    assert result.exit_code == 0, result.stderr or result.exception
    return result.stdout


def as_json(*args: str):
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    result = call(*args, "--json")
    assert result.exit_code == 0, result.stderr or result.exception
    return json.loads(result.stdout, parse_constant=refuse)


def bad(*args: str) -> str:
    """Run a command that must fail politely, and return its one sentence."""
    result = call(*args)
    assert result.exit_code == 2, (result.exit_code, result.stdout, result.exception)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("hedgerow: ")
    assert "Traceback" not in result.stderr
    return result.stderr.removeprefix("hedgerow: ").strip()


def python(*args: str, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hedgerow", *args],
        capture_output=True, text=True, timeout=120, check=False, **more,
    )  # fmt: skip


# ---- at the door --------------------------------------------------------------------------------


def test_help_names_every_command() -> None:
    done = python("--help")
    assert done.returncode == 0
    for word in ("demo", "backtest", "explain", "policy", "data", "Not investment advice"):
        assert word in done.stdout


def test_nothing_heavy_is_imported_at_the_door() -> None:
    code = "import sys, hedgerow.cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "pandas", "scipy", "numba", "pydantic", "plotly", "jinja2", "tomlkit"}
    assert not heavy & set(done.stdout.split())


def test_version() -> None:
    assert good("--version") == f"hedgerow {hr.__version__}\n"


def test_no_command_shows_the_help() -> None:
    assert "Usage" in call().output


@pytest.mark.parametrize("columns", ["40", "200"])
def test_help_fits_any_terminal(columns: str, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERMINAL_WIDTH", columns)
    text = good("backtest", "--help")
    assert "\x1b" not in text
    assert max(len(line) for line in text.splitlines()) <= int(columns)


def test_the_reference_in_the_docs_is_up_to_date() -> None:
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == reference.markdown(), (
        "run `make docs`"
    )


def test_every_command_with_a_result_has_json() -> None:
    sections = reference.markdown().split("\n## ")[1:]
    assert len(sections) >= 9
    assert all("`--json`" in section for section in sections)


@pytest.mark.parametrize("args", [["backtset"], ["backtest"], ["backtest", LINEAR, "--form", "x"]])
def test_usage_errors_exit_with_2(args: list[str]) -> None:
    result = call(*args)
    assert result.exit_code == 2
    assert "Usage" in result.stderr


# ---- policy -------------------------------------------------------------------------------------


def test_policy_check_names_the_steps() -> None:
    assert (
        good("policy", "check", LINEAR)
        .strip()
        .endswith("vix_linear.toml: good (linear → bounds → persist → budget → trigger)")
    )
    made = as_json("policy", "check", *sorted(map(str, ROOT.glob("examples/*.toml"))))
    assert made["ok"]
    assert len(made["files"]) >= 7


def test_policy_check_tells_every_bad_file() -> None:
    Path("a.toml").write_text('[[steps]]\nkind = "constant"\nlevl = 1\n')
    result = call("policy", "check", "a.toml", LINEAR, "b.toml")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "hedgerow: a.toml: steps[0].levl: unknown key. Mend: did you mean 'level'?",
        "hedgerow: b.toml: there is no such policy file. Mend: check the path, or write one "
        "with `hedgerow policy new --out FILE`",
    ]
    assert "vix_linear.toml: good" in result.stdout
    made = json.loads(call("policy", "check", "a.toml", "--json").stdout)
    assert not made["ok"]
    assert "levl" in made["files"][0]["error"]


def test_policy_show_answers_like_the_spec() -> None:
    text = good("policy", "show", LINEAR)
    assert re.search(r"^vix +10 +14 +18 +22 +25 +30 +40 +50 +60$", text, re.M)
    assert re.search(r"^x +0\.20 +0\.20 +0\.60 +1\.00 +1\.30 +1\.80 +2\.00", text, re.M)
    assert "every 7d" in text
    made = as_json("policy", "show", LINEAR)
    assert hr.Policy.from_toml(made["toml"]) == files.read(LINEAR)
    assert made["response"]["x"][2] == pytest.approx(0.6, abs=1e-12)


def test_policy_show_reproduces_the_worked_example() -> None:
    made = as_json("policy", "show", str(ROOT / "examples" / "worked_2017.toml"))["response"]
    answer = dict(zip(made["levels"], made["x"], strict=True))
    assert answer[14.0] == pytest.approx(0.25)
    assert answer[60.0] == pytest.approx(6.0)
    assert not made["bounded"]


def test_policy_show_of_a_constant_and_of_a_volatility() -> None:
    assert "Intensity" not in good("policy", "show", str(ROOT / "examples" / "static.toml"))
    assert "move off" in good("policy", "show", str(ROOT / "examples" / "static.toml"))
    made = as_json("policy", "show", str(ROOT / "examples" / "vol_ratio.toml"))["response"]
    assert made["signal"] == "rv20"
    assert made["x"][made["levels"].index(0.15)] == pytest.approx(1.0)


def test_policy_show_toml_reads_back() -> None:
    assert hr.Policy.from_toml(good("policy", "show", LINEAR, "--toml")) == files.read(LINEAR)


def test_policy_new_writes_what_can_be_read() -> None:
    assert hr.Policy.from_toml(good("policy", "new")) == catalog.starter("linear")
    good("policy", "new", "--rule", "tiers", "--preset", "option-c", "--out", "new/p.toml")
    assert files.read("new/p.toml") == catalog.starter("tiers", "option-c")
    made = as_json("policy", "new", "--rule", "sigmoid")
    assert made["file"] is None
    assert hr.Policy.from_toml(made["toml"]) == catalog.starter("sigmoid")


def test_policy_new_never_replaces_a_file_unasked() -> None:
    Path("p.toml").write_text("mine")
    assert "the file is there already. Mend: add --force" in bad("policy", "new", "--out", "p.toml")
    assert Path("p.toml").read_text() == "mine"
    good("policy", "new", "--out", "p.toml", "--force")
    assert files.read("p.toml") == catalog.starter("linear")


def test_policy_new_knows_its_rules_and_presets() -> None:
    assert bad("policy", "new", "--rule", "liner") == (
        "--rule: unknown rule 'liner'. Mend: did you mean 'linear'?"
    )
    assert "did you mean 'option-a'" in bad("policy", "new", "--preset", "optiona")


# ---- data ---------------------------------------------------------------------------------------


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


# ---- runs ---------------------------------------------------------------------------------------


def test_backtest_of_one_sleeve_prints_the_answer() -> None:
    text = good("backtest", LINEAR, "--sleeve", "put", *SHORT)
    assert text.startswith("vix-linear with put-90d-0.9")
    for word in ("unhedged", "static", "dynamic", "2020 Covid", "Look-ahead", "modelled"):
        assert word in text
    assert text.rstrip().endswith("Not investment advice.")


def test_backtest_of_all_sleeves_puts_them_side_by_side() -> None:
    text = good("backtest", LINEAR, *SHORT)
    for name in ("put-90d", "put_spread-90d", "vix_future-1", "variance_swap-90d"):
        assert name in text.split("side by side")[1]
    assert max(len(line) for line in text.split("side by side")[1].splitlines()) <= 100


def test_backtest_json_has_every_sleeve_and_repeats_the_request() -> None:
    made = as_json("backtest", LINEAR, *SHORT, "--portfolio", "2m", "--size", "notional:0.5")
    assert [result["sleeve"]["kind"] for result in made["results"]] == list(config.ALL_SLEEVES)
    request = made["request"]
    assert request["portfolio"]["value"] == 2_000_000.0
    assert all(sleeve["size"] == {"notional": 0.5} for sleeve in request["sleeves"])
    assert hr.Policy.from_toml(request["policy"]) == files.read(LINEAR)
    assert made["notice"] == "Not investment advice."
    for result in made["results"]:
        assert {"strategies", "saving", "crises", "flags", "lookahead", "data"} <= set(result)


def test_the_same_question_has_the_same_digest() -> None:
    first = config.run(LINEAR, start="2018-01-02", value="10m")
    assert first.digest() == config.run(LINEAR, start="2018-01-02", value="10000000").digest()
    assert first.digest() != config.run(LINEAR, start="2018-01-03").digest()


def test_costs_and_same_bar_fills_reach_the_run() -> None:
    one = ["backtest", LINEAR, *SHORT, "--sleeve", "put"]
    free = as_json(*one, "--no-costs")["results"][0]
    paid = as_json(*one)["results"][0]
    assert free["strategies"]["all"]["dynamic"]["transaction_costs"] == 0.0
    assert paid["strategies"]["all"]["dynamic"]["transaction_costs"] > 0.0
    same = as_json(*one, "--same-bar")["results"][0]
    assert any(flag["raised"] and "bar" in flag["name"] for flag in same["flags"])


def test_several_sleeves_run_in_their_order() -> None:
    made = as_json(
        "backtest", LINEAR, *SHORT, "--sleeve", "put:moneyness=0.85", "--sleeve", "put"
    )  # fmt: skip
    names = [result["sleeve"]["name"] for result in made["results"]]
    assert names == ["put-90d-0.85", "put-90d-0.9"]


def test_explain_tells_the_way_from_signal_to_trade() -> None:
    text = good("explain", LINEAR, "2020-03-09", *SHORT)
    for word in ("2020-03-09", "vix", "linear", "bounds", "persist", "budget", "trigger", "target"):
        assert word in text
    assert text.rstrip().endswith("Not investment advice.")
    made = as_json("explain", LINEAR, "2020-03-09", *SHORT)
    assert [step["kind"] for step in made["steps"]] == [
        "linear", "bounds", "persist", "budget", "trigger",
    ]  # fmt: skip


def test_a_report_is_written_whole_into_a_folder_that_is_made() -> None:
    text = good("backtest", LINEAR, *SHORT, "--sleeve", "put", "--report", "a/b/r.html")
    assert "Report: a/b/r.html" in text
    assert Path("a/b/r.html").read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype")
    assert [item.name for item in Path("a/b").iterdir()] == ["r.html"]


@pytest.mark.slow
def test_the_demo_answers_and_writes_its_report() -> None:
    text = good("demo")
    assert text.startswith("vix-linear with put-90d-0.9")
    assert "1990-01-02 … 2022-12-28" in text
    assert Path("out/report.html").stat().st_size > 10_000
    made = as_json("demo", "--out", "again.html")
    assert made["results"][0]["data"]["source"] == "builtin"
    assert made["report"] == "again.html"


def test_the_demo_runs_the_main_example() -> None:
    assert catalog.demo() == files.read(LINEAR)


@pytest.mark.slow
@pytest.mark.realdata
def test_all_sleeves_run_on_real_data(real_data: Path) -> None:
    made = as_json("backtest", LINEAR, "--data", str(real_data), "--from", "2004-01-01")
    assert [result["sleeve"]["kind"] for result in made["results"]] == list(config.ALL_SLEEVES)
    assert made["results"][0]["data"]["columns"]["vix"]["modelled"] == 0.0


# ---- mistakes -----------------------------------------------------------------------------------

ONE = ("--sleeve", "put")
MISTAKES = {
    "no file": (["backtest", "no.toml"], "no.toml: there is no such policy file"),
    "folder": (["backtest", "."], ".: this is a folder. Mend: name the .toml file inside it"),
    "no data": (["backtest", LINEAR, "--data", "nowhere"], "nowhere"),
    "no date": (
        ["backtest", LINEAR, "--from", "yesterday"],
        "--from: 'yesterday' is not a date. Mend: write YYYY-MM-DD",
    ),
    "end before start": (
        ["backtest", LINEAR, "--from", "2020-01-01", "--to", "2019-01-01"],
        "--to: the end 2019-01-01 lies before the start 2020-01-01. Mend: swap --from and --to",
    ),
    "start outside": (["backtest", LINEAR, *ONE, "--from", "1950-01-01"], "1950-01-01"),
    "end outside": (["backtest", LINEAR, *ONE, "--to", "2050-01-01"], "2050-01-01"),
    "after the data": (
        ["backtest", LINEAR, *ONE, "--from", "2030-01-01"],
        "2030-01-01 lies outside the data",
    ),
    "too short": (
        ["backtest", LINEAR, *ONE, "--from", "2020-01-02", "--to", "2020-01-10"],
        "--split",
    ),
    "split": (["backtest", LINEAR, *ONE, "--split", "half"], "--split: 'half' is not a split"),
    "sleeve": (
        ["backtest", LINEAR, "--sleeve", "putt"],
        "--sleeve.kind: unknown sleeve 'putt'. Mend: did you mean 'put'?",
    ),
    "sleeve field": (
        ["backtest", LINEAR, "--sleeve", "put:moneynes=0.9"],
        "--sleeve.moneynes: unknown key. Mend: did you mean 'moneyness'?",
    ),
    "size": (["backtest", LINEAR, *ONE, "--size", "vga:1"], "--sleeve.size: unknown size 'vga'"),
    "amount": (
        ["backtest", LINEAR, "--portfolio", "ten"],
        "--portfolio: 'ten' is not an amount. Mend: write USD, such as 10000000 or 10m",
    ),
    "nothing to hedge": (["backtest", LINEAR, "--portfolio", "0"], "portfolio.value: 0.0 is out"),
    "beta": (["backtest", LINEAR, "--beta", "nan"], "portfolio.beta: nan is out of range"),
    "share": (["backtest", LINEAR, "--equity-share", "2"], "portfolio.equity_share: 2.0 is out"),
    "report is a folder": (
        ["backtest", LINEAR, *ONE, "--report", "."],
        ".: this is a folder. Mend: name a file inside it",
    ),
    "report below a file": (
        ["backtest", LINEAR, *ONE, "--report", f"{LINEAR}/r.html"],
        "r.html: the file cannot be written",
    ),
    "demo to a folder": (["demo", "--out", "."], ".: this is a folder"),
    "explain no date": (["explain", LINEAR, "9.3.2020"], "DATE: '9.3.2020' is not a date"),
    "explain outside": (
        ["explain", LINEAR, "1929-10-29", *SHORT],
        "1929-10-29 lies outside the run. Mend: choose a date inside 2018-01-02 … 2020-12-31",
    ),
    "show": (["policy", "show", "no.toml"], "no.toml: there is no such policy file"),
}


@pytest.mark.parametrize(("args", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_every_mistake_is_one_sentence_and_exit_code_2(args: list[str], sentence: str) -> None:
    assert sentence in bad(*args)


def test_a_misspelt_key_is_found_before_any_work(monkeypatch) -> None:
    monkeypatch.setattr(config, "Run", None)
    Path("p.toml").write_text(Path(LINEAR).read_text().replace("floor", "flor"))
    assert bad("backtest", "p.toml") == (
        "p.toml: steps[1].flor: unknown key. Mend: did you mean 'floor'?"
    )


def test_a_mistake_with_json_prints_no_json() -> None:
    assert "no such policy file" in bad("backtest", "no.toml", "--json")


def test_an_unexpected_error_is_a_bug_and_shows_its_traceback(monkeypatch) -> None:
    monkeypatch.setattr(config, "run", lambda *_, **__: 1 / 0)
    assert isinstance(call("backtest", LINEAR).exception, ZeroDivisionError)


def test_a_sleeve_that_the_data_cannot_carry_is_left_out_of_all(monkeypatch) -> None:
    from hedgerow import api
    from hedgerow.errors import SleeveError

    real = api.backtest

    def picky(policy, market, hedge, **more):
        if hedge.kind == "vix_future":
            raise SleeveError("there are no futures")
        return real(policy, market, hedge, **more)

    monkeypatch.setattr(api, "backtest", picky)
    made = as_json("backtest", LINEAR, *SHORT)
    assert made["left_out"] == {"vix_future-1": "there are no futures"}
    assert "Left out: vix_future-1" in good("backtest", LINEAR, *SHORT)
    assert "no futures" in bad("backtest", LINEAR, *SHORT, "--sleeve", "vix_future")


# ---- as a process -------------------------------------------------------------------------------


def test_a_closed_pipe_is_quiet() -> None:
    command = f'"{sys.executable}" -m hedgerow data check | head -c 10'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout == "builtin: 1"
    assert done.stderr == ""


def test_interrupting_is_quiet(tmp_path) -> None:
    code = (
        "import hedgerow.api, signal, time; from hedgerow.cli import main; "
        "signal.signal(signal.SIGINT, signal.default_int_handler); "  # ignored in the background
        "hedgerow.api.load = lambda _: (print('here', flush=True), time.sleep(60)); main()"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code, "backtest", LINEAR],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline() == "here\n"
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert said == ""


def test_a_terminal_without_the_signs_gets_question_marks() -> None:
    done = python("data", "list", env={**os.environ, "PYTHONIOENCODING": "latin-1"})
    assert done.returncode == 0
    assert "1990?2022" in done.stdout


def test_a_mistake_as_a_process() -> None:
    done = python("backtest", "no.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("hedgerow: no.toml: there is no such policy file")


# ---- small parts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "usd"),
    [("10m", 1e7), ("10M", 1e7), ("$1.5b", 1.5e9), ("250k", 250e3), ("1_000_000", 1e6), ("7", 7.0)],
)
def test_amounts(text: str, usd: float) -> None:
    assert config.amount(text) == usd


@pytest.mark.parametrize("text", ["", "-5", "1e7", "m", "10mm", "inf", "nan", "1.2.3", "$"])
def test_no_amounts(text: str) -> None:
    with pytest.raises(RangeError, match="is not an amount"):
        config.amount(text)


def test_plain_values_only() -> None:
    import numpy as np

    values = {"a": np.float64(1.5), "b": (np.nan, np.inf, 2), "c": None, 3: Path("x"), "d": True}
    want = {"a": 1.5, "b": [None, None, 2], "c": None, "3": "x", "d": True}
    assert output.plain(values) == want
