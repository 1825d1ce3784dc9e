"""Broken bundles of every kind are refused with reasons: never another error, never half written.

Each case takes a good bundle and breaks a few places of it, as values and as text. The seed is the
name of the case, so a failure can be repeated.
"""

import copy
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from definitions.documents import from_value, read_text, to_json, to_yaml
from definitions.errors import BundleInvalid
from definitions.models import TaskDefinition, TicketDefinition, WorkflowDefinition
from definitions.services import check_bundle, export_bundle, import_bundle
from tenants.context import tenant_context
from tests.builders import Firm, a_document

pytestmark = pytest.mark.django_db

CASES = 80
SLOWEST_SECONDS = 5  # for one bundle on a busy machine; usually some hundredths

ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e308, 10**18, 10**40, "", "x", "user", "a.b", "\0", "\ud800",
    [], {}, [None], {"a": 1}, {"$ref": "#"}, {"$": {"var": []}}, {"var": None}, [[], []], "x" * 300,
    "{", "ticket", float("nan"), float("inf"), {"==": [1]}, {"type": "object"}, {"type": []},
    {"company_role": [1]}, {"company_role": None}, {"key": 1}, {"": {}}, {"fields": [[]]},
    {"properties": {"a": {"$ref": "#/properties/a"}}}, {"elements": [1]}, {"key": "a", "tasks": {}},
]  # fmt: skip
NAMES = ["x", "Title", "Key", "type", "from", "to", "fields", "tasks", "$ref", "condition", ""]
SIGNS = ["", "{", "}", "[", "\t", "\n", "&a ", "*a ", "!", "\0", "é", "'", '"', ": ", "- ", "# "]


def a_rich_bundle() -> dict[str, Any]:
    document = a_document("ask > check > pay; check ? ok = false > ask; pay ? ok = false > end")
    workflow, ticket = document["workflows"][0], document["tickets"][0]
    control = {"type": "Control", "scope": "#/properties/ok"}
    workflow["ext_ref"] = [{"label": "Wiki", "uri": "https://wiki.example"}]
    workflow["fields"].append({"name": "kind", "type": "choice", "choices": ["a", "b"]})
    workflow["tasks"][0] |= {
        "assign": {"company_role": "managers"},
        "due": {"days": 2},
        "edit_layout": {"type": "VerticalLayout", "elements": [control]},
        "input_transform": {"a": {"$": {"var": "ticket.subject"}}},
    }
    workflow["tasks"].append(
        {
            "key": "call",
            "task_type": "SYNC_ACTION",
            "action_url": "https://erp.example",
            "action": {
                "method": "PUT",
                "headers": {"X-Key": ["a ", {"$secret": "erp"}]},
                "sign": {"$secret": "erp"},
                "retry": [{"errors": ["timeout"], "max_attempts": 2}],
                "catch": [{"errors": ["*"], "next": "rest", "result_path": "problem"}],
            },
            "timeout_seconds": 3,
            "split": "ALL",
            "output_transform": {"x": {"$": {"+": [1, {"var": "response.n"}]}}},
        }
    )
    workflow["tasks"].append(
        {
            "key": "rest",
            "task_type": "WAIT",
            "until": {"at": {"$": {"var": "ticket.subject"}}, "plus": {"days": 1, "working": True}},
            "join": "ALL",
            "max_visits": 3,
        }
    )
    workflow["tasks"].append(
        {"key": "inside", "task_type": "SUBWORKFLOW", "subworkflow": "flow", "due": {"days": 3}}
    )
    workflow["tasks"][0]["reminder"] = {"before": {"hours": 4}}
    workflow["transitions"] += [
        {"from": "ask", "to": "call", "after": "timeout"},
        {"from": "call", "to": "inside", "condition": {"==": [{"var": "call.x"}, 1]}},
        {"from": "inside", "to": "rest", "after": "timeout", "label": "late"},
    ]
    ticket |= {
        "category": "Office",
        "fields": [{"name": "kind", "value": "a"}],
        "form_schema": {"type": "object", "properties": {"subject": {"type": "string"}}},
        "title_template": "{subject}",
        "company_role_access": ["managers"],
    }
    document["company_roles"] = [{"key": "it", "title": "IT"}]
    return document


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    names: Any = value if isinstance(value, dict) else ()
    if isinstance(value, list):
        names = range(len(value))
    for name, inner in [(name, value[name]) for name in names]:
        yield (*path, name)
        yield from places(inner, (*path, name))


def broken(good: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    document = copy.deepcopy(good)
    for _ in range(chance.choice([1, 1, 2, 4])):
        found = list(places(document))
        if not found:
            return document
        *way, last = chance.choice(found)
        node: Any = document
        for name in way:
            node = node[name]
        _break_one(node, last, chance)
    return document


def _break_one(node: Any, last: Any, chance: random.Random) -> None:
    odd = copy.deepcopy(chance.choice(ODD))
    kind = chance.randrange(5)
    if kind == 0:
        node[last] = odd
    elif kind == 1:
        del node[last]
    elif kind == 2 and isinstance(node, list):
        node.append(copy.deepcopy(chance.choice([*node, odd])))
    elif kind == 2:
        node[chance.choice(NAMES)] = odd
    elif isinstance(node[last], str):
        node[last] = node[last][::-1]
    else:
        node[last] = [node[last]]


def torn(document: Any, chance: random.Random) -> str:
    """The document as text, with a few signs replaced."""
    text = chance.choice([to_json, to_yaml])(document)
    at = chance.randrange(len(text))
    return text[:at] + chance.choice(SIGNS) + text[at + chance.randrange(3) :]


def rows() -> dict[str, set[Any]]:
    return {
        model.__name__: set(model._default_manager.values_list("pk", flat=True))
        for model in (WorkflowDefinition, TaskDefinition, TicketDefinition)
    }


def refusal(act: Any) -> BundleInvalid | None:
    try:
        act()
    except BundleInvalid as error:
        return error
    return None


@pytest.mark.parametrize("seed", range(4))
def test_a_broken_bundle_is_imported_or_refused_with_reasons(acme: Firm, seed: int) -> None:
    chance = random.Random(seed)
    good = a_rich_bundle()
    taken = 0
    with tenant_context(acme.company):
        import_bundle(acme.boss, good)
        for case in range(CASES):
            document, publish = broken(good, chance), chance.random() < 0.4
            before, start = rows(), time.monotonic()

            refused = refusal(lambda: import_bundle(acme.boss, document, publish=publish))  # noqa: B023

            assert time.monotonic() - start < SLOWEST_SECONDS, f"seed {seed}, case {case}"
            if refused is None:
                taken += 1
                continue
            assert rows() == before
            assert all(p.rule and p.message and p.as_json() for p in refused.problems)
            assert str(refused)
        assert 0 < taken < CASES
        assert import_bundle(acme.boss, export_bundle(acme.boss)).changes_nothing


@pytest.mark.parametrize("seed", range(4))
def test_a_torn_text_is_read_or_refused_with_reasons(acme: Firm, seed: int) -> None:
    chance = random.Random(seed)
    good = a_rich_bundle()
    with tenant_context(acme.company):
        for _ in range(CASES):
            text, name = torn(good, chance), chance.choice(["a.json", "a.yaml", ""])

            refused = refusal(
                lambda: import_bundle(acme.boss, read_text(text, name), dry_run=True)  # noqa: B023
            )

            assert refused is None or all(p.rule and p.message for p in refused.problems)


def test_checking_a_broken_bundle_finds_what_importing_refuses(acme: Firm) -> None:
    chance = random.Random(7)
    good = a_rich_bundle()
    with tenant_context(acme.company):
        for _ in range(CASES):
            document = broken(good, chance)
            refused = refusal(lambda: import_bundle(acme.boss, document, dry_run=True))  # noqa: B023
            try:
                found = check_bundle(from_value(document), in_company=True)
            except BundleInvalid as error:
                found = list(error.problems)

            if refused is not None:
                told = {(p.rule, p.place) for p in refused.problems if p.blocks}
                assert told <= {(p.rule, p.place) for p in found}
