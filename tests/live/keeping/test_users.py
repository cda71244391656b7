"""Users, passwords, tries to sign in, and sessions."""

from __future__ import annotations

import os
import sqlite3
import threading

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher, Type, extract_parameters

from hedgerow.engine.ledger.coding import decode, encode
from hedgerow.errors import AccessError
from hedgerow.live.keeping import passwords
from hedgerow.live.keeping.users import Gatekeeper, Sessions, TooOftenError, Users
from hedgerow.live.store import Store
from hedgerow.live.tables import ATTEMPTS, LOGINS, USERS

GOOD, OTHER = "four words go together", "an ample grey umbrella"
MINUTE = 60 * 10**9
HASHER = passwords.hasher


class Clock:
    now = 10**18

    def __call__(self) -> int:
        return self.now

    def pass_(self, minutes: float) -> None:
        self.now += int(minutes * MINUTE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def users(tmp_path, clock) -> Users:
    return Users(Store(tmp_path / "book.db"), clock)


def kept(users: Users, table: sa.TableClause) -> list[tuple[object, ...]]:
    with users.store.changing() as connection:
        return [tuple(row) for row in connection.execute(sa.select(table))]


def secret(users: Users) -> str:
    with users.store.changing() as connection:
        return str(connection.execute(sa.select(USERS.c.secret)).scalar_one())


def test_passwords_are_hashed_as_rfc_9106_says() -> None:
    """RFC 9106, 4: the second recommended option is Argon2id, t=3, p=4, m=2^16 KiB, 128-bit salt,
    256-bit tag."""
    found = extract_parameters(HASHER().hash("x"))
    assert found.type is Type.ID
    assert (found.time_cost, found.parallelism, found.memory_cost) == (3, 4, 2**16)
    assert (found.salt_len * 8, found.hash_len * 8) == (128, 256)


def test_a_user_is_known_by_the_password_alone(users) -> None:
    event = users.add("Ann", GOOD, "approve", who="console")
    assert decode(encode(event)) == event
    assert (event.who, event.action) == ("console", "user added")
    assert event.facts == {"user": "ann", "role": "approve"}
    found = users.check("ANN", GOOD)
    assert (found.name, found.role, found.disabled) == ("ann", "approve", False)
    assert [found.may(role) for role in ("view", "approve", "admin")] == [True, True, False]
    assert users.list() == [found]
    for name, password in (
        ("ann", OTHER),
        ("ann", ""),
        ("bob", GOOD),
        ("", ""),
        ("ann", "x" * 10**6),
    ):
        assert users.check(name, password) is None
    assert secret(users).startswith("$argon2id$")


def test_the_same_keys_are_the_same_password_on_every_machine(users) -> None:
    users.add("ann", "\u00e9t\u00e9 comme hiver", "view", "console")  # composed
    assert users.check("ann", "e\u0301te\u0301 comme hiver") is not None


@pytest.mark.parametrize(
    ("name", "password", "role", "said"),
    [
        ("ann", "eleven char", "view", "password: it has 11 characters. Mend: take 12 to 256"),
        ("ann", "a b " * 65, "view", "it has 260 characters"),
        ("annabella.cook", "annabella.cook1", "view", "little more than the name"),
        ("ann", "PasswordPassword", "view", "guessed at once"),
        ("ann", "ababababababab", "view", "guessed at once"),
        ("ann", GOOD, "boss", "role: 'boss' is no role. Mend: use one of: view, approve, admin"),
        ("ann b", GOOD, "view", "'ann b' is no name"),
        ("-ann", GOOD, "view", "'-ann' is no name"),
        ("bob", GOOD, "view", "user bob: there is such a user"),
    ],
)
def test_what_will_not_do_is_told_and_never_quoted(users, name, password, role, said) -> None:
    users.add("bob", GOOD, "view", "console")
    with pytest.raises(AccessError, match=said) as caught:
        users.add(name, password, role, "console")
    assert password not in str(caught.value)
    assert [user.name for user in users.list()] == ["bob"]


def test_changes_are_told_and_end_sessions(users) -> None:
    users.add("ann", GOOD, "view", "console")
    users.add("zoe", GOOD, "admin", "console")
    sessions = Sessions(users)
    for change, action in (
        (lambda: users.set_password("ann", OTHER, "bob"), "password changed"),
        (lambda: users.set_role("ann", "admin", "bob"), "role changed"),
        (lambda: users.disable("ann", "bob"), "user disabled"),
        (lambda: users.disable("ann", "bob", off=False), "user enabled"),
    ):
        ticket = sessions.begin(users.list()[0])
        event = change()
        assert (event.who, event.action, event.facts["user"]) == ("bob", action, "ann")
        assert OTHER not in str(event)
        assert sessions.find(ticket.token) is None
        assert (users.check("ann", OTHER) is None) == (action == "user disabled")
    assert users.check("ann", GOOD) is None
    assert users.check("ann", OTHER).role == "admin"
    for change in (
        lambda: users.set_password("anna", OTHER, "bob"),
        lambda: users.set_role("anna", "view", "bob"),
        lambda: users.disable("anna", "bob"),
    ):
        with pytest.raises(
            AccessError, match=r"user anna: there is no such user. Mend: did you mean"
        ):
            change()


def test_a_hash_of_older_parameters_is_renewed_at_the_next_success(users, monkeypatch) -> None:
    users.add("ann", GOOD, "view", "console")
    before = secret(users)
    assert users.check("ann", GOOD)
    assert secret(users) == before
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr("hedgerow.live.keeping.users.hasher", lambda: stronger)
    assert users.check("ann", OTHER) is None
    assert secret(users) == before
    assert users.check("ann", GOOD)
    assert extract_parameters(secret(users)).memory_cost == 16
    assert users.check("ann", GOOD)


def test_a_user_who_does_not_exist_costs_one_verification_too(users, monkeypatch) -> None:
    users.add("ann", GOOD, "view", "console")
    seen = []

    def counted(secret: str, password: str) -> bool:
        seen.append(extract_parameters(secret))
        return passwords.fits(secret, password)

    monkeypatch.setattr("hedgerow.live.keeping.users.fits", counted)
    assert users.check("ann", OTHER) is None
    assert users.check("nobody", OTHER) is None
    assert users.check("nobody", "nobody has this password") is None
    assert len(seen) == 3
    assert seen[0] == seen[1] == seen[2]


def test_five_wrong_tries_make_one_wait(users, clock) -> None:
    users.add("ann", GOOD, "view", "console")
    gate = Gatekeeper(users)
    for i in range(5):
        with pytest.raises(AccessError, match=r"^name and password do not belong together"):
            gate.enter("ann" if i % 2 else "Ann", OTHER, f"192.0.2.{i}")
        clock.pass_(1)
    for _ in range(3):  # what is refused unseen does not count anew
        with pytest.raises(AccessError, match=r"too many tries. Mend: wait 10 min 0 s"):
            gate.enter("ann", GOOD, "192.0.2.77")
    clock.pass_(9.9)
    with pytest.raises(AccessError, match="wait 6 s"):
        gate.enter("ann", GOOD, "192.0.2.77")
    clock.pass_(0.1)
    assert gate.enter("ann", GOOD, "192.0.2.77").name == "ann"
    clock.pass_(15)
    with pytest.raises(AccessError, match="belong together"):
        gate.enter("bob", GOOD, "192.0.2.1")
    assert len(kept(users, ATTEMPTS)) == 2, "the table is pruned"


def test_an_address_that_tries_many_names_waits(users) -> None:
    users.add("ann", GOOD, "view", "console")
    gate = Gatekeeper(users, by_address=7)
    for i in range(7):
        assert gate.enter("ann", GOOD, "192.0.2.1"), "a success leaves no trace"
        with pytest.raises(AccessError, match="belong together"):
            gate.enter(f"name{i}", OTHER, "192.0.2.1")
    with pytest.raises(AccessError, match="too many tries"):
        gate.enter("ann", GOOD, "192.0.2.1")
    assert gate.enter("ann", GOOD, "192.0.2.2")


def test_tries_at_the_same_time_are_counted_before_they_are_judged(users) -> None:
    users.add("ann", GOOD, "view", "console")
    gate, said = Gatekeeper(users), []

    def knock() -> None:
        with pytest.raises(AccessError) as caught:
            gate.enter("ann", OTHER, "192.0.2.1")
        said.append(caught.value.what)

    threads = [threading.Thread(target=knock) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.count("name and password do not belong together") == 5
    assert said.count("there were too many tries") == 7


def test_a_session_ends_when_idle_and_in_any_case(users, clock) -> None:
    users.add("ann", GOOD, "view", "console")
    ann, sessions = users.list()[0], Sessions(users)
    ticket = sessions.begin(ann)
    clock.pass_(29.9)
    assert sessions.find(ticket.token).user == ann
    clock.pass_(30)
    assert sessions.find(ticket.token) is None
    ticket = sessions.begin(ann)
    assert len(kept(users, LOGINS)) == 1, "sessions that have ended are forgotten"
    for _ in range(36):
        clock.pass_(19.99)
        assert sessions.find(ticket.token)
    clock.pass_(1)
    assert sessions.find(ticket.token) is None


def test_a_stolen_book_opens_no_session(users, tmp_path) -> None:
    users.add("ann", GOOD, "view", "console")
    sessions = Sessions(users)
    ticket = sessions.begin(users.list()[0])
    dump = "\n".join(sqlite3.connect(tmp_path / "book.db").iterdump())
    assert ticket.token not in dump
    assert GOOD not in dump
    (row,) = kept(users, LOGINS)
    assert sessions.find(str(row[0])) is None
    assert len(ticket.token) >= 43  # 256 bits in base64


def test_sessions_end_one_or_all(users) -> None:
    users.add("ann", GOOD, "view", "console")
    users.add("bob", GOOD, "view", "console")
    sessions, (ann, bob) = Sessions(users), users.list()
    first, second, third, other = (sessions.begin(user) for user in (ann, ann, ann, bob))
    login = sessions.find(first.token)
    assert (login.csrf, len({first.csrf, second.csrf, third.csrf})) == (first.csrf, 3)
    sessions.end(first.token)
    assert [sessions.find(t.token) is None for t in (first, second)] == [True, False]
    users.set_password("Ann", GOOD, "console")
    assert [sessions.find(t.token) for t in (second, third)] == [None, None]
    assert sessions.find(other.token).user == bob
    assert sessions.find("") is None


def test_addresses_of_one_line_count_together(users) -> None:
    gate = Gatekeeper(users, by_name=100, by_address=3)
    for i in range(3):
        with pytest.raises(AccessError, match="do not belong together"):
            gate.enter(f"user{i}", GOOD, f"2001:db8:1:2::{i + 1:x}")
    with pytest.raises(TooOftenError):
        gate.enter("ann", GOOD, "2001:db8:1:2:ffff::9")
    for other in ("2001:db8:1:3::1", "192.0.2.1", "192.0.2.2", "no address"):
        with pytest.raises(AccessError, match="do not belong together"):
            gate.enter("ann", GOOD, other)


def test_few_passwords_are_looked_at_together(users, monkeypatch) -> None:
    monkeypatch.setattr("hedgerow.live.keeping.users._QUEUE", 0.01)
    gate, going, over = Gatekeeper(users), threading.Event(), threading.Semaphore(0)

    def slow(*_: object) -> None:
        over.release()
        going.wait(10.0)

    monkeypatch.setattr(users, "check", slow)

    def enter(name: str) -> None:
        with pytest.raises(AccessError, match="do not belong together"):
            gate.enter(name, GOOD, "192.0.2.1")

    busy = [threading.Thread(target=enter, args=(name,)) for name in ("ann", "bob")]
    for each in busy:
        each.start()
    for _ in busy:
        assert over.acquire(timeout=10.0)
    with pytest.raises(TooOftenError, match="at once"):
        gate.enter("eve", GOOD, "192.0.2.2")
    going.set()
    for each in busy:
        each.join()


def test_the_last_admin_stays(users) -> None:
    users.add("ann", GOOD, "admin", "console")
    users.add("bob", GOOD, "admin", "console")
    ticket = Sessions(users).begin(users.list()[0])
    users.disable("bob", "console")
    for change in (
        lambda: users.disable("ann", "console"),
        lambda: users.set_role("Ann", "approve", "console"),
    ):
        with pytest.raises(AccessError, match="nobody would be left"):
            change()
    assert users.check("ann", GOOD).may("admin")
    assert Sessions(users).find(ticket.token), "what is refused changes nothing"
    users.set_password("ann", OTHER, "console")
    users.disable("bob", "console", off=False)
    assert users.disable("ann", "console").action == "user disabled"


def test_a_new_book_is_its_owners_alone(tmp_path) -> None:
    before = os.umask(0o000)
    try:
        store = Store(tmp_path / "book.db")
        Users(store).add("ann", GOOD, "admin", "console")
    finally:
        os.umask(before)
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name
