"""What an action would send: built as for a live ticket, and never sent."""

from typing import Any

from definitions.actions.documents import REFERENCE, secret_names
from definitions.graph import TaskNode, TaskType
from operations.outgoing.building import CannotBuild, build
from operations.outgoing.redaction import record_of_call
from operations.simulation.story import PlannedCall

#: Where an answer that comes later would be sent; it is shown as dots, like a secret.
_CALLBACK = "https://callbacks.invalid/callbacks/simulated-token-nobody-has/"


def planned_call(node: TaskNode, given: Any) -> PlannedCall:
    """The call of an action task. Nobody's secrets are read: names stand for them until they too
    are left out.

    Raises:
        CannotBuild: the call cannot be made from what the task is given.
    """
    action = node.action
    unsigned = {name: value for name, value in action.items() if name != "sign"}
    is_async = node.task_type == TaskType.ASYNC_ACTION
    call = build(
        unsigned,
        node.action_url,
        given if node.input_transform is not None else None,
        {name: f"secret-{number}-simulated" for number, name in enumerate(secret_names(unsigned))},
        idempotency_key="simulated",
        callback_url=_CALLBACK if is_async else "",
    )
    record = record_of_call(call)
    return PlannedCall(
        signed=isinstance(action.get("sign"), dict) and REFERENCE in action["sign"], **record
    )


__all__ = ["CannotBuild", "planned_call"]
