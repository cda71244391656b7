"""One file over HTTP: resumed, retried, checked before it replaces anything."""

from __future__ import annotations

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hedgerow.errors import DataError

AGENT = "hedgerow (open-source volatility research)"
CHUNK = 64 * 1024

_OK, _PARTIAL, _UNCHANGED, _BAD_RANGE, _TOO_MANY = 200, 206, 304, 416, 429
_LONGEST_WAIT = 30.0

Bytes = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Patience:
    """How often and how slowly to try again.

    Parameters
    ----------
    tries
        Attempts a file, at least one.
    pause
        Seconds before the second attempt; doubled before each later one.
    timeout
        Seconds without a byte after which an attempt has failed.
    wait
        What waits; tests put in their own.
    """

    tries: int = 4
    pause: float = 1.0
    timeout: float = 30.0
    wait: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Arrival:
    """What an attempt brought: nothing new, or a complete ``.part`` file."""

    changed: bool
    resumed: bool = False
    etag: str = ""
    last_modified: str = ""


class NotThereError(DataError):
    """The server says that it has no such file."""


class _RefusedError(DataError):
    """The server answered with an error that trying again does not mend."""


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def download(
    url: str,
    part: Path,
    *,
    known: Mapping[str, str],
    partial: dict[str, str],
    patience: Patience,
    progress: Bytes,
) -> Arrival:
    """Bring ``url`` into ``part``, going on where an earlier attempt broke off.

    Parameters
    ----------
    url
        ``http`` or ``https`` address.
    part
        Where the bytes go; what lies there already is continued when the server
        confirms, by ETag or date, that its file is still the same.
    known
        ``etag`` and ``last_modified`` of the complete file already here, if any: the
        server may then answer "unchanged".
    partial
        Validator of ``part``, written as soon as the headers are here, so that it is
        true whenever the transfer breaks.
    patience
        Attempts and pauses.
    progress
        Called with bytes done and bytes expected (None when the server does not say).

    Raises
    ------
    DataError
        If the address is not HTTP, the server refuses, or every attempt failed.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise DataError(f"'{url}' is no http address", where="fetch", mend="correct the base URL")
    trouble: Exception | None = None
    for attempt in range(max(patience.tries, 1)):
        if attempt:
            patience.wait(_pause(trouble, patience.pause * 2.0 ** (attempt - 1)))
        try:
            return _attempt(
                url,
                part,
                known=known,
                partial=partial,
                timeout=patience.timeout,
                progress=progress,
            )
        except _RefusedError:
            raise
        except NotThereError:
            raise
        except (OSError, http.client.HTTPException) as error:
            trouble = error
    raise DataError(
        f"{url} failed {patience.tries} times, last with: {trouble}",
        where="fetch",
        mend="run the command again later; it goes on where it stopped",
    )


def _pause(trouble: Exception | None, otherwise: float) -> float:
    if isinstance(trouble, urllib.error.HTTPError):
        asked = str(trouble.headers.get("Retry-After", ""))
        if asked.isdigit():
            return min(float(asked), _LONGEST_WAIT)
    return min(otherwise, _LONGEST_WAIT)


def _attempt(
    url: str,
    part: Path,
    *,
    known: Mapping[str, str],
    partial: dict[str, str],
    timeout: float,
    progress: Bytes,
) -> Arrival:
    have = part.stat().st_size if part.exists() else 0
    validator = partial.get("etag") or partial.get("last_modified") or ""
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    if have and validator and partial.get("url") == url:
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    else:
        have = 0
        if known.get("etag"):
            headers["If-None-Match"] = known["etag"]
        if known.get("last_modified"):
            headers["If-Modified-Since"] = known["last_modified"]
    try:
        answer = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers),
            timeout=timeout,
        )
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == _UNCHANGED:
            return Arrival(changed=False)
        if error.code == _BAD_RANGE:
            part.unlink(missing_ok=True)
            partial.clear()
            raise ConnectionError("the server no longer has the rest of the file") from error
        if error.code in (404, 410):
            raise NotThereError(f"{url} does not exist", where="fetch") from error
        if error.code < 500 and error.code != _TOO_MANY:
            raise _RefusedError(
                f"{url} was refused with status {error.code}",
                where="fetch",
                mend="check the base URL, or supply the file by hand",
            ) from error
        raise
    with answer:
        return _receive(url, part, answer, partial=partial, progress=progress, have=have)


def _receive(
    url: str, part: Path, answer: Any, *, partial: dict[str, str], progress: Bytes, have: int
) -> Arrival:
    resumed = answer.status == _PARTIAL and _starts_at(answer, have)
    if answer.status == _PARTIAL and not resumed:
        part.unlink(missing_ok=True)
        partial.clear()
        raise ConnectionError("the server sent another part than was asked for")
    done = have if resumed else 0
    etag = str(answer.headers.get("ETag", ""))
    strong = "" if etag.startswith("W/") else etag
    modified = str(answer.headers.get("Last-Modified", ""))
    partial.clear()
    partial.update(url=url, etag=strong, last_modified=modified)
    length = answer.headers.get("Content-Length")
    expected = done + int(length) if length and str(length).isdigit() else None
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("ab" if resumed else "wb") as stream:
        progress(done, expected)
        while chunk := answer.read(CHUNK):
            stream.write(chunk)
            done += len(chunk)
            progress(done, expected)
    if expected is not None and done < expected:
        raise ConnectionError(f"only {done} of {expected} bytes arrived")
    return Arrival(True, resumed, etag, modified)


def _starts_at(answer: Any, have: int) -> bool:
    return str(answer.headers.get("Content-Range", "")).startswith(f"bytes {have}-")
