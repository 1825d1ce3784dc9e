"""The one way to write a definition: defaults left out, and no order where order means nothing.

Works on documents that have been checked. Equal definitions have equal fingerprints, wherever they
come from: a file, rows, another company.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from definitions.bundle.format import FORMAT, part
from definitions.graph import After
from definitions.schemas import JSON

_Document = dict[str, Any]

EVERYBODY = "user"


def canonical_workflow(document: Mapping[str, Any]) -> _Document:
    tasks = [canonical_task(task) for task in document.get("tasks", ())]
    order = [task["key"] for task in tasks]
    return _ordered(
        "workflow",
        {
            **document,
            "fields": [_field(field) for field in document.get("fields", ())],
            "ext_ref": _ext_refs(document),
            "tasks": tasks,
            "transitions": _transitions(document.get("transitions", ()), order),
            "scenarios": [canonical_scenario(one) for one in document.get("scenarios") or ()],
        },
    )


def canonical_task(document: Mapping[str, Any]) -> _Document:
    return _ordered("task", {**document, "ext_ref": _ext_refs(document)})


def canonical_scenario(document: Mapping[str, Any]) -> _Document:
    expect = _ordered("expect", document.get("expect") or {})
    return _ordered("scenario", {**document, "expect": expect or None})


def canonical_ticket(document: Mapping[str, Any]) -> _Document:
    fields = [_ordered("preset", field) for field in document.get("fields", ())]
    access = sorted(set(document.get("company_role_access", [EVERYBODY])))
    return _ordered(
        "ticket",
        {
            **document,
            "ext_ref": _ext_refs(document),
            "fields": sorted(fields, key=lambda field: field["name"]),
            "company_role_access": access,
        },
    )


def canonical_role(document: Mapping[str, Any]) -> _Document:
    return _ordered("company_role", document)


def canonical_bundle(
    roles: Iterable[_Document], workflows: Iterable[_Document], tickets: Iterable[_Document]
) -> _Document:
    """The document of an export; each part sorted by its key, empty sections left out."""
    sections = {"company_roles": roles, "workflows": workflows, "tickets": tickets}
    by_key = {name: sorted(parts, key=lambda part: part["key"]) for name, parts in sections.items()}
    return {"format": FORMAT, **{name: parts for name, parts in by_key.items() if parts}}


def priorities(transitions: Iterable[Mapping[str, Any]]) -> list[int]:
    """The priority of each: as written, else one more than the one before it that follows the same:
    the same task, done or out of time.
    """
    last: dict[_Place, int] = {}
    found = []
    for transition in transitions:
        place = _leaves(transition)
        last[place] = transition.get("priority", last.get(place, -1) + 1)
        found.append(last[place])
    return found


#: A task (None: the start) and what happened to it.
_Place = tuple[str | None, str]


def _leaves(transition: Mapping[str, Any]) -> _Place:
    return transition.get("from"), transition.get("after") or After.DONE.value


def fingerprint(canonical: JSON) -> str:
    """SHA-256 of what a canonical document says. The order of names counts in `properties` only,
    where it is the order of the questions."""
    text = json.dumps(_comparable(canonical, ""), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _comparable(value: JSON, name: str) -> JSON:
    if isinstance(value, list):
        return [_comparable(entry, "") for entry in value]
    if not isinstance(value, dict):
        return value
    if name == "properties":
        return [[key, _comparable(inner, "")] for key, inner in value.items()]
    return {key: _comparable(inner, key) for key, inner in value.items()}


def _ordered(kind: str, document: Mapping[str, Any]) -> _Document:
    """In the order of the format, without what is the default."""
    properties = part(kind)["properties"]
    required = part(kind)["required"]
    found = {}
    for name, schema in properties.items():
        if name not in document or (name not in required and _is_default(document[name], schema)):
            continue
        found[name] = document[name]
    if found.get("title") == found.get("key"):
        found.pop("title", None)
    return found


def _is_default(value: JSON, schema: Mapping[str, Any]) -> bool:
    if value is None or value == schema.get("default"):
        # 0 == False, and a field's default may be either
        return value is None or type(value) is type(schema["default"])
    return (value == "" and schema.get("type") == "string") or (value == {} and _is_assign(schema))


def _is_assign(schema: Mapping[str, Any]) -> bool:
    return schema.get("additionalProperties") is False


def _field(field: Mapping[str, Any]) -> _Document:
    """Unlike other parts, a field may carry an answer of None and names of its own."""
    known = part("field")["properties"]
    plain = {name: field[name] for name in (*known, *field) if name in field}
    if plain.get("type") == "string":
        del plain["type"]
    if plain.get("required") is False:
        del plain["required"]
    for name in ("title", "description"):
        if plain.get(name) == "":
            del plain[name]
    if plain.get("title") == plain.get("name"):
        plain.pop("title", None)
    return plain


def _ext_refs(document: Mapping[str, Any]) -> list[_Document]:
    entries = (_ordered("ext_ref", entry) for entry in document.get("ext_ref") or ())
    return [entry for entry in entries if entry]


def _transitions(documents: Iterable[Mapping[str, Any]], order: list[str]) -> list[_Document]:
    """By what they follow, then in the order in which they are tried."""
    documents = list(documents)
    given = priorities(documents)
    place: dict[str | None, int] = {None: -1}
    place.update({key: number for number, key in enumerate(order)})
    ranked = sorted(
        range(len(documents)),
        key=lambda n: (
            place[documents[n].get("from")],
            _leaves(documents[n])[1],  # done before timeout
            *_rank(documents[n], given[n], n),
        ),
    )
    found: list[_Document] = []
    expected: dict[_Place, int] = {}
    for number in ranked:
        document = {**documents[number], "ext_ref": _ext_refs(documents[number])}
        source = _leaves(document)
        usual = expected.get(source, 0)
        # The one without a condition comes last, whatever was written.
        priority = usual if document.get("condition") is None else given[number]
        document["priority"] = priority if priority != usual else None
        expected[source] = priority + 1
        found.append(_ordered("transition", document))
    return found


def _rank(document: Mapping[str, Any], priority: int, number: int) -> tuple[bool, int, str]:
    """Among those without a condition the order means nothing."""
    if document.get("condition") is not None:
        return False, priority, f"{number:09}"
    return True, 0, json.dumps(document.get("to"))
