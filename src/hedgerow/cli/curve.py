"""``curve``: the VIX futures of a date, what rolling them costs, and a picture of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgerow.cli.output import AsJson, note, save_picture, show_json, told, writable

if TYPE_CHECKING:
    from hedgerow.data.vx_curve import CurveDay

MONTHS = range(1, 7)
"""Constant maturities shown, months of 30 days."""

HEADS = (
    *("contract", "kind", "settles", "days", "points"),
    *("basis", "roll/day", "USD/day", "yield/year", "origin"),
)


@told
def curve(
    data: Annotated[
        str,
        typer.Option("--data", metavar="SOURCE", help="builtin, auto (fetched data), or a folder."),
    ] = "builtin",
    date: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="YYYY-MM-DD.", show_default="the last with futures"),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.svg", help="Draw the curve with its roll-down.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the VIX futures curve of a date: basis, roll-down, constant maturities.

    Contracts that files quote are measured; where none is quoted the curve is modelled from
    VIX and says so.
    """
    from hedgerow.data.vx_curve import read_curve

    place = writable(picture) if picture else None
    note(f"Reading {data} …")
    day = read_curve(data, date)
    if place:
        from hedgerow.report.term import term_structure

        save_picture(place, term_structure(day, _title(day)))
    facts = _facts(day)
    if as_json:
        show_json(facts)
        return
    _show(day, facts, date)


def _facts(day: CurveDay) -> dict[str, Any]:
    from hedgerow.core.products import product
    from hedgerow.data.vx_curve import contract_code
    from hedgerow.pricing.term import MONTH, forward_vol

    line = day.curve
    contracts = [
        {
            "code": contract_code(line.expiry[i]),
            "kind": "monthly" if line.monthly[i] else "weekly",
            "settlement": str(line.expiry[i]),
            "days": int(line.days[i]),
            "settle": line.settle[i],
            "basis": line.basis[i],
            "roll_down": line.roll_down[i],
            "roll_down_usd": line.roll_down[i] * product("VX").multiplier,
            "roll_yield": line.roll_yield[i],
            "origin": line.origin[i],
        }
        for i in range(len(line))
    ]
    knots = [("VIX", 0)] + [(c["code"], c["days"]) for c in contracts if c["kind"] == "monthly"]
    dates = [left for _, left in knots]
    constant = []
    for month in MONTHS:
        days = MONTH * month
        near = [code for code, left in knots if left <= days][-1:]
        far = [code for code, left in knots if left > days][:1] if days not in dates else []
        points = float(line.at(days, from_spot=True))
        constant.append({"months": month, "points": points, "between": [*near, *far]})
    forwards = [
        {"from": a, "to": b, "points": float(forward_vol(v, d, w, e))}
        for (a, d, v), (b, e, w) in zip(day.family, day.family[1:], strict=False)
    ]
    return {
        "date": str(line.date),
        "vix": line.spot,
        "vix_origin": day.vix_origin.name.lower(),
        "modelled": day.modelled,
        "slope": line.contango,
        "contracts": contracts,
        "constant_maturities": constant,
        "indices": [{"name": a, "days": d, "points": v} for a, d, v in day.family],
        "forwards": forwards,
        "quality": day.quality.as_dict(),
    }


def _show(day: CurveDay, facts: dict[str, Any], asked: str | None) -> None:
    from hedgerow.report.formats import columns, number, percent, usd

    typer.echo(f"{_title(day)}\n")
    if asked and asked != facts["date"]:
        typer.echo(f"{asked} is no session of the data; this is the one before it.\n")
    table = [list(HEADS)]
    for row in facts["contracts"]:
        table.append(
            [
                row["code"],
                row["kind"],
                row["settlement"],
                str(row["days"]),
                number(row["settle"], 2),
                number(row["basis"], 2, sign=True),
                number(row["roll_down"], 3, sign=True),
                usd(row["roll_down_usd"]),
                percent(row["roll_yield"]),
                row["origin"],
            ]
        )
    typer.echo(columns(table, right=range(3, 9)))
    table = [["constant", "points", "between"]]
    for row in facts["constant_maturities"]:
        word = "month" if row["months"] == 1 else "months"
        between = " and ".join(row["between"]) if row["points"] == row["points"] else "no price"
        table.append([f"{row['months']} {word}", number(row["points"], 2), between])
    typer.echo(f"\n{columns(table, right=[1])}")
    known = ", ".join(f"{row['name'].upper()} {number(row['points'])}" for row in facts["indices"])
    ahead = ", ".join(
        f"{row['from'].upper()} to {row['to'].upper()} {number(row['points'])}"
        for row in facts["forwards"]
    )
    typer.echo(f"\nIndices: {known}" + (f"; implied between: {ahead}" if ahead else ""))
    typer.echo(
        "Roll: what a long contract gains a day if the curve stands still, against the monthly "
        "before it\nor VIX; USD per contract; yield a year of the price. Negative in contango."
    )
    if day.modelled:
        typer.echo(
            "MODELLED: no VIX future of that date is in the data; docs/vix.md has its error."
        )


def _title(day: CurveDay) -> str:
    from hedgerow.core.market import Origin
    from hedgerow.report.formats import number, percent

    line = day.curve
    what = "VIX futures, modelled" if day.modelled else "VIX futures"
    vix = "VIX (modelled)" if day.vix_origin is Origin.MODELLED else "VIX"
    shape = ""
    if line.contango == line.contango:
        word = "contango" if line.contango > 0.0 else "backwardation"
        shape = f", {word} (F2/F1 {percent(line.contango)})"
    return f"{what}, {line.date}: {vix} {number(line.spot)}{shape}"
