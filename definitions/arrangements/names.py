"""Layouts that follow their form: a question that has another name, is gone, or is new."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from definitions.arrangements.lines import elements_in
from definitions.arrangements.places import AskedAt, name_in
from definitions.arrangements.rules import in_words
from definitions.layouts.reading import place_of
from definitions.logic.paths import rule_with
from definitions.schemas import JSON, pointer, steps

_Scope = Callable[[str], str]


def layout_renamed(layout: JSON, names: Mapping[str, str]) -> JSON:
    """With new names for questions of the first level, wherever the layout names them."""
    if not isinstance(layout, Mapping) or not names:
        return layout

    def path(said: str) -> str:
        if said.startswith("/"):
            first, *others = steps(said)
            return pointer([names.get(first, first), *others])
        head, dot, rest = said.partition(".")
        return f"{names.get(head, head)}{dot}{rest}"

    def scope(said: str) -> str:
        place = place_of(said)
        if not place or place[0] not in names:
            return said
        first, *others = place
        ways = [("properties", names[first]), *(("properties", name) for name in others)]
        return "#" + pointer(step for way in ways for step in way)

    return _renamed(layout, scope, path)


def _renamed(node: JSON, scope: _Scope, path: _Scope) -> JSON:
    if isinstance(node, list):
        return [_renamed(one, scope, path) for one in node]
    if not isinstance(node, Mapping):
        return node
    made: dict[str, Any] = {}
    for key, value in node.items():
        if key == "scope" and isinstance(value, str):
            made[key] = scope(value)
        elif key == "logic":
            made[key] = rule_with(value, path)
        elif key in ("elements", "rule", "condition", "conditions"):
            made[key] = _renamed(value, scope, path)
        else:
            made[key] = value
    return made


def layout_without(layout: JSON, names: Sequence[str]) -> JSON:
    """Without the questions of these names; rows and sections that held nothing else go, too."""
    if not isinstance(layout, Mapping) or not names:
        return layout
    return _without(layout, frozenset(names)) or None


def _without(element: Mapping[str, JSON], names: frozenset[str]) -> JSON:
    if element.get("type") == "Control":
        place = place_of(element.get("scope"))
        return None if place and place[0] in names else element
    before = element.get("elements")
    if not isinstance(before, list):
        return element
    after = [_without(one, names) if isinstance(one, Mapping) else one for one in before]
    kept = [one for one in after if one is not None]
    if before and not kept:
        return None
    if element.get("type") == "HorizontalLayout" and len(kept) == 1 < len(before):
        return kept[0] if "rule" not in element else {**element, "elements": kept}
    return {**element, "elements": kept}


def layout_with_new(layout: JSON, names: Sequence[str]) -> JSON:
    """With new questions at its end: a question that a layout does not name is not asked."""
    if not isinstance(layout, Mapping) or not names:
        return layout
    controls = [{"type": "Control", "scope": "#" + pointer(("properties", name))} for name in names]
    if layout.get("type") == "Categorization" and layout.get("elements"):
        *tabs, last = layout["elements"]
        return {**layout, "elements": [*tabs, _longer(last, controls)]}
    if layout.get("type") == "VerticalLayout":
        return _longer(layout, controls)
    return {"type": "VerticalLayout", "elements": [layout, *controls]}


def _longer(box: JSON, more: list[dict[str, str]]) -> JSON:
    if not isinstance(box, Mapping):
        return box
    return {**box, "elements": [*(box.get("elements") or ()), *more]}


def rules_on(layout: JSON, name: str, asked: Mapping[str, AskedAt]) -> list[str]:
    """The rules that read the answer to a question: "“Why?”: Ask only when …"."""
    return [
        f"{_called(element, asked)}: {in_words(element['rule'], asked)}"
        for element in _ruled(layout)
        if name in set(_reads(element["rule"]))
    ]


def _ruled(element: JSON) -> Iterator[Mapping[str, JSON]]:
    if isinstance(element, Mapping):
        if isinstance(element.get("rule"), Mapping):
            yield element
        for _, inner in elements_in(element, ()):
            yield from _ruled(inner)


def _called(element: Mapping[str, JSON], asked: Mapping[str, AskedAt]) -> str:
    scope = element.get("scope")
    if isinstance(scope, str):
        return f"“{asked[scope].title if scope in asked else name_in(scope)}”"
    words = element.get("label") or element.get("text") or "a part of it"
    return f"“{str(words)[:60]}”"


def _reads(node: JSON) -> Iterator[str]:
    """First names of the answers that a rule reads."""
    seen: list[str] = []

    def note_path(said: str) -> str:
        seen.append(steps(said)[0] if said.startswith("/") else said.partition(".")[0])
        return said

    def note_scope(said: str) -> str:
        seen.extend((place_of(said) or ())[:1])
        return said

    _renamed(node, note_scope, note_path)
    return iter(seen)
