"""How a form is arranged, and how its answers are read: as lines, or as text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from admin_site.design.editing.saving import tell_saved
from admin_site.design.form_editor import text
from admin_site.design.form_editor.lines import (
    ADDED,
    COUNT,
    left_over,
    moved,
    numbered,
    read_lines,
    shown,
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
from admin_site.design.form_editor.subject import LAYOUT, QUESTIONS, READING, Subject
from admin_site.design.problem_lines import Line as TextLine
from admin_site.schema_forms import SchemaForm
from definitions.arrangements import Line, arrangement_of, asked_at, layout_with
from definitions.layouts import layout_hints, layout_problems
from definitions.schemas import JSON, Problem, UnusableSchema, check_storable

NOTHING_SENT = "The lines did not arrive. Please try again."
_BUTTONS = {
    "question": ("Question", "help_center"),
    "text": ("Text", "notes"),
    "section": ("Section", "segment"),
    "end": ("End of section", "vertical_align_bottom"),
    "tab": ("Tab", "tab"),
}


@dataclass(slots=True)
class Typed:
    """What the page shows. `base` is the layout that the lines were read from."""

    mode: str
    base: JSON = None
    layout: JSON = None
    lines: list[Line] = field(default_factory=list)
    text: str = ""
    problems: Sequence[Problem] = ()
    text_lines: Sequence[TextLine] = ()
    refusal: str = ""
    fresh: int = -1

    @property
    def is_good(self) -> bool:
        return not self.problems and not self.text_lines


def layout_page(subject: Subject, request: HttpRequest, part: str = LAYOUT) -> HttpResponse:
    """Ask on GET, save on POST; every other button changes what is on the page only."""
    schema, saved = subject.own_schema, subject.part(part)
    form = PartForm()
    if request.method != "POST":
        is_text = request.GET.get("as") == TEXT
        typed = _as_text(saved) if is_text else _as_lines(saved, schema)
        return _drawn(subject, request, part, typed, form)
    do = request.POST.get(DO, "save")
    typed = _sent(request, saved, schema, do)
    if do == "save" and typed.is_good:
        row = _save(subject, part, typed, form)
        if row is not None:
            tell_saved(request, row)
            return redirect(subject.url(part, row))
    elif typed.is_good:
        typed = _as_text(typed.layout) if do == TEXT else typed
        typed = _as_lines(typed.layout, schema) if do == BUILDER else typed
    return _drawn(subject, request, part, typed, form)


def _as_lines(layout: JSON, schema: JSON) -> Typed:
    found = arrangement_of(layout, schema)
    if found.refusal:
        typed = _as_text(layout)
        typed.refusal = found.refusal
        return typed
    return Typed(BUILDER, base=layout, layout=layout, lines=[dict(one) for one in found.lines])


def _as_text(layout: JSON) -> Typed:
    return Typed(TEXT, base=layout, layout=layout, text=text.written(layout))


def _sent(request: HttpRequest, saved: JSON, schema: JSON, do: str) -> Typed:
    if do == "clear":
        return _as_lines(None, schema)
    if request.POST.get(MODE) == TEXT:
        written = request.POST.get("text", "").replace("\r\n", "\n")
        read = text.read(written, _no_layout)
        return Typed(TEXT, saved, read.value, text=written, text_lines=read.lines)
    if COUNT not in request.POST:  # no lines at all came with it: nothing was said
        typed = _as_lines(saved, schema)
        typed.problems = [Problem("/0/what", NOTHING_SENT)]
        return typed
    base = kept_value(request, saved, _no_layout)
    lines, fresh = moved(read_lines(request.POST), do, asked_at(schema))
    made = layout_with(base, lines, schema)
    typed = Typed(BUILDER, base, made.layout, lines, fresh=fresh)
    # While lines are put together nothing is wrong yet.
    typed.problems = made.problems if do in ("save", TEXT) else ()
    return typed


def _no_layout(value: JSON) -> list[Problem]:
    if not isinstance(value, dict):
        return [Problem("", "A layout is an element: a group with a type.", "type")]
    return check_storable(value)


def _save(subject: Subject, part: str, typed: Typed, form: PartForm) -> Any:
    def make(document: dict[str, Any]) -> dict[str, Any]:
        return subject.with_parts(document, {part: typed.layout or None})

    form.places = {"part": f"/{subject.name(part)}"}
    return subject.editing.save(make, subject.part(part), [form], subject.place)


# Drawing


def _drawn(
    subject: Subject, request: HttpRequest, part: str, typed: Typed, form: PartForm
) -> HttpResponse:
    schema = subject.own_schema
    asked = asked_at(schema)
    layout = typed.layout if part == LAYOUT else subject.part(LAYOUT)
    display = typed.layout if part == READING else subject.part(READING)
    sent = request.POST if request.method == "POST" else None
    found = preview(schema, layout, display, sent)
    told = _told(typed.layout, schema, asks=part == LAYOUT)
    at_lines, elsewhere = _at_lines(typed, schema, told)
    left = left_over(typed.lines, asked) if typed.mode == BUILDER and typed.layout else {}
    return showing(
        subject, request, part, "design/form_editor/layout.html", form, found,
        typed=typed, media=(found.form or SchemaForm({})).media,
        base=json.dumps(typed.base, ensure_ascii=False),
        lines=shown(typed.lines, asked, typed.problems, at_lines, typed.fresh),
        left=[(scope, one) for scope, one in left.items()],
        elsewhere_told=elsewhere if typed.mode == BUILDER else [],
        text_hints=text.placed(typed.text, told) if typed.mode == TEXT and typed.is_good else [],
        adds=[(what, *_BUTTONS[what]) for what in ADDED],
        asks_nothing=not asked, questions_url=subject.url(QUESTIONS),
        is_own_order=typed.mode == BUILDER and not typed.layout,
    )  # fmt: skip


def _told(layout: JSON, schema: JSON, *, asks: bool) -> list[Problem]:
    """What the check will say of the layout: it can be saved all the same."""
    if not layout or not schema:
        return []
    try:
        hints = layout_hints(layout, schema) if asks else []
        return [*layout_problems(layout, schema, asks=asks), *hints]
    except UnusableSchema:
        return []


def _at_lines(
    typed: Typed, schema: JSON, told: Sequence[Problem]
) -> tuple[Mapping[int, Sequence[str]], list[str]]:
    """What the check says, by the line it is about; and what is about none."""
    if typed.mode != BUILDER:
        return {}, []
    found: dict[int, list[str]] = {}
    again = arrangement_of(typed.layout, schema).lines
    same = [one["what"] for one in again] == [one["what"] for one in typed.lines]
    for problem in told:
        ((number, _),) = numbered(again, [problem.path])
        found.setdefault(number if same else -1, []).append(problem.message)
    return found, found.pop(-1, [])
