"""What numbers depend on beside the job: the versions of what computes them."""

from __future__ import annotations

import hashlib
import platform
import sys
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

ROOMS = ("core", "engine", "instruments", "policies", "pricing", "research", "simulate")
"""Where Hedgerow's numbers come from."""


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Return the versions of what the last bit of a number may depend on, by name.

    Examples
    --------
    >>> sorted(versions())
    ['hedgerow', 'numba', 'numpy', 'processor', 'python', 'scipy']
    """
    return {
        "hedgerow": f"{version('hedgerow')}+{_sources()}",
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "numpy": version("numpy"),
        "numba": version("numba"),
        "scipy": version("scipy"),
        "processor": platform.machine(),
    }


def differences(ours: dict[str, str], theirs: dict[str, str]) -> str:
    """Return in words what differs, empty if nothing does.

    Examples
    --------
    >>> differences({"numpy": "2.4.1", "numba": "0.68"}, {"numpy": "2.3.0", "numba": "0.68"})
    'numpy 2.3.0 (here 2.4.1)'
    """
    names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    return ", ".join(
        f"{name} {theirs.get(name, 'unknown')} (here {ours.get(name, 'unknown')})" for name in names
    )


def _sources() -> str:
    """Return a short hash of the code: two checkouts of one version may differ."""
    root, state = Path(__file__).resolve().parents[2], hashlib.sha256()
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            state.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return state.hexdigest()[:8]
