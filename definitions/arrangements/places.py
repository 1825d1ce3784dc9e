"""The questions that a layout can place, by their scopes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from definitions.layouts.reading import place_of
from definitions.schemas import JSON, pointer
from definitions.schemas.shape import Choice, Kind, Shape, humanised, shape_of

DEEPEST = 4
MOST = 400


@dataclass(frozen=True)
class AskedAt:
    """A question and the scope that names it: "#/properties/who/properties/name"."""

    scope: str
    title: str
    shape: Shape
    required: bool = False

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What an answer, or an entry of one, can be."""
        shape = self.shape
        if shape.kind is Kind.CHOICES and shape.items is not None:
            return shape.items.choices or ()
        if shape.kind is Kind.BOOLEAN:
            return Choice(True, "Yes"), Choice(False, "No")
        return shape.choices or ()


def asked_at(schema: JSON) -> dict[str, AskedAt]:
    """Every question of a form by its scope, groups before what is inside them.

    `schema` is one that `schema_problems` finds nothing wrong with.
    """
    if not isinstance(schema, Mapping):
        return {}
    shape = shape_of(schema)
    if shape.kind is not Kind.OBJECT:
        return {}
    found: dict[str, AskedAt] = {}
    for one in _inside(shape, (), "", 0):
        if len(found) >= MOST:
            break
        found[one.scope] = one
    return found


def _inside(around: Shape, way: tuple[str, ...], before: str, depth: int) -> Iterator[AskedAt]:
    every = {
        **around.properties,
        **{name: extra for name, (extra, _) in around.extras.items()},
    }
    for name, shape in every.items():
        if shape.kind in {Kind.NEVER, Kind.NULL}:
            continue
        place = (*way, "properties", name)
        title = f"{before}{shape.title or humanised(name)}"
        yield AskedAt("#" + pointer(place), title, shape, name in around.required)
        if shape.kind is Kind.OBJECT and depth < DEEPEST:
            yield from _inside(shape, place, f"{title}: ", depth + 1)


def name_in(scope: JSON) -> str:
    """A question that a form does not have, in words."""
    place = place_of(scope)
    return humanised(place[-1]) if place else str(scope)


#: How the look of a question is called, for the kinds of questions that can have it.
_WIDGETS: Mapping[str, tuple[str, tuple[Kind, ...]]] = {
    "text": ("One line", (Kind.STRING,)),
    "textarea": ("Several lines", (Kind.STRING,)),
    "radio": ("Cards", (Kind.CHOICE, Kind.BOOLEAN)),
    "select": ("List to choose from", (Kind.CHOICE, Kind.BOOLEAN)),
    "switch": ("Switch", (Kind.BOOLEAN,)),
    "checkbox": ("Box to tick", (Kind.BOOLEAN,)),
    "money": ("Amount of money", (Kind.NUMBER, Kind.INTEGER)),
    "rows": ("Rows", (Kind.OBJECT,)),
}


def widgets_for(shape: Shape) -> list[tuple[str, str]]:
    """(widget, words) for a question; the first is what it looks like by itself."""
    is_plain = shape.kind is not Kind.STRING or not shape.format
    fitting = [
        (widget, words)
        for widget, (words, kinds) in _WIDGETS.items()
        if shape.kind in kinds and is_plain
    ]
    return [("", "As usual"), *fitting]
