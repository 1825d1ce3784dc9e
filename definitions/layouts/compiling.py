"""From a layout document (a subset of the JSON Forms UI schema) to a tree."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from definitions import schemas
from definitions.layouts.hiding import never_asked, not_always_asked
from definitions.layouts.reading import RuleReader, place_of
from definitions.layouts.rules import Effect, OccasionTest, Place, Rule
from definitions.layouts.tree import Control, Fieldset, Layout, Note, Row, Tab
from definitions.schemas import JSON, Limits, Problem, pointer
from definitions.schemas.problem import Path
from definitions.schemas.shape import Kind, Shape, humanised, shape_of

TYPES = (
    "VerticalLayout", "HorizontalLayout", "Group", "Categorization", "Category", "Control", "Label",
)  # fmt: skip

#: What `options.widget` can say; a widget that does not fit its question is left aside.
WIDGETS = (
    "text", "textarea", "select", "radio", "switch", "checkbox", "checkboxes", "money", "number",
    "date", "datetime", "file", "rows",
)  # fmt: skip

SIZES = Limits(depth=40, places=10_000, characters=200_000)
#: Questions that stand on a page as fields of their own. What is beyond goes into one field per
#: group: a server takes about a thousand fields from a browser.
MOST_FIELDS = 400
DEEPEST_GROUP = 6


def generated_layout(schema: JSON) -> JSON:
    """A layout that asks for everything in the order of the schema, as a document to start from."""
    shape = shape_of(schema)
    elements = [
        {"type": "Control", "scope": "#" + pointer(("properties", name))} for name in _asked(shape)
    ]
    return {"type": "VerticalLayout", "elements": elements}


class Compiler:
    """Makes one tree; collects what is wrong with the document on the way, and leaves that out."""

    def __init__(self, schema: JSON, *, asks: bool = True) -> None:
        self._asks = asks
        self._checker = schemas.checker(schema)
        self._shape = shape_of(self._checker.schema)
        self._budget = MOST_FIELDS
        self._placed: dict[Place, Path] = {}
        self._rules_at: dict[Place, Path] = {}
        self.problems: list[Problem] = []
        self._reader = RuleReader(self._wrong, self._at)

    def compile(self, layout: JSON) -> Layout:
        layout = layout or None  # an empty one asks for nothing special
        if layout is not None and self._shape.kind is Kind.OBJECT:
            self.problems.extend(schemas.check_storable(layout, SIZES))
        if layout is None or self.problems or self._shape.kind is not Kind.OBJECT:
            return self._layout(self._tabs_of_everything())
        tabs = self._tabs(layout)
        if not self._asks:
            return self._layout(tabs)
        made = self._layout(self._with_what_is_missing(tabs))
        self._find_circles(made)
        self.problems.extend(never_asked(made, self._placed, self._shape_at))
        hints = tuple(not_always_asked(made, self._placed, self._shape_at))
        return replace(made, problems=tuple(self.problems), hints=hints)

    def _layout(self, tabs: tuple[Tab, ...]) -> Layout:
        return Layout(self._shape, self._checker, tabs, tuple(self.problems))

    # --- Without a document --------------------------------------------------------------------

    def _tabs_of_everything(self) -> tuple[Tab, ...]:
        rows = tuple(Row((cell,)) for cell in self._cells_of(self._shape, ()))
        return (Tab(fieldsets=(Fieldset(rows=rows),)),) if rows else ()

    def _cells_of(self, shape: Shape, place: Place) -> Iterator[Control | Fieldset]:
        if shape.kind is Kind.OBJECT:
            for name in _asked(shape):
                yield self._cell((*place, name))
        elif (
            not place
            and shape.kind not in {Kind.MAP, Kind.NULL, Kind.NEVER}
            and (shape.types or shape.choices)
        ):
            yield Control((), shape, required=True)

    def _cell(self, place: Place, like: Control | None = None) -> Control | Fieldset:
        """The question at `place`, or the questions of the group there."""
        around, shape, occasion = self._at(place)
        like = like or Control(place, shape)
        rules = like.rules if occasion is None else (*like.rules, occasion)
        required = place[-1] in around.required
        control = replace(like, shape=shape, required=required, rules=rules)
        if shape.kind is not Kind.OBJECT or not self._fits(shape, len(place), control):
            self._budget -= 1
            return control
        rows = tuple(
            Row((self._cell((*place, name), Control((*place, name), shape, rules=rules)),))
            for name in _asked(shape)
        )
        return Fieldset(control.title, shape.description, rows, place, required)

    def _fits(self, shape: Shape, depth: int, control: Control) -> bool:
        if depth > DEEPEST_GROUP or control.options.get("widget") == "rows":
            return False
        return _count(shape, self._budget, depth) <= self._budget

    def _at(self, place: Place) -> tuple[Shape, Shape, Rule | None]:
        """The group around a place, what is there, and when the schema asks for it.

        Raises LookupError where the schema has nothing.
        """
        around = self._shape
        for name in place[:-1]:
            around = (
                around.properties[name] if name in around.properties else around.extras[name][0]
            )
        name = place[-1]
        if name in around.properties:
            return around, around.properties[name], None
        shape, occasions = around.extras[name]
        if () in occasions:
            return around, shape, None
        test = OccasionTest(self._checker, place[:-1], occasions)
        return around, shape, Rule(Effect.SHOW, test)

    def _shape_at(self, place: Place) -> Shape | None:
        try:
            return self._at(place)[1]
        except LookupError:
            return None

    # --- From a document -----------------------------------------------------------------------

    def _tabs(self, layout: JSON) -> tuple[Tab, ...]:
        if not isinstance(layout, dict) or layout.get("type") != "Categorization":
            return (Tab(fieldsets=self._fieldsets(layout, ())),)
        tabs = []
        rules = self._reader.rules(layout, ())
        for path, element in self._elements(layout, ()):
            if element.get("type") != "Category":
                self._wrong((*path, "type"), "Only a Category stands in a Categorization.")
                continue
            inherited = (*rules, *self._reader.rules(element, path))
            label = self._text(element, path, "label")
            tabs.append(Tab(label, self._grouped(element, path, inherited)))
        return tuple(tabs)

    def _fieldsets(self, element: JSON, path: Path) -> tuple[Fieldset, ...]:
        if not isinstance(element, dict):
            self._wrong(path, "An element is a group with a type.")
            return ()
        if element.get("type") == "VerticalLayout":
            return self._grouped(element, path, self._reader.rules(element, path))
        return self._gathered(self._cells(element, path, ()))

    def _grouped(self, box: JSON, path: Path, rules: tuple[Rule, ...]) -> tuple[Fieldset, ...]:
        cells = (
            cell
            for inner, element in self._elements(box, path)
            for cell in self._cells(element, inner, rules)
        )
        return self._gathered(cells)

    def _gathered(self, rows: "Iterator[Row | Fieldset]") -> tuple[Fieldset, ...]:
        """Groups stand alone; rows between them are put together without a heading."""
        fieldsets: list[Fieldset] = []
        loose: list[Row] = []
        for row in rows:
            if isinstance(row, Row):
                loose.append(row)
                continue
            if loose:
                fieldsets.append(Fieldset(rows=tuple(loose)))
                loose = []
            fieldsets.append(row)
        if loose:
            fieldsets.append(Fieldset(rows=tuple(loose)))
        return tuple(fieldsets)

    def _cells(
        self, element: JSON, path: Path, rules: tuple[Rule, ...]
    ) -> "Iterator[Row | Fieldset]":
        read: dict[str, Callable[[JSON, Path, tuple[Rule, ...]], Iterator[Row | Fieldset]]] = {
            "VerticalLayout": self._column,
            "HorizontalLayout": self._row,
            "Group": self._group,
            "Control": self._question,
            "Label": self._note,
        }
        kind = element.get("type")
        if not isinstance(kind, str) or kind not in read:
            self._wrong((*path, "type"), _unknown_type(kind))
            return
        yield from read[kind](element, path, (*rules, *self._reader.rules(element, path)))

    def _column(self, box: JSON, path: Path, rules: tuple[Rule, ...]) -> "Iterator[Row | Fieldset]":
        for inner, element in self._elements(box, path):
            yield from self._cells(element, inner, rules)

    def _row(self, box: JSON, path: Path, rules: tuple[Rule, ...]) -> "Iterator[Row | Fieldset]":
        cells: list[Control | Note | Fieldset] = []
        for inner, element in self._elements(box, path):
            parts = list(self._cells(element, inner, rules))
            if len(parts) == 1 and isinstance(parts[0], Row):
                cells.extend(parts[0].cells)
            elif parts:
                rows = tuple(part if isinstance(part, Row) else Row((part,)) for part in parts)
                cells.append(Fieldset(rows=rows))
        if cells:
            yield Row(tuple(cells))

    def _group(self, box: JSON, path: Path, rules: tuple[Rule, ...]) -> "Iterator[Row | Fieldset]":
        parts = list(self._column(box, path, rules))
        rows = tuple(part if isinstance(part, Row) else Row((part,)) for part in parts)
        label = self._text(box, path, "label")
        yield Fieldset(label, self._text(box, path, "description"), rows)

    def _note(self, box: JSON, path: Path, rules: tuple[Rule, ...]) -> "Iterator[Row | Fieldset]":
        text = self._text(box, path, "text")
        if not text:
            self._wrong((*path, "text"), "A Label needs its text.")
            return
        yield Row((Note(text, rules),))

    def _question(
        self, element: JSON, path: Path, rules: tuple[Rule, ...]
    ) -> "Iterator[Row | Fieldset]":
        place = self._scope(element, path)
        if place is None:
            return
        if place in self._placed:
            self._wrong((*path, "scope"), "This question is there twice.")
            return
        self._placed[place] = path
        if rules:
            self._rules_at[place] = path
        label = element.get("label")
        control = Control(
            place,
            self._shape,
            label=label if isinstance(label, str) else "",
            label_is_hidden=label is False,
            options=self._options(element, path),
            rules=rules,
        )
        cell = self._cell(place, control)
        yield cell if isinstance(cell, Fieldset) else Row((cell,))

    def _scope(self, element: JSON, path: Path) -> Place | None:
        scope = element.get("scope")
        place = place_of(scope)
        if place is None:
            self._wrong((*path, "scope"), "A Control needs a scope, like “#/properties/amount”.")
            return None
        try:
            self._at(place)
        except LookupError:
            known = ["#" + pointer(("properties", name)) for name in _asked(self._shape)]
            near = get_close_matches(str(scope), known, n=1)
            hint = f" Did you mean “{near[0]}”?" if near else ""
            self._wrong((*path, "scope"), f"The form has no “{scope}”.{hint}")
            return None
        return place

    def _options(self, element: JSON, path: Path) -> Mapping[str, JSON]:
        options = element.get("options", {})
        if not isinstance(options, dict):
            self._wrong((*path, "options"), "Options are a group.")
            return {}
        widget = options.get("widget")
        if widget is not None and widget not in WIDGETS:
            known = ", ".join(WIDGETS)
            self._wrong((*path, "options", "widget"), f"No widget “{widget}”. There are {known}.")
            return {key: value for key, value in options.items() if key != "widget"}
        return options

    def _elements(self, box: JSON, path: Path) -> Iterator[tuple[Path, JSON]]:
        elements = box.get("elements")
        if not isinstance(elements, list):
            self._wrong((*path, "elements"), f"A {box.get('type')} needs its elements, as a list.")
            return
        for number, element in enumerate(elements):
            inner = (*path, "elements", number)
            if isinstance(element, dict):
                yield inner, element
            else:
                self._wrong(inner, "An element is a group with a type.")

    def _text(self, element: JSON, path: Path, key: str) -> str:
        value = element.get(key, "")
        if isinstance(value, str):
            return value.strip()
        self._wrong((*path, key), f"“{key}” is a text.")
        return ""

    # --- The whole -----------------------------------------------------------------------------

    def _with_what_is_missing(self, tabs: tuple[Tab, ...]) -> tuple[Tab, ...]:
        """Required questions that the document forgets are asked at the end: nobody could go on."""
        missing = list(_forgotten(self._shape, (), set(self._placed)))
        for place in missing:
            where = ", ".join(map(humanised, place))
            self._wrong((), f"“{where}” is required and nowhere in the layout.", "required")
        rows = tuple(Row((self._cell(place),)) for place in missing)
        if not rows:
            return tabs
        label = "Also needed" if any(tab.label for tab in tabs) else ""
        return (*tabs, Tab(label, (Fieldset(rows=rows),)))

    def _find_circles(self, layout: Layout) -> None:
        controls = [control for control in layout.controls() if control.rules]
        needs = {
            control.place: {
                other.place
                for rule in control.rules
                for place in rule.test.reads
                for other in controls
                if place
                and _touch(place, other.place)  # a test of the whole says nothing
                and not isinstance(rule.test, OccasionTest)
            }
            for control in controls
        }
        for place in needs:
            if place in _reached(needs, place):
                path = self._rules_at.get(place, self._placed.get(place, ()))
                self._wrong(path, "Its rule depends on itself, so it can never be decided.")

    def _wrong(self, path: Path, message: str, keyword: str = "layout") -> None:
        self.problems.append(Problem(pointer(path), message, keyword))


def _asked(shape: Shape) -> list[str]:
    """The names of a group's questions: what a person can answer."""
    every = {**shape.properties, **{name: extra for name, (extra, _) in shape.extras.items()}}
    return [
        name
        for name, inner in every.items()
        if inner.kind is not Kind.NEVER and inner.kind is not Kind.NULL
    ]


def _count(shape: Shape, most: int, depth: int) -> int:
    """Fields of a group; stops counting above `most`."""
    total = 0
    for name in _asked(shape):
        inner = shape.properties[name] if name in shape.properties else shape.extras[name][0]
        is_group = inner.kind is Kind.OBJECT and depth < DEEPEST_GROUP
        total += _count(inner, most - total, depth + 1) if is_group else 1
        if total > most:
            break
    return total


def _forgotten(shape: Shape, place: Place, placed: set[Place]) -> Iterator[Place]:
    for name in _asked(shape):
        here = (*place, name)
        if here in placed:
            continue
        inside = any(other[: len(here)] == here for other in placed)
        inner = shape.properties.get(name)
        if inner is not None and inner.kind is Kind.OBJECT and inside:
            yield from _forgotten(inner, here, placed)
        elif name in shape.required:
            yield here


def _touch(one: Place, other: Place) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _reached(needs: Mapping[Place, set[Place]], start: Place) -> set[Place]:
    reached: set[Place] = set()
    waiting = list(needs[start])
    while waiting:
        place = waiting.pop()
        if place not in reached:
            reached.add(place)
            waiting.extend(needs.get(place, ()))
    return reached


def _unknown_type(kind: JSON) -> str:
    if kind in ("Category", "Categorization"):
        return "Tabs (Categorization, Category) can only be the outermost elements."
    near = get_close_matches(str(kind), TYPES, n=1)
    hint = f" Did you mean “{near[0]}”?" if near else f" There are {', '.join(TYPES)}."
    return f"“{kind}” is not a type of element.{hint}"
