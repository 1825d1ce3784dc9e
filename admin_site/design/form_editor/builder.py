"""The list of questions as django-jsonform draws it."""

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from django.utils.safestring import SafeString
from django_jsonform.widgets import JSONFormWidget

from definitions.questions import MEANINGS, NESTED, Kind, Row
from definitions.schemas import JSON, Problem, steps

JOINT = "§"
NAME = "questions"

_KINDS = [{"title": meaning.words, "value": kind.value} for kind, meaning in MEANINGS.items()]
_FLAT = [one for one in _KINDS if one["value"] not in {kind.value for kind in NESTED}]
#: Groups stand in each other so deep; what lies deeper is changed as text.
DEEPEST = 2

#: Parts of a row that are hidden under “More”; `name` always has something in it.
_MORE = ("must", "prefilled", "example", "accepts", "least", "most")


def builder_schema(*, offers_seen: bool, depth: int = 0) -> dict[str, Any]:
    """The list in the dialect of django-jsonform."""
    question: dict[str, Any] = {
        "label": {"type": "string", "title": "Question"},
        "kind": {
            "type": "string", "title": "Kind of answer", "choices": _KINDS if depth < DEEPEST
            else _FLAT, "default": Kind.SHORT_TEXT.value,
        },
        "help": {"type": "string", "title": "Help below the question"},
        "required": {"type": "boolean", "title": "Required"},
        "choices": {
            "type": "string", "widget": "textarea", "title": "Choices",
            "helpText": "One per line. “xl = Extra large” stores xl and shows Extra large.",
        },
        "more": {"type": "boolean", "title": "More settings"},
        "name": {
            "type": "string", "title": "Name",
            "helpText": "What conditions call the answer. Made from the question if left empty.",
        },
        "prefilled": {
            "type": "string", "widget": "textarea", "title": "Filled in already",
            "helpText": "A template or usual answer that people can change.",
        },
        "example": {"type": "string", "title": "Example in the empty field"},
        "must": {
            "type": "string", "widget": "textarea", "title": "Boxes that must be ticked",
            "helpText": "One choice per line.",
        },
        "accepts": {
            "type": "string", "title": "Kinds of files",
            "helpText": "Such as .pdf, .docx, image/*. Empty: whatever can be sent.",
        },
        "least": {"type": "number", "title": "At least"},
        "most": {"type": "number", "title": "At most"},
    }  # fmt: skip
    if offers_seen and depth == 0:
        question["seen"] = {"type": "boolean", "title": "The requester reads this answer"}
    if depth < DEEPEST:
        question["inside"] = {
            **builder_schema(offers_seen=False, depth=depth + 1), "title": "Questions inside",
        }  # fmt: skip
    question |= {
        "note": {"type": "string", "title": "Also", "widget": "textarea", "readonly": True},
        "was": {"type": "string", "widget": "hidden"},
    }
    return {"type": "array", "items": {"type": "object", "properties": question}}


def shown(rows: Sequence[Row], *, offers_seen: bool, depth: int = 0) -> list[Row]:
    """Rows with every part that the widget has, and no other: it stops at a part it misses."""
    known = builder_schema(offers_seen=offers_seen, depth=depth)["items"]["properties"]
    return [_shown(row, known, depth) for row in rows]


def _shown(row: Row, known: Mapping[str, Any], depth: int) -> Row:
    empty: Mapping[str, JSON] = {"boolean": False, "number": None, "array": []}
    found = {
        name: row[name] if row.get(name) is not None else empty.get(part["type"], "")
        for name, part in known.items()
    }
    if "inside" in known:
        found["inside"] = shown(row.get("inside") or [], offers_seen=False, depth=depth + 1)
    return found


def read_rows(text: str) -> list[Row] | None:
    """The rows that a browser sent; None if they cannot be read."""
    try:
        return _rows(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _rows(rows: JSON) -> list[Row] | None:
    """Every part of the type it should have, whoever sent it."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return None
    return [_row(row) for row in rows]


def _row(row: Row) -> Row:
    found: Row = {}
    for name, value in row.items():
        if name in ("required", "seen", "more"):
            found[name] = value is True
        elif name in ("least", "most"):
            found[name] = value if _is_number(value) else None
        elif name == "inside":
            found[name] = _rows(value) or []
        else:
            found[name] = _text(value)
    return found


def _is_number(value: JSON) -> bool:
    """JSON as Python reads it knows NaN and 1e999."""
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _text(value: JSON) -> str:
    """Half characters, which no page can show, become question marks as in any other field."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _open(rows: list[Row], place: Sequence[str]) -> None:
    """What is wrong is in sight."""
    if not place or not place[0].isdecimal() or int(place[0]) >= len(rows):
        return
    row, rest = rows[int(place[0])], place[1:]
    if rest[:1] == ("inside",):
        _open(row.get("inside") or [], rest[1:])
    elif rest and rest[0] in (*_MORE, "name"):
        row["more"] = True


class QuestionsWidget(JSONFormWidget):
    """django-jsonform without its own rendering: problems stand at their questions."""

    template_name = "design/form_editor/builder.html"

    def __init__(self, *, offers_seen: bool) -> None:
        super().__init__(schema=builder_schema(offers_seen=offers_seen))
        self.offers_seen = offers_seen
        self.problems: Sequence[Problem] = ()

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        rows = shown(value or [], offers_seen=self.offers_seen)
        for problem in self.problems:
            _open(rows, steps(problem.path))
        config = {
            "data": json.dumps(rows),
            "schema": self.schema,
            "errorMap": self._errors(),
            "fileHandler": "",
            "fileHandlerArgs": {},
            "validateOnSubmit": False,
            "readonly": False,
        }
        context = self.get_context(name, value, attrs)
        context["widget"] |= {"config": json.dumps(config), "text": json.dumps(rows)}
        drawn: SafeString = self._render(self.template_name, context, renderer)
        return drawn

    def _errors(self) -> dict[str, list[str]]:
        errors: dict[str, list[str]] = {}
        for problem in self.problems:
            errors.setdefault(JOINT.join(steps(problem.path)), []).append(problem.message)
        return errors
