"""The commands that people and programs use on bundles."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from definitions.documents import read_text, to_yaml
from definitions.models import WorkflowDefinition
from definitions.schemas import problems
from tenants.context import tenant_context
from tests.builders import Firm, a_document, a_firm

WRONG = """\
format: ticketflower/1
workflows:
- key: buy
  titel: Buy
  tasks:
  - {key: ask, task_type: FROM}
tickets:
- {key: t, workflow: bvy}
"""


@pytest.fixture
def acme(db: None) -> Firm:
    return a_firm("Acme")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bundle.yaml"
    path.write_text(to_yaml(a_document("ask > check")))
    return path


def run(*arguments: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def versions(firm: Firm) -> list[str]:
    with tenant_context(firm.company):
        return [str(row.status) for row in WorkflowDefinition.objects.order_by("version")]


def test_a_file_is_imported_into_the_named_company(acme: Firm, file: Path) -> None:
    out, _ = run("import_definitions", file, "--company", "acme", "--publish")

    assert versions(acme) == ["PUBLISHED"]
    assert out.splitlines() == [
        "created   workflow flow: new, v1 with 2 steps, published",
        "created   ticket type flow-request: published: for everyone, starts Flow",
        "2 created, 0 changed, 0 unchanged.",
    ]


def test_a_dry_run_writes_nothing(acme: Firm, file: Path) -> None:
    out, _ = run("import_definitions", file, "--company", "acme", "--dry-run")

    assert versions(acme) == []
    assert out.splitlines()[-1] == "Nothing was written: 2 created, 0 changed, 0 unchanged."


def test_the_report_can_be_json(acme: Firm, file: Path) -> None:
    out, _ = run("import_definitions", file, "--company", "acme", "--json")

    assert [entry["key"] for entry in json.loads(out)["created"]] == ["flow", "flow-request"]


def test_a_wrong_file_names_file_line_path_and_rule(acme: Firm, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    err = StringIO()

    with pytest.raises(CommandError, match="Nothing was imported: 3 problems"):
        call_command("import_definitions", str(path), "--company", "acme", stderr=err)

    assert [line.split(" ")[:3] for line in err.getvalue().splitlines()] == [
        [f"{path}:4", "workflows[0].titel", "unknown-name"],
        [f"{path}:6", "workflows[0].tasks[0].task_type", "unknown-word"],
        [f"{path}:8", "tickets[0].workflow", "unknown-workflow"],
    ]
    assert versions(acme) == []


def test_a_company_that_is_not_there_is_said_to_be_so(acme: Firm, file: Path) -> None:
    with pytest.raises(CommandError, match="There is no company “acne”"):
        run("import_definitions", file, "--company", "acne")


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run("check_definitions", tmp_path / "none.yaml")


def test_checking_a_wrong_file_ends_with_1(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    out = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("check_definitions", str(path), stdout=out)

    assert ended.value.code == 1
    first = out.getvalue().splitlines()[0]
    words = "“titel” means nothing here. Did you mean “title”?"
    assert first == f"{path}:4 workflows[0].titel unknown-name {words}"


def test_checking_a_good_file_needs_no_database(file: Path) -> None:
    out, _ = run("check_definitions", file)

    assert out == f"{file}: no problems.\n"


def test_checking_in_a_company_looks_for_its_roles(acme: Firm, tmp_path: Path) -> None:
    document = a_document("ask")
    document["tickets"][0]["company_role_access"] = ["manager"]
    path = tmp_path / "roles.json"
    path.write_text(json.dumps(document))

    run("check_definitions", path)
    with pytest.raises(SystemExit):
        run("check_definitions", path, "--company", "acme")


@pytest.mark.parametrize("options", [[], ["--yaml"]])
def test_an_export_is_imported_elsewhere_unchanged(
    acme: Firm, file: Path, tmp_path: Path, options: list[str]
) -> None:
    run("import_definitions", file, "--company", "acme")
    exported, _ = run("export_definitions", "--company", "acme", *options)
    globex = a_firm("Globex")
    copy = tmp_path / "copy"
    copy.write_text(exported)

    run("import_definitions", copy, "--company", "globex")

    assert versions(globex) == ["DRAFT"]
    assert run("export_definitions", "--company", "globex", *options)[0] == exported


def test_an_export_may_be_of_chosen_keys(acme: Firm, file: Path) -> None:
    run("import_definitions", file, "--company", "acme")

    out, _ = run("export_definitions", "--company", "acme", "--key", "flow")

    assert list(read_text(out).value) == ["format", "workflows"]
    with pytest.raises(CommandError, match="Did you mean “flow”"):
        run("export_definitions", "--company", "acme", "--key", "flwo")


def test_the_schema_describes_what_is_imported(file: Path) -> None:
    schema = json.loads(run("bundle_schema")[0])

    assert problems(schema, read_text(file.read_text()).value) == []
    assert schema["$defs"]["task"]["properties"]["task_type"]["enum"][0] == "FORM"
