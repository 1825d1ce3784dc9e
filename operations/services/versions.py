"""Moving tickets that are under way to another version of their workflow, and back.

Nothing is lost on the way: an open task stays the same row with its person, its draft and its
times, and the address at which another system may answer stays good. What is over keeps the version
in which it happened. See docs/versions.md.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet

from definitions.graphs import PinnedGraph, graph_for
from definitions.models import DefinitionStatus, WorkflowDefinition
from operations import engine, store
from operations.engine import Decision, RoutingError
from operations.files.values import described_for
from operations.models import (
    EventKind,
    TaskInstance,
    TaskStatus,
    TicketInstance,
    WorkflowEvent,
    WorkflowInstance,
    WorkflowStatus,
)
from operations.preparing import TaskCannotStart, prepared_input
from operations.services.checking import must_say_why
from operations.state_manager import WorkflowStateManager, write
from operations.steps import NOTHING_UNDER_WAY, carry_out, progress_of
from operations.store import Row, Step
from operations.versions import (
    Refusal,
    RunPlan,
    RunState,
    StepPlan,
    Target,
    going_runs,
    plan_run,
    read_runs,
)
from operations.versions.reading import GOING
from tenants.audit import record, row_id
from tenants.context import after_the_change
from tenants.errors import DomainError, NotAllowed, NotFound
from tenants.models import User
from tenants.services.checking import must

#: As many at a time: they are one transaction where a page asks for it.
MOST_AT_ONCE = 200
_TRIAGE = "operations.triage_ticketinstance"
_DESIGN = "definitions.change_workflowdefinition"

Mapped = Mapping[str, str]
NOTHING_MAPPED: Mapped = {}


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of one ticket. `title` is "" for whoever does not see every ticket.

    `refusal` says why it stays where it is, "" if it can be moved; `unmapped` names the steps for
    which another one has to be chosen; `places` are the open steps as (title, title there).
    """

    ticket_id: UUID
    number: int
    title: str
    versions: tuple[int, ...]
    places: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    refusal: str = ""
    unmapped: tuple[str, ...] = ()

    @property
    def can_move(self) -> bool:
        return not self.refusal


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one ticket: `refused` is None where it was moved."""

    ticket: TicketInstance
    refused: DomainError | None = None


@dataclass(frozen=True, slots=True)
class WayBack:
    """Where the last move of a ticket came from, and the mapping that undoes it."""

    version: WorkflowDefinition
    mapping: dict[str, str]


class CannotMove(DomainError):
    """The ticket stays on its version. `unmapped`: keys of steps that have to be mapped."""

    code = "cannot_move_version"

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.unmapped = tuple(dict.fromkeys(one.key for one in refusals if one.key))
        super().__init__(" ".join(dict.fromkeys(one.message for one in refusals)))


# --- looking --------------------------------------------------------------------------------------


def running_on(key: str) -> dict[UUID, int]:
    """How many tickets run on each version of a workflow, inside of another one's steps or not."""
    runs = WorkflowInstance.objects.filter(
        workflow_definition__key=key, w_status__in=GOING, root__w_status__in=GOING
    ).order_by()
    return dict(runs.values_list("workflow_definition").annotate(n=Count("root", distinct=True)))


def tickets_on_others(version: WorkflowDefinition) -> QuerySet[TicketInstance, Any]:
    """The tickets that could be moved to this version, the oldest first."""
    roots = going_runs(version).values("root")
    return TicketInstance.objects.filter(workflow__in=roots).order_by("number")


def preview_move(
    actor: User,
    tickets: Iterable[TicketInstance],
    version: WorkflowDefinition,
    mapping: Mapped = NOTHING_MAPPED,
) -> list[Preview]:
    """What would become of each ticket; nothing is changed. Statements do not grow with tickets.

    A draft may be asked about: so one knows before it is published.

    Args:
        mapping: key of a step -> key of the one in `version` that takes its place; without it, the
            one of the same key.

    Raises:
        NotAllowed: neither a ticket admin nor a workflow creator.
        NotFound, DomainError: no such version, or no such step in it.
    """
    if not (actor.has_perm(_TRIAGE) or actor.has_perm(_DESIGN)):
        raise NotAllowed("Your roles do not allow this. Ask an admin of your company.")
    target = _target(version, mapping)
    keys = [ticket.pk for ticket in tickets]
    sees = actor.has_perm(_TRIAGE)  # to view is to view one's own
    runs = read_runs(version, keys)
    if not sees:
        runs = {key: [_without_drafts(run) for run in those] for key, those in runs.items()}
    rows = TicketInstance.objects.filter(pk__in=keys).order_by("number")
    previews = []
    for row in rows.values("pk", "number", "title", "closed_at", "workflow"):
        told = (row["pk"], row["number"], row["title"] if sees else "")
        if not runs.get(row["pk"]):
            previews.append(Preview(*told, (), refusal=_why_not_at_all(row, version)))
            continue
        plans = [plan_run(run, graph_for(run.version_id).graph, target) for run in runs[row["pk"]]]
        previews.append(_preview(told, plans))
    return previews


def _without_drafts(run: RunState) -> RunState:
    """Whether a form takes an answer tells the answer to whoever may try one form after another."""
    return replace(run, steps=tuple(replace(step, draft=None) for step in run.steps))


def way_back(ticket: TicketInstance) -> WayBack | None:
    """Undo the last move of a ticket's own run; None where there was none, or it is over."""
    run = ticket.workflow
    if run is None or ticket.closed_at is not None:
        return None
    events = WorkflowEvent.objects.filter(
        ticket=ticket.pk, workflow_instance=run.pk, kind=EventKind.VERSION_CHANGED
    )
    last = events.order_by("-sequence").first()
    if last is None or last.detail.get("to_id") != str(run.workflow_definition_id):
        return None
    version = WorkflowDefinition.objects.filter(pk=last.detail.get("from_id")).first()
    if version is None:
        return None
    steps = TaskInstance.objects.filter(workflow_instance=run.pk, routed_at=None)
    open_now = steps.exclude(t_status=TaskStatus.CANCELLED).values_list(
        "pk", "task_definition__key"
    )
    return WayBack(version, _reversed(last.detail, {str(pk): key for pk, key in open_now}))


def _reversed(detail: Mapping[str, Any], open_now: Mapping[str, str]) -> dict[str, str]:
    """What is open since before goes back to the step it came from."""
    mapping = {to: key for key, to in detail.get("renamed", {}).items()}
    came_from: dict[str, set[str]] = {}
    recorded = {one["id"]: one for one in detail.get("steps", ())}
    for pk, key in open_now.items():
        before = recorded.get(pk)
        came_from.setdefault(key, set()).add(before["from"] if before else key)
    for key, sources in came_from.items():
        if len(sources) == 1 and (source := next(iter(sources))) != key:
            mapping[key] = source
    return mapping


def _target(version: WorkflowDefinition, mapping: Mapped) -> Target:
    pinned = _pinned(version)
    for to in mapping.values():
        if to not in pinned.graph.tasks:
            raise DomainError(
                f"v{pinned.version} has no step “{to}”. Choose one of its steps.",
                fields={"mapping": "Choose one of the steps."},
            )
    return Target(pinned.graph, pinned.version, dict(mapping))


def _pinned(version: WorkflowDefinition) -> PinnedGraph:
    try:
        return graph_for(version.pk)
    except WorkflowDefinition.DoesNotExist as error:
        raise NotFound("This version does not exist, or you cannot see it.") from error


def _why_not_at_all(row: Mapping[str, Any], version: WorkflowDefinition) -> str:
    if row["closed_at"] is not None:
        return "It is over: what is finished stays on the version in which it happened."
    if row["workflow"] is None:
        return "It has not started yet. It will start on the version that is in use then."
    return f"No other version of “{version.title}” is under way in it."


def _preview(told: tuple[UUID, int, str], plans: Sequence[RunPlan]) -> Preview:
    refusals = [refusal for plan in plans for refusal in plan.refusals]
    return Preview(
        *told,
        tuple(dict.fromkeys(plan.run.version for plan in plans)),
        tuple((step.title, step.to_title) for plan in plans for step in plan.steps),
        tuple(dict.fromkeys(note for plan in plans for note in plan.told)),
        str(CannotMove(refusals).message) if refusals else "",
        tuple(dict.fromkeys(refusal.key for refusal in refusals if refusal.key)),
    )


# --- moving ---------------------------------------------------------------------------------------


def move_to_version(
    actor: User,
    tickets: Collection[TicketInstance],
    version: WorkflowDefinition,
    *,
    mapping: Mapped = NOTHING_MAPPED,
    reason: str,
) -> list[Moved]:
    """Move each ticket to a version of its workflow, older or newer; one that is refused holds up
    no other. What is on hold stays so.

    Raises:
        NotAllowed: not a ticket admin.
        NotFound: no such version. DomainError: it is a draft, it has no such step, no reason was
        given, or too many at a time.
    """
    must(actor, _TRIAGE)
    must_say_why(reason)
    if len(tickets) > MOST_AT_ONCE:
        raise DomainError(f"Choose at most {MOST_AT_ONCE} tickets at a time.")
    target = _target(version, mapping)
    pinned = _pinned(version)
    if pinned.status == DefinitionStatus.DRAFT:
        raise DomainError(f"v{pinned.version} is a draft and may still change. Publish it first.")
    store.lock_runs([ticket.pk for ticket in tickets])
    move = _Move(actor, version, pinned, target, reason)
    return [move.of(ticket) for ticket in sorted(tickets, key=lambda ticket: ticket.pk)]


class _Move:
    """One move, the same for each of its tickets."""

    def __init__(
        self,
        actor: User,
        version: WorkflowDefinition,
        pinned: PinnedGraph,
        target: Target,
        reason: str,
    ) -> None:
        self.actor, self.version, self.pinned = actor, version, pinned
        self.target, self.reason = target, reason

    def of(self, ticket: TicketInstance) -> Moved:
        try:
            with transaction.atomic():
                self._carry_out(ticket)
        except DomainError as refused:
            return Moved(ticket, refused)
        return Moved(ticket)

    def _carry_out(self, ticket: TicketInstance) -> None:
        """Lock the ticket, look, and move each of its runs on this workflow, or none."""
        row = _row_of(ticket)
        root = store.lock_instance(row["workflow"]) if row["workflow"] else None
        if root is None:
            raise DomainError(_why_not_at_all(row, self.version))
        runs = read_runs(self.version, [ticket.pk])[ticket.pk]
        if not runs:
            raise DomainError(_why_not_at_all(_row_of(ticket), self.version))
        plans = [plan_run(run, graph_for(run.version_id).graph, self.target) for run in runs]
        if refusals := [refusal for plan in plans for refusal in plan.refusals]:
            raise CannotMove(refusals)
        for plan in plans:  # the ticket's own run first, which is locked already
            own = plan.run.id == root["id"]
            self._move_run(ticket, plan, root if own else store.lock_instance(plan.run.id))
        numbers = {"from": sorted({run.version for run in runs}), "to": self.pinned.version}
        record(
            self.actor,
            "ticket moved to another version",
            f"#{row['number']}",
            {**numbers, "mapping": dict(self.target.mapping), "reason": self.reason},
        )

    def _move_run(self, ticket: TicketInstance, plan: RunPlan, locked: Row | None) -> None:
        if locked is None:
            raise DomainError("This ticket was deleted meanwhile.")
        was = graph_for(plan.run.version_id)
        locked["workflow_data"] = _renamed(locked["workflow_data"], plan.renamed)
        store.versions.move(
            plan.run.id,
            was=plan.run.version_id,
            version=self.pinned.id,
            steps=[self._written(step, locked) for step in plan.steps],
            arrivals=plan.arrivals,
        )
        locked["workflow_definition_id"] = self.pinned.id
        # Only joins can start anything here.
        seen = store.look(plan.run.id) if plan.arrivals else NOTHING_UNDER_WAY
        step = Step(locked, ticket.pk)
        told = self._told(plan, was)
        decision = self._decision(locked, seen)
        try:
            carry_out(
                step, self.pinned, decision, EventKind.VERSION_CHANGED, now=locked["now"],
                seen=seen, told=told,
            )  # fmt: skip
        except TaskCannotStart as error:
            raise DomainError(error.message) from error
        manager = WorkflowStateManager(ticket_id=ticket.pk, instance_id=plan.run.id)
        manager.due += write(step)
        is_stuck = any(step.is_done for step in plan.run.steps)
        after_the_change(manager.advance if is_stuck else manager.follow)

    def _decision(self, locked: Row, seen: Row) -> Decision:
        """What starts with the move; nothing while the ticket is on hold."""
        if not seen["arrivals"] or locked["w_status"] != WorkflowStatus.IN_PROGRESS:
            return Decision()
        try:
            return engine.resettle(self.pinned.graph, progress_of(seen, self.pinned))
        except RoutingError as error:
            raise DomainError(error.message) from error

    def _written(self, step: StepPlan, locked: Row) -> dict[str, Any]:
        """A step as `store.versions` takes it."""
        made = None
        if step.makes_input:
            node = self.pinned.graph.tasks[step.to_key]
            try:
                files = described_for(node, locked["ticket_id"])
                made = prepared_input(node, locked["workflow_data"], locked["now"], files)
            except TaskCannotStart as error:
                raise DomainError(error.message) from error
        return {
            "id": step.id,
            "definition": self.pinned.task_ids[step.to_key],
            "way_out": step.way_out,
            "makes_input": step.makes_input,
            "input": made,
            "drops_end": step.drops_end,
            "form_changed": step.form_changed,
        }

    def _told(self, plan: RunPlan, was: PinnedGraph) -> dict[str, Any]:
        """The columns of the event."""
        detail = {
            "from": was.version,
            "to": self.pinned.version,
            "from_id": was.id,
            "to_id": self.pinned.id,
            "mapping": dict(self.target.mapping),
            "renamed": dict(plan.renamed),
            "steps": [
                {
                    "id": step.id, "from": step.from_key, "to": step.to_key, "title": step.title,
                    "to_title": step.to_title,
                }
                for step in plan.steps
            ],
            "notes": list(plan.told),
        }  # fmt: skip
        return {
            "reason": self.reason,
            "actor_id": row_id(self.actor),
            "actor_kind": "PERSON",
            "actor_label": self.actor.label,
            "detail": detail,
        }


def _row_of(ticket: TicketInstance) -> Mapping[str, Any]:
    rows = TicketInstance.objects.filter(pk=ticket.pk)
    found: Mapping[str, Any] | None = rows.values("number", "closed_at", "workflow").first()
    if found is None:
        raise NotFound("This ticket does not exist, or you cannot see it.")
    return found


def _renamed(data: Mapping[str, Any], renamed: Mapped) -> dict[str, Any]:
    """What was left behind, by the new keys; the order of the data says nothing."""
    kept = {key: value for key, value in data.items() if key not in renamed}
    return {**kept, **{renamed[key]: data[key] for key in renamed if key in data}}
