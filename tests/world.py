"""A company with something in every table, each text carrying one word, so that a leak can be seen.

`furnish` fails by itself when a tenant model was added and nothing here makes a row of it: what is
new is then covered without being listed in any test.
"""

from typing import Any
from uuid import UUID

from django.db import models

from definitions.models import TicketDefinition
from definitions.services import import_bundle
from definitions.uploads import keep_upload
from operations.models import BranchArrival, FileUpload, TicketInstance
from operations.services import add_comment, complete_task, hold_ticket, save_draft, submit_ticket
from tenants.checks import tenant_models
from tenants.context import tenant_context
from tenants.services import create_company_role, invite_person
from tests.builders import Firm, a_document, the_open_task

CHOICE = {"type": "object", "properties": {"answer": {"type": "string"}}}


def furnish(firm: Firm, word: str) -> dict[type[models.Model], UUID]:
    """Put something with `word` in it into every table; returns one key per model."""
    with tenant_context(firm.company):
        firm.company.name = f"{word} company"
        firm.company.save()
        create_company_role(firm.boss, key=f"{word}-role", title=f"{word} role", description=word)
        invite_person(firm.boss, email=f"{word}@invited.example", first_name=word, last_name=word)
        document = a_document(
            "decide ? answer = yes > pay",
            key=f"{word}-flow",
            decide={"output_schema": CHOICE, "title": f"{word} decide", "description": word},
        )
        document["workflows"][0]["description"] = document["tickets"][0]["description"] = word
        import_bundle(firm.flo, document, publish=True)
        keep_upload(firm.flo, f"# {word}", f"{word}.yaml")
        _tickets(firm, word)
        return {model: _one_row(model) for model in tenant_models()}


def _tickets(firm: Firm, word: str) -> None:
    """One ticket that runs, one that stopped, one on hold, one that is over."""
    running, stopped, held, over = (_ticket(firm, word) for _ in range(4))
    save_draft(firm.will, the_open_task(running), {"answer": word})
    complete_task(firm.will, the_open_task(stopped), {"answer": word})
    hold_ticket(firm.tara, held, reason=word)
    complete_task(firm.will, the_open_task(over), {"answer": "yes"})
    complete_task(firm.will, the_open_task(over), {"ok": True})
    add_comment(firm.ann, running, word)
    FileUpload.objects.create(
        name=f"{word}.pdf", ext_key=word, file_type="application/pdf", size_bytes=1, ticket=running
    )
    BranchArrival.objects.create(
        workflow_instance_id=TicketInstance.objects.get(pk=running.pk).workflow_id,
        task_key=word,
        branch="2",
    )


def _ticket(firm: Firm, word: str) -> TicketInstance:
    return submit_ticket(
        firm.ann, TicketDefinition.objects.get(key=f"{word}-flow-request"), {"subject": word}
    )


def _one_row(model: type[models.Model]) -> UUID:
    row: Any = model._default_manager.order_by("pk").last()
    assert row is not None, f"tests/world.py makes no {model.__name__}: add one to furnish()."
    key: UUID = row.pk
    return key
