"""The kinds of questions a builder offers, in plain words, and the schema that each stands for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from definitions.schemas.problem import JSON
from definitions.schemas.shape import WIDGET

_Schema = Mapping[str, JSON]


class Kind(StrEnum):
    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    WHOLE_NUMBER = "whole_number"
    YES_NO = "yes_no"
    DATE = "date"
    MOMENT = "moment"
    TIME = "time"
    EMAIL = "email"
    URL = "url"
    CHOICE = "choice"
    CHOICES = "choices"
    TICK = "tick"
    FILE = "file"
    FILES = "files"
    TEXTS = "texts"
    GROUP = "group"
    ROWS = "rows"
    KEPT = "kept"


@dataclass(frozen=True)
class Limits:
    """The keywords that say how little and how much, and what is counted."""

    least: str = ""
    most: str = ""
    of: str = ""


@dataclass(frozen=True)
class Meaning:
    """What a kind is called, and the schema of a fresh question."""

    words: str
    schema: _Schema
    limits: Limits = Limits()


_LENGTH = Limits("minLength", "maxLength", "characters")
_SIZE = Limits("minimum", "maximum", "number")
_ENTRIES = Limits("minItems", "maxItems", "entries")
_FILES = Limits("minItems", "maxItems", "files")
_FILE: dict[str, JSON] = {"type": "string", "format": "uuid", WIDGET: "file"}

MEANINGS: Mapping[Kind, Meaning] = {
    Kind.SHORT_TEXT: Meaning("Short text", {"type": "string"}, _LENGTH),
    Kind.LONG_TEXT: Meaning("Long text", {"type": "string", WIDGET: "textarea"}, _LENGTH),
    Kind.NUMBER: Meaning("Number", {"type": "number"}, _SIZE),
    Kind.WHOLE_NUMBER: Meaning("Whole number", {"type": "integer"}, _SIZE),
    Kind.YES_NO: Meaning("Yes or no", {"type": "boolean"}),
    Kind.DATE: Meaning("Date", {"type": "string", "format": "date"}),
    Kind.MOMENT: Meaning("Date and time", {"type": "string", "format": "date-time"}),
    Kind.TIME: Meaning("Time of day", {"type": "string", "format": "time"}),
    Kind.EMAIL: Meaning("E-mail address", {"type": "string", "format": "email"}),
    Kind.URL: Meaning("Web address", {"type": "string", "format": "uri"}),
    Kind.CHOICE: Meaning("One choice", {"type": "string"}),
    Kind.CHOICES: Meaning("Several choices", {"type": "array", "uniqueItems": True}, _ENTRIES),
    Kind.TICK: Meaning("Box that must be ticked", {"const": True}),
    Kind.FILE: Meaning("File", _FILE),
    Kind.FILES: Meaning(
        "Several files", {"type": "array", "uniqueItems": True, "items": _FILE}, _FILES
    ),
    Kind.TEXTS: Meaning(
        "List of short texts", {"type": "array", "items": {"type": "string"}}, _ENTRIES
    ),
    Kind.GROUP: Meaning("Group of questions", {"type": "object", "properties": {}}),
    Kind.ROWS: Meaning(
        "List of groups",
        {"type": "array", "items": {"type": "object", "properties": {}}},
        _ENTRIES,
    ),
    Kind.KEPT: Meaning("Kept as it is", {}),
}

#: Keywords that say nothing about the answers: they stay with a question of any kind.
WORDS = (
    "$comment", "deprecated", "description", "readOnly", "title", "writeOnly",
    "x-requester-sees",
)  # fmt: skip
#: Any of these makes a schema more than one kind of question can say.
_COMPOSED = ("$ref", "$dynamicRef", "anyOf", "oneOf")
#: Titles of choices beside their values.
TITLES = ("x-enum-titles", "enumNames")
#: Kinds with choices: those are composed of possibilities, and still one question.
CHOOSING = (Kind.CHOICE, Kind.CHOICES)
TEXTUAL = (Kind.SHORT_TEXT, Kind.LONG_TEXT, Kind.EMAIL, Kind.URL)
NUMERIC = (Kind.NUMBER, Kind.WHOLE_NUMBER)
NESTED = (Kind.GROUP, Kind.ROWS)
SENT = (Kind.FILE, Kind.FILES)

_FORMATS = {
    "date": Kind.DATE,
    "date-time": Kind.MOMENT,
    "time": Kind.TIME,
    "email": Kind.EMAIL,
    "uri": Kind.URL,
    "textarea": Kind.LONG_TEXT,
}
_LONGEST_LINE = 255


def kind_of(schema: JSON) -> Kind:
    """What sort of question a schema is; KEPT for whatever the builder has no word for."""
    if not isinstance(schema, Mapping):
        return Kind.KEPT
    if schema.get("const") is True and schema.get("type", "boolean") == "boolean":
        return Kind.KEPT if _is_composed(schema) else Kind.TICK
    if choices_in(schema) is not None:
        return Kind.CHOICE
    if _is_composed(schema) or "const" in schema or "enum" in schema:
        return Kind.KEPT
    named = schema.get("type")
    if named == "string":
        return _kind_of_text(schema)
    if named == "array":
        return _kind_of_list(schema)
    if named == "object":
        return Kind.GROUP if holds_questions(schema) else Kind.KEPT
    plain: dict[JSON, Kind] = {
        "number": Kind.NUMBER, "integer": Kind.WHOLE_NUMBER, "boolean": Kind.YES_NO,
    }  # fmt: skip
    return plain.get(named, Kind.KEPT) if isinstance(named, str) else Kind.KEPT


def holds_questions(schema: JSON) -> bool:
    """Whether it is a group whose questions are named."""
    return (
        isinstance(schema, Mapping)
        and schema.get("type", "object") == "object"
        and isinstance(schema.get("properties"), Mapping)
        and are_names(schema.get("required", []))
        and "$ref" not in schema
    )


def are_names(value: JSON) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def choices_in(schema: JSON) -> list[tuple[JSON, str]] | None:
    """(value, title) of each of its choices; None if it lists none that a line can say."""
    if not isinstance(schema, Mapping) or "$ref" in schema or "const" in schema:
        return None
    titled = schema.get("oneOf")
    if isinstance(titled, list) and titled and not _has_any(schema, "enum", "anyOf"):
        found = [_titled(way) for way in titled]
        return None if None in found else [one for one in found if one is not None]
    listed = schema.get("enum")
    if not isinstance(listed, list) or not listed or _is_composed(schema):
        return None
    return _enumerated(schema, listed) if all(map(_is_plain, listed)) else None


def _enumerated(schema: _Schema, listed: list[JSON]) -> list[tuple[JSON, str]] | None:
    given: JSON = next((schema[name] for name in TITLES if name in schema), [])
    if not isinstance(given, list) or not all(isinstance(title, str) for title in given):
        return None
    titles: list[str] = [*given, *[""] * len(listed)]
    return [
        (value, "" if title == value else title)
        for value, title in zip(listed, titles, strict=False)
    ]


def _titled(way: JSON) -> tuple[JSON, str] | None:
    if not isinstance(way, Mapping) or not _is_plain(way.get("const")):
        return None
    title = way.get("title", "")
    if not set(way) <= {"const", "title"} or not isinstance(title, str):
        return None
    return way["const"], title


def _is_plain(value: JSON) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _kind_of_text(schema: _Schema) -> Kind:
    widget = schema.get(WIDGET)
    if widget == "file":
        return Kind.FILE
    if "format" in schema:
        return _FORMATS.get(str(schema["format"]), Kind.KEPT)
    longest = schema.get("maxLength", 0)
    is_long = widget == "textarea" or (isinstance(longest, int) and longest > _LONGEST_LINE)
    return Kind.LONG_TEXT if is_long else Kind.SHORT_TEXT


def _kind_of_list(schema: _Schema) -> Kind:
    items = schema.get("items")
    if "prefixItems" in schema or not isinstance(items, Mapping):
        return Kind.KEPT
    if choices_in(items) is not None:
        return Kind.CHOICES
    if kind_of(items) is Kind.SHORT_TEXT:
        return Kind.TEXTS
    if kind_of(items) is Kind.FILE:
        return Kind.FILES
    return Kind.ROWS if holds_questions(items) and not _is_composed(items) else Kind.KEPT


def _is_composed(schema: _Schema) -> bool:
    return _has_any(schema, *_COMPOSED)


def _has_any(schema: _Schema, *keywords: str) -> bool:
    return any(keyword in schema for keyword in keywords)


def fresh(kind: Kind) -> dict[str, Any]:
    """The schema of a new question."""
    return {**MEANINGS[kind].schema}
