"""``hedgerow book`` and ``hedgerow users``."""

from __future__ import annotations

import itertools
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as drawn
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.console import as_json, bad, good
from hedgerow import cli
from hedgerow.engine.ledger.opening import open_ledger
from hedgerow.engine.program_text import read
from hedgerow.live.journal import Journal
from hedgerow.live.keeping.copying import chains
from hedgerow.live.keeping.starter import differences, starter
from hedgerow.live.keeping.users import Users
from hedgerow.live.settings import Settings, parse
from hedgerow.live.store import Store
from live.keeping.books import PROGRAM, RUN, begin

PAGE = Path(__file__).parents[3] / "docs" / "book.md"
PASSWORD = "four words go together"


def floats(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


@drawn(max_examples=30)
@given(
    st.fixed_dictionaries(
        {
            "source": st.fixed_dictionaries(
                {
                    "place": st.text(max_size=20),
                    "delay": floats(0, 720),
                    "tolerance": floats(1e-9, 0.5),
                }
            ),
            "broker": st.fixed_dictionaries({"port": st.integers(1, 65535), "account": st.text()}),
            "limits": st.fixed_dictionaries({"notional": floats(1e-3, 1e15)}),
            "approval": st.fixed_dictionaries({"required": st.booleans()}),
            "duties": st.fixed_dictionaries({"refit": st.lists(st.text(max_size=9), max_size=3)}),
        }
    )
)
def test_settings_come_back_from_the_file_that_explains_them(table) -> None:
    wanted = Settings.model_validate(table)
    assert parse(starter(wanted)) == wanted
    changed = differences(Settings(), wanted)
    assert set(changed) <= {f"{name}.{key}" for name, part in table.items() for key in part}


def test_the_starter_is_the_defaults_and_explains_every_key(tmp_path) -> None:
    text = starter()
    assert parse(text) == Settings()
    table = tomllib.loads(text)
    for name, field in Settings.model_fields.items():
        assert set(table[name]) == set(field.annotation.model_fields)
    lines = text.splitlines()
    for before, line in itertools.pairwise(lines):
        if " = " in line and not line.startswith("#"):
            assert before.startswith("# "), f"{line} is not explained"
    assert good("book", "settings") == text
    good("book", "settings", "--out", tmp_path / "desk.toml")
    assert (tmp_path / "desk.toml").read_text() == text
    assert "is there already" in bad("book", "settings", "--out", tmp_path / "desk.toml")


@pytest.fixture
def book(tmp_path):
    begin(tmp_path / "book.db", 2)
    return tmp_path / "book.db"


def test_a_run_begins_in_a_book(tmp_path) -> None:
    (tmp_path / "program.toml").write_text(PROGRAM)
    (tmp_path / "desk.toml").write_text('source.history = "builtin"\nlimits.contracts = 7')
    place = tmp_path / "book.db"
    command = (
        "book",
        "new",
        place,
        tmp_path / "program.toml",
        "--settings",
        tmp_path / "desk.toml",
    )
    assert "run live begins after 2020-01-31" in good(*command, "--until", "2020-02-02")
    kept = Store(place).kept("live")
    begun = read(kept.program)
    assert begun.lines == read(PROGRAM).lines
    assert begun.execution.order == "limit", "as on every desk"
    assert parse(kept.settings).limits.contracts == 7.0
    assert str(Store(place).market("live").dates[-1]) == "2020-01-31"
    assert "it has a run 'live' already. Mend: name another with --run" in bad(*command)
    good(*command, "--run", "second")
    assert as_json("book", "runs", place) == ["live", "second"]
    assert "it has 2 runs" in bad("book", "show", place)
    (tmp_path / "program.toml").write_text("[[steps]]")
    assert "steps[0].kind: the step has no kind" in bad(*command, "--run", "third")


def test_a_book_is_shown_as_it_is(book) -> None:
    found = as_json("book", "show", book)
    assert (found["run"], found["sessions"], found["first"]) == (
        "live",
        2,
        Store(book).sessions(RUN)[0],
    )
    assert found["settings"] == {"limits.contracts": 50.0}
    assert found["tables"] == "ledger 1, book 3"
    said = good("book", "show", book)
    for chain in chains(book):
        assert chain.hash in said
        assert chain._asdict() in found["chains"]
    assert "limits.contracts = 50.0" in said
    assert good("book", "runs", book) == "live\n"


def test_settings_are_changed_on_the_record(book, tmp_path) -> None:
    (tmp_path / "desk.toml").write_text("limits.contracts = 60\napproval.required = false")
    said = good("book", "settings", book, "--set", tmp_path / "desk.toml")
    assert "limits.contracts   50.0  →  60.0" in said
    assert parse(good("book", "settings", book)).limits.contracts == 60.0
    event = Journal(book, RUN).records()[-1].event
    assert event.action == "settings changed"
    assert event.who.endswith("console")
    assert event.facts == {
        "run": "live", "limits.contracts": [50.0, 60.0], "approval.required": [True, False],
    }  # fmt: skip
    count = len(Journal(book, RUN).records())
    assert "already" in good("book", "settings", book, "--set", tmp_path / "desk.toml")
    assert len(Journal(book, RUN).records()) == count
    (tmp_path / "desk.toml").write_text("limits.contract = 60")
    assert "limits.contract: unknown key" in bad(
        "book", "settings", book, "--set", tmp_path / "desk.toml"
    )


def test_copies_by_command(book, tmp_path) -> None:
    found = as_json("book", "backup", book, tmp_path / "copy.db")
    assert [chain["name"] for chain in found["chains"]] == ["live", "live.desk"]
    said = good("book", "restore", tmp_path / "copy.db", tmp_path / "again.db")
    assert "restored and checked" in said
    assert all(chain["hash"] in said for chain in found["chains"])
    assert "there is something already" in bad("book", "backup", book, tmp_path / "copy.db")


def test_a_run_is_exported_as_plain_files(book, tmp_path) -> None:
    good("book", "export", book, tmp_path / "out")
    names = ["live.desk.jsonl", "live.jsonl", "program.toml", "sessions.csv", "settings.toml"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    for chain in chains(book):
        with open_ledger(tmp_path / "out" / f"{chain.name}.jsonl") as ledger:
            assert ledger.head.hash == chain.hash
    head, *rows = (tmp_path / "out" / "sessions.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == Store(book).sessions(RUN)
    market = Store(book).market(RUN)
    vix = head.split(",").index("vix")
    assert [float(row.split(",")[vix]) for row in rows] == list(market["vix"][-2:])
    assert "it is there already" in bad("book", "export", book, tmp_path / "out")


def test_a_misspelt_book_is_not_made(tmp_path) -> None:
    for command in (
        ("book", "show"), ("book", "runs"), ("book", "settings"), ("users", "list"),
    ):  # fmt: skip
        assert "there is no such book" in bad(*command, tmp_path / "bok.db")
    assert "there is no such ledger" in bad(
        "book", "backup", tmp_path / "bok.db", tmp_path / "copy.db"
    )
    assert list(tmp_path.iterdir()) == []


def test_users_by_command(book, monkeypatch) -> None:
    assert "No user" in good("users", "list", book)
    monkeypatch.setenv("HEDGEROW_PASSWORD", PASSWORD)
    assert good("users", "add", book, "Ann", "--role", "approve") == "ann (approve): user added.\n"
    assert good("users", "role", book, "ann", "admin") == "ann (admin): role changed.\n"
    monkeypatch.delenv("HEDGEROW_PASSWORD")
    given = CliRunner().invoke(
        cli.app, ["users", "password", str(book), "ann", "--password-stdin"], input=PASSWORD + "!\n"
    )
    assert given.exit_code == 0, given.output
    assert Users(Store(book)).check("ann", PASSWORD + "!").role == "admin"
    assert "nobody is there to be asked" in bad("users", "password", book, "ann")
    assert "nobody would be left" in bad("users", "disable", book, "ann")
    Users(Store(book)).add("zoe", PASSWORD, "admin", "a test")
    good("users", "disable", book, "ann")
    row, _ = as_json("users", "list", book)
    assert (row["name"], row["role"], row["disabled"]) == ("ann", "admin", True)
    good("users", "enable", book, "ann")
    assert Users(Store(book)).check("ann", PASSWORD + "!")
    assert "user anna: there is no such user" in bad("users", "role", book, "anna", "view")
    acts = [r.event for r in Journal(book, RUN).records() if r.event.kind == "acted"]
    assert [act.action for act in acts[1:]] == [
        "user added", "role changed", "password changed", "user disabled", "user enabled",
    ]  # fmt: skip
    assert PASSWORD not in "".join(record.text for record in Journal(book, RUN).records())


def test_a_password_is_asked_for_twice_and_not_shown(book, monkeypatch) -> None:
    answers = iter([PASSWORD, "another four words", PASSWORD, PASSWORD])
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    monkeypatch.setattr("hedgerow.cli.users._asked_here", lambda: True)
    assert "password: the two differ" in bad("users", "add", book, "ann")
    assert PASSWORD not in good("users", "add", book, "ann")
    assert Users(Store(book)).check("ann", PASSWORD)


def test_the_console_of_the_page_works(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEDGEROW_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("HEDGEROW_PASSWORD", PASSWORD)
    (tmp_path / "program.toml").write_text(PROGRAM)
    (block,) = re.findall(r"^```console\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    commands = [shlex.split(line[2:], comments=True) for line in block.splitlines()]
    assert len(commands) == 13
    for command in commands:
        assert command[0] == "hedgerow"
        good(*command[1:])
    assert chains("again.db") == chains("copies/2020-01-31.db")
