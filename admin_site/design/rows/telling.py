"""What the pages of rows say, and which rows they show."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from admin_site.design.problem_lines import Line
from admin_site.parts import Tab
from definitions.bundle import Effect, Kind
from definitions.resources import PendingRows, RowEffect, RowKind, RowsReport

MOST_PROBLEMS = 200
ROWS_PER_PAGE = 200


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rows: Sequence[RowEffect]


def in_words(report: RowsReport, publish: bool) -> str:
    """ "40 rows: 3 created, 2 changed, 35 as before." """
    numbers = [
        (sum(effect.effect == Effect.CREATED for effect in report.effects), "created"),
        (sum(effect.effect == Effect.CHANGED for effect in report.effects), "changed"),
        (sum(effect.effect is None for effect in report.effects), "removed"),
        (sum(effect.effect == Effect.UNCHANGED for effect in report.effects), "as before"),
    ]
    told = ", ".join(f"{number:,} {word}" for number, word in numbers if number)
    waiting = [e for e in report.report.entries if e.kind == Kind.WORKFLOW and not e.is_published]
    after = ""
    if publish and waiting:
        after = f" Not published yet: {', '.join(e.title for e in waiting[:5])}."
    return f"Rows imported: {told}.{after}"


def next_page(pending: PendingRows) -> str:
    kinds = {kind for kind, _ in pending.tables}
    lists = "design:definitions_{}definition_changelist"
    if kinds == {RowKind.TICKET}:
        return reverse(lists.format("ticket"))
    return reverse(lists.format("task" if kinds == {RowKind.TASK} else "workflow"))


def shown_rows(effects: Sequence[RowEffect], chosen: str) -> list[RowEffect]:
    """The rows of a tab; the first has those that do something."""
    if chosen:
        return [effect for effect in effects if effect.mark.lower() == chosen]
    return [effect for effect in effects if effect.effect != Effect.UNCHANGED]


def tabs(effects: Sequence[RowEffect], told: Sequence[Line], chosen: str) -> list[Tab]:
    marks = [effect.mark.lower() for effect in effects]
    titles = {"create": "Create", "change": "Change", "remove": "Remove", "unchanged": "Unchanged"}
    tabs = [("", "What changes", len(shown_rows(effects, "")))]
    tabs += [(mark, title, marks.count(mark)) for mark, title in titles.items()]
    tabs.append(("problems", "Problems", len(told)))
    is_hot = any(line.problem.blocks for line in told)
    return [
        Tab(title, f"?show={key}", number, key == chosen, hot=key == "problems" and is_hot)
        for key, title, number in tabs
        if number or key in {"", chosen}
    ]


def sections(effects: Sequence[RowEffect]) -> list[Section]:
    found = [Section(kind.heading, [e for e in effects if e.kind == kind]) for kind in RowKind]
    return [section for section in found if section.rows]


def counted(pending: PendingRows) -> str:
    """ "3 workflows, 14 tasks"."""
    counts = [(len(table.rows), kind) for kind, table in pending.tables]
    return ", ".join(f"{n:,} {kind.one if n == 1 else kind.heading.lower()}" for n, kind in counts)


def pages(rows: int) -> int:
    return max(1, -(-rows // ROWS_PER_PAGE))


def page_number(request: HttpRequest, rows: int) -> int:
    given = request.GET.get("page", "1")
    return min(int(given), pages(rows)) if given.isdecimal() and int(given[:6]) > 0 else 1
