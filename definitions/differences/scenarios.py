"""Scenarios, by their titles: what is submitted, answered, said by other systems, expected."""

from collections.abc import Iterator, Mapping, Sequence

from definitions.differences.tasks import Names
from definitions.differences.values import (
    MISSING,
    changed,
    each_changed,
    is_moved,
    mapping,
    same,
    sequence,
    shown,
)
from definitions.schemas import JSON

_Scenario = Mapping[str, JSON]


def scenario_changes(
    old: Sequence[_Scenario], new: Sequence[_Scenario], names: Names
) -> Iterator[str]:
    was = {str(one["title"]): one for one in old}
    now = {str(one["title"]): one for one in new}
    for title, scenario in now.items():
        if title not in was:
            yield f"scenario “{title}” added"
        else:
            told = _scenario(was[title], scenario, names)
            yield from (f"scenario “{title}”: {line}" for line in told)
    for title in was:
        if title not in now:
            yield f"scenario “{title}” removed"
    if is_moved(list(was), list(now)):
        yield "scenarios in another order"


def _scenario(old: _Scenario, new: _Scenario, names: Names) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        was, now = old.get(name, MISSING), new.get(name, MISSING)
        if name == "title" or (was is not MISSING and now is not MISSING and same(was, now)):
            continue
        before, after = ({} if one is MISSING else mapping(one) for one in (was, now))
        if name == "submission":
            called = {one: f"submits “{one}”" for one in (*before, *after)}
        elif name in ("answers", "calls"):
            verb = "answer to" if name == "answers" else "what comes of"
            called = {one: f"{verb} {names.task(one)}" for one in (*before, *after)}
        elif name == "expect":
            yield from _expected(before, after, names)
            continue
        else:
            yield from changed({"start": "submitted at"}.get(name, f"“{name}”"), was, now)
            continue
        yield from list(each_changed(before, after, called)) or [f"“{name}” changed"]


def _expected(old: _Scenario, new: _Scenario, names: Names) -> Iterator[str]:
    def steps(value: JSON) -> str:
        return ", ".join(names.task(key) for key in sequence(value)) or "no step"

    words = {"ends": "expects the end", "at": "expects to wait at", "data": "expects data"}
    told: list[str] = []
    for name in dict.fromkeys([*old, *new]):
        say = steps if name == "path" else names.task if name == "at" else shown
        called = "expects the way" if name == "path" else words.get(name, f"expects “{name}”")
        told += changed(called, old.get(name, MISSING), new.get(name, MISSING), say)
    yield from told or ["what is expected changed"]
