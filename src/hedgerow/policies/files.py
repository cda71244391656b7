"""Policy files: TOML on disk, read strictly and never overwritten by surprise."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hedgerow.core.policy import Policy
from hedgerow.errors import HedgerowError, PolicyError
from hedgerow.files import not_written, write_whole
from hedgerow.policies.catalog import absent, rules, starter

Parsed = TypeVar("Parsed")


def read(path: str | os.PathLike[str]) -> Policy:
    """Read a policy file.

    Parameters
    ----------
    path
        A TOML file as ``hedgerow policy new`` writes it.

    Raises
    ------
    PolicyError
        If the file is missing, unreadable or wrong; names file and field.
    """
    return parsed(path, Policy.from_toml, "policy", "hedgerow policy new --out FILE")


def named(text: str) -> Policy:
    """Return the policy that a word of a command line means.

    Parameters
    ----------
    text
        ``RULE`` or ``RULE@PRESET`` for a rule with the overlays of the spec, or the path of a
        policy file; a word that is both is the rule.

    Raises
    ------
    PolicyError
        If it is neither, or the file cannot be read.

    Examples
    --------
    >>> named("linear@option-a").name
    'linear-option-a'
    """
    rule, at, variant = text.partition("@")
    known = rules()
    path = Path(text)
    if rule not in known and (path.suffix or len(path.parts) > 1 or path.exists()):
        return read(path)
    if rule not in known:
        raise PolicyError("this is neither a rule nor a policy file", where=text, mend=absent(rule))
    try:
        return starter(rule, variant if at else None)
    except PolicyError as error:
        raise PolicyError(error.what, where=text, mend=error.mend) from None


def parsed(
    path: str | os.PathLike[str], parse: Callable[[str], Parsed], noun: str, maker: str
) -> Parsed:
    """Read a file of ours and parse it; the mistakes of either name the file.

    Parameters
    ----------
    path
        A TOML file.
    parse
        Makes something of its text.
    noun, maker
        What it should be, and the command that writes one.

    Raises
    ------
    HedgerowError
        If the file is missing, unreadable or wrong; names file and field.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PolicyError(
            f"there is no such {noun} file",
            where=str(file),
            mend=f"check the path, or write one with `{maker}`",
        ) from None
    except IsADirectoryError:
        raise PolicyError(
            "this is a folder", where=str(file), mend="name the .toml file inside it"
        ) from None
    except UnicodeDecodeError:
        raise PolicyError(
            "this is not a text file", where=str(file), mend="save as UTF-8"
        ) from None
    except OSError as error:
        raise PolicyError(
            f"the file cannot be read ({error.strerror or error})",
            where=str(file),
            mend="check its permissions",
        ) from None
    try:
        return parse(text)
    except HedgerowError as error:
        where = f"{file}: {error.where}" if error.where else str(file)
        raise type(error)(error.what, where=where, mend=error.mend) from None


def fresh(file: Path, *, force: bool = False) -> Path:
    """Return the path of a file to be written, unless one that must stay is there.

    Parameters
    ----------
    file
        Where.
    force
        Whether a file that is there already may be replaced.

    Raises
    ------
    PolicyError
        If it is a folder, or there already.
    """
    if file.is_dir():
        raise PolicyError("this is a folder", where=str(file), mend="name a file inside it")
    if file.exists() and not force:
        raise PolicyError(
            "the file is there already", where=str(file), mend="add --force to replace it"
        )
    return file


def write(policy: Policy, path: str | os.PathLike[str], *, force: bool = False) -> Path:
    """Write a policy file whole or not at all.

    Parameters
    ----------
    policy
        What to write.
    path
        Where; missing folders are made.
    force
        Whether a file that is there already may be replaced.

    Raises
    ------
    PolicyError
        If the file is there already, or cannot be written.
    """
    file = fresh(Path(path), force=force)
    text = policy.to_toml()
    try:
        write_whole(file, text)
    except OSError as error:
        raise not_written(PolicyError, "the file", file, error) from None
    return file
