"""What a bundle may say, what is said about a wrong one, and which bundles are the same."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from definitions.bundle import bundle_schema
from definitions.bundle.canonical import (
    canonical_ticket,
    canonical_workflow,
    fingerprint,
    priorities,
)
from definitions.bundle.differences import ticket_changes, workflow_changes
from definitions.bundle.format import BUNDLE, checker_of
from definitions.bundle.meaning import Surroundings, meaning
from definitions.bundle.spelling import respell
from definitions.bundle.structure import structure
from definitions.documents import from_value, read_text, to_yaml
from definitions.errors import Problem
from definitions.models import (
    TaskDefinition,
    TicketDefinition,
    WorkflowDefinition,
    WorkflowTransition,
)
from definitions.schemas import schema_problems
from tests.builders import a_document

FORM = {"type": "object", "properties": {"ok": {"type": "boolean"}, "note": {"type": "string"}}}


def a_workflow_document(**changes: Any) -> dict[str, Any]:
    return {
        "key": "buy",
        "title": "Buy",
        "fields": [{"name": "amount", "type": "number"}],
        "tasks": [{"key": "ask", "output_schema": FORM}, {"key": "pay"}],
        "transitions": [
            {"to": "ask"},
            {"from": "ask", "to": "pay", "condition": {"==": [{"var": "ask.ok"}, True]}},
            {"from": "ask", "to": None},
            {"from": "pay", "to": None},
        ],
        **changes,
    }


def bundle_of(*workflows: dict[str, Any], tickets: Any = ()) -> dict[str, Any]:
    return {"format": "ticketflower/1", "workflows": list(workflows), "tickets": list(tickets)}


def problems_of(document: Any, around: Surroundings | None = None) -> list[Problem]:
    """Everything that would stop an import or publishing."""
    bundle = structure(from_value(document))
    findings = meaning(bundle, around or Surroundings({"user"}, {}))
    return [*bundle.problems, *findings.refusals, *findings.obstacles]


def rules(document: Any) -> set[tuple[str, str]]:
    return {(problem.rule, problem.path) for problem in problems_of(document)}


def test_the_format_is_a_schema_that_editors_can_use() -> None:
    schema = bundle_schema()

    assert schema_problems(schema) == []
    for kind, part in schema["$defs"].items():
        for name, inner in part.get("properties", {}).items():
            assert inner.get("description") or "$ref" in inner, f"{kind}.{name} is not described"


def test_the_schema_is_a_copy_of_your_own() -> None:
    bundle_schema()["$defs"].clear()

    assert BUNDLE["$defs"]


def test_a_good_bundle_has_no_problems() -> None:
    assert problems_of(a_document("ask > check; check ? ok = false > ask")) == []


def test_the_spelling_of_seeds_is_understood() -> None:
    written = {
        "Format": "ticketflower/1",
        "workflows": [
            {
                "key": "buy",
                "Fields": [{"FieldName": "amount", "FieldType": "Number", "Label": "How much?"}],
                "extRef": [{"Label": "Wiki", "Desc": "How we buy", "URI": "https://wiki.example"}],
                "Tasks": [{"Key": "ask", "taskType": "form", "outputSchema": FORM, "due": None}],
                "transitions": [{"toTask": "ask"}, {"from_task": "ask", "to": None}],
            }
        ],
        "ticketTypes": [{"key": "t", "workflow": "buy", "CompanyRoleAccess": ["user"]}],
    }

    workflow = respell(written).value["workflows"][0]

    assert problems_of(written) == []
    assert workflow["ext_ref"] == [
        {"label": "Wiki", "desc": "How we buy", "uri": "https://wiki.example"}
    ]
    assert workflow["fields"] == [{"name": "amount", "type": "number", "title": "How much?"}]
    assert workflow["tasks"] == [{"key": "ask", "task_type": "FORM", "output_schema": FORM}]
    assert workflow["transitions"] == [{"to": "ask"}, {"from": "ask", "to": None}]


def test_forms_conditions_and_templates_are_left_as_they_are() -> None:
    inside = {"taskType": 1, "Title": None, "FieldName": "x"}
    written = bundle_of({"key": "a", "tasks": [{"key": "b", "input_transform": inside}]})

    assert respell(written).value["workflows"][0]["tasks"][0]["input_transform"] == inside


@pytest.mark.parametrize(
    ("document", "rule", "path"),
    [
        ([], "wrong-type", ""),
        ({}, "missing", "format"),
        ({"format": "other"}, "unknown-format", "format"),
        ({"format": "ticketflower/1", "workflow": []}, "unknown-name", "workflow"),
        ({"format": "ticketflower/1", "workflows": {}}, "wrong-type", "workflows"),
        (bundle_of("buy"), "wrong-type", "workflows[0]"),  # type: ignore[arg-type]
        (bundle_of({"title": "x"}), "missing", "workflows[0].key"),
        (bundle_of({"key": "a.b"}), "wrong-form", "workflows[0].key"),
        (bundle_of({"key": "a"}, {"key": "a"}), "duplicate-key", "workflows[1].key"),
        (
            bundle_of({"key": "a", "tasks": [{"key": "b"}, {"key": "b"}]}),
            "duplicate-key",
            "workflows[0].tasks[1].key",
        ),
        (
            bundle_of({"key": "a", "tasks": [{"key": "ticket"}]}),
            "bad-key",
            "workflows[0].tasks[0].key",
        ),
        (
            bundle_of({"key": "a", "tasks": [{"key": "b", "task_type": "FROM"}]}),
            "unknown-word",
            "workflows[0].tasks[0].task_type",
        ),
        (
            bundle_of({"key": "a", "tasks": [{"key": "b", "action_url": "javascript:alert(1)"}]}),
            "wrong-form",
            "workflows[0].tasks[0].action_url",
        ),
        (
            bundle_of({"key": "a", "ext_ref": [{"uri": "javascript:alert(1)"}]}),
            "wrong-form",
            "workflows[0].ext_ref[0].uri",
        ),
        (
            bundle_of({"key": "a", "fields": [{"type": "text"}]}),
            "bad-field",
            "workflows[0].fields[0].name",
        ),
        (
            bundle_of({"key": "a", "fields": [{"name": "b"}, {"name": "b"}]}),
            "bad-field",
            "workflows[0].fields[1].name",
        ),
        (
            bundle_of({"key": "a", "transitions": [{"from": "b"}]}),
            "missing",
            "workflows[0].transitions[0].to",
        ),
        (
            bundle_of({"key": "a", "transitions": [{"to": "b"}]}),
            "unknown-task",
            "workflows[0].transitions[0].to",
        ),
        (
            bundle_of({"key": "a", "tasks": [{"key": "b", "output_schema": {"type": "objekt"}}]}),
            "bad-schema",
            "workflows[0].tasks[0].output_schema.type",
        ),
        (
            bundle_of({"key": "a", "tasks": [{"key": "b", "output_schema": {"type": "string"}}]}),
            "bad-schema",
            "workflows[0].tasks[0].output_schema.type",
        ),
        (
            bundle_of(
                {"key": "a", "tasks": [{"key": "b", "output_schema": {"$ref": "file:///etc/passwd"}}]}
            ),
            "bad-schema",
            "workflows[0].tasks[0].output_schema.$ref",
        ),
        (
            bundle_of({"key": "a", "tasks": [{"key": "b", "output_transform": {"$": {"vra": 1}}}]}),
            "bad-transform",
            "workflows[0].tasks[0].output_transform.$.vra",
        ),
        (
            bundle_of({"key": "a", "tasks": [{"key": "b", "assign": {"company_role": "x"}}]}),
            "unknown-role",
            "workflows[0].tasks[0].assign.company_role",
        ),
        (
            bundle_of(tickets=[{"key": "t", "workflow": "nowhere"}]),
            "unknown-workflow",
            "tickets[0].workflow",
        ),
        (
            bundle_of(
                a_workflow_document(),
                tickets=[{"key": "t", "workflow": "buy", "company_role_access": ["user", "x"]}],
            ),
            "unknown-role",
            "tickets[0].company_role_access[1]",
        ),
        (
            bundle_of(
                a_workflow_document(),
                tickets=[
                    {"key": "t", "workflow": "buy", "fields": [{"name": "amonut", "value": 1}]}
                ],
            ),
            "unknown-field",
            "tickets[0].fields[0].name",
        ),
        (
            bundle_of(
                a_workflow_document(),
                tickets=[
                    {"key": "t", "workflow": "buy", "fields": [{"name": "amount", "value": "x"}]}
                ],
            ),
            "wrong-value",
            "tickets[0].fields[0].value",
        ),
        (
            bundle_of(
                a_workflow_document(),
                tickets=[{"key": "t", "workflow": "buy", "title_template": "{amount"}],
            ),
            "bad-title",
            "tickets[0].title_template",
        ),
        (bundle_of({"key": "a", "tasks": [{"key": "b"}]}), "no-start", "workflows[0].transitions"),
    ],
)  # fmt: skip
def test_a_wrong_bundle_names_rule_and_path(document: Any, rule: str, path: str) -> None:
    assert (rule, path) in rules(document)


def test_a_condition_that_is_none_is_refused_at_its_place() -> None:
    wrong = a_workflow_document()
    wrong["transitions"][1]["condition"] = {"=": [{"var": "ask.ok"}, True]}

    assert [problem.path for problem in problems_of(bundle_of(wrong))] == [
        'workflows[0].transitions[1].condition["="]'
    ]


def test_a_form_that_asks_for_what_is_preset_is_told_and_imported() -> None:
    form = {"type": "object", "properties": {"amount": {"type": "number"}}}
    preset = {"fields": [{"name": "amount", "value": 5}], "form_schema": form}
    document = bundle_of(a_workflow_document(), tickets=[{"key": "t", "workflow": "buy", **preset}])

    findings = meaning(structure(from_value(document)), Surroundings({"user"}, {}))

    assert [(told.rule, told.path) for told in findings.warnings] == [
        ("preset-asked", "tickets[0].fields[0].name")
    ]
    assert not findings.refusals and not findings.obstacles


def test_problems_say_what_was_meant() -> None:
    wrong = bundle_of(
        a_workflow_document(titel="x"),
        tickets=[
            {"key": "t", "workflow": "bvy"},
            {"key": "u", "workflow": "buy", "company_role_access": ["usr"]},
        ],
    )

    hints = {problem.rule: problem.hint for problem in problems_of(wrong)}

    assert hints == {
        "unknown-name": "Did you mean “title”?",
        "unknown-workflow": "Did you mean “buy”?",
        "unknown-role": "Did you mean “user”?",
    }


def test_what_is_wrong_in_one_place_hides_nothing_in_another() -> None:
    wrong = bundle_of(
        {
            "key": "buy",
            "tasks": [
                {"key": "ask", "titel": "x", "output_schema": {"type": "objekt"}},
                {"key": 5, "output_schema": {"type": "objekt"}},
            ],
            "transitions": [{"to": "ask", "form": 1}, {"from": "aks", "to": None}],
        },
        tickets=[{"key": "t", "workflow": "nowhere", "titel": 1}],
    )

    assert rules(wrong) >= {
        ("unknown-name", "workflows[0].tasks[0].titel"),
        ("bad-schema", "workflows[0].tasks[0].output_schema.type"),
        ("wrong-type", "workflows[0].tasks[1].key"),
        ("bad-schema", "workflows[0].tasks[1].output_schema.type"),
        ("unknown-name", "workflows[0].transitions[0].form"),
        ("unknown-task", "workflows[0].transitions[1].from"),
        ("unknown-name", "tickets[0].titel"),
        ("unknown-workflow", "tickets[0].workflow"),
    }


def test_lines_are_those_of_what_was_written() -> None:
    text = read_text(
        "format: ticketflower/1\nworkflows:\n- Key: a\n  Tasks:\n  - taskType: FROM\n    key: b\n"
    )
    bundle = structure(text)

    lines = {problem.rule: problem.line for problem in bundle.with_lines(bundle.problems)}

    assert lines == {"unknown-word": 5}


def test_too_many_parts_are_refused_before_they_are_looked_at() -> None:
    tasks = [{"key": f"t{number}"} for number in range(1_001)]

    assert ("too-many", "workflows[0].tasks") in rules(bundle_of({"key": "a", "tasks": tasks}))


def test_a_large_bundle_is_checked_part_by_part() -> None:
    workflows = [a_workflow_document(key=f"w{number}") for number in range(1_500)]
    workflows[1_499]["tasks"][0]["titel"] = "x"
    workflows[1_499]["tasks"][1]["title"] = 5

    assert rules(bundle_of(*workflows)) == {
        ("unknown-name", "workflows[1499].tasks[0].titel"),
        ("wrong-type", "workflows[1499].tasks[1].title"),
    }


# The one way to write it


def test_defaults_are_left_out() -> None:
    written = {
        "key": "buy", "title": "buy", "description": "", "ext_ref": [], "display_layout": None,
        "tasks": [
            {"key": "ask", "title": "Ask", "task_type": "FORM", "split": "ONE", "join": "ANY",
             "assign": {}, "action": {}, "action_url": "", "output_schema": {}}
        ],
        "transitions": [{"from": None, "to": "ask", "priority": 0, "label": "", "condition": None}],
    }  # fmt: skip

    assert canonical_workflow(written) == {
        "key": "buy",
        "tasks": [{"key": "ask", "title": "Ask", "output_schema": {}}],
        "transitions": [{"to": "ask"}],
    }


def test_a_false_condition_is_not_left_out() -> None:
    written = a_workflow_document(
        transitions=[{"to": "ask"}, {"from": "ask", "to": "pay", "condition": False}]
    )

    assert canonical_workflow(written)["transitions"][1]["condition"] is False


def test_canonical_documents_stay_as_they_are() -> None:
    once = canonical_workflow(a_workflow_document())

    assert canonical_workflow(once) == once
    assert checker_of("workflow").problems(once) == []


def test_everybody_may_ask_where_nothing_is_said() -> None:
    said = canonical_ticket({"key": "t", "workflow": "buy", "company_role_access": ["user"]})
    nobody = canonical_ticket({"key": "t", "workflow": "buy", "company_role_access": []})

    assert said == {"key": "t", "workflow": "buy"}
    assert nobody == {"key": "t", "workflow": "buy", "company_role_access": []}


def test_a_priority_left_out_follows_the_one_before() -> None:
    ways: list[dict[str, Any]] = [{"from": source} for source in "abaab"]
    ways[2]["priority"] = 5

    assert priorities(ways) == [0, 0, 5, 6, 1]


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return fingerprint(canonical_workflow(one)) == fingerprint(canonical_workflow(other))


def test_the_order_of_transitions_means_nothing_beside_their_priority() -> None:
    one = a_workflow_document()
    ways = [{"priority": number, **way} for number, way in enumerate(one["transitions"])]

    assert same(a_workflow_document(transitions=ways), a_workflow_document(transitions=ways[::-1]))


def test_the_order_of_names_means_nothing_but_in_a_form() -> None:
    one = a_workflow_document()
    turned = {name: one[name] for name in reversed(one)}
    form = {**FORM, "properties": dict(reversed(FORM["properties"].items()))}  # type: ignore[attr-defined]

    assert same(one, turned)
    tasks = [{"key": "ask", "output_schema": form}, {"key": "pay"}]
    assert not same(one, a_workflow_document(tasks=tasks))


def test_what_is_exported_as_yaml_reads_the_same() -> None:
    document = bundle_of(canonical_workflow(a_workflow_document()))

    assert read_text(to_yaml(document), "a.yaml").value == document


# What changes, in words


def test_changes_of_a_workflow_are_told_in_words() -> None:
    before = canonical_workflow(a_workflow_document())
    form = {
        "type": "object",
        "required": ["note"],
        "properties": {"note": {"type": "string"}, "cost": {"type": "number", "title": "Cost"}},
    }
    after = canonical_workflow(
        a_workflow_document(
            title="Purchase",
            fields=[{"name": "amount", "type": "number", "required": True}, {"name": "item"}],
            tasks=[
                {"key": "ask", "output_schema": form, "assign": {"company_role": "user"}},
                {"key": "second", "title": "Second approval"},
            ],
            transitions=[
                {"to": "ask"},
                {"from": "ask", "to": "second"},
                {"from": "second", "to": None},
            ],
        )
    )

    assert workflow_changes(before, after) == [
        "now called “Purchase”",
        "field amount is now required",
        "field item added",
        "task ask: question note is now required, question Cost added, question ok removed, "
        "who gets it added",
        "task Second approval added",
        "task pay removed",
        "2 ways onward added",
        "3 ways onward removed",
    ]


def test_changes_of_a_ticket_type_are_told_in_words() -> None:
    before = canonical_ticket({"key": "t", "title": "Buy", "workflow": "buy"})
    after = canonical_ticket(
        {
            "key": "t", "title": "Buy", "workflow": "order", "category": "Office",
            "company_role_access": ["managers", "office"], "fields": [{"name": "kind", "value": 1}],
        }
    )  # fmt: skip
    titles = {"managers": "Managers", "order": "Order things"}

    assert ticket_changes(before, after, titles) == [
        "category added",
        "now starts Order things",
        "preset kind added",
        "now for Managers and office",
    ]


def test_the_example_of_the_documentation_is_good() -> None:
    page = Path(settings.BASE_DIR, "docs/bundle.md").read_text()
    example = page.split("```yaml\n")[1].split("```")[0]

    bundle = structure(read_text(example, "bundle.yaml"))
    findings = meaning(bundle, Surroundings({"user"}, {}))

    assert [*bundle.problems, *findings.refusals, *findings.obstacles, *findings.warnings] == []


def test_every_column_of_a_definition_is_in_the_format() -> None:
    own = {"id", "company", "created_by", "created_at", "updated_at", "position"}
    of_a_version = {"version", "status", "content_hash", "published_at", "archived_at"}
    named_otherwise = {"workflow", "from_task", "to_task"}

    for kind, model in {
        "workflow": WorkflowDefinition,
        "task": TaskDefinition,
        "transition": WorkflowTransition,
        "ticket": TicketDefinition,
    }.items():
        columns = {column.name for column in model._meta.concrete_fields}
        left = columns - own - of_a_version - named_otherwise
        assert left <= set(BUNDLE["$defs"][kind]["properties"]), kind
