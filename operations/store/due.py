"""What is left to do, over all companies: ids only, each to be opened in its own company."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection


@dataclass(frozen=True, slots=True)
class DueWork:
    """Something the engine still has to do; `since` is when it fell due.

    `kind`: start (a ticket), route (a completed task), assign (a task for which somebody is free; nobody:
    it waits for that), call (an action), wake (a WAIT), child (a SUBWORKFLOW to start), child_done (its run),
    timeout, remind (a task), lost (an attempt), callback (a token), notice.
    """

    company_id: UUID
    kind: str
    row_id: UUID
    since: datetime


def due_work(limit: int = 200) -> Sequence[DueWork]:
    """What a crash left behind, over all companies: ids only, each to be opened in its own company."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT company_id, kind, row_id, since FROM app_due_work(%s)", [limit])
        return [DueWork(*row) for row in cursor.fetchall()]
