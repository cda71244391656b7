import os
from pathlib import Path

import numpy as np
import pytest

from hedgerow.data import Loaded, load

REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def repo() -> Path:
    return REPO


def _folder() -> Path:
    given = os.environ.get("HEDGEROW_REALDATA")
    return Path(given) if given else REPO.parent / "shared" / "data"


@pytest.fixture(scope="session")
def real_folder() -> Path:
    folder = _folder()
    if not (folder / "vix" / "VIX_History.csv").is_file():
        pytest.skip("the real market files (../shared/data or HEDGEROW_REALDATA) are not here")
    return folder


@pytest.fixture(scope="session")
def real(real_folder) -> Loaded:
    return load(real_folder)


class Shelf:
    """A folder of small files in vendors' layouts, five sessions from 2020-01-02."""

    days = ("2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08", "2020-01-09")
    closes = (3257.85, 3234.85, 3246.28, 3237.18, 3253.05, 3274.70)
    vix = (12.47, 14.02, 13.85, 13.79, 13.45, 12.54)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spx()
        self.cboe()

    def write(self, name: str, lines: list[str]) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def spx(self, name: str = "^GSPC.csv", rows: list[str] | None = None) -> Path:
        given = [f"{d},{c},{c},{c},{c},{c},0" for d, c in zip(self.days, self.closes, strict=True)]
        return self.write(name, ["Date,Open,High,Low,Close,Adj Close,Volume", *(rows or given)])

    def cboe(self, name: str = "VIX_History.csv", rows: list[str] | None = None) -> Path:
        given = [self.bar(d, v) for d, v in zip(self.days, self.vix, strict=True)]
        return self.write(name, ["DATE,OPEN,HIGH,LOW,CLOSE", *(given if rows is None else rows)])

    @staticmethod
    def bar(day: str, value: object) -> str:
        year, month, date = day.split("-")
        return f"{month}/{date}/{year},{value},{value},{value},{value}"

    def bars(self, **changes: object) -> list[str]:
        """VIX rows with some values replaced, by ``d06=…`` for 6 January."""
        return [
            self.bar(d, changes.get(f"d{d[-2:]}", v))
            for d, v in zip(self.days, self.vix, strict=True)
        ]

    def load(self, **dates: str) -> Loaded:
        return load(self.folder, **dates)


@pytest.fixture
def shelf(tmp_path) -> Shelf:
    return Shelf(tmp_path / "data")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20200316)
