"""The verbs ask what the form asks: hidden questions are not missed, and their answers not kept."""

from collections.abc import Iterator
from typing import Any

import pytest

from operations.errors import AnswersInvalid
from operations.models import TaskInstance
from operations.services import complete_task
from tenants.context import tenant_context
from tests.builders import Firm, a_ticket, a_workflow, the_open_task

DECISION: dict[str, Any] = {
    "output_schema": {
        "type": "object",
        "required": ["ok", "reason"],
        "properties": {"ok": {"type": "boolean"}, "reason": {"type": "string", "minLength": 1}},
    },
    "edit_layout": {
        "type": "VerticalLayout",
        "elements": [
            {"type": "Control", "scope": "#/properties/ok"},
            {
                "type": "Control",
                "scope": "#/properties/reason",
                "rule": {
                    "effect": "HIDE",
                    "condition": {"scope": "#/properties/ok", "schema": {"const": True}},
                },
            },
        ],
    },
}


@pytest.fixture
def task(acme: Firm) -> Iterator[TaskInstance]:
    with tenant_context(acme.company):
        yield the_open_task(a_ticket(acme, a_workflow(acme, "decide", decide=DECISION)))


def test_a_hidden_question_is_not_missed_and_its_answer_not_kept(
    acme: Firm, task: TaskInstance
) -> None:
    complete_task(acme.will, task, {"ok": True, "reason": "typed, then hidden"})

    assert TaskInstance.objects.get(pk=task.pk).output_data == {"ok": True}


def test_a_question_that_is_shown_is_asked(acme: Firm, task: TaskInstance) -> None:
    with pytest.raises(AnswersInvalid) as raised:
        complete_task(acme.will, task, {"ok": False})

    assert [problem.path for problem in raised.value.problems] == ["/reason"]
