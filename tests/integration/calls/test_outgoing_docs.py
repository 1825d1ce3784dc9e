"""The page about actions tells the truth."""

import re
from pathlib import Path
from typing import Any

import pytest

from definitions.documents import read_text
from definitions.logic import check_transform
from definitions.retries import ERRORS, FAMILIES, caught, parse_rules
from definitions.schemas import schema_problems
from operations.outgoing import METHODS, NetworkRules, check_action, check_address

PAGE = (Path(__file__).parents[3] / "docs" / "actions.md").read_text(encoding="utf-8")


def blocks(info: str, kind: str = "yaml") -> list[Any]:
    found = re.findall(rf"^```{info}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return [read_text(text, f"a.{kind}").value for text in found]


(TASK,) = blocks("yaml task")


def test_the_task_shown_is_a_good_one() -> None:
    assert check_action(TASK["action"], tasks=["order_by_hand"], secrets=["erp_token"]) == []
    assert check_address(TASK["action_url"], NetworkRules()) == []
    assert schema_problems(TASK["output_schema"]) == []
    for name in ("input_transform", "output_transform"):
        assert check_transform(TASK[name]) == ()


@pytest.mark.parametrize("action", blocks("yaml action"))
def test_the_parts_shown_are_good_ones(action: Any) -> None:
    assert check_action(action) == []


def test_every_error_is_on_the_page_in_the_same_words() -> None:
    shown = dict(re.findall(r"^\| `(\S+)` \| (.+) \|$", PAGE, re.MULTILINE))

    for name, words in {**ERRORS, **FAMILIES}.items():
        assert shown[name] == words


def test_what_is_caught_looks_as_shown() -> None:
    ((shown,),) = [block.values() for block in blocks("json", "json")]

    made = caught(shown["name"], shown["message"], sent=True, attempts=shown["attempts"])

    assert made == shown


def test_the_waits_are_those_that_are_told() -> None:
    (rules,) = [parse_rules(one) for one in blocks("yaml action") if "retry" in one]

    waits = [rules.retry[1].delay_seconds(number, lambda: 1.0) for number in range(1, 5)]

    assert waits == [5, 10, 20, 40]


def test_every_method_is_on_the_page() -> None:
    assert f"{', '.join(METHODS[:-1])} or {METHODS[-1]}" in PAGE
