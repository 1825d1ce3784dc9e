"""Templates, place by place: “what is sent, item: the subject”."""

from collections.abc import Iterator, Mapping

from definitions.differences.moments import Labels, rule
from definitions.differences.values import MISSING, changed, same, shown
from definitions.logic.transforms import LITERAL, LIVE
from definitions.schemas import JSON


def template_changes(called: str, old: JSON, new: JSON, labels: Labels) -> Iterator[str]:
    """What differs between two templates; None or MISSING stands for none."""
    if old in (None, MISSING) or new in (None, MISSING):
        there = "set" if old in (None, MISSING) else "removed"
        value = new if there == "set" else old
        names = ", ".join(f"“{name}”" for name, _ in _leaves(value) if name)
        yield f"{called} {there}{f': {names}' if names else ''}"
        return
    was, now = dict(_leaves(old)), dict(_leaves(new))
    told = list(_places(called, was, now, labels))
    yield from told or [f"{called} put together otherwise"]


def _places(
    called: str, was: Mapping[str, JSON], now: Mapping[str, JSON], labels: Labels
) -> Iterator[str]:
    for place in dict.fromkeys([*now, *was]):
        old, new = was.get(place, MISSING), now.get(place, MISSING)
        if old is not MISSING and new is not MISSING and same(old, new):
            continue
        name = f"{called}, “{place}”" if place else called
        told = list(changed(name, old, new, lambda value: _said(value, labels)))
        yield from told or [f"{name} changed"]


def _said(value: JSON, labels: Labels) -> str:
    if isinstance(value, Mapping) and set(value) == {LIVE}:
        return rule(value[LIVE], labels)
    return shown(value)


def _leaves(value: JSON, path: str = "") -> Iterator[tuple[str, JSON]]:
    """(dotted place, what stands there); live and literal leaves are not gone into."""
    is_leaf = isinstance(value, Mapping) and set(value) & {LIVE, LITERAL}
    inner = (
        value.items()
        if isinstance(value, Mapping) and value and not is_leaf
        else enumerate(value)
        if isinstance(value, list) and value
        else ()
    )
    if not inner:
        yield path, value
    for name, part in inner:
        yield from _leaves(part, f"{path}.{name}" if path else str(name))
