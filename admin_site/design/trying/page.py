"""The page on which a workflow is tried. It reads, and writes nothing; only keeping a scenario
writes, and that into the draft of the workflow.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from admin_site.design.trying.attempt import Attempt
from admin_site.design.trying.forms import FailureForm, KeepForm, ResponseForm
from admin_site.design.trying.telling import kind_of, sample_of, start_told, steps_told
from admin_site.people import person_of
from admin_site.schema_forms import SchemaForm, form_for
from definitions.documents import to_json
from definitions.graph import After, WorkflowGraph
from definitions.graphs import graph_for
from definitions.logic.dates import read_datetime
from definitions.models import DefinitionStatus, TicketDefinition, WorkflowDefinition, presets_in
from definitions.scenarios import keep_scenario
from definitions.schemas import UnusableSchema, schema_from_fields
from operations.company_calendar import CalendarInForce
from operations.simulation import UNANSWERED, SimStep, Simulation, Unexpected, simulate, unexpected
from operations.simulation.story import Ending
from operations.simulation.trying import usual_start
from tenants.errors import DomainError
from tenants.models import CompanyRole

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign

#: More steps than this nobody tries by hand.
MOST_STEPS = 100
LOST = "What you had tried could not be read any more, so it begins again."


@dataclass
class _Try:
    """One request: what was tried before it, and what the person wants now."""

    request: HttpRequest
    workflow: WorkflowDefinition
    graph: WorkflowGraph
    kinds: Sequence[TicketDefinition]
    attempt: Attempt
    calendar: CalendarInForce
    form: SchemaForm | None = None
    said: ResponseForm | None = None
    failure: FailureForm | None = None
    keep: KeepForm | None = None
    story: Simulation | None = None
    finding: Unexpected | None = None
    example: Mapping[str, Any] | None = None
    asks_again: bool = False
    #: The step that was gone back to, as its key and visit, and what it was answered with.
    earlier: tuple[tuple[str, int], Any] | None = None
    roles: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> TicketDefinition | None:
        """The ticket type whose form is filled in; None: the plain fields of the workflow."""
        wanted = self.request.POST.get("_type") or self.request.GET.get("type")
        first = self.kinds[0] if self.kinds else None
        return next((kind for kind in self.kinds if kind.key == wanted), first)

    def run(self) -> None:
        """Try what has been said so far."""
        if self.attempt.submission is None:
            return
        self.story = simulate(
            self.graph,
            self.attempt.submission,
            self.attempt.scenario,
            start=self.attempt.start,
            calendar=self.calendar,
            limit=MOST_STEPS,
        )

    def open_step(self) -> SimStep | None:
        """The step that is asked for now: the one that was chosen, else the first."""
        waiting = self.story.open_steps if self.story else []
        wanted = self.request.POST.get("_at", "")
        chosen = [step for step in waiting if str(step.number) == wanted]
        return next(iter(chosen or waiting), None)


def try_it(admin: "WorkflowDesign", request: HttpRequest, object_id: str) -> HttpResponse:
    """Ask for a submission, then for each step in turn; or show how a scenario goes."""
    workflow: WorkflowDefinition = admin.get_or_404(request, object_id)
    trying = _begun(request, workflow)
    done = _acted(trying) if request.method == "POST" else None
    if done is not None:
        return redirect(admin.url_of(done))
    return _shown(admin, trying)


def _begun(request: HttpRequest, workflow: WorkflowDefinition) -> _Try:
    types = TicketDefinition.objects.filter(workflow__key=workflow.key)
    kinds = types.exclude(status=DefinitionStatus.ARCHIVED).order_by("position", "title")
    calendar = CalendarInForce()
    begins = timezone.now().replace(second=0, microsecond=0)
    graph = graph_for(workflow.pk).graph
    trying = _Try(request, workflow, graph, list(kinds), Attempt(begins), calendar)
    if request.method == "POST":
        attempt = Attempt.of_text(request.POST.get("_so_far", ""))
        if attempt is not None:
            trying.attempt = attempt
        elif request.POST.get("_do") != "submit":
            messages.warning(request, LOST)
        return trying
    _choose_example(trying, request.GET.get("scenario", ""))
    return trying


def _choose_example(trying: _Try, number: str) -> None:
    """Begin with what a scenario of the workflow says."""
    examples = trying.workflow.scenarios or []
    if not number.isdecimal() or len(number) > 4 or int(number) >= len(examples):
        return
    example = examples[int(number)]
    said = read_datetime(str(example.get("start") or ""))
    trying.attempt = Attempt.of(example, said or usual_start(trying.calendar))
    trying.example = example
    trying.run()
    if trying.story is not None:
        trying.finding = unexpected(trying.graph, trying.story, example.get("expect") or {})


# What the person wants


def _acted(trying: _Try) -> WorkflowDefinition | None:
    """Do what was asked for; the draft, where a scenario was kept in it."""
    verb, _, value = trying.request.POST.get("_do", "").partition(":")
    if verb == "submit":
        _submit(trying)
    elif verb == "edit":
        trying.asks_again = True
    else:
        trying.run()
        number = int(value) if value.isdecimal() and len(value) < 6 else 0
        if verb == "back" and trying.story is not None:
            trying.earlier = _answered_before(trying, trying.story, number)
            trying.attempt = trying.attempt.without(trying.story, number)
        elif verb == "keep":
            return _keep(trying)
        else:
            _answer(trying, verb, number)
    trying.run()
    return None


def _answered_before(
    trying: _Try, story: Simulation, number: int
) -> tuple[tuple[str, int], Any] | None:
    step = next((one for one in story.steps if one.number == number), None)
    return ((step.key, step.visit), trying.attempt.answer_to(step)) if step is not None else None


def _submit(trying: _Try) -> None:
    trying.form = _submission_form(trying, **_sent(trying))
    if trying.form.is_valid():
        presets = presets_in(trying.kind.fields) if trying.kind else {}
        trying.attempt = trying.attempt.submitted({**trying.form.value, **presets})
        trying.form = None
    else:
        trying.asks_again = True


def _answer(trying: _Try, verb: str, number: int) -> None:
    steps = trying.story.open_steps if trying.story else []
    step = next((one for one in steps if one.number == number), None)
    if step is None:
        return
    if verb == "timeout":
        is_call = kind_of(trying.graph, step.key) == "call"
        say = trying.attempt.called if is_call else trying.attempt.answered
        trying.attempt = say(step, UNANSWERED)
    elif verb == "answer":
        form = _step_form(trying.graph, step, **_sent(trying))
        if form is None:
            trying.attempt = trying.attempt.answered(step, {})
        elif form.is_valid():
            trying.attempt = trying.attempt.answered(step, form.value)
        else:
            trying.form = form
    elif verb == "fail":
        failure = FailureForm(trying.request.POST)
        if failure.is_valid() and failure.cleaned_data["failure"]:
            trying.attempt = trying.attempt.called(step, {"error": failure.cleaned_data["failure"]})
        else:
            trying.failure = failure
    elif verb == "respond":
        _respond(trying, step)


def _sent(trying: _Try) -> dict[str, Any]:
    """What a form was sent with. Files are not kept: a sample stands in for each."""
    return {"data": trying.request.POST, "files": trying.request.FILES}


def _respond(trying: _Try, step: SimStep) -> None:
    form = ResponseForm(trying.request.POST)
    if not form.is_valid():
        trying.said = form
        return
    value = form.cleaned_data["response"]
    if kind_of(trying.graph, step.key) == "call":
        trying.attempt = trying.attempt.called(step, {"response": value})
    else:
        trying.attempt = trying.attempt.answered(step, {} if value is None else value)


def _keep(trying: _Try) -> WorkflowDefinition | None:
    form = trying.keep = KeepForm(trying.request.POST)
    story = trying.story
    if not form.is_valid() or story is None or story.ending == Ending.STOPPED:
        return None
    expect: dict[str, Any] = {"path": story.path, "ends": story.ending == Ending.DONE}
    if story.open_steps:
        expect["at"] = story.open_steps[0].key
    title = form.cleaned_data["title"]
    scenario = {
        "title": title,
        "start": trying.attempt.start.isoformat(timespec="seconds"),
        **_in_short(trying.attempt, story),
        "expect": expect,
    }
    try:
        draft = keep_scenario(person_of(trying.request), trying.workflow, scenario)
    except DomainError as refused:
        form.refuse(refused)
        return None
    messages.success(trying.request, f"“{title}” is kept as a scenario of {draft}.")
    return draft


def _in_short(attempt: Attempt, story: Simulation) -> dict[str, Any]:
    """Without a list around the answer at an only visit: it is easier to read and to change."""
    document, visits = attempt.document(), Counter(story.path)
    for part in ("answers", "calls"):
        document[part] = {
            key: said[0] if isinstance(said, list) and visits[key] == len(said) == 1 else said
            for key, said in document[part].items()
            if key in visits
        }
    return document


# What is shown


def _shown(admin: "WorkflowDesign", trying: _Try) -> HttpResponse:
    workflow, graph, story = trying.workflow, trying.graph, trying.story
    roles = dict(CompanyRole.objects.values_list("key", "title"))
    asks_first = story is None or trying.asks_again
    if asks_first and trying.form is None:
        trying.form = _submission_form(trying, initial=trying.attempt.submission)
    step = None if asks_first else trying.open_step()
    return admin.admin_site.page(
        trying.request, "design/trying/page.html",
        title=f"Try {workflow.title}",
        crumbs=[(admin.list_title, admin.list_url()), (str(workflow), admin.url_of(workflow))],
        workflow=workflow, kinds=trying.kinds, kind=trying.kind, asks_first=asks_first,
        so_far=trying.attempt.as_text() if trying.attempt.submission is not None else "",
        form=trying.form, story=None if asks_first else story,
        here=admin.verb_url(workflow, "trying"),
        told=steps_told(graph, story, roles) if story and not asks_first else (),
        began=start_told(graph, story) if story and not asks_first else (),
        open=_open(trying, step) if step else None,
        examples=list(enumerate(workflow.scenarios or [])), example=trying.example,
        finding=trying.finding,
        keep=trying.keep or KeepForm(), can_keep=_can_keep(trying, story),
        can_edit=workflow.status != DefinitionStatus.ARCHIVED,
    )  # fmt: skip


def _can_keep(trying: _Try, story: Simulation | None) -> bool:
    return story is not None and story.ending != Ending.STOPPED and trying.example is None


def _open(trying: _Try, step: SimStep) -> dict[str, Any]:
    """The step that is asked for now, with what it is asked with."""
    graph = trying.graph
    kind = kind_of(graph, step.key)
    form = trying.form
    if kind == "form" and form is None:
        form = _step_form(graph, step, initial=_said_earlier(trying, step))
    node = graph.tasks[step.key]
    can_run_out = bool(graph.outgoing(step.key, After.TIMEOUT)) and node.can_run_out
    sample = to_json(sample_of(graph, step.key))
    return {
        "step": step, "kind": kind, "form": form, "can_run_out": can_run_out,
        "said": trying.said or ResponseForm(initial={"response": sample}),
        "failure": trying.failure or FailureForm(),
        "others": [one for one in (trying.story.open_steps if trying.story else ())
                   if one is not step],
    }  # fmt: skip


def _said_earlier(trying: _Try, step: SimStep) -> Mapping[str, Any] | None:
    """So that changing one answer of a step does not ask for all of them again."""
    if trying.earlier is None or trying.earlier[0] != (step.key, step.visit):
        return None
    return trying.earlier[1] if isinstance(trying.earlier[1], Mapping) else None


def _submission_form(trying: _Try, **given: Any) -> SchemaForm:
    """The real form of the ticket type, with the fields of this version."""
    kind = trying.kind
    if kind is not None:
        return form_for(kind.submission_schema(trying.workflow), kind.edit_layout, **given)
    try:
        schema = schema_from_fields(trying.workflow.fields)
    except UnusableSchema:
        schema = {"type": "object", "properties": {}}
    return form_for(schema, None, **given)


def _step_form(graph: WorkflowGraph, step: SimStep, **given: Any) -> SchemaForm | None:
    """The real form of a step; None: it asks nothing."""
    node = graph.tasks[step.key]
    if not node.output_schema or not node.output_schema.get("properties"):
        return None
    return form_for(node.output_schema, node.extra.get("edit_layout"), **given)
