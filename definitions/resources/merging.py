"""Rows put into what the company has: the bundle that stands for them.

A row changes the columns it has. What rows do not name stays, unless the file is said to hold all
tasks and ways of the workflows it names.
"""

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from definitions.bundle.canonical import priorities
from definitions.bundle.format import FORMAT
from definitions.bundle.standing import Standing, documents_of
from definitions.errors import Problem, path_in_words
from definitions.graph import After
from definitions.nearest import did_you_mean
from definitions.resources.columns import RowKind, columns_of
from definitions.resources.typed import TypedRow
from definitions.schemas import pointer, steps
from definitions.tables import RowProblem

_Document = dict[str, Any]
#: Where a workflow's tasks stand in it, and its ways.
_SECTIONS = {RowKind.TASK: "tasks", RowKind.TRANSITION: "transitions"}

Removed = list[tuple[RowKind, str, _Document]]


@dataclass(slots=True)
class Merged:
    """`document`: a bundle of all that rows name. `before`: what each row found, None where it is
    new; `places`: where each row went. `removed`: (kind, key of the workflow, its document).
    """

    document: _Document = field(default_factory=dict)
    before: dict[int, _Document | None] = field(default_factory=dict)
    places: dict[int, str] = field(default_factory=dict)
    removed: Removed = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    rows: Sequence[TypedRow] = ()
    _sources: dict[str, int] = field(default_factory=dict)

    def at(self, place: str) -> Any:
        value: Any = self.document
        for step in steps(place):
            value = value[int(step)] if isinstance(value, list) else value[step]
        return value

    def translated(self, problem: Problem) -> RowProblem:
        """A problem of the bundle, told of the row it comes from."""
        way = steps(problem.place)
        if not self._sources:
            self._sources = {place: number for number, place in self.places.items()}
        for length in range(len(way), 0, -1):
            number = self._sources.get(pointer(way[:length]))
            if number is not None:
                return self._of_row(self.rows[number], way[length:], problem)
        at = self._in_words(way)
        return RowProblem(
            problem.rule, problem.message, problem.place, problem.hint, None, problem.severity, at
        )

    def _of_row(self, row: TypedRow, rest: Sequence[str], problem: Problem) -> RowProblem:
        column = rest[0] if rest and rest[0] in row.headers else ""
        inside = pointer(rest[1:] if column else rest)
        found = row.problem(problem.rule, problem.message, column, problem.hint, inside)
        return RowProblem(
            found.rule, found.message, problem.place, found.hint, found.line, problem.severity,
            found.at,
        )  # fmt: skip

    def _in_words(self, way: Sequence[str]) -> str:
        """Something that no row names: "workflow purchase, task approve, output_schema"."""
        if len(way) < 2 or way[0] not in {"workflows", "tickets"}:
            return path_in_words(pointer(way))
        document = self.at(pointer(way[:2]))
        word = "workflow" if way[0] == "workflows" else "ticket type"
        parts, rest = [f"{word} {document.get('key')}"], list(way[2:])
        if len(rest) > 1 and rest[0] == "tasks":
            parts.append(f"task {self.at(pointer(way[:4])).get('key')}")
            rest = rest[2:]
        return ", ".join([*parts, *([path_in_words(pointer(rest))] if rest else [])])


def workflow_keys(rows: Iterable[TypedRow]) -> set[str]:
    """Every workflow that rows name."""
    named = {_key(row, "key" if row.kind == RowKind.WORKFLOW else "workflow") for row in rows}
    return named - {""}


def ticket_keys(rows: Iterable[TypedRow]) -> set[str]:
    return {_key(row, "key") for row in rows if row.kind == RowKind.TICKET} - {""}


def merge(rows: Sequence[TypedRow], standing: Standing, *, remove_others: bool) -> Merged:
    """`standing` must know `workflow_keys` and `ticket_keys` of the rows."""
    return _Merge(rows, standing, remove_others).merged()


class _Merge:
    def __init__(self, rows: Sequence[TypedRow], standing: Standing, remove_others: bool) -> None:
        self._standing, self._remove_others = standing, remove_others
        self._found = Merged(rows=rows)
        self._numbers: dict[RowKind, list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            self._numbers[row.kind].append(number)
        self._taken: dict[str, int] = {}
        self._workflows = self._bases()
        self._index = {key: number for number, key in enumerate(self._workflows)}

    def merged(self) -> Merged:
        found = self._found
        for number in self._numbers[RowKind.WORKFLOW]:
            self._workflow(number)
        for kind, put in ((RowKind.TASK, self._tasks), (RowKind.TRANSITION, self._ways)):
            for key, numbers in self._by_workflow(kind).items():
                put(key, numbers)
        tickets: list[_Document] = []
        for number in self._numbers[RowKind.TICKET]:
            self._ticket(number, tickets)
        workflows = list(self._workflows.values())
        sections = {"workflows": workflows, "tickets": tickets}
        found.document = {"format": FORMAT, **{name: of for name, of in sections.items() if of}}
        return found

    # Workflows

    def _bases(self) -> dict[str, _Document]:
        """What the company has of every workflow whose rows are there; new ones are empty."""
        rows = self._found.rows
        named = [
            _key(row, "key" if row.kind == RowKind.WORKFLOW else "workflow")
            for row in rows
            if row.kind != RowKind.TICKET
        ]
        made = {_key(row, "key") for row in rows if row.kind == RowKind.WORKFLOW}
        current = {key: row for key in named if (row := self._standing.current(key)) is not None}
        documents = documents_of(list(current.values()))
        found: dict[str, _Document] = {}
        for key in dict.fromkeys(named):
            if key in current:
                found[key] = copy.deepcopy(documents[current[key].pk])
            elif key in made:
                found[key] = {"key": key}
        return found

    def _workflow(self, number: int) -> None:
        row = self._found.rows[number]
        key = _key(row, "key")
        if not key:
            return
        place = f"/workflows/{self._index[key]}"
        if self._is_double(number, f"workflow {key}", f"the workflow “{key}”"):
            return
        document = self._workflows[key]
        is_known = self._standing.current(key) is not None
        self._put(number, place, document, copy.deepcopy(document) if is_known else None)

    def _by_workflow(self, kind: RowKind) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number in self._numbers[kind]:
            row = self._found.rows[number]
            key = _key(row, "workflow")
            if key in self._workflows:
                found.setdefault(key, []).append(number)
            elif key:
                hint = did_you_mean(key, {*self._workflows, *self._standing.versions})
                hint = hint or "Import its row under Workflows first."
                message = f"The workflow “{key}” does not exist."
                self._found.problems.append(
                    row.problem("unknown-workflow", message, "workflow", hint)
                )
        return found

    # Its tasks

    def _tasks(self, key: str, numbers: list[int]) -> None:
        document, found = self._workflows[key], self._found
        place = f"/workflows/{self._index[key]}/tasks"
        tasks: dict[str, _Document] = {task["key"]: task for task in document.get("tasks", ())}
        ranks = {name: (float(n), 1) for n, name in enumerate(tasks, start=1)}
        mine: dict[str, int] = {}
        for number in numbers:
            row = found.rows[number]
            name = _key(row, "key")
            if not name:
                continue
            if name in mine:
                self._tell_double(row, found.rows[mine[name]], f"the task “{name}” of “{key}”")
                continue
            mine[name] = number
            before = copy.deepcopy(tasks.get(name))
            task = tasks.setdefault(name, {"key": name})
            ranks.setdefault(name, (float("inf"), 1))
            if isinstance(position := row.values.get("position"), int):
                ranks[name] = (float(position), 0)
            self._put(number, "", task, before)
        if self._remove_others:
            for name in [name for name in tasks if name not in mine]:
                found.removed.append((RowKind.TASK, key, tasks.pop(name)))
        order = sorted(tasks, key=lambda name: ranks[name])
        document["tasks"] = [tasks[name] for name in order]
        places = {name: f"{place}/{n}" for n, name in enumerate(order)}
        found.places |= {number: places[name] for name, number in mine.items()}

    # Its ways

    def _ways(self, key: str, numbers: list[int]) -> None:
        """A way has no key: it is known by its ends, by what it follows and by its priority."""
        document, found = self._workflows[key], self._found
        place = f"/workflows/{self._index[key]}/transitions"
        given = document.get("transitions", [])
        ways: list[_Document] = [
            {**way, "priority": priority}
            for way, priority in zip(given, priorities(given), strict=True)
        ]
        free = _by_ends(ways)
        mine: set[int] = set()
        for number in numbers:
            row = found.rows[number]
            at = _the_same(free, ways, row)
            if at is None:
                before, at = None, len(ways)
                ways.append({"to": None})
            else:
                before = copy.deepcopy(ways[at])
            mine.add(at)
            self._put(number, f"{place}/{at}", ways[at], before)
            ways[at].setdefault("to", None)
        if self._remove_others:
            kept = [n for n in range(len(ways)) if n in mine]
            found.removed += [
                (RowKind.TRANSITION, key, way) for n, way in enumerate(ways) if n not in mine
            ]
            moved = {f"{place}/{n}": f"{place}/{to}" for to, n in enumerate(kept)}
            for number in numbers:
                found.places[number] = moved[found.places[number]]
            ways = [ways[n] for n in kept]
        document["transitions"] = ways

    # Ticket types

    def _ticket(self, number: int, tickets: list[_Document]) -> None:
        row = self._found.rows[number]
        key = _key(row, "key")
        if not key:
            return
        if self._is_double(number, f"ticket {key}", f"the ticket type “{key}”"):
            return
        known = self._standing.tickets.get(key)
        before = self._standing.ticket_document(known) if known is not None else None
        document = copy.deepcopy(before) if before is not None else {"key": key}
        tickets.append(document)
        self._put(number, f"/tickets/{len(tickets) - 1}", document, before)
        if "workflow" not in document:
            message = f"The ticket type “{key}” needs the key of its workflow."
            self._found.problems.append(row.problem("missing", message, "workflow"))

    # What all need

    def _put(self, number: int, place: str, document: _Document, before: _Document | None) -> None:
        """The columns of a row into a document; an empty cell means the default."""
        row = self._found.rows[number]
        self._found.before[number] = before
        self._found.places[number] = place
        for name, value in row.values.items():
            if not _is_written(row.kind, name):
                continue
            if name == "priority" and value is None and before is not None:
                continue  # it was found without one, and keeps its own
            if value is None and name != "to":
                document.pop(name, None)
            else:
                document[name] = value

    def _is_double(self, number: int, name: str, what: str) -> bool:
        first = self._taken.setdefault(name, number)
        if first != number:
            self._tell_double(self._found.rows[number], self._found.rows[first], what)
        return first != number

    def _tell_double(self, row: TypedRow, first: TypedRow, what: str) -> None:
        message = f"There is a row for {what} already: {first.table.where(first.row)}."
        self._found.problems.append(row.problem("duplicate-key", message, "key"))


def _is_written(kind: RowKind, name: str) -> bool:
    """Whether a column is a property of the document."""
    if kind in _SECTIONS and name in {"workflow", "position"}:
        return False
    return not columns_of(kind)[name].is_told


def _key(row: TypedRow, column: str) -> str:
    value = row.values.get(column)
    return value if isinstance(value, str) else ""


_Ends = tuple[Any, Any, Any]


def _by_ends(ways: Sequence[_Document]) -> dict[_Ends, list[int]]:
    """Numbers of the ways that no row was about yet."""
    found: dict[_Ends, list[int]] = defaultdict(list)
    for number, way in enumerate(ways):
        found[_ends(way)].append(number)
    return found


def _ends(way: Mapping[str, Any]) -> _Ends:
    return way.get("from"), way.get("to"), way.get("after") or After.DONE.value


def _the_same(
    free: Mapping[_Ends, list[int]], ways: Sequence[_Document], row: TypedRow
) -> int | None:
    """The way that a row is about; without a priority, the only one between these ends."""
    ends = _ends(row.values)
    alike = free.get(ends, []) if all(isinstance(end, str | None) for end in ends) else []
    priority = row.values.get("priority")
    if priority is None:
        found = alike[0] if len(alike) == 1 else None
    else:
        found = next((number for number in alike if ways[number]["priority"] == priority), None)
    if found is not None:
        alike.remove(found)
    return found
