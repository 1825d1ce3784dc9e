"""The page of one way: where it leads, and when it is taken."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from admin_site.design.editing.saving import tell_saved
from admin_site.design.editing.texts import written
from admin_site.design.ways.forms import (
    ALWAYS,
    OTHERWISE,
    ROWS,
    TEXT,
    THE_END,
    WayForm,
    read_rule,
)
from admin_site.design.ways.place import (
    HEADINGS,
    Document,
    Place,
    in_order,
    open_place,
    reopened,
    which_way,
)
from admin_site.design.ways.rows import Builder
from admin_site.design.ways.tester import Test, begun, outcome
from admin_site.design.ways.values import Offered, offered
from definitions.bundle.meaning import graph_of
from definitions.graph import After
from definitions.logic import LogicError, compile_rule
from definitions.logic.clauses import Clauses, read, write
from tenants.errors import DomainError

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign

NEW = "new"


@dataclass
class WayPage:
    """The page of one way while it is asked for. `number` None: a new one.

    `wrong`: with its text. `remark`: why a button did nothing.
    """

    place: Place
    after: str
    number: int | None
    form: WayForm
    builder: Builder
    targets: Sequence[tuple[str, str]]
    wrong: list[str] = field(default_factory=list)
    remark: str = ""
    test: Test | None = None

    @property
    def how(self) -> str:
        return str(self.form["how"].value() or ROWS)

    def rule(self) -> tuple[Any, bool]:
        """The condition as it stands in the page now; False: it is not finished."""
        if self.how == OTHERWISE:
            return None, True
        if self.how == ALWAYS:
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
    place = open_place(admin, request, object_id, source, which)
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
        after, number = which_way(place, which)
        way = place.ways(after)[number]
    values = offered(place.graph, place.known, place.source, after)
    targets = [
        *((f">{key}", task.label) for key, task in place.graph.tasks.items()),
        (THE_END, "The end"),
    ]
    if request.method == "POST":
        form = WayForm(request.POST, targets=targets)
        builder = Builder.sent(request.POST, values, _read_by(way))
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
        how = ALWAYS
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


def _read_by(way: Mapping[str, Any]) -> Collection[str]:
    """The paths that the condition of a way reads as it is saved."""
    try:
        return compile_rule(way["condition"]).paths if way.get("condition") is not None else ()
    except LogicError:
        return ()


def _builder(way: Mapping[str, Any], values: Mapping[str, Offered], *, is_new: bool) -> Builder:
    condition = way.get("condition")
    clauses = read(condition) if condition is not None else None
    builder = Builder.of(clauses or Clauses(), values, _read_by(way))
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
    rule, wrong = read_rule(str(page.form["rule"].value() or ""))
    clauses = read(rule) if not wrong else None
    if clauses is None:
        page.remark = "" if wrong else "Rows cannot say this: they only compare single values."
        return
    builder = Builder.of(clauses, page.builder.values, page.builder.read)
    if strange := [row.value.path for row in builder.rows() if row.is_strange]:
        page.remark = f"“{strange[0]}” is not known here, so no row can ask for it."
        return
    page.builder = builder
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
    return redirect(Place(reopened(found, row), place.source).href)


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
        heading=HEADINGS[After(page.after)] if page.after != After.DONE else "",
        problems=place.about(page.after, number) if number is not None else (),
    )  # fmt: skip


def _tested(page: WayPage, rule: Any, *, is_finished: bool) -> Test:
    """With the way as it stands in the page now, saved or not."""
    place = page.place
    test = begun(place, page.after, run=False)
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
