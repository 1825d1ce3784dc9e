"""The only shell around the engine: lock, look, ask, write. Stands outside the person's own change.

A person's change (a ticket, an answer) is complete without anything here; what follows from it is
work that the rows themselves remember. So the manager may fail, be killed, or come twice: what it
wrote is rolled back as a whole, the rows still say what is to do, and whoever comes second finds
nothing to do.
"""

import hashlib
import logging
import traceback
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from definitions import logic
from definitions.durations import duration_of
from definitions.graph import TaskNode
from definitions.graphs import PinnedGraph, graph_for
from operations import engine, store
from operations.assignment import Choice, choose_worker
from operations.engine import Decision, OpenTask, Progress, RoutingError, Waiting
from operations.models import (
    ErrorType,
    EventKind,
    TaskInstance,
    TaskStatus,
    TicketError,
    TicketInstance,
    WorkflowEvent,
    WorkflowInstance,
    WorkflowStatus,
)
from operations.store import Row, Step
from tenants.models import User, uuid7

log = logging.getLogger(__name__)

OUR_FAULT = (
    "TicketFlower itself failed here. Nothing is lost: try again, or move the ticket by hand."
)


class TaskCannotStart(Exception):
    """A task's own preparation failed; `message` is for a ticket admin."""

    def __init__(self, task: TaskNode, cause: str) -> None:
        self.message = f'The task "{task.label}" cannot start: {cause}'
        super().__init__(self.message)


class WorkflowStateManager:
    """Moves one ticket on as far as it goes without a person."""

    def __init__(self, *, ticket_id: UUID | None = None, instance_id: UUID | None = None) -> None:
        self.ticket_id = ticket_id
        self.instance_id = instance_id

    # --- the three things that can be due ---

    def start(self) -> bool:
        """Create the workflow run of a ticket and start its first tasks; False if there was nothing
        to do.
        """
        return self._guarded(self._start, ErrorType.WORKFLOW_CREATION, task_id=None)

    def advance(self) -> bool:
        """Route every completed task of the run that waits for it; False if one of them failed."""
        tasks = TaskInstance.objects.filter(workflow_instance=self.instance_id)
        waiting = tasks.waiting_to_be_routed().order_by("sequence").values_list("pk", flat=True)
        outcomes = [self.route(task_id) for task_id in waiting]  # a failed one holds up no other
        return all(outcomes)

    def route(self, task_id: UUID) -> bool:
        """Go on from one completed task; False if there was nothing to do, or it failed."""
        return self._guarded(
            lambda: self._route(task_id), ErrorType.WORKFLOW_TRANSITION, task_id=task_id
        )

    # --- deciding ---

    def _start(self) -> bool:
        ticket = store.lock_ticket(_given(self.ticket_id))
        if ticket is None or ticket["workflow_id"] or ticket["closed_at"]:
            return False
        pinned = graph_for(ticket["workflow_definition_id"])
        presets = {field["name"]: field["value"] for field in ticket["fields"] if "value" in field}
        data = {"ticket": {**presets, **ticket["ticket_data"]}}
        run = WorkflowInstance(id=uuid7(), started_at=ticket["now"])
        decision = engine.start(pinned.graph, data, now=ticket["now"])
        run.start()
        instance = {
            "id": run.pk,
            "workflow_definition_id": pinned.id,
            "w_status": run.w_status,
            "workflow_data": data,
            "current_task_id": None,
            "last_task_sequence": 0,
            "created_by_id": ticket["created_by_id"],
            "last_event_sequence": _last_event_of(ticket),
            "started_at": ticket["now"],
            "completed_at": None,
            "held_at": None,
        }
        store.look(None)  # for the assignment lock
        step = Step(instance, ticket["id"])
        self._carry_out(step, pinned, decision, EventKind.STARTED, source=None, now=ticket["now"])
        store.write(step)
        self._went_on(ticket, None)
        return True

    def _route(self, task_id: UUID) -> bool:
        instance = store.lock_instance(_given(self.instance_id))
        if instance is None or instance["w_status"] != WorkflowStatus.IN_PROGRESS:
            return False
        self.ticket_id = instance["ticket_id"]
        seen = store.look(self.instance_id)
        done = next(
            (t for t in seen["tasks"] if t["id"] == str(task_id) and t["status"] == "COMPLETED"),
            None,
        )
        if done is None:
            return False
        pinned = graph_for(instance["workflow_definition_id"])
        key_of = _key_of(pinned)
        key = key_of[done["definition"]]
        instance["workflow_data"] = {**instance["workflow_data"], key: done["output"]}
        decision = engine.complete(
            pinned.graph,
            _progress(seen, key_of),
            done["id"],
            instance["workflow_data"],
            now=instance["now"],
        )
        step = Step(instance, instance["ticket_id"], routed=[task_id])
        self._carry_out(
            step, pinned, decision, EventKind.ROUTED, source=done, now=instance["now"], seen=seen
        )
        store.write(step)
        self._went_on(instance, task_id)
        return True

    def move(
        self, locked: Row, task_key: str, *, reason: str, actor_id: UUID | None, actor_label: str
    ) -> None:
        """Carry out an admin's move of a locked run; reopens one that was over."""
        pinned = graph_for(locked["workflow_definition_id"])
        seen = store.look(locked["id"])
        decision = engine.move(pinned.graph, _progress(seen, _key_of(pinned)), task_key)
        _reopen(locked)
        step = Step(locked, locked["ticket_id"])
        # A completed task that never found its way counts as routed: by hand, here.
        step.routed = [
            UUID(task["id"]) for task in seen["tasks"] if task["status"] == TaskStatus.COMPLETED
        ]
        step.cancels = [
            UUID(task["id"]) for task in seen["tasks"] if task["status"] != TaskStatus.COMPLETED
        ]
        who = {"actor_id": actor_id, "actor_kind": "PERSON", "actor_label": actor_label}
        self._carry_out(
            step,
            pinned,
            decision,
            EventKind.MOVED,
            source=None,
            now=locked["now"],
            seen=seen,
            reason=reason,
            **who,
        )
        store.write(step)

    def assign(self, task_id: UUID) -> bool:
        """Look again for somebody to do a task that waits for a free person; False if nobody is."""
        with transaction.atomic():
            row = store.lock_task(task_id)
            if row is None or row["t_status"] != TaskStatus.PENDING or row["assigned_to_id"]:
                return False
            store.look(None)  # for the assignment lock
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

    # --- turning a decision into rows ---

    def _carry_out(
        self,
        step: Step,
        pinned: PinnedGraph,
        decision: Decision,
        kind: EventKind,
        *,
        source: Row | None,
        now: datetime,
        seen: Row | None = None,
        **told: Any,
    ) -> None:
        key_of = _key_of(pinned)
        visits = dict(seen["visits"]) if seen else {}
        arrival = {
            "from_key": key_of[source["definition"]] if source else "",
            "to_key": ", ".join(start.task_key for start in decision.starts),
            "task_id": source["id"] if source else None,
        }
        _tell(
            step,
            kind,
            trace=[considered.as_json() for considered in decision.trace],
            **arrival,
            **told,
        )
        step.used_arrivals += [
            branch for start in decision.starts for branch in start.merges
        ] + list(decision.discards)
        step.waits += [
            {"id": uuid7(), "task_key": wait.key, "branch": wait.branch} for wait in decision.waits
        ]
        for start in decision.starts:
            self._start_task(step, pinned, start, visits, now)
        _set_current_task(step, seen, source)
        if decision.finished:
            run = WorkflowInstance(w_status=step.instance["w_status"])
            run.finish()
            step.instance |= {"w_status": run.w_status, "completed_at": now}
            step.closed_at = now
            _tell(step, EventKind.FINISHED)

    def _start_task(
        self,
        step: Step,
        pinned: PinnedGraph,
        start: engine.Start,
        visits: dict[str, int],
        now: datetime,
    ) -> None:
        node = pinned.graph.tasks[start.task_key]
        definition_id = pinned.task_ids[start.task_key]
        visits[str(definition_id)] = visits.get(str(definition_id), 0) + 1
        step.instance["last_task_sequence"] += 1
        choice = choose_worker(dict(node.assign)) if node.task_type == "FORM" else None
        task = {
            "id": uuid7(),
            "task_definition_id": definition_id,
            "branch": start.branch,
            "t_status": TaskStatus.OPEN if choice and choice.worker_id else TaskStatus.PENDING,
            "sequence": step.instance["last_task_sequence"],
            "visit": visits[str(definition_id)],
            "assigned_to_id": choice.worker_id if choice else None,
            "due_at": _due_at(node, now),
            "input_data": _prepared_input(node, step.instance["workflow_data"], now),
        }
        step.tasks.append(task)
        if choice:
            tell_assignment(step, task["id"], start.task_key, choice)

    # --- when it goes wrong, and when it is right again ---

    def _guarded(
        self, work: Callable[[], bool], error_type: ErrorType, *, task_id: UUID | None
    ) -> bool:
        """Run one decision in its own transaction. What fails is rolled back, the person's change
        stays,
        and a TicketError says what is to be repaired."""
        try:
            with transaction.atomic():
                return work()
        except RoutingError as error:
            self._report(error_type, task_id, error.code, error.message, trace=error.trace)
        except TaskCannotStart as error:
            self._report(ErrorType.TASK_CREATION, task_id, "task_cannot_start", error.message)
        except OperationalError:
            # The database is busy or gone: nothing a person could repair. The rows still say what
            # is to do, and the sweeper comes back to them.
            log.exception(
                "The engine will come back to this ticket", extra={"ticket_id": str(self.ticket_id)}
            )
        except Exception:
            log.exception("The engine failed", extra={"ticket_id": str(self.ticket_id)})
            self._report(
                error_type, task_id, "internal", OUR_FAULT, stack_trace=traceback.format_exc()
            )
        return False

    def _report(
        self,
        error_type: ErrorType,
        task_id: UUID | None,
        code: str,
        message: str,
        *,
        trace: Iterable[Any] = (),
        stack_trace: str = "",
    ) -> None:
        with transaction.atomic():
            ticket = self._ticket()
            if ticket is None:
                return
            self._keep_error(ticket, error_type, task_id, code, message, list(trace), stack_trace)
            TicketInstance.objects.filter(pk=ticket.pk).update(has_open_error=True)
            append_event(
                ticket, EventKind.FAILED, reason=message, task_id=task_id, trace=list(trace)
            )

    def _keep_error(
        self,
        ticket: TicketInstance,
        error_type: ErrorType,
        task_id: UUID | None,
        code: str,
        message: str,
        trace: list[Any],
        stack_trace: str,
    ) -> None:
        """One open error per place: the same place failing again is another attempt, not another
        error.
        """
        place = {"ticket": ticket, "task_id": task_id, "error_type": error_type}
        seen_again = (
            TicketError.objects.filter(**place)
            .unresolved()
            .update(
                code=code,
                message=message,
                trace=trace,
                stack_trace=stack_trace,
                attempts=F("attempts") + 1,
                last_seen_at=timezone.now(),
                rerun_succeeded_at=None,
            )
        )
        if not seen_again:
            tasks = TaskInstance.objects.select_related("task_definition")
            task = tasks.filter(pk=task_id).first() if task_id else None
            where = f"{ticket.ticket_type.workflow.key}/{task.task_definition.key if task else ''}"
            fingerprint = hashlib.sha256(
                f"{where}/{error_type}/{code}/{message}".encode()
            ).hexdigest()
            TicketError.objects.create(
                **place,
                code=code,
                message=message,
                trace=trace,
                stack_trace=stack_trace,
                fingerprint=fingerprint,
            )

    def _ticket(self) -> TicketInstance | None:
        mine = Q(pk=self.ticket_id) if self.ticket_id else Q(workflow=_given(self.instance_id))
        return (
            TicketInstance.objects.filter(mine)
            .select_related("ticket_type__workflow", "workflow")
            .first()
        )

    def _went_on(self, row: Row, task_id: UUID | None) -> None:
        """The re-run has succeeded: close what it repaired."""
        if row["has_open_error"]:
            close_errors(
                _given(self.ticket_id),
                task_id=task_id,
                by="TicketFlower",
                notes="The ticket went on.",
            )


# --- shared with the verbs of a ticket admin
# ----------------------------------------------------------


def append_event(ticket: TicketInstance, kind: EventKind, **values: Any) -> WorkflowEvent:
    """Write one line of history outside the hot path; the caller holds the ticket or its run."""
    if ticket.workflow_id:
        WorkflowInstance.objects.filter(pk=ticket.workflow_id).update(
            last_event_sequence=F("last_event_sequence") + 1
        )
        sequence = WorkflowInstance.objects.values_list("last_event_sequence", flat=True).get(
            pk=ticket.workflow_id
        )
    else:
        TicketInstance.objects.select_for_update(no_key=True).get(pk=ticket.pk)
        sequence = (ticket.events.aggregate(last=Max("sequence"))["last"] or 0) + 1
    return WorkflowEvent.objects.create(
        ticket=ticket,
        workflow_instance_id=ticket.workflow_id,
        sequence=sequence,
        kind=kind,
        **values,
    )


def close_errors(
    ticket_id: UUID, *, task_id: UUID | None, by: str, notes: str, everywhere: bool = False
) -> None:
    """Resolve the ticket's errors at this place (or `everywhere`): the ticket has gone on from
    there.
    """
    errors = TicketError.objects.filter(ticket=ticket_id).unresolved()
    for error in errors if everywhere else errors.filter(task=task_id):
        error.rerun_succeeded_at = error.resolved_at = timezone.now()
        error.resolved_by_label = error.resolved_by_label or by
        error.resolve(error.resolution_notes or notes)
        error.save()
    still_open = TicketError.objects.filter(ticket=ticket_id).unresolved().exists()
    TicketInstance.objects.filter(pk=ticket_id).update(has_open_error=still_open)


def tell_assignment(step: Step, task_id: UUID, key: str, choice: Choice) -> None:
    """Add the line that says who got the task, or that nobody is free, and why."""
    detail = {"worker": choice.worker_name, "considered": choice.considered}
    _tell(
        step, EventKind.ASSIGNED, task_id=task_id, to_key=key, reason=choice.reason, detail=detail
    )


def _tell(step: Step, kind: EventKind, **values: Any) -> None:
    step.instance["last_event_sequence"] += 1
    step.events.append(
        {
            "id": uuid7(),
            "sequence": step.instance["last_event_sequence"],
            "kind": kind,
            "task_id": None,
            "from_key": "",
            "to_key": "",
            "actor_id": None,
            "actor_kind": "SYSTEM",
            "actor_label": "TicketFlower",
            "reason": "",
            "trace": [],
            "detail": {},
            **values,
        }
    )


def _reopen(locked: Row) -> None:
    run = WorkflowInstance(w_status=locked["w_status"])
    if run.w_status in (WorkflowStatus.COMPLETED, WorkflowStatus.CANCELLED):
        run.reopen()
        locked |= {"w_status": run.w_status, "completed_at": None}


def _given(key: UUID | None) -> UUID:
    if key is None:
        raise ValueError("This step needs the key that the manager was made without.")
    return key


def _last_event_of(ticket: Row) -> int:
    """Before its run exists a ticket counts its own events: submitted, and every failed start."""
    if not ticket["has_open_error"]:
        return 1
    return (
        WorkflowEvent.objects.filter(ticket=ticket["id"]).aggregate(last=Max("sequence"))["last"]
        or 0
    )


def _key_of(pinned: PinnedGraph) -> dict[str, str]:
    return {str(task_id): key for key, task_id in pinned.task_ids.items()}


def _progress(seen: Row, key_of: dict[str, str]) -> Progress:
    return Progress(
        open=tuple(
            OpenTask(task["id"], key_of[task["definition"]], task["branch"])
            for task in seen["tasks"]
        ),
        visits={key_of[definition]: count for definition, count in seen["visits"].items()},
        waiting=tuple(Waiting(arrival["key"], arrival["branch"]) for arrival in seen["arrivals"]),
    )


def _set_current_task(step: Step, seen: Row | None, source: Row | None) -> None:
    """For display: what started last, else what is still open, else what was done last."""
    if step.tasks:
        step.instance["current_task_id"] = step.tasks[-1]["id"]
        return
    left = [task["id"] for task in (seen["tasks"] if seen else []) if task["status"] != "COMPLETED"]
    if left:
        step.instance["current_task_id"] = left[-1]
    elif source:
        step.instance["current_task_id"] = source["id"]


def _due_at(node: TaskNode, now: datetime) -> datetime | None:
    duration = duration_of(node.extra.get("due"))
    return now + duration if duration else None


def _prepared_input(node: TaskNode, data: dict[str, Any], now: datetime) -> Any:
    """What the task starts with: its input transform over the workflow's data."""
    if node.input_transform is None:
        return {}
    try:
        return logic.transform(node.input_transform, data, now=now)
    except logic.LogicError as error:
        raise TaskCannotStart(node, str(error)) from error
