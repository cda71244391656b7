"""Passwords: what is asked of one, and how it is kept (Argon2id, RFC 9106)."""

from __future__ import annotations

import functools
import unicodedata
from typing import TYPE_CHECKING

from hedgerow.errors import AccessError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 256
_BESIDES = 8
_DISTINCT = 6
_KNOWN = """
    password1234 password12345 password123456 passwordpassword passw0rd1234 p@ssw0rd1234
    qwertyuiop12 qwertyuiop123 qwerty123456 qwertyqwerty qwertyuiopasdf asdfghjkl123 1q2w3e4r5t6y
    1qaz2wsx3edc zaq12wsxcde3 123456789012 1234567890123 1234567890abc 123456789abc 0123456789ab
    abcdefghijkl abcd12345678 abc123456789 iloveyou1234 letmein12345 letmeinletmein welcome12345
    welcome123456 changeme1234 changemechangeme administrator administrator1 adminadminadmin
    correcthorsebatterystaple hedgerowhedgerow hedgerow1234 trustno1trustno1 monkey123456
    sunshine1234 football1234 baseball1234 dragon123456 superman1234 princess1234
"""


def proper(password: str, name: str) -> str:
    """Return a password in the form in which it is hashed, if it may be one.

    Parameters
    ----------
    password
        At least twelve characters; compared in Unicode's form NFKC.
    name
        Of its user; the password has eight characters more than that at least.

    Raises
    ------
    AccessError
        If it is short, known to everybody, or little but the name; it is not quoted.

    Examples
    --------
    >>> proper("a winter's tale", "ann")
    "a winter's tale"
    >>> proper("aaaaaaaaaaaa", "ann")
    Traceback (most recent call last):
        ...
    hedgerow.errors.AccessError: password: it is guessed at once. Mend: take four words that do \
not belong together
    """
    form = normal(password)
    plain = form.casefold()
    if not SHORTEST <= len(form) <= LONGEST:
        raise AccessError(
            f"it has {len(form)} characters",
            where="password",
            mend=f"take {SHORTEST} to {LONGEST}",
        )
    if name.casefold() in plain and len(plain.replace(name.casefold(), "")) < _BESIDES:
        raise AccessError("it is little more than the name", where="password", mend="take another")
    if plain in _KNOWN.split() or len(set(plain)) < _DISTINCT:
        raise AccessError(
            "it is guessed at once",
            where="password",
            mend="take four words that do not belong together",
        )
    return form


def normal(password: str) -> str:
    """Return Unicode's form NFKC: the same keys give the same text on every machine."""
    return unicodedata.normalize("NFKC", password)


@functools.cache
def hasher() -> PasswordHasher:
    """Return what hashes: Argon2id with the library's parameters, RFC 9106's second choice."""
    from argon2 import PasswordHasher

    return PasswordHasher()


@functools.cache
def decoy() -> str:
    """Return the hash that is checked for a user who does not exist, so that it takes as long."""
    return hasher().hash("nobody has this password")


def fits(secret: str, password: str) -> bool:
    """Say whether a password belongs to a hash."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return hasher().verify(secret, normal(password[: 4 * LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
