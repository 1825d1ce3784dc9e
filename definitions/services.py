"""The verbs about definitions. Each takes the acting person first; None is the system itself.

A published version never changes: editing one makes the next draft, and publishing that archives
it. Tickets that are under way stay on the version they started with.
"""

from collections.abc import Collection, Generator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from definitions.bundle.canonical import canonical_bundle, fingerprint
from definitions.bundle.differences import workflow_changes
from definitions.bundle.exporting import exported
from definitions.bundle.meaning import Findings, Surroundings, meaning
from definitions.bundle.planning import Plan, WorkflowStep, plan_import
from definitions.bundle.report import Effect, Entry, ImportReport
from definitions.bundle.standing import Standing, documents_of, load
from definitions.bundle.structure import Bundle, Part, structure
from definitions.bundle.writing import carry_out, publish_versions, write_workflows
from definitions.documents import Document, from_value
from definitions.errors import BundleInvalid, CannotPublish, Problem
from definitions.issue_forms import as_bundle, remarks_of
from definitions.layouts import asks_for_files
from definitions.linter import Severity
from definitions.models import DefinitionStatus, TicketDefinition, WorkflowDefinition
from tenants.audit import record, row_id
from tenants.context import current_company_id
from tenants.errors import DomainError, NotAllowed, NotFound
from tenants.models import Company, User

Definition = WorkflowDefinition | TicketDefinition
Row = TypeVar("Row", WorkflowDefinition, TicketDefinition)
Result = TypeVar("Result")


def import_bundle(
    actor: User | None,
    document: Mapping[str, Any] | Document,
    *,
    publish: bool = False,
    dry_run: bool = False,
) -> ImportReport:
    """Make the company's definitions what the bundle says; importing it again changes nothing.

    `document` is a bundle as values, or as read by `definitions.documents` (then problems have
    lines); or an issue form, which stands for the bundle that it becomes. What it does not mention
    stays. Changed workflows become drafts; with `publish` they are published, apart from those that
    nothing can carry out yet: the report says which.

    Raises:
        BundleInvalid: with everything that is wrong; nothing was written.
        NotAllowed: the person may not write definitions, publish them, or add company roles.
    """
    return finished(importing(actor, document, publish=publish, dry_run=dry_run))


class Stage(StrEnum):
    """What an import has just done, for whoever waits for a large one."""

    READ = "Read"
    COMPARED = "Compared with what is there"
    CHECKED = "Checked"
    WRITTEN = "Written"


Stages = Generator[Stage, None, Result]


def finished(stages: "Stages[Result]") -> Result:
    """The result of something that tells its stages, for those who do not ask."""
    while True:
        try:
            next(stages)
        except StopIteration as end:
            result: Result = end.value
            return result


def importing(
    actor: User | None,
    document: Mapping[str, Any] | Document,
    *,
    publish: bool = False,
    dry_run: bool = False,
) -> "Stages[ImportReport]":
    """`import_bundle` stage by stage, in one transaction: whoever stops asking has none of it."""
    _must(actor, "definitions.add_workflowdefinition", "definitions.change_ticketdefinition")
    if publish:
        _must(actor, "definitions.publish_workflowdefinition")
    text = as_bundle(document if isinstance(document, Document) else from_value(dict(document)))
    bundle = structure(text)
    yield Stage.READ
    with transaction.atomic():
        if not dry_run:
            one_at_a_time()
        standing = load(*bundle.keys())
        yield Stage.COMPARED
        plan, told = _decide(bundle, standing, publish=publish)
        if plan.new_roles:
            _must(actor, "tenants.add_companyrole")
        report = ImportReport(plan.entries(), [*told, *remarks_of(text)], dry_run)
        yield Stage.CHECKED
        if not dry_run and not _is_done(plan):
            carry_out(plan, standing, row_id(actor))
            record(actor, "definitions imported", _summary(report), _for_the_log(report))
        yield Stage.WRITTEN
    return report


def check_bundle(document: Document, *, in_company: bool = False) -> list[Problem]:
    """Everything that would stop an import or publishing, and the warnings; errors first.

    `in_company`: also look whether company roles and workflows that are named exist there.
    """
    try:
        text = as_bundle(document)
    except BundleInvalid as error:
        return list(error.problems)
    bundle = structure(text)
    around = load(*bundle.keys()).surroundings() if in_company else Surroundings()
    findings = meaning(bundle, around)
    unsupported = [problem for found in findings.unsupported.values() for problem in found]
    return bundle.with_lines(
        [*bundle.problems, *findings.refusals, *findings.obstacles, *findings.warnings]
        + [replace(problem, severity=Severity.WARNING) for problem in unsupported]
    ) + list(remarks_of(text))


def export_bundle(actor: User | None, keys: Collection[str] | None = None) -> dict[str, Any]:
    """The company's definitions as one canonical document.

    With `keys`, those workflows and ticket types, and what they need. A workflow with a draft is
    exported as the draft says; what is archived, only when named.

    Raises:
        NotFound: a key is not one of the company's.
    """
    _must(actor, "definitions.view_workflowdefinition", "definitions.view_ticketdefinition")
    return exported(load(), keys)


def problems_of(workflow: WorkflowDefinition) -> list[Problem]:
    """What is wrong with a version: errors, which block publishing, then warnings.

    Places are in the workflow's own document.
    """
    _, findings = _look_at(_document_of(workflow))
    unsupported = findings.unsupported.get(workflow.key, [])
    found = [*findings.refusals, *findings.obstacles, *unsupported, *findings.warnings]
    return [_inside_workflow(problem) for problem in found]


def changes_between(before: WorkflowDefinition, after: WorkflowDefinition) -> list[str]:
    """What a version changes against another, in words: "task Second approval added"."""
    documents = documents_of([before, after])
    return workflow_changes(documents[before.pk], documents[after.pk])


def publish(actor: User | None, definition: Row) -> Row:
    """Put a definition into use; returns the row as it is now. Nothing happens to a published one.

    Raises:
        CannotPublish: it has errors, or something in it is not carried out yet.
        DomainError: it is archived, or a ticket type's workflow is not published.
        NotAllowed.
    """
    if isinstance(definition, TicketDefinition):
        _must(actor, "definitions.publish_ticketdefinition")
        return _publish_ticket(actor, definition)
    _must(actor, "definitions.publish_workflowdefinition")
    return _publish_workflow(actor, definition)


def archive(actor: User | None, definition: Row) -> Row:
    """Take a definition out of use; what is under way goes on.

    Raises:
        DomainError: ticket types in the catalogue still start this workflow.
        NotAllowed.
    """
    if isinstance(definition, TicketDefinition):
        _must(actor, "definitions.publish_ticketdefinition")
    else:
        _must(actor, "definitions.publish_workflowdefinition")
    with transaction.atomic():
        one_at_a_time()
        row = _fresh(definition)
        if row.status == DefinitionStatus.ARCHIVED:
            return row
        if isinstance(row, WorkflowDefinition):
            _refuse_while_offered(row)
            row.archived_at = timezone.now()
        row.archive()
        row.save()
        record(actor, f"{row._meta.verbose_name} archived", str(row))
    return row


def make_draft(actor: User | None, workflow: WorkflowDefinition) -> WorkflowDefinition:
    """The next version, a draft that says the same as this one.

    Raises:
        DomainError: there is a draft already.
        NotAllowed.
    """
    _must(actor, "definitions.add_workflowdefinition")
    with transaction.atomic():
        one_at_a_time()
        source = _fresh(workflow)
        newest = WorkflowDefinition.objects.filter(key=source.key).order_by("-version")[0]
        if newest.status == DefinitionStatus.DRAFT:
            raise DomainError(f"{newest} is a draft already. Change it, publish it or archive it.")
        document = _document_of(source)
        draft = WorkflowDefinition(key=source.key, version=newest.version + 1)
        step = WorkflowStep(Part("", document), document, fingerprint(document), draft, is_new=True)
        write_workflows([step], row_id(actor))
        record(actor, "workflow draft made", str(draft), {"from": source.version})
    return draft


def delete_draft(actor: User | None, workflow: WorkflowDefinition) -> None:
    """Forget a draft. Published and archived versions stay, and so does what anything starts.

    Raises:
        DomainError: it is no draft, or a ticket type or ticket is on it.
        NotFound, NotAllowed.
    """
    _must(actor, "definitions.delete_workflowdefinition")
    with transaction.atomic():
        one_at_a_time()
        row = _fresh(workflow)
        if row.status != DefinitionStatus.DRAFT:
            raise DomainError(f"{row} is not a draft. Only a draft can be deleted; archive this.")
        if starter := TicketDefinition.objects.filter(workflow=row).order_by("title").first():
            raise DomainError(f"{row} stays: the ticket type “{starter}” starts it.")
        name = str(row)
        try:
            row.delete()
        except ProtectedError as error:
            # What is under way lies a layer above; its rows say so by themselves.
            raise DomainError(f"{name} stays: tickets run on it. Archive it instead.") from error
        record(actor, "workflow draft deleted", name)


# Importing


def _decide(bundle: Bundle, standing: Standing, *, publish: bool) -> tuple[Plan, list[Problem]]:
    """The plan, and what is told although it stops nothing.

    Raises:
        BundleInvalid: something stops it.
    """
    findings = meaning(bundle, standing.surroundings())
    wrong = [*bundle.problems, *findings.refusals]
    told = [*findings.obstacles, *findings.warnings]
    if publish:
        wrong += findings.obstacles
        told = findings.warnings
    if any(problem.blocks for problem in wrong):
        raise BundleInvalid(bundle.with_lines([*wrong, *findings.warnings]))
    plan = plan_import(bundle, standing, publish=publish, unsupported=findings.unsupported)
    if plan.problems:
        raise BundleInvalid(bundle.with_lines(plan.problems))
    unsupported = [problem for found in findings.unsupported.values() for problem in found]
    return plan, bundle.with_lines([*told, *unsupported])


def _is_done(plan: Plan) -> bool:
    return not (
        plan.new_roles
        or any(step.is_written or step.is_published for step in plan.workflows)
        or any(step.is_written for step in plan.tickets)
    )


def one_at_a_time() -> None:
    """Two imports at once would both make version 4. Whoever only reads is not held up."""
    Company.objects.select_for_update(no_key=True).get(pk=current_company_id())


def _summary(report: ImportReport) -> str:
    return f"{len(report.created)} created, {len(report.changed)} changed"


def _for_the_log(report: ImportReport) -> dict[str, list[str]]:
    def keys(entries: list[Entry]) -> list[str]:
        return [f"{entry.kind.word} {entry.key}" for entry in entries[:100]]

    return {Effect.CREATED.value: keys(report.created), Effect.CHANGED.value: keys(report.changed)}


# Publishing


def _publish_workflow(actor: User | None, definition: WorkflowDefinition) -> WorkflowDefinition:
    with transaction.atomic():
        one_at_a_time()
        row = _fresh(definition)
        if row.status == DefinitionStatus.PUBLISHED:
            return row
        if row.status == DefinitionStatus.ARCHIVED:
            raise DomainError(f"{row} is archived. Make a draft of it and publish that.")
        standing, findings = _look_at(_document_of(row))
        _refuse_unfit(row, findings)
        publish_versions([row], standing)
        record(actor, "workflow published", str(row))
    return row


def _publish_ticket(actor: User | None, definition: TicketDefinition) -> TicketDefinition:
    with transaction.atomic():
        one_at_a_time()
        row = _fresh(definition)
        if row.status == DefinitionStatus.PUBLISHED:
            return row
        workflow = WorkflowDefinition.objects.filter(
            key=row.workflow.key, status=DefinitionStatus.PUBLISHED
        ).first()
        if workflow is None:
            raise DomainError(
                f"“{row}” cannot be published: its workflow “{row.workflow.title}” is not. "
                "Publish the workflow first."
            )
        row.workflow = workflow
        if asks_for_files(row.submission_schema(), row.edit_layout) is not None:
            raise DomainError(
                f"“{row}” cannot be published yet: it asks for a file, and files cannot be sent "
                "yet. Ask for a link to it instead."
            )
        row.publish()
        row.save()
        record(actor, "ticket type published", str(row))
    return row


def _look_at(document: dict[str, Any]) -> tuple[Standing, Findings]:
    bundle = structure(from_value(canonical_bundle([], [document], [])))
    standing = load(*bundle.keys())
    findings = meaning(bundle, standing.surroundings())
    findings.refusals[:0] = bundle.problems
    return standing, findings


def _refuse_unfit(row: WorkflowDefinition, findings: Findings) -> None:
    errors = [*findings.refusals, *findings.obstacles]
    if errors:
        count = "a problem" if len(errors) == 1 else f"{len(errors)} problems"
        message = f"{row} cannot be published: it has {count}. {errors[0].message}"
        raise CannotPublish(message, map(_inside_workflow, errors))
    if unsupported := findings.unsupported.get(row.key):
        message = (
            f"{row} was imported and can be edited, but it cannot be published yet. "
            f"{unsupported[0].message}"
        )
        raise CannotPublish(message, map(_inside_workflow, unsupported))


def _inside_workflow(problem: Problem) -> Problem:
    return replace(problem, place=problem.place.removeprefix("/workflows/0"))


def _refuse_while_offered(row: WorkflowDefinition) -> None:
    offered = TicketDefinition.objects.published().filter(workflow=row)
    if titles := list(offered.values_list("title", flat=True)[:5]):
        named = ", ".join(f"“{title}”" for title in titles)
        raise DomainError(f"{row} is in use: {named} would start nothing. Archive that first.")


def _document_of(workflow: WorkflowDefinition) -> dict[str, Any]:
    return documents_of([workflow])[workflow.pk]


def _fresh(definition: Row) -> Row:
    """The row as it is now: a transition must not start from what a page saw a minute ago.

    Raises:
        NotFound: it is gone, or another company's.
    """
    row: Row | None = type(definition)._default_manager.filter(pk=definition.pk).first()
    if row is None:
        raise NotFound("This definition is not there any more.")
    return row


def _must(actor: User | None, *permissions: str) -> None:
    if actor is not None and not all(actor.has_perm(name) for name in permissions):
        raise NotAllowed("Your roles do not allow this. Ask an admin of your company.")
