"""``--workers``, ``--cluster``, ``--resume``: who does long work, and where it goes on from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hedgerow.cli.output import complain

if TYPE_CHECKING:
    from hedgerow.research.scaling.keeping import Kept

Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        help="Processes of this machine that share the work.",
        show_default="this one alone",
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Scheduler of a running Dask cluster that does the work: tcp://10.0.0.5:8786.",
        show_default=False,
    ),
]
Resume = Annotated[
    Path | None,
    typer.Option(
        "--resume",
        metavar="DIR",
        help="Folder to keep what is done in; after Ctrl-C the same command goes on from there.",
        show_default=False,
    ),
]


@contextmanager
def kept_at(folder: Path | None) -> Iterator[Kept | None]:
    """Give the folder that work is kept in, and say on Ctrl-C how it goes on.

    Examples
    --------
    >>> with kept_at(None) as kept:
    ...     print(kept)
    None
    """
    from hedgerow.research.scaling.crews import kept_in

    kept = kept_in(folder, complain)
    try:
        yield kept
    except KeyboardInterrupt:
        if kept is None:
            complain("stopped; nothing is kept. With --resume DIR a run goes on where it was")
        else:
            blocks = kept.count()
            complain(
                f"stopped; {blocks:,} block{'s' * (blocks != 1)} are kept in {kept.folder}: the "
                "same command goes on from there"
            )
        raise
