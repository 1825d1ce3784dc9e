"""From a layout to lines."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from definitions.arrangements.places import AskedAt, name_in
from definitions.arrangements.rules import OWN, in_words, rule_line
from definitions.schemas import JSON, pointer
from definitions.schemas.problem import Path

#: What a line is. An END ends a section, so that what follows stands under no heading.
TAB, SECTION, END, QUESTION, TEXT, KEPT = "tab", "section", "end", "question", "text", "kept"

#: {what, label, text, question, beside, shown_as, effect, when, test, value, was, note}: `question`
#: and `when` are scopes, `beside` puts a line into the row of the one before, `was` is the place in
#: the layout that the line was read from, `note` what it says beyond this.
Line = dict[str, Any]

BLANK: Line = {
    "what": QUESTION, "label": "", "text": "", "question": "", "beside": False, "shown_as": "",
    "effect": "", "when": "", "test": "", "value": "", "was": None, "note": "",
}  # fmt: skip


def lines_of(layout: Mapping[str, JSON], asked: Mapping[str, AskedAt]) -> tuple[Line, ...]:
    return tuple(_Reader(layout, asked).lines())


class _Reader:
    def __init__(self, layout: JSON, asked: Mapping[str, AskedAt]) -> None:
        self._layout = layout
        self._asked = asked

    def lines(self) -> Iterator[Line]:
        root = self._layout
        if root.get("type") == "Categorization":
            for path, box in elements_in(root, ()):
                yield self._line(TAB, box, path, label=_text(box, "label"))
                yield from self._contents(box, path)
        elif root.get("type") == "VerticalLayout":
            yield from self._contents(root, ())
        else:
            yield from self._element(root, ())

    def _contents(self, box: Mapping[str, JSON], path: Path) -> Iterator[Line]:
        in_section = False
        for inner, element in elements_in(box, path):
            is_section = isinstance(element, Mapping) and element.get("type") == "Group"
            if in_section and not is_section:
                yield {**BLANK, "what": END}
            in_section = is_section
            yield from self._element(element, inner)

    def _element(self, element: JSON, path: Path) -> Iterator[Line]:
        kind = element.get("type") if isinstance(element, Mapping) else None
        if kind == "Group" and isinstance(element.get("elements"), list):
            label, text = _text(element, "label"), _text(element, "description")
            yield self._line(SECTION, element, path, label=label, text=text)
            for inner, cell in elements_in(element, path):
                yield from self._row(cell, inner)
        else:
            yield from self._row(element, path)

    def _row(self, element: JSON, path: Path) -> Iterator[Line]:
        cells = _cells(element, path)
        if cells is None:
            yield self._cell(element, path)
            return
        for number, (inner, cell) in enumerate(cells):
            line = self._cell(cell, inner)
            if number == 0 and "rule" in element:
                line["note"] = f"The whole row: {in_words(element['rule'], self._asked)}."
            yield {**line, "beside": number > 0}

    def _cell(self, element: JSON, path: Path) -> Line:
        kind = element.get("type") if isinstance(element, Mapping) else None
        if kind == "Control":
            label, options = element.get("label"), element.get("options")
            return self._line(
                QUESTION, element, path,
                label=label if isinstance(label, str) else "",
                question=str(element.get("scope") or ""),
                shown_as=str(options.get("widget") or "") if isinstance(options, Mapping) else "",
            )  # fmt: skip
        if kind == "Label":
            return self._line(TEXT, element, path, text=_text(element, "text"))
        return {**BLANK, "what": KEPT, "was": pointer(path), "note": self._what_it_is(element)}

    def _line(self, what: str, element: Mapping[str, JSON], path: Path, **parts: JSON) -> Line:
        rule = element.get("rule")
        words = asdict(rule_line(rule, self._asked))
        note = f"{in_words(rule, self._asked)}." if words["test"] == OWN else ""
        return {**BLANK, "what": what, **parts, **words, "was": pointer(path), "note": note}

    def _what_it_is(self, element: JSON) -> str:
        kinds = {
            "Group": "A section in a section",
            "VerticalLayout": "Lines below each other",
            "HorizontalLayout": "A row",
        }
        kind = element.get("type") if isinstance(element, Mapping) else None
        words = kinds.get(kind, "A part") if isinstance(kind, str) else "A part"
        titles = [
            self._asked[scope].title if scope in self._asked else name_in(scope)
            for scope in _scopes_in(element)
        ]
        return f"{words}: {', '.join(titles)}." if titles else f"{words}."


def _cells(element: JSON, path: Path) -> list[tuple[Path, JSON]] | None:
    """The cells of a row; None if it is no row, or more than questions and texts."""
    if not isinstance(element, Mapping) or element.get("type") != "HorizontalLayout":
        return None
    cells = list(elements_in(element, path))
    plain = all(
        isinstance(cell, Mapping) and cell.get("type") in ("Control", "Label") for _, cell in cells
    )
    return cells if plain and len(cells) > 1 else None


def elements_in(box: JSON, path: Path) -> Iterator[tuple[Path, JSON]]:
    elements = box.get("elements") if isinstance(box, Mapping) else None
    for number, element in enumerate(elements if isinstance(elements, list) else ()):
        yield (*path, "elements", number), element


def _scopes_in(element: JSON) -> Iterator[str]:
    if not isinstance(element, Mapping):
        return
    if isinstance(element.get("scope"), str):
        yield str(element["scope"])
    for _, inner in elements_in(element, ()):
        yield from _scopes_in(inner)


def _text(element: JSON, key: str) -> str:
    value = element.get(key, "") if isinstance(element, Mapping) else ""
    return value if isinstance(value, str) else ""
