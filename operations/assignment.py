"""Who gets a task, and why: the free person with the fewest open tasks; ties go to whoever waits
longest.

"Open" counts what somebody can do now, in all workflows; finished work does not count, or newcomers
would drown. Nobody free is an answer too: the task waits, visibly, and the sweeper asks again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from operations import store
from operations.store import Row

NOBODY: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Choice:
    """`worker_id` None: nobody is free. `considered`: [{name, open, why_not}], for the history."""

    worker_id: UUID | None
    worker_name: str
    reason: str
    considered: list[dict[str, Any]]


def choose_worker(assign: dict[str, Any], given: Mapping[str, int] = NOBODY) -> Choice:
    """Pick a person for a task; `assign` is that of its definition ({"company_role": key} or {}).

    `given`: how many tasks people get by the same decision, by their id as text: the branches of
    one ticket must not count the same free place. So that two tickets never do, the caller holds
    the company's assignment lock (`store.look`).
    """
    role = str(assign.get("company_role") or "")
    rows = store.candidates(role, given)
    considered = [
        {"id": str(row["id"]), "name": row["name"], "open": row["open"], "why_not": _why_not(row)}
        for row in rows
    ]
    if not rows or not rows[0]["is_free"]:
        return Choice(None, "", _nobody(rows, role), considered)
    winner = rows[0]
    return Choice(winner["id"], winner["name"], _because(considered), considered)


def _why_not(row: Row) -> str:
    if row["is_free"]:
        return ""
    return "is away" if not row["is_available"] else f"has {row['open']} of {row['most']} tasks"


def _because(considered: list[dict[str, Any]]) -> str:
    free = [one for one in considered if not one["why_not"]]
    if len(free) == 1:
        reason = f"Only {free[0]['name']} is free."
    else:
        reason = (
            "Fewest open tasks: " + ", ".join(f"{one['name']} {one['open']}" for one in free) + "."
        )
    return " ".join([reason, *_absent(considered)])


def _absent(considered: list[dict[str, Any]]) -> list[str]:
    return [f"{one['name']} {one['why_not']}." for one in considered if one["why_not"]]


def _nobody(rows: list[Row], role: str) -> str:
    if not rows:
        who = f"in the company role '{role}'" if role else "in this company"
        return f"No task worker {who} can sign in."
    return "Nobody is free. " + " ".join(f"{row['name']} {_why_not(row)}." for row in rows)
