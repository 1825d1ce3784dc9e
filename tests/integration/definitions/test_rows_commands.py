"""Rows from and into files on the command line."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from definitions.models import TaskDefinition
from definitions.services import import_bundle
from tenants.context import tenant_context
from tests.builders import Firm, a_document


@pytest.fixture
def firm(acme: Firm) -> Firm:
    with tenant_context(acme.company):
        import_bundle(acme.flo, a_document("ask > check"), publish=True)
    return acme


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command(*map(str, arguments), "--company", "acme", stdout=out, stderr=out)
    return out.getvalue()


def titles(firm: Firm) -> list[str]:
    with tenant_context(firm.company):
        newest = TaskDefinition.objects.order_by("-workflow__version", "position")
        return list(newest.values_list("title", flat=True)[:2])


@pytest.mark.parametrize("ending", ["xlsx", "json", "yaml"])
def test_what_is_written_comes_back_and_changes_nothing(firm: Firm, tmp_path: Path, ending: str):
    file = tmp_path / f"all.{ending}"

    run("export_rows", file)
    told = run("import_rows", file)

    assert {line.split()[0] for line in told.splitlines()} == {"unchanged"}


def test_a_changed_cell_changes_its_task_and_nothing_else(firm: Firm, tmp_path: Path):
    file = tmp_path / "tasks.csv"
    run("export_rows", file, "--kind", "tasks")
    with file.open(encoding="utf-8-sig") as before:
        rows = list(csv.DictReader(before))
    rows[0]["title"] = "Ask nicely"
    with file.open("w", newline="") as after:
        writer = csv.DictWriter(after, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)

    planned = run("import_rows", file, "--kind", "tasks", "--dry-run")
    before_it = titles(firm)
    told = json.loads(run("import_rows", file, "--kind", "tasks", "--publish", "--json"))

    assert planned.splitlines()[-1] == "Nothing was written."
    assert before_it == ["Ask", "Check"]
    assert titles(firm) == ["Ask nicely", "Check"]
    assert [row["effect"] for row in told["rows"]] == ["change", "unchanged"]


def test_what_is_wrong_is_said_with_its_row_and_nothing_is_written(firm: Firm, tmp_path: Path):
    file = tmp_path / "tasks.csv"
    file.write_text("workflow,key,task_type\nflow,ask,FROM\n")
    err = StringIO()

    with pytest.raises(CommandError, match="Nothing was imported: 1 problem"):
        call_command(
            "import_rows", str(file), "--company", "acme", "--kind", "tasks", stderr=err
        )  # fmt: skip

    assert "row 2" in err.getvalue()
    assert "FORM" in err.getvalue()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("export_rows", "all.csv"), "add --kind"),
        (("export_rows", "all.pdf"), "must end in one of .csv, .xlsx, .json, .yaml"),
        (("import_rows", "missing.csv", "--kind", "tasks"), "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said(firm: Firm, arguments: tuple[str, ...], words: str):
    with pytest.raises(CommandError, match=words):
        run(*arguments)
