"""The scenarios of a workflow: how each goes, and what is expected of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from admin_site.design.editing.saving import MEANWHILE, Editing, opened, tell_saved
from admin_site.design.editing.texts import DocumentText, written
from admin_site.forms import PlainForm
from definitions import editing as change
from definitions.bundle.meaning import graph_of
from definitions.graph import WorkflowGraph
from definitions.logic.dates import read_datetime
from definitions.models import WorkflowDefinition
from definitions.nearest import did_you_mean
from operations.simulation import Scenario, Simulation, simulate, unexpected
from operations.simulation.story import Ending
from operations.simulation.trying import MOST_STEPS, try_out, usual_start
from tenants.calendar import WorkCalendar
from tenants.context import current_company_id
from tenants.models import Company

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign

Document = dict[str, Any]
_ENDS = {"True": "yes", "False": "no"}
_GIVEN = ("start", "submission", "answers", "calls")


@dataclass(frozen=True, slots=True)
class Told:
    """How one scenario goes. `message` "": as expected. `turn`: (step, address) of the step after
    which it goes another way than expected.
    """

    number: int
    title: str
    message: str
    path: Sequence[str]
    ends: bool
    stops: bool
    try_href: str
    href: str
    turn: tuple[str, str] | None = None

    @property
    def is_right(self) -> bool:
        return not self.message


def scenarios(admin: "WorkflowDesign", request: HttpRequest, object_id: str) -> HttpResponse:
    """All of them, tried when the page is shown."""
    found = opened(admin, request, object_id, "scenarios")
    if isinstance(found, HttpResponse):
        return found
    known: list[Document] = list(found.document.get("scenarios", ()))
    if request.method == "POST":
        return _pressed(found, known)
    told = _all_told(found, known)
    return admin.admin_site.page(
        request, "design/ways/scenarios.html", found.frame(known),
        title="Scenarios", told=told, wrong=sum(not one.is_right for one in told),
        try_url=admin.verb_url(found.row, "trying"),
    )  # fmt: skip


def _all_told(found: Editing[WorkflowDefinition], known: Sequence[Document]) -> list[Told]:
    graph, calendar = graph_of(found.document), _calendar()
    return [_told(found, graph, calendar, number, one) for number, one in enumerate(known)]


def _told(
    found: Editing[WorkflowDefinition],
    graph: WorkflowGraph,
    calendar: WorkCalendar,
    number: int,
    document: Document,
) -> Told:
    admin, row = found.admin, found.row
    trial, story = try_out(graph, document, calendar), _story(graph, document, calendar)
    turn = _turn(graph, document, story) if trial.message else None
    return Told(
        number=number,
        title=document["title"],
        message=trial.message[:1].upper() + trial.message[1:],
        path=[graph.label_of(key) for key in story.path],
        ends=story.ending == Ending.DONE,
        stops=story.ending == Ending.STOPPED,
        try_href=f"{admin.verb_url(row, 'trying')}?scenario={number}",
        href=admin.verb_url(row, "scenario", str(number)),
        turn=(graph.label_of(turn), admin.verb_url(row, "step_ways", turn)) if turn else None,
    )


def _story(graph: WorkflowGraph, document: Mapping[str, Any], calendar: WorkCalendar) -> Simulation:
    scenario = Scenario.of(document)
    start = read_datetime(str(document.get("start") or "")) or usual_start(calendar)
    return simulate(
        graph, scenario.submission, scenario, start=start, calendar=calendar, limit=MOST_STEPS
    )


def _turn(graph: WorkflowGraph, document: Mapping[str, Any], story: Simulation) -> str | None:
    """The step after which the way is not the expected one."""
    wanted = (document.get("expect") or {}).get("path")
    if story.ending == Ending.STOPPED and story.at in graph.tasks:
        return story.at
    if not isinstance(wanted, list) or wanted == story.path:
        return None
    same = 0
    while same < min(len(wanted), len(story.path)) and wanted[same] == story.path[same]:
        same += 1
    return story.path[same - 1] if 0 < same <= len(story.path) else None


def _calendar() -> WorkCalendar:
    companies = Company.objects.only("time_zone", "working_hours", "holidays")
    return companies.get(pk=current_company_id()).calendar


# The buttons of the list


def _pressed(found: Editing[WorkflowDefinition], known: list[Document]) -> HttpResponse:
    request = found.request
    verb, _, which = request.POST.get("do", "").partition(":")
    here = found.admin.verb_url(found.row, "scenarios")
    if not found.is_as_seen(known):
        messages.warning(request, MEANWHILE)
        return redirect(here)
    number = _number(which, known)
    title = known[number]["title"]
    if verb == "remove":
        kept, words = [one for one in known if one is not known[number]], f"“{title}” is deleted."
    elif verb == "accept":
        kept, words = [*known], f"“{title}” now expects what happens."
        kept[number] = _accepted(graph_of(found.document), known[number])
    else:
        raise Http404
    row = found.press(lambda document: change.changed(document, scenarios=kept or None))
    if row is not None:
        tell_saved(request, row, words)
    return redirect(found.admin.verb_url(row or found.row, "scenarios"))


def _accepted(graph: WorkflowGraph, document: Document) -> Document:
    """Expecting what it comes to now."""
    story = _story(graph, document, _calendar())
    expect = {**(document.get("expect") or {})}
    expect["path"] = story.path
    expect["ends"] = story.ending == Ending.DONE
    expect.pop("at", None)
    if story.open_steps:
        expect["at"] = story.open_steps[0].key
    if "data" in expect and unexpected(graph, story, {"data": expect["data"]}) is not None:
        expect["data"] = {key: story.data.get(key) for key in expect["data"]}
    return {**document, "expect": expect}


def _number(which: str, known: Sequence[Any]) -> int:
    if not which.isdecimal() or len(which) > 4 or int(which) >= len(known):
        raise Http404
    return int(which)


# One scenario


class ScenarioForm(PlainForm):
    """What is expected, and the answers it is tried with."""

    title = forms.CharField(label="Name", max_length=200)
    path = forms.CharField(
        label="Steps it passes",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="One per line, by title or key, in their order. Empty: any.",
    )
    ends = forms.ChoiceField(
        label="Its end",
        required=False,
        choices=[
            ("", "Nothing is said"),
            ("yes", "It comes to its end"),
            ("no", "It does not end"),
        ],
    )
    at = forms.ChoiceField(label="It waits at", required=False)
    given = DocumentText("What is submitted and answered", rows=16)
    left = DocumentText("What steps leave behind", rows=5, example="approve: {approved: true}")
    places: Mapping[str, str] = {
        "title": "/title", "path": "/expect/path", "ends": "/expect/ends", "at": "/expect/at",
        "left": "/expect/data", "given": "",
    }  # fmt: skip

    def __init__(
        self, *args: Any, graph: WorkflowGraph, others: Sequence[str], **more: Any
    ) -> None:
        """`others`: the names of the other scenarios."""
        super().__init__(*args, **more)
        self.graph, self.others = graph, others
        fields: Any = self.fields
        fields["at"].choices = [("", "Nothing is said"), *_titled(graph)]

    @classmethod
    def initial_of(cls, graph: WorkflowGraph, document: Mapping[str, Any]) -> Document:
        expect = document.get("expect") or {}
        path = expect.get("path")
        return {
            "title": document["title"],
            "path": "\n".join(graph.label_of(key) for key in path or ()),
            "ends": _ENDS.get(str(expect.get("ends")), ""),
            "at": expect.get("at", ""),
            "given": written({name: document[name] for name in _GIVEN if name in document}),
            "left": written(expect.get("data")),
        }

    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"]
        if title in self.others:
            raise forms.ValidationError("Another scenario is called so. Choose another name.")
        return title

    def clean_path(self) -> list[str]:
        keys: list[str] = []
        by_title = {task.label.casefold(): key for key, task in self.graph.tasks.items()}
        for number, line in enumerate(self.cleaned_data["path"].splitlines(), 1):
            said = line.strip()
            key = said if said in self.graph.tasks else by_title.get(said.casefold())
            if said and key is None:
                meant = did_you_mean(said, [task.label for task in self.graph.tasks.values()])
                words = f"Line {number}: there is no step “{said[:80]}”. {meant}".strip()
                raise forms.ValidationError(words)
            keys += [key] if key is not None else []
        return keys

    def clean_given(self) -> Document:
        said = self.cleaned_data["given"] or {}
        if not isinstance(said, dict):
            raise forms.ValidationError("Write groups: submission, answers, calls.")
        if strange := [name for name in said if name not in _GIVEN]:
            meant = did_you_mean(str(strange[0]), _GIVEN)
            words = f"“{strange[0]}” is not one of {', '.join(_GIVEN)}. {meant}".strip()
            raise forms.ValidationError(words)
        return said

    def said(self, before: Mapping[str, Any]) -> Document:
        """The scenario."""
        cleaned = self.cleaned_data
        expect = dict(before.get("expect") or {})
        parts = {
            "path": cleaned["path"] or None,
            "ends": {"yes": True, "no": False}.get(cleaned["ends"]),
            "at": cleaned["at"] or None,
            "data": cleaned["left"],
        }
        for name, value in parts.items():
            expect.pop(name, None)
            if value is not None:
                expect[name] = value
        return {"title": cleaned["title"], **cleaned["given"], "expect": expect}


def scenario(
    admin: "WorkflowDesign", request: HttpRequest, object_id: str, number: str
) -> HttpResponse:
    """What one expects; and, beside it, how it goes now."""
    found = opened(admin, request, object_id, "scenario", number)
    if isinstance(found, HttpResponse):
        return found
    known: list[Document] = list(found.document.get("scenarios", ()))
    place = _number(number, known)
    document, graph = known[place], graph_of(found.document)
    sent = request.POST if request.method == "POST" else None
    others = [one["title"] for one in known if one is not document]
    initial = ScenarioForm.initial_of(graph, document)
    form = ScenarioForm(sent, initial=initial, graph=graph, others=others)
    if form.is_valid():
        kept = [*known]
        kept[place] = form.said(document)
        row = found.save(
            lambda whole: change.changed(whole, scenarios=kept), document, [form],
            f"/scenarios/{place}",
        )  # fmt: skip
        if row is not None:
            tell_saved(request, row)
            return redirect(admin.verb_url(row, "scenarios") + f"#scenario-{place}")
    return admin.admin_site.page(
        request, "design/ways/scenario.html", found.frame(document),
        title=document["title"], form=form, cancel_url=admin.verb_url(found.row, "scenarios"),
        told=_told(found, graph, _calendar(), place, document), steps=_titled(graph),
    )  # fmt: skip


def _titled(graph: WorkflowGraph) -> list[tuple[str, str]]:
    return [(key, task.label) for key, task in graph.tasks.items()]
