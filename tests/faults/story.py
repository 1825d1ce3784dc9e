"""The workflow of the faults: every kind of step, and what each ticket must come to.

    ask > order (a call)                     \\
        > report (a call, answered later)     > meet > inside (look > book) > rest > close
        > hurry (nobody does it; it runs out) /
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from definitions.services import import_bundle
from tenants.context import tenant_context
from tenants.models import User
from tenants.services import add_user, create_company_role
from tests.builders import PASSWORD, Firm, a_firm

KIND = "everything-request"
NOTE = {
    "type": "object",
    "required": ["note"],
    "properties": {"note": {"type": "string", "title": "Note"}},
}
#: A dozen people sign in; their passwords protect nothing.
HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CALL_SECONDS = 2
#: Shorter than what it waits for: branches meet before it runs out as well as after.
HURRY_SECONDS = 2

#: By task: how it must be left.
DONE, OUT_OF_TIME = ("COMPLETED", ""), ("CANCELLED", "timeout")
EXPECTED: dict[str, tuple[str, str]] = {
    "ask": DONE,
    "order": DONE,
    "report": DONE,
    "hurry": OUT_OF_TIME,
    "meet": DONE,
    "inside": DONE,
    "look": DONE,
    "book": DONE,
    "rest": DONE,
    "close": DONE,
}
BY_PEOPLE = frozenset({"ask", "meet", "look", "close"})
BY_CALLS = frozenset({"order", "report", "book"})


@dataclass(frozen=True)
class Cast:
    """Who asks and who works, all with the same password. Sam has work and never does any."""

    firm: Firm
    askers: list[User]
    workers: list[User]

    @contextmanager
    def in_force(self) -> Iterator[None]:
        with tenant_context(self.firm.company):
            yield


def a_cast(systems_url: str, askers: int, workers: int) -> Cast:
    """Acme with its people, and the workflow, published."""
    firm = a_firm("Acme")
    with tenant_context(firm.company):
        for key in ("doers", "sleepers"):
            create_company_role(firm.boss, key=key, title=key.title())
        _person(firm, "sam", "task_worker", "sleepers")
        asking = [_person(firm, f"asker{n}", "user") for n in range(askers)]
        working = [_person(firm, f"worker{n}", "task_worker", "doers") for n in range(workers)]
        import_bundle(firm.flo, document(systems_url), publish=True)
    return Cast(firm, asking, working)


def _person(firm: Firm, name: str, role: str, *company_roles: str) -> User:
    return add_user(
        firm.boss,
        email=f"{name}@acme.example",
        first_name=name.title(),
        last_name="Of-Acme",
        password=PASSWORD,
        roles=[role],
        company_roles=company_roles,
    )


def document(systems_url: str) -> dict[str, Any]:
    fields = [
        {"name": "subject", "type": "string", "title": "Subject"},
        {"name": "go_on_at", "type": "string", "title": "Go on at"},
    ]
    parts = [*_ways("ask", "order", "report", "hurry"), *_ways("order", "meet")]
    parts += [*_ways("report", "meet"), *_ways("hurry", "meet")]
    parts += [{"from": "hurry", "to": "meet", "after": "timeout"}]
    for source, target in (("meet", "inside"), ("inside", "rest"), ("rest", "close")):
        parts += _ways(source, target)
    return {
        "format": "ticketflower/1",
        "workflows": [
            {
                "key": "checking",
                "title": "Checking",
                "fields": fields[:1],
                "tasks": [_form("look"), _call("book", f"{systems_url}/book")],
                "transitions": [{"to": "look"}, *_ways("look", "book"), *_ways("book", None)],
            },
            {
                "key": "everything",
                "title": "Everything",
                "fields": fields,
                "tasks": [
                    _form("ask", split="ALL"),
                    _call("order", f"{systems_url}/order"),
                    _call("report", f"{systems_url}/report", task_type="ASYNC_ACTION"),
                    _form("hurry", role="sleepers", timeout_seconds=HURRY_SECONDS),
                    _form("meet", join="ALL"),
                    {"key": "inside", "task_type": "SUBWORKFLOW", "subworkflow": "checking"},
                    {
                        "key": "rest",
                        "task_type": "WAIT",
                        "until": {"at": {"$": {"var": "ticket.go_on_at"}}},
                    },
                    _form("close"),
                ],
                "transitions": [{"to": "ask"}, *parts, *_ways("close", None)],
            },
        ],
        "tickets": [
            {
                "key": KIND,
                "title": "Everything",
                "workflow": "everything",
                "company_role_access": ["user"],
            }
        ],
    }


def _ways(source: str, *targets: str | None) -> list[dict[str, Any]]:
    return [{"from": source, "to": target} for target in targets]


def _form(key: str, role: str = "doers", **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "task_type": "FORM",
        "assign": {"company_role": role},
        "output_schema": NOTE,
        **more,
    }


def _call(key: str, url: str, task_type: str = "SYNC_ACTION") -> dict[str, Any]:
    """Repeated for as long as the harm may last: what stops a ticket here is a fault of ours."""
    retry = [
        {"errors": ["*"], "interval_seconds": 1, "backoff_rate": 1, "max_attempts": 20},
    ]
    return {
        "key": key,
        "task_type": task_type,
        "action_url": url,
        "input_transform": {"subject": {"$": {"var": "ticket.subject"}}},
        "action": {"idempotent": True, "retry": retry},
        **({"timeout_seconds": CALL_SECONDS} if task_type == "SYNC_ACTION" else {}),
    }
