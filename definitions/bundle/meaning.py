"""The second look at a bundle: what its parts say, and whether it fits together and to a company.

What cannot be stored or understood stops an import. What would only stop a ticket (a dead end, a
bad layout) is told, and stops publishing.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import Formatter
from typing import Any

from definitions import linter, moments
from definitions.actions.rules import NetworkRules
from definitions.bundle import scenarios
from definitions.bundle.canonical import EVERYBODY, priorities
from definitions.bundle.spelling import MOST_HINTS
from definitions.bundle.structure import Bundle, Part
from definitions.errors import Problem, Severity
from definitions.graph import After, Edge, TaskType, WorkflowGraph, node_of
from definitions.layouts import FileTrouble, file_problems, layout_hints, layout_problems
from definitions.logic import check_transform
from definitions.logic.transforms import LITERAL, LIVE
from definitions.nearest import did_you_mean
from definitions.schemas import (
    JSON,
    UnusableSchema,
    pointer,
    problems,
    schema_from_fields,
    schema_problems,
    steps,
)
from definitions.schemas.problem import Problem as SchemaProblem
from tenants.calendar import WorkCalendar

#: What the linter may find that not even a draft can hold.
NOT_EVEN_IN_A_DRAFT = frozenset(
    {"bad-key", "unknown-word", "unknown-task", "unknown-role", "bad-condition", "bad-visit-limit"}
    | {"bad-action", "forbidden-address"}
)
_CALLS = (TaskType.SYNC_ACTION, TaskType.ASYNC_ACTION)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the company has already. None: no company is known, so nothing can be missing in it.

    `workflows`: key -> the declared fields of the version that a ticket type would get.
    `forms`: key of a workflow -> names that forms of existing ticket types ask for.
    `ticket_types`: key of a workflow -> documents of the ticket types in use, by their keys.
    `secrets`: their names. `network`: where its calls may go. `inside`: key of a workflow -> keys
    of those that its published version runs. `published`: keys of workflows that new tickets start.
    `calendar`: its working time.
    """

    company_roles: Collection[str] | None = None
    workflows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None
    forms: Mapping[str, Collection[str]] = field(default_factory=dict)
    ticket_types: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    secrets: Collection[str] | None = None
    network: NetworkRules | None = None
    inside: Mapping[str, Collection[str]] = field(default_factory=dict)
    published: Collection[str] | None = None
    calendar: WorkCalendar | None = None


@dataclass(slots=True)
class Findings:
    """`refusals` stop an import, `obstacles` only publishing; both are errors. `warnings` stop
    nothing."""

    refusals: list[Problem] = field(default_factory=list)
    obstacles: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def add(self, problem: Problem, *, stops_import: bool) -> None:
        if not problem.blocks:
            self.warnings.append(problem)
        elif stops_import:
            self.refusals.append(problem)
        else:
            self.obstacles.append(problem)


def meaning(bundle: Bundle, around: Surroundings) -> Findings:
    """Everything that can be said about what is in good shape."""
    look = _Look(bundle, around)
    for workflow in bundle.workflows:
        look.at_workflow(workflow)
    for ticket in bundle.tickets:
        look.at_ticket(ticket.place, bundle.usable(ticket.place, ticket.document))
    return look.findings


def graph_of(document: Mapping[str, Any]) -> WorkflowGraph:
    """The workflow of a checked document, as values."""
    transitions = document.get("transitions", ())
    ranked = priorities(transitions)
    return WorkflowGraph(
        key=document["key"],
        tasks={task["key"]: node_of(task) for task in document.get("tasks", ())},
        edges=tuple(
            Edge(
                source=way.get("from"),
                target=way["to"],
                condition=way.get("condition"),
                priority=priority,
                key=f"{number:05}",
                label=way.get("label", ""),
                after=way.get("after", After.DONE.value),
            )
            for number, (way, priority) in enumerate(zip(transitions, ranked, strict=True))
        ),
        fields=tuple(document.get("fields", ())),
    )


class _Look:
    """One walk over a bundle; remembers which schemas were found good, since many are alike."""

    def __init__(self, bundle: Bundle, around: Surroundings) -> None:
        self.bundle = bundle
        self.around = around
        self.findings = Findings()
        self._schemas: dict[str, list[Problem]] = {}
        self._trials = scenarios.Trials()
        self._declared = bundle.declared("workflows")
        self._good = {part.key: part for part in bundle.workflows}
        own_runs = {part.key: set(_run_by(part.document)) for part in bundle.workflows}
        self._inside: Mapping[str, Collection[str]] = {**around.inside, **own_runs}
        self._roles: set[str] | None = None
        if around.company_roles is not None:
            own = bundle.declared("company_roles")
            self._roles = {EVERYBODY, *around.company_roles, *own}

    # A workflow

    def at_workflow(self, part: Part) -> None:
        place, document = part.place, self.bundle.usable(part.place, part.document)
        # Tasks and transitions are looked at one by one, the others of a bad one included.
        document = {
            **document,
            **{name: part.document.get(name) for name in ("key", "tasks", "transitions")},
        }
        fields = document.get("fields", ())
        self._fields(place, fields)
        self._layout(f"{place}/display_layout", document, self._form_of(fields))
        for where, task in _entries(f"{place}/tasks", document["tasks"]):
            self._task(where, self.bundle.usable(where, task))
            self._inner(where, self.bundle.usable(where, task), part.key, fields)
        drawing = _Drawing(self.bundle, place, document)
        for found in linter.problems(
            drawing.graph,
            company_roles=self._roles,
            ticket_fields=self._asked_by_forms(part.key),
            secrets=self.around.secrets,
            network=self.around.network,
            forms=self._forms(part.key, fields),
        ):
            must = found.rule in NOT_EVEN_IN_A_DRAFT
            if must or drawing.is_whole:
                problem = replace(found, place=drawing.place(found.place))
                self.findings.add(problem, stops_import=must)
        self._circle(part, drawing)
        self._scenarios(place, document, drawing)
        self._files_asked(place, document, fields)

    def _scenarios(self, place: str, document: Mapping[str, Any], drawing: "_Drawing") -> None:
        """Each is tried, where nothing else is wrong: else that would be told once more."""
        examples = document.get("scenarios") or ()
        for problem in scenarios.doubtful(examples, drawing.graph.tasks):
            self.findings.add(replace(problem, place=place + problem.place), stops_import=False)
        refused = [problem.place for problem in (*self.bundle.problems, *self.findings.refusals)]
        if drawing.is_whole and not _holds(place, refused):
            for problem in self._trials.problems(drawing.graph, examples, self.around.calendar):
                self.findings.add(replace(problem, place=place + problem.place), stops_import=False)

    def _circle(self, part: Part, drawing: "_Drawing") -> None:
        """A workflow that runs itself would never come back."""
        for number, task in enumerate(drawing.graph.tasks.values()):
            first = str(task.extra.get("subworkflow") or "")
            if task.task_type != TaskType.SUBWORKFLOW or not first:
                continue
            way = way_back(part.key, first, self._inside)
            if way:
                through = "".join(f", which runs “{key}”" for key in way[1:])
                self._add(
                    Problem(
                        "runs-itself",
                        f"“{task.label}” runs “{way[0]}”{through}: it would never end.",
                        f"{drawing.place(f'/tasks/{number}')}/subworkflow",
                        "Run another workflow, or draw the loop inside of this one.",
                    ),
                    Severity.ERROR,
                )

    def _files_asked(
        self, place: str, document: Mapping[str, Any], fields: Sequence[Mapping[str, Any]]
    ) -> None:
        """Questions for a file that nobody could answer, or that accept less than they say."""
        for number, asked in enumerate(fields):
            for trouble in file_problems(self._form_of([asked])):
                self._tell_file(trouble, f"{place}/fields/{number}")
        for where, task in _entries(f"{place}/tasks", document["tasks"]):
            usable = self.bundle.usable(where, task)
            if usable.get("task_type", TaskType.FORM) == TaskType.FORM:
                schema, layout = usable.get("output_schema"), usable.get("edit_layout")
                self._files(f"{where}/output_schema", schema, layout)

    def _files(self, place: str, schema: JSON, layout: JSON) -> None:
        for trouble in file_problems(schema, layout) if schema is not None else ():
            self._tell_file(trouble, place + trouble.path)

    def _tell_file(self, trouble: FileTrouble, place: str) -> None:
        problem = Problem("bad-file", trouble.message, place, trouble.hint)
        self._add(problem, Severity.ERROR if trouble.blocks else Severity.WARNING)

    def _fields(self, place: str, fields: Sequence[Mapping[str, Any]]) -> None:
        try:
            schema = schema_from_fields(fields)
        except UnusableSchema as error:
            for wrong in error.problems:
                self._refuse("bad-field", wrong.message, f"{place}/fields{wrong.path}")
            return
        for wrong in schema_problems(schema):
            self._refuse("bad-field", wrong.message, f"{place}/fields")

    def _task(self, place: str, task: Mapping[str, Any]) -> None:
        self._schema(f"{place}/input_schema", task.get("input_schema"))
        self._schema(f"{place}/output_schema", task.get("output_schema"))
        schema = task.get("output_schema")
        self._layout(f"{place}/edit_layout", task, schema)
        self._layout(f"{place}/display_layout", task, schema)
        for part in ("input_transform", "output_transform"):
            for wrong in check_transform(task[part]) if part in task else ():
                where = f"{place}/{part}{wrong.place}"
                self._refuse("bad-transform", wrong.message, where, wrong.hint)
        for part, check in moments.CHECKS.items():
            for fault in check(task[part]) if task.get(part) is not None else ():
                self._refuse("wrong-time", fault.message, f"{place}/{part}{fault.path}")
        name = task.get("title") or task.get("key")
        kind = task.get("task_type", TaskType.FORM)
        if kind in _CALLS and not task.get("action_url"):
            message = f"“{name}” calls nothing: its address (action_url) is missing."
            self._add(Problem("missing", message, f"{place}/action_url"), Severity.ERROR)
        if kind == TaskType.SUBWORKFLOW and not task.get("subworkflow"):
            message = f"“{name}” runs nothing: its workflow (subworkflow) is missing."
            self._add(Problem("missing", message, f"{place}/subworkflow"), Severity.ERROR)

    def _inner(
        self, place: str, task: Mapping[str, Any], own: str, fields: Sequence[Mapping[str, Any]]
    ) -> None:
        """What a task runs: is it there, is it published, and does it get what it must have?"""
        key = task.get("subworkflow")
        if not key or not self._workflow_exists(f"{place}/subworkflow", key):
            return
        if task.get("task_type") != TaskType.SUBWORKFLOW:
            return
        name = task.get("title") or task.get("key")
        published = self.around.published
        if published is not None and key not in self._declared and key not in published:
            message = f"“{name}” runs “{key}”, which is not published: it will stop there."
            where, hint = f"{place}/subworkflow", f"Publish “{key}”, too."
            self._add(Problem("unpublished-workflow", message, where, hint), Severity.WARNING)
        made = task.get("input_transform")
        given = self._asked_by_forms(own) | {str(entry["name"]) for entry in fields}
        if made is not None:
            given = set(made) if isinstance(made, Mapping) else set()
            if not isinstance(made, Mapping) or {LIVE, LITERAL} & given:
                return  # nobody knows what comes of it
        for entry in self._fields_of(key) or ():
            wanted = str(entry["name"])
            if entry.get("required") and wanted not in given:
                where = f"{place}/input_transform"
                message = f"“{name}” does not give “{wanted}”, which “{key}” must have."
                hint = self._meant(wanted, given) or "Add it to input_transform."
                self._add(Problem("missing-input", message, where, hint), Severity.WARNING)

    # A ticket type

    def at_ticket(self, place: str, document: Mapping[str, Any]) -> None:
        self._schema(f"{place}/form_schema", document.get("form_schema"))
        for number, role in enumerate(document.get("company_role_access", ())):
            if self._roles is not None and role not in self._roles:
                self._refuse(
                    "unknown-role",
                    f"The company role “{role}” does not exist.",
                    f"{place}/company_role_access/{number}",
                    self._meant(role, self._roles) or "Add it, or list it under company_roles.",
                )
        key = document.get("workflow")
        if key is None or not self._workflow_exists(f"{place}/workflow", key):
            return
        fields = self._fields_of(key)
        if fields is None:
            return
        self._presets(place, document, fields)
        form = document.get("form_schema") or self._form_of(_rest(fields, document))
        self._layout(f"{place}/edit_layout", document, form)
        self._layout(f"{place}/display_layout", document, form)
        if document.get("form_schema"):
            self._files(f"{place}/form_schema", form, document.get("edit_layout"))
        self._title(place, document, form)

    def _presets(
        self, place: str, document: Mapping[str, Any], fields: Sequence[Mapping[str, Any]]
    ) -> None:
        by_name = {entry["name"]: entry for entry in fields}
        asked_for = question_names(document.get("form_schema"))
        known: dict[str, int] = {}
        for number, preset in enumerate(document.get("fields", ())):
            where, name = f"{place}/fields/{number}/name", preset["name"]
            if name in known:
                self._refuse("bad-field", f"The name “{name}” is there twice.", where)
            elif name not in by_name:
                message = f"The workflow “{document['workflow']}” has no field “{name}”."
                self._refuse("unknown-field", message, where, self._meant(name, by_name))
            else:
                known[name] = number
                if name in asked_for:
                    message = f"The form asks for “{name}”, but its answer would not count."
                    problem = Problem("preset-asked", message, where, "Ask for it, or set it.")
                    self._add(problem, Severity.WARNING)
        values = {preset["name"]: preset["value"] for preset in document.get("fields", ())}
        asked = [{**by_name[name], "required": True} for name in known]
        for wrong in self._wrong_answers(asked, {name: values[name] for name in known}):
            name, *below = steps(wrong.path) or ("",)
            message = f"“{name}” cannot have this value: {wrong.message}"
            where = f"{place}/fields/{known.get(name, 0)}/value{pointer(below)}"
            self._refuse("wrong-value", message, where)

    def _wrong_answers(
        self, fields: Sequence[Mapping[str, Any]], values: Mapping[str, JSON]
    ) -> list[SchemaProblem]:
        if not values:
            return []
        try:
            return problems(schema_from_fields(fields), dict(values))
        except UnusableSchema:
            return []  # told where the fields are declared

    def _title(self, place: str, document: Mapping[str, Any], form: JSON) -> None:
        template = document.get("title_template")
        if not template:
            return
        where = f"{place}/title_template"
        try:
            names = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
        except ValueError:
            self._refuse("bad-title", "A brace “{” or “}” stands alone.", where)
            return
        asked = question_names(form) | {preset["name"] for preset in document.get("fields", ())}
        for name in names:
            if asked and name not in asked:
                message = f"No answer is called “{name}”, so nothing will stand there."
                problem = Problem("unknown-field", message, where, self._meant(name, asked))
                self._add(problem, Severity.WARNING)

    # What both need

    def _workflow_exists(self, place: str, key: str) -> bool:
        if key in self._declared:
            return True
        if self.around.workflows is None:
            message = f"The workflow “{key}” is not in this file, so the company must have it."
            hint = self._meant(key, self._declared)
            self._add(Problem("unknown-workflow", message, place, hint), Severity.WARNING)
            return True
        if key in self.around.workflows:
            return True
        known = {*self._declared, *self.around.workflows}
        hint = self._meant(key, known) or "Add it to the file, or import it first."
        self._refuse("unknown-workflow", f"The workflow “{key}” does not exist.", place, hint)
        return False

    def _fields_of(self, key: str) -> Sequence[Mapping[str, Any]] | None:
        """Declared fields of a workflow; None where they are not known."""
        if key in self._good:
            part = self._good[key]
            fields = self.bundle.usable(part.place, part.document)
            return fields.get("fields", None if "fields" in part.document else ())
        if key in self._declared or self.around.workflows is None:
            return None
        return self.around.workflows.get(key)

    def _asked_by_forms(self, key: str) -> set[str]:
        names = set(self.around.forms.get(key, ()))
        for ticket in self.bundle.tickets:
            if ticket.document.get("workflow") == key:
                names |= question_names(ticket.document.get("form_schema"))
        return names

    def _forms(self, key: str, fields: Sequence[Mapping[str, Any]]) -> list[linter.Form]:
        """With which forms, and what preset, the workflow is started."""
        own = {
            ticket.key: self.bundle.usable(ticket.place, ticket.document)
            for ticket in self.bundle.tickets
            if ticket.document.get("workflow") == key
        }
        documents = {**self.around.ticket_types.get(key, {}), **own}
        return [form_of(document, fields) for document in documents.values()]

    def _form_of(self, fields: Sequence[Mapping[str, Any]]) -> JSON:
        return _schema_of(fields)

    def _schema(self, place: str, schema: JSON) -> None:
        if schema is None:
            return
        text = json.dumps(schema, sort_keys=True)
        if text not in self._schemas:
            self._schemas[text] = list(_wrong_with(schema))
        for wrong in self._schemas[text]:
            self._refuse("bad-schema", wrong.message, place + wrong.place, wrong.hint)

    def _layout(self, place: str, document: Mapping[str, Any], schema: JSON) -> None:
        """A bad layout is used as far as it goes, so a draft may have one."""
        name = place.rsplit("/", 1)[-1]
        if name not in document or schema is None:
            return
        asks = name == "edit_layout"
        try:
            wrong = layout_problems(document[name], schema, asks=asks)
            hints = layout_hints(document[name], schema) if asks else []
        except UnusableSchema:
            return
        severity = Severity.ERROR if asks else Severity.WARNING
        for problem in wrong:
            self._add(Problem("bad-layout", problem.message, place + problem.path), severity)
        for hint in hints:
            found = Problem("hidden-required", hint.message, place + hint.path)
            self._add(found, Severity.WARNING)

    def _meant(self, word: str, known: Collection[str]) -> str:
        return did_you_mean(word, known) if len(self.findings.refusals) < MOST_HINTS else ""

    def _refuse(self, rule: str, message: str, place: str, hint: str = "") -> None:
        self.findings.add(Problem(rule, message, place, hint), stops_import=True)

    def _add(self, problem: Problem, severity: Severity, *, stops_import: bool = False) -> None:
        graded = Problem(
            problem.rule, problem.message, problem.place, problem.hint, severity=severity
        )
        self.findings.add(graded, stops_import=stops_import)


def form_of(ticket: Mapping[str, Any], fields: Sequence[Mapping[str, Any]]) -> linter.Form:
    """What a ticket type asks and sets, from its document and the fields of its workflow."""
    return linter.Form(
        ticket.get("form_schema") or _schema_of(_rest(fields, ticket)),
        ticket.get("edit_layout"),
        {preset["name"]: preset["value"] for preset in ticket.get("fields", ())},
    )


def _schema_of(fields: Sequence[Mapping[str, Any]]) -> JSON:
    try:
        return schema_from_fields(fields)
    except UnusableSchema:
        return None  # told where the fields are declared


def question_names(schema: JSON) -> set[str]:
    """Names of the questions of a form, whatever is wrong with it."""
    asked = schema.get("properties") if isinstance(schema, dict) else None
    return set(asked) if isinstance(asked, dict) else set()


class _Drawing:
    """The graph of what is good in a workflow, and where its parts stand in the bundle."""

    def __init__(self, bundle: Bundle, place: str, document: Mapping[str, Any]) -> None:
        self._place = place
        tasks = {
            where: bundle.usable(where, task)
            for where, task in _entries(f"{place}/tasks", document["tasks"])
        }
        # One of which little is left still is what others lead to.
        named = {where: task for where, task in tasks.items() if isinstance(task.get("key"), str)}
        ways = {
            where: way
            for where, way in _entries(f"{place}/transitions", document["transitions"])
            if bundle.usable(where, way) is way
        }
        self.is_whole = bundle.usable(place, dict(document)).keys() == document.keys()
        self._tasks, self._ways = list(named), list(ways)
        self.graph = graph_of(
            {**document, "tasks": list(named.values()), "transitions": list(ways.values())}
        )

    def place(self, found: str) -> str:
        """The place in the bundle of a place that the linter names."""
        _, section, *rest = found.split("/")
        known = self._tasks if section == "tasks" else self._ways
        if not rest:
            return self._place + found
        return "/".join([known[int(rest[0])], *rest[1:]])


def way_back(key: str, first: str, inside: Mapping[str, Collection[str]]) -> list[str]:
    """The workflows from `first` to `key`, both included, where each runs the next; [] without such
    a way.
    """
    came_from: dict[str, str] = {first: ""}
    waiting = [first]
    while waiting:
        here = waiting.pop(0)
        if here == key:
            way = [here]
            while came_from[way[-1]]:
                way.append(came_from[way[-1]])
            return way[::-1]
        for other in sorted(inside.get(here, ())):
            if other not in came_from:
                came_from[other] = here
                waiting.append(other)
    return []


def _run_by(document: Mapping[str, Any]) -> Iterator[str]:
    """Keys of the workflows that a workflow runs, whatever is wrong with it."""
    for _, task in _entries("", document.get("tasks")):
        key = task.get("subworkflow")
        if task.get("task_type") == TaskType.SUBWORKFLOW and isinstance(key, str):
            yield key


def _holds(place: str, others: Collection[str]) -> bool:
    return any(other == place or other.startswith(f"{place}/") for other in others)


def _entries(place: str, entries: JSON) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield f"{place}/{number}", entry


def _wrong_with(schema: JSON) -> Iterator[Problem]:
    wrong = schema_problems(schema)
    for problem in wrong:
        yield Problem("bad-schema", problem.message, problem.path)
    if not wrong and isinstance(schema, dict) and schema.get("type", "object") != "object":
        yield Problem("bad-schema", "A form is a group of questions: its type is object.", "/type")


def _rest(
    fields: Sequence[Mapping[str, Any]], document: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """The fields that a ticket type leaves to be asked for."""
    preset = {entry["name"] for entry in document.get("fields", ())}
    return [entry for entry in fields if entry["name"] not in preset]
