"""The only shell around the engine: lock, look, ask, write. Outside the person's own change.

A person's change (a ticket, an answer) is complete without anything here; what follows from it is
work that the rows themselves remember. So the manager may fail, be killed, or come twice: what it
wrote is rolled back as a whole, the rows still say what is to do, and whoever comes second finds
nothing to do.
"""

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Max

from definitions.graphs import graph_for
from definitions.models import presets_in
from operations import children, engine, jobs, store
from operations.assignment import choose_worker
from operations.engine import RoutingError
from operations.incidents import Incident, close_repaired, report
from operations.models import (
    ErrorType,
    EventKind,
    TaskInstance,
    TaskStatus,
    WorkflowEvent,
    WorkflowInstance,
    WorkflowStatus,
)
from operations.outages import will_pass
from operations.preparing import ChildFailed, TaskCannotStart
from operations.steps import carry_out, keys_by_id, progress_of
from operations.store import Row, Step
from operations.store.runs import DueHere
from tenants.context import current_company_id, tenant_context
from tenants.models import User, uuid7

log = logging.getLogger(__name__)

#: How much is done in a row after one change.
MOST_IN_A_ROW = 50
OUR_FAULT = (
    "TicketFlower itself failed here. Nothing is lost: try again, or move the ticket by hand."
)


class WorkflowStateManager:
    """Moves one ticket on as far as it goes without a person.

    `start` needs the ticket's key; `advance` that of its own run; `route` that of the task's.
    What a change makes due at once, in this run or one around it or inside of it, is done right
    after it (`follow`); the rows say so, too, and the sweeper does what is left.
    """

    def __init__(self, *, ticket_id: UUID | None = None, instance_id: UUID | None = None) -> None:
        self.ticket_id = ticket_id
        self.instance_id = instance_id
        self.due: list[DueHere] = []

    # What can be due

    def start(self) -> bool:
        """Create the ticket's workflow run and start its first tasks; False: nothing was done."""
        is_done = self._guarded(self._start, ErrorType.WORKFLOW_CREATION, task_id=None)
        self.follow()
        return is_done

    def advance(self) -> bool:
        """Do all that is due in a ticket's run and inside of it; False if any of it failed."""
        with tenant_context(current_company_id()):
            due = store.runs.due_here(_given(self.instance_id))
        outcomes = [self._do(one) for one in due]  # a failed one holds up no other
        self.follow()
        return all(outcomes)

    def route(self, task_id: UUID) -> bool:
        """Go on from one completed task; False if there was nothing to do, or it failed."""
        return self._do_and_follow(DueHere("route", task_id, _given(self.instance_id)))

    def open_child(self, task_id: UUID) -> bool:
        """Begin the run inside of a SUBWORKFLOW task; False: nothing to do, or it failed."""
        return self._do_and_follow(DueHere("child", task_id))

    def finish_child(self, task_id: UUID) -> bool:
        """Complete a SUBWORKFLOW task whose run inside is done; False as for `open_child`."""
        return self._do_and_follow(DueHere("child_done", task_id))

    def try_again(self, task_id: UUID) -> bool:
        """Do what is due with a task, whatever that is; False: nothing, or it failed."""
        run_id = _given(self.instance_id)
        work = [DueHere(kind, task_id, run_id) for kind in ("route", "child", "child_done")]
        is_done = any(self._do(one) for one in work)
        self.follow()
        return is_done

    def follow(self) -> None:
        """Do what the last change made due at once.

        In a row, not one inside of the other, and not for ever: a request waits for this. What is
        left is found by the sweeper.
        """
        for _ in range(MOST_IN_A_ROW):
            if not self.due:
                return
            self._do(self.due.pop(0))
        self.due.clear()

    def assign(self, task_id: UUID) -> bool:
        """Look again for somebody to do a task that waits for a free person; False if nobody is."""
        with tenant_context(current_company_id()):
            row = store.lock_task(task_id)
            if row is None or not _waits_for_somebody(row):
                return False
            store.lock_assignments()
            choice = choose_worker(row["assign"])
            if choice.worker_id is None:
                return False
            task = TaskInstance(pk=row["id"], t_status=row["t_status"])
            task.hand_to(User(pk=choice.worker_id))
            return store.change_task(
                task=row["id"],
                was=row["t_status"],
                t_status=task.t_status,
                assigned_to=choice.worker_id,
                key=row["key"],
                event_id=uuid7(),
                kind=EventKind.ASSIGNED,
                actor=None,
                actor_kind="SYSTEM",
                actor_label="TicketFlower",
                reason=choice.reason,
                detail={"worker": choice.worker_name, "considered": choice.considered},
            )

    # What a person decides

    def move(self, locked: Row, task_key: str, *, told: Mapping[str, Any]) -> None:
        """Send a run, locked by the caller, to any task; reopens one that was over.

        Args:
            told: who moved it and why, as columns of the event.
        """
        pinned = graph_for(locked["workflow_definition_id"])
        seen = store.look(locked["id"])
        decision = engine.move(pinned.graph, progress_of(seen, pinned), task_key)
        _reopen(locked)
        locked["automatic_steps"] = 0
        step = Step(locked, locked["ticket_id"])
        for task in seen["tasks"]:
            # A completed task that never found its way counts as routed: by hand, here.
            is_done = task["status"] == TaskStatus.COMPLETED
            (step.routed if is_done else step.cancels).append(UUID(task["id"]))
        carry_out(step, pinned, decision, EventKind.MOVED, now=locked["now"], seen=seen, told=told)
        self.due += write(step)

    # Lock, look, ask, write

    def _start(self) -> bool:
        ticket = store.lock_ticket(_given(self.ticket_id))
        if ticket is None or ticket["workflow_id"] or ticket["closed_at"]:
            return False
        pinned = graph_for(ticket["workflow_definition_id"])
        # Last: a form that lets anything through must not let anybody choose what is preset.
        data = {"ticket": {**ticket["ticket_data"], **presets_in(ticket["fields"])}}
        decision = engine.start(pinned.graph, data, now=ticket["now"])
        step = Step(_new_run(ticket, pinned.id, data), ticket["id"])
        step.instance["automatic_steps"] = engine.automatic_steps(pinned.graph, decision)
        carry_out(step, pinned, decision, EventKind.STARTED, now=ticket["now"])
        self.due += write(step)
        self._went_on(ticket["has_open_error"], None)
        return True

    def _route(self, task_id: UUID) -> bool:
        run = store.lock_instance(_given(self.instance_id))
        if run is None or run["w_status"] != WorkflowStatus.IN_PROGRESS:
            return False
        self.ticket_id = run["ticket_id"]
        seen = store.look(run["id"])
        done = _completed(seen, task_id)
        if done is None:
            return False
        pinned = graph_for(run["workflow_definition_id"])
        key = keys_by_id(pinned)[done["definition"]]
        run["workflow_data"] = {**run["workflow_data"], key: done["output"]}
        decision = engine.complete(
            pinned.graph,
            progress_of(seen, pinned),
            done["id"],
            run["workflow_data"],
            now=run["now"],
            way_out=done["way_out"],
        )
        # What has waited for something is no machine that goes in circles.
        so_far = 0 if pinned.graph.tasks[key].waits else run["automatic_steps"]
        run["automatic_steps"] = engine.automatic_steps(pinned.graph, decision, so_far)
        step = Step(run, run["ticket_id"], routed=[task_id])
        carry_out(step, pinned, decision, EventKind.ROUTED, now=run["now"], seen=seen, source=done)
        self.due += write(step)
        self._went_on(seen["has_open_error"], task_id)
        return True

    def _open_child(self, task_id: UUID) -> bool:
        begun = children.begin(task_id)
        if begun is None:
            return False
        self.ticket_id = begun.step.ticket_id
        self.due += write(begun.step)
        children.wait_for_it(begun.step)
        self._went_on(begun.has_open_error, task_id)
        return True

    def _finish_child(self, task_id: UUID) -> bool:
        task = children.give_back(task_id)
        if task is None:
            return False
        self.ticket_id = task["ticket_id"]
        self.due.append(DueHere("route", task_id, task["workflow_instance_id"]))
        self._went_on(task["has_open_error"], task_id)
        return True

    # One piece of work after the other

    def _do_and_follow(self, work: DueHere) -> bool:
        is_done = self._do(work)
        self.follow()
        return is_done

    def _do(self, work: DueHere) -> bool:
        verb, error_type = {
            "route": (self._route, ErrorType.WORKFLOW_TRANSITION),
            "child": (self._open_child, ErrorType.TASK_UPDATE),
            "child_done": (self._finish_child, ErrorType.TASK_UPDATE),
        }[work.kind]
        self.instance_id = work.run_id or self.instance_id
        return self._guarded(lambda: verb(work.task_id), error_type, task_id=work.task_id)

    # When it goes wrong, and when it is right again

    def _guarded(
        self, work: Callable[[], bool], error_type: ErrorType, *, task_id: UUID | None
    ) -> bool:
        """One decision in its own transaction (a savepoint in the caller's).

        What fails is rolled back, the person's change stays, and a TicketError says what is to be
        repaired.
        """
        try:
            with tenant_context(current_company_id()):
                return work()
        except RoutingError as error:
            incident = Incident(error_type, task_id, error.code, error.message, error.trace)
        except TaskCannotStart as error:
            incident = Incident(
                ErrorType.TASK_CREATION, task_id, "task_cannot_start", error.message
            )
        except ChildFailed as error:
            incident = Incident(error_type, task_id, error.code, error.message, error.trace)
        except Exception as error:
            if will_pass(error):
                log.exception("The engine will come back", extra={"ticket": self.ticket_id})
                return False
            log.exception("The engine failed", extra={"ticket": self.ticket_id})
            incident = Incident(
                error_type, task_id, "internal", OUR_FAULT, stack_trace=traceback.format_exc()
            )
        with tenant_context(current_company_id()):
            if ticket_id := self._ticket_id(task_id):
                report(ticket_id, incident)
        return False

    def _ticket_id(self, task_id: UUID | None) -> UUID | None:
        if self.ticket_id or task_id is None:
            return self.ticket_id
        tasks = TaskInstance.objects.filter(pk=task_id)
        return tasks.values_list("ticket_id", flat=True).first()

    def _went_on(self, has_open_error: bool, task_id: UUID | None) -> None:
        """The re-run has succeeded: close what it repaired."""
        if has_open_error:
            close_repaired(_given(self.ticket_id), task_id)


def write(step: Step) -> list[DueHere]:
    """Carry out a decision, with the jobs for the calls that it starts.

    Returns what else is due at once.
    """
    store.write(step)
    for task_id in step.calls:
        jobs.enqueue("call", task_id)
    due = [DueHere("child", task_id) for task_id in step.children]
    around = step.instance["parent_task_id"]
    if around and step.instance["w_status"] == WorkflowStatus.COMPLETED:
        due.append(DueHere("child_done", around))
    return due


def _given(key: UUID | None) -> UUID:
    if key is None:
        raise ValueError("This step needs the key that the manager was made without.")
    return key


def _waits_for_somebody(task: Row) -> bool:
    """Nobody has it, and it may be done: while a ticket is on hold, nobody is given anything."""
    waits = task["t_status"] == TaskStatus.PENDING and task["assigned_to_id"] is None
    return waits and task["w_status"] == WorkflowStatus.IN_PROGRESS


def _new_run(ticket: Row, workflow_definition_id: UUID, data: dict[str, Any]) -> Row:
    run = WorkflowInstance(id=uuid7())
    run.start()
    return {
        "id": run.pk,
        "root_id": run.pk,
        "parent_task_id": None,
        "depth": 0,
        "workflow_definition_id": workflow_definition_id,
        "w_status": run.w_status,
        "workflow_data": data,
        "current_task_id": None,
        "last_task_sequence": 0,
        "last_event_sequence": _last_event_of(ticket),
        "created_by_id": ticket["created_by_id"],
        "started_at": ticket["now"],
        "completed_at": None,
        "held_at": None,
    }


def _last_event_of(ticket: Row) -> int:
    """Before its run exists a ticket counts its own events: submitted, and every failed start."""
    if not ticket["has_open_error"]:
        return 1
    events = WorkflowEvent.objects.filter(ticket=ticket["id"])
    return events.aggregate(last=Max("sequence"))["last"] or 0


def _completed(seen: Row, task_id: UUID) -> Row | None:
    """The task as it was seen, if it is completed and waits to be routed."""
    for task in seen["tasks"]:
        if task["id"] == str(task_id) and task["status"] == TaskStatus.COMPLETED:
            found: Row = task
            return found
    return None


def _reopen(locked: Row) -> None:
    run = WorkflowInstance(w_status=locked["w_status"])
    if run.w_status in (WorkflowStatus.COMPLETED, WorkflowStatus.CANCELLED):
        run.reopen()
        locked |= {"w_status": run.w_status, "completed_at": None, "held_at": None}
