"""Pages about a workflow as a whole: a new one, its name, its data, what was changed in it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from admin_site.design.editing.data_fields import FieldsForm, FieldsTextForm
from admin_site.design.editing.links import LinksForm
from admin_site.design.editing.saving import opened, show_refusal, tell_saved
from admin_site.design.editing.step_forms import role_choices
from admin_site.forms import PlainForm
from admin_site.people import person_of
from admin_site.schema_forms.questions import unix_lines
from definitions import editing as change
from definitions.linter import LONGEST_KEY
from definitions.services import create_workflow
from definitions.services.changing import key_from
from tenants.errors import DomainError

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign

Document = dict[str, Any]


class NewWorkflowForm(PlainForm):
    """A title is enough; a first step may be had at once."""

    title = forms.CharField(label="Title", max_length=200, help_text="Such as “Purchase approval”.")
    key = forms.CharField(
        label="Key",
        required=False,
        max_length=LONGEST_KEY,
        help_text="The name that files and conditions use; it stays. Empty: made from the title.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
    )
    first = forms.CharField(
        label="First step",
        required=False,
        max_length=200,
        help_text="Such as “Approve the purchase”. Empty: steps come later.",
    )
    role = forms.ChoiceField(label="Who gets it", required=False)
    places: Mapping[str, str] = {"title": "/title", "key": "/key", "role": "/tasks/0/assign"}

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        fields: Any = self.fields
        fields["role"].choices = role_choices()

    def document(self) -> Document:
        said = self.cleaned_data
        if not said["first"]:
            return {}
        task: Document = {"key": key_from(said["first"], "step"), "title": said["first"]}
        if said["role"]:
            task["assign"] = {"company_role": said["role"]}
        task["key"] = change.free_task_key({}, task["key"])
        made = change.add_task({}, task, after=None)
        return {"tasks": made["tasks"], "transitions": made["transitions"]}


def new_workflow(admin: "WorkflowDesign", request: HttpRequest) -> HttpResponse:
    """Ask how it is called; its page comes then."""
    if not admin.has_add_permission(request):
        raise PermissionDenied
    form = NewWorkflowForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        said = form.cleaned_data
        try:
            with transaction.atomic():
                row = create_workflow(
                    person_of(request), title=said["title"], key=said["key"], **form.document()
                )
        except DomainError as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, f"{row} is a draft now. Add its steps.")
            return redirect(admin.url_of(row))
    return admin.admin_site.page(
        request, "design/editing/new_workflow.html",
        title="New workflow", form=form, crumbs=[(admin.list_title, admin.list_url())],
        back_url=admin.list_url(),
    )  # fmt: skip


# About


class AboutForm(PlainForm):
    title = forms.CharField(label="Title", max_length=200)
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=10_000,
        widget=forms.Textarea({"rows": 3}),
        help_text="For those who design it.",
    )
    places: Mapping[str, str] = {"title": "/title", "description": "/description"}


_ABOUT = ("title", "description", "ext_ref")


def about(admin: "WorkflowDesign", request: HttpRequest, object_id: str) -> HttpResponse:
    """How it is called, and where the same thing lives in other systems."""
    found = opened(admin, request, object_id, "about")
    if isinstance(found, HttpResponse):
        return found
    part = {name: found.document.get(name) for name in _ABOUT}
    sent = request.POST if request.method == "POST" else None
    known = {"title": found.row.title, "description": found.row.description}
    form, links = AboutForm(sent, initial=known), LinksForm(request, found.document)
    if form.is_valid() & links.is_valid():
        said = form.cleaned_data
        parts = {
            "title": said["title"],
            "description": unix_lines(said["description"]) or None,
            "ext_ref": links.links,
        }
        row = found.save(lambda document: change.changed(document, **parts), part, [form, links])
        if row is not None:
            tell_saved(request, row)
            return redirect(admin.url_of(row))
    return admin.admin_site.page(
        request, "design/editing/about.html", found.frame(part),
        title=f"About {found.row.title}", form=form, links=links,
    )  # fmt: skip


def data(admin: "WorkflowDesign", request: HttpRequest, object_id: str) -> HttpResponse:
    """What is asked for when somebody submits: as rows, or as text."""
    found = opened(admin, request, object_id, "data")
    if isinstance(found, HttpResponse):
        return found
    part = found.document.get("fields", [])
    as_text = request.GET.get("as") == "text"
    sent = request.POST if request.method == "POST" else None
    form: Any = (
        FieldsTextForm.of(found.document, sent) if as_text else FieldsForm(request, found.document)
    )
    if form.is_valid():
        wanted = form.said()
        row = found.save(lambda document: change.changed(document, fields=wanted), part, [form])
        if row is not None:
            tell_saved(request, row)
            return redirect(admin.url_of(row))
    here = admin.verb_url(found.row, "data")
    return admin.admin_site.page(
        request, "design/editing/data.html", found.frame(part),
        title="What is asked for", form=form, as_text=as_text,
        other_url=here if as_text else f"{here}?as=text",
    )  # fmt: skip
