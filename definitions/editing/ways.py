"""The ways onward of a workflow's document."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from definitions.bundle.canonical import priorities
from definitions.editing.errors import NotThere
from definitions.editing.parts import Document
from definitions.graph import After


def ways_of(
    document: Mapping[str, Any], source: str | None, after: str = After.DONE.value
) -> list[Document]:
    """Copies of the ways onward from a task (None: the start), in the order in which they are
    tried; the one without a condition stands last.

    Raises:
        NotThere: the workflow has no such task.
    """
    _must_exist(document, source)
    ways = document.get("transitions", ())
    ranked = [
        (way.get("condition") is None, priority, number)
        for number, (way, priority) in enumerate(zip(ways, priorities(ways), strict=True))
        if leaves(way, source, after)
    ]
    return [deepcopy(ways[number]) for _, _, number in sorted(ranked)]


def replace_ways(
    document: Mapping[str, Any],
    source: str | None,
    ways: Iterable[Mapping[str, Any]],
    after: str = After.DONE.value,
) -> Document:
    """With these ways onward from a task (None: the start), tried in this order.

    What each says of `from`, `after` and `priority` does not count: it follows from where it
    stands.

    Raises:
        NotThere: no such task, or a way leads to none.
    """
    _must_exist(document, source)
    found = deepcopy(dict(document))
    new = []
    for way in ways:
        _must_exist(document, way.get("to"))
        rest = {name: value for name, value in way.items() if name not in _GIVEN}
        new.append({**lead(source, way.get("to"), after), **deepcopy(rest)})
    old = found.get("transitions", [])
    place = next((n for n, way in enumerate(old) if leaves(way, source, after)), len(old))
    kept = [way for way in old if not leaves(way, source, after)]
    found["transitions"] = [*kept[:place], *new, *kept[place:]]
    return found


_GIVEN = ("from", "to", "after", "priority")


def leaves(way: Mapping[str, Any], source: str | None, after: str) -> bool:
    """Whether a way is one of those that follow a task in this manner."""
    return way.get("from") == source and way.get("after", After.DONE) == after


def lead(source: str | None, target: str | None, after: str = After.DONE.value) -> Document:
    """A way without a condition."""
    start = {} if source is None else {"from": source}
    late = {} if after == After.DONE else {"after": after}
    return {**start, "to": target, **late}


def ends_here(source: str) -> Document:
    return lead(source, None)


def _must_exist(document: Mapping[str, Any], key: str | None) -> None:
    if key is not None and all(task["key"] != key for task in document.get("tasks", ())):
        raise NotThere(f"This workflow has no step “{key}” (any more).")
