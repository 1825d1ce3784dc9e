"""Several words in one sentence. Pure."""

from collections.abc import Sequence


def listed(words: Sequence[str], before_last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"; "" for none."""
    *first, last = words or [""]
    return f"{', '.join(first)} {before_last} {last}" if first else last
