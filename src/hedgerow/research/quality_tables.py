"""How the modules that judge models print their tables."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from hedgerow.errors import HedgerowError


def print_tables(module: str, arguments: Sequence[str], tables: Callable[[str], str]) -> int:
    """Print the tables of one data folder; return 0, or 2 after a sentence on what is wrong.

    Parameters
    ----------
    module
        Name in this package, for the line that tells the usage.
    arguments
        Of the command line: one folder.
    tables
        Makes Markdown of a folder.

    Examples
    --------
    >>> print_tables("curve_quality", ["DIR"], lambda folder: f"tables of {folder}")
    tables of DIR
    0
    """
    if len(arguments) != 1:
        print(f"usage: python -m hedgerow.research.{module} DIR", file=sys.stderr)
        return 2
    try:
        print(tables(arguments[0]))
    except HedgerowError as error:
        print(error, file=sys.stderr)
        return 2
    return 0
