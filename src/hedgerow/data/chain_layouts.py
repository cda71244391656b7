"""Vendors' layouts of option chains: Cboe's two, Yahoo's, panels, and any mapping."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from hedgerow.data.chain_cells import Raw
from hedgerow.data.tables import Sheet, read_text
from hedgerow.errors import DataError

LONG_NAMES: dict[str, str] = {
    **dict.fromkeys(("underlying", "underlyingsymbol", "symbol", "ticker"), "symbol"),
    **dict.fromkeys(("root", "optionclass", "tradingclass"), "root"),
    **dict.fromkeys(("contractsymbol", "optionroot", "optionalias", "optionsymbol"), "contract"),
    **dict.fromkeys(("option", "contract", "osi", "occsymbol"), "contract"),
    **dict.fromkeys(("expiration", "expirationdate", "expiry", "expirydate"), "expiry"),
    **dict.fromkeys(("expdate", "exdate", "expirdate", "maturity"), "expiry"),
    **dict.fromkeys(("type", "optiontype", "kind", "callput", "putcall"), "kind"),
    **dict.fromkeys(("cpflag", "cp", "right", "side"), "kind"),
    **dict.fromkeys(("strike", "strikeprice"), "strike"),
    **dict.fromkeys(("bid", "bestbid", "bidprice", "bideod"), "bid"),
    **dict.fromkeys(("ask", "bestoffer", "askprice", "offer", "askeod"), "ask"),
    **dict.fromkeys(("last", "lastprice", "lastsale", "lasttradeprice"), "last"),
    **dict.fromkeys(("volume", "tradevolume", "totalvolume"), "volume"),
    **dict.fromkeys(("openinterest", "oi"), "open_interest"),
    **dict.fromkeys(("iv", "impliedvol", "impliedvolatility"), "iv"),
    **{name: name for name in ("delta", "gamma", "theta", "vega")},
    **dict.fromkeys(("lasttradedate", "lasttradetime", "traded"), "traded"),
    **dict.fromkeys(("quotedate", "quotedatetime", "quotetime"), "time"),
    **dict.fromkeys(("date", "datetime", "timestamp", "time"), "time"),
    **dict.fromkeys(("underlyinglast", "underlyingprice", "spot"), "spot"),
    **dict.fromkeys(("underlyingclose", "activeunderlyingprice"), "spot"),
}
"""Header cells, lower case without signs, and the column they mean."""

_SIDE = {
    "lastsale": "last",
    "bid": "bid",
    "ask": "ask",
    "volume": "volume",
    "iv": "iv",
    "delta": "delta",
    "gamma": "gamma",
    "openinterest": "open_interest",
}
_QUOTED_AT = re.compile(
    r"Date:\s*([A-Za-z]+ \d{1,2}, \d{4})(?:,| at)?\s+(\d{1,2}:\d{2} [AP]M)\s*([A-Z]{2,3})?"
)
_LAST = re.compile(r"Last:\s*([\d,]*\.?\d+)")
_HOURS_BEHIND = {"CDT": 1, "CST": 1, "CT": 1}
_UTC = {"UTC", "GMT"}


def read_wide(sheet: Sheet, head: list[str]) -> Raw:
    """Read Cboe's download: a row per strike, calls on one side and puts on the other.

    Parameters
    ----------
    sheet
        The file; the cells of the puts end in ``.1``.
    head
        The lines above the header, with time and last of the underlying.

    Raises
    ------
    DataError
        If a column that is needed stands only once.
    """
    import pandas as pd

    header = sheet.header
    expiry = next((cell for cell in header if cell.startswith("expir")), "expirationdate")
    parts = []
    for call in (True, False):
        ending = "" if call else ".1"
        contract = "calls" if call else "puts"
        wanted = {expiry: "expiry", contract: "contract", "strike": "strike"}
        for cell, name in _SIDE.items():
            if f"{cell}{ending}" in header or name in ("bid", "ask"):
                wanted[f"{cell}{ending}"] = name
        frame = read_text(sheet, list(wanted)).rename(columns=wanted)
        frame["kind"] = "call" if call else "put"
        frame["row"] = np.arange(len(frame)) + sheet.first_row
        parts.append(frame)
    both = pd.concat(parts).sort_values(["row", "kind"], kind="stable", ignore_index=True)
    text = "\n".join(head)
    last = _LAST.search(text)
    return Raw(
        both,
        sheet.name,
        "Cboe download",
        time=_cboe_time(text, sheet.name),
        spot=float(last[1].replace(",", "")) if last else float("nan"),
    )


def _cboe_time(text: str, file: str) -> np.datetime64 | None:
    import pandas as pd

    found = _QUOTED_AT.search(text)
    if not found:
        return None
    try:
        moment = pd.to_datetime(f"{found[1]} {found[2]}", format="%B %d, %Y %I:%M %p")
    except ValueError:
        raise DataError(
            f"'{found[0]}' is not a time",
            where=f"{file}, row {text[: found.start()].count(chr(10)) + 1}",
            mend="write it like 'Date: September 14, 2023 at 4:31 PM EDT'",
        ) from None
    if found[3] in _UTC:
        moment = moment.tz_localize("UTC").tz_convert("America/New_York").tz_localize(None)
    else:
        moment += pd.Timedelta(hours=_HOURS_BEHIND.get(found[3] or "", 0))
    return np.datetime64(moment.to_pydatetime(), "s")


def read_long(sheet: Sheet, mapping: dict[str, str]) -> Raw:
    """Read a file with a contract and its quote per row: Yahoo's, panels, any other.

    Parameters
    ----------
    sheet
        The file, its header lower case without signs.
    mapping
        Our names to header cells, before :data:`LONG_NAMES`.

    Raises
    ------
    DataError
        If a column that is needed is missing.
    """
    unknown = sorted(set(mapping) - set(LONG_NAMES.values()))
    if unknown:
        raise DataError(
            f"'{unknown[0]}' is no column of a chain",
            where="columns",
            mend=f"use {', '.join(sorted(set(LONG_NAMES.values())))}",
        )
    wanted: dict[str, str] = {cell: name for name, cell in mapping.items()}
    for cell in sheet.header:
        name = LONG_NAMES.get(cell)
        if name and name not in wanted.values() and cell not in wanted:
            wanted[cell] = name
    named = set(wanted.values())
    identified = "contract" in named or {"expiry", "kind", "strike"} <= named
    lacking = [name for name in ("bid", "ask") if name not in named]
    if not identified:
        lacking += [name for name in ("expiry", "kind", "strike") if name not in named]
    if lacking:
        raise DataError(
            f"the header has no column for {lacking[0]}",
            where=f"{sheet.name}, row {sheet.header_line + 1}",
            mend=f"name it: columns={{'{lacking[0]}': 'its header'}}",
        )
    frame = read_text(sheet, list(wanted)).rename(columns=wanted)
    frame["row"] = np.arange(len(frame)) + sheet.first_row
    if {"contractsymbol", "lasttradedate"} <= set(sheet.header):
        layout = "Yahoo"
    elif "quotedate" in sheet.header:
        layout = "contracts panel"
    else:
        layout = "column mapping"
    return Raw(frame, sheet.name, layout)


def read_json(path: Path) -> Raw:
    """Read Cboe's delayed quotes: ``{"timestamp": …, "data": {"options": […], …}}``.

    Raises
    ------
    DataError
        If it is no such file.
    """
    import pandas as pd

    try:
        content: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        line = f", row {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise DataError(
            f"the file is not JSON: {error}", where=f"{path.name}{line}", mend="download it again"
        ) from None
    content = content if isinstance(content, dict) else {}
    data: Any = content.get("data")
    data = data if isinstance(data, dict) else {}
    options = data.get("options")
    if not isinstance(options, list) or not all(isinstance(row, dict) for row in options):
        raise DataError(
            "there is no list 'data.options'",
            where=path.name,
            mend="download Cboe's delayed quotes of the symbol again",
        )
    rows = [{name.replace("_", ""): value for name, value in row.items()} for row in options]
    cells = {cell for row in rows for cell in row}
    wanted = {"option": "contract", **{c: n for c, n in LONG_NAMES.items() if c in cells}}
    missing = [cell for cell in ("option", "bid", "ask") if cell not in cells]
    if missing:
        raise DataError(
            f"no option has a '{missing[0]}'", where=path.name, mend="download the file again"
        )
    frame = pd.DataFrame(
        {
            name: pd.Series(
                ["" if row.get(cell) is None else str(row[cell]) for row in rows], dtype=str
            )
            for cell, name in wanted.items()
        }
    )
    frame["row"] = np.arange(len(frame)) + 1
    symbol = str(data.get("symbol") or content.get("symbol") or "").strip("^_")
    price = data.get("current_price")
    return Raw(
        frame,
        path.name,
        "Cboe delayed quotes",
        time=_json_time(content, data),
        spot=float(price) if isinstance(price, int | float) else float("nan"),
        symbol=symbol,
    )


def _json_time(content: dict[str, Any], data: dict[str, Any]) -> np.datetime64 | None:
    # The underlying's last trade is told in New York time, the file's stamp in UTC.
    import pandas as pd

    local = pd.to_datetime(str(data.get("last_trade_time") or ""), errors="coerce")
    if not pd.isna(local):
        return np.datetime64(local.to_pydatetime(), "s")
    stamp = pd.to_datetime(str(content.get("timestamp") or ""), errors="coerce", utc=True)
    if pd.isna(stamp):
        return None
    moment = stamp.tz_convert("America/New_York").tz_localize(None)
    return np.datetime64(moment.to_pydatetime(), "s")
