"""The table of ways after a step, and the page of one way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.safestring import SafeString

from admin_site import history
from admin_site.design.editing.saving import Editing, opened, refused_elsewhere, tell_saved
from admin_site.design.editing.texts import written
from admin_site.design.ways.rows import Builder
from admin_site.design.ways.tester import SAMPLE, DataForm, Outcome, first_data, outcome
from admin_site.design.ways.values import Offered, offered
from admin_site.forms import PlainForm
from admin_site.history import Names
from definitions import editing as change
from definitions.bundle.meaning import graph_of
from definitions.documents import read_text
from definitions.errors import BundleInvalid, Problem
from definitions.graph import After, Split, WorkflowGraph
from definitions.linter.known import Known
from definitions.logic import check_rule
from definitions.logic.clauses import Clauses, read, write
from definitions.models import WorkflowDefinition
from definitions.services import problems_of
from definitions.starts import start_forms
from tenants.errors import DomainError, NotFound

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign

Document = dict[str, Any]

NEW = "new"
THE_END = "$"
#: How a way is chosen: if nothing else is true, always, if rows say so, if a text says so.
OTHERWISE, ROWS, TEXT = "otherwise", "rows", "text"
_HEADINGS = {After.DONE: "When it is done", After.TIMEOUT: "When its time runs out"}


@dataclass
class Place:
    """The ways after one step (None: the start), of a workflow that is open for editing."""

    editing: Editing[WorkflowDefinition]
    source: str | None

    @property
    def document(self) -> Document:
        return self.editing.document

    @cached_property
    def graph(self) -> WorkflowGraph:
        return graph_of(self.document)

    @cached_property
    def known(self) -> Known:
        return Known.of(self.graph, start_forms(self.document))

    @cached_property
    def names(self) -> Names:
        return Names(self.graph)

    @cached_property
    def problems(self) -> list[Problem]:
        return problems_of(self.editing.row)

    @property
    def title(self) -> str:
        return "the start" if self.source is None else f"“{self.graph.tasks[self.source].label}”"

    @property
    def splits(self) -> bool:
        return self.source is not None and self.graph.tasks[self.source].split == Split.ALL

    @property
    def href(self) -> str:
        admin, row = self.editing.admin, self.editing.row
        if self.source is None:
            return admin.verb_url(row, "start_ways")
        return admin.verb_url(row, "step_ways", self.source)

    def way_href(self, which: str) -> str:
        admin, row = self.editing.admin, self.editing.row
        if self.source is None:
            return admin.verb_url(row, "start_way", which)
        return admin.verb_url(row, "step_way", self.source, which)

    def ways(self, after: str) -> list[Document]:
        return change.ways_of(self.document, self.source, after)

    def afters(self) -> list[str]:
        """What ways can follow: the step was done, or its time ran out."""
        can_run_out = self.source is not None and self.graph.tasks[self.source].can_run_out
        late = [After.TIMEOUT.value]
        return [After.DONE.value, *(late if can_run_out or self.ways(late[0]) else [])]

    def number_of(self, document: Mapping[str, Any], after: str, place: int) -> int:
        """Where, among all ways of the document, this way of the step stands."""
        wanted = change.ways_of(document, self.source, after)[place]
        everything = list(document.get("transitions", ()))
        found = [
            number for number, way in enumerate(everything)
            if way.get("from") == self.source
            and way.get("after", After.DONE) == after and way == wanted
        ]  # fmt: skip
        return found[0] if found else len(everything)

    def about(self, after: str, place: int) -> list[Problem]:
        """What is wrong with one way."""
        pointer = f"/transitions/{self.number_of(self.document, after, place)}"
        return [
            one for one in self.problems
            if one.place == pointer or one.place.startswith(f"{pointer}/")
        ]  # fmt: skip

    def sentence(self, condition: Any) -> str:
        """The condition in words, its values marked."""
        if condition is True:
            return "always"
        return history.way(None, condition, self.names).sentence

    def with_ways(self, after: str, ways: Sequence[Mapping[str, Any]]) -> Document:
        return change.replace_ways(self.document, self.source, in_order(ways), after)


def in_order(ways: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those without a condition stand last."""
    return sorted(ways, key=lambda way: way.get("condition") is None)


# The table


@dataclass(frozen=True, slots=True)
class WayRow:
    """One way of the table. `place`: its number, as buttons send it."""

    place: str
    target: str
    sentence: SafeString | str
    label: str
    href: str
    is_otherwise: bool
    can_rise: bool
    can_sink: bool
    problems: Sequence[Problem] = ()


@dataclass(frozen=True, slots=True)
class Table:
    after: str
    heading: str
    rows: Sequence[WayRow]
    new_href: str
    has_otherwise: bool


def _place(
    admin: "WorkflowDesign", request: HttpRequest, object_id: str, source: str | None, *more: str
) -> Place | HttpResponse:
    """The step's ways, opened; or the way to the draft in which they are changed."""
    verb = ("start" if source is None else "step") + ("_way" if more else "_ways")
    key = () if source is None else (source,)
    found = opened(admin, request, object_id, verb, *key, *more)
    if isinstance(found, HttpResponse):
        return found
    place = Place(found, source)
    if source is not None and source not in place.graph.tasks:
        raise Http404
    return place


def table(
    admin: "WorkflowDesign", request: HttpRequest, object_id: str, source: str | None
) -> HttpResponse:
    place = _place(admin, request, object_id, source)
    if isinstance(place, HttpResponse):
        return place
    verb, _, which = request.POST.get("do", "").partition(":")
    if request.method == "POST" and verb in _BUTTONS:
        return _pressed(place, verb, which)
    tables = [_table_of(place, after) for after in place.afters()]
    shown = place.afters()[0]
    test = Test.begun(place, shown)
    edges = [edge for after in place.afters() for edge in place.graph.outgoing(source, after)]
    numbers = {id(edge): n for n, edge in enumerate(place.graph.edges)}
    here = {f"/transitions/{numbers[id(edge)]}" for edge in edges}
    part = [place.ways(after) for after in place.afters()]
    return admin.admin_site.page(
        request, "design/ways/table.html", place.editing.frame(part),
        title=f"Ways after {place.title}", place=place, tables=tables, test=test,
        problems=[one for one in place.problems if _head(one.place) in here],
        step_url=admin.verb_url(place.editing.row, "step", source) if source else "",
    )  # fmt: skip


def _head(place: str) -> str:
    """/transitions/2 of /transitions/2/condition/…"""
    return "/".join(place.split("/")[:3])


def _table_of(place: Place, after: str) -> Table:
    ways = place.ways(after)
    asked = sum(way.get("condition") is not None for way in ways)
    rows = [
        WayRow(
            f"{after}-{number}",
            place.names.task(way["to"]),
            place.sentence(way.get("condition")),
            str(way.get("label") or ""),
            place.way_href(f"{after}-{number}"),
            way.get("condition") is None,
            0 < number < asked,
            number < asked - 1,
            place.about(after, number),
        )
        for number, way in enumerate(ways)
    ]
    new = f"{place.way_href(NEW)}?after={after}"
    return Table(after, _HEADINGS[After(after)], rows, new, asked < len(ways))


def _which(place: Place, which: str) -> tuple[str, int]:
    """ "done-2" -> the third way after it was done.

    Raises:
        Http404: there is none.
    """
    after, _, number = which.partition("-")
    if after not in set(After) or not number.isdecimal() or len(number) > 4:
        raise Http404
    if int(number) >= len(place.ways(after)):
        raise Http404
    return after, int(number)


def _move(ways: list[Document], number: int, by: int) -> list[Document]:
    ways.insert(max(0, number + by), ways.pop(number))
    return ways


def _remove(ways: list[Document], number: int) -> list[Document]:
    del ways[number]
    return ways


_BUTTONS: Mapping[str, Callable[[list[Document], int], list[Document]]] = {
    "up": lambda ways, number: _move(ways, number, -1),
    "down": lambda ways, number: _move(ways, number, 1),
    "remove": _remove,
}


def _pressed(place: Place, verb: str, which: str) -> HttpResponse:
    """A button of the table; whoever else has changed these ways meanwhile is not overruled."""
    found = place.editing
    part = [place.ways(after) for after in place.afters()]
    if found.request.POST.get("_seen", "") != found.stamp(part):
        messages.warning(found.request, "Something was changed meanwhile. This is how it is now.")
        return redirect(place.href)
    after, number = _which(place, which)
    ways = _BUTTONS[verb](place.ways(after), number)
    row: Any = found.row
    try:
        row = found.change(lambda _document: place.with_ways(after, ways))
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        refused_elsewhere(found.request, error)
    else:
        if verb == "remove":
            tell_saved(found.request, row, "The way is removed.")
    return redirect(Place(_reopened(found, row), place.source).href)


def _reopened(found: Editing[WorkflowDefinition], row: Any) -> Editing[WorkflowDefinition]:
    return Editing(found.admin, found.request, row, found.document)


# The tester


@dataclass
class Test:
    """What stands beside the ways: data, and what comes of it."""

    form: DataForm
    result: Outcome | None = None
    waits: str = ""

    @classmethod
    def begun(cls, place: Place, after: str, *, run: bool = True) -> "Test":
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
        test = cls(form)
        if run and form.is_valid():
            test.result = outcome(place.graph, place.source, after, form.cleaned_data["known"])
        return test


# One way


class WayForm(PlainForm):
    """Where a way leads, and how it is chosen."""

    to = forms.ChoiceField(label="Leads to")
    label = forms.CharField(
        label="A word for it",
        max_length=120,
        required=False,
        help_text="Such as “declined”. It stands at the arrow, and whoever asked reads it.",
    )
    how = forms.ChoiceField(
        label="When it is taken",
        choices=[
            (ROWS, "If this is so"),
            (OTHERWISE, "Otherwise: if no other way is true"),
            ("always", "Always"),
            (TEXT, "If a text says so"),
        ],
        widget=forms.RadioSelect,
    )
    rule = forms.CharField(
        label="The condition as text",
        required=False,
        max_length=100_000,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 8, "spellcheck": "false", "class": "ds-text short", "wrap": "off"}
        ),
        help_text="JsonLogic, written as JSON or YAML.",
    )
    places: Mapping[str, str] = {"to": "/to", "label": "/label", "rule": "/condition"}

    def __init__(self, *args: Any, targets: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        fields: Any = self.fields
        fields["to"].choices = targets

    def target(self) -> str | None:
        said: str = self.cleaned_data["to"]
        return None if said == THE_END else said.removeprefix(">")


def read_rule(text: str) -> tuple[Any, list[str]]:
    """The rule of a text, and what is wrong with it, with the line."""
    if not text.strip():
        return None, ["Write a condition, or choose another way to say when."]
    try:
        document = read_text(text)
    except BundleInvalid as error:
        return None, [_with_line(one.line, one.message, one.hint) for one in error.problems[:5]]
    wrong = check_rule(document.value, condition=True)
    told = [_with_line(document.line_of(one.place), one.message, one.hint) for one in wrong[:5]]
    return document.value, told


def _with_line(line: int | None, message: str, hint: str) -> str:
    where = f"Line {line}: " if line else ""
    return f"{where}{message} {hint}".strip()


@dataclass
class WayPage:
    """The page of one way while it is asked for. `number` None: a new one."""

    place: Place
    after: str
    number: int | None
    form: WayForm
    builder: Builder
    targets: Sequence[tuple[str, str]]
    wrong: list[str] = field(default_factory=list)
    test: Test | None = None

    @property
    def how(self) -> str:
        return str(self.form["how"].value() or ROWS)

    def rule(self) -> tuple[Any, bool]:
        """The condition as it stands in the page now; False: it is not finished."""
        if self.how == OTHERWISE:
            return None, True
        if self.how == "always":
            return True, True
        if self.how == TEXT:
            rule, self.wrong = read_rule(str(self.form["rule"].value() or ""))
            return rule, not self.wrong
        clauses = self.builder.clauses()
        return (write(clauses), True) if clauses is not None else (None, False)

    def ways(self, way: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], int]:
        """All ways with this one, in order, and where it stands among them."""
        ways: list[Any] = list(self.place.ways(self.after))
        if self.number is None:
            ways.append(way)
        else:
            ways[self.number] = way
        ordered = in_order(ways)
        return ordered, next(n for n, one in enumerate(ordered) if one is way)


def way(
    admin: "WorkflowDesign", request: HttpRequest, object_id: str, source: str | None, which: str
) -> HttpResponse:
    place = _place(admin, request, object_id, source, which)
    if isinstance(place, HttpResponse):
        return place
    page = _opened_way(place, which)
    done = _acted(page) if request.method == "POST" else None
    return done or _shown(page)


def _opened_way(place: Place, which: str) -> WayPage:
    request = place.editing.request
    if which == NEW:
        wanted = request.GET.get("after", After.DONE.value)
        after, number = wanted if wanted in place.afters() else After.DONE.value, None
        way: Document = {"to": None}
    else:
        after, number = _which(place, which)
        way = place.ways(after)[number]
    values = offered(place.graph, place.known, place.source, after)
    targets = [
        *((f">{key}", task.label) for key, task in place.graph.tasks.items()),
        (THE_END, "The end"),
    ]
    if request.method == "POST":
        form = WayForm(request.POST, targets=targets)
        builder = Builder.sent(request.POST, values)
    else:
        form = WayForm(initial=_initial(place, way, is_new=number is None), targets=targets)
        builder = _builder(way, values, is_new=number is None)
    return WayPage(place, after, number, form, builder, targets)


def _initial(place: Place, way: Mapping[str, Any], *, is_new: bool) -> Document:
    condition = way.get("condition")
    how = TEXT
    if is_new or (condition is not None and condition is not True and read(condition)):
        how = ROWS
    elif condition is None:
        how = OTHERWISE
    elif condition is True:
        how = "always"
    target = _likely(place) if is_new else way.get("to")
    return {
        "to": THE_END if target is None else f">{target}",
        "label": way.get("label", ""),
        "how": how,
        "rule": written(condition) if condition is not None else "",
    }


def _likely(place: Place) -> str | None:
    """Where a new way may lead: to the first step that none leads to from here yet."""
    led_to = {place.source, *place.graph.leads_to(place.source)}
    return next((key for key in place.graph.tasks if key not in led_to), None)


def _builder(way: Mapping[str, Any], values: Mapping[str, Offered], *, is_new: bool) -> Builder:
    condition = way.get("condition")
    clauses = read(condition) if condition is not None else None
    builder = Builder.of(clauses or Clauses(), values)
    if is_new:
        builder.add()
    return builder


def _acted(page: WayPage) -> HttpResponse | None:
    """Do what a button says; the table, once it is saved."""
    verb, _, which = page.place.editing.request.POST.get("do", "save").partition(":")
    if verb == "row":
        page.builder.add(which)
    elif verb == "box":
        page.builder.add_box()
    elif verb == "drop":
        page.builder.drop(which)
    elif verb == "rows":
        _into_rows(page)
    elif verb == "save":
        return _saved(page)
    return None


def _into_rows(page: WayPage) -> None:
    """From the text to rows, where rows can say the same."""
    rule, page.wrong = read_rule(str(page.form["rule"].value() or ""))
    clauses = read(rule) if not page.wrong else None
    if clauses is None:
        page.wrong = page.wrong or ["Rows cannot say this: they only compare single values."]
        return
    page.builder = Builder.of(clauses, page.builder.values)
    sent = page.place.editing.request.POST.copy()
    sent["how"] = ROWS
    page.form = WayForm(sent, targets=page.targets)


def _saved(page: WayPage) -> HttpResponse | None:
    place, found = page.place, page.place.editing
    is_fine = page.form.is_valid()
    rule, is_finished = page.rule()
    if not is_finished and page.wrong:
        page.form.add_error("rule", page.wrong)
    if not (is_fine and is_finished):
        return None
    way = _written(page, rule)
    ways, number = page.ways(way)
    document = place.with_ways(page.after, ways)
    at = f"/transitions/{place.number_of(document, page.after, number)}"
    part = place.ways(page.after)
    row = found.save(lambda _document: document, part, [page.form], at)
    if row is None:
        return None
    tell_saved(found.request, row)
    return redirect(Place(_reopened(found, row), place.source).href)


def _written(page: WayPage, rule: Any) -> Document:
    """The way as it will be; what the page does not ask stays."""
    way = dict(page.place.ways(page.after)[page.number]) if page.number is not None else {}
    for name in ("condition", "label", "priority"):
        way.pop(name, None)
    way["to"] = page.form.target()
    if page.form.cleaned_data["label"]:
        way["label"] = page.form.cleaned_data["label"]
    if rule is not None:
        way["condition"] = rule
    return way


def _shown(page: WayPage) -> HttpResponse:
    place, found = page.place, page.place.editing
    rule, is_finished = page.rule()
    if found.request.method != "POST" or found.request.POST.get("do", "save") != "save":
        # What is not finished yet is no mistake before somebody wants to save it.
        page.builder.error = ""
        for row in page.builder.rows():
            row.error = ""
    test = _tested(page, rule, is_finished=is_finished)
    number = page.number
    return found.admin.admin_site.page(
        found.request, "design/ways/way.html", found.frame(place.ways(page.after)),
        title=f"Way after {place.title}" if number is not None else f"New way after {place.title}",
        place=place, page=page, form=page.form, builder=page.builder, how=page.how,
        sentence=place.sentence(rule) if is_finished and rule is not None else "",
        is_finished=is_finished, test=test, cancel_url=place.href,
        heading=_HEADINGS[After(page.after)] if page.after != After.DONE else "",
        problems=place.about(page.after, number) if number is not None else (),
    )  # fmt: skip


def _tested(page: WayPage, rule: Any, *, is_finished: bool) -> Test:
    """With the way as it stands in the page now, saved or not."""
    place = page.place
    test = Test.begun(place, page.after, run=False)
    if not test.form.is_valid():
        return test
    if not is_finished:
        test.waits = "Finish the condition to see what it says."
        return test
    target = str(page.form["to"].value() or THE_END)
    way: Document = {"to": None if target == THE_END else target.removeprefix(">")}
    if rule is not None:
        way["condition"] = rule
    ways, number = page.ways(way)
    try:
        graph = graph_of(place.with_ways(page.after, ways))
    except DomainError:
        test.waits = "Choose where it leads to see what it says."
        return test
    data = test.form.cleaned_data["known"]
    test.result = outcome(graph, place.source, page.after, data, number)
    return test
