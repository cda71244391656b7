"""What the look-ahead test says of one object, check by check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple


class Finding(NamedTuple):
    """One check and what it found."""

    check: str
    passed: bool
    sentence: str
    date: str = ""
    """The first session at which it failed; empty if it did not."""
    cause: str = ""
    mend: str = ""

    def __str__(self) -> str:
        said = f"{self.check}: {self.sentence}"
        if self.cause:
            said += f". Likely cause: {self.cause}"
        return f"{said}. Mend: {self.mend}" if self.mend else said


@dataclass(frozen=True)
class Examination:
    """What was found of one object.

    Parameters
    ----------
    name, kind
        Of the object; kinds are ``signal``, ``function``, ``step``, ``policy`` and ``sleeve``.
    findings
        One per check.
    """

    name: str
    kind: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(finding.passed for finding in self.findings)

    @property
    def failures(self) -> tuple[Finding, ...]:
        """What did not pass."""
        return tuple(finding for finding in self.findings if not finding.passed)

    def __str__(self) -> str:
        head = f"{self.kind} {self.name}"
        if self.passed:
            said = "; ".join(finding.sentence for finding in self.findings)
            return f"✓ {head}: passed ({said})"
        return "\n".join([f"✕ {head}: FAILED", *(f"    {each}" for each in self.failures)])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "name": self.name,
            "kind": self.kind,
            "passed": self.passed,
            "findings": [finding._asdict() for finding in self.findings],
        }
