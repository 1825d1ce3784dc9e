"""One spelling for what people write: `taskType`, `FieldName`, `URI` and `form` are understood.

Driven by the schema of the format, so that no second list of names exists. Only what is certain is
respelt; the rest is a problem that says what may have been meant. Conditions, templates, layouts
and forms are left as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from definitions.bundle.format import BUNDLE, part
from definitions.errors import Problem
from definitions.nearest import did_you_mean, plain
from definitions.schemas import JSON, normalise_field, pointer, steps
from definitions.schemas.problem import Path
from definitions.schemas.problem import Problem as SchemaProblem

#: Looking for what was meant takes its time, and nobody reads more.
MOST_HINTS = 200

#: Names in other spellings than a change of case and signs, by kind of part.
_OTHER_NAMES: Mapping[str, Mapping[str, str]] = {
    "": {"tickettypes": "tickets", "ticketdefinitions": "tickets"}
    | {"workflowdefinitions": "workflows"},
    "workflow": {"desc": "description", "workflowtransitions": "transitions"}
    | {"taskdefinitions": "tasks"},
    "task": {"desc": "description", "type": "task_type"},
    "transition": {"fromtask": "from", "totask": "to"},
    "ticket": {"desc": "description"},
    "preset": {"fieldname": "name", "fieldvalue": "value"},
    "ext_ref": {"description": "desc", "url": "uri"},
    "company_role": {"desc": "description"},
}


@dataclass(slots=True)
class Respelt:
    """`value` in the one spelling; `written` maps a place in it to the name that was written there,
    so that a problem still finds its line."""

    value: JSON = None
    problems: list[Problem] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)

    def place_in_text(self, place: str) -> str:
        """Where a place of `value` stands in what was written."""
        if not self.written:
            return place
        found: list[str] = []
        known = ""
        for step in steps(place):
            known += pointer((step,))
            found.append(self.written.get(known, step))
        return pointer(found)


def respell(value: JSON) -> Respelt:
    """The whole bundle in the one spelling.

    What is not a group or list where one should be stays as it is: the schema will say so.
    """
    respelt = Respelt()
    respelt.value = _respell(value, BUNDLE, "", (), respelt)
    return respelt


def _respell(value: JSON, schema: dict[str, Any], kind: str, path: Path, into: Respelt) -> JSON:
    if "$ref" in schema:
        kind = schema["$ref"].rsplit("/", 1)[-1]
        if kind == "field":
            return _field(value, path, into)
        schema = part(kind)
    if isinstance(value, dict) and schema.get("additionalProperties") is False:
        return _group(value, schema, kind, path, into)
    if isinstance(value, list) and "items" in schema:
        return [
            _respell(entry, schema["items"], kind, (*path, number), into)
            for number, entry in enumerate(value)
        ]
    if isinstance(value, str) and "enum" in schema:
        return _word(value, schema["enum"])
    return value


def _group(
    value: dict[str, Any], schema: dict[str, Any], kind: str, path: Path, into: Respelt
) -> dict[str, Any]:
    known = schema["properties"]
    found: dict[str, Any] = {}
    for name, inner in value.items():
        meant = name if name in known else _meant(name, known, kind)
        if meant is None:
            hints = len(into.problems) < MOST_HINTS
            into.problems.append(_unknown(name, known, path, hints=hints))
            continue
        if meant in found:
            message = (
                f"“{name}” says the same as “{into.written.get(pointer((*path, meant)), meant)}”."
            )
            into.problems.append(Problem("duplicate-name", message, pointer((*path, name))))
            continue
        if meant != name:
            into.written[pointer((*path, meant))] = name
        if inner is None and meant not in schema["required"]:
            continue  # `due:` with nothing after it
        found[meant] = _respell(inner, known[meant], meant, (*path, meant), into)
    return found


def _field(value: JSON, path: Path, into: Respelt) -> JSON:
    """Fields have a reader of their own, which forms use as well."""
    field = normalise_field(value)
    if not isinstance(field, SchemaProblem):
        return field
    message, _, hint = field.message.partition(" Did you mean ")
    into.problems.append(
        Problem(
            "bad-field",
            message,
            pointer(path) + field.path,
            f"Did you mean {hint}" if hint else "",
        )
    )
    return value


def _meant(name: str, known: Mapping[str, Any], kind: str) -> str | None:
    wanted = plain(name)
    for candidate in known:
        if plain(candidate) == wanted:
            return candidate
    other = _OTHER_NAMES.get(kind, {}).get(wanted)
    return other if other in known else None


def _word(value: str, words: list[str]) -> str:
    return next((word for word in words if plain(word) == plain(value)), value)


def _unknown(name: str, known: Mapping[str, Any], path: Path, *, hints: bool) -> Problem:
    shown = name if len(name) <= 60 else name[:60] + "…"
    hint = did_you_mean(name, known) or f"Possible are: {', '.join(known)}." if hints else ""
    return Problem("unknown-name", f"“{shown}” means nothing here.", pointer((*path, name)), hint)
