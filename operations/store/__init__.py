"""The hand-written SQL of operations, and no rule: one statement to lock, one to look, one to write.

What a ticket passes through stands here by its name; beside it lie `calls` (attempts and callbacks),
`runs` (all runs of one ticket), `times` (what time on hold does to times to come),
`versions` (moving a run to another) and `jobs` (the queue).
Each statement names the company although row security does so too: with a constant the planner knows
how big this company is, where the policy only lets it assume the average one.
"""

from operations.store import calls, jobs, runs, times, versions
from operations.store.asking import Row, as_json, ask, clock
from operations.store.due import DueWork, due_work
from operations.store.locks import (
    lock_assignments,
    lock_instance,
    lock_kind_of_error,
    lock_runs,
    lock_task,
    lock_ticket,
    look,
)
from operations.store.people import candidates
from operations.store.steps import Step, write
from operations.store.tasks import change_task
from operations.store.tickets import insert_ticket

__all__ = [
    "DueWork",
    "Row",
    "Step",
    "as_json",
    "ask",
    "calls",
    "candidates",
    "change_task",
    "clock",
    "due_work",
    "insert_ticket",
    "jobs",
    "lock_assignments",
    "lock_instance",
    "lock_kind_of_error",
    "lock_runs",
    "lock_task",
    "lock_ticket",
    "look",
    "runs",
    "times",
    "versions",
    "write",
]
