"""Sources of files: a watched folder, and the daily files of Cboe and CFE over HTTP."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hedgerow.core.market import Origin
from hedgerow.errors import DataError, RangeError
from hedgerow.live.hours import close_of
from hedgerow.live.screening import screen
from hedgerow.live.settings import SourceTerms
from hedgerow.live.sources.files import Files
from hedgerow.live.sources.folder import OPEN, QUIET, Folder
from hedgerow.live.sources.named import check_of, source_of
from hedgerow.live.sources.reading import RefusedError, row_of
from hedgerow.live.sources.trying import try_source
from loopback import IMPATIENT, serving

# closes of January 2024: S&P Dow Jones, Cboe
ROWS = {
    "2024-01-11": (4780.24, 12.44),
    "2024-01-12": (4783.83, 12.70),
    "2024-01-16": (4765.98, 13.84),
}
DAY = np.datetime64("2024-01-16")
AFTER = close_of(DAY) + 30 * 60 * 10**9
TERMS = SourceTerms()
VX = """Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest
2024-01-12,G (Feb 2024),14.6,14.75,14.3,14.5,14.4750,0.1,50000,0,100000
2024-01-16,G (Feb 2024),14.7,15.2,14.6,15.0,15.0250,0.55,60000,0,100000
"""


def spx(*days: str) -> str:
    return "\n".join(["Date,Close", *(f"{day},{ROWS[day][0]}" for day in days)]) + "\n"


def vix(*days: str) -> str:
    rows = (f"{d[5:7]}/{d[8:]}/{d[:4]},{v},{v},{v},{v}" for d in days for v in ROWS[d][1:])
    return "\n".join(["DATE,OPEN,HIGH,LOW,CLOSE", *rows]) + "\n"


def shelved(folder: Path, *days: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "spx.csv").write_text(spx(*days))
    (folder / "VIX_History.csv").write_text(vix(*days))
    return folder


def late() -> float:
    """A clock well after any file was written."""
    return 4e9


def test_a_session_is_there_when_the_files_have_it(tmp_path) -> None:
    folder = shelved(tmp_path / "vendor", "2024-01-11", "2024-01-12")
    source = Folder(folder, now=late)
    with pytest.raises(DataError, match="there is no 2024-01-16 yet; the last session is 2024-01-"):
        source.read(DAY)
    (folder / "spx.csv").write_text(spx(*ROWS))
    with pytest.raises(DataError, match="there is no 2024-01-16 yet"):
        source.read(DAY)  # an index without its VIX is no session yet
    (folder / "VIX_History.csv").write_text(vix(*ROWS))
    found = source.read(DAY)
    assert (found.values["spx"], found.values["vix"]) == ROWS["2024-01-16"]
    assert found.origin["dividend_yield"] == Origin.ASSUMED
    assert "spx" not in found.origin, "what is measured need not be said"
    assert len(source.history()) == 3


def test_a_folder_is_tried_for_the_last_session_that_has_ended_not_for_its_last_row(
    tmp_path,
) -> None:
    folder = shelved(tmp_path / "vendor", "2024-01-11", "2024-01-12")
    for path in folder.iterdir():
        os.utime(path, (1e9, 1e9))
    terms = SourceTerms(kind="folder", place=str(folder))
    with pytest.raises(DataError, match=r"no 2024-01-16 yet; the last session is 2024-01-12\."):
        try_source(terms, clock=lambda: AFTER)
    friday = np.datetime64("2024-05-17")  # 87 sessions later by the exchange's calendar
    with pytest.raises(DataError, match=r"no 2024-05-17 yet; .* 2024-01-12, 87 sessions before"):
        try_source(terms, clock=lambda: close_of(friday))
    assert try_source(terms, "2024-01-12", lambda: AFTER).session == "2024-01-12"


def test_a_file_that_is_being_written_is_not_read(tmp_path) -> None:
    folder = shelved(tmp_path / "vendor", *ROWS)
    written = (folder / "spx.csv").stat().st_mtime
    fresh = Folder(folder, now=lambda: written + QUIET / 2)
    with pytest.raises(DataError, match=r"was changed less than 3 s ago: it may be half written"):
        fresh.read(DAY)
    assert Folder(folder, now=late).read(DAY).values["spx"] == 4765.98


def test_a_file_that_changes_while_it_is_read_is_not_believed(tmp_path, monkeypatch) -> None:
    import hedgerow.live.sources.folder as module

    folder = shelved(tmp_path / "vendor", *ROWS)
    whole = module.load

    def torn(place):
        found = whole(place)
        os.utime(folder / "spx.csv", (1.0, 1.0))
        return found

    monkeypatch.setattr(module, "load", torn)
    with pytest.raises(DataError, match="a file changed while it was read"):
        Folder(folder, now=late).read(DAY)


def test_unchanged_files_are_read_once(tmp_path, monkeypatch) -> None:
    import hedgerow.live.sources.folder as module

    read, whole = [], module.load
    monkeypatch.setattr(module, "load", lambda place: read.append(place) or whole(place))
    folder = shelved(tmp_path / "vendor", *ROWS)
    source = Folder(folder, now=late)
    source.read(DAY)
    source.read(np.datetime64("2024-01-12"))
    assert read == [folder]


def test_a_folder_that_is_away_or_garbage_is_told(tmp_path) -> None:
    with pytest.raises(DataError, match="the files in none: it does not exist"):
        Folder(tmp_path / "none", now=late).read(DAY)
    folder = shelved(tmp_path / "vendor", *ROWS)
    (folder / "spx.csv").write_text("Date,Close\n2024-01-16,plenty\n")
    with pytest.raises(RefusedError, match="row 2, column close"):
        Folder(folder, now=late).read(DAY)


def test_a_row_that_the_loader_drops_is_refused_and_not_waited_for(tmp_path) -> None:
    """The desk says which file, which row and which rule, at once and with an alarm."""
    folder = shelved(tmp_path / "vendor", *ROWS)
    whole = (folder / "VIX_History.csv").read_text()
    (folder / "VIX_History.csv").write_text(whole.replace("13.84", "0"))
    (folder / "VIX9D_History.csv").write_text(whole.replace("13.84", "999"))
    source = Folder(folder, now=late)
    with pytest.raises(
        RefusedError, match=r"VIX_History.csv, row of 2024-01-16: VIX 0 was .*vix-zero"
    ):
        source.read(DAY)
    (folder / "VIX_History.csv").write_text(whole)
    found = screen(source.read(DAY), source.history().until(1), ["vix9d"], TERMS, None, AFTER)
    assert len(found.refusals) == 1
    assert found.refusals[0].startswith("VIX9D_History.csv, row of 2024-01-16: VIX9D 999 was")


def test_a_book_beside_the_files_does_not_keep_them_from_being_read(tmp_path) -> None:
    folder = shelved(tmp_path / "vendor", *ROWS)
    now = (folder / "spx.csv").stat().st_mtime + 600.0
    (folder / "book.db").write_bytes(b"written at every sign of life")
    os.utime(folder / "book.db", (now, now))
    assert Folder(folder, now=lambda: now).read(DAY).values["spx"] == 4765.98
    os.utime(folder / "spx.csv", (now, now))
    with pytest.raises(DataError, match=r"spx\.csv was changed"):
        Folder(folder, now=lambda: now).read(DAY)


def test_a_last_line_without_an_end_is_waited_for_longer(tmp_path) -> None:
    folder = shelved(tmp_path / "vendor", *ROWS)
    torn = folder / "spx.csv"
    torn.write_text(torn.read_text()[:-2])  # 4765.98 becomes 4765.9
    written = torn.stat().st_mtime
    soon, later = (Folder(folder, now=lambda s=s: written + s) for s in (OPEN / 2, OPEN * 1.1))
    with pytest.raises(DataError, match=r"the last line of spx.csv has no end, 30 s after"):
        soon.read(DAY)
    assert later.read(DAY).values["spx"] == 4765.9, "some vendors end no last line"
    torn.write_text(spx(*ROWS))
    os.utime(torn, (written, written))
    assert soon.read(DAY).values["spx"] == 4765.98


def test_a_row_names_what_lies_in_the_past(builtin) -> None:
    found = row_of(builtin, np.datetime64("2020-03-16"), "the past")
    assert found.values["spx"] == 2386.13
    assert found.origin["vix"] == Origin.MODELLED
    with pytest.raises(DataError, match="no 2020-03-15 among them"):
        row_of(builtin, np.datetime64("2020-03-15"), "the past")


def files_of(folder: Path):
    """Serve a folder's files under the names that a fetch asks for."""

    def answer(path: str) -> bytes | int:
        found = list(folder.rglob(path.rsplit("/", maxsplit=1)[-1].split("?", maxsplit=1)[0]))
        return found[0].read_bytes() if found else 404

    return answer


@pytest.fixture
def own(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HEDGEROW_DATA", str(tmp_path / "own"))
    return tmp_path / "own"


def test_daily_files_are_fetched_and_read(tmp_path, own) -> None:
    folder = shelved(tmp_path / "vendor", *ROWS)
    (folder / "spx.csv").rename(folder / "SPX.csv")
    (folder / "VX_2024-02-14.csv").write_text(VX)
    with serving(files_of(folder)) as server:
        source = Files(lambda: AFTER, f"{server.base}/", patience=IMPATIENT)
        found = source.read(DAY)
        again = source.read(np.datetime64("2024-01-12"))
    assert "/VX_2024-02-14.csv" in server.asked
    assert (found.values["spx"], found.values["vix"]) == ROWS["2024-01-16"]
    assert (found.values["vx2"], again.values["vx2"]) == (15.025, 14.475)
    assert "vx1" not in found.values
    with pytest.raises(DataError, match="the daily files of Cboe: it is down"):
        source.read(DAY)


def test_an_open_session_is_not_asked_for(own) -> None:
    source = Files(lambda: close_of(DAY) - 1, "http://127.0.0.1:9", patience=IMPATIENT)
    with pytest.raises(DataError, match="has not ended"):
        source.read(DAY)


def test_a_server_that_is_down_is_told(own) -> None:
    with serving(lambda _: 500) as server:
        source = Files(lambda: AFTER, server.base, patience=IMPATIENT)
        with pytest.raises(DataError, match="the daily files of Cboe: it is down") as told:
            source.read(DAY)
    assert str(told.value).count("Mend: ") == 1


def test_a_folder_to_fetch_into_is_not_made(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("hedgerow.live.sources.files.fetch", pytest.fail)
    source = Files(lambda: AFTER, str(tmp_path / "mistyped"), patience=IMPATIENT)
    for ask in (source.history, lambda: source.read(DAY)):
        with pytest.raises(DataError, match="mistyped: the folder to fetch into does not exist"):
            ask()
    assert not list(tmp_path.iterdir())


def test_a_visit_without_end_is_broken_off(own) -> None:
    seconds = iter([0.0, *[1e6] * 9])
    with serving(lambda _: 404) as server:
        source = Files(
            lambda: AFTER, server.base, patience=IMPATIENT, elapsed=lambda: next(seconds)
        )
        with pytest.raises(DataError, match="VIX is longer than 900 seconds"):
            source.read(DAY)


@pytest.mark.realdata
def test_real_files_come_over_http_as_they_lie(real_data, own) -> None:
    """The crash of 5 February 2018 out of Cboe's own files (VX_2018-03-21.csv)."""
    day = np.datetime64("2018-02-05")

    def answer(path: str) -> bytes | int:
        name = path.strip("/")
        if name == "SPX.csv":
            return next((real_data / "spx").glob("spx_close_*.csv"), Path("none")).read_bytes()
        found = [*real_data.glob(f"vix/{name}"), *real_data.glob(f"macro/{name}")]
        if name.startswith(("VX_2018", "VX_2017")):
            found += real_data.glob(f"vx_futures/listed_2013_2026/{name}")
        return found[0].read_bytes() if found else 404

    with serving(answer) as server:
        source = Files(lambda: close_of(day) + 10**12, server.base, patience=IMPATIENT)
        found = source.read(day)
    assert found.values["vix"] == 37.32
    assert found.values["vx2"] > 20.0


def test_sources_are_named_by_the_settings(tmp_path) -> None:
    def clock() -> int:
        return AFTER

    terms = SourceTerms(kind="folder", place=str(shelved(tmp_path / "vendor", *ROWS)))
    os.utime(tmp_path / "vendor" / "spx.csv", (1e9, 1e9))
    os.utime(tmp_path / "vendor" / "VIX_History.csv", (1e9, 1e9))
    assert source_of(terms, clock).read(DAY).values["vix"] == 13.84
    names = {kind: source_of(SourceTerms(kind=kind), clock).name for kind in ("cboe", "yahoo")}
    assert names == {"cboe": "Cboe's delayed quotes", "yahoo": "Yahoo"}
    assert source_of(SourceTerms(kind="files"), clock).name == "the daily files of Cboe"
    assert source_of(SourceTerms(kind="ibkr", place="tws:4001"), clock).name == "TWS at tws:4001"
    second = check_of(SourceTerms(check="ibkr", check_place="a:1"), clock)
    assert second is not None
    assert second.name == "TWS at a:1"
    with pytest.raises(RangeError, match=r"source\.place: a watched folder must be named"):
        source_of(SourceTerms(kind="folder"), clock)
