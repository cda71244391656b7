"""Takes secrets out of what is logged or told."""

from __future__ import annotations

import re

HIDDEN = "[hidden]"
"""What stands for a secret."""

_NAMES = r"pass(?:word|wd|phrase)?|secret|token|api[_-]?key|authorization|cookie|csrf|credentials?"
_SECRET = re.compile(rf"(?:^|[_\-.])(?:{_NAMES})s?$", re.I)
_PAIR = re.compile(rf"\b((?:\w+[_-])?(?:{_NAMES}))(\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&]+)", re.I)
_BEARER = re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.I)
_USERINFO = re.compile(r"\b([a-z][a-z0-9+.-]*://)[^\s/@]+@", re.I)
_QUERY = re.compile(r"\b([a-z][a-z0-9+.-]*://[^\s?]*)\?[^\s]+", re.I)
_HASH = re.compile(r"\$argon2[a-z]*\$[^\s]+")


def secret(name: str) -> bool:
    """Say whether what goes by a name is a secret.

    Examples
    --------
    >>> [name for name in ("user_password", "API-Key", "tokens", "passed", "key") if secret(name)]
    ['user_password', 'API-Key', 'tokens']
    """
    return _SECRET.search(name) is not None


def redacted(text: str) -> str:
    """Return a text without what looks like a secret in it.

    Hidden are users and passwords in addresses, the queries of addresses, hashes of passwords, and
    what follows ``password=``, ``token:`` and the like.

    Examples
    --------
    >>> redacted("cannot reach postgresql://ann:geheim@db/book?sslkey=x, token=abc def")
    'cannot reach postgresql://[hidden]@db/book?[hidden] token=[hidden] def'
    """
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    text = _QUERY.sub(rf"\1?{HIDDEN}", text)
    text = _HASH.sub(HIDDEN, text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    return _PAIR.sub(rf"\1\2{HIDDEN}", text)
