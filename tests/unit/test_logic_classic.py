"""The classic JsonLogic suite, in the profile that converts as JavaScript does."""

import json
from pathlib import Path
from typing import Any

import pytest

from definitions.logic import evaluate


@pytest.fixture(scope="session")
def cases(real_inputs: Path) -> list[dict[str, Any]]:
    document = json.loads((real_inputs / "jsonlogic" / "compatible.json").read_text())
    return [case for case in document if isinstance(case, dict)]  # plain strings are headings


def test_every_case_of_the_classic_suite_agrees(cases: list[dict[str, Any]]) -> None:
    differing = []

    for case in cases:
        found = evaluate(case["rule"], case.get("data"), strict=False)
        if (type(found), found) != (type(case["result"]), case["result"]):
            differing.append((case["rule"], case.get("data"), case["result"], found))

    assert len(cases) == 278
    assert differing == []


@pytest.mark.parametrize(
    ("rule", "result"),
    [
        ({"<": [None, 15]}, True),
        ({"==": [1, "1"]}, True),
        ({"+": ["3 saws", 1]}, 4),
        ({"/": [1, 0]}, None),
        ({"%": [5, 0]}, None),
        ({"*": [1e308, 10]}, None),
        ({"cat": [[1, [None, True]], 1.5, None]}, "1,,true1.5null"),
        ({"!": {}}, False),
        ({"max": []}, None),
        ({"min": ["2", 1]}, 1),
        ({"-": "7"}, -7),
        ({"==": [[1], "1"]}, True),
        ({"===": [[1], [1]]}, False),
        ({"in": [1, "212"]}, True),
        ({"in": ["a", None]}, False),
        ({"==": [" ", 0]}, True),
        ({"<": ["10", "9"]}, True),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}),
        ({"reduce": [None, {"var": "current"}]}, None),
        ({"missing_some": [1, "a"]}, []),
        ({"round": [{"sum": [[1.25, 1]]}, 1]}, 2.3),
        ({"+": [{"round": [1.25, 1]}, 1]}, 2.3),
    ],
)
def test_the_classic_profile_converts_as_javascript_does(rule: Any, result: Any) -> None:
    found = evaluate(rule, {}, strict=False)

    assert (type(found), found) == (type(result), result)
