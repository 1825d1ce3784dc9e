"""Plays a share of a log's events as a process of its own: `python -m tests.journeys.player`.

Reads one JSON document from standard input: {"database", "company", "asks", "works", "events"}.
The events stand in the order of their time; each is [workflow, case, first activity or null,
answer]: one with a first activity sends the request, and each completes the step that is open.
Prints {"tickets": {workflow: {case: id}}, "completions": number}.
"""

import json
import sys
from typing import Any
from uuid import UUID

import django


def main() -> None:
    plan = json.load(sys.stdin)
    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = plan["database"]
    json.dump(play(plan), sys.stdout)


def play(plan: dict[str, Any]) -> dict[str, Any]:
    """Each verb in a transaction of its own, and the engine after it, as when pages ask. A case
    that stopped gets no further answer.
    """
    # Models can be imported once Django is set up.
    from definitions.models import TicketDefinition
    from operations.models import TaskInstance
    from operations.services import complete_task, submit_ticket
    from tenants.context import request_context, tenant_context
    from tenants.models import User

    company = UUID(plan["company"])
    with tenant_context(company):
        kinds = {
            kind.key: kind
            for kind in TicketDefinition.objects.published().select_related("workflow")
        }
        ann, will = (User.objects.get(pk=plan[name]) for name in ("asks", "works"))
    tickets: dict[str, dict[str, str]] = {key: {} for key in kinds}
    completions = 0
    for workflow, case, first, answer in plan["events"]:
        if first is not None:
            with request_context(str(company)):
                asked = submit_ticket(ann, kinds[workflow], {"case": case, "first": first})
            tickets[workflow][case] = str(asked.pk)
        with request_context(str(company)):
            mine = tickets[workflow][case]
            task = TaskInstance.objects.filter(ticket=UUID(mine), t_status="OPEN").first()
            if task is not None:
                complete_task(will, task, {"next": answer})
                completions += 1
    return {"tickets": tickets, "completions": completions}


if __name__ == "__main__":
    main()
