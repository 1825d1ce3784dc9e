"""Scenarios of a company's workflows: kept, exported, told on the page, asked at publishing."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from definitions.bundle.standing import load
from definitions.errors import BundleInvalid, CannotPublish
from definitions.models import WorkflowDefinition
from definitions.services import export_bundle, import_bundle, make_draft, problems_of, publish
from tenants.context import tenant_context
from tests.builders import Firm, a_document, the_workflow

pytestmark = pytest.mark.django_db

YES = {
    "title": "Approved",
    "submission": {"subject": "A chair"},
    "answers": {"check": {"ok": True}, "pay": {"ok": True}},
    "expect": {"path": ["check", "pay"], "ends": True},
}
NO = {
    **YES,
    "title": "Declined",
    "answers": {"check": {"ok": False}},
    "expect": {"path": ["check"]},
}
WRONG = {**YES, "title": "Turned down", "answers": {"check": {"ok": False}}}
DRAWING = "check > pay; check ? ok = false > end"


def with_scenarios(*scenarios: Any) -> dict[str, Any]:
    document = a_document(DRAWING)
    document["workflows"][0]["scenarios"] = list(scenarios)
    return document


def test_scenarios_come_back_as_they_were_written(acme: Firm) -> None:
    with tenant_context(acme.company):
        import_bundle(acme.boss, with_scenarios(YES, NO), publish=True)

        (workflow,) = export_bundle(acme.boss)["workflows"]
        again = import_bundle(acme.boss, export_bundle(acme.boss))
        draft = make_draft(acme.boss, the_workflow())

        assert workflow["scenarios"] == [YES, NO]
        assert again.changed == []
        assert draft.scenarios == [YES, NO]


def test_one_that_fails_is_kept_in_a_draft_and_stops_publishing(acme: Firm) -> None:
    with tenant_context(acme.company):
        import_bundle(acme.boss, with_scenarios(YES, WRONG))
        draft = the_workflow()

        with pytest.raises(CannotPublish) as refused:
            publish(acme.boss, draft)

        (problem,) = refused.value.problems
        assert problem.place == "/scenarios/1/expect/path"
        assert problem.message == (
            "Scenario “Turned down”: expected “Check”, then “Pay”, then the end; "
            "it went “Check”, then the end, because All right is no."
        )
        assert [one.message for one in problems_of(draft)] == [problem.message]
        assert WorkflowDefinition.objects.get().status == "DRAFT"


def test_an_import_that_should_publish_is_refused_with_the_line(acme: Firm) -> None:
    with tenant_context(acme.company), pytest.raises(BundleInvalid) as refused:
        import_bundle(acme.boss, with_scenarios(WRONG), publish=True)

    assert [one.place for one in refused.value.problems] == ["/workflows/0/scenarios/0/expect/path"]


def test_due_times_of_a_scenario_count_as_the_company_works(acme: Firm) -> None:
    """The company of the check is asked for its hours in the statement that is needed anyway."""
    with tenant_context(acme.company):
        calendar = load(set(), set()).surroundings().calendar

    assert calendar is not None
    assert calendar.zone.key == acme.company.time_zone


def test_the_page_of_a_workflow_tells_what_does_not_go_as_expected(
    acme: Firm, client: Client
) -> None:
    with tenant_context(acme.company):
        import_bundle(acme.boss, with_scenarios(WRONG))
        draft = the_workflow()
    client.force_login(acme.flo)

    page = client.get(f"/design/workflows/{draft.pk}/change/").content.decode()

    assert "Scenario “Turned down”: expected “Check”" in page
    assert "1 problem" in page


def test_the_command_that_checks_a_file_tries_its_scenarios(tmp_path: Path) -> None:
    file = tmp_path / "flow.json"
    file.write_text(json.dumps(with_scenarios(YES, WRONG)))
    out = io.StringIO()

    with pytest.raises(SystemExit):
        call_command("check_definitions", str(file), stdout=out)

    assert "workflows[0].scenarios[1].expect.path scenario Scenario “Turned down”" in out.getvalue()
