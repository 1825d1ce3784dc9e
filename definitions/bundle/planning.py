"""What an import will do to each definition. Decides, and writes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from definitions.bundle.canonical import (
    canonical_role,
    canonical_ticket,
    canonical_workflow,
    fingerprint,
)
from definitions.bundle.differences import (
    access_in_words,
    in_one_line,
    ticket_changes,
    workflow_changes,
)
from definitions.bundle.report import Effect, Entry, Kind
from definitions.bundle.standing import Standing, documents_of
from definitions.bundle.structure import Bundle, Part
from definitions.errors import Problem
from definitions.layouts import file_problems
from definitions.models import DefinitionStatus, TicketDefinition, WorkflowDefinition

#: Ticket types have no versions: one row is what the catalogue shows.
AT_ONCE = "shows in the catalogue at once"
_UNTOLD = "details in another order"


@dataclass(slots=True)
class WorkflowStep:
    """`row` will hold the document: a new version, a draft that is replaced, or one that stays.

    `before` is what was there, where that changes.
    """

    part: Part
    document: dict[str, Any]
    content_hash: str
    row: WorkflowDefinition
    is_new: bool = False
    is_written: bool = False
    is_published: bool = False
    replaces: WorkflowDefinition | None = None
    line: str = ""
    changes: list[str] = field(default_factory=list)
    before: dict[str, Any] | None = None

    @property
    def will_be_published(self) -> bool:
        return self.is_published or self.row.status == DefinitionStatus.PUBLISHED


@dataclass(slots=True)
class TicketStep:
    part: Part
    document: dict[str, Any]
    row: TicketDefinition
    workflow: WorkflowDefinition
    is_new: bool = False
    is_changed: bool = False
    is_published: bool = False
    line: str = ""
    changes: list[str] = field(default_factory=list)
    before: dict[str, Any] | None = None

    @property
    def status(self) -> str:
        return str(self.row.status)

    @property
    def is_written(self) -> bool:
        moved = self.row.workflow_id != self.workflow.pk
        return self.is_new or self.is_changed or self.is_published or moved


@dataclass(slots=True)
class Plan:
    new_roles: list[dict[str, Any]] = field(default_factory=list)
    known_roles: list[dict[str, Any]] = field(default_factory=list)
    workflows: list[WorkflowStep] = field(default_factory=list)
    tickets: list[TicketStep] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def entries(self) -> list[Entry]:
        return [
            *(_role_entry(role, Effect.CREATED, "new, without people") for role in self.new_roles),
            *(_role_entry(role, Effect.UNCHANGED, "is there already") for role in self.known_roles),
            *map(_workflow_entry, self.workflows),
            *map(_ticket_entry, self.tickets),
        ]


def plan_import(bundle: Bundle, standing: Standing, *, publish: bool) -> Plan:
    """What happens to each part of a bundle without problems."""
    plan = Plan()
    for role in bundle.company_roles:
        known = standing.roles.get(role.key)
        roles = plan.new_roles if known is None else plan.known_roles
        roles.append(canonical_role(role.document))
    plan.workflows = _plan_workflows(bundle.workflows, standing, publish)
    steps = {step.part.key: step for step in plan.workflows}
    titles = {
        **standing.titles(),
        **{role["key"]: role.get("title", role["key"]) for role in plan.new_roles},
        **{part.key: part.title for part in bundle.workflows},
    }
    for part in bundle.tickets:
        step = _plan_ticket(part, standing, steps, titles, publish)
        plan.tickets.append(step)
        plan.problems += _cannot_be_answered(step)
        plan.problems += _cannot_be_offered(step, standing, steps, publish)
    return plan


# Workflows


def _plan_workflows(parts: Iterable[Part], standing: Standing, publish: bool) -> list[WorkflowStep]:
    steps = [_compare(part, standing) for part in parts]
    # The hash is quick; rows that were changed by hand are read before they are called different.
    differing = [step.row for step in steps if not step.is_new and _differs(step)]
    documents = documents_of(differing)
    for step in steps:
        before = documents.get(step.row.pk)
        if before is not None and fingerprint(before) != step.content_hash:
            step.before = before
            step.changes = workflow_changes(before, step.document) or [_UNTOLD]
            _find_row_for_changes(step, standing)
        _decide_publishing(step, standing, publish)
        step.line = _workflow_line(step, standing)
    return steps


def _compare(part: Part, standing: Standing) -> WorkflowStep:
    document = canonical_workflow(part.document)
    current = standing.current(part.key)
    row = current or WorkflowDefinition(key=part.key, version=1)
    is_new = current is None
    return WorkflowStep(part, document, fingerprint(document), row, is_new, is_written=is_new)


def _differs(step: WorkflowStep) -> bool:
    return step.row.content_hash != step.content_hash


def _find_row_for_changes(step: WorkflowStep, standing: Standing) -> None:
    """A draft is replaced; what was published or archived stays, and the next version is new."""
    step.is_written = True
    if step.row.status != DefinitionStatus.DRAFT:
        step.replaces, step.row, step.is_new = step.row, _next_version(step, standing), True


def _decide_publishing(step: WorkflowStep, standing: Standing, may_publish: bool) -> None:
    step.is_published = may_publish and step.row.status != DefinitionStatus.PUBLISHED
    if step.is_published and step.row.status == DefinitionStatus.ARCHIVED:
        # An archived version never comes back; the next one may say the same.
        step.replaces, step.row = step.row, _next_version(step, standing)
        step.is_new = step.is_written = True


def _next_version(step: WorkflowStep, standing: Standing) -> WorkflowDefinition:
    newest = standing.newest(step.part.key)
    return WorkflowDefinition(key=step.part.key, version=newest.version + 1 if newest else 1)


def _workflow_line(step: WorkflowStep, standing: Standing) -> str:
    version, told = f"v{step.row.version}", in_one_line(step.changes)
    if standing.newest(step.part.key) is None:
        count = len(step.document.get("tasks", ()))
        steps = f"{count} step" if count == 1 else f"{count} steps"
        return f"new, {version} with {steps}" + (", published" if step.is_published else "")
    if step.is_published:
        same = f"same as v{step.replaces.version}" if step.replaces else "unchanged"
        return f"{version} is published: {told or same}"
    if step.changes:
        becomes = "becomes the draft" if step.is_new else "stays the draft"
        return f"{version} {becomes}: {told}"
    is_draft = step.row.status == DefinitionStatus.DRAFT
    return f"same as {'draft ' if is_draft else ''}{version}"


def _workflow_entry(step: WorkflowStep) -> Entry:
    if step.is_new and step.row.version == 1:
        effect = Effect.CREATED
    else:
        changed = step.is_written or step.is_published
        effect = Effect.CHANGED if changed else Effect.UNCHANGED
    return Entry(
        Kind.WORKFLOW,
        step.part.key,
        step.part.title,
        effect,
        step.line,
        step.row.version,
        tuple(step.changes),
        step.will_be_published,
        step.part.place,
    )


# Ticket types


def _plan_ticket(
    part: Part,
    standing: Standing,
    steps: Mapping[str, WorkflowStep],
    titles: Mapping[str, str],
    publish: bool,
) -> TicketStep:
    document = canonical_ticket(part.document)
    row = standing.tickets.get(part.key)
    workflow = _target(document["workflow"], standing, steps)
    if row is None:
        step = TicketStep(part, document, TicketDefinition(key=part.key), workflow, is_new=True)
        access = access_in_words(document.get("company_role_access", ["user"]), titles)
        starts = titles.get(document["workflow"], document["workflow"])
        step.line = f"{access}, starts {starts}"
    else:
        step = TicketStep(part, document, row, workflow)
        before = standing.ticket_document(row)
        step.is_changed = fingerprint(before) != fingerprint(document)
        if step.is_changed:
            step.before = before
            step.changes = ticket_changes(before, document, titles) or [_UNTOLD]
        step.line = in_one_line(step.changes) or "same as today"
        if step.is_changed and step.status == DefinitionStatus.PUBLISHED:
            step.line += f"; {AT_ONCE}"
    is_offered = _is_offered(document["workflow"], standing, steps)
    step.is_published = publish and is_offered and step.status != DefinitionStatus.PUBLISHED
    if step.is_published:
        told = "" if step.line == "same as today" else f": {step.line}"
        step.line = f"published{told}"
    elif publish and step.status != DefinitionStatus.PUBLISHED:
        step.line += "; it stays a draft until its workflow is published"
    return step


def _target(key: str, standing: Standing, steps: Mapping[str, WorkflowStep]) -> WorkflowDefinition:
    """The published version if there is one, else the newest; as they will be after the import."""
    step = steps.get(key)
    offered = standing.offered(key)
    if step is not None and (offered is None or step.will_be_published):
        return step.row
    if step is not None and standing.published(key) is None:
        return step.row
    if offered is None:
        raise LookupError(key)  # `meaning` has refused it
    return offered


def _is_offered(key: str, standing: Standing, steps: Mapping[str, WorkflowStep]) -> bool:
    step = steps.get(key)
    return standing.published(key) is not None or (step is not None and step.is_published)


def _cannot_be_offered(
    step: TicketStep,
    standing: Standing,
    steps: Mapping[str, WorkflowStep],
    publish: bool,
) -> Iterable[Problem]:
    """A ticket type in the catalogue must start something."""
    key = step.document["workflow"]
    if _is_offered(key, standing, steps):
        return
    is_live = step.status == DefinitionStatus.PUBLISHED
    before = standing.workflow_keys.get(step.row.pk) if not step.is_new else None
    if is_live and before != key:
        message = f"“{step.part.title}” is in the catalogue, but “{key}” is not published."
    elif publish and not is_live and key not in steps:
        message = f"It cannot be published: the workflow “{key}” is not published."
    else:
        return
    hint = f"Publish “{key}” first, or put it into the file and publish both."
    yield Problem("workflow-not-published", message, f"{step.part.place}/workflow", hint)


def _cannot_be_answered(step: TicketStep) -> Iterable[Problem]:
    """One that is in the catalogue changes there at once, so it cannot wait as a draft."""
    schema = step.document.get("form_schema")
    if not step.is_changed or step.status != DefinitionStatus.PUBLISHED or schema is None:
        return
    for trouble in file_problems(schema, step.document.get("edit_layout")):
        if trouble.blocks:
            message = f"“{step.part.title}” is in the catalogue. {trouble.message}"
            yield Problem(
                "bad-file", message, f"{step.part.place}/form_schema{trouble.path}", trouble.hint
            )


def _ticket_entry(step: TicketStep) -> Entry:
    if step.is_new:
        effect = Effect.CREATED
    else:
        changed = step.is_changed or step.is_published
        effect = Effect.CHANGED if changed else Effect.UNCHANGED
    return Entry(
        Kind.TICKET,
        step.part.key,
        step.part.title,
        effect,
        step.line,
        step.row.version + (step.is_changed and not step.is_new),
        tuple(step.changes),
        step.is_published or step.status == DefinitionStatus.PUBLISHED,
        step.part.place,
    )


def _role_entry(role: Mapping[str, Any], effect: Effect, line: str) -> Entry:
    return Entry(Kind.COMPANY_ROLE, role["key"], role.get("title", role["key"]), effect, line)
