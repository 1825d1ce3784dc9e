"""People, companies and workflows for the tests, in few words.

Two companies with look-alike names, one person per role and one with every role in each: a leak
from one to the other is then visible on any page.
"""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from definitions.models import TicketDefinition, WorkflowDefinition
from definitions.services import import_bundle
from operations.models import TaskInstance, TicketInstance
from operations.services import submit_ticket
from tenants.context import tenant_context
from tenants.models import Company, User
from tenants.services import add_user, create_company_role, sign_up_company

PASSWORD = "correct horse battery staple"
YES_NO = {
    "type": "object",
    "required": ["ok"],
    "properties": {"ok": {"type": "boolean", "title": "All right?"}},
}


@dataclass(frozen=True)
class Firm:
    """A company with its people: `boss` has every role, each of the others one."""

    company: Company
    boss: User  # every role
    ann: User  # user
    will: User  # task_worker
    tara: User  # ticket_admin
    flo: User  # workflow_creator
    adam: User  # admin


def a_firm(name: str = "Acme") -> Firm:
    """A company whose addresses end in its name, with the company role `managers` (Will)."""
    host = f"{name.lower().replace(' ', '-')}.example"
    boss = sign_up_company(
        company_name=name,
        email=f"boss@{host}",
        password=PASSWORD,
        first_name="Bea",
        last_name=f"Boss-{name}",
    )
    assert boss.company is not None
    with tenant_context(boss.company):
        create_company_role(boss, key="managers", title="Managers")
        people = {
            first: add_user(
                boss,
                email=f"{first}@{host}",
                first_name=first.title(),
                last_name=f"Of-{name}",
                password=PASSWORD,
                roles=[role],
                company_roles=["managers"] if first == "will" else [],
            )
            for first, role in {
                "ann": "user",
                "will": "task_worker",
                "tara": "ticket_admin",
                "flo": "workflow_creator",
                "adam": "admin",
            }.items()
        }
        # Only Will takes work, unless a test says otherwise: then it is plain who gets what.
        boss.is_available = False
        boss.save(update_fields=["is_available"])
    return Firm(company=boss.company, boss=boss, **people)


def a_document(drawing: str, *, key: str = "flow", **tasks: dict[str, Any]) -> dict[str, Any]:
    """A bundle from a drawing: "ask > check > pay" chains FORM tasks from start to end.

    Further lines or parts separated by ";" add transitions: "check ? ok = false > ask". A condition
    reads the answer of the task before it. Keyword arguments change a task's document.
    """
    keys: list[str] = []
    transitions: list[dict[str, Any]] = []
    for number, part in enumerate(filter(str.strip, re.split(r"[;\n]", drawing))):
        steps = [step.strip() for step in part.split(">")]
        names = [re.split(r"\?", step)[0].strip() for step in steps]
        keys += [name for name in names if name not in (*keys, "end")]
        if number == 0:
            transitions.append({"to": names[0]})
            transitions.append({"from": names[-1], "to": None, "priority": 9})
        for step, source, target in zip(steps, names, names[1:], strict=False):
            way: dict[str, Any] = {
                "from": source,
                "to": None if target == "end" else target,
                "priority": number,
            }
            if "?" in step:
                field, value = (word.strip() for word in step.split("?")[1].split("="))
                way["condition"] = {
                    "==": [
                        {"var": f"{source}.{field}"},
                        {"true": True, "false": False}.get(value, value),
                    ]
                }
            elif number == 0:
                way["priority"] = 9
            transitions.append(way)
    return {
        "format": "ticketflower/1",
        "workflows": [
            {
                "key": key,
                "title": key.replace("-", " ").title(),
                "fields": [{"name": "subject", "type": "string", "title": "Subject"}],
                "tasks": [
                    {
                        "key": name,
                        "title": name.title(),
                        "task_type": "FORM",
                        "output_schema": YES_NO,
                        **tasks.get(name, {}),
                    }
                    for name in keys
                ],
                "transitions": transitions,
            }
        ],
        "tickets": [
            {
                "key": f"{key}-request",
                "title": f"Ask for {key}",
                "workflow": key,
                "company_role_access": ["user"],
            }
        ],
    }


def a_workflow(
    firm: Firm, drawing: str = "ask > check", *, key: str = "flow", **tasks: dict[str, Any]
) -> TicketDefinition:
    """Import and publish a drawing (see `a_document`) in the company in force; returns its ticket
    type.
    """
    import_bundle(firm.boss, a_document(drawing, key=key, **tasks), publish=True)
    return TicketDefinition.objects.select_related("workflow").get(key=f"{key}-request")


def a_ticket(firm: Firm, ticket_type: TicketDefinition, subject: str = "A chair") -> TicketInstance:
    """Ann asks for it."""
    ticket = submit_ticket(firm.ann, ticket_type, {"subject": subject})
    return TicketInstance.objects.select_related("workflow").get(pk=ticket.pk)


def the_open_task(ticket: TicketInstance) -> TaskInstance:
    """The one task of the ticket that somebody can do now."""
    return TaskInstance.objects.select_related("task_definition", "assigned_to").get(
        ticket=ticket, t_status__in=("OPEN", "IN_PROGRESS")
    )


def the_workflow(key: str = "flow") -> WorkflowDefinition:
    return WorkflowDefinition.objects.filter(key=key).order_by("-version")[0]


def kill_before_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on every process ends as soon as the person's own change is safe."""
    for module in ("tickets", "tasks", "repair"):
        monkeypatch.setattr(f"operations.services.{module}.after_the_change", lambda work: None)
