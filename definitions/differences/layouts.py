"""How a form is arranged: which questions stand where, and what a rule shows or hides."""

from collections.abc import Iterator, Mapping
from typing import Any

from definitions.differences.moments import Labels, rule
from definitions.differences.values import (
    MISSING,
    changed,
    is_moved,
    mapping,
    same,
    sequence,
    shown,
)
from definitions.schemas import JSON

_EFFECTS = {
    "SHOW": "is shown only if", "HIDE": "is hidden if", "ENABLE": "can be answered only if",
    "DISABLE": "cannot be answered if",
}  # fmt: skip
_KINDS = {
    "VerticalLayout": "a column", "HorizontalLayout": "a row", "Group": "a group",
    "Categorization": "tabs", "Category": "a tab", "Label": "a note",
}  # fmt: skip


def layout_changes(called: str, old: JSON, new: JSON, labels: Labels) -> Iterator[str]:
    """What differs between two layouts of one form; `labels`: names of its questions."""
    if old is MISSING or new is MISSING or old is None or new is None:
        there = "set" if old is MISSING or old is None else "removed: in the order of the questions"
        yield f"{called} {there}"
        return
    was, now = dict(_elements(old, labels)), dict(_elements(new, labels))
    told = [
        *(f"{called}: {name} added" for name in now if name not in was),
        *(f"{called}: {name} removed" for name in was if name not in now),
    ]
    for name, element in now.items():
        if name in was:
            told += [f"{called}: {line}" for line in _element(name, was[name], element, labels)]
    if is_moved(list(was), list(now)):
        told.append(f"{called}: in another order")
    # Elements of the same name, or put into another group: nothing above has seen it.
    yield from told or [f"{called}: put together otherwise"]


def _elements(layout: JSON, labels: Labels) -> Iterator[tuple[str, Mapping[str, JSON]]]:
    """(name, element) from top to bottom; what has no name of its own is counted."""
    waiting: list[JSON] = [layout]
    counts: dict[str, int] = {}
    while waiting:
        element = mapping(waiting.pop(0))
        name = _name(element, labels)
        counts[name] = counts.get(name, 0) + 1
        yield (name if counts[name] == 1 else f"{name} ({counts[name]})"), element
        waiting = [*sequence(element.get("elements")), *waiting]


def _name(element: Mapping[str, JSON], labels: Labels) -> str:
    kind = str(element.get("type"))
    if kind == "Control":
        path = str(element.get("scope")).removeprefix("#/properties/")
        path = path.replace("/properties/", ".")
        return f"“{labels.get(path, path)}”"
    words = element.get("label") or element.get("text")
    called = _KINDS.get(kind, kind)
    return f"{called.removeprefix('a ')} “{words}”" if isinstance(words, str) else called


def _element(
    name: str, old: Mapping[str, JSON], new: Mapping[str, JSON], labels: Labels
) -> Iterator[str]:
    for part in dict.fromkeys([*old, *new]):
        was, now = old.get(part, MISSING), new.get(part, MISSING)
        if part in ("elements", "scope") or (was is not MISSING and same(was, now)):
            continue
        if part == "rule":
            yield f"{name} {_rule(now, labels)}"
        elif part == "options":
            yield from _options(name, was, now)
        else:
            called = {"label": "label", "text": "text", "type": "kind"}.get(part, f"“{part}”")
            yield from (f"{name}, {told}" for told in changed(called, was, now))


def _options(name: str, was: JSON, now: JSON) -> Iterator[str]:
    before, after = _group(was), _group(now)
    for option in dict.fromkeys([*before, *after]):
        told = changed(f"“{option}”", before.get(option, MISSING), after.get(option, MISSING))
        yield from (f"{name}, {line}" for line in told)


def _group(value: JSON) -> Mapping[str, JSON]:
    found: Mapping[str, Any] = {} if value is MISSING else mapping(value)
    return found


def _rule(document: JSON, labels: Labels) -> str:
    if document is MISSING:
        return "has no rule any more"
    effect = _EFFECTS.get(str(mapping(document).get("effect")), "has another rule:")
    return f"{effect} {_condition(mapping(document).get('condition'), labels)}"


def _condition(condition: JSON, labels: Labels) -> str:
    said = mapping(condition)
    if "logic" in said:
        return rule(said["logic"], labels)
    if said.get("type") in ("AND", "OR"):
        parts = [_condition(one, labels) for one in sequence(said.get("conditions"))]
        return f" {str(said['type']).lower()} ".join(parts)
    name = _name({"type": "Control", "scope": said.get("scope")}, labels)
    if "expectedValue" in said:
        return f"{name} is {shown(said['expectedValue'])}"
    wanted = mapping(said.get("schema"))
    if set(wanted) == {"const"}:
        return f"{name} is {shown(wanted['const'])}"
    if set(wanted) == {"enum"}:
        return f"{name} is one of {shown(wanted['enum'])}"
    undefined = " (an open one does not)" if said.get("failWhenUndefined") else ""
    return f"{name} fits {shown(said.get('schema'))}{undefined}"
