"""The addresses of the pages, for the lists of workflows and of ticket types to take in."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from admin_site.design.form_editor.layout_page import layout_page
from admin_site.design.form_editor.questions_page import questions_page
from admin_site.design.form_editor.subject import (
    BEFORE,
    LAYOUT,
    QUESTIONS,
    READING,
    open_subject,
)
from admin_site.design.lists import DesignAdmin


class StepForms(DesignAdmin):
    """The form of each step of a workflow."""

    form_addresses: Mapping[str, str] = {
        "step_form": "steps/<step:key>/form",
        "step_form_layout": "steps/<step:key>/form/layout",
        "step_form_reading": "steps/<step:key>/form/reading",
        "step_form_before": "steps/<step:key>/form/before",
    }

    def step_form(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        return _page(self, request, object_id, "step_form", QUESTIONS, key)

    def step_form_layout(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        return _page(self, request, object_id, "step_form_layout", LAYOUT, key)

    def step_form_reading(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        return _page(self, request, object_id, "step_form_reading", READING, key)

    def step_form_before(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        return _page(self, request, object_id, "step_form_before", BEFORE, key)


class TypeForms(DesignAdmin):
    """The form of each ticket type."""

    form_addresses: Mapping[str, str] = {
        "type_form": "form",
        "type_form_layout": "form/layout",
        "type_form_reading": "form/reading",
    }

    def type_form(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _page(self, request, object_id, "type_form", QUESTIONS)

    def type_form_layout(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _page(self, request, object_id, "type_form_layout", LAYOUT)

    def type_form_reading(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _page(self, request, object_id, "type_form_reading", READING)


def _page(
    admin: DesignAdmin, request: HttpRequest, object_id: str, verb: str, part: str, key: str = ""
) -> HttpResponse:
    subject = open_subject(admin, request, object_id, verb, key)
    if isinstance(subject, HttpResponse):
        return subject
    show = questions_page if part in (QUESTIONS, BEFORE) else layout_page
    return show(subject, request, part)
