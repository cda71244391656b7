"""Words that nobody means, and what a command may do with them."""

from __future__ import annotations

from hypothesis import strategies as st

from cli.console import call

WORDS = st.one_of(
    st.sampled_from(["", "nan", "inf", "-inf", "0", "-1", "1e308", "-1e308", "1e-320", "0x1", "½"]),
    st.floats().map(repr),
    st.integers(-(10**20), 10**20).map(str),
    st.dates().map(str),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
)


def refused_or_told(args: list[str]) -> None:
    """Nothing but an answer, a sentence of ours, or the reader's own word on an option."""
    result = call(*args)
    assert isinstance(result.exception, SystemExit | None), (args, result.exception)
    assert result.exit_code in {0, 2}, args
    if result.exit_code == 2 and not result.stderr.startswith("Usage: "):
        assert result.stderr.startswith("hedgerow: "), args
        assert result.stderr.count("\n") == 1, args
    if result.exit_code == 0:
        assert " nan" not in result.stdout.lower(), args
