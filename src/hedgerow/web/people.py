"""Who is looking, and what they may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from fastapi import Depends, Request

from hedgerow.errors import HedgerowError

Role: TypeAlias = Literal["view", "approve", "admin"]
RANK: dict[str, int] = {"view": 0, "approve": 1, "admin": 2}
"""What a role may do, those below it may not."""


class Person(NamedTuple):
    """Who is looking.

    ``csrf`` is the token that each of their unsafe requests must bring.
    """

    name: str
    role: Role
    csrf: str

    def may(self, role: Role) -> bool:
        """Say whether they have the rights of a role."""
        return RANK[self.role] >= RANK[role]


class RequestError(HedgerowError):
    """A request that is not done, with the HTTP status that says so."""

    def __init__(self, status: int, what: str, mend: str = "") -> None:
        super().__init__(what, mend=mend)
        self.status = status


def person_of(request: Request) -> Person:
    """Return who sent a request; the guard has let them in.

    Raises
    ------
    RequestError
        If nobody is signed in.
    """
    person: Person | None = request.scope.get("person")
    if person is None:
        raise RequestError(401, "nobody is signed in", "sign in")
    return person


def needs(role: Role) -> Callable[[Request], Person]:
    """Return a dependency that lets only those with a role's rights through.

    Examples
    --------
    ``@router.post("/settings", dependencies=[Depends(needs("admin"))])``
    """

    def check(request: Request) -> Person:
        person = person_of(request)
        if not person.may(role):
            raise RequestError(
                403, f"{person.name} may not do that: it needs the role '{role}'", "ask an admin"
            )
        return person

    return check


Somebody = Depends(person_of)
