"""Who may do what with a book: its users, how often they may try to sign in, who is signed in.

What changes something returns the :class:`~hedgerow.engine.ledger.desk_events.Acted` that says so;
whoever calls it writes that into the journal.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, get_args

import sqlalchemy as sa

from hedgerow.engine.ledger.desk_events import Acted
from hedgerow.errors import AccessError, nearest
from hedgerow.live.clock import Clock, wall
from hedgerow.live.hours import HOUR, MINUTE, SECOND
from hedgerow.live.keeping.passwords import decoy, fits, hasher, normal, proper
from hedgerow.live.store import Store
from hedgerow.live.tables import ATTEMPTS, LOGINS, USERS

Role: TypeAlias = Literal["view", "approve", "admin"]
"""What a user may do; each may do what those before it may."""
ROLES: tuple[Role, ...] = get_args(Role)

_NAME = re.compile(r"[a-z][a-z0-9._-]{0,31}")
_AT_ONCE, _QUEUE = 2, 10.0
"""Passwords looked at together, for each takes 64 MB; seconds to wait for one's turn."""


@dataclass(frozen=True)
class User:
    """Somebody who may sign in.

    Parameters
    ----------
    name
        In small letters.
    role
        ``view``, ``approve`` or ``admin``.
    disabled
        Whether the door is shut.
    made
        Nanoseconds since 1970, UTC.
    """

    name: str
    role: Role
    disabled: bool
    made: int

    def may(self, role: Role) -> bool:
        """Say whether the user may do what a role may.

        Examples
        --------
        >>> User("ann", "approve", False, 0).may("view")
        True
        """
        return not self.disabled and ROLES.index(self.role) >= ROLES.index(role)


class Users:
    """The users of a book.

    Parameters
    ----------
    store
        The book.
    clock
        What time it is.

    Examples
    --------
    >>> import tempfile
    >>> users = Users(Store(f"{tempfile.mkdtemp()}/book.db"), clock=lambda: 5)
    >>> users.add("ann", "four words go together", "approve", who="console").facts
    {'user': 'ann', 'role': 'approve'}
    >>> users.check("Ann", "four words go together").role
    'approve'
    >>> users.check("ann", "another password") is None
    True
    """

    def __init__(self, store: Store, clock: Clock = wall) -> None:
        self.store, self.clock = store, clock

    def list(self) -> list[User]:
        """Return the users by name."""
        with self.store.reading() as connection:
            rows = connection.execute(sa.select(USERS).order_by(USERS.c.name)).all()
        return [_user(row) for row in rows]

    def add(self, name: str, password: str, role: str, who: str) -> Acted:
        """Add a user.

        Parameters
        ----------
        name
            A letter and up to 31 letters, digits, ``.``, ``_`` and ``-`` more.
        password
            As :func:`~hedgerow.live.keeping.passwords.proper` demands.
        role
            ``view``, ``approve`` or ``admin``.
        who
            Who does it.

        Raises
        ------
        AccessError
            If name, password or role will not do, or the user is there already.
        """
        name, role = name.lower(), _role(role)
        if not _NAME.fullmatch(name):
            raise AccessError(
                f"{name[:40]!r} is no name",
                where="user",
                mend="take a letter, and up to 31 letters, digits, '.', '_' or '-'",
            )
        row = {
            "name": name,
            "role": role,
            "secret": hasher().hash(proper(password, name)),
            "off": 0,
            "made": self.clock(),
        }
        with self.store.changing() as connection:
            if connection.execute(sa.select(USERS.c.name).where(USERS.c.name == name)).first():
                raise AccessError(
                    "there is such a user", where=f"user {name}", mend="change it, or name another"
                )
            connection.execute(sa.insert(USERS).values(row))
        return self._acted(who, "user added", name, role=role)

    def set_password(self, name: str, password: str, who: str) -> Acted:
        """Give a user another password; who is signed in under the name is signed out.

        Raises
        ------
        AccessError
            If there is no such user, or the password will not do.
        """
        secret = hasher().hash(proper(password, name.lower()))
        return self._change(who, "password changed", name, {"secret": secret})

    def set_role(self, name: str, role: str, who: str) -> Acted:
        """Let a user do more or less; who is signed in under the name is signed out.

        Raises
        ------
        AccessError
            If there is no such user or role, or no admin would be left.
        """
        return self._change(who, "role changed", name, {"role": _role(role)}, role=role)

    def disable(self, name: str, who: str, *, off: bool = True) -> Acted:
        """Shut the door to a user, or open it again.

        Raises
        ------
        AccessError
            If there is no such user, or no admin would be left.
        """
        action = "user disabled" if off else "user enabled"
        return self._change(who, action, name, {"off": int(off)})

    def check(self, name: str, password: str) -> User | None:
        """Return the user whose password this is; None for a wrong one, whatever is wrong.

        It takes as long for a user who does not exist.  A hash of older parameters is renewed.
        """
        query = sa.select(USERS).where(USERS.c.name == name.lower())
        with self.store.reading() as connection:
            row = connection.execute(query).first()
        right = fits(row.secret if row else decoy(), password)
        if row is None or not right or row.off:
            return None
        if hasher().check_needs_rehash(row.secret):
            fresh = hasher().hash(normal(password))
            same = (USERS.c.name == row.name) & (USERS.c.secret == row.secret)
            with self.store.changing() as connection:
                connection.execute(sa.update(USERS).where(same).values(secret=fresh))
        return _user(row)

    def _change(
        self, who: str, action: str, name: str, values: dict[str, str | int], role: str = ""
    ) -> Acted:
        name = name.lower()
        admins = sa.select(sa.func.count()).where(USERS.c.role == "admin", USERS.c.off == 0)
        with self.store.changing() as connection:
            before = connection.execute(admins).scalar_one()
            done = connection.execute(sa.update(USERS).where(USERS.c.name == name).values(values))
            known = connection.execute(sa.select(USERS.c.name)).scalars().all()
            connection.execute(sa.delete(LOGINS).where(LOGINS.c.user == name))
            if before and not connection.execute(admins).scalar_one():
                raise AccessError(
                    "nobody would be left who may do all",
                    where=f"user {name[:40]}",
                    mend="give another the role 'admin' first",
                )
        if not done.rowcount:
            raise AccessError(
                "there is no such user",
                where=f"user {name[:40]}",
                mend=nearest(name, known) if known else "add it first",
            )
        return self._acted(who, action, name, role=role)

    def _acted(self, who: str, action: str, name: str, role: str = "") -> Acted:
        facts = {"user": name, "role": role} if role else {"user": name}
        return Acted(self.clock(), who, action, facts)


class TooOftenError(AccessError):
    """There were too many tries to sign in; this one was not looked at."""


class Gatekeeper:
    """Lets somebody try to sign in so often and no more.

    A try counts before the password is looked at, so that many at once are counted, too.

    Parameters
    ----------
    users
        Who may sign in.
    by_name, by_address
        Failures allowed within the span: for a name, wherever they come from, and from an address.
    span
        Minutes.
    """

    def __init__(
        self, users: Users, by_name: int = 5, by_address: int = 20, span: float = 15.0
    ) -> None:
        self.users, self.by_name, self.by_address = users, by_name, by_address
        self.span = int(span * MINUTE)
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def enter(self, name: str, password: str, address: str) -> User:
        """Return the user, if name and password belong together; a success clears the count.

        Parameters
        ----------
        name, password
            As they were typed.
        address
            Where from, such as ``192.0.2.7``; of IPv6 the network counts that one line has (/64).

        Raises
        ------
        AccessError
            If they do not belong together.
        TooOftenError
            If it was tried too often: says for how long to wait; or by too many at once.
        """
        address = _net(address)
        tried = {f"user {name.lower()[:64]}": self.by_name, f"address {address}": self.by_address}
        now, at = self.users.clock(), ATTEMPTS.c
        with self.users.store.changing() as connection:
            connection.execute(sa.delete(ATTEMPTS).where(at.time <= now - self.span))
            for who, most in tried.items():
                query = sa.select(at.time).where(at.who == who).order_by(at.time.desc())
                times = connection.execute(query.limit(most)).scalars().all()
                if len(times) == most:
                    raise _too_often(times[-1] + self.span - now)
            rows = [{"who": who, "time": now} for who in tried]
            connection.execute(sa.insert(ATTEMPTS), rows)
        if not self._turns.acquire(timeout=_QUEUE):
            raise TooOftenError("too many sign in at once", mend="try again in a minute")
        try:
            user = self.users.check(name, password)
        finally:
            self._turns.release()
        if user is None:
            raise AccessError("name and password do not belong together", mend="try again")
        here = sa.select(sa.func.max(at.id)).where(at.who == f"address {address}", at.time == now)
        mine = (at.who == f"user {user.name}") | (at.id == here.scalar_subquery())
        with self.users.store.changing() as connection:
            connection.execute(sa.delete(ATTEMPTS).where(mine))
        return user


class Login(NamedTuple):
    """Somebody who is signed in."""

    user: User
    csrf: str
    """The token that a form must bring along."""


class Ticket(NamedTuple):
    """What a browser gets when somebody signs in; the book keeps its hash alone."""

    token: str
    csrf: str


class Sessions:
    """Who is signed in.

    Parameters
    ----------
    users
        Of the book.
    idle
        Minutes without a request after which a session ends.
    longest
        Hours after which it ends in any case.
    """

    def __init__(self, users: Users, idle: float = 30.0, longest: float = 12.0) -> None:
        self.users, self.store, self.clock = users, users.store, users.clock
        self.idle, self.longest = int(idle * MINUTE), int(longest * HOUR)

    def begin(self, user: User) -> Ticket:
        """Sign a user in who has been checked; sessions that have ended are forgotten."""
        ticket, now = Ticket(secrets.token_urlsafe(32), secrets.token_urlsafe(32)), self.clock()
        row = {"token": _digest(ticket.token), "user": user.name, "csrf": ticket.csrf}
        over = (LOGINS.c.seen <= now - self.idle) | (LOGINS.c.made <= now - self.longest)
        with self.store.changing() as connection:
            connection.execute(sa.delete(LOGINS).where(over))
            connection.execute(sa.insert(LOGINS).values({**row, "made": now, "seen": now}))
        return ticket

    def find(self, token: str, *, present: bool = True) -> Login | None:
        """Return who is signed in under a token, None where nobody is (any more).

        Parameters
        ----------
        token
            Of the session.
        present
            Whether somebody has asked, which keeps the session from being idle; that is written
            once a minute.
        """
        now, key = self.clock(), LOGINS.c.token == _digest(token)
        query = sa.select(USERS, LOGINS.c.csrf, LOGINS.c.seen).where(key, *self._standing(now))
        with self.store.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        if present and row.seen <= now - MINUTE:
            with self.store.changing() as connection:
                connection.execute(sa.update(LOGINS).where(key).values(seen=now))
        return Login(_user(row), str(row.csrf))

    def standing(self) -> set[str]:
        """Return the forms' tokens of all sessions that have not ended; asking keeps none awake."""
        query = sa.select(LOGINS.c.csrf).where(*self._standing(self.clock()))
        with self.store.reading() as connection:
            return set(connection.execute(query).scalars())

    def end(self, token: str) -> None:
        """Sign out."""
        with self.store.changing() as connection:
            connection.execute(sa.delete(LOGINS).where(LOGINS.c.token == _digest(token)))

    def _standing(self, now: int) -> Sequence[sa.ColumnElement[bool]]:
        """Return what is true of a session that has not ended."""
        return (
            USERS.c.name == LOGINS.c.user,
            USERS.c.off == 0,
            LOGINS.c.seen > now - self.idle,
            LOGINS.c.made > now - self.longest,
        )


def _net(address: str) -> str:
    """Return what one line can change of its address at will, taken away."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((found.packed, 64), strict=False))


def _user(row: sa.Row[tuple[object, ...]]) -> User:
    return User(row.name, row.role, bool(row.off), row.made)


def _role(role: str) -> Role:
    for known in ROLES:
        if role == known:
            return known
    raise AccessError(f"{role!r} is no role", where="role", mend=nearest(role, ROLES))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _too_often(left: int) -> TooOftenError:
    minutes, seconds = divmod(-(-left // SECOND), 60)
    span = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return TooOftenError("there were too many tries", mend=f"wait {span}, then try again")
