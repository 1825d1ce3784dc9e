"""The page about the check tells the truth."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from definitions.actions.rules import NetworkRules
from definitions.bundle.meaning import Surroundings, meaning
from definitions.bundle.structure import structure
from definitions.documents import from_value
from definitions.errors import Problem
from definitions.linter import RULES, Severity

PAGE = (Path(__file__).parents[2] / "docs" / "checks.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(
    r"^### `([a-z-]+)` · (problem|hint)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL
)
#: What a file is told before its workflow is looked at.
TOLD_AS = {"bad-visit-limit": "wrong-value"}
#: What follows from a key that is none.
FOLLOWS = {"bad-key": {"unknown-task"}}
WORDS = {"problem": Severity.ERROR, "hint": Severity.WARNING}


def base() -> list[Any]:
    found = re.search(r"^```yaml base\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    tasks: list[Any] = yaml.safe_load(found[1])
    return tasks


def example_in(text: str) -> dict[str, Any]:
    found = re.search(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found, "every rule has an example"
    part: dict[str, Any] = yaml.safe_load(found[1])
    return {**part, "key": "w", "tasks": [*base(), *part.get("tasks", ())]}


def findings(workflow: dict[str, Any], *, in_company: bool) -> list[Problem]:
    bundle = structure(from_value({"format": "ticketflower/1", "workflows": [workflow]}))
    around = Surroundings()
    if in_company:
        around = Surroundings({"managers"}, {}, secrets=set(), network=NetworkRules())
    found = meaning(bundle, around)
    return [*bundle.problems, *found.refusals, *found.obstacles, *found.warnings]


@pytest.mark.parametrize(("rule", "word", "text"), EXAMPLES, ids=[one[0] for one in EXAMPLES])
def test_an_example_has_what_its_rule_says(rule: str, word: str, text: str) -> None:
    found = findings(example_in(text), in_company=rule != "address-to-allow")

    rule = TOLD_AS.get(rule, rule)
    told = [one for one in found if one.rule == rule]
    assert told, found
    assert {one.severity for one in told} == {WORDS[word]}
    assert {one.rule for one in found if one.blocks} <= {rule, *FOLLOWS.get(rule, ())}, found
    for quoted in re.findall(r"^> (.*)$", text, re.MULTILINE):
        assert quoted in [f"{one.message} {one.hint}".strip()[: len(quoted)] for one in told]


def test_every_rule_of_a_workflow_is_on_the_page() -> None:
    assert {name for name, _severity, _rule in RULES} <= {rule for rule, _word, _text in EXAMPLES}
