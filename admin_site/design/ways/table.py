"""The table of ways after a step."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString

from admin_site.design.editing.saving import MEANWHILE, tell_saved
from admin_site.design.ways.place import HEADINGS, Document, Place, open_place, reopened, which_way
from admin_site.design.ways.tester import begun
from admin_site.design.ways.way import NEW
from definitions.errors import Problem
from definitions.graph import After

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign


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


def table(
    admin: "WorkflowDesign", request: HttpRequest, object_id: str, source: str | None
) -> HttpResponse:
    place = open_place(admin, request, object_id, source)
    if isinstance(place, HttpResponse):
        return place
    verb, _, which = request.POST.get("do", "").partition(":")
    if request.method == "POST" and verb in _BUTTONS:
        return _pressed(place, verb, which)
    tables = [_table_of(place, after) for after in place.afters()]
    shown = place.afters()[0]
    test = begun(place, shown)
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
    return Table(after, HEADINGS[After(after)], rows, new)


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
    if not found.is_as_seen(part):
        messages.warning(found.request, MEANWHILE)
        return redirect(place.href)
    after, number = which_way(place, which)
    ways = _BUTTONS[verb](place.ways(after), number)
    row = found.press(lambda _document: place.with_ways(after, ways))
    if row is not None and verb == "remove":
        tell_saved(found.request, row, "The way is removed.")
    return redirect(Place(reopened(found, row or found.row), place.source).href)
