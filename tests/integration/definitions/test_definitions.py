"""Versions, publishing, archiving, drafts; and graphs kept in the process."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from definitions.errors import BundleInvalid, CannotPublish
from definitions.graphs import graph_for
from definitions.models import DefinitionStatus, TicketDefinition, WorkflowDefinition
from definitions.services import (
    archive,
    export_bundle,
    import_bundle,
    make_draft,
    problems_of,
    publish,
)
from tenants.context import tenant_context
from tenants.errors import DomainError, NotAllowed, NotFound
from tenants.models import CompanySecret
from tests.builders import Firm, a_document, a_firm, a_workflow, the_workflow
from tests.statements import Counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(db: None) -> Iterator[Firm]:
    firm = a_firm("Acme")
    with tenant_context(firm.company):
        yield firm


def statuses() -> list[str]:
    return [str(row.status) for row in WorkflowDefinition.objects.order_by("version")]


def a_round_trip() -> dict[str, Any]:
    """From ask to check and back, for ever."""
    document = a_document("ask > check")
    document["workflows"][0]["transitions"] = [
        {"to": "ask"},
        {"from": "ask", "to": "check"},
        {"from": "check", "to": "ask"},
    ]
    return document


def test_publishing_needs_the_permission(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask"))

    for person in (acme.ann, acme.will, acme.tara, acme.adam):
        for verb in (publish, archive, make_draft):
            with pytest.raises(NotAllowed):
                verb(person, the_workflow())
        with pytest.raises(NotAllowed):
            publish(person, TicketDefinition.objects.get())


def test_a_workflow_with_problems_is_not_published(acme: Firm) -> None:
    import_bundle(acme.boss, a_round_trip())

    with pytest.raises(CannotPublish, match="Flow v1 cannot be published") as refused:
        publish(acme.flo, the_workflow())

    assert [problem.path for problem in refused.value.problems] == ["tasks[0]", "tasks[1]"]
    assert statuses() == ["DRAFT"]


BAD_FILE = {
    "type": "object",
    "properties": {"scan": {"type": "string", "x-widget": "file", "x-accept": ".exe"}},
}
A_CALL = {"action_url": "https://erp.example/orders"}
ESCALATE = {"from": "check", "to": "ask", "after": "timeout"}


def test_what_nobody_could_answer_is_not_published(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask > check", check={"output_schema": BAD_FILE}))

    with pytest.raises(CannotPublish, match="accepts no kind of file") as refused:
        publish(acme.flo, the_workflow())

    paths = [problem.path for problem in refused.value.problems]
    assert paths == ["tasks[1].output_schema.properties.scan"]


@pytest.mark.parametrize(
    ("change", "ways"),
    [
        ({"task_type": "SYNC_ACTION", **A_CALL, "timeout_seconds": 60}, []),
        ({"task_type": "ASYNC_ACTION", **A_CALL}, []),
        ({"task_type": "ASYNC_ACTION", **A_CALL, "timeout_seconds": 60}, [ESCALATE]),
        ({"task_type": "SUBWORKFLOW", "subworkflow": "other"}, []),
        ({"task_type": "WAIT", "until": {"hours": 1, "working": True}}, []),
        ({"split": "ALL"}, []),
        ({"join": "ALL"}, []),
        ({"timeout_seconds": 60}, [ESCALATE]),
        ({"due": {"days": 2}, "reminder": {"before": {"hours": 4}}}, [ESCALATE]),
        ({"due": {"at": {"$": {"var": "ticket.subject"}}}}, []),
        ({"max_visits": 3}, []),
    ],
)
def test_what_the_product_can_do_is_published(
    acme: Firm, change: dict[str, Any], ways: list[dict[str, Any]]
) -> None:
    document = a_document("ask > check", check=change)
    document["workflows"][0]["transitions"] += ways
    document["workflows"] += a_document("look", key="other")["workflows"]

    report = import_bundle(acme.boss, document, publish=True)

    assert statuses() == ["PUBLISHED", "PUBLISHED"]
    assert report.problems == []
    again = export_bundle(acme.boss, ["flow"])
    assert import_bundle(acme.boss, again).changes_nothing
    node = graph_for(the_workflow().pk).graph.tasks["check"]
    assert {name: getattr(node, name, node.extra.get(name)) for name in change} == change


def test_a_workflow_does_not_run_itself(acme: Firm) -> None:
    def runs(key: str, inside: str) -> dict[str, Any]:
        task = {"task_type": "SUBWORKFLOW", "subworkflow": inside}
        return {**a_document("inside", key=key, inside=task), "tickets": []}

    with pytest.raises(BundleInvalid, match="runs “one”: it would never end"):
        import_bundle(acme.boss, runs("one", "one"), publish=True)

    import_bundle(acme.boss, {**a_document("ask", key="three"), "tickets": []}, publish=True)
    import_bundle(acme.boss, runs("two", "three"), publish=True)
    import_bundle(acme.boss, runs("one", "two"), publish=True)
    import_bundle(acme.boss, runs("three", "one"))  # a draft may still be mended

    with pytest.raises(CannotPublish) as refused:
        publish(acme.flo, the_workflow("three"))
    (problem,) = refused.value.problems
    assert problem.path == "tasks[0].subworkflow"
    assert "“one”, which runs “two”, which runs “three”" in problem.message


def test_a_workflow_inside_should_be_published_too(acme: Firm) -> None:
    task = {"task_type": "SUBWORKFLOW", "subworkflow": "look"}
    import_bundle(acme.boss, {**a_document("see", key="look"), "tickets": []})

    report = import_bundle(acme.boss, a_document("inside", inside=task), publish=True)
    (problem,) = report.problems
    assert problem.path == "workflows[0].tasks[0].subworkflow"
    assert "“look”, which is not published" in problem.message

    publish(acme.flo, the_workflow("look"))
    assert problems_of(the_workflow()) == []


def test_a_secret_that_is_missing_stops_publishing_and_not_the_import(acme: Firm) -> None:
    action = {"headers": {"X-Key": {"$secret": "erp"}}}
    document = a_document("call", call={"task_type": "SYNC_ACTION", **A_CALL, "action": action})

    report = import_bundle(acme.boss, document)
    assert [(one.rule, one.path) for one in report.problems] == [
        ("unknown-secret", "workflows[0].tasks[0].action.headers.X-Key")
    ]
    with pytest.raises(CannotPublish, match="no secret “erp”"):
        publish(acme.flo, the_workflow())

    CompanySecret.objects.create(name="erp", sealed="x")
    assert publish(acme.flo, the_workflow()).status == DefinitionStatus.PUBLISHED


def test_a_company_calls_what_the_platform_allows_it(acme: Firm) -> None:
    call = {"task_type": "SYNC_ACTION", "action_url": "https://10.1.2.3:8443/orders"}
    document = a_document("call", call=call)

    with pytest.raises(BundleInvalid) as refused:
        import_bundle(acme.boss, document)
    (problem,) = refused.value.problems
    assert (problem.rule, problem.path) == ("forbidden-address", "workflows[0].tasks[0].action_url")

    acme.company.call_allowances = ["10.1.2.3:8443"]
    acme.company.save()
    assert import_bundle(acme.boss, document, publish=True).problems == []


def test_a_ticket_type_waits_for_its_workflow(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask"))
    ticket = TicketDefinition.objects.get()

    with pytest.raises(DomainError, match="Publish the workflow first"):
        publish(acme.flo, ticket)

    publish(acme.flo, the_workflow())
    assert publish(acme.flo, ticket).status == DefinitionStatus.PUBLISHED


def test_publishing_again_does_nothing(acme: Firm) -> None:
    a_workflow(acme, "ask")

    assert publish(acme.flo, the_workflow()).version == 1
    assert statuses() == ["PUBLISHED"]


def test_a_draft_says_the_same_as_the_version_it_is_made_of(acme: Firm) -> None:
    a_workflow(acme, "ask > check; check ? ok = false > ask")
    published = the_workflow()

    draft = make_draft(acme.flo, published)

    assert (draft.version, draft.status, draft.content_hash) == (2, "DRAFT", published.content_hash)
    assert draft.tasks.count() == 2
    with pytest.raises(DomainError, match="is a draft already"):
        make_draft(acme.flo, published)


def test_an_archived_version_is_not_published_but_copied(acme: Firm) -> None:
    a_workflow(acme, "ask")
    first = the_workflow()
    publish(acme.flo, make_draft(acme.flo, first))

    with pytest.raises(DomainError, match="is archived"):
        publish(acme.flo, first)

    assert make_draft(acme.flo, first).version == 3


def test_a_workflow_in_use_is_not_archived(acme: Firm) -> None:
    ticket = a_workflow(acme, "ask")

    with pytest.raises(DomainError, match="“Ask for flow” would start nothing"):
        archive(acme.flo, the_workflow())

    archive(acme.flo, ticket)
    archive(acme.flo, the_workflow())
    assert statuses() == ["ARCHIVED"]
    assert the_workflow().archived_at is not None


def test_another_companys_definition_is_not_there(acme: Firm) -> None:
    a_workflow(acme, "ask")
    foreign = the_workflow()
    globex = a_firm("Globex")

    with tenant_context(globex.company):
        for verb in (publish, archive, make_draft):
            with pytest.raises(NotFound):
                verb(globex.boss, foreign)
        with pytest.raises(WorkflowDefinition.DoesNotExist):
            graph_for(foreign.pk)


def test_problems_are_told_with_places_in_the_workflow(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask > check", check={"output_schema": BAD_FILE}))

    assert [(problem.rule, problem.path) for problem in problems_of(the_workflow())] == [
        ("bad-file", "tasks[1].output_schema.properties.scan")
    ]


def test_the_graph_of_a_published_version_is_read_once(
    acme: Firm, statements: Callable[[], AbstractContextManager[Counted]]
) -> None:
    a_workflow(acme, "ask > check")
    workflow_id = the_workflow().pk

    with statements() as first:
        graph_for(workflow_id)
    with statements() as second:
        pinned = graph_for(workflow_id)

    assert (first.total, second.total) == (3, 0)
    assert set(pinned.task_ids) == set(pinned.graph.tasks) == {"ask", "check"}
    assert pinned.version == 1


def test_the_graph_of_a_draft_is_never_kept(acme: Firm) -> None:
    import_bundle(acme.boss, a_document("ask"))
    assert set(graph_for(the_workflow().pk).graph.tasks) == {"ask"}

    import_bundle(acme.boss, a_document("ask > check"))

    assert set(graph_for(the_workflow().pk).graph.tasks) == {"ask", "check"}


def test_a_kept_graph_opens_to_its_company_only(acme: Firm) -> None:
    a_workflow(acme, "ask")
    workflow_id = the_workflow().pk
    graph_for(workflow_id)
    globex = a_firm("Globex")

    with tenant_context(globex.company), pytest.raises(WorkflowDefinition.DoesNotExist):
        graph_for(workflow_id)
