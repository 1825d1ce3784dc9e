"""The reference of the language tells the truth."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from definitions.logic import OPERATOR_NAMES, check_rule, describe, evaluate, transform

PAGE = (Path(__file__).parents[2] / "docs" / "conditions.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 20, 15, tzinfo=ZoneInfo("Europe/London"))
EXAMPLES = re.findall(r"^\| `(.+?)` \| `(.+?)` \|$", PAGE, re.MULTILINE)


def blocks(info: str) -> list[Any]:
    found = re.findall(rf"^```{info}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return [json.loads(text) for text in found]


(REQUEST,) = blocks("json data")


@pytest.mark.parametrize(("rule", "result"), EXAMPLES)
def test_an_example_gives_what_the_page_says(rule: str, result: str) -> None:
    found = evaluate(json.loads(rule), REQUEST, now=NOW)

    assert found == json.loads(result)
    assert isinstance(found, bool) is isinstance(json.loads(result), bool)


def test_the_conditions_shown_are_good_ones() -> None:
    first, *others = blocks("json")

    assert describe(first) == "amount is over 5,000 and approved is yes"
    for rule in (first, *others):
        assert check_rule(rule, condition=True) == ()


def test_the_template_shown_gives_the_result_shown() -> None:
    (template,), (result,) = blocks("json template"), blocks("json result")

    assert transform(template, REQUEST, now=NOW) == result


def test_every_operator_is_on_the_page() -> None:
    shown = set(re.findall(r'\{"([^"]+)": ', PAGE)) | set(re.findall(r"`([^`\s]+)`", PAGE))

    assert sorted(OPERATOR_NAMES - shown) == []
