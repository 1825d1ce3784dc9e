"""Values and plain parts, as a sentence shows them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from definitions import listing
from definitions.schemas import JSON

Lines = Iterator[str]
#: Longer values are cut, and longer texts only said to be changed.
LONGEST, LONGEST_TEXT = 80, 160
MOST_LISTED = 6
MISSING: Any = object()


def same(old: JSON, new: JSON) -> bool:
    """As documents compare: 1 is not true, and the order of names counts only in forms."""
    return type(old) is type(new) and json.dumps(old, sort_keys=True) == json.dumps(
        new, sort_keys=True
    )


def shown(value: JSON) -> str:
    """Quoted and short: “text”, 5, yes, nothing."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"
    if isinstance(value, str):
        return f"“{_short(value)}”"
    if isinstance(value, list) and all(not isinstance(one, dict | list) for one in value):
        return listed([shown(one) for one in value]) if value else "none"
    return _short(json.dumps(value, ensure_ascii=False))


def listed(words: Sequence[str]) -> str:
    """ "a, b and c"; the rest is counted."""
    if not words:
        return "none"
    if len(words) > MOST_LISTED:
        return f"{', '.join(words[:MOST_LISTED])} and {len(words) - MOST_LISTED} more"
    return listing.listed(words)


def changed(called: str, old: JSON, new: JSON, say: Callable[[JSON], str] = shown) -> Iterator[str]:
    """One line where a part came, went or changed; MISSING stands for one that is not there."""
    if old is MISSING and new is MISSING:
        return
    if old is MISSING:
        yield f"{called}: now {say(new)}"
    elif new is MISSING:
        yield f"{called} removed (was {say(old)})"
    elif not same(old, new):
        was, now = say(old), say(new)
        if was == now or len(was) + len(now) > LONGEST_TEXT:
            yield f"{called} changed"
        else:
            yield f"{called}: {was} → {now}"


def each_changed(
    old: Mapping[str, JSON],
    new: Mapping[str, JSON],
    called: Mapping[str, str],
    but: Sequence[str] = (),
) -> Iterator[str]:
    """The rest of a group, by what people call its parts; what has no such name goes by its own."""
    for name in dict.fromkeys([*called, *old, *new]):
        if name not in but:
            yield from changed(
                called.get(name, f"“{name}”"), old.get(name, MISSING), new.get(name, MISSING)
            )


def mapping(value: JSON) -> Mapping[str, JSON]:
    return value if isinstance(value, Mapping) else {}


def sequence(value: JSON) -> Sequence[JSON]:
    return value if isinstance(value, list) else ()


def is_moved(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether those that both have stand in another order."""
    kept = [name for name in old if name in new]
    return kept != [name for name in new if name in old]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
