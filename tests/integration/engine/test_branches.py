"""Several branches of one ticket at once: split, on their way, joined, ended, stopped, repaired."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from definitions.models import TicketDefinition
from definitions.services import import_bundle
from operations.errors import TaskMoved
from operations.models import (
    BranchArrival,
    TaskInstance,
    TicketError,
    TicketInstance,
    WorkerLoad,
    WorkflowEvent,
)
from operations.services import (
    cancel_ticket,
    complete_task,
    hold_ticket,
    move_ticket,
    resume_ticket,
    retry_error,
    submit_ticket,
)
from operations.sweeper import sweep
from tenants.context import tenant_context
from tenants.models import User
from tenants.services import add_user
from tests.builders import (
    PASSWORD,
    Firm,
    a_document,
    a_ticket,
    a_workflow,
    kill_before_the_engine,
)
from tests.integration.engine.test_at_the_same_instant import at_once
from tests.statements import Counted

ANSWER: dict[str, Any] = {
    "output_schema": {"type": "object", "properties": {"answer": {"type": "string"}}},
}
SPLIT, JOIN = {"split": "ALL"}, {"join": "ALL"}
NOW = timedelta(0)
#: Two branches, which meet again.
DIAMOND = "ask > left > meet; ask > right > meet"


@pytest.fixture
def office(acme: Firm) -> Iterator[Firm]:
    """Acme, in force."""
    with tenant_context(acme.company):
        yield acme


def a_split(office: Firm, drawing: str = DIAMOND, **tasks: Any) -> TicketDefinition:
    """Every task takes an answer; `ask` splits and `meet` joins."""
    said: dict[str, Any] = dict.fromkeys(re.findall(r"[a-z]+", drawing), ANSWER)
    said |= {"ask": ANSWER | SPLIT, "meet": ANSWER | JOIN, **tasks}
    return a_workflow(office, drawing, **said)


def a_diamond() -> dict[str, Any]:
    """A bundle, to be changed."""
    tasks: dict[str, Any] = {
        "ask": ANSWER | SPLIT,
        "left": ANSWER,
        "right": ANSWER,
        "meet": ANSWER | JOIN,
    }
    return a_document(DIAMOND, **tasks)


def open_keys(ticket: TicketInstance) -> list[str]:
    """Keys of the tasks that somebody can do, in the order in which they started."""
    tasks = TaskInstance.objects.filter(ticket=ticket, t_status__in=("OPEN", "IN_PROGRESS"))
    return list(tasks.order_by("sequence").values_list("task_definition__key", flat=True))


def the(ticket: TicketInstance, key: str) -> TaskInstance:
    """The newest task of that key."""
    tasks = TaskInstance.objects.select_related("task_definition", "assigned_to")
    return tasks.filter(ticket=ticket, task_definition__key=key).order_by("-sequence")[0]


def do(office: Firm, ticket: TicketInstance, *keys: str, answer: str = "yes") -> None:
    for key in keys:
        task = the(ticket, key)
        complete_task(task.assigned_to or office.will, task, {"answer": answer})


def status_of(ticket: TicketInstance) -> str:
    return str(TicketInstance.objects.select_related("workflow").get(pk=ticket.pk).w_status)


def visits_of(ticket: TicketInstance) -> Counter[str]:
    tasks = TaskInstance.objects.filter(ticket=ticket)
    return Counter(tasks.values_list("task_definition__key", flat=True))


def a_worker(firm: Firm, name: str, limit: int | None = None) -> User:
    worker = add_user(
        firm.boss,
        email=f"{name}@acme.example",
        first_name=name.title(),
        last_name="Worker",
        password=PASSWORD,
        roles=["task_worker"],
    )
    User.objects.filter(pk=worker.pk).update(open_task_limit=limit)
    return worker


# Splitting and joining


def test_branches_go_on_beside_each_other_and_meet_once(office: Firm) -> None:
    ticket = a_ticket(office, a_split(office))
    do(office, ticket, "ask")

    assert open_keys(ticket) == ["left", "right"]
    assert {the(ticket, key).branch for key in ("left", "right")} == {"1", "2"}

    do(office, ticket, "right")
    assert open_keys(ticket) == ["left"]
    assert BranchArrival.objects.get().task_key == "meet"

    do(office, ticket, "left")
    assert open_keys(ticket) == ["meet"]
    assert not BranchArrival.objects.exists()

    do(office, ticket, "meet")
    assert status_of(ticket) == "COMPLETED"
    assert visits_of(ticket) == {"ask": 1, "left": 1, "right": 1, "meet": 1}


def test_only_true_ways_start_a_branch_and_a_join_waits_for_no_other(office: Firm) -> None:
    document = a_document(
        DIAMOND, ask=ANSWER | SPLIT, left=ANSWER, right=ANSWER, meet=ANSWER | JOIN
    )
    for way in document["workflows"][0]["transitions"]:
        if way.get("from") == "ask":
            fits = [way["to"], "both"]
            way["condition"] = {"in": [{"var": "ask.answer"}, fits]}
    import_bundle(office.boss, document, publish=True)
    kind = TicketDefinition.objects.select_related("workflow").get()

    one, both = a_ticket(office, kind), a_ticket(office, kind)
    do(office, one, "ask", answer="right")
    do(office, both, "ask", answer="both")

    assert open_keys(one) == ["right"]
    assert sorted(open_keys(both)) == ["left", "right"]
    do(office, one, "right")
    assert open_keys(one) == ["meet"]


def test_a_branch_may_go_round_while_the_other_waits(office: Firm) -> None:
    drawing = f"{DIAMOND}; left ? answer = again > left"
    kind = a_split(office, drawing)
    ticket = a_ticket(office, kind)
    do(office, ticket, "ask", "right")

    for _ in range(3):
        do(office, ticket, "left", answer="again")
        assert open_keys(ticket) == ["left"]

    do(office, ticket, "left")
    assert open_keys(ticket) == ["meet"]
    assert visits_of(ticket)["left"] == 4


def test_all_of_it_may_go_round(office: Firm) -> None:
    ticket = a_ticket(office, a_split(office, f"{DIAMOND}; meet ? answer = again > ask"))

    for _ in range(3):
        do(office, ticket, "ask", "left", "right")
        do(office, ticket, "meet", answer="again")
    do(office, ticket, "ask", "right", "left", "meet")

    assert status_of(ticket) == "COMPLETED"
    assert set(visits_of(ticket).values()) == {4}


def test_a_branch_that_ends_early_is_not_waited_for(office: Firm) -> None:
    ticket = a_ticket(office, a_split(office, f"{DIAMOND}; left ? answer = no > end"))
    do(office, ticket, "ask", "right")

    do(office, ticket, "left", answer="no")

    assert open_keys(ticket) == ["meet"]
    do(office, ticket, "meet")
    assert status_of(ticket) == "COMPLETED"


def test_the_ticket_ends_with_its_last_branch(office: Firm) -> None:
    ticket = a_ticket(office, a_split(office, "ask > left; ask > right > end"))
    do(office, ticket, "ask", "right")
    assert status_of(ticket) == "IN_PROGRESS"
    assert TicketInstance.objects.get().closed_at is None

    do(office, ticket, "left")

    assert status_of(ticket) == "COMPLETED"
    assert TicketInstance.objects.get().closed_at is not None


def test_branches_split_again(office: Firm) -> None:
    drawing = "ask > left > a > meet; left > b > meet; ask > right > meet"
    ticket = a_ticket(office, a_split(office, drawing, left=ANSWER | SPLIT))
    do(office, ticket, "ask", "left")

    assert sorted(open_keys(ticket)) == ["a", "b", "right"]
    do(office, ticket, "b", "right", "a")
    assert open_keys(ticket) == ["meet"]
    assert visits_of(ticket)["meet"] == 1


def test_what_branches_leave_behind_is_all_there(office: Firm) -> None:
    ticket = a_ticket(office, a_split(office))
    do(office, ticket, "ask")
    do(office, ticket, "left", answer="from the left")
    do(office, ticket, "right", answer="from the right")

    data = TicketInstance.objects.select_related("workflow").get().workflow.workflow_data
    assert data["left"] == {"answer": "from the left"}
    assert data["right"] == {"answer": "from the right"}


# Who gets them


def test_branches_of_one_ticket_never_count_the_same_free_place(office: Firm) -> None:
    User.objects.filter(pk=office.will.pk).update(open_task_limit=1)
    a_worker(office, "wanda", limit=1)
    drawing = "ask > one; ask > two > end; ask > three > end"
    ticket = a_ticket(office, a_split(office, drawing))

    do(office, ticket, "ask")

    started = TaskInstance.objects.filter(ticket=ticket).exclude(task_definition__key="ask")
    given = Counter(started.values_list("assigned_to__first_name", flat=True))
    assert given == {"Will": 1, "Wanda": 1, None: 1}
    (left,) = started.filter(assigned_to=None)
    assert left.t_status == "PENDING"
    told = WorkflowEvent.objects.get(kind="ASSIGNED", task_id=left.pk)
    assert "Will Of-Acme has 1 of 1 tasks." in told.reason
    assert "Wanda Worker has 1 of 1 tasks." in told.reason

    do(office, ticket, next(key for key in ("one", "two", "three") if key in open_keys(ticket)))
    sweep(grace=NOW)
    assert the(ticket, left.task_definition.key).t_status == "OPEN"


def test_branches_are_shared_out(office: Firm) -> None:
    workers = [a_worker(office, name) for name in ("wanda", "walt")]
    drawing = "ask > a; ask > b > end; ask > c > end; ask > d > end; ask > e > end; ask > f > end"
    ticket = a_ticket(office, a_split(office, drawing))

    do(office, ticket, "ask")

    loads = dict(WorkerLoad.objects.values_list("user", "open_tasks"))
    assert [loads[worker.pk] for worker in (office.will, *workers)] == [2, 2, 2]


def test_a_branch_costs_a_fixed_number_of_statements(
    office: Firm, statements: Callable[[], AbstractContextManager[Counted]]
) -> None:
    """One more per branch, which is that of looking for its person."""
    costs = {}
    assert office.will.roles  # asked for once
    for number in (2, 3, 6):
        ways = "; ".join(["ask > t0", *(f"ask > t{n} > end" for n in range(1, number))])
        tasks = {f"t{n}": ANSWER for n in range(number)}
        ticket = a_ticket(office, a_workflow(office, ways, key=f"w{number}", ask=SPLIT, **tasks))
        task = the(ticket, "ask")
        with statements() as counted:
            complete_task(office.will, task, {"ok": True})
        costs[number] = counted.total
        assert len(open_keys(ticket)) == number

    assert costs[3] - costs[2] == 1
    assert costs[6] - costs[3] == 3


# Stopped from outside


def test_cancelling_ends_every_branch(office: Firm) -> None:
    ticket = a_ticket(office, a_split(office))
    do(office, ticket, "ask", "right")

    cancel_ticket(office.tara, ticket, reason="Not wanted")

    assert open_keys(ticket) == []
    assert status_of(ticket) == "CANCELLED"
    assert WorkerLoad.objects.get(user=office.will).open_tasks == 0
    with pytest.raises(TaskMoved):
        do(office, ticket, "left")
    assert not sweep(grace=NOW)


def test_a_cancelled_ticket_that_is_reopened_waits_for_no_old_branch(office: Firm) -> None:
    ticket = a_ticket(office, a_split(office))
    do(office, ticket, "ask", "right")
    cancel_ticket(office.tara, ticket, reason="Not wanted")

    move_ticket(office.tara, ticket, "left", reason="Wanted after all")
    do(office, ticket, "left")

    assert not BranchArrival.objects.exists()
    assert open_keys(ticket) == ["meet"]


def test_on_hold_no_branch_goes_on_and_then_each_does(
    office: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = a_ticket(office, a_split(office))
    do(office, ticket, "ask")
    with monkeypatch.context() as patched:
        kill_before_the_engine(patched)
        do(office, ticket, "left")
    hold_ticket(office.tara, ticket, reason="Wait")

    assert not sweep(grace=NOW)
    assert not BranchArrival.objects.exists()
    with pytest.raises(TaskMoved):
        do(office, ticket, "right")

    resume_ticket(office.tara, ticket)
    assert BranchArrival.objects.get().task_key == "meet"
    do(office, ticket, "right", "meet")
    assert status_of(ticket) == "COMPLETED"


def test_moving_leaves_one_branch(office: Firm) -> None:
    ticket = a_ticket(office, a_split(office))
    do(office, ticket, "ask", "right")
    assert BranchArrival.objects.exists()

    move_ticket(office.tara, ticket, "ask", reason="Again")

    assert open_keys(ticket) == ["ask"]
    assert not BranchArrival.objects.exists()
    do(office, ticket, "ask", "left", "right", "meet")
    assert status_of(ticket) == "COMPLETED"


def test_moving_to_a_join_starts_it_at_once(office: Firm) -> None:
    ticket = a_ticket(office, a_split(office))
    do(office, ticket, "ask")

    move_ticket(office.tara, ticket, "meet", reason="Both are done by phone")

    assert open_keys(ticket) == ["meet"]
    do(office, ticket, "meet")
    assert status_of(ticket) == "COMPLETED"


# Errors


def a_picky_branch(office: Firm) -> TicketInstance:
    """On the left only “yes” leads on."""
    document = a_document(
        DIAMOND, ask=ANSWER | SPLIT, left=ANSWER, right=ANSWER, meet=ANSWER | JOIN
    )
    for way in document["workflows"][0]["transitions"]:
        if way.get("from") == "left":
            way["condition"] = {"==": [{"var": "left.answer"}, "yes"]}
    import_bundle(office.boss, document, publish=True)
    return a_ticket(office, TicketDefinition.objects.select_related("workflow").get())


def test_an_error_on_one_branch_leaves_the_other_alone(office: Firm) -> None:
    ticket = a_picky_branch(office)
    do(office, ticket, "ask")
    do(office, ticket, "left", answer="perhaps")

    error = TicketError.objects.get()
    assert error.task_id == the(ticket, "left").pk
    assert open_keys(ticket) == ["right"]

    do(office, ticket, "right")
    assert open_keys(ticket) == []
    assert BranchArrival.objects.get().task_key == "meet"  # it waits for the one that stopped
    assert status_of(ticket) == "IN_PROGRESS"
    assert TicketError.objects.get().error_status == "NEW"  # the other branch repaired nothing


def test_a_repaired_branch_meets_the_other(office: Firm) -> None:
    ticket = a_picky_branch(office)
    do(office, ticket, "ask")
    do(office, ticket, "left", answer="perhaps")
    do(office, ticket, "right")

    task = the(ticket, "left")
    TaskInstance.objects.filter(pk=task.pk).update(output_data={"answer": "yes"})
    run = TicketInstance.objects.select_related("workflow").get().workflow
    run.workflow_data["left"] = {"answer": "yes"}
    run.save(update_fields=["workflow_data"])
    retry_error(office.tara, TicketError.objects.get(), reason="Asked on the left")

    assert TicketError.objects.get().error_status == "RESOLVED"
    assert open_keys(ticket) == ["meet"]
    assert visits_of(ticket)["meet"] == 1


def test_moving_a_stopped_ticket_ends_both_branches(office: Firm) -> None:
    ticket = a_picky_branch(office)
    do(office, ticket, "ask")
    do(office, ticket, "left", answer="perhaps")

    move_ticket(office.tara, ticket, "meet", reason="Decided by phone")

    assert TicketError.objects.get().error_status == "RESOLVED"
    assert open_keys(ticket) == ["meet"]
    do(office, ticket, "meet")
    assert status_of(ticket) == "COMPLETED"


def test_each_branch_has_an_error_of_its_own(office: Firm) -> None:
    document = a_document(
        DIAMOND, ask=ANSWER | SPLIT, left=ANSWER, right=ANSWER, meet=ANSWER | JOIN
    )
    for way in document["workflows"][0]["transitions"]:
        if way.get("from") in ("left", "right"):
            way["condition"] = {"==": [{"var": f"{way['from']}.answer"}, "yes"]}
    import_bundle(office.boss, document, publish=True)
    ticket = a_ticket(office, TicketDefinition.objects.select_related("workflow").get())
    do(office, ticket, "ask")
    do(office, ticket, "left", "right", answer="perhaps")

    assert TicketError.objects.count() == 2
    assert TicketInstance.objects.get().has_open_error


def test_a_crash_between_the_branches_is_made_good(
    office: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = a_ticket(office, a_split(office))
    do(office, ticket, "ask")
    with monkeypatch.context() as patched:
        kill_before_the_engine(patched)
        do(office, ticket, "left", "right")
    assert open_keys(ticket) == []

    sweep(grace=NOW)

    assert open_keys(ticket) == ["meet"]
    assert visits_of(ticket)["meet"] == 1


# At the same instant


@pytest.mark.django_db(transaction=True)
def test_branches_that_arrive_at_the_same_instant_meet_once(acme: Firm) -> None:
    with tenant_context(acme.company):
        kind = a_split(acme)
    for _ in range(10):
        with tenant_context(acme.company):
            ticket = submit_ticket(acme.ann, kind, {"subject": "x"})
            do(acme, ticket, "ask")

        at_once(acme, lambda: do(acme, ticket, "left"), lambda: do(acme, ticket, "right"))  # noqa: B023

        with tenant_context(acme.company):
            assert open_keys(ticket) == ["meet"]
            assert not BranchArrival.objects.exists()
            do(acme, ticket, "meet")
            assert status_of(ticket) == "COMPLETED"


# What people see


def test_every_page_of_a_ticket_in_two_places_can_be_read(acme: Firm, client: Any) -> None:
    with tenant_context(acme.company):
        ticket = a_ticket(acme, a_split(acme))
        do(acme, ticket, "ask", "right")
        pages = [
            (acme.ann, f"/portal/requests/{ticket.number}/"),
            (acme.tara, f"/desk/tickets/{ticket.pk}/change/"),
            (acme.will, f"/work/tasks/{the(ticket, 'left').pk}/change/"),
            (acme.flo, f"/design/workflows/{ticket.workflow.workflow_definition_id}/change/"),
        ]
    for person, page in pages:
        client.force_login(person)
        answer = client.get(page)
        assert answer.status_code == 200, page
        if person != acme.flo:
            assert "Left" in answer.content.decode()


def test_a_split_into_many_steps_with_long_names_is_told_whole(office: Firm):
    keys = [f"{letter * 40}-{letter}" for letter in "abcdef"]
    document = a_document("ask", ask=ANSWER | SPLIT)
    flow = document["workflows"][0]
    flow["tasks"] += [{"key": key, **ANSWER} for key in keys]
    ways = [{"from": "ask", "to": key, "condition": True, "priority": 0} for key in keys]
    flow["transitions"] = [{"to": "ask"}, *ways]
    import_bundle(office.flo, document, publish=True)
    ticket = a_ticket(office, TicketDefinition.objects.get(key="flow-request"))

    complete_task(office.will, TaskInstance.objects.get(), {"answer": "yes"})

    assert not TicketError.objects.exists()
    assert ticket.events.get(kind="ROUTED").to_key.split(", ") == keys
