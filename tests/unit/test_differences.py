"""What is different between two versions is said in words, and nothing is silent."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.bundle.canonical import canonical_workflow
from definitions.bundle.differences import workflow_changes
from definitions.bundle.format import bundle_schema
from definitions.differences import differences
from definitions.schemas.fields import PASSED_ON

LINK = {"label": "Handbook", "desc": "Page 3", "uri": "https://wiki.example/3"}
FORM = {
    "type": "object",
    "required": ["ok"],
    "properties": {
        "ok": {"type": "boolean", "title": "All right?"},
        "note": {"type": "string", "title": "Note", "maxLength": 200},
        "size": {"enum": ["S", "M"], "title": "Size"},
        "colour": {"oneOf": [{"const": "r", "title": "Red"}, {"const": "b", "title": "Blue"}]},
        "address": {
            "type": "object",
            "title": "Address",
            "required": ["street"],
            "properties": {
                "street": {"type": "string", "title": "Street"},
                "town": {"$ref": "#/$defs/town"},
            },
        },
        "items": {
            "type": "array",
            "title": "Items",
            "items": {"type": "object", "properties": {"name": {"type": "string"}}},
        },
    },
    "if": {"properties": {"ok": {"const": False}}},
    "then": {"required": ["note"]},
    "dependentRequired": {"size": ["colour"]},
    "$defs": {"town": {"type": "string", "minLength": 2}},
}
LAYOUT = {
    "type": "VerticalLayout",
    "elements": [
        {"type": "Label", "text": "Look twice"},
        {
            "type": "Group",
            "label": "More",
            "elements": [
                {
                    "type": "Control",
                    "scope": "#/properties/note",
                    "options": {"multi": True},
                    "rule": {
                        "effect": "SHOW",
                        "condition": {"scope": "#/properties/ok", "schema": {"const": False}},
                    },
                },
                {"type": "Control", "scope": "#/properties/ok"},
            ],
        },
    ],
}
#: Every word of the format at least once.
EVERYTHING: dict[str, Any] = {
    "key": "buy",
    "title": "Buy",
    "description": "How we buy",
    "display_layout": {"type": "VerticalLayout", "elements": [
        {"type": "Control", "scope": "#/properties/amount"}]},
    "ext_ref": [LINK],
    "fields": [
        {
            "name": "amount", "type": "choice", "title": "Amount", "description": "In euro",
            "required": True, "default": 1, "choices": [1, {"value": 2, "title": "Two"}],
            "format": "email", "placeholder": "5", "minLength": 1, "maxLength": 9, "x-own": 1,
        },
        {"name": "rows", "type": "array", "fields": [
            {"name": "what", "type": "string", "title": "What"},
            {"name": "many", "type": "integer", "required": True},
        ]},
    ],
    "tasks": [
        {
            "key": "check", "title": "Check", "description": "Look at it", "task_type": "FORM",
            "assign": {"company_role": "managers"}, "input_schema": FORM, "output_schema": FORM,
            "edit_layout": LAYOUT, "display_layout": LAYOUT,
            "due": {"at": {"$": {"var": "ticket.amount"}}, "plus": {"weeks": 1, "minutes": 5}},
            "reminder": {"before": {"hours": 4, "working": True}},
            "timeout_seconds": 60, "max_visits": 3, "split": "ALL", "join": "ALL",
            "ext_ref": [LINK],
        },
        {
            "key": "order", "task_type": "ASYNC_ACTION", "action_url": "https://erp.example/",
            "input_transform": {"item": {"$": {"var": "ticket.amount"}}, "fixed": [1, "two"]},
            "output_transform": {"number": {"$": {"var": "response.id"}}},
            "reminder": {"after": {"days": 1}},
            "action": {
                "method": "PUT", "headers": {"X-A": ["Bearer ", {"$secret": "t"}], "X-B": "b"},
                "sign": {"$secret": "s"}, "verify": {"$secret": "v"}, "idempotent": True,
                "retry": [{
                    "errors": ["timeout", "http.5xx"], "interval_seconds": 2, "backoff_rate": 3,
                    "max_attempts": 4, "max_delay_seconds": 60, "jitter": "NONE",
                }],
                "catch": [{"errors": ["*"], "next": "check", "result_path": "oops"}],
            },
        },
        {"key": "inner", "task_type": "SUBWORKFLOW", "subworkflow": "pay"},
        {"key": "rest", "task_type": "WAIT",
         "until": {"at": "2026-12-24", "minus": {"days": 1}}},
    ],
    "transitions": [
        {"to": "check"},
        {
            "from": "check", "to": "order", "label": "approved", "priority": 4,
            "condition": {"==": [{"var": "check.ok"}, True]}, "ext_ref": [LINK],
        },
        {"from": "check", "to": "rest"},
        {"from": "check", "to": "inner", "after": "timeout"},
        {"from": "order", "to": None},
        {"from": "inner", "to": None},
        {"from": "rest", "to": None},
    ],
    "scenarios": [
        {
            "title": "A yes", "start": "2026-01-05T09:00:00+01:00", "submission": {"amount": 1},
            "answers": {"check": {"ok": True}}, "calls": {"order": {"response": {"id": 7}}},
            "expect": {"path": ["check", "order"], "ends": True, "at": "rest",
                       "data": {"check": {"ok": True}}},
        }
    ],
}  # fmt: skip


def told(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """All lines, each with its part."""
    found = differences(before, after, {"managers": "Managers", "office": "Office"})
    return [f"{one.title}: {line}" for one in found for line in one.lines or (one.kind,)]


def a_task(**more: Any) -> dict[str, Any]:
    return {"key": "buy", "tasks": [{"key": "approve", "title": "Approve", **more}]}


def of_task(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    lines = told(a_task(**before), a_task(**after))
    return [line.removeprefix("Task “Approve”: ") for line in lines]


# --- nothing is silent ----------------------------------------------------------------------------


def _words_of_the_format() -> Iterator[tuple[str, str]]:
    """(kind of part, word) of everything that a workflow may say."""
    parts = bundle_schema()["$defs"]
    for kind in (
        "workflow", "field", "task", "transition", "scenario", "expect", "ext_ref", "action",
        "retry", "catch", "duration", "day", "reminder", "secret",
    ):  # fmt: skip
        yield from ((kind, word) for word in parts[kind]["properties"])


def _every_word(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _every_word(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _every_word(inner)


def test_the_example_says_every_word_of_the_format():
    said = set(_every_word(EVERYTHING))

    missing = {(kind, word) for kind, word in _words_of_the_format() if word not in said}

    # Those that a field passes on to its JSON Schema are told alike, by one rule.
    assert {word for _, word in missing} <= set(PASSED_ON)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(
        value if isinstance(value, list) else ()
    )  # fmt: skip
    for name, part in inner:
        yield from _places(part, (*path, name))


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for name in path:
        document = document[name]
    return document


def _without(path: tuple[Any, ...]) -> dict[str, Any]:
    document = deepcopy(EVERYTHING)
    del _at(document, path[:-1])[path[-1]]
    return document


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if value is None:
        return "check"
    return f"{value}x" if isinstance(value, str) else value


def _changed(path: tuple[Any, ...]) -> dict[str, Any]:
    document = deepcopy(EVERYTHING)
    _at(document, path[:-1])[path[-1]] = _other(_at(EVERYTHING, path))
    return document


ALL = [path for path in _places(EVERYTHING) if path[-1] != "key"]
LEAVES = [path for path in ALL if not isinstance(_at(EVERYTHING, path), dict | list)]
#: Without these a part is none: no such document exists.
NEEDED = {"name", "to", "$secret", "title", "errors", "next"}


def _name(path: tuple[Any, ...]) -> str:
    return "/".join(map(str, path))


@pytest.mark.parametrize("path", LEAVES, ids=_name)
def test_no_value_changes_silently(path: tuple[Any, ...]):
    other = _changed(path)

    lines = told(EVERYTHING, other)

    assert lines, path
    assert all(line.strip() and "None" not in line and "object at" not in line for line in lines)
    assert told(other, EVERYTHING)


@pytest.mark.parametrize("path", [path for path in ALL if path[-1] not in NEEDED], ids=_name)
def test_no_part_comes_or_goes_silently(path: tuple[Any, ...]):
    less = _without(path)

    assert told(EVERYTHING, less), path
    assert told(less, EVERYTHING), path


@pytest.mark.parametrize("path", ALL, ids=_name)
def test_no_change_is_silent_in_one_line_either(path: tuple[Any, ...]):
    if path[-1] in NEEDED or (path[0] == "tasks" and len(path) < 3):
        return  # ways would lead nowhere
    before, after = canonical_workflow(EVERYTHING), canonical_workflow(_without(path))

    if before != after:
        assert workflow_changes(before, after), path


def test_the_same_is_no_difference():
    assert differences(EVERYTHING, deepcopy(EVERYTHING)) == []
    assert differences(canonical_workflow(EVERYTHING), canonical_workflow(EVERYTHING)) == []


# --- in words -------------------------------------------------------------------------------------


def test_questions_are_told_one_by_one():
    before = {"type": "object", "properties": {
        "note": {"type": "string", "title": "Note"}, "old": {"type": "string"},
        "size": {"enum": ["S", "M"], "title": "Size"}}}  # fmt: skip
    after = {"type": "object", "required": ["note", "cost"], "properties": {
        "note": {"type": "string", "title": "Note", "maxLength": 200},
        "size": {"enum": ["S", "L"], "title": "Size"},
        "cost": {"type": "number", "title": "Cost"}}}  # fmt: skip

    assert of_task({"output_schema": before}, {"output_schema": after}) == [
        "question “Note” became required",
        "question “Note”: longest: now 200",
        "question “Size”: choice “L” added",
        "question “Size”: choice “M” removed",
        "question “Cost” added (number), which must be answered",
        "question “old” removed",
    ]


def test_questions_inside_of_others_are_told_with_their_place():
    after = deepcopy(FORM)
    after["properties"]["address"]["required"] = ["street", "town"]  # type: ignore[index]
    after["properties"]["items"]["items"]["properties"]["name"]["maxLength"] = 9  # type: ignore[index]

    assert of_task({"output_schema": FORM}, {"output_schema": after}) == [
        "question “town” of “Address” became required",
        "question “name” of “Items”: longest: now 9",
    ]


def test_a_question_is_told_when_only_its_place_changed():
    turned = {**FORM, "properties": dict(reversed(FORM["properties"].items()))}  # type: ignore[attr-defined]

    (line,) = of_task({"output_schema": FORM}, {"output_schema": turned})

    assert line.startswith("questions in another order: “Items”, “Address”")


def test_who_gets_it_when_it_is_due_and_what_it_calls_are_told():
    before = {"assign": {"company_role": "managers"}, "due": {"days": 2}, "timeout_seconds": 60}
    after = {
        "assign": {"company_role": "office"},
        "due": {"hours": 8, "working": True},
        "reminder": {"before": {"hours": 1}},
        "max_visits": 3,
        "split": "ALL",
        "action": {"method": "PUT", "retry": []},
    }

    assert of_task(before, after) == [
        "who gets it: “Managers” → “Office”",
        "call: method POST → PUT",
        "call: tries again: as usual → never",
        "time limit removed (was 60 seconds)",
        "due: 2 days → 8 working hours",
        "reminder: now 1 hour before it is due",
        "most visits: now 3",
        "takes: the first way that is true → every way that is true",
    ]


def test_a_transform_is_told_place_by_place():
    before = {"input_transform": {"item": {"$": {"var": "ticket.item"}}, "kind": "a"}}
    after = {"input_transform": {"item": {"$": {"var": "ticket.what"}}, "price": 5}}

    assert of_task(before, after) == [
        "what it is given, “item”: item → what",
        "what it is given, “price”: now 5",
        "what it is given, “kind” removed (was “a”)",
    ]


def test_a_rule_of_a_layout_is_told_as_a_sentence():
    after = deepcopy(LAYOUT)
    after["elements"][1]["elements"][0]["rule"]["effect"] = "HIDE"  # type: ignore[index]

    both = {"output_schema": FORM}
    assert of_task({**both, "edit_layout": LAYOUT}, {**both, "edit_layout": after}) == [
        "arrangement of the form: “Note” is hidden if “All right” is no"
    ]


def test_ways_are_told_as_sentences():
    def ways(*found: dict[str, Any]) -> dict[str, Any]:
        tasks = [{"key": key, "title": key.title(), "output_schema": FORM} for key in "ab"]
        return {"key": "buy", "tasks": tasks, "transitions": [{"to": "a"}, *found]}

    yes = {"from": "a", "to": "b", "condition": {"==": [{"var": "a.ok"}, True]}}
    no = {**yes, "condition": {"==": [{"var": "a.ok"}, False]}, "label": "declined"}

    assert told(ways(yes, {"from": "a", "to": None}), ways(no)) == [
        "Ways onward: After “A”, to “B”: now if All right is no (was if All right is yes)",
        "Ways onward: After “A”, to “B”: called “declined” (was without a word)",
        "Ways onward: After “A”: no way any more to the end otherwise",
    ]
    assert told(ways(), ways({"from": "a", "to": "b", "after": "timeout"})) == [
        "Ways onward: When the time of “A” is over: new way to “B”"
    ]


def test_tasks_come_go_and_change_places():
    before = {"key": "buy", "tasks": [{"key": "a"}, {"key": "b"}, {"key": "c", "title": "See"}]}
    after = {"key": "buy", "tasks": [{"key": "b"}, {"key": "a"}, {"key": "d", "max_visits": 2}]}

    assert told(before, after) == [
        "Task “d”: a form for any task worker",
        "Task “See”: removed",
        "Order of the tasks: now “b”, “a” and “d”",
    ]


def test_scenarios_are_told_by_what_is_expected():
    before = deepcopy(EVERYTHING)
    before["scenarios"][0]["expect"]["path"] = ["check"]

    assert told(before, EVERYTHING) == [
        "Scenarios: scenario “A yes”: expects the way: “Check” → “Check”, “order”"
    ]


# --- whatever people write ------------------------------------------------------------------------

WORDS = [
    "type", "title", "properties", "required", "items", "enum", "oneOf", "anyOf", "allOf", "if",
    "then", "else", "not", "$defs", "const", "default", "minLength", "description", "fields",
    "choices", "dependentRequired", "patternProperties", "additionalProperties", "a", "b", "",
]  # fmt: skip
_leaf = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a", "b", "string"])
_anything = st.recursive(
    _leaf,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)
_group = st.dictionaries(st.sampled_from(WORDS), _anything, max_size=5)


@settings(max_examples=400)
@given(old=_group, new=_group)
def test_of_any_two_forms_it_is_said_whether_they_differ(old: dict[str, Any], new: dict[str, Any]):
    lines = of_task({"output_schema": old}, {"output_schema": new})

    if json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True):
        assert lines


@settings(max_examples=200)
@given(old=_group, new=_group)
def test_of_any_two_layouts_templates_and_calls_too(old: dict[str, Any], new: dict[str, Any]):
    for name in ("edit_layout", "input_transform", "action", "due", "reminder", "until"):
        lines = of_task({name: old}, {name: new})

        if json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True):
            assert lines, name
