"""Tickets that are under way are moved to another version of their workflow, and back."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from definitions.models import TicketDefinition, WorkflowDefinition
from definitions.services import import_bundle
from operations import work
from operations.actions import receive_callback
from operations.errors import TaskMoved
from operations.models import (
    BranchArrival,
    CallbackToken,
    EventKind,
    TaskInstance,
    TicketError,
    TicketInstance,
    WorkflowEvent,
)
from operations.services import (
    complete_task,
    hold_ticket,
    move_to_version,
    preview_move,
    resume_ticket,
    running_on,
    save_draft,
    tickets_on_others,
    way_back,
)
from tenants.context import tenant_context
from tenants.errors import DomainError, NotAllowed, NotFound
from tenants.models import AuditEntry, User
from tenants.services import change_person
from tests.builders import YES_NO, Firm, a_document, a_ticket, the_open_task
from tests.targets import Target, target

pytestmark = pytest.mark.django_db

WHY = "The new form is better"


def publish(firm: Firm, document: dict[str, Any], key: str = "flow") -> WorkflowDefinition:
    """The next version of the workflow in the document."""
    import_bundle(firm.boss, document, publish=True)
    return WorkflowDefinition.objects.get(key=key, status="PUBLISHED")


def a_version(firm: Firm, drawing: str, **tasks: dict[str, Any]) -> WorkflowDefinition:
    return publish(firm, a_document(drawing, key="flow", **tasks))


def ask(firm: Firm) -> TicketInstance:
    return a_ticket(firm, TicketDefinition.objects.get(key="flow-request"))


def again(ticket: TicketInstance) -> TicketInstance:
    return TicketInstance.objects.select_related("workflow__workflow_definition").get(pk=ticket.pk)


def move(
    firm: Firm, ticket: TicketInstance, version: WorkflowDefinition, **mapping: str
) -> DomainError | None:
    """What was refused, or None."""
    (moved,) = move_to_version(firm.tara, [ticket], version, mapping=mapping, reason=WHY)
    return moved.refused


def answer(firm: Firm, ticket: TicketInstance, ok: bool = True) -> str:
    """Do the open task; returns the key of the next."""
    complete_task(firm.will, the_open_task(ticket), {"ok": ok})
    return where(ticket)


def where(ticket: TicketInstance) -> str:
    live = ticket.tasks.active().order_by("sequence")
    return ", ".join(live.values_list("task_definition__key", flat=True))


@pytest.fixture
def firm(acme: Firm) -> Iterator[Firm]:
    with tenant_context(acme.company):
        yield acme


# --- what is kept ---------------------------------------------------------------------------------


def test_an_open_task_keeps_its_person_its_draft_and_its_times(firm: Firm):
    a_version(firm, "ask > check", ask={"due": {"days": 2}})
    ticket = ask(firm)
    before = save_draft(firm.will, the_open_task(ticket), {"ok": True})

    new = a_version(firm, "ask > weigh > check", ask={"due": {"days": 9}})
    assert move(firm, ticket, new) is None

    after = the_open_task(ticket)
    assert after.pk == before.pk
    assert (after.assigned_to, after.draft_data, after.due_at, after.rev) == (
        firm.will, {"ok": True}, before.due_at, before.rev,
    )  # fmt: skip
    assert after.task_definition.workflow_id == new.pk
    assert again(ticket).workflow.workflow_definition == new
    assert answer(firm, ticket) == "weigh"


def test_what_is_over_keeps_the_version_in_which_it_happened(firm: Firm):
    old = a_version(firm, "ask > check")
    ticket = ask(firm)
    answer(firm, ticket)
    new = a_version(firm, "ask > weigh > check")

    move(firm, ticket, new)

    versions = dict(
        ticket.tasks.values_list("task_definition__key", "task_definition__workflow_id")
    )
    assert versions == {"ask": old.pk, "check": new.pk}
    assert again(ticket).workflow.workflow_data["ask"] == {"ok": True}


def test_the_history_says_from_where_to_where_and_why(firm: Firm):
    a_version(firm, "ask > check")
    ticket = ask(firm)
    new = a_version(firm, "query > check")

    move(firm, ticket, new, ask="query")

    event = WorkflowEvent.objects.get(ticket=ticket, kind=EventKind.VERSION_CHANGED)
    assert (event.detail["from"], event.detail["to"], event.reason) == (1, 2, WHY)
    assert event.detail["mapping"] == {"ask": "query"}
    assert event.actor == firm.tara
    entry = AuditEntry.objects.get(action="ticket moved to another version")
    assert (entry.subject, entry.detail["reason"]) == (f"#{ticket.number}", WHY)
    sequences = list(ticket.events.order_by("sequence").values_list("sequence", flat=True))
    assert sequences == list(range(1, len(sequences) + 1))


def test_a_step_with_a_new_key_takes_its_data_along_and_back(firm: Firm):
    old = a_version(firm, "ask > check")
    ticket = ask(firm)
    answer(firm, ticket)
    new = a_version(firm, "query > check")

    move(firm, ticket, new, ask="query")
    assert "ask" not in again(ticket).workflow.workflow_data
    assert again(ticket).workflow.workflow_data["query"] == {"ok": True}

    back = way_back(again(ticket))
    assert back is not None
    assert (back.version, back.mapping) == (old, {"query": "ask"})
    assert move(firm, ticket, back.version, **back.mapping) is None
    assert again(ticket).workflow.workflow_data["ask"] == {"ok": True}


def test_moving_back_undoes_a_step_that_went_on_as_another(firm: Firm):
    old = a_version(firm, "ask > weigh > check")
    ticket = ask(firm)
    answer(firm, ticket)
    new = a_version(firm, "ask > check")

    move(firm, ticket, new, weigh="check")
    assert where(ticket) == "check"
    back = way_back(again(ticket))

    assert back is not None and back.mapping == {"check": "weigh"}
    move(firm, ticket, old, **back.mapping)
    assert where(ticket) == "weigh"


def test_a_task_that_is_done_anew_after_the_move_goes_forward_only(firm: Firm):
    a_version(firm, "ask > weigh > check")
    ticket = ask(firm)
    new = a_version(firm, "ask > check")
    move(firm, ticket, new)
    answer(firm, ticket)

    back = way_back(again(ticket))

    assert back is not None and back.mapping == {}


def test_visits_go_on_counting(firm: Firm):
    a_version(firm, "ask > check; check ? ok = false > ask")
    ticket = ask(firm)
    answer(firm, ticket)
    answer(firm, ticket, ok=False)
    new = a_version(firm, "ask > check; check ? ok = false > ask", ask={"title": "Ask again"})

    move(firm, ticket, new)
    answer(firm, ticket)
    answer(firm, ticket, ok=False)

    assert the_open_task(ticket).visit == 3


def test_a_ticket_on_hold_stays_on_hold(firm: Firm):
    a_version(firm, "ask > check")
    ticket = ask(firm)
    hold_ticket(firm.tara, ticket, reason="Wait")
    new = a_version(firm, "ask > weigh > check")

    assert move(firm, ticket, new) is None

    assert again(ticket).w_status == "ON_HOLD"
    resume_ticket(firm.tara, ticket)
    assert answer(firm, ticket) == "weigh"


# --- what is refused ------------------------------------------------------------------------------


def test_a_step_that_is_no_more_has_to_be_mapped(firm: Firm):
    a_version(firm, "ask > check")
    ticket = ask(firm)
    new = a_version(firm, "query > check")

    refused = move(firm, ticket, new)

    assert refused is not None
    assert refused.message == ("“Ask” is not part of v2. Choose the step that takes its place.")
    assert again(ticket).workflow.workflow_definition.version == 1


def test_a_step_cannot_become_one_of_another_kind(firm: Firm):
    a_version(firm, "ask > check")
    ticket = ask(firm)
    new = a_version(firm, "ask > check", ask={"task_type": "WAIT", "until": {"days": 1}})

    refused = move(firm, ticket, new)

    assert refused is not None
    assert "“Ask” is done by a person, and “Ask” of v2 waits for a time." in refused.message


def test_what_is_over_is_never_moved(firm: Firm):
    a_version(firm, "ask")
    ticket = ask(firm)
    answer(firm, ticket)
    new = a_version(firm, "ask > check")

    refused = move(firm, ticket, new)

    assert refused is not None and refused.message.startswith("It is over")


def test_no_ticket_is_moved_to_a_draft_or_to_another_workflow(firm: Firm):
    a_version(firm, "ask > check")
    ticket = ask(firm)
    import_bundle(firm.boss, a_document("ask > weigh"))
    draft = WorkflowDefinition.objects.get(status="DRAFT")
    other = publish(firm, a_document("ask > check", key="other"), "other")

    with pytest.raises(DomainError, match="is a draft"):
        move(firm, ticket, draft)
    refused = move(firm, ticket, other)

    assert refused is not None and "No other version of “Other”" in refused.message
    assert [one.can_move for one in preview_move(firm.flo, [ticket], draft)] == [True]


def test_one_that_is_refused_holds_up_no_other(firm: Firm):
    a_version(firm, "ask > check")
    first, second = ask(firm), ask(firm)
    answer(firm, second)
    new = a_version(firm, "query > check")

    moved = move_to_version(firm.tara, [first, second], new, reason=WHY)

    refused = {one.ticket.number: one.refused is not None for one in moved}
    assert refused == {first.number: True, second.number: False}
    assert running_on("flow") == {
        again(first).workflow.workflow_definition_id: 1, new.pk: 1,
    }  # fmt: skip
    assert list(tickets_on_others(new)) == [first]


def test_a_reason_is_needed_and_a_step_that_exists(firm: Firm):
    a_version(firm, "ask > check")
    ticket = ask(firm)
    new = a_version(firm, "query > check")

    with pytest.raises(DomainError, match="Say why"):
        move_to_version(firm.tara, [ticket], new, reason=" ")
    with pytest.raises(DomainError, match="no step “nowhere”"):
        move_to_version(firm.tara, [ticket], new, mapping={"ask": "nowhere"}, reason=WHY)


# --- who may --------------------------------------------------------------------------------------


def test_only_a_ticket_admin_moves_and_a_creator_sees_no_titles(firm: Firm):
    a_version(firm, "ask > check")
    ticket = ask(firm)
    new = a_version(firm, "ask > weigh > check")

    for person in (firm.flo, firm.will, firm.ann):
        with pytest.raises(NotAllowed):
            move_to_version(person, [ticket], new, reason=WHY)
    (seen,) = preview_move(firm.flo, [ticket], new)
    assert seen.title == "" and seen.can_move
    (seen,) = preview_move(firm.tara, [ticket], new)
    assert seen.title == ticket.title
    with pytest.raises(NotAllowed):
        preview_move(firm.will, [ticket], new)


@pytest.mark.parametrize("others", [(), ("user",), ("user", "task_worker")])
def test_a_creator_learns_no_title_and_nothing_of_a_draft(firm: Firm, others: Sequence[str]):
    """Not even whether what was typed fits a form: one could try one form after another."""
    a_version(firm, "ask", ask=_form(size={"type": "string", "title": "Size"}))
    ticket = ask(firm)
    save_draft(firm.will, the_open_task(ticket), {"size": "XL"})
    change_person(firm.boss, firm.flo, roles=["workflow_creator", *others])
    creator = User.objects.get(pk=firm.flo.pk)

    told = []
    for guess in ("^X", "^Y"):
        new = a_version(firm, "ask", ask=_form(size={"type": "string", "pattern": guess}))
        (seen,) = preview_move(creator, [ticket], new)
        told.append((seen.title, seen.notes, seen.can_move))

    assert told == [("", ("The form of “Ask” is another one.",), True)] * 2


def test_what_is_another_companys_is_not_there(acme: Firm, globex: Firm):
    with tenant_context(acme.company):
        a_version(acme, "ask > check")
        ours = ask(acme)
    with tenant_context(globex.company):
        a_version(globex, "ask > check")
        theirs = ask(globex)
        new = a_version(globex, "ask > weigh > check")

    with tenant_context(acme.company):
        with pytest.raises(NotFound, match="does not exist"):
            move(acme, ours, new)
        with pytest.raises(NotFound, match="does not exist"):
            preview_move(acme.tara, [ours], new)
    with tenant_context(globex.company):
        refused = move(globex, ours, new)
        assert isinstance(refused, NotFound)
        assert preview_move(globex.tara, [ours], new) == []
        assert move(globex, theirs, new) is None


# --- what is told ---------------------------------------------------------------------------------


def _form(**properties: Any) -> dict[str, Any]:
    return {"output_schema": {"type": "object", "properties": properties}}


def test_drafted_answers_that_no_longer_fit_are_kept_and_told(firm: Firm):
    a_version(
        firm,
        "ask",
        ask=_form(
            ok={"type": "boolean"},
            note={"type": "string", "title": "Note"},
            size={"type": "string", "title": "Size"},
        ),
    )
    ticket = ask(firm)
    before = save_draft(firm.will, the_open_task(ticket), {"ok": True, "note": "x", "size": "XL"})
    new = a_version(
        firm, "ask", ask=_form(ok={"type": "boolean"}, size={"type": "integer", "title": "Size"})
    )

    (seen,) = preview_move(firm.tara, [ticket], new)
    move(firm, ticket, new)

    assert seen.notes == (
        "“Ask” no longer asks for “Note”, which has been typed already.",
        "What was typed for “Size” in “Ask” no longer fits; it is kept.",
    )
    after = the_open_task(ticket)
    assert after.draft_data == {"ok": True, "note": "x", "size": "XL"}
    assert after.rev == before.rev + 1


def test_a_page_with_the_old_form_is_told(firm: Firm):
    a_version(firm, "ask")
    ticket = ask(firm)
    seen = the_open_task(ticket)
    move(firm, ticket, a_version(firm, "ask", ask=_form(ok={"type": "boolean", "title": "Fine?"})))

    with pytest.raises(TaskMoved):
        complete_task(firm.will, seen, {"ok": True}, rev=seen.rev)


def test_a_new_step_that_lies_behind_is_told(firm: Firm):
    a_version(firm, "ask > check")
    ticket = ask(firm)
    answer(firm, ticket)
    new = a_version(firm, "ask > weigh > check")

    (seen,) = preview_move(firm.tara, [ticket], new)

    assert seen.notes == ("“Weigh” is new in v2 and lies behind the ticket: it is left out.",)
    assert seen.places == (("Check", "Check"),)


def test_the_preview_asks_as_often_for_one_as_for_many(firm: Firm, statements: Any):
    a_version(firm, "ask > check")
    tickets = [ask(firm) for _ in range(12)]
    new = a_version(firm, "ask > weigh > check")
    preview_move(firm.tara, tickets, new)  # the graphs are read once

    with statements() as one:
        preview_move(firm.tara, tickets[:1], new)
    with statements() as many:
        assert len(preview_move(firm.tara, tickets, new)) == 12

    assert one.total == many.total, many


def test_each_ticket_costs_the_same(firm: Firm, statements: Any):
    a_version(firm, "ask > check")
    tickets = [ask(firm) for _ in range(9)]
    new = a_version(firm, "ask > weigh > check")
    move_to_version(firm.tara, tickets[:1], new, reason=WHY)

    with statements() as two:
        move_to_version(firm.tara, tickets[1:3], new, reason=WHY)
    with statements() as six:
        move_to_version(firm.tara, tickets[3:], new, reason=WHY)

    each = (six.total - two.total) / 4
    assert each == int(each) and each <= 14


# --- what stopped, what waits ---------------------------------------------------------------------


def test_what_could_not_go_on_goes_on_by_the_ways_of_the_new_version(firm: Firm):
    weighed = a_document("ask ? size = big > check; ask > end", ask=_form(size={"type": "string"}))
    publish(firm, weighed)
    ticket = ask(firm)
    complete_task(firm.will, the_open_task(ticket), {})
    assert TicketError.objects.unresolved().count() == 1

    new = a_version(firm, "ask > check")
    assert move(firm, ticket, new) is None

    assert where(ticket) == "check"
    assert TicketError.objects.unresolved().count() == 0
    assert not again(ticket).has_open_error


SPLIT: dict[str, list[dict[str, Any]]] = {
    "tasks": [
        {"key": "ask", "split": "ALL", "output_schema": YES_NO},
        {"key": "left", "output_schema": YES_NO},
        {"key": "right", "output_schema": YES_NO},
        {"key": "meet", "join": "ALL", "output_schema": YES_NO},
    ],
    "transitions": [
        {"to": "ask"}, {"from": "ask", "to": "left"}, {"from": "ask", "to": "right"},
        {"from": "left", "to": "meet"}, {"from": "right", "to": "meet"},
        {"from": "meet", "to": None},
    ],
}  # fmt: skip


def a_split(firm: Firm, **changed: Any) -> WorkflowDefinition:
    workflow = {"key": "flow", "title": "Flow", "fields": [{"name": "subject"}], **SPLIT, **changed}
    tickets = [{"key": "flow-request", "title": "Ask", "workflow": "flow"}]
    return publish(firm, {"format": "ticketflower/1", "workflows": [workflow], "tickets": tickets})


def at_the_join(firm: Firm) -> TicketInstance:
    """One branch waits for the other."""
    ticket = ask(firm)
    answer(firm, ticket)
    left = TaskInstance.objects.get(ticket=ticket, task_definition__key="left")
    complete_task(firm.will, left, {"ok": True})
    assert BranchArrival.objects.count() == 1
    return ticket


def test_a_branch_goes_on_waiting_for_the_others(firm: Firm):
    a_split(firm)
    ticket = at_the_join(firm)
    keys = {"meet": "gather"}
    new = a_split(
        firm,
        tasks=[{**task, "key": keys.get(task["key"], task["key"])} for task in SPLIT["tasks"]],
        transitions=[
            {**way, "to": keys.get(way["to"], way["to"]),
             **({"from": keys.get(way["from"], way["from"])} if "from" in way else {})}
            for way in SPLIT["transitions"]
        ],
    )  # fmt: skip

    refused = move(firm, ticket, new)
    assert refused is not None and "A branch waits before “meet”" in refused.message
    assert move(firm, ticket, new, meet="gather") is None

    assert BranchArrival.objects.get().task_key == "gather"
    assert answer(firm, ticket) == "gather"
    assert answer(firm, ticket) == ""
    assert again(ticket).w_status == "COMPLETED"


def test_a_join_with_nothing_left_to_wait_for_starts(firm: Firm):
    a_split(firm)
    ticket = at_the_join(firm)
    ways = [
        {**way, "to": None} if way.get("from") == "right" else way for way in SPLIT["transitions"]
    ]
    new = a_split(firm, transitions=ways)

    (seen,) = preview_move(firm.tara, [ticket], new)
    move(firm, ticket, new)

    assert "“meet” starts at once: in v2 no branch is left to wait for." in seen.notes
    assert where(ticket) == "right, meet"
    assert not BranchArrival.objects.exists()


def test_a_branch_is_not_left_before_a_step_that_does_not_wait(firm: Firm):
    a_split(firm)
    ticket = at_the_join(firm)
    tasks = [{k: v for k, v in task.items() if k != "join"} for task in SPLIT["tasks"]]
    new = a_split(firm, tasks=tasks)

    refused = move(firm, ticket, new)

    assert refused is not None and "nothing waits before “meet”" in refused.message
    assert BranchArrival.objects.exists()


# --- calls ----------------------------------------------------------------------------------------


@pytest.fixture
def erp(settings: Any) -> Iterator[Target]:
    settings.ALLOW_LOOPBACK_CALLS = True
    with target() as running:
        yield running


def a_call(firm: Firm, erp: Target, path: str = "/ok", **more: Any) -> WorkflowDefinition:
    order = {
        "key": "order", "task_type": "ASYNC_ACTION", "action_url": erp.url(path),
        "input_transform": {"what": {"$": {"var": "ticket.subject"}}},
        "action": {"retry": []}, **more,
    }  # fmt: skip
    check = {"key": "check", "output_schema": YES_NO}
    return a_split(
        firm,
        tasks=[order, check],
        transitions=[{"to": "order"}, {"from": "order", "to": "check"}],
    )


def the_call(ticket: TicketInstance) -> TaskInstance:
    return TaskInstance.objects.get(ticket=ticket, task_definition__key="order")


def test_an_answer_that_comes_after_the_move_counts(firm: Firm, erp: Target):
    a_call(firm, erp)
    ticket = ask(firm)
    work.do("call", the_call(ticket).pk)
    token = erp.seen[-1].headers["callback-url"].rstrip("/").rpartition("/")[2]
    new = a_call(firm, erp, output_transform={"number": {"$": {"var": "response.order"}}})

    (seen,) = preview_move(firm.tara, [ticket], new)
    move(firm, ticket, new)
    receive_callback(token, b'{"order": 7}', {})

    assert seen.notes == ("When the answer to “order” comes, it is read as v2 says.",)
    assert the_call(ticket).output_data == {"number": 7}
    assert where(ticket) == "check"


def test_what_was_not_sent_yet_is_made_anew(firm: Firm, erp: Target):
    a_call(firm, erp)
    ticket = ask(firm)
    new = a_call(firm, erp, input_transform={"item": {"$": {"var": "ticket.subject"}}})

    move(firm, ticket, new)
    work.do("call", the_call(ticket).pk)

    assert the_call(ticket).input_data == {"item": "A chair"}
    assert erp.seen[-1].body == b'{"item":"A chair"}'


def test_what_may_have_arrived_is_sent_again_as_it_was(firm: Firm, erp: Target):
    a_call(firm, erp, "/status/500")
    ticket = ask(firm)
    work.do("call", the_call(ticket).pk)
    assert the_call(ticket).t_status == "ERROR"
    new = a_call(firm, erp, input_transform={"item": {"$": {"var": "ticket.subject"}}})

    (seen,) = preview_move(firm.tara, [ticket], new)
    move(firm, ticket, new)

    assert seen.notes == (
        "“order” has stopped; it can then be tried again as v2 says.",
        "What “order” sends stays as it was: an attempt may have arrived already.",
    )
    assert the_call(ticket).input_data == {"what": "A chair"}


def test_a_call_that_is_on_its_way_is_waited_for(firm: Firm, erp: Target):
    a_call(firm, erp)
    ticket = ask(firm)
    task = the_call(ticket)
    TaskInstance.objects.filter(pk=task.pk).update(t_status="IN_PROGRESS")
    new = a_call(firm, erp, output_transform={"number": 1})

    refused = move(firm, ticket, new)

    assert refused is not None
    assert refused.message.startswith("A call is being made for “order” at this moment.")
    TaskInstance.objects.filter(pk=task.pk).update(t_status="PENDING")
    assert move(firm, ticket, new) is None
    assert CallbackToken.objects.count() == 0
