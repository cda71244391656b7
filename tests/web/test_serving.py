"""`hedgerow serve`: where it listens, for whom, and how it refuses."""

from __future__ import annotations

import socket

import pytest
from typer.testing import CliRunner

from hedgerow.cli import app
from hedgerow.web.book import Book
from hedgerow.web.guarding import LOOPBACK
from hedgerow.web.serving import hosts_of


@pytest.mark.parametrize("more", [("--host", "0.0.0.0"), ("--behind-proxy",), ("--name", "a.b")])
def test_others_are_served_by_users_alone(place, more) -> None:
    said = CliRunner().invoke(app, ["serve", str(place), *more])
    assert said.exit_code == 2
    assert "there are no users, and others could reach it" in said.stderr
    assert "hedgerow users add" in said.stderr


def test_with_users_names_are_as_given(guarded) -> None:
    book = Book.open(guarded)
    assert hosts_of(book, "127.0.0.1", [], behind_proxy=False) == LOOPBACK
    assert hosts_of(book, "0.0.0.0", [], behind_proxy=False) is None
    assert hosts_of(book, "127.0.0.1", ["a.b"], behind_proxy=True) == (*LOOPBACK, "a.b")
    book.close()


def test_a_book_that_is_not_there_and_a_port_that_is_taken(place, tmp_path) -> None:
    said = CliRunner().invoke(app, ["serve", str(tmp_path / "no.db")])
    assert (said.exit_code, "there is no such book" in said.stderr) == (2, True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = CliRunner().invoke(app, ["serve", str(place), "--port", port])
    assert (said.exit_code, "nothing can listen there" in said.stderr) == (2, True)
