"""Published rulebooks: programs as data files, in the language of policies, that come with it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from hedgerow.engine.program import Program
from hedgerow.engine.program_text import read
from hedgerow.errors import RangeError, nearest

_FOLDER = files("hedgerow.engine").joinpath("rulebooks")
_SUFFIX = ".toml"


@dataclass(frozen=True)
class Rulebook:
    """A program's file, and what it says of itself.

    Parameters
    ----------
    name, title
        In a word and in a sentence.
    about
        What the rule does.
    source
        Where it was published.
    conventions
        What is done otherwise than published, or not known of it.
    published
        Whether it is an index, calculated at the close, and not a rule of the source.
    text
        The file.
    """

    name: str
    title: str
    about: str
    source: str
    conventions: tuple[str, ...]
    published: bool
    text: str

    @property
    def table(self) -> dict[str, Any]:
        """The file as TOML reads it."""
        return tomllib.loads(self.text)

    @property
    def program(self) -> Program:
        """The file as a program, to trade."""
        return read(self.text)

    def as_dict(self) -> dict[str, Any]:
        """Return what it says of itself, for JSON."""
        shown = {"name": self.name, "title": self.title, "published": self.published}
        return {
            **shown,
            "about": self.about,
            "source": self.source,
            "conventions": list(self.conventions),
        }


def rulebook(name: str) -> Rulebook:
    """Return a rulebook by name.

    Raises
    ------
    RangeError
        If there is none of that name.

    Examples
    --------
    >>> rulebook("vxth").title
    'Cboe VIX Tail Hedge Index'
    >>> rulebook("vxht")
    Traceback (most recent call last):
        ...
    hedgerow.errors.RangeError: rulebook: there is no 'vxht'. Mend: did you mean 'vxth'?
    """
    if name not in names():
        raise RangeError(f"there is no '{name}'", where="rulebook", mend=nearest(name, names()))
    text = _FOLDER.joinpath(name + _SUFFIX).read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return Rulebook(
        name=name,
        title=table["title"],
        about=table["about"].strip(),
        source=table["source"].strip(),
        conventions=tuple(table["conventions"]),
        published=table["fills"] == "close",
        text=text,
    )


def names() -> list[str]:
    """Return the names of all rulebooks, sorted.

    Examples
    --------
    >>> {"bxm", "cll", "cndr", "pput", "put", "spvxst", "veqtor", "vxth"} <= set(names())
    True
    """
    found = (item.name for item in _FOLDER.iterdir())
    return sorted(name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX))


def every() -> list[Rulebook]:
    """Return all rulebooks, published indices first."""
    return sorted(map(rulebook, names()), key=lambda book: (not book.published, book.name))
