"""The ways onward. They have no names: one is what leads from one task to another."""

from collections.abc import Iterator, Mapping, Sequence

from definitions.differences.moments import rule
from definitions.differences.tasks import Names, link_changes
from definitions.differences.values import changed, listed, same
from definitions.graph import After
from definitions.schemas import JSON

_Way = Mapping[str, JSON]
#: What a way follows: a task (None: the start), done or out of time.
_Place = tuple[str | None, str]


def way_changes(
    old: Sequence[_Way], new: Sequence[_Way], before: Names, after: Names
) -> Iterator[str]:
    """`before` and `after`: what people called things in either document."""
    was, now = _by_place(old), _by_place(new)
    for place in dict.fromkeys([*now, *was]):
        yield from _at(place, was.get(place, []), now.get(place, []), before, after)


def _by_place(ways: Sequence[_Way]) -> dict[_Place, list[_Way]]:
    found: dict[_Place, list[_Way]] = {}
    for way in ways:
        place = (way.get("from"), str(way.get("after") or After.DONE.value))
        found.setdefault(place, []).append(way)
    return found


def _at(
    place: _Place, old: Sequence[_Way], new: Sequence[_Way], before: Names, after: Names
) -> Iterator[str]:
    start = _begin(place, after)
    was, now = _by_target(old), _by_target(new)
    for target, way in now.items():
        if target not in was:
            yield f"{start}: new way {_way(way, after, alone=len(new) == 1)}"
        elif not same(_own(was[target]), _own(way)):
            yield from _changed(
                f"{start}, to {after.task(way['to'])}", was[target], way, before, after
            )
    for target, way in was.items():
        if target not in now:
            yield f"{start}: no way any more {_way(way, before, alone=len(old) == 1)}"
    kept = [target for target in was if target in now]
    if kept != [target for target in now if target in was]:
        order = listed([after.task(way["to"]) for way in now.values()])
        yield f"{start}: asked in another order: {order}"


def _by_target(ways: Sequence[_Way]) -> dict[tuple[JSON, int], _Way]:
    """Several ways may lead to one task: those are counted."""
    found: dict[tuple[JSON, int], _Way] = {}
    for way in ways:
        number = 0
        while (way["to"], number) in found:
            number += 1
        found[way["to"], number] = way
    return found


def _own(way: _Way) -> dict[str, JSON]:
    return {name: value for name, value in way.items() if name not in ("from", "to", "after")}


def _changed(about: str, old: _Way, new: _Way, before: Names, after: Names) -> Iterator[str]:
    if not same(old.get("condition"), new.get("condition")):
        was, now = _when(old, before), _when(new, after)
        yield f"{about}: now {now} (was {was})" if was != now else f"{about}: condition changed"
    if old.get("label") != new.get("label"):
        yield f"{about}: {_word(new)} (was {_word(old)})"
    if old.get("priority") != new.get("priority"):
        yield f"{about}: asked at another place"
    yield from (f"{about}: {told}" for told in link_changes(old.get("ext_ref"), new.get("ext_ref")))
    known = {"condition", "label", "priority", "ext_ref", "from", "to", "after"}
    for name in sorted({*old, *new} - known):
        yield from (f"{about}: {told}" for told in changed(name, old.get(name), new.get(name)))


def _begin(place: _Place, names: Names) -> str:
    source, follows = place
    if source is None:
        return "At the start"
    if follows == After.TIMEOUT:
        return f"When the time of {names.task(source)} is over"
    return f"After {names.task(source)}"


def _way(way: _Way, names: Names, *, alone: bool) -> str:
    """`alone`: no other way is there, so that there is nothing to decide."""
    word = f" (“{way['label']}”)" if way.get("label") else ""
    when = "" if alone and way.get("condition") is None else f" {_when(way, names)}"
    return f"to {names.task(way['to'])}{word}{when}"


def _when(way: _Way, names: Names) -> str:
    if way.get("condition") is None:
        return "otherwise"
    return f"if {rule(way['condition'], names.paths)}"


def _word(way: _Way) -> str:
    return f"called “{way['label']}”" if way.get("label") else "without a word"
