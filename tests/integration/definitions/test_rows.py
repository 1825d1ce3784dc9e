"""Definitions as rows: out, changed, in again, in four formats."""

import copy
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from definitions.bundle import Effect
from definitions.errors import Problem
from definitions.models import TaskDefinition, TicketDefinition, WorkflowDefinition
from definitions.resources import (
    FORMATS,
    RESOURCES,
    RowKind,
    RowsReport,
    choose_tables,
    columns_of,
    export_rows,
    file_of,
    import_rows,
    importing_rows,
)
from definitions.services import Stage, export_bundle, import_bundle
from definitions.tables import TablesInvalid, read_tables
from tenants.context import tenant_context
from tenants.errors import NotAllowed
from tests.builders import Firm, a_document
from tests.integration.definitions.test_import_fuzz import a_rich_bundle

pytestmark = pytest.mark.django_db

EVERY = list(RowKind)


def a_full_bundle() -> dict[str, Any]:
    """With every kind of column, and with texts that spreadsheets like to change."""
    document = a_rich_bundle()
    del document["company_roles"]
    workflow, ticket = document["workflows"][0], document["tickets"][0]
    workflow["title"], workflow["description"] = "=1+1", "@cmd\r\nline\ttab  "
    ask, check = workflow["tasks"][0], workflow["tasks"][1]
    ask |= {
        "title": "'=quoted",
        "description": "é 𝄞 _x0041_ \x01 \x85 \u2028 \ufeff",
        "max_visits": 3,
    }
    check |= {"due": {"days": 2}, "reminder": {"before": {"hours": 4}}, "description": "x" * 9_000}
    check["output_schema"] = {
        "type": "object",
        "properties": {f"q{n}": {"type": "string", "title": "=long " * 100} for n in range(80)},
    }
    check["input_transform"] = "just text"
    workflow["transitions"][1] |= {"label": "-5", "priority": -7}
    workflow["transitions"].append(
        {"from": "check", "to": None, "condition": {"==": [1, 1]}, "priority": 3}
    )
    ticket |= {"title": "\uff1dSUM(A1)", "category": "+office", "position": 12}
    second = copy.deepcopy(a_document("one", key="second"))
    document["workflows"] += second["workflows"]
    document["tickets"] += second["tickets"]
    return document


def rows_in(
    firm: Firm, content: bytes | str, name: str, kind: RowKind | None = None, **how: Any
) -> RowsReport:
    tables = choose_tables(read_tables(content, name), kind)
    return import_rows(firm.flo, tables, **how)


def wrong(firm: Firm, content: bytes | str, kind: RowKind, name: str = "rows.csv") -> list[Problem]:
    with tenant_context(firm.company), pytest.raises(TablesInvalid) as refused:
        rows_in(firm, content, name, kind)
    return list(refused.value.problems)


def told(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.rule, problem.path) for problem in problems]


def a_flow(firm: Firm, drawing: str = "ask > check", *, publish: bool = False) -> None:
    with tenant_context(firm.company):
        import_bundle(firm.boss, a_document(drawing), publish=publish)


# Out and in


@pytest.mark.parametrize("ending", ["xlsx", "json", "yaml"])
def test_one_file_with_all_rows_makes_the_same_definitions_elsewhere(
    acme: Firm, globex: Firm, ending: str
) -> None:
    with tenant_context(acme.company):
        import_bundle(acme.boss, a_full_bundle())
        before = export_bundle(acme.boss)
        content = file_of(acme.flo, EVERY, FORMATS[ending])

    with tenant_context(globex.company):
        report = rows_in(globex, content, f"all.{ending}")
        after = export_bundle(globex.boss)

    assert after == before
    assert {effect.effect for effect in report.effects} == {Effect.CREATED}


@pytest.mark.parametrize("ending", list(FORMATS))
def test_a_file_per_kind_makes_the_same_definitions_elsewhere(
    acme: Firm, globex: Firm, ending: str
) -> None:
    with tenant_context(acme.company):
        import_bundle(acme.boss, a_full_bundle())
        before = export_bundle(acme.boss)
        files = {kind: file_of(acme.flo, [kind], FORMATS[ending]) for kind in EVERY}

    with tenant_context(globex.company):
        for kind, content in files.items():
            rows_in(globex, content, f"{kind}.{ending}", kind)
        after = export_bundle(globex.boss)

    assert after == before


@pytest.mark.parametrize("ending", list(FORMATS))
def test_rows_that_come_back_unchanged_change_nothing(acme: Firm, ending: str) -> None:
    with tenant_context(acme.company):
        import_bundle(acme.boss, a_full_bundle())
        for kind in EVERY:
            content = file_of(acme.flo, [kind], FORMATS[ending])

            report = rows_in(acme, content, f"rows.{ending}", kind)

            assert report.report.changes_nothing, (kind, [e.line for e in report.report.entries])
            assert {effect.effect for effect in report.effects} == {Effect.UNCHANGED}
        assert WorkflowDefinition.objects.count() == 2


def test_an_old_file_brings_back_what_it_says(acme: Firm) -> None:
    with tenant_context(acme.company):
        import_bundle(acme.boss, a_full_bundle())
        before = export_bundle(acme.boss)
        files = [file_of(acme.flo, EVERY, FORMATS[ending]) for ending in ("json", "xlsx")]
        for content in files:
            changed = a_full_bundle()
            changed["workflows"][0]["tasks"][0] |= {"title": "Other", "timeout_seconds": 9}
            changed["tickets"][1]["category"] = "Elsewhere"
            import_bundle(acme.boss, changed)

            rows_in(acme, content, "" if content[:1] != b"P" else "a.xlsx")

            assert export_bundle(acme.boss) == before


def test_no_row_carries_an_identifier_and_no_formula(acme: Firm) -> None:
    with tenant_context(acme.company):
        import_bundle(acme.boss, a_full_bundle())
        keys = {str(row.pk) for row in TaskDefinition.objects.all()} | {str(acme.company.pk)}
        book = openpyxl.load_workbook(BytesIO(file_of(acme.flo, EVERY, FORMATS["xlsx"])))
        texts = [file_of(acme.flo, [kind], FORMATS["csv"]).decode() for kind in EVERY]

    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    texts_of_cells = [str(cell.value) for cell in cells if cell.data_type == "s"]
    assert not any(text.startswith(("=", "+", "-", "@", "\uff1d")) for text in texts_of_cells)
    for text in texts:
        assert not any(key in text for key in keys)
        assert ',"=' not in text and '\n"=' not in text


def test_rows_of_one_company_never_show_another(acme: Firm, globex: Firm) -> None:
    a_flow(acme)
    with tenant_context(globex.company):
        import_bundle(globex.boss, a_document("secret", key="globex-secret"))

    with tenant_context(acme.company):
        for kind in EVERY:
            assert "globex-secret" not in str(export_rows(acme.flo, kind).dict)
            assert export_rows(acme.flo, kind, ["globex-secret"]).height == 0


def test_whoever_may_not_see_definitions_gets_no_rows(acme: Firm) -> None:
    a_flow(acme)
    with tenant_context(acme.company):
        with pytest.raises(NotAllowed):
            export_rows(acme.ann, RowKind.TASK)
        with pytest.raises(NotAllowed):
            import_rows(acme.ann, choose_tables(read_tables("key\nflow\n"), RowKind.WORKFLOW))


# Changes


def test_a_row_changes_the_columns_it_has_and_makes_the_next_draft(acme: Firm) -> None:
    a_flow(acme, publish=True)
    text = "workflow,key,title,timeout_seconds\nflow,check,Look at it,60\n"

    with tenant_context(acme.company):
        report = rows_in(acme, text, "tasks.csv", RowKind.TASK)
        versions = WorkflowDefinition.objects.order_by("version")
        first, second = (list(row.tasks.order_by("position")) for row in versions)

    (effect,) = report.effects
    assert effect.changes == ("time limit: none → 60", "now called “Look at it”")
    assert report.report.entries[0].line.startswith("v2 becomes the draft")
    assert [task.title for task in first] == ["Ask", "Check"]
    assert [task.title for task in second] == ["Ask", "Look at it"]
    assert second[1].output_schema == first[1].output_schema


def test_an_empty_cell_is_the_default(acme: Firm) -> None:
    with tenant_context(acme.company):
        import_bundle(acme.boss, a_document("ask > check", check={"timeout_seconds": 9}))
        rows_in(acme, "workflow,key,timeout_seconds\nflow,check,\n", "a.csv", RowKind.TASK)

        assert TaskDefinition.objects.get(key="check").timeout_seconds is None


def test_new_rows_are_added_and_their_order_is_their_position(acme: Firm) -> None:
    a_flow(acme)
    tasks = "workflow,key,position\nflow,first,1\nflow,last,\n"
    ways = "workflow,from,to\nflow,,first\nflow,check,last\n"

    with tenant_context(acme.company):
        rows_in(acme, tasks, "a.csv", RowKind.TASK)
        report = rows_in(acme, ways, "b.csv", RowKind.TRANSITION)
        row = WorkflowDefinition.objects.get()
        order = list(row.tasks.order_by("position").values_list("key", flat=True))

    assert order == ["first", "ask", "check", "last"]
    assert [effect.name for effect in report.effects] == ["Start → first", "Check → last"]


def test_a_file_that_has_everything_removes_the_rest(acme: Firm) -> None:
    a_flow(acme, "ask > check > pay")
    book = {
        "tasks": [{"workflow": "flow", "key": "ask"}],
        "transitions": [
            {"workflow": "flow", "to": "ask"}, {"workflow": "flow", "from": "ask", "to": None},
        ],
    }  # fmt: skip

    with tenant_context(acme.company):
        report = rows_in(acme, json.dumps(book), "all.json", None, remove_others=True)
        left = list(TaskDefinition.objects.values_list("key", flat=True))

    assert left == ["ask"]
    removed = [effect.name for effect in report.effects if effect.effect is None]
    assert removed == ["Check", "Pay", "Ask → Check", "Check → Pay", "Pay → End"]


def test_a_way_is_known_by_its_ends_and_its_priority(acme: Firm) -> None:
    a_flow(acme, "ask > check; check ? ok = false > ask")
    text = (
        "workflow,from,to,priority,condition\n"
        'flow,check,ask,,"{""=="": [{""var"": ""check.ok""}, true]}"\n'
    )

    with tenant_context(acme.company):
        report = rows_in(acme, text, "a.csv", RowKind.TRANSITION)

    (effect,) = report.effects
    assert effect.name == "Check → Ask"
    assert effect.changes == ("condition: ok is yes (was: ok is no)",)


def test_headers_may_be_written_as_people_write(acme: Firm) -> None:
    a_flow(acme)
    with tenant_context(acme.company):
        report = rows_in(acme, "Workflow;Key;Task Type\nflow;ask;form\n", "a.csv", RowKind.TASK)

    assert report.effects[0].effect == Effect.UNCHANGED


def test_a_dry_run_writes_nothing(acme: Firm) -> None:
    with tenant_context(acme.company):
        rows_in(acme, "key,title\nflow,Flow\n", "a.csv", RowKind.WORKFLOW, dry_run=True)

        assert not WorkflowDefinition.objects.exists()


def test_an_import_that_nobody_waits_for_writes_nothing(acme: Firm) -> None:
    """A page that is closed before its last line stops asking for the next stage."""
    with tenant_context(acme.company):
        tables = choose_tables(read_tables("key\nflow\n"), RowKind.WORKFLOW)
        stages = importing_rows(acme.flo, tables)
        seen = [next(stages) for _ in range(4)]
        assert WorkflowDefinition.objects.exists()
        stages.close()

        assert seen[-1] == Stage.WRITTEN
        assert not WorkflowDefinition.objects.exists()


def test_the_resource_of_import_export_does_the_same(acme: Firm) -> None:
    a_flow(acme)
    with tenant_context(acme.company):
        resource = RESOURCES[RowKind.TASK]()
        rows = resource.export()
        title = list(rows.headers).index("title")
        changed = [*rows[0][:title], "Ask them", *rows[0][title + 1 :]]
        rows[0] = changed

        result = resource.import_data(rows, actor=acme.flo)
        rows.append([*changed[:title], "twice", *changed[title + 1 :]])
        refused = resource.import_data(rows, actor=acme.flo)
        titles = list(TaskDefinition.objects.order_by("position").values_list("title", flat=True))

    assert result.totals["update"] == 1
    assert result.totals["skip"] == 1
    assert result.rows[0].diff == ["now called “Ask them”"]
    assert titles == ["Ask them", "Check"]
    assert refused.has_errors()


# Refused


def test_what_is_wrong_is_told_at_its_row(acme: Firm) -> None:
    a_flow(acme)
    text = (
        "workflow,key,timeout_seconds,output_schema\n"
        'flow,ask,soon,"{""type"": ""objct""}"\n'
        'flow,check,5,"{""type"": ""objct""}"\n'
        "flwo,x,,\n"
        "flow,,,\n"
    )

    assert told(wrong(acme, text, RowKind.TASK)) == [
        ("wrong-type", "row 2, column “timeout_seconds”"),
        ("missing", "row 5, column “key”"),
    ]
    better = text.replace("soon", "5").replace("flow,,,\n", "")
    assert told(wrong(acme, better, RowKind.TASK)) == [
        ("unknown-workflow", "row 4, column “workflow”"),
    ]
    best = better.replace("flwo,x,,\n", "")
    assert told(wrong(acme, best, RowKind.TASK)) == [
        ("bad-schema", "row 2, column “output_schema”, type"),
        ("bad-schema", "row 3, column “output_schema”, type"),
    ]


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        ("key,id\nflow,1\n", "unknown-name", "rows are found by their keys"),
        ("key,company\nflow,1\n", "unknown-name", "rows are found by their keys"),
        ("key,titel\nflow,1\n", "unknown-name", "Did you mean “title”?"),
        ("title\nflow\n", "missing", "The column “key” is missing."),
        ("key,KEY\na,b\n", "duplicate-name", "says the same as"),
        ("key\na\na\n", "duplicate-key", "There is a row for the workflow “a” already: row 2"),
        ("key,fields\na,{\n", "not-json", "This is not"),
        ('key,fields\na,"{""a"": 1, ""a"": 2}"\n', "duplicate-name", "appears twice"),
        ("key,fields\na,true\n", "wrong-type", "must be a list"),
        ("key\na.b\n", "wrong-form", "no dots"),
    ],
)
def test_bad_rows_are_refused_in_words(acme: Firm, text: str, rule: str, words: str) -> None:
    (problem,) = wrong(acme, text, RowKind.WORKFLOW)

    assert problem.rule == rule
    assert words in str(problem)
    with tenant_context(acme.company):
        assert not WorkflowDefinition.objects.exists()


def test_a_key_of_another_company_is_an_unknown_key(acme: Firm, globex: Firm) -> None:
    a_flow(globex)
    there = wrong(acme, "workflow,key\nflow,ask\n", RowKind.TASK)
    nowhere = wrong(acme, "workflow,key\nnone,ask\n", RowKind.TASK)

    assert str(there[0]).replace("“flow”", "“none”") == str(nowhere[0])


def test_a_wrong_cell_of_a_workbook_is_named(acme: Firm) -> None:
    book = openpyxl.Workbook()
    book.active.append(["key", "title", "fields"])
    book.active.append(["flow", "Flow", '[{"name": "a", "type": "strnig"}]'])
    content = BytesIO()
    book.save(content)

    (problem,) = wrong(acme, content.getvalue(), RowKind.WORKFLOW, "a.xlsx")

    assert problem.path == "Sheet, row 2, column “fields” (C2), [0].type"


def test_every_property_of_the_format_is_a_column() -> None:
    task = columns_of(RowKind.TASK)

    assert {"due", "reminder", "until", "max_visits", "action", "split"} <= task.keys()
    assert list(columns_of(RowKind.TRANSITION))[:4] == ["workflow", "version", "from", "to"]
    assert not {"tasks", "transitions", "id"} & columns_of(RowKind.WORKFLOW).keys()


def test_a_thousand_definitions_take_few_statements(
    acme: Firm, statements: Any, tmp_path: Path
) -> None:
    def some(count: int, name: str) -> int:
        keys = [f"{name}{n}" for n in range(count)]
        book = {
            "workflows": [{"key": key} for key in keys],
            "tasks": [{"workflow": key, "key": "do"} for key in keys],
            "transitions": [
                {"workflow": key, **ends}
                for key in keys for ends in ({"to": "do"}, {"from": "do", "to": None})
            ],
            "tickets": [{"key": key, "workflow": key} for key in keys],
        }  # fmt: skip
        with tenant_context(acme.company), statements() as counted:
            rows_in(acme, json.dumps(book), "all.json", None)
        with tenant_context(acme.company):
            assert TicketDefinition.objects.filter(key__startswith=name).count() == count
        return int(counted.total)

    some(1, "first")  # the kinds of rights are read once
    few, many = some(2, "a"), some(60, "b")

    assert many == few <= 40
