"""``shortvol``: hedging a short-volatility book."""

from __future__ import annotations

import typer

from hedgerow.cli import shortvol_asymmetry, shortvol_structures

app = typer.Typer(help="What hedges a short-volatility book.", no_args_is_help=True)
app.command()(shortvol_asymmetry.asymmetry)
app.command()(shortvol_structures.compare)
app.command()(shortvol_structures.plan)
