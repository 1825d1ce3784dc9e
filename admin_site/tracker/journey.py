"""Where a request is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.text import capfirst

from admin_site import html, times
from admin_site.inside import NOTHING_INSIDE, InnerVisits
from admin_site.parts import Step
from admin_site.statuses import REQUEST as WORDS
from admin_site.statuses import Status, Tone
from admin_site.tracker.outcome import Ending
from admin_site.tracker.way import usual_way, way_when_over
from admin_site.tracker.words import ordinal
from definitions.graph import TaskNode, TaskType, WorkflowGraph
from definitions.listing import listed
from operations.engine import OUT_OF_TIME
from operations.models import LIVE_TASK, EventKind, TaskInstance, TicketInstance, WorkflowEvent
from tenants.models import User

#: Six columns are as narrow as a title can be read in.
MOST_SIDE_BY_SIDE = 6
NO_WORD = Ending()
#: Of a step that no person does.
BY_ITSELF = "Done by itself"


def public_status(ticket: TicketInstance, ended: str = "") -> Status:
    """The one word for a request; its row comes from `knowing_who_cancelled`.

    `ended` is the word of the way on which it ended ("declined"): grey, for it may be a refusal.
    """
    if ticket.closed_at is None:
        return WORDS["STOPPED" if ticket.has_open_error else ticket.w_status]
    if ticket.w_status == "COMPLETED":
        return Status(capfirst(ended), Tone.GREY) if ended else WORDS["COMPLETED"]
    return WORDS["WITHDRAWN" if getattr(ticket, "was_withdrawn", False) else "CANCELLED"]


def knowing_who_cancelled(rows: QuerySet[TicketInstance, Any]) -> QuerySet[TicketInstance, Any]:
    """With `was_withdrawn`: whoever asked took it back themselves. No further statement."""
    by_asker = WorkflowEvent.objects.filter(
        ticket=OuterRef("pk"), kind=EventKind.CANCELLED, actor=OuterRef("created_by")
    )
    return rows.annotate(was_withdrawn=Exists(by_asker))


@dataclass(frozen=True, slots=True)
class Journey:
    """A request on its way, as a page shows it.

    `heading` names the place ("Step 2 of 4: Approve the purchase"), `status` is the chip beside it
    where that says more, `moment` the time that matters, with the word before it; `hint` is one
    more sentence, or "".
    """

    heading: str
    status: Status | None
    steps: tuple[Step, ...]
    moment: datetime | None = None
    before_moment: str = "since"
    hint: str = ""
    place: str = ""  # "Step 2 of 4", or "" when there is none

    @property
    def is_long(self) -> bool:
        """More steps than can stand side by side."""
        return len(self.steps) > MOST_SIDE_BY_SIDE

    @property
    def shown(self) -> tuple[Step, ...]:
        """All steps, or those around the present one with the others folded."""
        return tuple(_folded(self.steps)) if self.is_long else self.steps


def journey(
    ticket: TicketInstance,
    graph: WorkflowGraph,
    visits: Sequence[TaskInstance],
    reader: User,
    ended: Ending = NO_WORD,
    inside: InnerVisits = NOTHING_INSIDE,
) -> Journey:
    """Tell where a request is.

    `visits` are those of `visits_for_journey`; `graph` is that of the version it runs on; `ended`
    is how it ended, if it did. What happens `inside` of a step is told with the step.
    """
    steps, now = _steps(ticket, graph, visits, reader, inside)
    status = public_status(ticket)
    place = _place(steps)
    if ticket.closed_at is not None:
        return _over(ticket, ticket.closed_at, status, steps, ended)
    if ticket.has_open_error:
        hint = "Nothing is lost, and you need not do anything. It goes on once this is repaired."
        return Journey("We are looking into it", status, steps, hint=hint, place=place)
    if ticket.workflow is None or not now:
        hint = "The first step starts in a moment." if not visits else "The next step starts soon."
        return Journey("On its way", status, steps, ticket.created_at, "sent", hint, place)
    title = _named(now)
    heading = f"{place}: {title}" if place else title
    if status.word == WORDS["ON_HOLD"].word:
        hint = "Nothing is asked of anybody until it goes on."
        return Journey(heading, status, steps, ticket.workflow.held_at, "since", hint, place)
    innermost = [one for visit in now for one in inside.get(visit.pk, (visit,))]
    until = waits_until(innermost[0]) if len(innermost) == 1 else None
    moment, before = (until, "until") if until else (_since(innermost[0]), "since")
    hint = _when_over(now[0], graph) if len(now) == 1 else ""
    return Journey(heading, _with_whom(innermost, reader), steps, moment, before, hint, place)


def waits_until(visit: TaskInstance) -> datetime | None:
    """When a step that only waits for a time goes on; None for any other."""
    is_wait = visit.task_definition.task_type == TaskType.WAIT and visit.t_status == "PENDING"
    return visit.wakes_at if is_wait else None


def ran_out(visit: TaskInstance) -> bool:
    """Whether it was left because its time was over."""
    return bool(visit.way_out == OUT_OF_TIME)


def _when_over(visit: TaskInstance, graph: WorkflowGraph) -> str:
    """ "If it is not done by Thu 14:00, it goes on to “Escalate”."; "" where nothing runs out."""
    way = way_when_over(graph, visit.task_definition.key)
    if visit.times_out_at is None or not way:
        return ""
    return f"If it is not done by {times.when(visit.times_out_at)}, {way}."


def _over(
    ticket: TicketInstance, at: datetime, status: Status, steps: tuple[Step, ...], ended: Ending
) -> Journey:
    if status != WORDS["COMPLETED"]:
        return Journey(f"This request was {status.word.lower()}", None, steps, at, "")
    lasted = times.span(at - ticket.created_at)
    if ended.word:
        by = f"by {ended.by}, " if ended.by else ""
        last = (*steps[:-1], replace(steps[-1], state="ended", mark="\N{EN DASH}")) if steps else ()
        chip = WORDS["ENDED"]
        return Journey(f"Ended: {ended.word}", chip, last, at, f"{by}after {lasted},")
    return Journey(f"Everything is done, in {lasted}", status, steps, at, "")


def _steps(
    ticket: TicketInstance,
    graph: WorkflowGraph,
    visits: Sequence[TaskInstance],
    reader: User,
    inside: InnerVisits,
) -> tuple[tuple[Step, ...], list[TaskInstance]]:
    """The steps in the order of a tracker, and the visits that are under way.

    What was passed stays passed, and what is under way comes after it: a request that goes round
    never seems to go back, its way only gets longer.
    """
    in_order = sorted(visits, key=lambda visit: visit.sequence)
    now = [visit for visit in in_order if visit.t_status in LIVE_TASK]
    done = [visit for visit in in_order if visit.t_status == "COMPLETED" or ran_out(visit)]
    if ticket.closed_at is not None:
        return tuple(_done(visit) for visit in done), []
    begin: list[str | None] = [visit.task_definition.key for visit in now or done[-1:]] or [None]
    passed = {visit.task_definition.key for visit in done}
    is_held = ticket.w_status == "ON_HOLD"
    steps = [
        *(_done(visit) for visit in done),
        *(_now(visit, reader, inside.get(visit.pk, ()), is_held=is_held) for visit in now),
        *(
            _to_come(graph.tasks[key], again=key in passed)
            for key in usual_way(graph, begin, passed)
        ),
    ]
    return tuple(steps), now


def _done(visit: TaskInstance) -> Step:
    if ran_out(visit):
        return Step(_title(visit), "skip", f"Ran out of time · {times.when(visit.completed_at)}")
    who = html.first_name_of(visit.completed_by) if visit.completed_by else BY_ITSELF
    whose = "" if visit.task_definition.task_type == TaskType.SUBWORKFLOW else f"{who} · "
    again = f" · {visit.visit} times" if visit.visit > 1 else ""
    return Step(_title(visit), "done", f"{whose}{times.when(visit.completed_at)}{again}")


def _now(
    visit: TaskInstance, reader: User, inside: Sequence[TaskInstance], *, is_held: bool
) -> Step:
    again = f" · {ordinal(visit.visit)} time" if visit.visit > 1 else ""
    first = f"{_title(inside[0])}: " if inside else ""
    more = f", and {len(inside) - 1} more" if len(inside) > 1 else ""
    holding = _holding(inside[0] if inside else visit, reader, is_held=is_held)
    return Step(_title(visit), "now", f"{first}{holding}{more}{again}")


def _holding(visit: TaskInstance, reader: User, *, is_held: bool) -> str:
    if is_held:
        return "On hold"
    if until := waits_until(visit):
        return f"Waits until {times.when(until)}"
    since = f"since {times.when(_since(visit))}{_due(visit)}"
    if visit.assigned_to is None:
        is_form = visit.task_definition.task_type == TaskType.FORM
        return f"Waits for somebody free {since}" if is_form else f"Under way {since}"
    who = "you" if visit.assigned_to == reader else html.first_name_of(visit.assigned_to)
    if visit.t_status == "IN_PROGRESS":
        return f"{who.capitalize() if who == 'you' else who} {_works(who)} on it {since}"
    return f"With {who} {since}"


def _due(visit: TaskInstance) -> str:
    """ ", due Thu 14:00", or that it was due before now; "" without a time."""
    if visit.due_at is None:
        return ""
    was = "was due" if visit.due_at < timezone.now() else "due"
    return f", {was} {times.when(visit.due_at)}"


def _works(who: str) -> str:
    return "work" if who == "you" else "works"


def _to_come(task: TaskNode, *, again: bool) -> Step:
    with_people = (TaskType.FORM, TaskType.SUBWORKFLOW)
    words = [BY_ITSELF] if task.task_type not in with_people else []
    return Step(task.label, "todo", " · ".join([*words, "once more"] if again else words))


def _title(visit: TaskInstance) -> str:
    return str(visit.task_definition)


def _since(visit: TaskInstance) -> datetime:
    """Since when it is with whoever has it."""
    return visit.assigned_at or visit.created_at


def _with_whom(now: Sequence[TaskInstance], reader: User) -> Status:
    holders = list(dict.fromkeys(visit.assigned_to for visit in now if visit.assigned_to))
    if not holders:
        if all(waits_until(visit) for visit in now):
            return WORDS["WAITS"]
        is_form = any(visit.task_definition.task_type == TaskType.FORM for visit in now)
        return WORDS["NOBODY" if is_form else "IN_PROGRESS"]
    names = ["you" if who == reader else html.first_name_of(who) for who in holders]
    return Status(f"With {listed(names)}", Tone.VIOLET)


def _folded(steps: Sequence[Step]) -> Iterator[Step]:
    """The last step done, those under way, what comes next; the rest are counted."""
    numbered = [
        replace(step, mark=step.mark or str(number)) for number, step in enumerate(steps, 1)
    ]
    done = sum(step.state == "done" for step in numbered)
    ahead = numbered[max(done - 1, 0) :]
    if done > 2:
        yield Step(f"{done - 1} steps done", "done")
    else:
        ahead = numbered
    room = MOST_SIDE_BY_SIDE - 2 if done > 2 else MOST_SIDE_BY_SIDE - 1
    most = max(room, sum(step.state != "todo" for step in ahead))
    yield from ahead[:most]
    if (left := len(ahead) - most) > 0:
        yield Step(f"{left} more step{'' if left == 1 else 's'}", mark="…")


def _named(now: Sequence[TaskInstance]) -> str:
    return listed([_title(visit) for visit in now])


def _place(steps: Sequence[Step]) -> str:
    """ "Step 2 of 4", "Steps 2 and 3 of 5"; "" while none is under way."""
    numbers = [str(number) for number, step in enumerate(steps, 1) if step.state == "now"]
    if not numbers:
        return ""
    return f"Step{'s' if len(numbers) > 1 else ''} {listed(numbers)} of {len(steps)}"
