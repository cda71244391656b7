"""What was wrong with the data and what was done about it: findings, by named rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Action = Literal["repaired", "dropped", "refused", "noted"]

RULES: dict[str, str] = {
    "vix-zero": "A VIX of zero or less is not a price: the value is dropped.",
    "out-of-range": "A value outside what the index can be is dropped.",
    "vix-gap": "Up to three sessions without a VIX carry the last one.",
    "index-gap": "Up to three sessions without an NDX, RUT, VXN, RVX or fund carry the last one.",
    "nan-run": "Missing index closes are refused; missing VIX stays unknown, no run may cross it.",
    "date-duplicate": "A date twice with the same values loses its second row; else refused.",
    "date-unordered": "Rows out of order are sorted.",
    "date-unreadable": "A date that cannot be read is refused.",
    "text-in-number": "Text where a number belongs is refused.",
    "decimal-comma": "A decimal comma is read as a point where it can mean nothing else.",
    "thousands-comma": "A thousands separator is removed where it can mean nothing else.",
    "row-ragged": "A row with more fields than the header is refused.",
    "header-duplicate": "A header that names a column twice is refused.",
    "ohlc-inconsistent": "An open or close outside its bar's range is noted; the close is used.",
    "spike": "A move that the next session takes back, too large to be a market, is dropped.",
    "session-missing": "Sessions without a row are noted; where most are missing, refused.",
    "stale": "The same value many sessions running is noted.",
    "price-x10": "VIX futures before 26 March 2007 were quoted times ten: divided by ten.",
    "settle-zero": "A settle of zero takes the close; a row without either is dropped.",
    "settle-placeholder": "A settle without trades, far from both neighbours, is dropped.",
    "contract-missing": "An expected monthly contract has no prices; its rank stays empty.",
    "contract-unknown": "A futures file whose contract cannot be told is not used.",
    "contract-weekly": "Weekly VIX futures are read past; only monthly contracts are ranked.",
    "source-conflict": "Two files disagree on a date; the preferred file wins.",
    "edge-trimmed": "Sessions before the first or after the last VIX are left out.",
    "range-clipped": "A wished date lies outside the data; the data's own edge is used.",
    "not-used": "A file that this loader has no use for is left alone.",
    "vix-modelled": "Without a published VIX, one is modelled from the index.",
    "session-unknown": "An index quoted on a day without an S&P 500 close is left out.",
    "weights-sum": "Sector weights of a date that do not sum to 98 … 102 % are dropped.",
    "sectors-unknown": "Holdings without a table of their sectors are not used.",
    "ratio-negative": "A P/E or P/CF of zero or less is left out of its dispersion.",
    "event-unscheduled": "An event called at short notice is known from its own day on.",
    "contract-expired": "An option that had expired when it was quoted is dropped.",
    "contract-duplicate": "An option twice, quoted alike, loses its second row; else refused.",
    "quote-missing": "An option without a bid or an ask is dropped.",
    "quote-negative": "A negative bid or ask is dropped.",
    "quote-empty": "An option with a bid and an ask of zero is dropped.",
    "quote-crossed": "A bid above its ask is dropped.",
    "quote-zero-bid": "An ask without a bid is noted; fits leave it out.",
    "quote-stale": "A quoted option without a trade in five days is noted.",
    "parity-side": "Off put-call parity the option in the money is dropped, an American one noted.",
    "bar-scaled": "Whole intraday prices with a median above 20,000 are divided by 10,000.",
    "bar-stamp": "What a bar's stamp means is told by layout, offset or the volume of the opening.",
    "bar-unusable": "An intraday bar without a time or with a price of zero or less is dropped.",
    "bar-duplicate": "A bar twice with the same prices loses its second row; else refused.",
    "bar-outside": "Intraday bars outside the regular session are left out.",
    "bar-gap": "A bar that is missing carries the last close of its session.",
    "session-part": "A session that lacks bars is noted; what is there is used.",
    "split": "A jump overnight by a whole ratio is a split: prices are put on one footing.",
    "fund-changed": "A fund back after ten sessions without a bar is another: no run may cross it.",
    "rate-assumed": "American quotes do not tell the rate; 3 % is taken unless one is given.",
}
"""Every rule by name, in one sentence each; ``docs/data.md`` prints this table."""

_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """One thing that was wrong, and what was done about it.

    Parameters
    ----------
    rule
        A key of :data:`RULES`.
    file
        The file or folder, relative to the data folder.
    column
        The market column or the file's own column.
    count
        How many rows, files or sessions are affected.
    action
        ``repaired``, ``dropped``, ``refused`` or ``noted``.
    sentence
        One sentence for a person.
    first
        The first few affected places, such as ``2007-03-20 (row 24)``.
    """

    rule: str
    file: str
    column: str
    count: int
    action: Action
    sentence: str
    first: tuple[str, ...] = ()


@dataclass(frozen=True)
class QualityReport:
    """All findings of one load.

    Examples
    --------
    >>> report = QualityReport((Finding("vix-zero", "vix.csv", "vix", 1, "dropped", "gone"),))
    >>> report.as_dict()["counts"]
    {'dropped': 1}
    >>> [finding.rule for finding in report]
    ['vix-zero']
    """

    findings: tuple[Finding, ...] = ()

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def of(self, rule: str) -> tuple[Finding, ...]:
        """Return the findings of one rule, in the order they were made."""
        return tuple(finding for finding in self.findings if finding.rule == rule)

    def as_dict(self) -> dict[str, Any]:
        """Return plain lists, strings and numbers, ready for JSON."""
        counts: dict[str, int] = {}
        for finding in self.findings:
            counts[finding.action] = counts.get(finding.action, 0) + 1
        rows = [{**asdict(finding), "first": list(finding.first)} for finding in self.findings]
        return {"counts": counts, "findings": rows}

    def summary(self) -> str:
        """Return one line per finding, the weightiest first.

        Examples
        --------
        >>> QualityReport().summary()
        'no findings'
        """
        if not self.findings:
            return "no findings"
        order = {"refused": 0, "dropped": 1, "repaired": 2, "noted": 3}
        ranked = sorted(self.findings, key=lambda f: (order[f.action], f.rule, f.file))
        return "\n".join(
            f"{f.action:<8}  {f.rule:<18}  {f.count:>6}  {f.file}: {f.sentence}" for f in ranked
        )


@dataclass
class Findings:
    """The open list that a load writes its findings to; :meth:`report` closes it."""

    rows: list[Finding] = field(default_factory=list)

    def add(
        self,
        rule: str,
        sentence: str,
        *,
        action: Action,
        file: str = "",
        column: str = "",
        count: int = 1,
        first: Iterable[str] = (),
    ) -> None:
        """Write one finding; ``rule`` must be a key of :data:`RULES`."""
        if rule not in RULES:
            raise ValueError(f"unknown quality rule {rule!r}")
        shown = tuple(first)[:_SHOWN]
        self.rows.append(Finding(rule, file, column, int(count), action, sentence, shown))

    def report(self) -> QualityReport:
        """Return what was found so far, frozen."""
        return QualityReport(tuple(self.rows))
