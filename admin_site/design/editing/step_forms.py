"""The forms of a step's page: of everything that a step can say, what its kind uses."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest

from admin_site.design.editing.calls import CallForm
from admin_site.design.editing.durations import MomentForm, ReminderForm, SecondsForm
from admin_site.design.editing.links import LinksForm
from admin_site.design.editing.texts import DocumentText, template_text
from admin_site.design.gallery.forms import roles_there
from admin_site.forms import PlainForm
from admin_site.schema_forms.questions import unix_lines
from definitions.bundle.canonical import EVERYBODY
from definitions.editing import title_of
from definitions.graph import ACTION_TYPES, MOST_VISITS, TICKET, Join, Split, TaskType
from definitions.models import JOINS, SPLITS, TASK_TYPES, TicketDefinition, WorkflowDefinition

Document = dict[str, Any]
ANYBODY = "Any task worker"
PEOPLE, CALLS, INSIDE, WAITS = "people", "calls", "inside", "waits"
GROUP_OF = {
    TaskType.FORM: PEOPLE,
    TaskType.SYNC_ACTION: CALLS,
    TaskType.ASYNC_ACTION: CALLS,
    TaskType.SUBWORKFLOW: INSIDE,
    TaskType.WAIT: WAITS,
}
#: Parts that only some kinds have a use for; they go when a step becomes something else.
ONLY_FOR: Mapping[str, frozenset[str]] = {
    "assign": frozenset({TaskType.FORM}),
    "edit_layout": frozenset({TaskType.FORM}),
    "reminder": frozenset({TaskType.FORM}),
    "action_url": frozenset(ACTION_TYPES),
    "action": frozenset(ACTION_TYPES),
    "subworkflow": frozenset({TaskType.SUBWORKFLOW}),
    "until": frozenset({TaskType.WAIT}),
    "timeout_seconds": frozenset(set(TaskType) - {TaskType.WAIT}),
}
GIVEN = "subject: {$: {var: ticket.subject}}"
CAME = "approved: {$: {var: child.approve.approved}}"


class StepForm(PlainForm):
    """What every step has."""

    title = forms.CharField(label="Title", max_length=200)
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=10_000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Shown to whoever does it.",
    )
    task_type = forms.ChoiceField(
        label="What it is",
        choices=TASK_TYPES,
        help_text="What another kind has no use for goes when you change it.",
    )

    @property
    def places(self) -> Mapping[str, str]:
        return {name: f"/{name}" for name in self.fields}

    @classmethod
    def of(cls, task: Document, sent: Any) -> "StepForm":
        known = {**task, "title": title_of(task)}
        return cls(sent, initial={"task_type": TaskType.FORM.value, **known})

    def parts(self) -> Document:
        return {
            "title": self.cleaned_data["title"],
            "description": unix_lines(self.cleaned_data["description"]).strip() or None,
            "task_type": self.cleaned_data["task_type"],
        }


class WaysForm(PlainForm):
    """How branches come in and go out, and how often."""

    split = forms.ChoiceField(label="After it, a ticket takes", choices=SPLITS)
    join = forms.ChoiceField(label="When several branches lead here, it", choices=JOINS)
    max_visits = forms.IntegerField(
        label="Most visits",
        required=False,
        min_value=1,
        max_value=MOST_VISITS,
        help_text="How often one ticket may come here; more is an error. Empty: no limit.",
        widget=forms.NumberInput({"class": "ds-num", "inputmode": "numeric"}),
    )
    places: Mapping[str, str] = {"split": "/split", "join": "/join", "max_visits": "/max_visits"}

    @classmethod
    def of(cls, task: Document, sent: Any) -> "WaysForm":
        usual = {"split": Split.ONE.value, "join": Join.ANY.value}
        return cls(sent, initial={**usual, **task})

    def parts(self) -> Document:
        return dict(self.cleaned_data)


class WhoForm(PlainForm):
    """Whose step it is."""

    role = forms.ChoiceField(
        label="Who gets it",
        required=False,
        help_text="The free person of the company role with the fewest open tasks.",
    )
    places: Mapping[str, str] = {"role": "/assign"}

    @classmethod
    def of(cls, task: Document, sent: Any) -> "WhoForm":
        role = task.get("assign", {}).get("company_role", "")
        form = cls(sent, initial={"role": role})
        fields: Any = form.fields
        fields["role"].choices = role_choices(role)
        return form

    def parts(self) -> Document:
        role = self.cleaned_data["role"]
        return {"assign": {"company_role": role} if role else None}


class GivenForm(PlainForm):
    """What a form begins with."""

    input_transform = DocumentText(
        "Answers that it begins with",
        rows=4,
        example=GIVEN,
        help_text="By the names of its questions; others are shown beside the form. A value {$: …} "
        "is read from the data.",
    )
    places: Mapping[str, str] = {"input_transform": "/input_transform"}

    @classmethod
    def of(cls, task: Document, sent: Any) -> "GivenForm":
        return cls(sent, initial={"input_transform": template_text(task, "input_transform")})

    def parts(self) -> Document:
        return dict(self.cleaned_data)


def role_choices(kept: str = "") -> list[tuple[str, str]]:
    """Whoever works on tasks, or the people of a company role. `kept` is offered in any case."""
    roles = [("", ANYBODY), *((role.key, role.words) for role in roles_there())]
    if kept and kept not in dict(roles):
        roles.append((kept, "Everyone" if kept == EVERYBODY else f"{kept} (not there any more)"))
    return roles


class InsideForm(PlainForm):
    """Another workflow that runs inside of this one."""

    subworkflow = forms.ChoiceField(label="Which workflow", required=False)
    input_transform = DocumentText(
        "What it is given",
        example=GIVEN,
        help_text="What it starts with. Empty: the submitted data.",
    )
    output_transform = DocumentText(
        "What is kept",
        example=CAME,
        help_text="Reads its data as “child”. Empty: all of them.",
    )
    places: Mapping[str, str] = {
        name: f"/{name}" for name in ("subworkflow", "input_transform", "output_transform")
    }

    @classmethod
    def of(cls, task: Document, sent: Any, own_key: str) -> "InsideForm":
        known = task.get("subworkflow", "")
        initial = {
            "subworkflow": known,
            "input_transform": template_text(task, "input_transform"),
            "output_transform": template_text(task, "output_transform"),
        }
        form = cls(sent, initial=initial)
        fields: Any = form.fields
        fields["subworkflow"].choices = workflow_choices(known, apart_from=own_key)
        return form

    def parts(self) -> Document:
        said = self.cleaned_data
        return {**said, "subworkflow": said["subworkflow"] or None}


def workflow_choices(kept: str = "", apart_from: str = "") -> list[tuple[str, str]]:
    """The company's workflows by key, each called as its newest version is."""
    rows = WorkflowDefinition.objects.exclude(key=apart_from).order_by("title", "version")
    titles = dict(rows.values_list("key", "title"))
    if kept:
        titles.setdefault(kept, f"{kept} (not there any more)")
    named = sorted(titles.items(), key=lambda pair: pair[1].casefold())
    return [("", "Choose a workflow"), *named]


@dataclass(slots=True)
class StepForms:
    """The forms of one step's page, by what they are about. None: its kind has no use for it."""

    main: StepForm
    ways: WaysForm
    links: LinksForm
    who: WhoForm | None = None
    given: GivenForm | None = None
    call: CallForm | None = None
    inside: InsideForm | None = None
    due: MomentForm | None = None
    until: MomentForm | None = None
    reminder: ReminderForm | None = None
    limit: SecondsForm | None = None

    @classmethod
    def of(cls, request: HttpRequest, workflow: Document, task: Document) -> "StepForms":
        sent = request.POST if request.method == "POST" else None
        kind = TaskType(task.get("task_type", TaskType.FORM))
        found = cls(StepForm.of(task, sent), WaysForm.of(task, sent), LinksForm(request, task))
        if kind is TaskType.FORM:
            found.who = WhoForm.of(task, sent)
            found.given = GivenForm.of(task, sent)
            found.reminder = ReminderForm(sent, prefix="reminder", document=task.get("reminder"))
        if kind in ACTION_TYPES:
            found.call = CallForm.of(task, sent)
        if kind is TaskType.SUBWORKFLOW:
            found.inside = InsideForm.of(task, sent, workflow["key"])
        found._times(kind, sent, workflow, task)
        return found

    def _times(self, kind: TaskType, sent: Any, workflow: Document, task: Document) -> None:
        days = list(dates_of(workflow, task["key"]))
        if kind is TaskType.WAIT:
            self.until = MomentForm(
                sent, prefix="until", days=days, document=task.get("until"),
                label="It waits", none="Not said yet", start="So long after it started",
            )  # fmt: skip
            return
        self.limit = SecondsForm(
            sent,
            prefix="limit",
            seconds=task.get("timeout_seconds"),
            label=_LIMITS[kind],
            usual="seconds" if kind is TaskType.SYNC_ACTION else "days",
        )
        if kind in (TaskType.FORM, TaskType.SUBWORKFLOW):
            self.due = MomentForm(
                sent, prefix="due", days=days, document=task.get("due"),
                label="Due", none="No due time", start="So long after it started",
            )  # fmt: skip

    def all(self) -> list[PlainForm | LinksForm]:
        several = (
            self.main, self.who, self.given, self.call, self.inside, self.until, self.due,
            self.reminder, self.limit, self.ways, self.links,
        )  # fmt: skip
        return [one for one in several if one is not None]

    def are_valid(self) -> bool:
        """Each is asked, so that every error is shown at once."""
        valid = [form.is_valid() for form in self.all()]
        return all(valid)

    def wrong(self) -> Iterator[forms.BoundField]:
        for form in self.all():
            yield from (form[name] for name in form.errors if name in form.fields)

    def parts(self, task: Document) -> Document:
        """What valid forms say of the task; None takes a part out."""
        kind = self.main.cleaned_data["task_type"]
        parts: Document = {}
        for form in (self.main, self.who, self.given, self.call, self.inside, self.ways):
            parts |= form.parts() if form is not None else {}
        for name, moment in (
            ("due", self.due), ("until", self.until), ("reminder", self.reminder),
            ("timeout_seconds", self.limit),
        ):  # fmt: skip
            if moment is not None:
                parts[name] = moment.document
        parts["ext_ref"] = self.links.links
        if kind != task.get("task_type", TaskType.FORM):
            parts |= {name: None for name, kinds in ONLY_FOR.items() if kind not in kinds}
        return parts


_LIMITS = {
    TaskType.FORM: "Time limit",
    TaskType.SUBWORKFLOW: "Time limit",
    TaskType.SYNC_ACTION: "Limit of a call",
    TaskType.ASYNC_ACTION: "For the answer",
}


def dates_of(workflow: Document, key: str) -> Iterator[tuple[str, str]]:
    """Paths of values that are dates, with what their forms call them."""
    for entry in workflow.get("fields", ()):
        if entry.get("type") in ("date", "datetime"):
            title = entry.get("title") or entry["name"]
            yield f"{TICKET}.{entry['name']}", f"{title} (submitted)"
    forms_of_types = TicketDefinition.objects.filter(workflow__key=workflow["key"])
    seen = set()
    for schema in forms_of_types.values_list("form_schema", flat=True):
        for name, title in _dates_in(schema):
            if name not in seen:
                seen.add(name)
                yield f"{TICKET}.{name}", f"{title} (submitted)"
    for task in workflow.get("tasks", ()):
        if task["key"] != key:
            for name, title in _dates_in(task.get("output_schema")):
                yield f"{task['key']}.{name}", f"{title} ({title_of(task)})"


def _dates_in(schema: Any) -> Iterable[tuple[str, str]]:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    for name, part in properties.items() if isinstance(properties, dict) else ():
        is_date = isinstance(part, dict) and part.get("format") in ("date", "date-time")
        if is_date and "." not in name:
            yield name, str(part.get("title") or name)


def step_places(tasks: Sequence[Document], key: str = "") -> list[tuple[str, str]]:
    """Where a new step may stand: "^" is the beginning, "" nowhere, else ">" and a key."""
    after = [(f">{task['key']}", f"After “{title_of(task)}”") for task in tasks]
    return [("^", "At the beginning"), *after, ("", "Nowhere yet: I draw the ways later")]
