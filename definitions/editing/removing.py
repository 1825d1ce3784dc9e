"""Taking a task out of a workflow's document, and what goes with it."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from definitions.editing.names import rules_of, task_read
from definitions.editing.parts import NOWHERE, Document, Nowhere, title_of
from definitions.editing.tasks import place_of_task, task_of
from definitions.editing.ways import ways_of


def usual_next(document: Mapping[str, Any], key: str) -> str | Nowhere | None:
    """Where the ways to this task may lead once it is gone: to what follows it without a condition,
    or as its only way. NOWHERE: nothing tells.
    """
    ways = ways_of(document, key)
    plain = [way for way in ways if way.get("condition") is None]
    chosen = plain if len(plain) == 1 else ways if len(ways) == 1 else []
    if not chosen or chosen[0]["to"] == key:
        return NOWHERE
    target: str | None = chosen[0]["to"]
    return target


def remove_task(
    document: Mapping[str, Any], key: str, *, then: str | Nowhere | None = NOWHERE
) -> Document:
    """Without a task. The ways that led to it lead to `then` (None: the end), or are gone.

    Its answers in scenarios go, too. Conditions that read it stay: the check tells of them.

    Raises:
        NotThere: no such task, or `then` is none.
    """
    place_of_task(document, key)
    if isinstance(then, str):
        place_of_task(document, then)
    found = deepcopy(dict(document))
    found["tasks"] = [task for task in found["tasks"] if task["key"] != key]
    ways = [_led_on(way, key, then) for way in found.get("transitions", ())]
    found["transitions"] = [way for way in ways if way is not None]
    for task in found["tasks"]:
        _mend_catches(task, key, then)
    for scenario in found.get("scenarios", ()):
        _forget(scenario, key)
    return found


def consequences(
    document: Mapping[str, Any], key: str, *, then: str | Nowhere | None = NOWHERE
) -> list[str]:
    """What else changes when a task is removed, in words.

    Raises:
        NotThere.
    """
    task = task_of(document, key)
    titles = {one["key"]: title_of(one) for one in document.get("tasks", ())}
    return [*_ways_told(document, key, then, titles), *_rest_told(document, task, titles)]


def _ways_told(
    document: Mapping[str, Any], key: str, then: str | Nowhere | None, titles: Mapping[str, str]
) -> Iterator[str]:
    for way in document.get("transitions", ()):
        if way.get("to") != key or way.get("from") == key:
            continue
        source = way.get("from")
        came = "The way from the start" if source is None else f"The way from “{titles[source]}”"
        new = _led_on(way, key, then)
        if new is None:
            yield f"{came} goes, too."
        else:
            target = new["to"]
            yield f"{came} leads to {'the end' if target is None else f'“{titles[target]}”'}."


def _rest_told(
    document: Mapping[str, Any], task: Mapping[str, Any], titles: Mapping[str, str]
) -> Iterator[str]:
    key = task["key"]
    own = sum(way.get("from") == key for way in document.get("transitions", ()))
    if own:
        yield "Its own way onward goes." if own == 1 else f"Its {own} ways onward go."
    if task.get("output_schema"):
        yield "Its form goes."
    for name in _readers(document, key, titles):
        yield f"{name} reads its answers, and has to be changed."
    told = [one["title"] for one in document.get("scenarios", ()) if _mentions(one, key)]
    if told:
        names = ", ".join(f"“{title}”" for title in told[:5])
        yield f"Scenarios that pass it may fail: {names}."


def _readers(document: Mapping[str, Any], key: str, titles: Mapping[str, str]) -> list[str]:
    """Where its answers are read, in people's words."""
    found: dict[str, None] = {}
    for way in document.get("transitions", ()):
        source = way.get("from")
        if source != key and task_read(way.get("condition"), key):
            where = "the start" if source is None else f"“{titles[source]}”"
            found[f"A condition after {where}"] = None
    for task in document.get("tasks", ()):
        if task["key"] != key and any(task_read(rule, key) for rule in rules_of(task)):
            found[f"“{title_of(task)}”"] = None
    return list(found)


def _led_on(way: Document, key: str, then: str | Nowhere | None) -> Document | None:
    if way.get("from") == key:
        return None
    if way["to"] != key:
        return way
    if isinstance(then, Nowhere) or (then is not None and way.get("from") == then):
        return None
    return {**way, "to": then}


def _mend_catches(task: Document, key: str, then: str | Nowhere | None) -> None:
    """A caught failure goes on where the ways do; a rule that leads to the end does not exist."""
    rules = (task.get("action") or {}).get("catch")
    if not isinstance(rules, list):
        return
    kept = []
    for rule in rules:
        if isinstance(rule, dict) and rule.get("next") == key:
            if not isinstance(then, str):
                continue
            rule["next"] = then
        kept.append(rule)
    if kept:
        task["action"]["catch"] = kept
    else:
        del task["action"]["catch"]


def _forget(scenario: Document, key: str) -> None:
    for part in ("answers", "calls"):
        (scenario.get(part) or {}).pop(key, None)
    expect = scenario.get("expect") or {}
    if "path" in expect:
        expect["path"] = [step for step in expect["path"] if step != key]
    if expect.get("at") == key:
        del expect["at"]
    (expect.get("data") or {}).pop(key, None)


def _mentions(scenario: Mapping[str, Any], key: str) -> bool:
    expect = scenario.get("expect") or {}
    places: tuple[Callable[[], Any], ...] = (
        lambda: scenario.get("answers"),
        lambda: scenario.get("calls"),
        lambda: expect.get("path"),
        lambda: expect.get("data"),
        lambda: [expect.get("at")],
    )
    return any(key in (place() or ()) for place in places)
