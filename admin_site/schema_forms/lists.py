"""Lists and open groups on a page: django-jsonform, and plain fields without JavaScript.

Both stand in the page, the plain fields (rows of a list, lines of a group) inside <noscript>, where
a browser that runs scripts sees nothing. They have a name of their own, which tells what was filled
in. What neither can show is written as text (`WrittenQuestion`).
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.safestring import SafeString
from django_jsonform.widgets import JSONFormWidget

from admin_site.schema_forms.nested import JOINT, dialect, fits, settled
from admin_site.schema_forms.questions import Answer, Question, WrittenQuestion, parsed, unix_lines
from admin_site.schema_forms.widgets import Paragraph
from definitions.layouts import MISSING, Control
from definitions.schemas import JSON, Problem, steps
from definitions.schemas.shape import Kind, Shape
from definitions.schemas.walking import unfolded

if TYPE_CHECKING:
    from admin_site.schema_forms.form import SchemaForm

#: Empty rows offered without JavaScript, and the most rows that are read.
EMPTY_ROWS = 3
MOST_ROWS = 100

#: How many rows of plain fields were on the page, or the lines; "~" begins no name of a property.
ROWS = ".~rows"
LINES = ".~lines"
#: What a row of a list of single values calls its value.
ENTRY = "entry"

RowForm = Callable[..., "SchemaForm"]


class ListQuestion(Question):
    """A list, or a group whose names are open. Its data are JSON text, or rows of plain fields."""

    label_stands = "legend"
    kind = "list"

    def __init__(self, control: Control, before: JSON, row_form: RowForm) -> None:
        shown = dialect(control.shape)
        assert shown is not None, "ask `is_listable` first"  # noqa: S101 - a wrong caller
        rows = Rows(control.shape, row_form) if control.shape.kind is Kind.LIST else None
        super().__init__(control, ListWidget(shown, rows), before)

    def read(self, raw: Any) -> Answer:
        typed = parsed(raw) if isinstance(raw, str) else raw
        if raw is None or raw == "" or typed is None:
            return self.nothing()
        if typed is MISSING:
            return Answer(
                raw, filled=True, remark="This could not be read. Please fill it in again."
            )
        value, filled = settled(self.control.shape, typed, required=self.control.required)
        if filled or (self.control.required and value is not MISSING):
            return Answer(value, filled=filled)
        return self.nothing()

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Shown again as it was understood, so that errors stand in the right row."""
        answer = self.read(data)
        return None if answer.value is MISSING else answer.value

    def show_problems(self, problems: list[Problem]) -> None:
        """Problems inside the list; the paths are places in it."""
        self.widget.problems = problems

    def sent(self, value: JSON) -> list[str]:
        return [json.dumps(value)]


class ListWidget(JSONFormWidget):
    """django-jsonform without its own rendering: data and errors come from us."""

    template_name = "schema_forms/widgets/list.html"
    use_fieldset = True
    problems: list[Problem]

    def __init__(self, schema: Mapping[str, Any], rows: "Rows | None") -> None:
        super().__init__(schema=dict(schema))
        self.rows = rows
        self.problems = []

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if self.rows is not None and data.get(name + ROWS):
            return self.rows.read(name, data, files)
        if data.get(name + LINES) is not None:
            return read_lines(data.get(name + LINES))
        return data.get(name)

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        empty: JSON = [] if self.schema["type"] == "array" else {}
        # A value of another structure would stop django-jsonform; it stays in the hidden field.
        shown = value if self._can_show(value) else empty
        config = {
            "data": json.dumps(shown),
            "schema": self.schema,
            "errorMap": self._errors(),
            "fileHandler": "",
            "fileHandlerArgs": {},
            "validateOnSubmit": False,
            "readonly": bool((attrs or {}).get("disabled")),
        }
        context = self.get_context(name, value, attrs)
        context["widget"] |= {
            "config": json.dumps(config),
            "text": json.dumps(empty if value is None else value, ensure_ascii=False),
            "rows": self.rows.shown(name, value, self.problems) if self.rows else None,
            "rows_name": name + ROWS,
            "single": self.rows is not None and not self.rows.is_group,
            "lines": show_lines(value),
            "lines_name": name + LINES,
        }
        drawn: SafeString = self._render(self.template_name, context, renderer)
        return drawn

    def _can_show(self, value: Any) -> bool:
        return value is not None and (self.rows is None or fits(self.rows.shape, value))

    def _errors(self) -> dict[str, list[str]]:
        errors: dict[str, list[str]] = {}
        for problem in self.problems:
            errors.setdefault(JOINT.join(steps(problem.path)), []).append(problem.message)
        return errors


class Rows:
    """The entries of a list as small forms of plain fields."""

    def __init__(self, shape: Shape, row_form: RowForm) -> None:
        self.shape = shape
        self._row_form = row_form
        self.is_group = shape.items is not None and shape.items.kind is Kind.OBJECT

    def read(self, name: str, data: Any, files: Any) -> list[JSON]:
        text = data.get(name + ROWS, "")
        # A number of thousands of digits is no number of rows, and none that Python reads.
        is_number = text.isascii() and text.isdecimal()
        count = min(int(text[:9]), MOST_ROWS) if is_number else 0
        return [self._entry(name, number, data, files) for number in range(count)]

    def shown(self, name: str, value: JSON, problems: list[Problem]) -> list["SchemaForm"]:
        entries = value if isinstance(value, list) else []
        count = min(len(entries) + EMPTY_ROWS, self.shape.get("maxItems", MOST_ROWS), MOST_ROWS)
        forms_of_rows = []
        for number in range(count):
            form = self._form(name, number, initial=self._initial(entries, number))
            form.show_problems(self._problems_of(number, problems))
            forms_of_rows.append(form)
        return forms_of_rows

    def _entry(self, name: str, number: int, data: Any, files: Any) -> JSON:
        value = self._form(name, number, data=data, files=files).as_typed()
        if self.is_group:
            return value
        return value.get(ENTRY) if isinstance(value, dict) else value

    def _initial(self, entries: list[JSON], number: int) -> JSON:
        if number >= len(entries):
            return None
        return entries[number] if self.is_group else {ENTRY: entries[number]}

    def _problems_of(self, number: int, problems: list[Problem]) -> list[Problem]:
        inside = "" if self.is_group else f"/{ENTRY}"
        start = f"/{number}"
        return [
            Problem(inside + problem.path[len(start) :], problem.message, problem.keyword)
            for problem in problems
            if problem.path == start or problem.path.startswith(start + "/")
        ]

    def _form(self, name: str, number: int, **given: Any) -> "SchemaForm":
        return self._row_form(self._schema(), self._layout(), prefix=f"{name}.{number}", **given)

    def _schema(self) -> JSON:
        items = self.shape.items
        places = items.places if items else ()
        parts = [unfolded(self.shape.schema, place) for place in places]
        entry = parts[0] if len(parts) == 1 else {"allOf": parts} if parts else {"type": "string"}
        if self.is_group:
            return entry
        return {"type": "object", "properties": {ENTRY: entry}}

    def _layout(self) -> JSON:
        """Entries that are one value need no label of their own: the row has its number."""
        if self.is_group:
            return None
        return {"type": "Control", "scope": f"#/properties/{ENTRY}", "label": False}


def read_lines(text: str) -> dict[str, JSON]:
    """ "colour: red" per line; a value that is JSON counts as what it says."""
    group: dict[str, JSON] = {}
    for line in unix_lines(text).split("\n"):
        name, _, value = line.partition(":")
        if name.strip():
            meant = parsed(value)
            group[name.strip()] = value.strip() if meant is MISSING else meant
    return group


def show_lines(value: JSON) -> str:
    entries = value.items() if isinstance(value, dict) else ()
    shown = (
        (n, v if isinstance(v, str) else json.dumps(v, ensure_ascii=False)) for n, v in entries
    )
    return "\n".join(f"{name}: {text}" for name, text in shown)


def is_listable(shape: Shape) -> bool:
    """Whether django-jsonform can ask for it."""
    return shape.kind in {Kind.LIST, Kind.MAP, Kind.OBJECT} and dialect(shape) is not None


def written_question(control: Control, before: JSON) -> WrittenQuestion:
    """The last resort, which can hold anything."""
    widget: forms.Widget = Paragraph({"rows": 4, "spellcheck": "false", "class": "sf-code"})
    return WrittenQuestion(control, widget, before)
