"""Finds and does what a crash left behind. The rows are the outbox, so there is nothing else to
read.

The look goes over all companies and brings ids only; each piece of work is then done inside its own
company, by the same verbs that would have done it at once. Two sweepers at once are harmless:
the second finds the row locked, and then finds nothing to do.
"""

import logging
from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from operations import store
from operations.models import TaskInstance
from operations.state_manager import WorkflowStateManager
from operations.store import DueWork
from tenants.context import tenant_context

log = logging.getLogger(__name__)

# What fell due a moment ago is being done by whoever caused it.
GRACE = timedelta(seconds=2)
KINDS = ("start", "route", "assign", "nobody")  # as in `store.DueWork`


def sweep(*, grace: timedelta = GRACE, limit: int = 200) -> Counter[str]:
    """Do what is due; returns how much of each kind ("start", "route", "assign") was done."""
    done: Counter[str] = Counter()
    before = timezone.now() - grace
    with transaction.atomic():
        due = [work for work in store.due_work(limit) if work.since <= before]
    for work in due:
        if work.kind == "nobody":
            continue  # it waits for a person, and not for us
        try:
            with tenant_context(work.company_id):
                done[work.kind] += _do(work)
        except Exception:  # one ticket's trouble must not keep the others waiting
            log.exception("Could not sweep", extra={"kind": work.kind, "row": str(work.row_id)})
    return +done


def oldest_due_seconds() -> float:
    """How long the oldest unfinished work of the engine has been waiting; 0 when there is none."""
    with transaction.atomic():
        since = store.oldest(store.due_work(50))
    return (timezone.now() - since).total_seconds() if since else 0.0


def due_by_kind(most: int) -> dict[str, list[datetime]]:
    """Since when work of each kind is due, over all companies; at most `most` of a kind."""
    due: dict[str, list[datetime]] = {kind: [] for kind in KINDS}
    with transaction.atomic():
        for work in store.due_work(most):
            due[work.kind].append(work.since)
    return due


def _do(work: DueWork) -> bool:
    if work.kind == "start":
        return WorkflowStateManager(ticket_id=work.row_id).start()
    if work.kind == "assign":
        return WorkflowStateManager().assign(work.row_id)
    task = TaskInstance.objects.only("workflow_instance_id", "ticket_id").get(pk=work.row_id)
    manager = WorkflowStateManager(ticket_id=task.ticket_id, instance_id=task.workflow_instance_id)
    return manager.route(task.pk)
