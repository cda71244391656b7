"""What the results of tuning share: the answer in words, as plain values, and as a page."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from hedgerow.api import Answer, path_to, plain
from hedgerow.api.judging import Judged

if TYPE_CHECKING:
    from hedgerow.research.overfit.luck import Luck


class Tuned(Answer, ABC):
    """A study of a policy's numbers.

    ``print(result)`` shows the answer, :meth:`report` writes a page, :meth:`to_dict` gives
    everything as plain values.
    """

    def __init__(self, found: Any) -> None:
        self.found = found

    def __str__(self) -> str:
        return str(self._words().summarise(self.found))

    def __repr__(self) -> str:
        return f"{self.found!r}; print() for more"

    @abstractmethod
    def _words(self) -> ModuleType:
        """Return the module that tells it: ``summarise``, ``to_dict`` and ``write``."""

    @property
    def luck(self) -> Luck | None:
        """What the number of trials on the same data leaves of its Sharpe ratio (spec D7)."""
        luck: Luck | None = self.found.luck
        return luck

    def report(self, path: str | Path) -> Path:
        """Write the page, one HTML file that opens offline, and return its path."""
        written: Path = self._words().write(self.found, path_to(path, "report.html"))
        return written

    def to_dict(self) -> dict[str, Any]:
        """Return every number as plain values; NaN becomes None."""
        return self._plain

    @cached_property
    def _plain(self) -> dict[str, Any]:
        clean: dict[str, Any] = plain(self._words().to_dict(self.found))
        return clean


class Chosen(Judged, Tuned):
    """A study whose numbers were chosen, and what they did afterwards judged."""

    def __str__(self) -> str:
        return str(self._words().summarise(self.found, self._told()))

    def report(self, path: str | Path) -> Path:
        """Write the page, one HTML file that opens offline, and return its path."""
        place = path_to(path, "report.html")
        written: Path = self._words().write(self.found, place, self.verdict)
        return written

    def to_dict(self) -> dict[str, Any]:
        """Return every number and the verdict as plain values; NaN becomes None."""
        return self._with_verdict(self._plain)
