"""``hedgerow data fetch``: the public files, into the user's own data folder."""

from __future__ import annotations

import datetime as dt
import json
import os
import tomllib
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from hedgerow.core.contract import MONTH_LETTERS
from hedgerow.core.settlement import vx_settlement
from hedgerow.data.download import NotThereError, Patience, download, sha256
from hedgerow.data.quality import Findings
from hedgerow.data.sources import user_data_dir
from hedgerow.data.tables import read_columns, recognise
from hedgerow.errors import DataError
from hedgerow.files import write_whole

BASE_URLS: dict[str, str] = {
    "cboe": "https://cdn.cboe.com/api/global/us_indices/daily_prices/{name}_History.csv",
    "cfe": "https://cdn.cboe.com/data/us/futures/market_statistics/historical_data/VX/{name}.csv",
    "cfe_archive": "https://cdn.cboe.com/resources/futures/archive/volume-and-price/{name}.csv",
    "fred": "https://fred.stlouisfed.org/graph/fredgraph.csv?id={name}",
    "spx": "https://stooq.com/q/d/l/?s=^spx&i=d",
}
"""Where the public files lie; ``{name}`` is replaced by the name of the series."""

MANIFEST = "manifest.json"
_CBOE = ("VIX", "VIX9D", "VIX3M", "VIX6M", "VVIX", "SKEW", "COR1M")
_FRED = ("DFF", "DGS3MO", "NASDAQ100", "VXNCLS", "RVXCLS")
_FIRST_LISTED = (2013, 1)
_FIRST_ARCHIVED = (2004, 5)
_MONTHS_AHEAD = 8
_FINAL_AFTER = dt.timedelta(days=7)
_SHRUNK = 0.5
_GIVE_UP = 3

Status = Literal["fetched", "resumed", "unchanged", "absent", "failed"]


class Item(NamedTuple):
    """One file to fetch: its name, group, address key and place in the data folder."""

    name: str
    group: str
    key: str
    path: str
    final: bool = False
    """Whether the vendor will not change it any more (a contract long settled)."""


class Progress(NamedTuple):
    """How far a fetch has come; ``total`` is None when the server does not say."""

    name: str
    done: int
    total: int | None
    number: int
    files: int


@dataclass(frozen=True)
class Fetched:
    """What became of one file.

    Parameters
    ----------
    name, path
        Series or contract, and the file relative to the data folder.
    status
        ``fetched``, ``resumed``, ``unchanged``, ``absent`` (the vendor has none), or
        ``failed`` (the old file, if any, still stands).
    size
        Bytes on disk, 0 without a file.
    sha256
        Checksum of the file, empty without one.
    message
        One sentence when it failed or is absent.
    """

    name: str
    path: str
    status: Status
    size: int = 0
    sha256: str = ""
    message: str = ""


@dataclass(frozen=True)
class FetchReport:
    """What a fetch brought, file by file."""

    folder: Path
    files: tuple[Fetched, ...]
    stopped: tuple[str, ...] = ()
    """One sentence for each host that failed so often that its other files were left out."""

    @property
    def ok(self) -> bool:
        """Whether no file failed."""
        return all(file.status != "failed" for file in self.files)

    def count(self, status: Status) -> int:
        """Return how many files have this status."""
        return sum(file.status == status for file in self.files)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return {
            "folder": str(self.folder),
            "files": [asdict(file) for file in self.files],
            "stopped": list(self.stopped),
        }


@dataclass
class _Manifest:
    """Checksums and validators of every file, written after each of them."""

    path: Path
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    partial: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> _Manifest:
        path = folder / MANIFEST
        try:
            content = json.loads(path.read_text("utf-8"))
            return cls(path, dict(content["files"]), dict(content["partial"]))
        except (OSError, ValueError, KeyError, TypeError):
            # Without a readable manifest nothing is trusted, and everything fetched again.
            return cls(path)

    def write(self) -> None:
        content = {"files": self.files, "partial": self.partial}
        write_whole(self.path, json.dumps(content, indent=1, sort_keys=True))

    def intact(self, item: Item, folder: Path) -> bool:
        entry, path = self.files.get(item.path), folder / item.path
        return (
            entry is not None
            and path.is_file()
            and path.stat().st_size == entry["size"]
            and sha256(path) == entry["sha256"]
        )


def items(today: dt.date) -> Iterator[Item]:
    """Return every file that a full fetch asks for, contracts up to eight months ahead."""
    for name in _CBOE:
        yield Item(name, "indices", "cboe", f"vix/{name}_History.csv")
    yield Item("SPX", "spx", "spx", "spx/spx.csv")
    for name in _FRED:
        yield Item(name, "macro", "fred", f"macro/{name}.csv")
    year, month = _FIRST_ARCHIVED
    while (year - today.year) * 12 + month - today.month <= _MONTHS_AHEAD:
        day = vx_settlement(year, month)
        final = day + _FINAL_AFTER < today
        if (year, month) >= _FIRST_LISTED:
            name, key = f"VX_{day}", "cfe"
        else:
            name, key = f"CFE_{MONTH_LETTERS[month]}{year % 100:02d}_VX", "cfe_archive"
        yield Item(name, "futures", key, f"vx_futures/{name}.csv", final)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _wanted(names: Sequence[str] | None, today: dt.date) -> list[Item]:
    every = list(items(today))
    if names is None:
        return every
    known = {item.name.lower() for item in every} | {item.group for item in every}
    for name in names:
        if name.lower() not in known:
            raise DataError(
                f"there is no public file '{name}'",
                where="fetch",
                mend="use indices, spx, macro, futures, or a name like VIX3M, DFF, VX_2024-01-17",
            )
    asked = {name.lower() for name in names}
    return [item for item in every if asked & {item.name.lower(), item.group}]


def _addresses(folder: Path, given: Mapping[str, str] | None) -> dict[str, str]:
    """Merge defaults, ``sources.toml``, environment and argument, the last one winning."""
    found = dict(BASE_URLS)
    chosen = os.environ.get("HEDGEROW_SOURCES")
    path = Path(chosen).expanduser() if chosen else folder / "sources.toml"
    if path.is_file() or chosen:
        try:
            found |= tomllib.loads(path.read_text("utf-8")).get("urls", {})
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise DataError(
                f"cannot be read: {error}", where=str(path), mend="write [urls] with key = 'url'"
            ) from error
    for key in BASE_URLS:
        found[key] = os.environ.get(f"HEDGEROW_URL_{key.upper()}", found[key])
    found |= given or {}
    unknown = sorted(set(found) - set(BASE_URLS))
    if unknown:
        raise DataError(
            f"unknown source '{unknown[0]}'",
            where="fetch.base_urls",
            mend=f"use one of: {', '.join(BASE_URLS)}",
        )
    return found


def fetch(
    dest: str | Path | None = None,
    *,
    base_urls: Mapping[str, str] | None = None,
    names: Sequence[str] | None = None,
    progress: Callable[[Progress], None] | None = None,
    today: dt.date | None = None,
    patience: Patience | None = None,
) -> FetchReport:
    """Download the public files that are new or changed; run again, it goes on.

    Parameters
    ----------
    dest
        Folder to fill; :func:`hedgerow.data.user_data_dir` when None.  Afterwards
        ``load(dest)`` reads it, and ``load("auto")`` the default one.
    base_urls
        Addresses by key of :data:`BASE_URLS`, with ``{name}`` for the series.  The
        environment (``HEDGEROW_URL_CBOE`` …) and ``[urls]`` in ``sources.toml`` do too.
    names
        Groups (``indices``, ``spx``, ``macro``, ``futures``) or names; None for everything.
    progress
        Called as bytes arrive.
    today
        The date up to which contracts are asked for; None for the clock's.
    patience
        Attempts, pauses and timeout a file.

    Returns
    -------
    FetchReport
        One line per file.  A file that cannot be had is ``failed`` or ``absent`` and
        the others go on; a file already here is replaced only by a checked new one.  A host
        that fails three files in a row is not asked for its others.

    Raises
    ------
    DataError
        If a name or key is unknown, or the folder cannot be written.
    """
    folder = Path(dest).expanduser() if dest is not None else user_data_dir()
    day = today or dt.datetime.now(tz=dt.UTC).date()
    wanted = _wanted(names, day)
    urls = _addresses(folder, base_urls)
    if folder.exists() and not folder.is_dir():
        raise DataError("this is a file", where=str(folder), mend="name a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _fetch(wanted, urls, folder, progress or (lambda _: None), patience or Patience())
    except OSError as error:
        raise DataError(
            f"cannot be written ({error.strerror or error})",
            where=str(error.filename or folder),
            mend="choose a folder that you may write to, or make room",
        ) from None


def _fetch(
    wanted: Sequence[Item],
    urls: Mapping[str, str],
    folder: Path,
    tell: Callable[[Progress], None],
    patience: Patience,
) -> FetchReport:
    manifest = _Manifest.read(folder)
    files: list[Fetched] = []
    lost: dict[str, int] = {}
    left: dict[str, int] = {}
    try:
        for number, item in enumerate(wanted, start=1):
            url = urls[item.key].replace("{name}", item.name)
            host = urllib.parse.urlsplit(url).netloc
            if lost.get(host, 0) >= _GIVE_UP:
                left[host] = left.get(host, 0) + 1
                continue
            tell(Progress(item.name, 0, None, number, len(wanted)))

            def bytes_done(
                done: int, total: int | None, item: Item = item, number: int = number
            ) -> None:
                tell(Progress(item.name, done, total, number, len(wanted)))

            file = _one(item, url, folder, manifest, patience=patience, progress=bytes_done)
            files.append(file)
            lost[host] = lost.get(host, 0) + 1 if file.status == "failed" else 0
            if file.status in ("fetched", "resumed"):
                manifest.write()
    finally:
        # Also after Ctrl-C: what is half here can then be continued.
        manifest.write()
    stopped = [
        f"{host} failed {_GIVE_UP} files in a row, so {count} more were not asked for"
        for host, count in left.items()
    ]
    return FetchReport(folder, tuple(files), tuple(stopped))


def _one(
    item: Item,
    url: str,
    folder: Path,
    manifest: _Manifest,
    *,
    patience: Patience,
    progress: Callable[[int, int | None], None],
) -> Fetched:
    target = folder / item.path
    part = target.with_name(target.name + ".part")
    intact = manifest.intact(item, folder)
    entry = manifest.files.get(item.path, {})
    if intact and item.final and entry.get("final"):
        return Fetched(item.name, item.path, "unchanged", entry["size"], entry["sha256"])
    partial = manifest.partial.setdefault(item.path, {})
    same = intact and entry.get("url") == url
    known = {k: str(entry.get(k, "")) for k in ("etag", "last_modified")} if same else {}
    try:
        arrival = download(
            url, part, known=known, partial=partial, patience=patience, progress=progress
        )
        if arrival.changed:
            _check(item, part, target)
    except NotThereError as error:
        del manifest.partial[item.path]
        return Fetched(item.name, item.path, "absent", message=error.what)
    except DataError as error:
        if not partial or not part.exists():
            del manifest.partial[item.path]
        size, digest = (entry["size"], entry["sha256"]) if intact else (0, "")
        return Fetched(item.name, item.path, "failed", size, digest, str(error))
    manifest.partial.pop(item.path, None)
    if not arrival.changed:
        entry["final"] = item.final
        return Fetched(item.name, item.path, "unchanged", entry["size"], entry["sha256"])
    part.replace(target)
    size, digest = target.stat().st_size, sha256(target)
    manifest.files[item.path] = {
        "url": url,
        "size": size,
        "sha256": digest,
        "etag": arrival.etag,
        "last_modified": arrival.last_modified,
        "final": item.final,
    }
    status: Status = "resumed" if arrival.resumed else "fetched"
    return Fetched(item.name, item.path, status, size, digest)


def _check(item: Item, part: Path, target: Path) -> None:
    """Refuse what is no table of the expected layout: an HTML error page, half a file."""
    try:
        _check_layout(item, part, target)
    except DataError:
        part.unlink(missing_ok=True)
        raise


def _check_layout(item: Item, part: Path, target: Path) -> None:
    expected = "contract" if item.group == "futures" else "columns"
    with part.open("rb") as stream:
        start = stream.read(256).lstrip().lower()
    sheet = None if start.startswith(b"<") else recognise(part, item.path)
    if sheet is None or sheet.kind != expected:
        raise DataError(
            "what the server sent is not the table that was expected",
            where=item.path,
            mend="check the base URL, or supply the file by hand",
        )
    if expected == "columns":
        list(read_columns(sheet, Findings()))
    if target.is_file() and part.stat().st_size < _SHRUNK * target.stat().st_size:
        raise DataError(
            "the new file is less than half of the one it would replace",
            where=item.path,
            mend="remove the old file if the new one is right",
        )
