"""Orders: what waits for approval, the kill switch, and what has become of all others."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from hedgerow.live.blotter import Stage
from hedgerow.live.orders import desk
from hedgerow.web.people import Person, Somebody, needs
from hedgerow.web.rendering import back, page, view_of
from hedgerow.web.slips import OrderShown, latest

PER_PAGE = 25

STAGES: tuple[str, ...] = get_args(Stage)

Why = Annotated[str, Form(max_length=500)]
Ids = Annotated[list[str], Form(alias="order", max_length=200)]

router = APIRouter(include_in_schema=False)


@router.get("/orders")
def orders(
    request: Request,
    stage: Annotated[str, Query(max_length=20)] = "",
    line: Annotated[str, Query(max_length=80)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """Show what waits, the kill switch, and the history."""
    blotter = view_of(request).blotter
    every = latest(list(blotter.orders.values()))
    found = [each for each in every if stage in ("", each.stage) and line in ("", each.line)]
    last = max(1, -(-len(found) // PER_PAGE))
    number = min(number, last)
    return page(
        request,
        "orders.html",
        {
            "waiting": [each for each in every if each.stage == "proposed"],
            "under_way": [each for each in every if each.stage in ("approved", "sent", "working")],
            "history": found[(number - 1) * PER_PAGE : number * PER_PAGE],
            "count": len(found),
            "stage": stage,
            "line": line,
            "stages": STAGES,
            "lines": sorted({each.line for each in every}),
            "number": number,
            "last": last,
            "lead": lead(every, bool(blotter.halted)),
        },
    )


@router.post("/orders/approve")
def approve(request: Request, order: Ids, why: Why = "", person: Person = Somebody) -> Response:
    """Let orders go, all or none."""
    desk.approve(view_of(request).book.journal, order, person.name, why.strip())
    return _done(request)


@router.post("/orders/decline")
def decline(request: Request, order: Ids, why: Why = "", person: Person = Somebody) -> Response:
    """Do not let orders go; a reason is needed."""
    desk.decline(view_of(request).book.journal, order, person.name, why.strip())
    return _done(request)


@router.post("/orders/halt")
def halt(request: Request, why: Why = "", person: Person = Somebody) -> Response:
    """Pull the kill switch."""
    desk.halt(view_of(request).book.journal, person.name, why.strip())
    return _done(request)


@router.post("/orders/resume", dependencies=[Depends(needs("admin"))])
def resume(request: Request, why: Why = "", person: Person = Somebody) -> Response:
    """Lift the kill switch."""
    desk.resume(view_of(request).book.journal, person.name, why.strip())
    return _done(request)


def lead(every: list[OrderShown], halted: bool) -> str:
    """Say in a sentence what a manager must know of the orders.

    Examples
    --------
    >>> lead([], halted=False)
    'No order waits for approval, and none is under way.'
    """
    waiting = sum(each.stage == "proposed" for each in every)
    gone = sum(each.stage in ("approved", "sent", "working") for each in every)
    said = f"{_many(waiting)} for approval, and {'none is' if not gone else _are(gone)} under way."
    return f"The desk is halted: nothing is sent. {said}" if halted else said


def _many(count: int) -> str:
    if not count:
        return "No order waits"
    return "One order waits" if count == 1 else f"{count} orders wait"


def _are(count: int) -> str:
    return "one is" if count == 1 else f"{count} are"


def _done(request: Request) -> Response:
    view_of(request).catch_up()
    return RedirectResponse(back(request), status_code=303)
