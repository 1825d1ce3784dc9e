"""What the ways of a step would do with some data. Nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils import timezone

from admin_site.design.editing.texts import DocumentText, written
from admin_site.design.ways.place import Place
from admin_site.design.ways.values import samples
from admin_site.forms import PlainForm
from admin_site.history import Names, conditions
from admin_site.parts import Condition
from definitions.graph import TICKET, After, WorkflowGraph
from definitions.linter.known import Known
from definitions.schemas import check_storable
from operations import engine
from operations.company_calendar import CalendarInForce
from operations.engine import OUT_OF_TIME, OpenTask, Progress, RoutingError
from operations.simulation import Scenario, simulate
from operations.simulation.trying import usual_start

SAMPLE = "sample"


class DataForm(PlainForm):
    """The data to try with."""

    known = DocumentText("What is known at this point", rows=14)
    begin = forms.ChoiceField(label="Begin with", required=False)

    def __init__(self, *args: Any, titles: Sequence[str], **more: Any) -> None:
        super().__init__(*args, **more)
        named = [(f"scenario-{number}", title) for number, title in enumerate(titles)]
        fields: Any = self.fields
        fields["begin"].choices = [(SAMPLE, "Made-up answers"), *named]

    def clean_known(self) -> Any:
        said = self.cleaned_data["known"]
        if said is not None and not isinstance(said, dict):
            raise forms.ValidationError("Write a group of values, such as ticket: {amount: 100}.")
        if wrong := check_storable(said or {}):
            raise forms.ValidationError(wrong[0].message)
        return said or {}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`goes`: where a ticket would go; "" where it stops, with `problem`. `result`: what the way
    that is being changed says: "true", "not true", or ""; `reads`: what it read.
    """

    goes: str = ""
    problem: str = ""
    why: Sequence[Condition] = field(default_factory=tuple)
    result: str = ""


def outcome(
    graph: WorkflowGraph, source: str | None, after: str, data: Mapping[str, Any], which: int = -1
) -> Outcome:
    """`which`: the place among the ways of the one that is being changed."""
    names = Names(graph)
    whole = {TICKET: {}, **data}
    try:
        trace = [step.as_json() for step in _decision(graph, source, after, whole).trace]
        problem = ""
    except RoutingError as error:
        trace, problem = error.trace, error.message
    targets = [names.task(step.get("target")) for step in trace if step.get("taken")]
    mine = next((step for n, step in enumerate(trace) if n == which), None)
    return Outcome(
        "" if problem else " and ".join(targets) or names.task(None),
        problem,
        _each(trace, names),
        _result(mine) if mine else "",
    )


def _decision(
    graph: WorkflowGraph, source: str | None, after: str, data: dict[str, Any]
) -> engine.Decision:
    now = timezone.localtime()
    if source is None:
        return engine.start(graph, data, now=now)
    here = Progress(open=(OpenTask(1, source),), visits={source: 1})
    out = OUT_OF_TIME if after == After.TIMEOUT else ""
    return engine.complete(graph, here, 1, data, now=now, way_out=out)


def _each(trace: Sequence[Mapping[str, Any]], names: Names) -> tuple[Condition, ...]:
    """One way alone is told here, too."""
    return conditions([*trace, {}], names)[: len(trace)] if trace else ()


def _result(step: Mapping[str, Any]) -> str:
    if step.get("error"):
        return "cannot be decided"
    if step.get("condition") is None:
        return "taken" if step.get("taken") else "not needed"
    return "true" if step.get("result") is True else "not true"


def first_data(
    graph: WorkflowGraph,
    known: Known,
    source: str | None,
    after: str,
    scenarios: Sequence[Mapping[str, Any]],
    begin: str,
) -> str:
    """The text to begin with: of a scenario by its number, or made up."""
    number = begin.removeprefix("scenario-")
    if begin != SAMPLE and number.isdecimal() and int(number[:4]) < len(scenarios):
        return written(_data_of(graph, source, after, scenarios[int(number[:4])]))
    return written(samples(graph, known, source, after))


def _data_of(
    graph: WorkflowGraph, source: str | None, after: str, document: Mapping[str, Any]
) -> dict[str, Any]:
    """What is known when the scenario comes to these ways, as far as it goes."""
    calendar = CalendarInForce()
    scenario = Scenario.of(document)
    story = simulate(
        graph, scenario.submission, scenario, start=usual_start(calendar), calendar=calendar
    )
    before = graph.ancestors(source) if source is not None else frozenset()
    heads = {TICKET, *before, *([source] if after == After.DONE else ())}
    return {key: value for key, value in story.data.items() if key in heads}


@dataclass
class Test:
    """What stands beside the ways: data, and what comes of it."""

    form: DataForm
    result: Outcome | None = None
    waits: str = ""


def begun(place: Place, after: str, *, run: bool = True) -> Test:
    """With what was sent, or with what to begin with."""
    request, scenarios = place.editing.request, place.document.get("scenarios", ())
    titles = [one["title"] for one in scenarios]
    do = request.POST.get("do", "")
    if request.method == "POST" and "t-known" in request.POST and do != "begin":
        form = DataForm(request.POST, titles=titles, prefix="t")
    else:
        begin = request.POST.get("t-begin") or request.GET.get("with") or SAMPLE
        text = first_data(place.graph, place.known, place.source, after, scenarios, begin)
        form = DataForm({"t-known": text, "t-begin": begin}, titles=titles, prefix="t")
    test = Test(form)
    if run and form.is_valid():
        test.result = outcome(place.graph, place.source, after, form.cleaned_data["known"])
    return test
