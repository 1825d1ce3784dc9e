"""Copying, moving, deleting and renaming a step of a workflow: each is asked for and said."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from admin_site.design.editing.saving import Editing, opened, tell_saved
from admin_site.design.editing.steps import Document, task_or_404
from admin_site.forms import PlainForm
from definitions import editing as change
from definitions.editing import NOWHERE, Nowhere
from definitions.models import WorkflowDefinition
from definitions.services.changing import key_from

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign


class CopyForm(PlainForm):
    title = forms.CharField(label="Title of the copy", max_length=200)


def copy_step(
    admin: "WorkflowDesign", request: HttpRequest, object_id: str, key: str
) -> HttpResponse:
    """A second step like this one, right behind it in the list."""
    found = opened(admin, request, object_id, "step_copy", key)
    if isinstance(found, HttpResponse):
        return found
    task = task_or_404(found, key)
    name = change.title_of(task)
    sent = request.POST if request.method == "POST" else None
    form = CopyForm(sent, initial={"title": f"{name} 2"[:200]})
    if form.is_valid():
        title = form.cleaned_data["title"]
        new = change.free_task_key(found.document, key_from(title, "step"))
        row = found.save(lambda document: change.copy_task(document, key, new, title), task, [form])
        if row is not None:
            tell_saved(request, row, f"“{title}” is added. No way leads to it yet.")
            return redirect(admin.verb_url(row, "step", new))
    return _asked(
        found, task, form, title=f"Copy “{name}”?", button="Copy it",
        explain="The copy has the same form and the same settings. No way leads to it yet.",
    )  # fmt: skip


def move_step(
    admin: "WorkflowDesign", request: HttpRequest, object_id: str, key: str
) -> HttpResponse:
    """One place up or down; the order of the list and of the tracker."""
    found = opened(admin, request, object_id)
    if isinstance(found, HttpResponse):
        return found
    if request.method == "POST":
        by = -1 if request.POST.get("by") == "up" else 1
        return _done(found, lambda document: change.move_task(document, key, by), key)
    return redirect(admin.url_of(found.row))


def _done(
    found: Editing[WorkflowDefinition], make: Callable[[Document], Document], key: str
) -> HttpResponse:
    """What a button did to the order, and back to the workflow, which has an order of its own."""
    row = found.press(make)
    if row is not None:
        moved = make(found.document)
        number = int(change.place_of_task(moved, key).rpartition("/")[2]) + 1
        name = change.title_of(change.task_of(moved, key))
        messages.success(
            found.request, f"“{name}” is step {number} of {len(moved['tasks'])} on the tracker now."
        )
    return redirect(found.admin.url_of(row or found.row))


class RemoveForm(PlainForm):
    """Where the ways lead that led to the step."""

    then = forms.ChoiceField(label="The ways that led here", required=False)

    def __init__(self, *args: Any, document: Document, key: str, **more: Any) -> None:
        super().__init__(*args, **more)
        usual = change.usual_next(document, key)
        others = [task for task in document["tasks"] if task["key"] != key]
        fields: Any = self.fields
        fields["then"].choices = [
            *((f">{task['key']}", f"lead to “{change.title_of(task)}”") for task in others),
            ("$", "lead to the end"),
            ("", "go, too"),
        ]
        fields["then"].initial = (
            "" if isinstance(usual, Nowhere) else "$" if usual is None else f">{usual}"
        )

    def target(self) -> str | Nowhere | None:
        said: str = self.cleaned_data["then"]
        return None if said == "$" else said[1:] if said else NOWHERE


def remove_step(
    admin: "WorkflowDesign", request: HttpRequest, object_id: str, key: str
) -> HttpResponse:
    """Ask, with all that goes with it."""
    found = opened(admin, request, object_id, "step_remove", key)
    if isinstance(found, HttpResponse):
        return found
    task = task_or_404(found, key)
    sent = request.POST if request.method == "POST" else None
    form = RemoveForm(sent, document=found.document, key=key)
    told = change.consequences(found.document, key)
    part = {"task": task, "told": told}
    if form.is_valid():
        row = found.save(
            lambda document: change.remove_task(document, key, then=form.target()), part, [form]
        )
        if row is not None:
            tell_saved(request, row, f"“{change.title_of(task)}” is deleted.")
            return redirect(admin.url_of(row))
    sources = [
        way for way in found.document.get("transitions", ())
        if way["to"] == key and way.get("from") != key
    ]  # fmt: skip
    if not sources:
        del form.fields["then"]
    return _asked(
        found, task, form, part,
        title=f"Delete “{change.title_of(task)}”?", button="Delete the step", danger=True,
        explain="Published versions keep it, and so do tickets that are under way on them.",
        told=[line for line in told if not line.startswith("The way from")],
    )  # fmt: skip


class RenameForm(PlainForm):
    key = forms.CharField(
        label="Key",
        max_length=80,
        help_text="The name that conditions and files use: no dots, at most 80 characters.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
    )
    places: Mapping[str, str] = {"key": "/key"}


def rename_step(
    admin: "WorkflowDesign", request: HttpRequest, object_id: str, key: str
) -> HttpResponse:
    """Another key, wherever the workflow names it."""
    found = opened(admin, request, object_id, "step_rename", key)
    if isinstance(found, HttpResponse):
        return found
    task = task_or_404(found, key)
    sent = request.POST if request.method == "POST" else None
    form = RenameForm(sent, initial={"key": key})
    if form.is_valid():
        new = form.cleaned_data["key"].strip()
        row = found.save(
            lambda document: change.rename_task(document, key, new), task, [form],
            change.place_of_task(found.document, key),
        )  # fmt: skip
        if row is not None:
            tell_saved(request, row)
            return redirect(admin.verb_url(row, "step", new))
    return _asked(
        found, task, form,
        title=f"Change the key of “{change.title_of(task)}”?", button="Change the key",
        explain="Ways, conditions, transforms and scenarios of this workflow follow. "
        "Other systems that know the old key do not.",
    )  # fmt: skip


def _asked(
    found: Editing[WorkflowDefinition],
    task: Document,
    form: PlainForm,
    part: Document | None = None,
    *,
    title: str,
    **more: Any,
) -> HttpResponse:
    """A question about a step. `part`: what the page shows, where that is more than the step."""
    admin: Any = found.admin
    answer: HttpResponse = admin.admin_site.page(
        found.request, "design/editing/ask.html", found.frame(part or task),
        title=title, form=form, cancel_url=admin.verb_url(found.row, "step", task["key"]), **more,
    )  # fmt: skip
    return answer
