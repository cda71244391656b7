"""Fetching, against a real HTTP server on the loopback address."""

import datetime as dt
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from hedgerow.data import load
from hedgerow.data.download import Patience
from hedgerow.data.fetch import BASE_URLS, MANIFEST, fetch, items
from hedgerow.errors import DataError

TODAY = dt.date(2020, 1, 10)
ONCE = Patience(tries=1, timeout=5)
VIX = "vix/VIX_History.csv"


class Vendor(BaseHTTPRequestHandler):
    """Serves ``shop.files`` with ETag, Range and If-Range, and misbehaves on request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        shop = self.server.shop
        shop.asked.append((self.path, dict(self.headers)))
        if shop.trouble:
            trouble = shop.trouble.pop(0)
            if isinstance(trouble, int):
                return self.answer(trouble, b"<html>sorry</html>", {})
        else:
            trouble = None
        body = shop.files.get(self.path)
        if body is None:
            return self.answer(404, b"<html>not found</html>", {})
        etag = shop.etag(body)
        headers = {"ETag": etag} if shop.etags else {"Last-Modified": shop.modified}
        validator = next(iter(headers.values()))
        if validator in (self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")):
            return self.answer(304, b"", headers)
        start = 0
        wanted = self.headers.get("Range")
        if wanted and self.headers.get("If-Range") == validator:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(body):
                return self.answer(416, b"", headers)
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        cut = len(body) // 2 if trouble == "cut" else None
        return self.answer(206 if start else 200, body[start:], headers, cut)

    def answer(self, status, body, headers, cut=None):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut is not None:
            self.close_connection = True


class Shop:
    def __init__(self):
        self.files, self.asked, self.trouble = {}, [], []
        self.etags, self.modified = True, "Fri, 10 Jan 2020 21:00:00 GMT"

    @staticmethod
    def etag(body):
        return f'"{hashlib.sha256(body).hexdigest()[:16]}"'

    def paths(self):
        return [path for path, _ in self.asked]


@pytest.fixture
def shop():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    server.daemon_threads = True
    server.shop = shop = Shop()
    host, port = server.server_address
    root = f"http://{host}:{port}"
    shop.urls = {
        "cboe": root + "/cboe/{name}_History.csv",
        "cfe": root + "/cfe/{name}.csv",
        "cfe_archive": root + "/old/{name}.csv",
        "fred": root + "/fred?id={name}",
        "spx": root + "/stooq?s=^spx",
    }
    assert set(shop.urls) == set(BASE_URLS)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield shop
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def stocked(shop, shelf):
    """The shop with small files in each vendor's layout."""
    contract = "Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest"
    rows = [f"{d},F (Jan 2020),14,14,14,14,{14 + i},0,9,0,9" for i, d in enumerate(shelf.days)]
    old = [f"12/{i:02d}/2011,F (Jan 12),14,14,14,14,30.5,0,9,0,9" for i in range(5, 9)]
    shop.files = {
        "/cboe/VIX_History.csv": (shelf.folder / "VIX_History.csv").read_bytes(),
        "/cboe/SKEW_History.csv": b"DATE,SKEW\n01/02/2020,126.09\n",
        "/stooq?s=^spx": (shelf.folder / "^GSPC.csv").read_bytes(),
        "/fred?id=DFF": b"observation_date,DFF\n2020-01-01,1.55\n2020-01-02,1.54\n",
        "/cfe/VX_2020-01-22.csv": "\n".join([contract, *rows]).encode(),
        "/old/CFE_F12_VX.csv": "\n".join([contract, *old]).encode(),
    }
    return shop


@pytest.fixture
def dest(tmp_path):
    return tmp_path / "fetched"


def get(shop, dest, *names, patience=ONCE, **more):
    return fetch(
        dest, base_urls=shop.urls, names=names or None, today=TODAY, patience=patience, **more
    )


def test_everything_then_load(stocked, dest):
    seen = []
    report = get(stocked, dest, progress=seen.append)
    assert report.ok
    assert report.count("fetched") == 6
    assert report.count("absent") == len(list(items(TODAY))) - 6
    market = load(dest).market
    assert market["vix"][1] == 14.02
    assert market["vx1"].tolist() == [14, 15, 16, 17, 18, 19]
    assert market["skew"][0] == 126.09
    assert market["rate"][1] == 0.0154
    assert seen[-1].number <= seen[-1].files == len(list(items(TODAY)))
    written = json.loads((dest / MANIFEST).read_text())
    body = stocked.files["/cboe/VIX_History.csv"]
    assert written["files"][VIX]["sha256"] == hashlib.sha256(body).hexdigest()
    assert written["files"][VIX]["size"] == len(body)
    assert written["partial"] == {}
    assert not list(dest.rglob("*.part"))
    json.dumps(report.as_dict())


@pytest.mark.parametrize("etags", [True, False])
def test_unchanged_files_are_not_sent_again(stocked, dest, etags):
    stocked.etags = etags
    get(stocked, dest, "indices")
    before = (dest / VIX).stat().st_mtime_ns
    report = get(stocked, dest, "VIX")
    assert [f.status for f in report.files] == ["unchanged"]
    assert (dest / VIX).stat().st_mtime_ns == before
    assert any(h in stocked.asked[-1][1] for h in ("If-None-Match", "If-Modified-Since"))


def test_settled_contracts_are_not_even_asked_for(stocked, dest):
    get(stocked, dest, "CFE_F12_VX", "VX_2020-01-22")
    stocked.asked.clear()
    report = get(stocked, dest, "CFE_F12_VX", "VX_2020-01-22")
    assert stocked.paths() == ["/cfe/VX_2020-01-22.csv"]
    assert report.count("unchanged") == 2


def test_a_damaged_file_is_fetched_again(stocked, dest):
    get(stocked, dest, "VIX")
    good = (dest / VIX).read_bytes()
    (dest / VIX).write_bytes(good.replace(b"14.02", b"41.02"))
    assert get(stocked, dest, "VIX").files[0].status == "fetched"
    assert (dest / VIX).read_bytes() == good


def test_a_changed_file_replaces_the_old(stocked, dest):
    get(stocked, dest, "VIX")
    stocked.files["/cboe/VIX_History.csv"] += b"01/10/2020,12.56,12.56,12.56,12.56\n"
    assert get(stocked, dest, "VIX").files[0].status == "fetched"
    assert (dest / VIX).read_bytes() == stocked.files["/cboe/VIX_History.csv"]


@pytest.mark.parametrize("etags", [True, False])
def test_a_broken_transfer_goes_on_where_it_stopped(stocked, dest, etags):
    stocked.etags, stocked.trouble = etags, ["cut"]
    report = get(stocked, dest, "VIX")
    assert report.files[0].status == "failed"
    assert not report.ok
    part = dest / (VIX + ".part")
    half = len(stocked.files["/cboe/VIX_History.csv"]) // 2
    assert part.stat().st_size == half
    assert not (dest / VIX).exists()
    report = get(stocked, dest, "VIX")
    assert report.files[0].status == "resumed"
    assert stocked.asked[-1][1]["Range"] == f"bytes={half}-"
    assert (dest / VIX).read_bytes() == stocked.files["/cboe/VIX_History.csv"]
    assert not part.exists()


def test_a_half_file_is_not_glued_to_another_version(stocked, dest):
    stocked.trouble = ["cut"]
    get(stocked, dest, "VIX")
    new = stocked.files["/cboe/VIX_History.csv"].replace(b"12.47", b"21.74")
    stocked.files["/cboe/VIX_History.csv"] = new
    assert get(stocked, dest, "VIX").files[0].status == "fetched"
    assert (dest / VIX).read_bytes() == new


def test_retries_are_bounded_and_slow_down(stocked, dest):
    waits = []
    patience = Patience(tries=4, pause=1.0, timeout=5, wait=waits.append)
    stocked.trouble = [503, "cut", 429]
    report = get(stocked, dest, "VIX", patience=patience)
    assert report.files[0].status == "resumed"
    assert waits == [1.0, 2.0, 4.0]
    stocked.trouble = [500] * 9
    stocked.files["/cboe/VIX_History.csv"] += b"01/10/2020,12.56,12.56,12.56,12.56\n"
    failed = get(stocked, dest, "VIX", patience=patience).files[0]
    assert failed.status == "failed"
    assert "failed 4 times" in failed.message
    assert failed.size > 0
    assert len(stocked.trouble) == 5


def test_a_refusal_is_not_tried_again(stocked, dest):
    stocked.trouble = [403]
    report = get(stocked, dest, "VIX", patience=Patience(tries=4, wait=pytest.fail))
    assert "refused with status 403" in report.files[0].message


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><html><body>Please wait</body></html>",
        b"",
        b"DATE,OPEN,HIGH,LOW,CLOSE\n01/02/2020,a,b,c,d\n",
        b"error: too many requests\n",
        b"DATE,OPEN,HIGH,LOW,CLOSE\n01/02/2020,1,1,1,1\n",  # a stump of the old file
    ],
)
def test_what_is_no_table_never_replaces_a_good_file(stocked, dest, page):
    get(stocked, dest, "VIX")
    good = (dest / VIX).read_bytes()
    stocked.files["/cboe/VIX_History.csv"] = page
    report = get(stocked, dest, "VIX")
    assert report.files[0].status == "failed"
    assert report.files[0].sha256 == hashlib.sha256(good).hexdigest()
    assert (dest / VIX).read_bytes() == good
    assert not list(dest.rglob("*.part"))


def test_an_index_file_is_no_contract(stocked, dest):
    stocked.files["/cfe/VX_2020-01-22.csv"] = stocked.files["/cboe/VIX_History.csv"]
    assert get(stocked, dest, "VX_2020-01-22").files[0].status == "failed"


def test_ctrl_c_leaves_a_half_file_that_can_go_on(stocked, dest):
    get(stocked, dest, "DFF")
    big = stocked.files["/cboe/VIX_History.csv"]
    big += b"".join(
        b"%02d/%02d/%d,20,20,20,20\n" % (m, d, y)
        for y in range(2021, 2060)
        for m in range(1, 13)
        for d in range(1, 29)
    )
    stocked.files["/cboe/VIX_History.csv"] = big

    def interrupt(progress):
        if progress.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(stocked, dest, "indices", progress=interrupt)
    written = json.loads((dest / MANIFEST).read_text())
    assert "macro/DFF.csv" in written["files"]
    assert written["partial"][VIX]["etag"] == Shop.etag(big)
    have = (dest / (VIX + ".part")).stat().st_size
    assert 0 < have < len(big)
    assert get(stocked, dest, "VIX").files[0].status == "resumed"
    assert (dest / VIX).read_bytes() == big


def test_an_unreadable_manifest_only_costs_time(stocked, dest):
    get(stocked, dest, "VIX")
    (dest / MANIFEST).write_text("{ half")
    assert get(stocked, dest, "VIX").files[0].status == "fetched"


def test_no_server_at_all(dest):
    urls = {"cboe": "http://127.0.0.1:9/{name}"}
    report = fetch(dest, base_urls=urls, names=["VIX"], today=TODAY, patience=ONCE)
    assert "Mend: run the command again later" in report.files[0].message


def test_addresses_come_from_file_environment_and_argument(stocked, dest, monkeypatch):
    dest.mkdir()
    urls = "\n".join(f"{k} = '{v}'" for k, v in stocked.urls.items() if k != "cboe")
    (dest / "sources.toml").write_text(f"[urls]\n{urls}\ncboe = 'http://127.0.0.1:9/x'\n")
    monkeypatch.setenv("HEDGEROW_URL_CBOE", stocked.urls["cboe"])
    assert fetch(dest, names=["VIX", "DFF"], today=TODAY, patience=ONCE).count("fetched") == 2
    monkeypatch.setenv("HEDGEROW_SOURCES", str(dest / "nowhere.toml"))
    with pytest.raises(DataError, match=r"nowhere.toml: cannot be read"):
        fetch(dest, names=["VIX"], today=TODAY)


def test_the_default_folder_is_the_users(stocked, dest, monkeypatch):
    monkeypatch.setenv("HEDGEROW_DATA", str(dest))
    report = fetch(base_urls=stocked.urls, names=["VIX", "SPX"], today=TODAY, patience=ONCE)
    assert report.folder == dest
    assert len(load("auto").market) == 6


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"names": ["VIXX"]}, "no public file 'VIXX'"),
        ({"base_urls": {"cbo": "http://x"}}, "unknown source 'cbo'"),
    ],
)
def test_misspelt_names(dest, more, message):
    with pytest.raises(DataError, match=message):
        fetch(dest, today=TODAY, **more)


def test_only_http(dest, tmp_path):
    urls = {"cboe": (tmp_path / "{name}.csv").as_uri().replace("%7B", "{").replace("%7D", "}")}
    report = fetch(dest, base_urls=urls, names=["VIX"], today=TODAY, patience=ONCE)
    assert "is no http address" in report.files[0].message


def test_every_monthly_contract_is_asked_for():
    names = [item.name for item in items(dt.date(2024, 7, 1)) if item.group == "futures"]
    assert names[0] == "CFE_K04_VX"
    assert "CFE_Z12_VX" in names
    assert "VX_2013-01-16" in names
    assert "VX_2024-06-18" in names
    assert names[-1] == "VX_2025-03-18"
    final = {item.name: item.final for item in items(dt.date(2024, 7, 1))}
    assert final["VX_2024-06-18"]
    assert not final["VX_2024-07-17"]


def test_a_host_that_keeps_failing_is_left_alone(stocked, dest):
    stocked.trouble = [403] * 99
    report = get(stocked, dest)
    assert len(report.files) == len(stocked.asked) == 3
    assert not report.ok
    assert re.fullmatch(r"127\.0\.0\.1:\d+ failed 3 files in a row, .*", report.stopped[0])
    assert report.as_dict()["stopped"] == list(report.stopped)


def test_another_host_is_asked_all_the_same(stocked, dest):
    urls = {**stocked.urls, "cboe": "http://127.0.0.1:9/{name}"}
    report = fetch(dest, base_urls=urls, today=TODAY, patience=ONCE)
    assert report.count("failed") == 3
    assert report.count("fetched") == 4
    assert report.stopped == ("127.0.0.1:9 failed 3 files in a row, so 4 more were not asked for",)


def test_progress_is_told_before_the_first_byte(dest):
    seen = []
    urls = {"cboe": "http://127.0.0.1:9/{name}"}
    fetch(dest, base_urls=urls, names=["VIX"], today=TODAY, patience=ONCE, progress=seen.append)
    assert [(p.name, p.done, p.total) for p in seen] == [("VIX", 0, None)]


def test_a_folder_that_cannot_be_is_told(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(DataError, match=r"this is a file\. Mend: name a folder"):
        fetch(file, names=["VIX"], today=TODAY)
    with pytest.raises(DataError, match=r"cannot be written .*Mend: choose a folder"):
        fetch(file / "inside", names=["VIX"], today=TODAY)


@pytest.mark.realdata
def test_the_real_files_through_the_wire(shop, dest, real, real_folder):
    files = real_folder / "vix", real_folder / "vx_futures/listed_2013_2026"
    for path in files[0].glob("*_History.csv"):
        shop.files[f"/cboe/{path.name}"] = path.read_bytes()
    for path in files[1].glob("VX_2019-*.csv"):
        shop.files[f"/cfe/{path.name}"] = path.read_bytes()
    for path in (real_folder / "vx_futures/monthly_2006_2015").glob("*.csv"):
        shop.files[f"/old/{path.name}"] = path.read_bytes()
    shop.files["/fred?id=DFF"] = (real_folder / "macro/DFF.csv").read_bytes()
    shop.files["/stooq?s=^spx"] = (real_folder / "spx/spx_ohlcv_1927_2024.csv").read_bytes()
    report = get(shop, dest)
    assert report.ok
    market = load(dest).market
    whole = real.market
    rows = whole.index_of(str(market.dates[-1])) + 1
    for name in ("vix", "spx", "skew", "cor1m"):
        np.testing.assert_allclose(market[name], whole[name][:rows], rtol=1e-4)
    crash = market["vx1"][market.index_of("2008-10-24")]
    assert crash == whole["vx1"][whole.index_of("2008-10-24")]
