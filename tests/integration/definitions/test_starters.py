"""The examples that are shipped: each can be used as it is."""

from typing import Any

import pytest

from definitions.documents import read_text
from definitions.models import TicketDefinition
from definitions.services import check_bundle, import_bundle
from definitions.starters import FOLDER, starter_text, starters
from operations.models import TaskInstance, TicketInstance
from operations.services import complete_task, submit_ticket
from tenants.context import tenant_context
from tenants.services import sign_up_company
from tests.builders import PASSWORD

pytestmark = pytest.mark.django_db

KEYS = [starter.key for starter in starters()]
ANSWERS = {"boolean": True, "number": 12, "integer": 12, "string": "A lamp"}


def answers_to(schema: Any, *, yes: bool) -> dict[str, Any]:
    """Something right for every question of a form."""
    found = {}
    for name, question in (schema or {}).get("properties", {}).items():
        kind = question.get("type", "string")
        value = "2026-12-01" if question.get("format") == "date" else ANSWERS[kind]
        found[name] = yes if kind == "boolean" else value
    return found


def to_its_end(ticket: TicketInstance, *, yes: bool) -> int:
    """Complete whatever is open until nothing is; how many steps that took."""
    for steps in range(10):
        open_tasks = TaskInstance.objects.filter(
            ticket=ticket, t_status__in=("OPEN", "IN_PROGRESS")
        ).select_related("task_definition", "assigned_to")
        task = open_tasks.first()
        if task is None:
            return steps
        answers = answers_to(task.task_definition.output_schema, yes=yes)
        complete_task(task.assigned_to, task, answers)
    raise AssertionError("It never ends.")


def test_every_starter_is_told_of() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_starter_has_nothing_to_complain_of(key: str) -> None:
    assert check_bundle(read_text(starter_text(key))) == []


@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize("key", KEYS)
def test_whoever_signed_up_can_use_a_starter_at_once(key: str, yes: bool) -> None:
    boss = sign_up_company(
        company_name="Alone",
        email="eve@alone.example",
        password=PASSWORD,
        first_name="Eve",
        last_name="Alone",
    )
    assert boss.company is not None
    with tenant_context(boss.company):
        import_bundle(boss, read_text(starter_text(key)), publish=True)
        offered = TicketDefinition.objects.submittable_by(boss).select_related("workflow")
        assert len(offered) == TicketDefinition.objects.count() > 0

        for kind in offered:
            asked = answers_to(kind.submission_schema(), yes=True)
            ticket = submit_ticket(boss, kind, asked)
            assert to_its_end(ticket, yes=yes) >= 1

            ticket = TicketInstance.objects.select_related("workflow").get(pk=ticket.pk)
            assert ticket.workflow is not None
            assert ticket.workflow.w_status == "COMPLETED"
