"""The ways after a step in the browser: their order, their conditions, and what they would do."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from html import unescape
from typing import Any

import pytest
from django.test import Client

from definitions.models import WorkflowDefinition
from definitions.services import change_workflow, document_of, fingerprint, import_bundle, publish
from tenants.context import tenant_context
from tests.builders import Firm, the_workflow
from tests.statements import Counted

pytestmark = pytest.mark.django_db

ANSWERS = {
    "type": "object",
    "required": ["approved"],
    "properties": {
        "approved": {"type": "boolean", "title": "May it be bought?"},
        "budget": {
            "title": "From which budget?",
            "oneOf": [{"const": "it", "title": "IT"}, {"const": "of", "title": "Office"}],
        },
        "by": {"type": "string", "format": "date", "title": "Needed by"},
        "note": {"type": "string", "title": "Note"},
    },
}
OVER = {">": [{"var": "ticket.amount"}, 1000]}
YES = {"==": [{"var": "approve.approved"}, True]}
WAYS = [
    {"from": "approve", "to": "board", "label": "large", "condition": OVER},
    {"from": "approve", "to": "order", "condition": YES},
]


def bundle(ways: list[dict[str, Any]] = WAYS, **more: Any) -> dict[str, Any]:
    field = {"name": "amount", "type": "number", "title": "Amount", "required": True}
    return {
        "format": "ticketflower/1",
        "workflows": [
            {
                "key": "purchase",
                "title": "Purchase",
                "fields": [field],
                "tasks": [
                    {"key": "approve", "title": "Approve", "output_schema": ANSWERS},
                    {"key": "board", "title": "Ask the board"},
                    {"key": "order", "title": "Order"},
                ],
                "transitions": [
                    {"to": "approve"},
                    *ways,
                    {"from": "board", "to": "order"},
                    {"from": "order", "to": None},
                ],
                **more,
            }
        ],
        "tickets": [{"key": "buy", "title": "Buy something", "workflow": "purchase"}],
    }


@pytest.fixture
def flo(acme: Firm, client: Client) -> Client:
    """The workflow creator of Acme at her browser."""
    client.force_login(acme.flo)
    return client


@pytest.fixture
def draft(acme: Firm) -> WorkflowDefinition:
    with tenant_context(acme.company):
        import_bundle(acme.boss, bundle())
        return the_workflow("purchase")


def at(draft: WorkflowDefinition, which: str = "", key: str = "approve") -> str:
    step = f"steps/{key}/" if key else ""
    return f"/design/workflows/{draft.pk}/{step}ways/{which + '/' if which else ''}"


def text_of(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def seen(response: Any) -> str:
    found = re.search(r'name="_seen" value="([^"]+)"', response.content.decode())
    assert found
    return found[1]


def ways(acme: Firm, key: str | None = "approve") -> list[dict[str, Any]]:
    """What the draft says now, in its order."""
    with tenant_context(acme.company):
        return [
            {name: value for name, value in way.items() if name != "from"}
            for way in document_of(the_workflow("purchase"))["transitions"]
            if way.get("from") == key
        ]


def press(flo: Client, draft: WorkflowDefinition, button: str) -> Any:
    page = flo.get(at(draft))
    return flo.post(at(draft), {"_seen": seen(page), "do": button}, follow=True)


def row(number: str, path: str, comparison: str, *values: str, **more: str) -> dict[str, Any]:
    start = f"c-{number}"
    rest = {f"{start}-{name}": value for name, value in more.items()}
    return {
        f"{start}-path": path, f"{start}-is": comparison, f"{start}-value": list(values), **rest,
    }  # fmt: skip


def way(flo: Client, draft: WorkflowDefinition, which: str, **sent: Any) -> Any:
    page = flo.get(at(draft, which))
    usual = {"_seen": seen(page), "to": ">order", "label": "", "how": "rows", "do": "save"}
    return flo.post(at(draft, which), {**usual, **sent}, follow=True)


# The table


def test_ways_are_told_in_order_in_words(flo: Client, draft: WorkflowDefinition) -> None:
    told = text_of(flo.get(at(draft)))

    assert "1 If Amount is over 1,000 → Ask the board · “large”" in told
    assert "2 If May it be bought is yes → Order" in told
    assert "There is a gap. After “Approve” no way is true when “Amount” is" in told


def test_a_way_moves_up_and_a_removed_one_is_gone(
    flo: Client, acme: Firm, draft: WorkflowDefinition
) -> None:
    press(flo, draft, "up:done-1")
    assert [one["to"] for one in ways(acme)] == ["order", "board"]

    press(flo, draft, "down:done-0")
    assert [one["to"] for one in ways(acme)] == ["board", "order"]

    told = text_of(press(flo, draft, "remove:done-0"))
    assert [one["to"] for one in ways(acme)] == ["order"]
    assert "The way is removed. 1 problem to solve before it can be published." in told


def test_whoever_changed_them_meanwhile_is_not_overruled(
    flo: Client, acme: Firm, draft: WorkflowDefinition
) -> None:
    stamp = seen(flo.get(at(draft)))
    press(flo, draft, "up:done-1")

    told = text_of(flo.post(at(draft), {"_seen": stamp, "do": "remove:done-0"}, follow=True))

    assert "Something was changed meanwhile" in told
    assert len(ways(acme)) == 2


@pytest.mark.parametrize("which", ["done-7", "late-0", "done-x", "timeout-0"])
def test_a_way_that_is_not_there_is_not_found(
    flo: Client, draft: WorkflowDefinition, which: str
) -> None:
    assert flo.get(at(draft, which)).status_code == 404
    page = flo.get(at(draft))
    sent = {"_seen": seen(page), "do": f"up:{which}"}
    assert flo.post(at(draft), sent).status_code == 404


def test_a_step_that_is_not_there_has_no_ways(flo: Client, draft: WorkflowDefinition) -> None:
    assert flo.get(at(draft, key="nobody")).status_code == 404
    assert flo.get(at(draft, "new", key="nobody")).status_code == 404


def test_the_start_has_ways_too(flo: Client, acme: Firm, draft: WorkflowDefinition) -> None:
    page = flo.get(at(draft, "new", key=""))
    sent = {"_seen": seen(page), "to": ">order", "how": "rows", "do": "save", "label": ""}

    flo.post(at(draft, "new", key=""), {**sent, **row("0", "ticket.amount", "under", "5")})

    assert ways(acme, None) == [
        {"to": "order", "condition": {"<": [{"var": "ticket.amount"}, 5]}},
        {"to": "approve"},
    ]


def test_ways_after_a_timeout_stand_apart(flo: Client, acme: Firm) -> None:
    with tenant_context(acme.company):
        late = bundle([*WAYS, {"from": "approve", "to": "order", "after": "timeout"}])
        late["workflows"][0]["tasks"][0]["timeout_seconds"] = 60
        import_bundle(acme.boss, late)
        draft = the_workflow("purchase")

    told = text_of(flo.get(at(draft)))
    way(flo, draft, "timeout-0", to="$", how="otherwise")

    assert "When it is done 2" in told
    assert "When its time runs out 1" in told
    assert ways(acme)[-1] == {"to": None, "after": "timeout"}


# The builder


def test_a_condition_is_put_together_from_rows(
    flo: Client, acme: Firm, draft: WorkflowDefinition
) -> None:
    told = text_of(
        way(
            flo, draft, "new", label="small and soon",
            **{"c-every": "all"},
            **row("0", "ticket.amount", "at_most", "99.5"),
            **row("1", "approve.budget", "one_of", '"it"', '"of"'),
            **{"c-2-every": "any"},
            **row("2-0", "approve.by", "under", "2026-03-01", day="on"),
            **row("2-1", "approve.by", "at_least", day="today"),
            **row("2-2", "approve.note", "filled"),
        )
    )  # fmt: skip

    assert "Saved." in told
    assert ways(acme)[2] == {
        "to": "order",
        "label": "small and soon",
        "condition": {
            "and": [
                {"<=": [{"var": "ticket.amount"}, 99.5]},
                {"in": [{"var": "approve.budget"}, ["it", "of"]]},
                {
                    "or": [
                        {"<": [{"date": {"var": "approve.by"}}, {"date": "2026-03-01"}]},
                        {">=": [{"date": {"var": "approve.by"}}, {"today": []}]},
                        {"exists": "approve.note"},
                    ]
                },
            ]
        },
    }


def test_what_was_put_together_stands_in_its_rows_again(
    flo: Client, draft: WorkflowDefinition
) -> None:
    html = flo.get(at(draft, "done-0")).content.decode()

    assert '<option value="ticket.amount" selected>Amount</option>' in html
    assert '<option value="over" selected>is over</option>' in html
    assert 'value="1000"' in html
    assert '<optgroup label="The request">' in html


def test_saving_a_way_without_a_change_changes_nothing(
    flo: Client, acme: Firm, draft: WorkflowDefinition
) -> None:
    before = ways(acme)

    way(
        flo,
        draft,
        "done-0",
        to=">board",
        label="large",
        **row("0", "ticket.amount", "over", "1000"),
    )

    assert ways(acme) == before


def test_otherwise_stays_last(flo: Client, acme: Firm, draft: WorkflowDefinition) -> None:
    way(flo, draft, "new", to="$", how="otherwise")
    way(flo, draft, "new", to=">board", **row("0", "approve.note", "empty"))

    assert [one.get("condition") is None for one in ways(acme)] == [False, False, False, True]
    told = text_of(flo.get(at(draft)))
    assert "There is a gap" not in told
    assert "Otherwise → the end" in told


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (row("0", "ticket.amount", "over", ""), "Fill in what it is compared with."),
        (row("0", "ticket.amount", "over", "a lot"), "Write a number, such as 1000 or 2.5."),
        (row("0", "ticket.amount", "over", "NaN"), "Write a number, such as 1000 or 2.5."),
        (row("0", "approve.approved", "is", ""), "Choose a value."),
        (row("0", "approve.budget", "one_of", '"x"'), "Choose a value."),
        (row("0", "approve.by", "under", "soon", day="on"), "Choose a day."),
        (row("0", "nobody.knows", "filled"), "This value is not known here."),
        ({}, "Add at least one row"),
    ],
)
def test_a_row_that_is_not_finished_is_told_and_nothing_is_saved(
    flo: Client, acme: Firm, draft: WorkflowDefinition, sent: dict[str, Any], words: str
) -> None:
    before = ways(acme)

    response = way(flo, draft, "new", **sent)

    assert response.status_code == 200
    assert words in text_of(response)
    assert ways(acme) == before


@pytest.mark.parametrize("button", ["row", "box", "drop:0", "look", "row:7", "drop:x", "rows", "x"])
def test_buttons_of_the_builder_keep_what_was_typed(
    flo: Client, acme: Firm, draft: WorkflowDefinition, button: str
) -> None:
    before = ways(acme)
    sent = {**row("0", "ticket.amount", "over", "12"), **row("1", "approve.note", "is", "kept")}

    response = way(flo, draft, "new", do=button, label="my word", **sent)

    html = response.content.decode()
    assert 'value="my word"' in html
    assert 'value="kept"' in html
    assert ('value="12"' in html) is (button != "drop:0")
    assert ways(acme) == before


def test_a_value_that_is_not_known_here_stays_in_its_row(flo: Client, acme: Firm) -> None:
    strange = {"and": [{"==": [{"var": "order.state"}, "5"]}, {"==": [{"var": "order.n"}, 5]}]}
    with tenant_context(acme.company):
        import_bundle(acme.boss, bundle([{"from": "approve", "to": "order", "condition": strange}]))
        draft = the_workflow("purchase")
    html = flo.get(at(draft, "done-0")).content.decode()

    way(
        flo, draft, "done-0",
        **row("0", "order.state", "is", '"5"'), **row("1", "order.n", "is", "5"),
    )  # fmt: skip

    assert '<optgroup label="Not known here">' in html
    assert ways(acme)[0]["condition"] == strange


# Text


def test_what_rows_cannot_say_is_edited_as_text(flo: Client, acme: Firm) -> None:
    sums = {">": [{"+": [{"var": "ticket.amount"}, 1]}, 5]}
    with tenant_context(acme.company):
        import_bundle(acme.boss, bundle([{"from": "approve", "to": "order", "condition": sums}]))
        draft = the_workflow("purchase")

    page = flo.get(at(draft, "done-0"))
    way(flo, draft, "done-0", how="text", rule='{">=": [{"+": [{"var": "ticket.amount"}, 2]}, 7]}')

    assert "In words If Amount + 1 is over 5" in text_of(page)
    assert ways(acme)[0]["condition"] == {">=": [{"+": [{"var": "ticket.amount"}, 2]}, 7]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("and:\n- true\n- {is: [1, 2]}", "Line 3: “is” is not an operator."),
        ('and:\n- {">": [{var: ticket.amount}, "x"]}', "Line 2: “>” needs a number"),
        ("{", "Line 2: This is not YAML"),
        ("", "Write a condition"),
        ('{"+": [1, 2]}', "it must give yes or no"),
        ("- " * 3_000, "Line 1: Nested deeper"),
    ],
)
def test_a_text_that_is_no_condition_is_told_with_its_line(
    flo: Client, acme: Firm, draft: WorkflowDefinition, text: str, words: str
) -> None:
    before = ways(acme)

    response = way(flo, draft, "new", how="text", rule=text)

    assert words in text_of(response)
    assert ways(acme) == before


def test_a_text_becomes_rows_where_rows_can_say_it(flo: Client, draft: WorkflowDefinition) -> None:
    rows = way(flo, draft, "new", how="text", do="rows", rule='{"exists": "approve.note"}')
    none = way(flo, draft, "new", how="text", do="rows", rule='{"==": [{"sum": [[1]]}, 1]}')

    assert '<option value="approve.note" selected>Note</option>' in rows.content.decode()
    assert "Rows cannot say this" in text_of(none)
    strange = way(flo, draft, "new", how="text", do="rows", rule='{"exists": "nobody.knows"}')
    assert "“nobody.knows” is not known here" in text_of(strange)


def test_a_condition_of_the_wrong_kind_is_saved_and_told(
    flo: Client, acme: Firm, draft: WorkflowDefinition
) -> None:
    rule = '{"==": [{"var": "approve.approved"}, "yes"]}'

    told = text_of(way(flo, draft, "done-1", how="text", rule=rule))

    assert "is yes or no, and is compared with the text “yes” here." in told
    assert ways(acme)[1]["condition"] == {"==": [{"var": "approve.approved"}, "yes"]}


# The tester


def tried(flo: Client, address: str, data: str, **sent: Any) -> str:
    page = flo.get(address)
    usual = {"_seen": seen(page), "do": "try", "t-known": data, "t-begin": "sample"}
    return text_of(flo.post(address, {**usual, **sent}))


def test_the_table_says_where_some_data_would_lead(flo: Client, draft: WorkflowDefinition) -> None:
    large = tried(flo, at(draft), "ticket: {amount: 2000}\napprove: {approved: false}")
    small = tried(flo, at(draft), '{"ticket": {"amount": 2}, "approve": {"approved": true}}')
    gap = tried(flo, at(draft), "ticket: {amount: 2}\napprove: {approved: false}")

    assert "It would go to Ask the board ." in large
    assert "Amount was 2,000" in large or "Amount was 2000" in large
    assert "It would go to Order ." in small
    assert "A ticket would stop here. No way onward fits after “Approve”" in gap


def test_a_way_is_tried_as_it_stands_in_the_page(
    flo: Client, acme: Firm, draft: WorkflowDefinition
) -> None:
    before = ways(acme)
    unsaved = {"to": "$", "label": "", "how": "rows", **row("0", "ticket.amount", "under", "3")}

    told = tried(
        flo, at(draft, "new"), "ticket: {amount: 2}\napprove: {approved: false}", **unsaved
    )

    assert "It would go to the end ." in told
    assert ways(acme) == before


def test_data_that_cannot_be_read_is_told_with_its_line(
    flo: Client, draft: WorkflowDefinition
) -> None:
    told = tried(flo, at(draft), "ticket: {amount: 2}\n  approve: [")

    assert "Line 2" in told
    assert "It would go to" not in told


def test_made_up_answers_and_scenarios_are_there_to_begin_with(flo: Client, acme: Firm) -> None:
    scenario = {
        "title": "Large",
        "submission": {"amount": 7000},
        "answers": {"approve": {"approved": True, "note": "From the scenario"}},
        "expect": {},
    }
    with tenant_context(acme.company):
        import_bundle(acme.boss, bundle(scenarios=[scenario]))
        draft = the_workflow("purchase")

    page = flo.get(at(draft))
    sent = {"_seen": seen(page), "do": "begin", "t-begin": "scenario-0"}
    begun = text_of(flo.post(at(draft), sent))

    assert "approved: false" in text_of(page)
    assert "amount: 7000" in begun
    assert "note: From the scenario" in begun
    assert "It would go to Ask the board ." in begun


def test_a_large_workflow_costs_no_more_statements(
    flo: Client, acme: Firm, statements: Callable[[], AbstractContextManager[Counted]]
) -> None:
    def cost(document: dict[str, Any], which: str = "") -> int:
        with tenant_context(acme.company):
            import_bundle(acme.boss, document)
            draft = the_workflow("purchase")
        flo.get(at(draft, which))  # whatever is remembered is remembered now
        with statements() as counted:
            flo.get(at(draft, which))
        return counted.total

    many = bundle([*WAYS, *({**WAYS[0], "label": f"No. {number}"} for number in range(30))])
    many["workflows"][0]["tasks"] += [{"key": f"t{number}"} for number in range(30)]

    assert cost(bundle()) == cost(many)
    assert cost(bundle(), "done-0") == cost(many, "done-0")


# Whose they are


def test_a_published_version_stays_and_its_draft_is_changed(flo: Client, acme: Firm) -> None:
    with tenant_context(acme.company):
        fine: list[Any] = [*WAYS, {"from": "approve", "to": None}]
        import_bundle(acme.boss, bundle(fine), publish=True)
        published = the_workflow("purchase")

    way(flo, published, "done-0", to=">order", **row("0", "ticket.amount", "over", "5"))
    again = flo.get(at(published))

    with tenant_context(acme.company):
        draft = the_workflow("purchase")
        assert draft.version == 2
        assert document_of(published)["transitions"][1]["condition"] == OVER
    assert again["Location"] == at(draft)


def test_somebody_else_saved_these_ways_meanwhile(
    flo: Client, acme: Firm, draft: WorkflowDefinition
) -> None:
    stamp = seen(flo.get(at(draft, "done-0")))
    with tenant_context(acme.company):
        document = document_of(draft)
        document["transitions"][1]["label"] = "theirs"
        change_workflow(acme.boss, draft, document, seen=fingerprint(document_of(draft)))

    sent = {"_seen": stamp, "to": ">order", "label": "mine", "how": "otherwise", "do": "save"}
    response = flo.post(at(draft, "done-0"), sent)

    assert "Bea Boss-Acme has saved this" in text_of(response)
    assert 'value="mine"' in response.content.decode()
    assert ways(acme)[0]["label"] == "theirs"


def test_another_companys_ways_are_not_there(
    client: Client, globex: Firm, draft: WorkflowDefinition
) -> None:
    client.force_login(globex.flo)

    for which in ("", "new", "done-0"):
        assert client.get(at(draft, which)).status_code == 404
        assert client.post(at(draft, which), {"do": "remove:done-0"}).status_code == 404


@pytest.mark.parametrize("who", ["ann", "will", "tara"])
def test_only_workflow_creators_see_them(
    client: Client, acme: Firm, draft: WorkflowDefinition, who: str
) -> None:
    client.force_login(getattr(acme, who))

    assert client.get(at(draft)).status_code in (302, 403, 404)
    client.post(at(draft), {"do": "remove:done-0"})
    assert len(ways(acme)) == 2


def test_a_finding_leads_to_its_way(flo: Client, acme: Firm, draft: WorkflowDefinition) -> None:
    html = flo.get(f"/design/workflows/{draft.pk}/", follow=True).content.decode()

    assert f'href="{at(draft)}#way-done-1"' in html


def test_a_gap_stops_publishing_on_the_pages(
    flo: Client, acme: Firm, draft: WorkflowDefinition
) -> None:
    flo.post(f"/design/workflows/{draft.pk}/publish/", {"confirm": "1"})
    with tenant_context(acme.company):
        assert the_workflow("purchase").status == "DRAFT"

    way(flo, draft, "new", to="$", how="otherwise")
    with tenant_context(acme.company):
        assert publish(acme.boss, draft).status == "PUBLISHED"


def test_a_program_that_imports_and_publishes_is_told_of_a_gap(acme: Firm) -> None:
    with tenant_context(acme.company):
        report = import_bundle(acme.boss, bundle(), publish=True)

        assert the_workflow("purchase").status == "PUBLISHED"
    assert "gap" in [problem.rule for problem in report.problems]
