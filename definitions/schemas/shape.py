"""What a schema asks for, as a form sees it: one question per property, with references followed.

A shape only shows. It guesses where a schema leaves things open, and leaves out what a page cannot
show (`not`, `contains`, …): whether an answer is right is decided by `problems` alone.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from definitions.schemas.problem import JSON, Path
from definitions.schemas.walking import at, local_target

WIDGET = "x-widget"

_ALL_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})

#: Keywords that only make sense for one type, so that they tell the type where it is not said.
_TELLING = {
    "object": ("properties", "required", "patternProperties", "additionalProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


class Kind(StrEnum):
    """What sort of question it is."""

    STRING = "string"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    AGREE = "agree"  # only `true` is right: "I agree"
    CONSTANT = "constant"
    CHOICE = "choice"
    CHOICES = "choices"  # several of a few
    LIST = "list"
    OBJECT = "object"
    MAP = "map"  # an object whose names are not known
    NULL = "null"
    NEVER = "never"
    OTHER = "other"  # nothing a page knows: written as text


@dataclass(frozen=True, slots=True)
class Choice:
    value: JSON
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something is asked only if the schema at `place` accepts (or refuses) a value.

    The value is the object around the question, or its property `name`. Without a place the
    property only has to be there.
    """

    place: Path | None
    accepted: bool = True
    name: str = ""


#: Ways in which a question comes up: one of them has to hold, with all of its conditions.
Occasions = tuple[tuple[Condition, ...], ...]


@dataclass(frozen=True)
class Shape:
    """The schemas at `places` of the document `schema`, which all apply to the same value."""

    schema: JSON
    places: tuple[Path, ...]

    # --- What is written there -----------------------------------------------------------------

    @cached_property
    def _layers(self) -> tuple[tuple[Path, Mapping[str, JSON]], ...]:
        """The schemas themselves, then what they refer to; earlier ones win."""
        return tuple(self._unfold(self.places))

    def _unfold(self, places: tuple[Path, ...]) -> Iterator[tuple[Path, Mapping[str, JSON]]]:
        for place in places:
            node = at(self.schema, place)
            if not isinstance(node, dict):
                yield place, {} if node else {"not": {}}
                continue
            yield place, node
            inside: list[Path] = []
            target = local_target(node.get("$ref"))
            if target is not None:
                inside.append(target)
            inside += [(*place, "allOf", number) for number in range(len(node.get("allOf", ())))]
            inside += self._only_possibility(place, node)
            yield from self._unfold(tuple(inside))

    def _only_possibility(self, place: Path, node: Mapping[str, JSON]) -> list[Path]:
        """`anyOf: [X, {type: null}]` is how many say "X or nothing"."""
        for keyword in ("anyOf", "oneOf"):
            ways = [
                (*place, keyword, number)
                for number, way in enumerate(node.get(keyword, ()))
                if not _is_null(way)
            ]
            if len(ways) == 1:
                return ways
        return []

    def get(self, keyword: str, default: JSON = None) -> JSON:
        """The value of a keyword: that of the outermost schema that has it."""
        return next((node[keyword] for _, node in self._layers if keyword in node), default)

    def text(self, keyword: str) -> str:
        """The value of a keyword if it is a text, else ""."""
        value = self.get(keyword, "")
        return value if isinstance(value, str) else ""

    @property
    def title(self) -> str:
        return self.text("title").strip()

    @property
    def description(self) -> str:
        return self.text("description").strip()

    @property
    def widget(self) -> str:
        return self.text(WIDGET)

    @property
    def format(self) -> str:
        return self.text("format")

    @cached_property
    def examples(self) -> tuple[str, ...]:
        examples = self.get("examples", ())
        plain = examples if isinstance(examples, list) else []
        return tuple(str(example) for example in plain if isinstance(example, str | int | float))

    # --- What it accepts -----------------------------------------------------------------------

    @cached_property
    def types(self) -> frozenset[str]:
        """The types it allows, as far as they are said or can be guessed; empty if any."""
        return self._guessed_types() if self._stated_types == _ALL_TYPES else self._stated_types

    @cached_property
    def _stated_types(self) -> frozenset[str]:
        allowed = _ALL_TYPES
        for _, node in self._layers:
            allowed = _both(allowed, self._types_of(node))
        return allowed

    def _types_of(self, node: Mapping[str, JSON]) -> frozenset[str]:
        allowed = _ALL_TYPES
        if "type" in node:
            given = node["type"]
            allowed = _widened(frozenset([given] if isinstance(given, str) else given))
        for keyword in ("anyOf", "oneOf"):
            ways = [way for way in node.get(keyword, ()) if isinstance(way, dict)]
            if ways and all("type" in way or "const" in way for way in ways):
                names = frozenset().union(*(_stated_types(way) for way in ways))
                allowed = _both(allowed, _widened(names))
        return allowed

    def _guessed_types(self) -> frozenset[str]:
        for name, keywords in _TELLING.items():
            if any(keyword in node for _, node in self._layers for keyword in keywords):
                return frozenset({name})
        return frozenset()

    @property
    def allows_null(self) -> bool:
        """Whether it says that nothing (null) is an answer."""
        if self._stated_types == _ALL_TYPES and self.choices is None:
            return False
        return all(_takes_null(self.schema, place) for place in self.places)

    @cached_property
    def choices(self) -> tuple[Choice, ...] | None:
        """The only right answers, if the schema lists them."""
        for _, node in self._layers:
            if "const" in node:
                return (Choice(node["const"], self._title_of(node["const"])),)
            if isinstance(node.get("enum"), list):
                return tuple(self._enumerated(node))
            for keyword in ("oneOf", "anyOf"):
                ways = node.get(keyword)
                if ways and all(isinstance(way, dict) and "const" in way for way in ways):
                    return tuple(
                        Choice(
                            way["const"],
                            str(way.get("title") or self._title_of(way["const"])),
                            str(way.get("description", "")),
                        )
                        for way in ways
                    )
        return None

    def _enumerated(self, node: Mapping[str, JSON]) -> Iterator[Choice]:
        names = node.get("enumNames", node.get("x-enum-titles"))
        titles = names if isinstance(names, list) else []
        for number, value in enumerate(node["enum"]):
            title = titles[number] if number < len(titles) else None
            yield Choice(value, str(title) if title else self._title_of(value))

    @staticmethod
    def _title_of(value: JSON) -> str:
        if value is None:
            return "None"
        if isinstance(value, bool):
            return "Yes" if value else "No"
        return str(value)

    @cached_property
    def kind(self) -> Kind:
        if any(node.get("not") == {} for _, node in self._layers):
            return Kind.NEVER
        choices = self.choices
        if choices is not None:
            return self._kind_of_choice(choices)
        some = self.types - {"null"}
        if "null" in self.types and not some:
            return Kind.NULL
        if some == {"object"}:
            return Kind.OBJECT if self.properties or self.extras else Kind.MAP
        if some == {"array"}:
            return self._kind_of_list()
        if "array" in some or "object" in some:
            return Kind.OTHER
        return self._kind_of_scalar(some)

    def _kind_of_choice(self, choices: tuple[Choice, ...]) -> Kind:
        values = [choice.value for choice in choices]
        if any(isinstance(value, dict | list) for value in values):
            return Kind.CONSTANT if len(values) == 1 else Kind.OTHER
        if values == [True] and isinstance(values[0], bool):
            return Kind.AGREE
        one_const = len(values) == 1 and any("const" in node for _, node in self._layers)
        return Kind.CONSTANT if one_const else Kind.CHOICE

    def _kind_of_list(self) -> Kind:
        if self.get("prefixItems"):
            return Kind.OTHER
        items = self.items
        if items is None:
            return Kind.LIST
        if items.choices is not None and items.kind in {Kind.CHOICE, Kind.CONSTANT, Kind.AGREE}:
            return Kind.CHOICES
        return Kind.OTHER if items.kind in {Kind.NEVER, Kind.NULL, Kind.OTHER} else Kind.LIST

    @staticmethod
    def _kind_of_scalar(some: frozenset[str]) -> Kind:
        if not some or "string" in some:
            return Kind.STRING
        if some == {"boolean"}:
            return Kind.BOOLEAN
        if some == {"integer"}:
            return Kind.INTEGER
        return Kind.NUMBER if some <= {"integer", "number"} else Kind.OTHER

    # --- What is inside ------------------------------------------------------------------------

    @cached_property
    def required(self) -> frozenset[str]:
        return frozenset(name for _, node in self._layers for name in node.get("required", ()))

    @cached_property
    def properties(self) -> Mapping[str, "Shape"]:
        """The properties by name, in order; a required one that nothing describes is there too."""
        places: dict[str, list[Path]] = {}
        for place, node in self._layers:
            for name in node.get("properties", ()):
                places.setdefault(name, []).append((*place, "properties", name))
        for _, node in self._layers:
            for name in node.get("required", ()):
                places.setdefault(name, [])
        return {name: Shape(self.schema, tuple(where)) for name, where in places.items()}

    @cached_property
    def extras(self) -> Mapping[str, tuple["Shape", Occasions]]:
        """Properties that are described only where the schema branches (`then`, `oneOf`, …)."""
        shapes: dict[str, list[Shape]] = {}
        occasions: dict[str, list[tuple[Condition, ...]]] = {}
        for branch, conditions in self._branches():
            inside = {name: (shape, ((),)) for name, shape in branch.properties.items()}
            for name, (shape, ways) in {**branch.extras, **inside}.items():
                if name in self.properties:
                    continue
                decides = any(condition.name == name for condition in conditions)
                shapes.setdefault(name, []).append(shape)
                occasions.setdefault(name, []).extend(
                    () if decides else (*conditions, *way) for way in ways
                )
        return {name: (_any_of(shapes[name]), tuple(occasions[name])) for name in shapes}

    def _branches(self) -> Iterator[tuple["Shape", tuple[Condition, ...]]]:
        for place, node in self._layers:
            if "if" in node:
                test = (*place, "if")
                for keyword, accepted in (("then", True), ("else", False)):
                    if keyword in node:
                        yield self._at((*place, keyword)), (Condition(test, accepted),)
            for name in node.get("dependentSchemas", ()):
                yield self._at((*place, "dependentSchemas", name)), (Condition(None, name=name),)
            if self._only_possibility(place, node):
                continue
            for keyword in ("anyOf", "oneOf"):
                ways = [self._at((*place, keyword, n)) for n in range(len(node.get(keyword, ())))]
                name = _deciding(ways)
                for way in ways:
                    named = (Condition(way.properties[name].places[0], name=name),) if name else ()
                    yield way, named

    @cached_property
    def items(self) -> "Shape | None":
        """What every entry of a list is; None if that is not said."""
        places = [(*place, "items") for place, node in self._layers if "items" in node]
        return Shape(self.schema, tuple(places)) if places else None

    @cached_property
    def others(self) -> "Shape | None":
        """What the values of names that are not known are; None if not said or not allowed."""
        places = [
            (*place, "additionalProperties")
            for place, node in self._layers
            if isinstance(node.get("additionalProperties"), dict)
        ]
        return Shape(self.schema, tuple(places)) if places else None

    @cached_property
    def triggers(self) -> frozenset[str]:
        """Properties whose mere presence asks for more: leaving one out is not like saying no."""
        return frozenset(
            name
            for _, node in self._layers
            for keyword in ("dependentRequired", "dependentSchemas")
            for name in node.get(keyword, ())
        )

    def _at(self, place: Path) -> "Shape":
        return Shape(self.schema, (place,))


def shape_of(schema: JSON) -> Shape:
    """The shape of a schema that `schema_problems` finds nothing wrong with."""
    return Shape(schema, ((),))


def humanised(name: str) -> str:
    """A label for a property without a title: "firstName" and "first_name" -> "First name"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    words = re.sub(r"[_\-\s]+", " ", words).strip()
    if not words:
        return name or "Answer"
    keep = [word if word.isupper() and len(word) > 1 else word.lower() for word in words.split()]
    text = " ".join(keep)
    return text[0].upper() + text[1:]


def _deciding(ways: list[Shape]) -> str:
    """The property that tells the possibilities apart: each says what it has to be. "" if none."""
    if not ways:
        return ""
    for name, shape in ways[0].properties.items():
        described = [way.properties.get(name) for way in ways]
        if shape.places and all(one and one.places and one.choices for one in described):
            return name
    return ""


def _any_of(shapes: list[Shape]) -> Shape:
    """One shape for a property that several branches describe."""
    if len(shapes) == 1:
        return shapes[0]
    words = {
        keyword: text
        for keyword in ("title", "description", WIDGET)
        if (text := shapes[0].text(keyword))
    }
    if all(shape.choices is not None for shape in shapes):
        ways = {
            repr(choice.value): {"const": choice.value, "title": choice.title}
            for shape in shapes
            for choice in shape.choices or ()
        }
        return shape_of({**words, "oneOf": list(ways.values())})
    if len({(shape.kind, shape.format) for shape in shapes}) == 1:
        return shapes[0]
    return shape_of(words)


def _takes_null(schema: JSON, place: Path) -> bool:
    node = at(schema, place)
    if not isinstance(node, dict):
        return bool(node)
    if "type" in node and node["type"] != "null" and "null" not in list(node["type"]):
        return False
    if ("const" in node and node["const"] is not None) or None not in node.get("enum", [None]):
        return False
    target = local_target(node.get("$ref"))
    if target is not None and not _takes_null(schema, target):
        return False
    if not all(
        _takes_null(schema, (*place, "allOf", n)) for n in range(len(node.get("allOf", ())))
    ):
        return False
    return all(
        any(_takes_null(schema, (*place, keyword, n)) for n in range(len(node[keyword])))
        for keyword in ("anyOf", "oneOf")
        if keyword in node
    )


def _is_null(schema: JSON) -> bool:
    return isinstance(schema, dict) and (
        schema.get("type") == "null" or ("const" in schema and schema["const"] is None)
    )


def _stated_types(schema: Mapping[str, JSON]) -> frozenset[str]:
    if "type" in schema:
        given = schema["type"]
        return frozenset([given] if isinstance(given, str) else given)
    value = schema["const"]
    if isinstance(value, bool):
        return frozenset({"boolean"})
    names = {str: "string", int: "integer", float: "number", dict: "object", list: "array"}
    return frozenset({names.get(type(value), "null")})


def _widened(types: frozenset[str]) -> frozenset[str]:
    """Every whole number is a number."""
    return types | {"integer"} if "number" in types else types


def _both(some: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    return some & others or some
