"""Issue forms of GitHub become ticket types, or are refused with line, place and reason."""

from typing import Any

import pytest

from definitions.documents import read_text
from definitions.errors import BundleInvalid, Problem
from definitions.issue_forms import as_bundle, is_issue_form, remarks_of
from definitions.issue_forms.markdown import as_help, heading_and_rest
from definitions.layouts import layout_problems
from definitions.schemas import problems, schema_problems

HEAD = "name: Bug\ndescription: Something broke\nbody:\n"


def converted(text: str) -> dict[str, Any]:
    bundle: dict[str, Any] = as_bundle(read_text(text)).value
    return bundle


def ticket_of(body: str, head: str = HEAD) -> dict[str, Any]:
    ticket: dict[str, Any] = converted(head + body)["tickets"][0]
    schema = ticket["form_schema"]
    assert schema_problems(schema) == []
    assert not ticket.get("edit_layout") or layout_problems(ticket["edit_layout"], schema) == []
    return ticket


def form_of(body: str) -> dict[str, Any]:
    schema: dict[str, Any] = ticket_of(body)["form_schema"]
    return schema


def refusal(text: str) -> list[Problem]:
    with pytest.raises(BundleInvalid) as refused:
        as_bundle(read_text(text))
    return [problem for problem in refused.value.problems if problem.blocks]


def test_a_bundle_stays_as_it_is() -> None:
    document = read_text("format: ticketflower/1\nworkflows: []\n")

    assert as_bundle(document) is document
    assert not is_issue_form(["name", "body"])
    assert not is_issue_form({"name": "x", "workflows": []})


def test_every_kind_of_element_becomes_a_question() -> None:
    schema = form_of("""\
- {type: input, id: where, attributes: {label: Where, placeholder: Room 3, value: Hall}}
- type: textarea
  id: log
  attributes: {label: Log, render: shell, value: "a\\nb"}
  validations: {required: true}
- {type: dropdown, attributes: {label: How bad?, options: [low, high], default: 1}}
- {type: dropdown, attributes: {label: Which, options: [a, b], multiple: true}}
- type: checkboxes
  id: terms
  attributes: {label: Terms, options: [{label: Yes, required: true}, {label: No}]}
- {type: upload, id: shot, attributes: {label: Screenshot}, validations: {accept: ".png"}}
""")

    questions = schema["properties"]
    assert list(questions) == ["where", "log", "how_bad", "which", "terms", "shot"]
    assert questions["where"]["examples"] == ["Room 3"]
    assert questions["where"]["default"] == "Hall"
    assert questions["log"]["x-widget"] == "textarea"
    assert questions["log"]["x-render"] == "shell"
    assert questions["log"]["default"] == "a\nb"
    assert questions["how_bad"] == {
        "title": "How bad?", "type": "string", "enum": ["low", "high"], "default": "high",
    }  # fmt: skip
    assert questions["which"]["items"]["enum"] == ["a", "b"]
    assert questions["shot"] == {
        "title": "Screenshot", "type": "string", "x-widget": "file", "x-accept": ".png",
    }  # fmt: skip
    assert schema["required"] == ["log", "terms"]


def test_required_means_answered() -> None:
    schema = form_of("""\
- {type: input, id: a, attributes: {label: A}, validations: {required: yes}}
- type: dropdown
  id: b
  attributes: {label: B, options: [x, y], multiple: true}
  validations: {required: true}
- type: checkboxes
  id: c
  attributes: {label: C, options: [{label: one, required: true}, {label: two}]}
""")

    wrong = [p.path for p in problems(schema, {"a": "", "b": [], "c": ["two"]})]
    assert wrong == ["/a", "/b", "/c"]
    assert problems(schema, {"a": "x", "b": ["x"], "c": ["one"]}) == []


def test_words_that_yaml_takes_for_numbers_or_truth_stay_words() -> None:
    schema = form_of(
        "- {type: dropdown, attributes: {label: 3.10, options: [3.10, 2, Yes, true, 1.0]}}\n"
    )

    assert schema["properties"]["3_10"]["enum"] == ["3.10", "2", "Yes", "true", "1.0"]
    assert schema["properties"]["3_10"]["title"] == "3.10"


def test_texts_between_questions_become_groups_and_notes() -> None:
    layout = ticket_of("""\
- {type: markdown, attributes: {value: "Thanks <!-- hidden --> for **coming**"}}
- {type: input, id: a, attributes: {label: A}}
- {type: markdown, attributes: {value: "## The details\\nSee [here](https://x.example)."}}
- {type: input, id: b, attributes: {label: B}}
- {type: markdown, attributes: {value: "plain"}}
""")["edit_layout"]

    assert layout["elements"] == [
        {"type": "Label", "text": "Thanks  for **coming**"},
        {"type": "Control", "scope": "#/properties/a"},
        {
            "type": "Group", "label": "The details", "description": "See [here](https://x.example).",
            "elements": [
                {"type": "Control", "scope": "#/properties/b"}, {"type": "Label", "text": "plain"},
            ],
        },
    ]  # fmt: skip


def test_a_form_of_questions_alone_needs_no_layout() -> None:
    assert "edit_layout" not in ticket_of("- {type: input, attributes: {label: A}}\n")


def test_links_of_boxes_stand_beside_them() -> None:
    schema = form_of("""\
- type: checkboxes
  id: c
  attributes: {label: C, options: [{label: "I read the [rules](https://x.example/r)"}]}
""")["properties"]["c"]

    assert schema["items"]["enum"] == ["I read the [rules](https://x.example/r)"]
    assert schema["items"]["x-enum-titles"] == ["I read the rules"]
    assert schema["description"] == "[rules](https://x.example/r)"


def test_names_come_from_labels_and_are_never_twice_the_same() -> None:
    schema = form_of("""\
- {type: input, attributes: {label: NetBox Version}}
- {type: input, attributes: {label: NetBox version}}
- {type: input, id: netbox_version_2, attributes: {label: Other}}
- {type: input, attributes: {label: "???"}}
- {type: input, attributes: {label: 版本 名称}}
""")

    assert list(schema["properties"]) == [
        "netbox_version", "netbox_version_3", "netbox_version_2", "question_4", "版本_名称",
    ]  # fmt: skip


def test_the_workflow_has_one_step_whose_answer_the_requester_reads() -> None:
    bundle = converted("name: 🐛 Bug Report!\nbody: [{type: input, attributes: {label: A}}]\n")

    workflow, ticket = bundle["workflows"][0], bundle["tickets"][0]
    assert workflow["key"] == ticket["key"] == ticket["workflow"] == "bug-report"
    assert ticket["title"] == "🐛 Bug Report!"
    assert [task["key"] for task in workflow["tasks"]] == ["handle"]
    note = workflow["tasks"][0]["output_schema"]["properties"]["note"]
    assert note["x-requester-sees"] is True


@pytest.mark.parametrize(
    ("title", "template"),
    [
        ("[Bug]: ", "[Bug]: {where}"),
        ("[{{ dates }}] x", None),
        ("", None),
    ],
)
def test_the_title_of_an_issue_begins_the_name_of_a_ticket(
    title: str, template: str | None
) -> None:
    body = "body:\n- {type: input, id: where, attributes: {label: W}, validations: {required: on}}"
    ticket = converted(f"name: Bug\ntitle: '{title}'\n{body}\n")["tickets"][0]

    assert ticket.get("title_template") == template


def test_what_belongs_to_github_is_left_out_and_told() -> None:
    text = "name: Bug\nlabels: [bug]\nassignees: []\nfoo: 1\n"
    bundle = as_bundle(read_text(f"{text}body: [{{type: input, attributes: {{label: A}}}}]\n"))

    assert [(p.path, p.line, p.blocks) for p in remarks_of(bundle)] == [
        ("foo", 4, False),
        ("labels", 2, False),
    ]


@pytest.mark.parametrize(
    ("text", "line", "path", "rule"),
    [
        ("name: Bug\ndescription: x\n", 1, "body", "missing"),
        ("name: Bug\nbody: none\n", 2, "body", "wrong-type"),
        ("body:\n- {type: input, attributes: {label: A}}\n", 1, "name", "missing"),
        ("name: [a]\nbody:\n- {type: input, attributes: {label: A}}\n", 1, "name", "wrong-type"),
        (f"{HEAD}- just text\n", 4, "body[0]", "wrong-type"),
        (f"{HEAD}- {{attributes: {{label: A}}}}\n", 4, "body[0].type", "missing"),
        (f"{HEAD}- type: inptu\n", 4, "body[0].type", "unknown-word"),
        (f"{HEAD}- type: input\n", 4, "body[0].attributes.label", "missing"),
        (f"{HEAD}- type: input\n  attributes: A\n", 5, "body[0].attributes", "wrong-type"),
        (f"{HEAD}- type: markdown\n  attributes: {{value: Hi}}\n", 3, "body", "missing"),
        (
            f"{HEAD}- type: dropdown\n  attributes:\n    label: A\n",
            5, "body[0].attributes.options", "missing",
        ),
        (
            f"{HEAD}- type: dropdown\n  attributes:\n    label: A\n    options: [a, b, a]\n",
            7, "body[0].attributes.options[2]", "duplicate-name",
        ),
        (
            f"{HEAD}- type: dropdown\n  attributes:\n    label: A\n    options: [a, {{b: 1}}]\n",
            7, "body[0].attributes.options[1]", "wrong-type",
        ),
        (
            f"{HEAD}- type: dropdown\n  attributes:\n    label: A\n    options: [a]\n    default: 9"
            "\n",
            8, "body[0].attributes.default", "wrong-value",
        ),
        (
            f"{HEAD}- type: checkboxes\n  attributes:\n    label: A\n    options: [a]\n",
            7, "body[0].attributes.options[0]", "wrong-type",
        ),
        (
            f"{HEAD}- type: input\n  attributes: {{label: A}}\n  validations:\n    required: x\n",
            7, "body[0].validations.required", "wrong-type",
        ),
        (f"{HEAD}- type: input\n  id: a b\n  attributes: {{label: A}}", 5, "body[0].id", "bad-key"),
        (
            f"{HEAD}- {{type: input, id: a, attributes: {{label: A}}}}\n"
            "- {type: input, id: a, attributes: {label: B}}\n",
            5, "body[1].id", "duplicate-key",
        ),
    ],
)  # fmt: skip
def test_a_bad_form_is_refused_with_its_line(text: str, line: int, path: str, rule: str) -> None:
    found = refusal(text)

    assert [(p.line, p.path, p.rule) for p in found] == [(line, path, rule)]


def test_a_misspelt_member_is_told_and_stops_nothing() -> None:
    bundle = as_bundle(
        read_text(
            f"{HEAD}- {{type: input, attributes: {{label: A}}, validations: {{requird: true}}}}\n"
        )
    )

    (remark,) = remarks_of(bundle)
    assert (remark.path, remark.line) == ("body[0].validations.requird", 4)
    assert "required" in remark.hint


def test_markdown_is_made_plain() -> None:
    assert heading_and_rest("### **A** [b](https://x.example) ##\nrest") == ("A b", "rest")
    assert heading_and_rest("#hashtag") == ("", "#hashtag")
    assert as_help("```\ncode\n```\n![pic](https://x.example/p.png)") == (
        "code\n[pic](https://x.example/p.png)"
    )
    assert as_help("<!-- all of it") == ""
    assert as_help("a\n\n\n\n#### b\nc") == "a\n\n**b**\nc"
