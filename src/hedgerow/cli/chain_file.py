"""What commands on a chain share: their options, and how the file is read and named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgerow.cli.output import note

if TYPE_CHECKING:
    from hedgerow.data.chains import Chain

File = Annotated[Path, typer.Argument(metavar="FILE", help="An option chain, CSV or JSON.")]
Day = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Session, where the file holds several.", show_default=False),
]
Moment = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="New York time of the quotes, where not told.", show_default=False
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=HEADER",
        help="A column whose header is not known: bid=Best Bid; may be given several times.",
        show_default=False,
    ),
]
Rate = Annotated[
    float | None,
    typer.Option(
        metavar="RATE",
        help="Rate, decimal a year.",
        show_default="from put-call parity; 3 % for American options",
    ),
]


def read(file: Path, date: str | None, time: str | None, names: list[str] | None) -> Chain:
    """Read a chain as these options say."""
    from hedgerow.data.chain_files import read_chain
    from hedgerow.errors import DataError

    mapping = {}
    for text in names or []:
        ours, equals, header = text.partition("=")
        if not equals or not header:
            raise DataError(
                f"'{text}' names no column", where="--column", mend="write bid=Best Bid"
            )
        mapping[ours.strip()] = header.strip()
    note(f"Reading {file} …")
    return read_chain(file, date=date, time=time, columns=mapping or None)


def about(chain: Chain) -> dict[str, Any]:
    """Return what JSON says of a chain."""
    return {
        "file": chain.file,
        "layout": chain.layout,
        "symbol": chain.symbol,
        "time": str(chain.time),
        "valued": str(chain.valued),
        "spot": chain.spot,
        "contracts": len(chain),
    }


def clock(chain: Chain) -> str:
    """Return when the quotes were made, to the minute, New York time."""
    return str(chain.valued).replace("T", " ")[:16]


def title(chain: Chain) -> str:
    """Return a chain in a line: symbol, time, spot, layout."""
    spot = f", spot {chain.spot:,.2f}" if chain.spot == chain.spot else ", spot not told"
    return f"{chain.symbol}, quotes of {clock(chain)} New York{spot} ({chain.layout})"
