"""From lines back to a layout. What did not change is not touched."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from definitions.arrangements.lines import END, KEPT, QUESTION, SECTION, TAB, TEXT, Line
from definitions.arrangements.places import AskedAt, asked_at
from definitions.arrangements.rules import OWN, RuleLine, Unreadable, rule_line, rule_of
from definitions.layouts import generated_layout
from definitions.schemas import JSON, Problem, pointer, steps
from definitions.schemas.walking import at

_Element = dict[str, Any]


@dataclass(slots=True)
class Arranged:
    """The layout that lines make; None if it says no more than the form itself.

    problems: places in the list ("/3/value").
    """

    layout: JSON
    problems: list[Problem] = field(default_factory=list)


def layout_with(layout: JSON, lines: Sequence[Line], schema: JSON) -> Arranged:
    """`layout` arranged as `lines` say. `layout` is what the lines were read from."""
    writer = _Writer(layout, asked_at(schema))
    made = writer.root(lines)
    if not layout and made == _own_order(schema):
        made = None
    return Arranged(made, writer.problems)


def _own_order(schema: JSON) -> JSON:
    return generated_layout(schema) if asked_at(schema) else _box("VerticalLayout", [])


class _Writer:
    def __init__(self, layout: JSON, asked: Mapping[str, AskedAt]) -> None:
        self._layout = layout
        self._asked = asked
        self._placed: set[str] = set()
        self.problems: list[Problem] = []

    def root(self, lines: Sequence[Line]) -> JSON:
        numbered = list(enumerate(lines))
        starts = [number for number, line in numbered if line.get("what") == TAB]
        if not starts:
            elements = self._contents(numbered)
            if len(elements) == 1 and self._is_root(lines):
                return elements[0]
            return self._around("VerticalLayout", elements)
        if starts[0] > 0:
            self._wrong(0, "what", "Begin with a tab: this stands before the first one.")
        ends = [*starts[1:], len(numbered)]
        tabs = [
            self._tab(numbered[start], self._contents(numbered[start + 1 : end]))
            for start, end in zip(starts, ends, strict=True)
        ]
        before = self._contents(numbered[: starts[0]])
        if before:
            tabs.insert(0, {"type": "Category", "label": "", "elements": before})
        return self._around("Categorization", tabs)

    def _is_root(self, lines: Sequence[Line]) -> bool:
        return bool(lines) and lines[0].get("was") == ""

    def _around(self, kind: str, elements: list[JSON]) -> _Element:
        root = self._layout
        if isinstance(root, Mapping) and root.get("type") == kind:
            return _with_elements(root, elements)
        return _box(kind, elements)

    def _tab(self, numbered: tuple[int, Line], elements: list[JSON]) -> _Element:
        number, line = numbered
        tab = self._origin(line, "Category")
        self._put(tab, "label", line.get("label"))
        if not tab.get("label") and line.get("was") is None:
            self._wrong(number, "label", "A tab needs a name.")
        self._rule(tab, number, line)
        return _with_elements(tab, elements)

    def _contents(self, numbered: Sequence[tuple[int, Line]]) -> list[JSON]:
        """Sections, each with its rows, and rows that stand under no heading."""
        elements: list[JSON] = []
        section: tuple[_Element, list[tuple[int, Line]]] | None = None
        loose: list[tuple[int, Line]] = []

        def close() -> None:
            nonlocal section
            if section is not None:
                elements.append(_with_elements(section[0], self._rows(section[1])))
            section = None
            elements.extend(self._rows(loose))
            loose.clear()

        for number, line in numbered:
            what = line.get("what")
            if what == SECTION:
                close()
                section = self._section(number, line), []
            elif what == END:
                close()
            else:
                (loose if section is None else section[1]).append((number, line))
        close()
        return elements

    def _section(self, number: int, line: Line) -> _Element:
        group = self._origin(line, "Group")
        self._put(group, "label", line.get("label"))
        self._put(group, "description", line.get("text"))
        self._rule(group, number, line)
        return group

    def _rows(self, numbered: Sequence[tuple[int, Line]]) -> list[JSON]:
        rows: list[list[tuple[int, Line]]] = []
        for number, line in numbered:
            can_join = rows and line.get("what") in (QUESTION, TEXT)
            follows_plain = rows and rows[-1][-1][1].get("what") in (QUESTION, TEXT)
            if line.get("beside") is True and can_join and follows_plain:
                rows[-1].append((number, line))
            else:
                rows.append([(number, line)])
        return [self._row(row) for row in rows]

    def _row(self, numbered: list[tuple[int, Line]]) -> JSON:
        cells = [self._cell(number, line) for number, line in numbered]
        if len(cells) == 1:
            return cells[0]
        return _with_elements(self._origin_of_row(numbered), cells)

    def _origin_of_row(self, numbered: list[tuple[int, Line]]) -> _Element:
        """The row that the first cell stood in, if it was one."""
        was = numbered[0][1].get("was")
        if was:
            around = self._at(was.rsplit("/elements/", 1)[0])
            if isinstance(around, Mapping) and around.get("type") == "HorizontalLayout":
                return deepcopy(dict(around))
        return {"type": "HorizontalLayout"}

    def _cell(self, number: int, line: Line) -> JSON:
        what = line.get("what")
        if what == KEPT:
            return deepcopy(self._at(line.get("was")))
        if what == TEXT:
            text = self._origin(line, "Label")
            self._put(text, "text", line.get("text"))
            if not text.get("text"):
                self._wrong(number, "text", "Write the text.")
            self._rule(text, number, line)
            return text
        return self._question(number, line)

    def _question(self, number: int, line: Line) -> _Element:
        control = self._origin(line, "Control")
        scope = str(line.get("question") or "")
        is_new = scope != control.get("scope")
        if is_new and scope not in self._asked:
            self._wrong(number, "question", "Please choose a question.")
        elif is_new and scope in self._placed:
            self._wrong(number, "question", "This question is there twice.")
        control["scope"] = scope
        self._placed.add(scope)
        if str(line.get("label") or "") != _plain(control.get("label")):
            self._put(control, "label", line.get("label"))
        self._look(control, str(line.get("shown_as") or ""))
        self._rule(control, number, line)
        return control

    def _look(self, control: _Element, widget: str) -> None:
        options = control.get("options")
        options = options if isinstance(options, dict) else {}
        if widget == str(options.get("widget") or ""):
            return
        options = {key: value for key, value in options.items() if key != "widget"}
        if widget:
            options["widget"] = widget
        if options:
            control["options"] = options
        else:
            control.pop("options", None)

    def _rule(self, element: _Element, number: int, line: Line) -> None:
        wanted = RuleLine.of(line)
        before = rule_line(element.get("rule"), self._asked)
        if wanted == before:
            return
        if not wanted.effect:
            element.pop("rule", None)
            return
        if wanted.test == OWN and before.test == OWN:
            element["rule"] = {**element["rule"], "effect": wanted.effect}
            return
        try:
            element["rule"] = rule_of(wanted, self._asked)
        except Unreadable as error:
            self._wrong(number, error.part, str(error))

    def _put(self, element: _Element, key: str, value: JSON) -> None:
        text = str(value or "")
        if text == _plain(element.get(key)):
            return
        if text.strip():
            element[key] = text
        else:
            element.pop(key, None)

    def _origin(self, line: Line, kind: str) -> _Element:
        """A copy of what the line was read from, without what stands in it; else a new one."""
        found = self._at(line.get("was"))
        if isinstance(found, Mapping) and found.get("type") == kind:
            return deepcopy(dict(found))
        return {"type": kind}

    def _at(self, place: JSON) -> JSON:
        if not isinstance(place, str) or not isinstance(self._layout, Mapping):
            return None
        try:
            return at(self._layout, steps(place))
        except LookupError:
            return None

    def _wrong(self, number: int, part: str, message: str) -> None:
        self.problems.append(Problem(pointer((number, part)), message, part))


def _with_elements(element: Mapping[str, JSON], elements: list[JSON]) -> _Element:
    made = dict(element)
    made["elements"] = elements
    return made


def _box(kind: str, elements: list[JSON]) -> _Element:
    return {"type": kind, "elements": elements}


def _plain(value: JSON) -> str:
    return value if isinstance(value, str) else ""
