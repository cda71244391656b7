"""``alvh``: the adaptive layered VIX hedge of a book of condors."""

from __future__ import annotations

import typer

app = typer.Typer(help="The adaptive layered VIX hedge of a book of condors.", no_args_is_help=True)
