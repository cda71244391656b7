"""The API under ``/api/v1``: what the pages show and do, for programs, as JSON.

It is asked with the cookie of a session; what changes something brings ``X-CSRF-Token`` (``GET
/api/v1/me`` tells it) and the site's own origin.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from hedgerow.api import plain
from hedgerow.errors import nearest
from hedgerow.live.blotter import Stage
from hedgerow.live.orders import desk
from hedgerow.web.people import Person, RequestError, Role, Somebody, needs
from hedgerow.web.rendering import view_of
from hedgerow.web.slips import OrderShown, latest, shown


class Refused(BaseModel):
    """Why something was not done, and what to do about it."""

    error: str
    mend: str


class Me(BaseModel):
    """Who asks."""

    name: str
    role: Role
    csrf: str
    """Goes into ``X-CSRF-Token``."""


class State(BaseModel):
    """Where the run stands."""

    run: str
    halted: str
    """Who pulled the kill switch and why; empty where nobody did."""
    waiting: int
    """Orders that wait for a word."""
    ledger: int
    """Records of the run."""
    journal: int
    """Records of the desk."""
    snapshot: dict[str, Any] | None
    """The last session in full, None before the first decision."""


class OrderPage(BaseModel):
    """Some of the orders, the last proposed first."""

    count: int
    page: int
    orders: list[OrderShown]


class Words(BaseModel):
    """A word on some orders."""

    model_config = ConfigDict(extra="forbid")

    orders: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]],
        Field(min_length=1, max_length=200),
    ]
    why: Annotated[str, Field(max_length=500)] = ""


class Reason(BaseModel):
    """Why the kill switch is pulled or lifted."""

    model_config = ConfigDict(extra="forbid")

    why: Annotated[str, Field(min_length=1, max_length=500)]


class Switch(BaseModel):
    """The kill switch as it stands now."""

    halted: bool


_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refused, "description": "Asked under another host's name"},
    401: {"model": Refused, "description": "Nobody is signed in"},
    403: {"model": Refused, "description": "The role, token or origin does not allow it"},
    404: {"model": Refused, "description": "There is no such thing"},
    409: {"model": Refused, "description": "It cannot be done as things stand"},
    413: {"model": Refused, "description": "The request is too large"},
    422: {"model": Refused, "description": "A field is wrong"},
}

router = APIRouter(prefix="/api/v1", responses=_REFUSALS, tags=["v1"])


@router.get("/me")
def me(person: Person = Somebody) -> Me:
    """Say who asks, and the token of their requests."""
    return Me(name=person.name, role=person.role, csrf=person.csrf)


@router.get("/state", response_model=State)
def state(request: Request) -> Response:
    """Return where the run stands."""
    view = view_of(request)
    snapshot, blotter = view.snapshot(), view.blotter
    halted = blotter.halted
    made = {
        "run": view.book.run,
        "halted": f"{halted.who}: {halted.why}" if halted else "",
        "waiting": len(blotter.open_orders("proposed")),
        "ledger": view.heads.ledger,
        "journal": view.heads.journal,
        "snapshot": None if snapshot is None else snapshot.to_dict(),
    }
    return JSONResponse(plain(made))


@router.get("/orders")
def orders(
    request: Request,
    stage: Stage | None = None,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    per_page: Annotated[int, Query(ge=1, le=200)] = 50,
) -> OrderPage:
    """Return orders, the last proposed first."""
    slips = [
        each for each in view_of(request).blotter.orders.values() if stage in (None, each.stage)
    ]
    found = latest(slips)[(page - 1) * per_page : page * per_page]
    return OrderPage(count=len(slips), page=page, orders=found)


@router.get("/order")
def order(request: Request, order: Annotated[str, Query(max_length=200)]) -> OrderShown:
    """Return one order."""
    slips = view_of(request).blotter.orders
    if order not in slips:
        raise RequestError(404, "there is no such order", nearest(order, list(slips)[-50:]))
    return shown(slips[order])


@router.post("/orders/approve")
def approve(request: Request, words: Words, person: Person = Somebody) -> list[OrderShown]:
    """Let orders go, all or none."""
    view = view_of(request)
    desk.approve(view.book.journal, words.orders, person.name, words.why.strip())
    return [shown(view.blotter.orders[each]) for each in dict.fromkeys(words.orders)]


@router.post("/orders/decline")
def decline(request: Request, words: Words, person: Person = Somebody) -> list[OrderShown]:
    """Do not let orders go; a reason is needed."""
    view = view_of(request)
    desk.decline(view.book.journal, words.orders, person.name, words.why.strip())
    return [shown(view.blotter.orders[each]) for each in dict.fromkeys(words.orders)]


@router.post("/halt")
def halt(request: Request, reason: Reason, person: Person = Somebody) -> Switch:
    """Pull the kill switch."""
    desk.halt(view_of(request).book.journal, person.name, reason.why.strip())
    return Switch(halted=True)


@router.post("/resume", dependencies=[Depends(needs("admin"))])
def resume(request: Request, reason: Reason, person: Person = Somebody) -> Switch:
    """Lift the kill switch; for admins."""
    desk.resume(view_of(request).book.journal, person.name, reason.why.strip())
    return Switch(halted=False)
