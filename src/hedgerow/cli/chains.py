"""``chain check``, ``show``, ``fit`` and ``vix``: what a file of quotes holds and says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hedgerow.cli.chain_file import Day, File, Moment, Names, Rate, about, clock, read, title
from hedgerow.cli.output import AsJson, save_picture, show_json, told, writable
from hedgerow.report.formats import columns

app = typer.Typer(help="Read, check and fit files of option quotes.", no_args_is_help=True)


@told
def vix(
    file: File,
    rate: Rate = None,
    date: Day = None,
    time: Moment = None,
    column: Names = None,
    as_json: AsJson = False,
) -> None:
    """Compute VIX from a chain by Cboe's method, and the forward variance between its terms."""
    from hedgerow.data.chain_vix import chain_vix
    from hedgerow.pricing.black import DAYS_PER_YEAR

    chain = read(file, date, time, column)
    found = chain_vix(chain, rate=rate)
    terms = [
        {
            "expiry": str(expiry.date),
            "settlement": "AM" if expiry.am else "PM",
            "days": part.time * DAYS_PER_YEAR,
            "vol": part.vol,
            "variance": part.variance,
            "forward": part.forward,
            "k0": part.middle,
            "options": len(part.strike),
            "rate": used,
        }
        for expiry, part, used in zip(found.expiries, found.terms, found.rates, strict=True)
    ]
    forward = found.forward_variance
    if as_json:
        show_json(
            {
                **about(chain),
                "vix": found.value,
                "comparable": found.listed,
                "terms": terms,
                "forward_variance": forward,
            }
        )
        return
    typer.echo(f"VIX {found.value:.2f}  from {chain.symbol} quotes of {clock(chain)}\n")
    table = [["expiry", "days", "vol", "forward", "K0", "options", "rate"]]
    for expiry, row in zip(found.expiries, terms, strict=True):
        table.append(
            [
                str(expiry),
                f"{row['days']:.2f}",
                f"{row['vol']:.2f}",
                f"{row['forward']:,.2f}",
                f"{row['k0']:,.0f}",
                str(row["options"]),
                f"{row['rate']:.2%}",
            ]
        )
    typer.echo(columns(table, right=range(1, 7)))
    between = f"{100.0 * forward**0.5:.2f}" if forward > 0.0 else "negative: calendar arbitrage"
    typer.echo(f"\nForward volatility between the two: {between}")
    if not found.listed:
        typer.echo("Not the expiries that Cboe takes: do not compare with the published index.")


@app.command()
@told
def check(
    file: File,
    rate: Rate = None,
    date: Day = None,
    time: Moment = None,
    column: Names = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with the quotes of a chain: crossed, stale, off parity, and so on."""
    from hedgerow.data.chain_quality import screen

    chain = read(file, date, time, column)
    kept, report = screen(chain, rate=rate)
    if as_json:
        show_json({**about(chain), "kept": len(kept), "quality": report.as_dict()})
        return
    typer.echo(f"{title(chain)}\n{len(kept):,} of {len(chain):,} contracts kept\n")
    typer.echo(report.summary())
    for finding in report:
        typer.echo(f"{finding.rule}: {'; '.join(finding.first)}")


@app.command()
@told
def show(
    file: File,
    rate: Rate = None,
    date: Day = None,
    time: Moment = None,
    column: Names = None,
    as_json: AsJson = False,
) -> None:
    """List the expiries of a chain with their forwards and rates from put-call parity."""
    from hedgerow.data.chain_american import board_and_parity
    from hedgerow.data.chain_quality import screen
    from hedgerow.errors import RangeError
    from hedgerow.pricing.black import DAYS_PER_YEAR

    chain = read(file, date, time, column)
    kept, _ = screen(chain, rate=rate)
    rows: list[dict[str, Any]] = []
    for expiry in kept.expiries:
        board = kept.board(expiry)
        row: dict[str, Any] = {"expiry": str(expiry.date), "am": expiry.am}
        row |= {"days": board.time * DAYS_PER_YEAR, "strikes": len(board)}
        try:
            _, found = board_and_parity(kept, expiry, rate)
        except RangeError:
            rows.append({**row, "forward": None, "rate": None, "discount": None, "pairs": 0})
            continue
        row |= {"forward": found.forward, "forward_error": found.forward_error}
        row |= {"rate": found.rate, "rate_error": found.rate_error}
        rows.append({**row, "discount": found.discount, "pairs": int(found.used.sum())})
    if as_json:
        show_json({**about(chain), "kept": len(kept), "expiries": rows})
        return
    typer.echo(f"{title(chain)}\n")
    table = [["expiry", "days", "strikes", "pairs", "forward", "±", "rate", "±"]]
    for expiry, row in zip(kept.expiries, rows, strict=True):
        cells = [str(expiry), f"{row['days']:.1f}", str(row["strikes"]), str(row["pairs"])]
        if row["forward"] is not None:
            cells += [f"{row['forward']:,.2f}", f"{row['forward_error']:.2f}"]
            cells += [f"{row['rate']:.2%}", f"{row['rate_error']:.2%}"]
        table.append(cells + [""] * (8 - len(cells)))
    typer.echo(columns(table, right=range(1, 8)))


@app.command()
@told
def fit(
    file: File,
    rate: Rate = None,
    days: Annotated[
        float, typer.Option(metavar="DAYS", help="Least calendar days to expiry.")
    ] = 7.0,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.svg", help="Draw smiles with quotes and fit.", show_default=False
        ),
    ] = None,
    date: Day = None,
    time: Moment = None,
    column: Names = None,
    as_json: AsJson = False,
) -> None:
    """Fit an arbitrage-free smile to every expiry, and say how far it lies from the quotes."""
    from hedgerow.data.chain_fit import fit_chain

    place = writable(picture) if picture else None
    chain = read(file, date, time, column)
    found = fit_chain(chain, rate=rate, days=days)
    if place:
        from hedgerow.report.smile import smiles

        save_picture(place, smiles(found, title(chain)))
    rows = found.errors()
    left = found.arbitrage
    if as_json:
        told = {"butterfly": left.butterfly, "calendar": left.calendar, "wing": left.wing}
        out = [{"expiry": str(expiry), "why": why} for expiry, why in found.left_out]
        show_json(
            {
                **about(chain),
                "arbitrage": {"free": left.free, **told},
                "expiries": rows,
                "left_out": out,
            }
        )
        return
    typer.echo(f"{title(chain)}\n")
    table = [["expiry", "days", "quotes", "forward", "vol", "error", "half spread", "inside"]]
    for row in rows:
        table.append(
            [
                str(row["expiry"]),
                f"{row['days']:.1f}",
                str(row["quotes"]),
                f"{row['forward']:,.2f}",
                f"{row['atm_vol']:.2f}",
                f"{row['error']:.3f}",
                f"{row['half_spread']:.3f}",
                f"{row['inside']:.0%}",
            ]
        )
    typer.echo(columns(table, right=range(1, 8)))
    for expiry, why in found.left_out:
        typer.echo(f"{expiry}: left out, {why}")
    typer.echo(
        "\nVolatility points; error and half spread are medians; inside: fits between bid and "
        f"ask.\nArbitrage left: {'none' if left.free else 'some'} (lowest g {left.butterfly:.4f}, "
        f"lowest calendar rise {left.calendar:.1e}, steepest wing {left.wing:.2f})"
    )
