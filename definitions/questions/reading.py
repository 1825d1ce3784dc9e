"""From a schema to the list of its questions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from definitions.questions.aspects import ASPECTS, Aspect
from definitions.questions.kinds import (
    CHOOSING,
    MEANINGS,
    NESTED,
    TITLES,
    WORDS,
    Kind,
    are_names,
    holds_questions,
    kind_of,
)
from definitions.schemas.problem import JSON, Path
from definitions.schemas.shape import WIDGET, Shape, humanised
from definitions.schemas.shape import Kind as ShapeKind
from definitions.schemas.words import number as number_words

#: One question: {label, kind, required, help, choices, must, prefilled, example, accepts, least,
#: most, seen, name, inside, was, note}. `was` is its name in the schema it was read from; `note`
#: says what the schema has beyond this.
Row = dict[str, Any]

#: Keywords that are shown or are the structure itself.
_SHOWN = (
    "const", "default", "enum", "format", "items", "oneOf", "properties", "required", "type",
    "uniqueItems", "x-accept", WIDGET, *TITLES, *WORDS,
)  # fmt: skip
_IN_WORDS = {
    "x-max-megabytes": "how large a file may be",
    "x-render": "how it is shown",
    "pattern": "a pattern that the text has to fit",
    "minLength": "a shortest length",
    "maxLength": "a longest length",
    "exclusiveMinimum": "a limit below",
    "exclusiveMaximum": "a limit above",
    "minItems": "a fewest number of entries",
    "maxItems": "a largest number of entries",
    "examples": "more examples",
    "allOf": "further conditions",
    "anyOf": "several possibilities",
    "oneOf": "several possibilities",
    "not": "answers that are refused",
    "if": "questions or conditions that depend on answers",
    "contains": "an entry that has to be there",
    "dependentRequired": "questions that make others required",
    "dependentSchemas": "questions that bring others up",
    "additionalProperties": "",
    "$schema": "",
    "$defs": "parts that are used in several places",
    "definitions": "parts that are used in several places",
    "patternProperties": "answers without a fixed name",
    "propertyNames": "rules for names",
    "$id": "",
    "$comment": "",
    "then": "",
    "else": "",
    "title": "",
    "description": "",
}


@dataclass(frozen=True)
class Questions:
    """`rows` in order; `kept` says in words what else the schema has, which stays untouched.

    `refusal` says why a builder cannot hold the schema at all; "" if it can.
    """

    rows: tuple[Row, ...] = ()
    kept: tuple[str, ...] = ()
    refusal: str = ""


def questions_of(schema: JSON) -> Questions:
    """The questions a schema asks; None is a form that asks nothing yet."""
    if schema is None or schema == {}:
        return Questions()
    if refusal := why_not(schema):
        return Questions(refusal=refusal)
    return Questions(tuple(rows_of(schema, Root(schema))), tuple(_kept_around(schema)))


def why_not(schema: JSON) -> str:
    """Why a schema is no list of questions; "" if it is one."""
    if not isinstance(schema, Mapping):
        return "It is not a group of keywords, so there are no questions to show."
    named = schema.get("type", "object")
    if named != "object":
        return f"It asks for a single answer of the type “{named}”, not for named answers."
    if not isinstance(schema.get("properties", {}), Mapping):
        return "Its “properties” are no group."
    if not are_names(schema.get("required", [])):
        return "Its “required” is no list of names."
    if "$ref" in schema:
        return "All of it stands somewhere else (“$ref”)."
    return ""


@dataclass(frozen=True)
class Root:
    """A whole schema, and the way to the group in it that is being read."""

    schema: JSON
    way: Path = ()

    def into(self, *way: str) -> "Root":
        return Root(self.schema, (*self.way, *way))


def rows_of(schema: Mapping[str, JSON], root: Root) -> Iterator[Row]:
    required = schema.get("required", [])
    for name, inner in schema.get("properties", {}).items():
        yield _row(name, inner, root.into("properties", name), is_required=name in required)


def _row(name: str, schema: JSON, here: Root, *, is_required: bool) -> Row:
    kind = kind_of(schema)
    known = schema if isinstance(schema, Mapping) else {}
    shown = {aspect.name: aspect.show(known, kind) for aspect in ASPECTS}
    return {
        "label": shown.pop("label"),
        "kind": kind.value,
        "required": is_required,
        **shown,
        "name": name,
        "inside": _inside(known, kind, here),
        "was": name,
        "note": note_of(schema, here),
    }


def _inside(schema: Mapping[str, JSON], kind: Kind, here: Root) -> list[Row]:
    if kind not in NESTED:
        return []
    return list(rows_of(group_in(schema, kind), here.into("items") if kind is Kind.ROWS else here))


def group_in(schema: Mapping[str, JSON], kind: Kind) -> Mapping[str, JSON]:
    """The group whose questions are inside: the schema itself, or that of its entries."""
    inner = schema.get("items", {}) if kind is Kind.ROWS else schema
    return inner if holds_questions(inner) else {}


def note_of(schema: JSON, here: Root) -> str:
    """What a question's schema says beyond its row, in words; "" for nothing."""
    if not isinstance(schema, Mapping):
        return "Takes any answer." if schema else "Takes no answer."
    kind = kind_of(schema)
    if kind is Kind.KEPT:
        return _what_it_is(schema, here)
    limits = MEANINGS[kind].limits.least, MEANINGS[kind].limits.most
    boxes = by_name()["must"].show(schema, kind)
    words = [
        _words(keyword, value)
        for keyword, value in schema.items()
        if keyword not in (*_SHOWN, *limits)
        and not _is_only_example(keyword, value)
        and not (keyword == "allOf" and boxes)
    ]
    shown = _unshown(schema, kind)
    told = list(dict.fromkeys(word for word in (*shown, *words) if word))
    return f"Also kept: {', '.join(told)}." if told else ""


def _unshown(schema: Mapping[str, JSON], kind: Kind) -> Iterator[str]:
    """Aspects that the schema has and a line cannot say."""
    if "default" in schema and not by_name()["prefilled"].show(schema, kind):
        yield "what is filled in already"
    if kind in CHOOSING and not by_name()["choices"].show(schema, kind):
        yield "choices that no line can say"


def _is_only_example(keyword: str, value: JSON) -> bool:
    return keyword == "examples" and isinstance(value, list) and len(value) == 1


def _words(keyword: str, value: JSON) -> str:
    if keyword == "multipleOf" and isinstance(value, int | float):
        return f"steps of {number_words(value)}"
    return _IN_WORDS.get(keyword, f"“{keyword}”")


def by_name() -> dict[str, Aspect]:
    return {aspect.name: aspect for aspect in ASPECTS}


#: What a shape is called, where a question has no kind of its own here.
_SHAPES = {
    ShapeKind.STRING: "a text",
    ShapeKind.NUMBER: "a number",
    ShapeKind.INTEGER: "a whole number",
    ShapeKind.BOOLEAN: "yes or no",
    ShapeKind.AGREE: "a box that must be ticked",
    ShapeKind.CONSTANT: "always the same answer",
    ShapeKind.CHOICE: "one of several choices",
    ShapeKind.CHOICES: "several choices",
    ShapeKind.LIST: "a list",
    ShapeKind.OBJECT: "a group of questions",
    ShapeKind.MAP: "answers without fixed names",
}


def _what_it_is(schema: Mapping[str, JSON], here: Root) -> str:
    """A question the builder has no word for, as the form will ask it."""
    shape = Shape(here.schema, (here.way,))
    try:
        words, title = _SHAPES.get(shape.kind, "an answer written as text"), shape.title
    except (LookupError, TypeError, ValueError, RecursionError):
        words, title = "an answer", ""
    called = f"“{title}”: " if title and title != schema.get("title") else ""
    where = _where_it_stands(schema)
    return _capital(f"{called}{words}{where}. It can be changed as text.")


def _where_it_stands(schema: Mapping[str, JSON]) -> str:
    if "$ref" in schema or "allOf" in schema:
        return ", described in a part that is used in several places"
    if "oneOf" in schema or "anyOf" in schema:
        return ", in one of several shapes"
    return ""


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _kept_around(schema: Mapping[str, JSON]) -> Iterator[str]:
    """What the schema says around its questions."""
    seen: set[str] = set()
    for keyword in schema:
        if keyword in ("type", "properties", "required"):
            continue
        words = _words(keyword, schema[keyword])
        if words and words not in seen:
            seen.add(words)
            yield words
    unnamed = [n for n in schema.get("required", []) if n not in schema.get("properties", {})]
    if unnamed:
        yield "required answers that no question here asks for: " + ", ".join(
            f"“{humanised(str(name))}”" for name in unnamed[:5]
        )
