"""The questions of a form, as a builder or as text."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from admin_site.design.editing.saving import tell_saved
from admin_site.design.form_editor import text
from admin_site.design.form_editor.builder import NAME, QuestionsWidget, read_rows
from admin_site.design.form_editor.consequences import (
    Broken,
    Change,
    broken_by,
    document_after,
    layout_after,
)
from admin_site.design.form_editor.page import (
    BUILDER,
    DO,
    MODE,
    TEXT,
    PartForm,
    kept_value,
    showing,
)
from admin_site.design.form_editor.preview import preview
from admin_site.design.form_editor.subject import BEFORE, LAYOUT, QUESTIONS, READING, Subject
from admin_site.design.problem_lines import Line
from admin_site.schema_forms import SchemaForm
from definitions.questions import Kind, Row, kind_of, questions_of, schema_with
from definitions.schemas import JSON, Problem, pointer, schema_problems, steps

#: What a schema has that asks nothing at all.
_NOTHING_ASKED = frozenset({"type", "properties", "additionalProperties", "$schema", "required"})
MOST_TOLD = 10
UNREADABLE = "The questions could not be read. Please reload the page."


@dataclass(slots=True)
class Typed:
    """What the page shows: rows or a text, what they say, and what is wrong with them.

    `base` is the schema that the rows were read from: what rows do not show comes from there.
    """

    mode: str
    base: JSON = None
    schema: JSON = None
    rows: Sequence[Row] = ()
    text: str = ""
    problems: Sequence[Problem] = ()
    lines: Sequence[Line] = ()
    refusal: str = ""
    renamed: dict[str, str] = field(default_factory=dict)
    unreadable: str = ""

    @property
    def is_good(self) -> bool:
        return not self.problems and not self.lines and not self.refusal


def questions_page(subject: Subject, request: HttpRequest, part: str = QUESTIONS) -> HttpResponse:
    """Ask on GET, save on POST; the same address turns the builder to text and back."""
    saved = subject.own_schema if part == QUESTIONS else subject.part(part)
    if request.method != "POST":
        typed = _as_builder(saved) if _wants(request) != TEXT else _as_text(saved)
        return _drawn(subject, request, part, typed, PartForm())
    typed = _sent(request, saved)
    do = request.POST.get(DO, "save")
    form = PartForm()
    if do in ("save", "sure"):
        change = Change(typed.schema, saved, typed.renamed)
        broken = broken_by(subject, change) if typed.is_good and part == QUESTIONS else []
        if broken and do != "sure":
            return _drawn(subject, request, part, typed, form, broken)
        row = _save(subject, part, typed, change, form) if typed.is_good else None
        if row is not None:
            tell_saved(request, row)
            return redirect(subject.url(part, row))
    elif typed.is_good:
        typed = _as_text(typed.schema) if do == TEXT else typed
        typed = _as_builder(typed.schema) if do == BUILDER else typed
    return _drawn(subject, request, part, typed, form)


def _wants(request: HttpRequest) -> str:
    return TEXT if request.GET.get("as") == TEXT else BUILDER


def _as_builder(schema: JSON) -> Typed:
    """The rows of a schema; where rows cannot say it, the text with the reason."""
    found = questions_of(schema)
    if found.refusal:
        typed = _as_text(schema)
        typed.refusal = found.refusal
        return typed
    return Typed(BUILDER, base=schema, schema=schema, rows=found.rows)


def _as_text(schema: JSON) -> Typed:
    return Typed(TEXT, base=schema, schema=schema, text=text.written(schema))


def _sent(request: HttpRequest, saved: JSON) -> Typed:
    if request.POST.get(MODE) == TEXT:
        written = request.POST.get("text", "").replace("\r\n", "\n")
        read = text.read(written, _wrong_with)
        return Typed(TEXT, base=saved, schema=read.value, text=written, lines=read.lines)
    base = kept_value(request, saved, _wrong_with)
    rows = read_rows(request.POST.get(NAME, ""))
    if rows is None:
        typed = _as_builder(saved)
        typed.problems = [Problem("", UNREADABLE)]
        typed.unreadable = request.POST.get(NAME, "")
        return typed
    made = schema_with(base, rows)
    schema = None if _asks_nothing(made.schema) and not saved else made.schema
    problems = made.problems or _at_rows(schema)
    known = {old: new for old, new in made.renamed.items() if old in _named(saved)}
    return Typed(BUILDER, base, schema, rows, problems=problems, renamed=known)


def _wrong_with(schema: JSON) -> list[Problem]:
    if not isinstance(schema, dict):
        return [Problem("", "A form is a group of keywords, such as “properties”.", "type")]
    return schema_problems(schema)


def _named(schema: JSON) -> dict[str, JSON]:
    found = schema.get("properties") if isinstance(schema, dict) else None
    return found if isinstance(found, dict) else {}


def _asks_nothing(schema: JSON) -> bool:
    return isinstance(schema, dict) and set(schema) <= _NOTHING_ASKED and not _named(schema)


# Problems of a schema, at the row that is about it


def _at_rows(schema: JSON) -> list[Problem]:
    if schema is None:
        return []
    return [_at_row(problem, schema) for problem in schema_problems(schema)]


def _at_row(problem: Problem, schema: JSON) -> Problem:
    """ "/properties/a/pattern" -> "/0/label": the page has no other place for it."""
    way, around = list(steps(problem.path)), schema
    place: list[str | int] = []
    while way[:1] == ["properties"] and len(way) > 1:
        names = list(_named(around))
        if way[1] not in names:
            break
        place.append(names.index(way[1]))
        around, way = around["properties"][way[1]], way[2:]
        if kind_of(around) is Kind.ROWS and way[:1] == ["items"]:
            around, way = around["items"], way[1:]
        if way[:1] == ["properties"]:
            place.append("inside")
    where = [*place, "label"] if place and place[-1] != "inside" else place
    return Problem(pointer(where), problem.message, problem.keyword)


def _called(path: str, rows: Sequence[Row]) -> str:
    """The question that a problem is about; "" if it is about none."""
    number = (*steps(path), "")[0]
    if not number.isdecimal() or int(number) >= len(rows):
        return ""
    row = rows[int(number)]
    return str(row.get("label") or row.get("name") or f"Question {int(number) + 1}")


# Saving


def _save(subject: Subject, part: str, typed: Typed, change: Change, form: PartForm) -> Any:
    if part == QUESTIONS and _is_derived(subject, typed):
        return subject.row

    def make(document: dict[str, Any]) -> dict[str, Any]:
        if part == QUESTIONS:
            return document_after(subject, document, change)
        return subject.with_parts(document, {part: typed.schema})

    form.places = {"part": f"/{subject.name(part)}"}
    return subject.editing.save(make, subject.part(part), [form], subject.place)


def _is_derived(subject: Subject, typed: Typed) -> bool:
    """Whether a ticket type asks for its workflow's fields, and still does."""
    is_without = not subject.is_step and subject.part(QUESTIONS) is None
    return is_without and json.dumps(typed.schema) == json.dumps(subject.own_schema)


# Drawing


def _drawn(
    subject: Subject,
    request: HttpRequest,
    part: str,
    typed: Typed,
    form: PartForm,
    broken: Sequence[Broken] = (),
) -> HttpResponse:
    saved = subject.own_schema if part == QUESTIONS else subject.part(part)
    change = Change(typed.schema, saved, typed.renamed)
    schema = typed.schema if typed.is_good or typed.refusal else typed.schema or typed.base
    layout = layout_after(subject.part(LAYOUT), change, places_new=True)
    display = layout_after(subject.part(READING), change, places_new=False)
    if part == BEFORE:
        layout = display = None
    widget = QuestionsWidget(offers_seen=subject.is_step and part == QUESTIONS)
    widget.problems = typed.problems
    return showing(
        subject, request, part, "design/form_editor/questions.html", form,
        preview(schema, layout, display, request.POST if request.method == "POST" else None),
        typed=typed, broken=broken,
        builder=widget.render(NAME, typed.rows, {"id": "fe-questions"}) if typed.mode == BUILDER
        else "",
        media=widget.media + SchemaForm({}).media,
        base=json.dumps(typed.base, ensure_ascii=False),
        kept=questions_of(typed.base).kept if typed.mode == BUILDER else (),
        told=[(_called(one.path, typed.rows), one.message) for one in typed.problems[:MOST_TOLD]],
        is_derived=part == QUESTIONS and not subject.is_step and subject.part(QUESTIONS) is None,
        follows_layout=part == QUESTIONS and subject.part(LAYOUT) is not None,
        added=change.added if subject.part(LAYOUT) is not None else (),
    )  # fmt: skip
