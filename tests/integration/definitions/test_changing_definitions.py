"""One definition is changed by its own verb: checked like an import, kept from before, undone."""

from typing import Any

import pytest

from definitions.editing import add_task, change_task, changed, remove_task
from definitions.errors import ChangedMeanwhile, DraftExists, NotSaved
from definitions.models import DefinitionStatus, Revision, TicketDefinition, WorkflowDefinition
from definitions.services import (
    archive,
    change_ticket_type,
    change_workflow,
    create_ticket_type,
    create_workflow,
    delete_draft,
    document_of,
    fingerprint,
    go_back,
    import_bundle,
    make_draft,
    problems_of,
    publish,
    redo,
    revisions_of,
    undo,
)
from tenants.context import tenant_context
from tenants.errors import DomainError, NotAllowed, NotFound
from tenants.models import AuditEntry, CompanyRole, User
from tests.builders import Firm, a_document, a_workflow, the_workflow

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_acme(acme: Firm) -> Any:
    """Acme is in force."""
    with tenant_context(acme.company):
        yield acme


def save(firm: Firm, row: WorkflowDefinition, **parts: Any) -> WorkflowDefinition:
    """What a page does: read, change a part, save."""
    row = WorkflowDefinition.objects.get(pk=row.pk)
    document = document_of(row)
    return change_workflow(firm.flo, row, changed(document, **parts), seen=fingerprint(document))


def titled(firm: Firm, row: TicketDefinition, **parts: Any) -> TicketDefinition:
    document = document_of(row)
    return change_ticket_type(firm.flo, row, changed(document, **parts), seen=fingerprint(document))


def test_a_published_version_stays_and_the_next_draft_is_changed(in_acme: Firm) -> None:
    ticket_type = a_workflow(in_acme)
    published = ticket_type.workflow

    draft = save(in_acme, published, title="Shopping")

    assert (draft.version, draft.status, draft.title) == (2, DefinitionStatus.DRAFT, "Shopping")
    published = WorkflowDefinition.objects.get(pk=published.pk)
    assert (published.title, published.status) == ("Flow", DefinitionStatus.PUBLISHED)
    assert document_of(draft) == {**document_of(published), "title": "Shopping"}


def test_a_draft_is_changed_in_place(in_acme: Firm) -> None:
    a_workflow(in_acme)
    draft = make_draft(in_acme.flo, the_workflow())

    again = save(in_acme, draft, description="Everything that is bought.")

    assert again.pk == draft.pk
    assert the_workflow().description == "Everything that is bought."


def test_saving_what_is_there_writes_nothing(in_acme: Firm) -> None:
    published = a_workflow(in_acme).workflow
    lines = AuditEntry.objects.count()

    same = save(in_acme, published)

    assert same.pk == published.pk
    assert AuditEntry.objects.count() == lines
    assert not Revision.objects.exists()


def test_each_save_is_told_in_the_audit_log_in_words(in_acme: Firm) -> None:
    a_workflow(in_acme)

    save(in_acme, the_workflow(), title="Shopping")

    line = AuditEntry.objects.order_by("-created_at").first()
    assert line is not None
    assert (line.action, line.subject) == ("workflow changed", "Shopping v2")
    assert line.detail == {"changes": ["now called “Shopping”"]}
    assert line.actor_id == in_acme.flo.pk


def test_whoever_saved_meanwhile_is_named_and_not_overwritten(in_acme: Firm) -> None:
    a_workflow(in_acme)
    draft = make_draft(in_acme.flo, the_workflow())
    opened = document_of(draft)
    change_workflow(
        in_acme.boss, draft, changed(opened, title="Shopping"), seen=fingerprint(opened)
    )

    with pytest.raises(ChangedMeanwhile) as refused:
        change_workflow(
            in_acme.flo, draft, changed(opened, title="Buying"), seen=fingerprint(opened)
        )

    assert refused.value.who == in_acme.boss.label
    assert refused.value.changes == ("now called “Shopping”",)
    assert "Bea Boss-Acme has changed “Shopping v2”" in refused.value.message
    assert the_workflow().title == "Shopping"


def test_saving_the_same_twice_is_no_conflict(in_acme: Firm) -> None:
    a_workflow(in_acme)
    draft = make_draft(in_acme.flo, the_workflow())
    opened = document_of(draft)
    wanted = changed(opened, title="Shopping")

    for _ in range(2):
        change_workflow(in_acme.flo, draft, wanted, seen=fingerprint(opened))

    assert [one.changes for one in revisions_of(draft)] == [["now called “Shopping”"]]


def test_a_published_version_with_a_draft_refers_to_it(in_acme: Firm) -> None:
    published = a_workflow(in_acme).workflow
    draft = make_draft(in_acme.flo, published)

    with pytest.raises(DraftExists) as refused:
        save(in_acme, published, title="Shopping")

    assert refused.value.draft_id == draft.pk


def test_an_archived_version_stays_as_it_is(in_acme: Firm) -> None:
    draft = create_workflow(in_acme.flo, title="Old times")
    archived = archive(in_acme.flo, draft)

    with pytest.raises(DomainError, match="archived"):
        save(in_acme, archived, title="New times")


def test_what_no_draft_can_hold_is_refused_with_its_place(in_acme: Firm) -> None:
    published = a_workflow(in_acme).workflow
    document = document_of(published)
    wrong = change_task(document, "check", assign={"company_role": "manager"})

    with pytest.raises(NotSaved) as refused:
        change_workflow(in_acme.flo, published, wrong, seen=fingerprint(document))

    (problem,) = [one for one in refused.value.problems if one.blocks]
    assert (problem.rule, problem.place) == ("unknown-role", "/tasks/1/assign/company_role")
    assert "managers" in problem.hint
    assert WorkflowDefinition.objects.count() == 1


def test_what_was_wrong_before_can_be_mended_bit_by_bit(in_acme: Firm) -> None:
    role = {"assign": {"company_role": "managers"}}
    a_workflow(in_acme, "ask > check", ask=role, check=role)
    CompanyRole.objects.filter(key="managers").delete()
    document = document_of(the_workflow())

    half = change_task(document, "ask", assign=None)
    draft = change_workflow(in_acme.flo, the_workflow(), half, seen=fingerprint(document))

    assert [one.place for one in problems_of(draft) if one.blocks] == [
        "/tasks/1/assign/company_role"
    ]


def test_what_only_blocks_publishing_is_saved(in_acme: Firm) -> None:
    document = document_of(a_workflow(in_acme).workflow)

    draft = change_workflow(
        in_acme.flo, the_workflow(), remove_task(document, "check"), seen=fingerprint(document)
    )

    assert draft.version == 2
    assert [task.key for task in draft.tasks.all()] == ["ask"]


def test_the_key_of_a_definition_stays(in_acme: Firm) -> None:
    a_workflow(in_acme)

    with pytest.raises(DomainError, match="key"):
        save(in_acme, the_workflow(), key="other")


@pytest.mark.parametrize("document", [{}, {"key": "flow", "tasks": 3}, {"key": "flow", "a": {1}}])
def test_what_is_no_document_is_refused(in_acme: Firm, document: Any) -> None:
    a_workflow(in_acme)

    with pytest.raises(DomainError):
        change_workflow(in_acme.flo, the_workflow(), document, seen="")


def test_only_workflow_creators_change_definitions(in_acme: Firm) -> None:
    ticket_type = a_workflow(in_acme)

    for person in (in_acme.ann, in_acme.will, in_acme.tara, in_acme.adam):
        with pytest.raises(NotAllowed):
            change_workflow(person, ticket_type.workflow, {}, seen="")
        with pytest.raises(NotAllowed):
            change_ticket_type(person, ticket_type, {}, seen="")
        with pytest.raises(NotAllowed):
            create_workflow(person, title="Mine")
        with pytest.raises(NotAllowed):
            create_ticket_type(person, title="Mine", workflow=ticket_type.workflow)
        with pytest.raises(NotAllowed):
            undo(person, ticket_type, seen="")


def test_another_companys_definition_is_not_there(acme: Firm, globex: Firm) -> None:
    with tenant_context(globex.company):
        foreign = a_workflow(globex)
        theirs = document_of(foreign.workflow)

    with tenant_context(acme.company):
        with pytest.raises(NotFound):
            change_workflow(
                acme.flo, foreign.workflow, changed(theirs, title="Ours"), seen=fingerprint(theirs)
            )
        with pytest.raises(NotFound):
            undo(acme.flo, foreign.workflow, seen="")


# Making


def test_a_new_workflow_gets_a_key_from_its_title(in_acme: Firm) -> None:
    first = create_workflow(in_acme.flo, title="Trip to Żywiec!")
    second = create_workflow(in_acme.flo, title="Trip to Żywiec")
    strange = create_workflow(in_acme.flo, title="…")

    assert [row.key for row in (first, second, strange)] == [
        "trip-to-żywiec", "trip-to-żywiec-2", "workflow",
    ]  # fmt: skip
    assert first.status == DefinitionStatus.DRAFT
    assert [one.rule for one in problems_of(first) if one.blocks] == ["no-start"]


def test_a_taken_key_is_refused_at_its_field(in_acme: Firm) -> None:
    a_workflow(in_acme)

    with pytest.raises(DomainError) as refused:
        create_workflow(in_acme.flo, title="Flow", key="flow")
    with pytest.raises(NotSaved) as bad:
        create_workflow(in_acme.flo, title="Flow", key="a.b")

    assert set(refused.value.fields) == {"key"}
    assert [one.place for one in bad.value.problems] == ["/key"]


def test_a_new_ticket_type_waits_for_its_publication(in_acme: Firm) -> None:
    workflow = a_workflow(in_acme).workflow

    made = create_ticket_type(
        in_acme.flo, title="A desk", workflow=workflow, company_role_access=["managers"]
    )

    assert (made.key, made.status, made.workflow_id) == ("a-desk", "DRAFT", workflow.pk)
    assert made.company_role_access == ["managers"]
    assert publish(in_acme.flo, made).status == "PUBLISHED"


def test_a_ticket_type_changes_in_the_catalogue_at_once(in_acme: Firm) -> None:
    ticket_type = a_workflow(in_acme)

    titled(in_acme, ticket_type, title="Something new", company_role_access=["managers"])

    row = TicketDefinition.objects.get()
    assert (row.title, row.status, row.version) == ("Something new", "PUBLISHED", 2)
    assert row.company_role_access == ["managers"]
    (revision,) = revisions_of(row)
    assert revision.changes == ["now called “Something new”", "now for Managers"]


def test_a_ticket_type_of_the_catalogue_keeps_a_published_workflow(in_acme: Firm) -> None:
    ticket_type = a_workflow(in_acme)
    create_workflow(in_acme.flo, title="Draft", key="draft")

    with pytest.raises(NotSaved) as refused:
        titled(in_acme, ticket_type, workflow="draft")

    assert [one.place for one in refused.value.problems] == ["/workflow"]


# Undoing


def titles(revisions: list[Revision]) -> list[str]:
    return [str(one) for one in revisions]


def seen(row: WorkflowDefinition | TicketDefinition) -> str:
    """The fingerprint of what a page would show now."""
    return fingerprint(document_of(type(row)._default_manager.get(pk=row.pk)))


def test_changes_are_taken_back_one_by_one_and_done_again(in_acme: Firm) -> None:
    a_workflow(in_acme)
    published = document_of(the_workflow())
    draft = save(in_acme, the_workflow(), title="One")
    one = document_of(draft)
    save(in_acme, draft, title="Two")
    two = document_of(the_workflow())

    def now() -> Any:
        return document_of(WorkflowDefinition.objects.get(pk=draft.pk))

    undo(in_acme.flo, draft, seen=seen(the_workflow()))
    assert now() == one
    undo(in_acme.flo, draft, seen=seen(the_workflow()))
    assert now() == published
    with pytest.raises(DomainError, match="nothing to undo"):
        undo(in_acme.flo, draft, seen=seen(the_workflow()))

    redo(in_acme.flo, draft, seen=seen(the_workflow()))
    redo(in_acme.flo, draft, seen=seen(the_workflow()))
    assert now() == two
    with pytest.raises(DomainError, match="nothing to redo"):
        redo(in_acme.flo, draft, seen=seen(the_workflow()))

    assert [one.undoes for one in revisions_of(draft)] == [3, 4, 1, 2, None, None]


def test_a_new_change_forgets_what_could_be_done_again(in_acme: Firm) -> None:
    draft = create_workflow(in_acme.flo, title="Zero")
    save(in_acme, draft, title="One")
    undo(in_acme.flo, draft, seen=seen(draft))
    save(in_acme, draft, title="Two")

    with pytest.raises(DomainError, match="nothing to redo"):
        redo(in_acme.flo, draft, seen=seen(draft))
    undo(in_acme.flo, draft, seen=seen(draft))

    assert the_workflow(draft.key).title == "Zero"


def test_what_a_file_changed_is_taken_back_as_well(in_acme: Firm) -> None:
    import_bundle(in_acme.flo, a_document("ask > check"))
    import_bundle(in_acme.flo, a_document("ask > check > pay"))

    undo(in_acme.flo, the_workflow(), seen=seen(the_workflow()))

    assert [task.key for task in the_workflow().tasks.all()] == ["ask", "check"]


def test_a_draft_goes_back_to_any_kept_revision(in_acme: Firm) -> None:
    draft = create_workflow(in_acme.flo, title="Zero")
    for title in ("One", "Two", "Three"):
        save(in_acme, draft, title=title)

    go_back(in_acme.flo, draft, 2, seen=seen(draft))

    assert the_workflow(draft.key).title == "One"
    assert titles(revisions_of(draft))[0] == "now called “One”"
    with pytest.raises(NotFound):
        go_back(in_acme.flo, draft, 99, seen=seen(draft))


def test_undoing_does_not_overwrite_what_was_saved_meanwhile(in_acme: Firm) -> None:
    draft = create_workflow(in_acme.flo, title="Zero")
    save(in_acme, draft, title="One")
    opened = seen(draft)
    save(in_acme, draft, title="Two")

    with pytest.raises(ChangedMeanwhile) as refused:
        undo(in_acme.flo, draft, seen=opened)

    assert refused.value.who == "You"
    assert the_workflow(draft.key).title == "Two"


def test_a_published_version_has_nothing_to_undo(in_acme: Firm) -> None:
    a_workflow(in_acme)
    draft = save(in_acme, the_workflow(), title="One")
    published = publish(in_acme.flo, draft)

    with pytest.raises(DomainError, match="not a draft"):
        undo(in_acme.flo, published, seen=seen(published))


def test_a_deleted_draft_takes_its_history_with_it(in_acme: Firm) -> None:
    draft = create_workflow(in_acme.flo, title="Zero")
    save(in_acme, draft, title="One")

    delete_draft(in_acme.flo, draft)

    assert not Revision.objects.exists()


def test_the_oldest_revisions_make_room(in_acme: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("definitions.bundle.revisions.MOST_KEPT", 3)
    draft = create_workflow(in_acme.flo, title="Zero")

    for number in range(6):
        save(in_acme, draft, title=f"Title {number}")

    assert [one.number for one in revisions_of(draft)] == [6, 5, 4]


def test_a_ticket_type_is_taken_back_like_a_draft(in_acme: Firm) -> None:
    ticket_type = a_workflow(in_acme)
    before = document_of(ticket_type)
    titled(in_acme, ticket_type, title="Else", company_role_access=["managers"])

    undo(in_acme.flo, ticket_type, seen=seen(TicketDefinition.objects.get()))

    assert document_of(TicketDefinition.objects.get()) == before


def test_adding_a_step_costs_the_same_for_a_small_and_a_large_workflow(
    in_acme: Firm, statements: Any
) -> None:
    costs = []
    for count in (2, 40):
        steps = " > ".join(f"step{number}" for number in range(count))
        a_workflow(in_acme, steps, key=f"flow-{count}")
        row = the_workflow(f"flow-{count}")
        document = document_of(row)
        more = add_task(document, {"key": "more"}, after="step0")
        person = User.objects.get(pk=in_acme.flo.pk)
        with statements() as counted:
            change_workflow(person, row, more, seen=fingerprint(document))
        costs.append(counted.total)

    assert costs[0] == costs[1]
    assert costs[0] <= 32, costs
