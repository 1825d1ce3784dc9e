"""What the pages of the form editor have in common."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from admin_site.design.editing.saving import SEEN
from admin_site.design.form_editor.preview import Preview
from admin_site.design.form_editor.subject import BEFORE, LAYOUT, QUESTIONS, READING, Subject
from admin_site.forms import PlainForm
from definitions.schemas import JSON, Problem

#: What a button asks for, whether the part is a builder's or a text, and what rows were read from.
DO, MODE, BASE = "_do", "_mode", "_base"
BUILDER, TEXT = "builder", "text"
#: Scripts ask for a piece of the page: {"preview", "editor"}.
FRAGMENT = "_fragment"

LEADS = {
    QUESTIONS: "What is asked, in the order in which people meet it.",
    LAYOUT: "Where each question stands, and when it is asked.",
    READING: "What people see when they read the answers afterwards: only what stands here, in "
    "this order.",
    BEFORE: "What has to be known when the step begins. If something is missing or wrong, the "
    "ticket stops here, and the error desk says so.",
}


class PartForm(PlainForm):
    """Has no fields of its own: it carries what a save was refused for."""

    places: Mapping[str, str] = {}

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*(args or ({},)), **more)
        self.is_valid()

    @property
    def messages(self) -> list[str]:
        return [str(message) for errors in self.errors.values() for message in errors]


def kept_value(
    request: HttpRequest, saved: JSON, check: Callable[[JSON], Iterable[Problem]]
) -> JSON:
    """What the builder on the page was made from; what is saved, where that cannot be told."""
    try:
        value = json.loads(request.POST.get(BASE, "null"))
    except (ValueError, RecursionError):
        return saved
    return value if value is None or not list(check(value)) else saved


def showing(
    subject: Subject,
    request: HttpRequest,
    part: str,
    template: str,
    form: PartForm,
    shown: Preview,
    **more: Any,
) -> HttpResponse:
    """The page, or the pieces of it that a script asked for."""
    context = {
        "subject": subject, "part": part, "form": form, "preview": shown,
        "here": subject.url(part), "is_text": more["typed"].mode == TEXT,
        "is_reading": part == READING, **more,
    }  # fmt: skip
    if request.method == "POST" and FRAGMENT in request.POST:
        return TemplateResponse(request, "design/form_editor/fragments.html", context)
    owner = "step" if subject.is_step else "ticket type"
    frame = subject.editing.frame(subject.part(part))
    if request.method == "POST" and not subject.editing.conflict:
        # What the page showed when it was opened; turning it to text and back is no second look.
        frame["seen"] = request.POST.get(SEEN, "")
    return subject.editing.admin.admin_site.page(
        request, template, {**frame, **context},
        title=f"Form of {subject.title}", eyebrow=subject.row if subject.is_step else "",
        crumbs=subject.crumbs(), tabs=subject.tabs(part), lead=LEADS[part], owner=owner,
        back_url=subject.back,
    )  # fmt: skip
