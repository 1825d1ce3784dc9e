"""A bundle goes in whole or not at all; twice is once; and it comes out the same elsewhere."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from definitions.bundle import Effect
from definitions.documents import read_text
from definitions.errors import BundleInvalid
from definitions.models import (
    DefinitionStatus,
    TaskDefinition,
    TicketDefinition,
    WorkflowDefinition,
    WorkflowTransition,
)
from definitions.services import export_bundle, import_bundle, publish
from tenants.context import tenant_context
from tenants.errors import NotAllowed, NotFound
from tenants.models import AuditEntry, CompanyRole
from tenants.services import delete_company_role
from tests.builders import Firm, a_document, a_firm, the_workflow
from tests.statements import Counted

pytestmark = pytest.mark.django_db

YES = {"type": "object", "properties": {"ok": {"type": "boolean"}}}


@pytest.fixture
def acme(db: None) -> Iterator[Firm]:
    firm = a_firm("Acme")
    with tenant_context(firm.company):
        yield firm


def effects(firm: Firm, document: Any, **how: bool) -> dict[str, str]:
    report = import_bundle(firm.boss, document, **how)
    return {entry.key: entry.effect.value for entry in report.entries}


def statuses(key: str = "flow") -> list[str]:
    rows = WorkflowDefinition.objects.filter(key=key).order_by("version")
    return [str(row.status) for row in rows]


def counts() -> tuple[int, ...]:
    models = (WorkflowDefinition, TaskDefinition, WorkflowTransition, TicketDefinition, CompanyRole)
    return tuple(model.objects.count() for model in models)


def test_a_new_bundle_is_imported_as_drafts(acme: Firm) -> None:
    assert effects(acme, a_document("ask > check")) == {
        "flow": "created",
        "flow-request": "created",
    }

    ticket = TicketDefinition.objects.get()
    assert statuses() == ["DRAFT"]
    assert (ticket.status, ticket.workflow) == ("DRAFT", the_workflow())
    assert ticket.company_role_access == ["user"]
    assert [task.key for task in the_workflow().tasks.order_by("position")] == ["ask", "check"]


def test_importing_twice_changes_nothing(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask > check"))
    before = counts(), AuditEntry.objects.count()

    assert set(effects(acme, a_document("ask > check")).values()) == {"unchanged"}
    assert (counts(), AuditEntry.objects.count()) == before


def test_publishing_twice_changes_nothing(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask > check"), publish=True)

    assert set(effects(acme, a_document("ask > check"), publish=True).values()) == {"unchanged"}
    assert statuses() == ["PUBLISHED"]


def test_the_order_of_lines_changes_nothing(acme: Firm) -> None:
    document = a_document("ask > check; check ? ok = false > ask")
    import_bundle(acme.boss, document)
    document["workflows"][0]["transitions"].reverse()

    assert set(effects(acme, document).values()) == {"unchanged"}


def test_a_changed_draft_is_replaced(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask > check"))
    draft = the_workflow()

    report = import_bundle(acme.boss, a_document("ask > approve"))

    (entry,) = report.changed
    assert entry.line == (
        "v1 stays the draft: task Approve added, task Check removed, 2 ways onward added, "
        "2 ways onward removed"
    )
    assert (the_workflow().pk, statuses()) == (draft.pk, ["DRAFT"])
    assert {task.key for task in TaskDefinition.objects.all()} == {"ask", "approve"}


def test_a_changed_published_workflow_becomes_the_next_draft(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask > check"), publish=True)
    published = the_workflow()

    report = import_bundle(acme.boss, a_document("ask > check > pay"))

    assert report.changed[0].line.startswith("v2 becomes the draft: task Pay added")
    assert statuses() == ["PUBLISHED", "DRAFT"]
    assert published.tasks.count() == 2
    assert TicketDefinition.objects.get().workflow == published


def test_publishing_archives_the_version_before_and_moves_ticket_types(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask > check"), publish=True)
    import_bundle(acme.boss, a_document("ask > check > pay"), publish=True)

    ticket = TicketDefinition.objects.get()
    assert statuses() == ["ARCHIVED", "PUBLISHED"]
    assert (ticket.workflow, ticket.status, ticket.version) == (the_workflow(), "PUBLISHED", 1)


def test_a_ticket_type_of_another_file_moves_with_its_workflow(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask > check"), publish=True)
    changed = a_document("ask > check > pay")

    import_bundle(acme.boss, {**changed, "tickets": []}, publish=True)

    assert TicketDefinition.objects.get().workflow == the_workflow()


def test_a_ticket_type_may_name_a_workflow_that_is_there_already(acme: Firm) -> None:
    import_bundle(acme.boss, {**a_document("ask"), "tickets": []}, publish=True)

    import_bundle(acme.boss, {**a_document("ask"), "workflows": []}, publish=True)

    assert TicketDefinition.objects.get().status == DefinitionStatus.PUBLISHED


def test_a_changed_ticket_type_counts_its_version(acme: Firm) -> None:
    document = a_document("ask")
    import_bundle(acme.boss, document, publish=True)
    document["tickets"][0] |= {"category": "Office", "company_role_access": ["managers"]}

    report = import_bundle(acme.boss, document)

    ticket = TicketDefinition.objects.get()
    line = "category added, now for Managers; shows in the catalogue at once"
    assert [entry.line for entry in report.changed] == [line]
    assert (ticket.version, ticket.status) == (2, "PUBLISHED")
    assert ticket.company_role_access == ["managers"]


def test_rights_taken_away_by_hand_are_given_back(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask"))
    TicketDefinition.objects.get().rights.all().delete()

    assert effects(acme, a_document("ask")) == {"flow": "unchanged", "flow-request": "changed"}
    assert TicketDefinition.objects.get().company_role_access == ["user"]


def test_a_dry_run_tells_the_same_and_writes_nothing(acme: Firm) -> None:
    before = counts(), AuditEntry.objects.count()

    dry = import_bundle(acme.boss, a_document("ask"), publish=True, dry_run=True)

    assert (counts(), AuditEntry.objects.count()) == before
    assert dry.entries == import_bundle(acme.boss, a_document("ask"), publish=True).entries


def test_a_wrong_bundle_changes_nothing(acme: Firm) -> None:
    document = a_document("ask > check")
    document["tickets"].append({"key": "t", "workflow": "nowhere"})
    before = counts()

    with pytest.raises(BundleInvalid) as refused:
        import_bundle(acme.boss, document)

    assert [problem.path for problem in refused.value.problems] == ["tickets[1].workflow"]
    assert counts() == before


def test_a_dead_end_is_told_and_stops_publishing_only(acme: Firm) -> None:
    document = a_document("ask")
    document["workflows"][0]["transitions"] = [{"to": "ask"}, {"from": "ask", "to": "ask"}]

    report = import_bundle(acme.boss, document)

    assert [problem.rule for problem in report.problems] == ["no-way-out"]
    with pytest.raises(BundleInvalid, match="a ticket can go round but never end"):
        import_bundle(acme.boss, document, publish=True)


def test_a_question_that_nobody_could_answer_stops_publishing(acme: Firm) -> None:
    document = a_document("ask > scan", scan={"output_schema": HOPELESS_FORM})

    report = import_bundle(acme.boss, document)

    assert [problem.rule for problem in report.problems] == ["bad-file"]
    with pytest.raises(BundleInvalid, match="accepts no kind of file that can be sent"):
        import_bundle(acme.boss, document, publish=True)


def test_a_ticket_type_in_the_catalogue_never_starts_a_draft(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask"), publish=True)
    other = a_document("ask", key="other")
    other["tickets"] = [{"key": "flow-request", "workflow": "other"}]

    with pytest.raises(BundleInvalid, match="“other” is not published"):
        import_bundle(acme.boss, other)

    import_bundle(acme.boss, other, publish=True)
    assert TicketDefinition.objects.get().workflow.key == "other"


def test_an_archived_version_never_comes_back(acme: Firm) -> None:
    import_bundle(acme.boss, {**a_document("ask"), "tickets": []})
    the_workflow().archive()
    WorkflowDefinition.objects.update(status="ARCHIVED")

    assert effects(acme, a_document("ask")) == {"flow": "unchanged", "flow-request": "created"}
    assert effects(acme, a_document("ask"), publish=True)["flow"] == "changed"
    assert statuses() == ["ARCHIVED", "PUBLISHED"]


def test_company_roles_are_made_where_they_are_missing(acme: Firm) -> None:
    document = a_document("ask", ask={"assign": {"company_role": "it"}})
    document["company_roles"] = [
        {"key": "it", "title": "IT"},
        {"key": "managers", "title": "Bosses"},
    ]

    report = import_bundle(acme.boss, document)

    assert [entry.key for entry in report.created] == ["it", "flow", "flow-request"]
    assert CompanyRole.objects.get(key="it").title == "IT"
    assert CompanyRole.objects.get(key="managers").title == "Managers"


def test_only_those_who_may_add_company_roles_do_so_by_a_file(acme: Firm) -> None:
    document = {"format": "ticketflower/1", "company_roles": [{"key": "it"}]}

    with pytest.raises(NotAllowed):
        import_bundle(acme.flo, document)

    import_bundle(acme.flo, {"format": "ticketflower/1", "company_roles": [{"key": "managers"}]})
    assert not CompanyRole.objects.filter(key="it").exists()


def test_only_workflow_creators_import_and_export(acme: Firm) -> None:
    for person in (acme.ann, acme.will, acme.adam):
        with pytest.raises(NotAllowed):
            import_bundle(person, a_document("ask"))
        with pytest.raises(NotAllowed):
            export_bundle(person)
    with pytest.raises(NotAllowed):
        import_bundle(acme.tara, a_document("ask"))

    import_bundle(acme.flo, a_document("ask"), publish=True)
    assert the_workflow().created_by == acme.flo


def a_rich_document() -> dict[str, Any]:
    document = a_document("ask > check > pay; check ? ok = false > ask; pay ? ok = false > end")
    workflow, ticket = document["workflows"][0], document["tickets"][0]
    workflow["ext_ref"] = [{"label": "Wiki", "uri": "https://wiki.example"}]
    workflow["fields"].append({"name": "kind", "type": "choice", "choices": ["a", "b"]})
    workflow["tasks"][0] |= {
        "assign": {"company_role": "it"},
        "due": {"days": 2},
        "output_schema": {
            "type": "object",
            "required": ["z"],
            "properties": {"zebra": {"type": "string"}, "z": {"type": "number"}, "a": {}},
        },
    }
    ticket |= {"category": "Office", "fields": [{"name": "kind", "value": "a"}], "position": 3}
    ticket["company_role_access"] = ["it", "managers"]
    document["company_roles"] = [{"key": "it", "title": "IT"}]
    return document


def test_export_and_import_into_another_company_are_equal(acme: Firm) -> None:
    import_bundle(acme.boss, a_rich_document(), publish=True)
    exported = export_bundle(acme.boss)
    globex = a_firm("Globex")

    with tenant_context(globex.company):
        import_bundle(globex.boss, json.loads(json.dumps(exported)), publish=True)

        assert json.dumps(export_bundle(globex.boss)) == json.dumps(exported)
        assert set(effects(globex, exported, publish=True).values()) == {"unchanged"}


def test_what_the_requester_may_read_survives_export_and_import(acme: Firm) -> None:
    note = {"type": "string", "title": "Note", "x-requester-sees": True}
    schema = {"type": "object", "properties": {"note": note}}
    import_bundle(acme.boss, a_document("ask", ask={"output_schema": schema}), publish=True)

    (workflow,) = export_bundle(acme.boss)["workflows"]

    assert workflow["tasks"][0]["output_schema"] == schema


def test_what_is_exported_can_be_imported_although_a_role_in_it_was_deleted(acme: Firm) -> None:
    for_managers = {"assign": {"company_role": "managers"}}
    import_bundle(acme.boss, a_document("ask", ask=for_managers), publish=True)
    delete_company_role(acme.boss, CompanyRole.objects.get(key="managers"))
    exported = export_bundle(acme.boss)
    initech = a_firm("Initech")

    with tenant_context(initech.company):
        delete_company_role(initech.boss, CompanyRole.objects.get(key="managers"))
        import_bundle(initech.boss, exported, publish=True)

        assert export_bundle(initech.boss) == exported


def test_the_order_of_questions_survives_the_database(acme: Firm) -> None:
    import_bundle(acme.boss, a_rich_document())

    schema = TaskDefinition.objects.get(key="ask").output_schema

    assert list(schema["properties"]) == ["zebra", "z", "a"]


def test_chosen_keys_bring_what_they_need(acme: Firm) -> None:
    import_bundle(acme.boss, a_rich_document())
    import_bundle(acme.boss, a_document("ask", key="other"))

    document = export_bundle(acme.boss, ["flow-request"])

    assert [role["key"] for role in document["company_roles"]] == ["it", "managers"]
    assert [workflow["key"] for workflow in document["workflows"]] == ["flow"]
    assert [ticket["key"] for ticket in document["tickets"]] == ["flow-request"]
    with pytest.raises(NotFound, match="Did you mean “other”"):
        export_bundle(acme.boss, ["othre"])


def test_another_companys_definitions_are_not_there(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask"), publish=True)
    globex = a_firm("Globex")

    with tenant_context(globex.company):
        assert export_bundle(globex.boss) == {"format": "ticketflower/1"}
        with pytest.raises(BundleInvalid, match="The workflow “flow” does not exist"):
            import_bundle(globex.boss, {**a_document("ask"), "workflows": []})
        assert effects(globex, a_document("ask")) == {"flow": "created", "flow-request": "created"}


def test_problems_of_a_file_have_lines(acme: Firm) -> None:
    text = "format: ticketflower/1\ntickets:\n- key: t\n  workflow: nowhere\n"

    with pytest.raises(BundleInvalid) as refused:
        import_bundle(acme.boss, read_text(text, "a.yaml"))

    (problem,) = refused.value.problems
    assert (problem.line, str(problem)) == (
        4,
        "Line 4: tickets[0].workflow: The workflow “nowhere” does not exist. "
        "Add it to the file, or import it first.",
    )


def test_who_imported_what_is_in_the_log(acme: Firm) -> None:
    import_bundle(acme.flo, a_document("ask"))

    entry = AuditEntry.objects.first()

    assert entry is not None
    assert (entry.actor, entry.action) == (acme.flo, "definitions imported")
    assert entry.detail == {"created": ["workflow flow", "ticket type flow-request"], "changed": []}


def many(count: int, title: str = "Many") -> dict[str, Any]:
    bundle: dict[str, Any] = {"format": "ticketflower/1", "workflows": [], "tickets": []}
    for number in range(count):
        one = a_document("ask > check; check ? ok = false > ask", key=f"w{number}")
        bundle["workflows"].append({**one["workflows"][0], "title": f"{title} {number}"})
        bundle["tickets"] += one["tickets"]
    return bundle


def test_statements_do_not_grow_with_the_definitions(
    acme: Firm, statements: Callable[[], AbstractContextManager[Counted]]
) -> None:
    def totals(count: int) -> list[int]:
        found = []
        for title in ("New", "Draft", "Published"):
            for publish_too in (False, True):
                with statements() as counted:
                    import_bundle(acme.boss, many(count, f"{title} {count}"), publish=publish_too)
                found.append(counted.total)
        with statements() as counted:
            export_bundle(acme.boss)
        return [*found, counted.total]

    few = totals(2)

    assert totals(150)[2:] == few[2:]
    assert max(few) <= 20, few


def test_the_report_for_programs_is_json(acme: Firm) -> None:
    report = import_bundle(acme.boss, a_document("ask")).as_json()

    assert json.loads(json.dumps(report)) == report
    assert [entry["key"] for entry in report[Effect.CREATED.value]] == ["flow", "flow-request"]


def test_every_naughty_string_is_stored_as_it_is_or_refused(acme: Firm, real_inputs: Path) -> None:
    strings = json.loads((real_inputs / "nasty/blns.json").read_text())
    tickets = [
        {"key": f"t{n}", "title": text, "description": text, "workflow": "flow"}
        for n, text in enumerate(strings)
        if len(text) <= 200 and text
    ]
    document = a_document("ask")
    document["tickets"] = tickets

    import_bundle(acme.boss, document)

    stored = dict(TicketDefinition.objects.values_list("key", "title"))
    assert stored == {ticket["key"]: ticket["title"] for ticket in tickets}
    assert len(tickets) > 450


def refused_for(firm: Firm, document: Any) -> set[str]:
    try:
        import_bundle(firm.boss, document)
    except BundleInvalid as error:
        return {problem.rule for problem in error.problems}
    return set()


def test_every_naughty_string_as_a_key_is_taken_or_refused(acme: Firm, real_inputs: Path) -> None:
    strings = json.loads((real_inputs / "nasty/blns.json").read_text())
    taken = 0
    for text in strings:
        workflow: dict[str, Any] = {"key": text, "tasks": [{"key": text}]}
        unknown = {"format": "ticketflower/1", "workflows": [{**workflow, text: 1}]}
        assert refused_for(acme, unknown)
        if rules := refused_for(acme, {"format": "ticketflower/1", "workflows": [workflow]}):
            assert rules <= {"wrong-form", "missing", "wrong-value"}
        else:
            taken += WorkflowDefinition.objects.filter(key=text).exists()
    assert taken > 300


def test_publish_by_name_is_the_same_as_by_import(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask"))

    publish(acme.boss, the_workflow())
    publish(acme.boss, TicketDefinition.objects.get())

    assert set(effects(acme, a_document("ask"), publish=True).values()) == {"unchanged"}


FILE = {"name": "offer", "type": "file", "title": "The offer"}
FILE_FORM = {
    "type": "object",
    "properties": {"scan": {"type": "string", "format": "uuid", "x-widget": "file"}},
}
HOPELESS_FORM = {
    "type": "object",
    "properties": {"scan": {"type": "string", "x-widget": "file", "x-accept": ".exe"}},
}


def test_what_asks_for_a_file_is_published(acme: Firm) -> None:
    document = a_document("ask")
    document["workflows"][0]["fields"].append(FILE)
    document["workflows"][0]["tasks"][0]["output_schema"] = FILE_FORM
    document["tickets"][0]["form_schema"] = FILE_FORM

    with tenant_context(acme.company):
        report = import_bundle(acme.flo, document, publish=True)

    assert all(entry.is_published for entry in report.entries)
    assert report.problems == []


def test_a_ticket_type_in_the_catalogue_never_asks_for_what_nobody_could_send(acme: Firm) -> None:
    hopeless = a_document("ask")
    hopeless["tickets"][0]["form_schema"] = HOPELESS_FORM

    with tenant_context(acme.company):
        with pytest.raises(BundleInvalid, match="accepts no kind of file"):
            import_bundle(acme.flo, hopeless, publish=True)
        import_bundle(acme.flo, a_document("ask"), publish=True)
        with pytest.raises(BundleInvalid, match="is in the catalogue"):
            import_bundle(acme.flo, hopeless)


@pytest.mark.parametrize(
    ("due", "words"),
    [
        ({"days": "two"}, "“days” must be a number"),
        ({"dayz": 2}, "“dayz” is no unit of time"),
        ({"days": 0}, "longer than nothing"),
    ],
)
def test_a_due_time_says_numbers(acme: Firm, due: object, words: str) -> None:
    document = a_document("ask", ask={"due": due})

    with tenant_context(acme.company), pytest.raises(BundleInvalid) as refused:
        import_bundle(acme.flo, document)

    (problem,) = refused.value.problems
    assert words in f"{problem.message} {problem.hint}"
    assert problem.place.startswith("/workflows/0/tasks/0/due")


def test_a_misspelt_name_in_a_field_is_told_once(acme: Firm) -> None:
    document = a_document("ask")
    document["workflows"][0]["fields"] = [{"name": "item", "requred": True}]

    with tenant_context(acme.company), pytest.raises(BundleInvalid) as refused:
        import_bundle(acme.flo, document)

    (problem,) = refused.value.problems
    assert "Did you mean “required”?" in problem.hint
