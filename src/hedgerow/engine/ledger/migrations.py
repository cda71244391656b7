"""The tables of a ledger in a database, version by version, made with Alembic's operations.

A change of the tables is one more function at the end of :data:`MIGRATIONS`; those before it stay
as they are.  Opening a ledger for writing runs what is missing, in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

VERSION = sa.table("hedgerow_version", sa.column("version", sa.Integer))
RUNS = sa.table("hedgerow_run", sa.column("id", sa.Integer), sa.column("name", sa.Text))
RECORDS = sa.table(
    "hedgerow_record",
    sa.column("run", sa.Integer),
    sa.column("number", sa.BigInteger),
    sa.column("more", sa.BigInteger),
    sa.column("event", sa.Text),
    sa.column("hash", sa.Text),
)

_KEPT = "a ledger is append-only"
_GUARDED = ("hedgerow_record", "hedgerow_run")


def _first(op: Operations, dialect: str) -> None:
    op.create_table("hedgerow_version", sa.Column("version", sa.Integer, nullable=False))
    op.create_table(
        "hedgerow_run",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "hedgerow_record",
        sa.Column("run", sa.Integer, sa.ForeignKey("hedgerow_run.id"), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("more", sa.BigInteger, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sqlite_with_rowid=False,  # one tree of records, in their order
    )
    op.execute("INSERT INTO hedgerow_version (version) VALUES (0)")
    if dialect == "postgresql":
        op.execute(
            "CREATE FUNCTION hedgerow_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_KEPT}'; END $$"
        )
    for table in _GUARDED:
        for change in ("UPDATE", "DELETE"):
            if dialect == "postgresql":
                act = "FOR EACH ROW EXECUTE FUNCTION hedgerow_refuse()"
            else:
                act = f"BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END"
            op.execute(f"CREATE TRIGGER {table}_{change.lower()} BEFORE {change} ON {table} {act}")


MIGRATIONS: Sequence[Callable[[Operations, str], None]] = (_first,)
"""What makes version n + 1 of the tables from version n."""


Steps: TypeAlias = Sequence[Callable[[Operations, str], None]]


def version(connection: sa.Connection, table: sa.TableClause = VERSION) -> int | None:
    """Return the version of the tables, 0 where there are none, None where it is no number."""
    if not sa.inspect(connection).has_table(table.name):
        return 0
    found = connection.execute(sa.select(table.c.version)).scalars().all()
    return found[0] if len(found) == 1 and isinstance(found[0], int) else None


def migrate(
    connection: sa.Connection,
    since: int,
    steps: Steps | None = None,
    table: sa.TableClause = VERSION,
) -> None:
    """Bring tables from version ``since`` to the newest, within the caller's transaction."""
    steps = MIGRATIONS if steps is None else steps
    op = Operations(MigrationContext.configure(connection))
    for change in steps[since:]:
        change(op, connection.dialect.name)
    connection.execute(sa.update(table).values(version=len(steps)))
