"""Changing one definition, as the pages do: the same checks and the same way as an import.

What is saved is a canonical document, changed by `definitions.editing`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db import transaction

from definitions.bundle.canonical import canonical_bundle, fingerprint
from definitions.bundle.planning import Plan
from definitions.bundle.standing import Standing, load
from definitions.bundle.structure import structure
from definitions.bundle.writing import carry_out
from definitions.documents import from_value
from definitions.errors import BundleInvalid, ChangedMeanwhile, DraftExists, NotSaved
from definitions.gallery.cloning import free_key, taken_keys
from definitions.linter import KEY, LONGEST_KEY
from definitions.models import DefinitionStatus, TicketDefinition, WorkflowDefinition
from definitions.services.acting import Definition, Row, fresh, must, one_at_a_time
from definitions.services.importing import decide
from definitions.services.looking import document_of, inside, look_at
from tenants.audit import record, row_id
from tenants.errors import DomainError
from tenants.models import User

_Document = Mapping[str, Any]


def change_workflow(
    actor: User | None, workflow: WorkflowDefinition, document: _Document, *, seen: str
) -> WorkflowDefinition:
    """Make a draft say what the document says; of a published version, make the next draft.

    Returns the draft, or the version itself where nothing has changed. What only blocks publishing
    is saved: `problems_of` tells it. `seen` is the fingerprint of the document that was changed.

    Raises:
        NotSaved: not even a draft can be like this; places are in the document.
        ChangedMeanwhile: somebody else has saved since.
        DraftExists: it is published, and its next draft is there already.
        DomainError: it is archived.
        NotFound, NotAllowed.
    """
    return change_definition(actor, workflow, document, seen=seen)


def change_ticket_type(
    actor: User | None, ticket_type: TicketDefinition, document: _Document, *, seen: str
) -> TicketDefinition:
    """Make a ticket type say what the document says; in the catalogue it changes at once.

    Raises:
        NotSaved: places are in the document.
        ChangedMeanwhile: somebody else has saved since.
        NotFound, NotAllowed.
    """
    return change_definition(actor, ticket_type, document, seen=seen)


def change_definition(
    actor: User | None,
    definition: Row,
    document: _Document,
    *,
    seen: str,
    undoes: int | None = None,
) -> Row:
    """`change_workflow` or `change_ticket_type`. `undoes`: the number of the revision that the
    change takes back.
    """
    is_workflow = isinstance(definition, WorkflowDefinition)
    kind = "workflow" if is_workflow else "ticket type"
    must(actor, f"definitions.change_{definition._meta.model_name}")
    with transaction.atomic():
        one_at_a_time()
        row = fresh(definition)
        before = document_of(row)
        if fingerprint(before) == _print(document):
            return row
        _refuse_closed(row)
        _refuse_changed(actor, row, before, seen)
        plan, standing = _plan("workflows" if is_workflow else "tickets", document, before)
        step = plan.workflows[0] if is_workflow else plan.tickets[0]
        if step.is_written:
            carry_out(plan, standing, row_id(actor), undoes)
            detail = {"changes": step.changes[:100]}
            record(actor, f"{kind} changed", str(step.row), detail)
    return cast("Row", step.row)


def create_workflow(
    actor: User | None,
    *,
    title: str,
    key: str = "",
    description: str = "",
    tasks: Sequence[_Document] = (),
    transitions: Sequence[_Document] = (),
) -> WorkflowDefinition:
    """A new draft. Without a key, it gets one from its title that nothing has yet.

    Raises:
        NotSaved: a task or transition cannot be like this.
        DomainError: the key is taken; `fields` names it.
        NotAllowed.
    """
    must(actor, "definitions.add_workflowdefinition")
    document = {
        "title": title, "description": description, "tasks": [*tasks],
        "transitions": [*transitions],
    }  # fmt: skip
    with transaction.atomic():
        plan, standing = _planned_anew("workflows", key, document)
        (step,) = plan.workflows
        carry_out(plan, standing, row_id(actor))
        record(actor, "workflow made", str(step.row))
    return step.row


def create_ticket_type(
    actor: User | None, *, title: str, workflow: WorkflowDefinition, key: str = "", **more: Any
) -> TicketDefinition:
    """A new ticket type, which is not in the catalogue yet. `more`: further parts of its document.

    Raises:
        NotSaved: it cannot be like this.
        DomainError: the key is taken; `fields` names it.
        NotAllowed.
    """
    must(actor, "definitions.add_ticketdefinition")
    document = {"title": title, "workflow": workflow.key, **more}
    with transaction.atomic():
        plan, standing = _planned_anew("tickets", key, document)
        (step,) = plan.tickets
        carry_out(plan, standing, row_id(actor))
        record(actor, "ticket type made", str(step.row))
    return step.row


def key_from(title: str, fallback: str) -> str:
    """A key that reads like the title: "Buy something!" -> "buy-something"."""
    words = re.findall(r"\w+", title.casefold().replace("_", " "))
    key = "-".join(words)[:LONGEST_KEY].rstrip("-")
    return key if KEY.fullmatch(key) else fallback


def _planned_anew(section: str, key: str, document: _Document) -> tuple[Plan, Standing]:
    one_at_a_time()
    taken = taken_keys()
    if key in taken:
        words = f"The key “{key}” is taken. Choose another one."
        raise DomainError(words, fields={"key": words})
    fallback = "workflow" if section == "workflows" else "ticket-type"
    key = key or free_key(key_from(str(document["title"]), fallback), taken)
    return _plan(section, {"key": key, **document}, None)


def _plan(section: str, document: _Document, before: _Document | None) -> tuple[Plan, Standing]:
    if before is not None and document.get("key") != before["key"]:
        raise DomainError("The key of a definition stays; its title may change.")
    parts: dict[str, list[Any]] = {"workflows": [], "tickets": []}
    parts[section].append(dict(document))
    place = f"/{section}/0"
    try:
        bundle = structure(from_value(canonical_bundle([], **parts)))
        standing = load(*bundle.keys())
        try:
            plan, _ = decide(bundle, standing)
        except BundleInvalid:
            if section != "workflows" or before is None or bundle.problems:
                raise
            # What was wrong before may be mended bit by bit: it stops nobody.
            _, known = look_at(dict(before))
            plan, _ = decide(
                bundle, standing, tolerated={(one.rule, one.message) for one in known.refusals}
            )
    except BundleInvalid as error:
        raise NotSaved(inside(place, error.problems)) from error
    return plan, standing


def _print(document: _Document) -> str:
    try:
        return fingerprint(document)
    except (RecursionError, TypeError, ValueError):
        return ""  # no document at all: the checks will say why


def _refuse_closed(row: Definition) -> None:
    if isinstance(row, TicketDefinition) or row.status == DefinitionStatus.DRAFT:
        return
    if row.status == DefinitionStatus.ARCHIVED:
        raise DomainError(f"{row} is archived. Make a draft of it and change that.")
    versions = WorkflowDefinition.objects.filter(key=row.key, status=DefinitionStatus.DRAFT)
    if (draft := versions.order_by("-version").first()) is not None:
        raise DraftExists(str(draft), draft.pk)


def _refuse_changed(actor: User | None, row: Definition, before: _Document, seen: str) -> None:
    """Somebody else's changes are told; they begin after the revision that holds what was seen."""
    if fingerprint(before) == seen:
        return
    changes: list[str] = []
    last = None
    for revision in row.revisions.select_related("created_by").order_by("-number"):
        last = last or revision
        changes[:0] = revision.changes
        if fingerprint(revision.document) == seen:
            break
    else:
        changes = []
    author, when = (last.created_by, last.created_at) if last else (row.created_by, row.updated_at)
    who = None if author is None else "You" if author == actor else author.label
    raise ChangedMeanwhile(f"“{row}”", who, when, changes)
