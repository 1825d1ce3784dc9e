"""Rows in: the same checks, the same plan and the same statements as a bundle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from definitions.bundle import Effect, ImportReport
from definitions.bundle.spelling import respell
from definitions.bundle.standing import Standing, load
from definitions.documents import from_value
from definitions.errors import BundleInvalid
from definitions.resources import words
from definitions.resources.columns import RowKind
from definitions.resources.merging import Merged, Removed, merge, ticket_keys, workflow_keys
from definitions.resources.typed import MOST_PROBLEMS, TypedRow, typed
from definitions.services import Stage, Stages, finished, importing, one_at_a_time
from definitions.tables import RowProblem, Table, TablesInvalid
from tenants.models import User

Tables = Sequence[tuple[RowKind, Table]]


@dataclass(frozen=True, slots=True)
class RowEffect:
    """What happens to what a row is about. `number` 0: no row, it is removed.

    `where` says the row ("Tasks, row 7"), `inside` the title of the workflow it is part of.
    """

    kind: RowKind
    number: int
    where: str
    name: str
    key: str
    effect: Effect | None
    inside: str = ""
    changes: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """For the chip; no effect: it goes."""
        return {Effect.CREATED: "CREATE", Effect.CHANGED: "CHANGE", Effect.UNCHANGED: "UNCHANGED"}[
            self.effect
        ] if self.effect else "REMOVE"  # fmt: skip


@dataclass(frozen=True, slots=True)
class RowsReport:
    """`effects`: row by row. `report`: what happens to the definitions they are parts of."""

    effects: Sequence[RowEffect]
    report: ImportReport
    problems: Sequence[RowProblem] = field(default=())


def import_rows(
    actor: User | None,
    tables: Tables,
    *,
    publish: bool = False,
    dry_run: bool = False,
    remove_others: bool = False,
) -> RowsReport:
    """Change the company's definitions as rows say; all of it or nothing.

    Rows are found by their keys. A row changes the columns it has, and an empty cell means the
    default. Published versions never change: the changes make, or go into, the next draft.
    `remove_others`: the file has all tasks, and all ways, of the workflows whose rows it has.

    Raises:
        TablesInvalid: with everything that is wrong, each at its row; nothing was written.
        NotAllowed: as `import_bundle`.
    """
    stages = importing_rows(
        actor, tables, publish=publish, dry_run=dry_run, remove_others=remove_others
    )
    return finished(stages)


def importing_rows(
    actor: User | None,
    tables: Tables,
    *,
    publish: bool = False,
    dry_run: bool = False,
    remove_others: bool = False,
) -> Stages[RowsReport]:
    """`import_rows` stage by stage, in one transaction."""
    rows, problems = _typed(tables)
    if problems:
        raise TablesInvalid(problems)
    yield Stage.READ
    with transaction.atomic():
        if not dry_run:
            one_at_a_time()
        standing = load(workflow_keys(rows), ticket_keys(rows))
        merged = merge(rows, standing, remove_others=remove_others)
        if merged.problems:
            raise TablesInvalid(merged.problems)
        try:
            bundle = from_value(merged.document)
            stages = importing(actor, bundle, publish=publish, dry_run=dry_run, careful=True)
            next(stages)  # the rows were read before
            report = yield from stages
        except BundleInvalid as error:
            raise TablesInvalid(map(merged.translated, error.problems)) from error
    told = [merged.translated(problem) for problem in report.problems]
    return RowsReport(_effects(merged, standing), report, told)


def _typed(tables: Tables) -> tuple[list[TypedRow], list[RowProblem]]:
    rows: list[TypedRow] = []
    problems: list[RowProblem] = []
    for kind, table in tables:
        try:
            found = typed(kind, table)
        except TablesInvalid as error:
            problems += [one for one in error.problems if isinstance(one, RowProblem)]
            continue
        rows += found.rows
        problems += found.problems
    return rows, problems[:MOST_PROBLEMS]


def _effects(merged: Merged, standing: Standing) -> list[RowEffect]:
    # What was written in another spelling is compared in the one that is stored.
    after = Merged(document=respell(merged.document).value)
    titles = _titles(after, standing, merged.removed)
    found = [
        _effect(merged, after, number, titles)
        for number in range(len(merged.rows))
        if number in merged.places
    ]
    for kind, key, document in merged.removed:
        name = words.name_of(kind, document, titles.get(key, {}))
        inside = titles[""].get(key, key)
        found.append(RowEffect(kind, 0, "not in the file", name, "", None, inside))
    return found


def _effect(
    merged: Merged, after: Merged, number: int, titles: Mapping[str, Mapping[str, str]]
) -> RowEffect:
    row, before = merged.rows[number], merged.before[number]
    document = words.plainly(row.kind, after.at(merged.places[number]))
    workflow = str(row.values.get("workflow") or "")
    inside = titles[""].get(workflow, workflow)
    is_part = row.kind in {RowKind.TASK, RowKind.TRANSITION}
    effect, changes = Effect.CREATED, _condition_of(row.kind, document)
    if before is not None:
        old = words.plainly(row.kind, before)
        changes = words.changes(row.kind, old, document, titles[""])
        same = old == document
        effect = Effect.UNCHANGED if same else Effect.CHANGED
        changes = [] if same else changes or ["details in another order"]
    return RowEffect(
        row.kind,
        row.row.number,
        row.table.where(row.row),
        words.name_of(row.kind, document, titles.get(workflow, {})),
        str(row.values.get("key") or ""),
        effect,
        inside if is_part else "",
        tuple(changes),
    )


def _condition_of(kind: RowKind, document: Mapping[str, object]) -> list[str]:
    """A new way says when it is taken; what else is new says enough by its name."""
    if kind != RowKind.TRANSITION or document.get("condition") is None:
        return []
    return [f"if {words.condition_in_words(document)}"]


def _titles(after: Merged, standing: Standing, removed: Removed) -> dict[str, dict[str, str]]:
    """By key of a workflow the titles of its tasks; under "" those of workflows and roles."""
    found: dict[str, dict[str, str]] = {"": standing.titles()}
    for workflow in after.document.get("workflows", ()):
        key = workflow["key"]
        found[""][key] = str(workflow.get("title") or key)
        found[key] = {
            task["key"]: str(task.get("title") or task["key"]) for task in workflow.get("tasks", ())
        }
    for kind, key, document in removed:
        if kind == RowKind.TASK:
            found[key][document["key"]] = str(document.get("title") or document["key"])
    return found
