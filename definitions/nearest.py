"""What somebody may have meant by a word that nothing knows. Pure."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

#: Looking takes its time, so of more words only those that begin or end alike are compared.
MOST_COMPARED = 300


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint with the nearest known word, or nothing."""
    known = sorted(known)
    if len(known) > MOST_COMPARED:
        head, tail = word[:2], word[-3:]
        known = [one for one in known if one.startswith(head) or one.endswith(tail)]
    by_plain = {plain(candidate): candidate for candidate in known[:MOST_COMPARED]}
    near = get_close_matches(plain(word)[:100], by_plain, n=1)
    return f"Did you mean “{by_plain[near[0]]}”?" if near else ""


@lru_cache(4096)
def plain(name: str) -> str:
    """Without what only the fashion of writing names adds: `taskType`, `task_type`, `Task Type`."""
    return re.sub(r"[\s_$-]", "", name).casefold()
