"""The Lab: change a policy's numbers, try them on the past, compare, keep them."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from hedgerow import config
from hedgerow.core.policy import Policy
from hedgerow.engine.ledger.desk_events import Acted
from hedgerow.engine.portfolio import Equity
from hedgerow.engine.program import Line, Program
from hedgerow.engine.program_text import read
from hedgerow.errors import HedgerowError, PolicyError, RangeError
from hedgerow.files import write_new
from hedgerow.instruments.catalog import SLEEVES, sleeve_to_table
from hedgerow.instruments.costs import Costs
from hedgerow.instruments.options import Put
from hedgerow.live.lab import forms
from hedgerow.live.lab.jobs import Job, Jobs
from hedgerow.policies.catalog import starter
from hedgerow.web import lab_results
from hedgerow.web.people import Person, RequestError, Somebody
from hedgerow.web.rendering import page

SOURCES = {
    "builtin": "the builtin data, 1990 to 2022, partly modelled",
    "auto": "data that were fetched, else the builtin data",
    "book": "the book's own sessions: its history and what it has accepted since",
}
TERMS = ("line", "source", "start", "end", "split", "value")
LARGEST = 64 * 1024
"""Bytes of a policy file."""

_SPLIT = re.compile(r"\d{1,2}/\d{1,2}|\d{4}-\d{2}-\d{2}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Own(NamedTuple):
    """What the book itself runs, as the Lab starts from it."""

    lines: tuple[str, ...]
    line: Line | None
    program: Program | None


@contextlib.asynccontextmanager
async def _living(app: FastAPI) -> AsyncIterator[None]:
    await to_thread.run_sync(jobs_of, app)
    try:
        yield
    finally:
        await to_thread.run_sync(jobs_of(app).close)


router = APIRouter(include_in_schema=False, lifespan=_living)


def jobs_of(app: FastAPI) -> Jobs:
    """Return the jobs of an application's book."""
    if getattr(app.state, "jobs", None) is None:
        book, herald = app.state.book, app.state.herald
        app.state.jobs = Jobs(
            book.store,
            "hedgerow.web.lab_work",
            clock=book.clock,
            tell=lambda: herald.tell("jobs"),
        )
    found: Jobs = app.state.jobs
    return found


async def texts_of(request: Request) -> dict[str, str]:
    """Return what a form brings, but for files and the token."""
    form = await request.form()
    return {name: text for name, text in form.items() if isinstance(text, str) and name != "csrf"}


async def file_of(request: Request) -> bytes:
    """Return the file that a form brings.

    Raises
    ------
    RequestError
        If it is larger than a policy is.
    """
    async with request.form() as form:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise RequestError(422, "no file was chosen", "choose a policy file")
        content = await file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise RequestError(413, "the file is too large", f"a policy has at most {LARGEST:,} bytes")
    return content


Brought, BroughtFile = Depends(texts_of), Depends(file_of)


@router.get("/lab")
def lab(request: Request, line: str = "", run: str = "") -> Response:
    """Show the form, filled in from the book's own policy or from an earlier run."""
    own = own_of(request, line)
    if run:
        return _form(request, _again(_job(request, run), own))
    return _form(request, first_form(own))


@router.post("/lab")
def change(
    request: Request, person: Person = Somebody, texts: dict[str, str] = Brought
) -> Response:
    """Change the form, or do what it asks for; mistakes are told at their inputs."""
    do = texts.pop("do", "run")
    try:
        if (edited := _edited(texts, do)) is not None:
            return _form(request, edited)
        policy = forms.policy_of(texts)
        if do == "download":
            return _file(policy)
        if do == "save":
            return _form(request, texts, said=_saved(request, person, policy))
        asked = _asked(request, texts, policy)
    except HedgerowError as error:
        if isinstance(error, RequestError):
            raise
        return _form(request, texts, error)
    key = jobs_of(request.app).add(person.name, "backtest", asked)
    _record(request, person, "lab run", {"job": key, "policy": policy.name})
    return RedirectResponse(f"/lab/runs/{key}", status_code=303)


@router.post("/lab/load")
def load(
    request: Request,
    content: bytes = BroughtFile,
    texts: dict[str, str] = Brought,
) -> Response:
    """Fill the form in from a policy file."""
    own = own_of(request, texts.get("line", ""))
    form = first_form(own)
    try:
        policy = Policy.from_toml(content.decode("utf-8-sig"))
        rest = {name: text for name, text in form.items() if name.startswith("sleeve.")}
        rest |= {name: form[name] for name in TERMS}
        return _form(request, rest | forms.policy_form(policy), said=f"{policy.name} is loaded.")
    except UnicodeDecodeError:
        error = PolicyError("it is no text", where="file", mend="save it as UTF-8")
        return _form(request, form, error)
    except HedgerowError as wrong:
        return _form(request, form, PolicyError(f"{wrong.where}: {wrong.what}".removeprefix(": "),
                                                where="file", mend=wrong.mend))  # fmt: skip


@router.get("/lab/runs/{key}")
def result(request: Request, key: str) -> Response:
    """Show how far a run is, or what came of it."""
    job = _job(request, key)
    facts: dict[str, Any] = {"job": job, "found": None}
    if job.state == "done":
        facts["found"] = lab_results.told(job.found)
        earlier = [each for each in jobs_of(request.app).latest(20) if each.id != key]
        facts["earlier"] = lab_results.table(earlier)
    return page(request, "lab_run.html", facts)


@router.get("/lab/runs/{key}/policy.toml")
def policy_file(request: Request, key: str) -> Response:
    """Send the policy that was tried."""
    return _file(Policy.from_toml(_job(request, key).asked["tried"]["policy"]))


@router.post("/lab/runs/{key}/cancel")
def cancel(request: Request, key: str, person: Person = Somebody) -> Response:
    """Cancel a run of one's own; an admin may cancel any."""
    job = _job(request, key)
    if job.who != person.name and not person.may("admin"):
        raise RequestError(403, f"{job.who} began it", "ask them, or an admin")
    if jobs_of(request.app).cancel(key):
        _record(request, person, "lab run cancelled", {"job": key})
    return RedirectResponse(f"/lab/runs/{key}", status_code=303)


def own_of(request: Request, name: str = "") -> Own:
    """Return what the book runs: the line of a name, or the first that hedges."""
    book = request.app.state.book
    try:
        kept = book.store.kept(book.run)
        program = read(kept.program) if kept is not None else None
    except HedgerowError:  # the Lab is there for a book whose program cannot be read, too
        program = None
    if program is None:
        return Own((), None, None)
    found = {line.name: line for line in program.lines}
    hedging = [line for line in program.lines if line.role == "hedge"] or list(program.lines)
    return Own(tuple(found), found.get(name, hedging[0]), program)


def first_form(own: Own) -> dict[str, str]:
    """Return the form of the book's own policy; of a plain one where it has none."""
    line, program = own.line, own.program
    form = {"line": line.name if line else "", "source": "builtin", "start": "", "end": ""}
    form["split"] = "50/50"
    form["value"] = f"{program.portfolio.value if program else Equity().value:.0f}"
    form |= forms.policy_form(line.policy if line else starter("linear"))
    return form | forms.sleeve_form(line.sleeve if line else Put())


def _again(job: Job, own: Own) -> dict[str, str]:
    asked = job.asked
    form = {**first_form(own), **{name: asked["form"].get(name, "") for name in TERMS}}
    kept = {name: form[name] for name in TERMS}
    sleeve = {f"sleeve.{name}": text for name, text in asked["sleeve_form"].items()}
    return kept | sleeve | forms.policy_form(Policy.from_toml(asked["tried"]["policy"]))


def _edited(texts: Mapping[str, str], do: str) -> dict[str, str] | None:
    """Return a form changed as a button asks, None where the button asks for something else."""
    form = {name: text for name, text in texts.items() if name not in ("step", "signal", "kind")}
    word, _, place = do.partition(":")
    if word == "step":
        return forms.with_step(form, texts.get("step", ""))
    if word == "signal":
        return forms.with_signal(form, texts.get("signal", ""))
    if word == "sleeve":
        return forms.with_sleeve(form, texts.get("kind", ""))
    if word == "remove":
        return forms.without(form, place)
    return None


def _asked(request: Request, texts: Mapping[str, str], policy: Policy) -> dict[str, Any]:
    """Return what a job is asked, checked as far as it can be without the data.

    Raises
    ------
    HedgerowError
        If an input is wrong; ``where`` names it.
    """
    own = own_of(request, texts.get("line", ""))
    sleeve = forms.sleeve_of(texts)
    source = texts.get("source", "builtin")
    if source not in SOURCES:
        raise RangeError(f"'{source}' is no source", where="source", mend="choose one")
    start, end = (
        config.date(texts.get(name, "").strip() or None, name) for name in ("start", "end")
    )
    if start and end and end < start:
        raise RangeError("it lies before the start", where="end", mend="swap the two")
    split = texts.get("split", "50/50").strip()
    if not _SPLIT.fullmatch(split):
        raise RangeError(f"'{split}' is no split", where="split", mend="write 50/50 or a date")
    value = config.amount(texts.get("value", ""), "value")
    portfolio = replace(own.program.portfolio if own.program else Equity(), value=value)
    costs = own.program.costs if own.program else Costs()
    line = own.line
    theirs = None
    if line is not None:
        theirs = {"policy": line.policy.to_toml(), "sleeve": sleeve_to_table(line.sleeve)}
    book = request.app.state.book
    return {
        "run": book.run,
        "source": source,
        "start": start,
        "end": end,
        "split": split,
        "portfolio": portfolio.as_dict(),
        "costs": vars(costs),
        "tried": {"policy": policy.to_toml(), "sleeve": sleeve_to_table(sleeve)},
        "own": theirs,
        "form": {name: texts.get(name, "") for name in TERMS},
        "sleeve_form": {n[7:]: text for n, text in texts.items() if n.startswith("sleeve.")},
    }


def _form(
    request: Request,
    texts: Mapping[str, str],
    error: HedgerowError | None = None,
    said: str = "",
) -> Response:
    own = own_of(request, texts.get("line", ""))
    at = (
        ""
        if error is None
        else forms.input_of(
            error.where, {**texts, **dict.fromkeys(("step", "signal", "kind", "file"), "")}
        )
    )
    facts = {
        "texts": {**dict.fromkeys(TERMS, ""), "name": "", "raw": "false", **texts},
        "signals": forms.parts(texts, "signals"),
        "steps": forms.parts(texts, "steps"),
        "sleeve": forms.sleeve_part(texts),
        "kinds": forms.kinds(),
        "sleeves": list(SLEEVES),
        "sources": SOURCES,
        "own": own,
        "error": error,
        "at": at,
        "said": said,
        "folder": _folder(request) is not None,
        "runs": lab_results.table(jobs_of(request.app).latest(20)),
    }
    return page(request, "lab.html", facts, 200 if error is None else 422)


def _job(request: Request, key: str) -> Job:
    job = jobs_of(request.app).job(key)
    if job is None:
        raise RequestError(404, "there is no such run", "choose one from the Lab")
    return job


def _file(policy: Policy) -> Response:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", policy.name).strip("-.") or "policy"
    return Response(
        policy.to_toml(),
        media_type="application/toml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name[:64]}.toml"'},
    )


def _folder(request: Request) -> Path | None:
    found: Path | None = getattr(request.app.state, "policies", None)
    return found


def _saved(request: Request, person: Person, policy: Policy) -> str:
    """Save a policy in the folder of the dashboard, and say so.

    Raises
    ------
    HedgerowError
        If there is no folder, the name will not do, or a file of the name is there.
    """
    folder = _folder(request)
    if folder is None:
        raise RequestError(409, "no folder is given", "start with 'hedgerow serve --policies DIR'")
    if not _FILE.fullmatch(policy.name):
        mend = "use letters, digits, '-', '_' and '.', at most 64"
        raise PolicyError("it is no name for a file", where="name", mend=mend)
    path = folder / f"{policy.name}.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_new(path, policy.to_toml())
    except FileExistsError:
        raise PolicyError(
            f"{path.name} is there already", where="name", mend="give the policy another name"
        ) from None
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else "no reason given"
        raise PolicyError(f"it cannot be saved ({why})", where="name", mend="download it") from None
    _record(request, person, "policy saved", {"file": path.name})
    return f"Saved as {path.name}."


def _record(request: Request, person: Person, what: str, facts: Mapping[str, str]) -> None:
    journal = request.app.state.book.journal
    journal.write(lambda _: [Acted(journal.clock(), person.name, what, dict(facts))])
