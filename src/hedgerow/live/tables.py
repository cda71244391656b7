"""The tables of a book besides its ledger, version by version, made with Alembic's operations.

A change is one more function at the end of :data:`MIGRATIONS`; those before it stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic.operations import Operations

VERSION = sa.table("hedgerow_live_version", sa.column("version", sa.Integer))
BOOKS = sa.table(
    "hedgerow_book", sa.column("run", sa.Text), sa.column("program", sa.Text),
    sa.column("settings", sa.Text), sa.column("history", sa.LargeBinary),
    sa.column("digest", sa.Text), sa.column("made", sa.BigInteger),
)  # fmt: skip
SESSIONS = sa.table(
    "hedgerow_session", sa.column("run", sa.Text), sa.column("session", sa.Text),
    sa.column("row", sa.Text), sa.column("source", sa.Text), sa.column("made", sa.BigInteger),
)  # fmt: skip
USERS = sa.table(
    "hedgerow_user", sa.column("name", sa.Text), sa.column("role", sa.Text),
    sa.column("secret", sa.Text), sa.column("off", sa.Integer), sa.column("made", sa.BigInteger),
)  # fmt: skip
LOGINS = sa.table(
    "hedgerow_login", sa.column("token", sa.Text), sa.column("user", sa.Text),
    sa.column("csrf", sa.Text), sa.column("made", sa.BigInteger), sa.column("seen", sa.BigInteger),
)  # fmt: skip
ATTEMPTS = sa.table(
    "hedgerow_attempt", sa.column("id", sa.Integer), sa.column("who", sa.Text),
    sa.column("time", sa.BigInteger),
)  # fmt: skip
JOBS = sa.table(
    "hedgerow_job", sa.column("id", sa.Text), sa.column("who", sa.Text), sa.column("kind", sa.Text),
    sa.column("state", sa.Text), sa.column("done", sa.Integer), sa.column("total", sa.Integer),
    sa.column("asked", sa.Text), sa.column("found", sa.Text), sa.column("made", sa.BigInteger),
    sa.column("ended", sa.BigInteger),
)  # fmt: skip
TOLD = sa.table(
    "hedgerow_told", sa.column("run", sa.Text), sa.column("target", sa.Text),
    sa.column("number", sa.BigInteger),
)  # fmt: skip
BEATS = sa.table(
    "hedgerow_beat", sa.column("run", sa.Text), sa.column("time", sa.BigInteger),
    sa.column("said", sa.Text), sa.column("until", sa.BigInteger),
)  # fmt: skip

_KEPT = "a session that was accepted stays as it is"


def _first(op: Operations, dialect: str) -> None:
    text, big, small = sa.Text, sa.BigInteger, sa.Integer
    op.create_table(VERSION.name, sa.Column("version", small, nullable=False))
    op.create_table(
        BOOKS.name,
        sa.Column("run", text, primary_key=True),
        sa.Column("program", text, nullable=False),
        sa.Column("settings", text, nullable=False),
        sa.Column("history", sa.LargeBinary, nullable=False),
        sa.Column("digest", text, nullable=False),
        sa.Column("made", big, nullable=False),
    )
    op.create_table(
        SESSIONS.name,
        sa.Column("run", text, primary_key=True),
        sa.Column("session", text, primary_key=True),
        sa.Column("row", text, nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("made", big, nullable=False),
    )
    op.create_table(
        USERS.name,
        sa.Column("name", text, primary_key=True),
        sa.Column("role", text, nullable=False),
        sa.Column("secret", text, nullable=False),
        sa.Column("off", small, nullable=False),
        sa.Column("made", big, nullable=False),
    )
    op.create_table(
        LOGINS.name,
        sa.Column("token", text, primary_key=True),
        sa.Column("user", text, nullable=False),
        sa.Column("csrf", text, nullable=False),
        sa.Column("made", big, nullable=False),
        sa.Column("seen", big, nullable=False),
    )
    op.create_table(
        ATTEMPTS.name,
        sa.Column("id", small, primary_key=True, autoincrement=True),
        sa.Column("who", text, nullable=False),
        sa.Column("time", big, nullable=False),
    )
    op.create_table(
        JOBS.name,
        sa.Column("id", text, primary_key=True),
        sa.Column("who", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("state", text, nullable=False),
        sa.Column("done", small, nullable=False),
        sa.Column("total", small, nullable=False),
        sa.Column("asked", text, nullable=False),
        sa.Column("found", text, nullable=False),
        sa.Column("made", big, nullable=False),
        sa.Column("ended", big, nullable=False),
    )
    op.create_table(
        TOLD.name,
        sa.Column("run", text, primary_key=True),
        sa.Column("target", text, primary_key=True),
        sa.Column("number", big, nullable=False),
    )
    op.execute(f"INSERT INTO {VERSION.name} (version) VALUES (0)")
    if dialect == "postgresql":
        op.execute(
            "CREATE FUNCTION hedgerow_keep() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_KEPT}'; END $$"
        )
    for change in ("UPDATE", "DELETE"):
        if dialect == "postgresql":
            act = "FOR EACH ROW EXECUTE FUNCTION hedgerow_keep()"
        else:
            act = f"BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END"
        name = f"{SESSIONS.name}_{change.lower()}"
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {SESSIONS.name} {act}")


def _second(op: Operations, dialect: str) -> None:
    op.create_table(
        BEATS.name,
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
    )


def _third(op: Operations, dialect: str) -> None:
    until = sa.Column("until", sa.BigInteger, nullable=False, server_default="0")
    op.add_column(BEATS.name, until)


MIGRATIONS: Sequence[Callable[[Operations, str], None]] = (_first, _second, _third)
"""What makes version n + 1 of the tables from version n."""
