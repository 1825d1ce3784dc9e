"""Pages about the steps of a workflow: add, change, copy, move, delete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from admin_site.design.editing.saving import Editing, opened, tell_saved
from admin_site.design.editing.step_forms import (
    GROUP_OF,
    StepForms,
    role_choices,
    step_places,
    workflow_choices,
)
from admin_site.design.reading import SYMBOLS
from admin_site.forms import PlainForm
from definitions import editing as change
from definitions.editing import NOWHERE, Nowhere
from definitions.errors import Problem
from definitions.graph import TaskType
from definitions.models import TASK_TYPES, WorkflowDefinition
from definitions.services import problems_of
from definitions.services.changing import key_from
from tenants.errors import NotFound

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign

Document = dict[str, Any]
KIND_TEXTS = {
    TaskType.FORM: "Somebody answers questions, such as approving or checking.",
    TaskType.SYNC_ACTION: "Sends data to another system and goes on with what comes back.",
    TaskType.ASYNC_ACTION: "Sends data, and goes on when the other system calls back.",
    TaskType.SUBWORKFLOW: "Goes on when that workflow has come to its end.",
    TaskType.WAIT: "Goes on by itself after a while, or on a day.",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the kinds that a new step can be of."""

    key: str
    title: str
    text: str
    symbol: str


KINDS = [Kind(key, title, KIND_TEXTS[TaskType(key)], SYMBOLS[TaskType(key)])
         for key, title in TASK_TYPES]  # fmt: skip


# Adding


class NewStepForm(PlainForm):
    """What a new step is; the rest is said on its page."""

    task_type = forms.ChoiceField(
        label="What it is",
        choices=TASK_TYPES,
        initial=TaskType.FORM.value,
        widget=forms.RadioSelect,
    )
    title = forms.CharField(
        label="Title", max_length=200, help_text="Such as “Approve the purchase”."
    )
    role = forms.ChoiceField(label="Who gets it", required=False)
    subworkflow = forms.ChoiceField(label="Which workflow", required=False)
    place = forms.ChoiceField(
        label="Where it stands",
        required=False,
        help_text="What followed there now follows the new step.",
    )
    places: Mapping[str, str] = {"title": "/title", "role": "/assign", "task_type": "/task_type"}

    def __init__(self, *args: Any, document: Document, after: str, **more: Any) -> None:
        super().__init__(*args, **more)
        offered = step_places(document.get("tasks", ()))
        known = dict(offered)
        last = offered[-2][0]
        fields: Any = self.fields
        fields["place"].choices = offered
        fields["place"].initial = after if after in known else last
        fields["role"].choices = role_choices()
        fields["subworkflow"].choices = workflow_choices(apart_from=document["key"])

    def task(self, document: Document) -> Document:
        said = self.cleaned_data
        task = {"title": said["title"], "task_type": said["task_type"]}
        key = key_from(said["title"], "step")
        task["key"] = change.free_task_key(document, key)
        if said["task_type"] == TaskType.FORM and said["role"]:
            task["assign"] = {"company_role": said["role"]}
        if said["task_type"] == TaskType.SUBWORKFLOW and said["subworkflow"]:
            task["subworkflow"] = said["subworkflow"]
        return task

    def after(self) -> str | Nowhere | None:
        place: str = self.cleaned_data["place"]
        return None if place == "^" else place[1:] if place else NOWHERE


def new_step(admin: "WorkflowDesign", request: HttpRequest, object_id: str) -> HttpResponse:
    """Ask what the next step is; its page comes then."""
    found = opened(admin, request, object_id, "new_step")
    if isinstance(found, HttpResponse):
        return found
    after = request.GET.get("after", "")
    place = "^" if after == "^" else f">{after}"
    sent = request.POST if request.method == "POST" else None
    form = NewStepForm(sent, document=found.document, after=place)
    # Whoever changes another step meanwhile is in nobody's way.
    part = [task["key"] for task in found.document.get("tasks", ())]
    if form.is_valid():
        task = form.task(found.document)

        def add(document: Document) -> Document:
            return change.add_task(document, task, after=form.after())

        place = change.place_of_task(add(found.document), task["key"])
        row = found.save(add, part, [form], place)
        if row is not None:
            tell_saved(request, row, f"“{task['title']}” is added.")
            return redirect(admin.verb_url(row, "step", task["key"]))
    return admin.admin_site.page(
        request, "design/editing/new_step.html", found.frame(part),
        title="Add a step", form=form, kinds=KINDS, chosen=form["task_type"].value(),
    )  # fmt: skip


# Changing


def step(admin: "WorkflowDesign", request: HttpRequest, object_id: str, key: str) -> HttpResponse:
    """Everything that a step says, apart from its form and its ways."""
    found = opened(admin, request, object_id, "step", key)
    if isinstance(found, HttpResponse):
        return found
    task = task_or_404(found, key)
    asked = StepForms.of(request, found.document, task)
    if request.method == "POST" and asked.are_valid():
        parts = asked.parts(task)

        def put(document: Document) -> Document:
            return change.change_task(document, key, **parts)

        place = change.place_of_task(found.document, key)
        row = found.save(put, task, asked.all(), place)
        if row is not None:
            tell_saved(request, row)
            return redirect(admin.verb_url(row, "step", key))
    return _step_page(admin, found, task, asked)


def task_or_404(found: Editing[WorkflowDefinition], key: str) -> Document:
    try:
        return change.task_of(found.document, key)
    except NotFound as error:
        raise Http404 from error


def _step_page(
    admin: "WorkflowDesign", found: Editing[WorkflowDefinition], task: Document, asked: StepForms
) -> HttpResponse:
    key, row = task["key"], found.row
    kind = TaskType(task.get("task_type", TaskType.FORM))
    place = change.place_of_task(found.document, key)
    number = int(place.rpartition("/")[2])
    tasks = found.document["tasks"]
    return admin.admin_site.page(
        found.request, "design/editing/step.html", found.frame(task),
        title=change.title_of(task), task=task, asked=asked, kind=kind, group=GROUP_OF[kind],
        kind_words=dict(TASK_TYPES)[kind], symbol=SYMBOLS[kind],
        wrong=list(asked.wrong()),
        problems=_about(found, key, place),
        before=neighbour(admin, row, tasks, number - 1),
        after=neighbour(admin, row, tasks, number + 1),
        urls=step_urls(admin, row, key), new_step_url=admin.verb_url(row, "new_step"),
    )  # fmt: skip


def step_urls(admin: "WorkflowDesign", row: WorkflowDefinition, key: str) -> dict[str, str]:
    """Addresses of what can be done to a step."""
    addresses = admin.addresses.items()
    verbs = [verb for verb, at in addresses if "<step:key>" in at and at.count("<") == 1]
    return {verb: admin.verb_url(row, verb, key) for verb in verbs}


def neighbour(
    admin: "WorkflowDesign", row: WorkflowDefinition, tasks: Sequence[Document], number: int
) -> tuple[str, str] | None:
    """Title and page of the step before or behind in the list."""
    if not 0 <= number < len(tasks):
        return None
    key = tasks[number]["key"]
    return change.title_of(tasks[number]), admin.verb_url(row, "step", key)


def _about(found: Editing[WorkflowDefinition], key: str, place: str) -> list[Problem]:
    """What the check says of the step and of its ways onward."""
    ways = {
        f"/transitions/{number}"
        for number, way in enumerate(found.document.get("transitions", ()))
        if way.get("from") == key
    }

    def is_about(where: str) -> bool:
        if where == place or where.startswith(f"{place}/"):
            return True
        return "/".join(where.split("/")[:3]) in ways

    return [one for one in problems_of(found.row) if is_about(one.place)]
