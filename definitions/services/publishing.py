"""Versions into use and out of it."""

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from definitions.bundle.canonical import fingerprint
from definitions.bundle.meaning import Findings
from definitions.bundle.planning import WorkflowStep
from definitions.bundle.structure import Part
from definitions.bundle.writing import publish_versions, write_workflows
from definitions.errors import CannotPublish
from definitions.layouts import file_problems
from definitions.models import DefinitionStatus, TicketDefinition, WorkflowDefinition
from definitions.services.acting import Row, fresh, must, one_at_a_time
from definitions.services.looking import document_of, inside_workflow, look_at
from tenants.audit import record, row_id
from tenants.errors import DomainError
from tenants.models import User


def publish(actor: User | None, definition: Row) -> Row:
    """Put a definition into use; returns the row as it is now. Nothing happens to a published one.

    Raises:
        CannotPublish: it has errors, or something in it is not carried out yet.
        DomainError: it is archived, or a ticket type's workflow is not published.
        NotAllowed.
    """
    if isinstance(definition, TicketDefinition):
        must(actor, "definitions.publish_ticketdefinition")
        return _publish_ticket(actor, definition)
    must(actor, "definitions.publish_workflowdefinition")
    return _publish_workflow(actor, definition)


def archive(actor: User | None, definition: Row) -> Row:
    """Take a definition out of use; what is under way goes on.

    Raises:
        DomainError: ticket types in the catalogue still start this workflow.
        NotAllowed.
    """
    if isinstance(definition, TicketDefinition):
        must(actor, "definitions.publish_ticketdefinition")
    else:
        must(actor, "definitions.publish_workflowdefinition")
    with transaction.atomic():
        one_at_a_time()
        row = fresh(definition)
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
    must(actor, "definitions.add_workflowdefinition")
    with transaction.atomic():
        one_at_a_time()
        source = fresh(workflow)
        newest = WorkflowDefinition.objects.filter(key=source.key).order_by("-version")[0]
        if newest.status == DefinitionStatus.DRAFT:
            raise DomainError(f"{newest} is a draft already. Change it, publish it or archive it.")
        document = document_of(source)
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
    must(actor, "definitions.delete_workflowdefinition")
    with transaction.atomic():
        one_at_a_time()
        row = fresh(workflow)
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


def _publish_workflow(actor: User | None, definition: WorkflowDefinition) -> WorkflowDefinition:
    with transaction.atomic():
        one_at_a_time()
        row = fresh(definition)
        if row.status == DefinitionStatus.PUBLISHED:
            return row
        if row.status == DefinitionStatus.ARCHIVED:
            raise DomainError(f"{row} is archived. Make a draft of it and publish that.")
        standing, findings = look_at(document_of(row))
        _refuse_unfit(row, findings)
        publish_versions([row], standing)
        record(actor, "workflow published", str(row))
    return row


def _publish_ticket(actor: User | None, definition: TicketDefinition) -> TicketDefinition:
    with transaction.atomic():
        one_at_a_time()
        row = fresh(definition)
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
        for trouble in file_problems(row.submission_schema(), row.edit_layout):
            if trouble.blocks:
                raise DomainError(f"“{row}” cannot be published: {trouble.message} {trouble.hint}")
        row.publish()
        row.save()
        record(actor, "ticket type published", str(row))
    return row


def _refuse_unfit(row: WorkflowDefinition, findings: Findings) -> None:
    errors = [*findings.refusals, *findings.obstacles]
    if errors:
        count = "a problem" if len(errors) == 1 else f"{len(errors)} problems"
        message = f"{row} cannot be published: it has {count}. {errors[0].message}"
        raise CannotPublish(message, map(inside_workflow, errors))


def _refuse_while_offered(row: WorkflowDefinition) -> None:
    offered = TicketDefinition.objects.published().filter(workflow=row)
    if titles := list(offered.values_list("title", flat=True)[:5]):
        named = ", ".join(f"“{title}”" for title in titles)
        raise DomainError(f"{row} is in use: {named} would start nothing. Archive that first.")
