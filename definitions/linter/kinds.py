"""Rules about what a task needs to be what it is: a call, a wait, a workflow inside, a deadline."""

from collections.abc import Iterator, Mapping
from typing import Any

from definitions.actions import Allowed, NetworkRules, check_action, check_address
from definitions.actions.addresses import BadAddress, read_address
from definitions.actions.documents import (
    DEFAULT_METHOD,
    LONGEST_TIMEOUT_SECONDS,
    WITHOUT_BODY,
    secret_references,
)
from definitions.graph import ACTION_TYPES, After, TaskNode, TaskType
from definitions.linter.drawing import Drawing, Found
from definitions.logic.transforms import LITERAL, LIVE
from definitions.moments import BEFORE
from definitions.nearest import did_you_mean
from definitions.schemas.problem import JSON, pointer

#: What only some types of tasks act on, what a sentence calls it, and what it is for.
_ONLY_FOR = {
    "until": ({TaskType.WAIT}, "only a WAIT waits for a time"),
    "reminder": ({TaskType.FORM}, "nobody has it, so nobody can be reminded"),
}
_IDLE = {
    "action_url": (ACTION_TYPES, "only a SYNC_ACTION or ASYNC_ACTION calls an address"),
    "action": (ACTION_TYPES, "only a SYNC_ACTION or ASYNC_ACTION makes a call"),
    "subworkflow": ({TaskType.SUBWORKFLOW}, "only a SUBWORKFLOW runs another workflow"),
}


def bad_action(drawing: Drawing) -> Iterator[Found]:
    for place, task in drawing.tasks():
        action = task.action
        if task.extra.get("action") and not action:
            yield Found(f"{place}/action", f"“{task.label}”: its action must be a group.")
        keys = drawing.graph.tasks if task.task_type in ACTION_TYPES else None
        for problem in check_action(action, tasks=keys):
            yield Found(f"{place}/action{problem.path}", problem.message)
        if task.task_type == TaskType.SYNC_ACTION and "verify" in action:
            yield Found(
                f"{place}/action/verify",
                f"“{task.label}” takes the answer to its call, so no later one can be signed.",
                "Leave “verify” out, or make it an ASYNC_ACTION.",
            )


def bad_query(drawing: Drawing) -> Iterator[Found]:
    """Without a body, what is sent stands in the address, where a group has no form."""
    for place, task in _calls(drawing):
        made = task.input_transform
        method = task.action.get("method", DEFAULT_METHOD)
        if str(method) not in WITHOUT_BODY or made is None or _is_live(made):
            continue
        if not isinstance(made, Mapping):
            yield Found(
                f"{place}/input_transform",
                f"“{task.label}” puts what it sends into the address, as with every {method}.",
                "Make it a group of values: {name: …}.",
            )
            continue
        for name, value in made.items():
            if isinstance(value, Mapping) and not _is_live(value):
                yield Found(
                    f"{place}/input_transform{pointer((name,))}",
                    f"“{task.label}” puts “{name}” into the address, as with every {method}; a "
                    "group has no form there.",
                    "Give each of its values a name of its own, or use POST.",
                )


def _is_live(template: JSON) -> bool:
    return isinstance(template, Mapping) and bool({LIVE, LITERAL} & set(template))


def forbidden_address(drawing: Drawing) -> Iterator[Found]:
    for place, task in _calls(drawing):
        rules = drawing.network or _all_that_can_be_allowed(task.action_url)
        for problem in check_address(task.action_url, rules):
            yield Found(f"{place}/action_url", problem.message)


def address_to_allow(drawing: Drawing) -> Iterator[Found]:
    """Without a company nobody knows what it is allowed."""
    for place, task in _calls(drawing) if drawing.network is None else ():
        if not check_address(task.action_url, _all_that_can_be_allowed(task.action_url)):
            for problem in check_address(task.action_url, NetworkRules()):
                yield Found(
                    f"{place}/action_url", problem.message, "Unless the company is allowed it."
                )


def unknown_secret(drawing: Drawing) -> Iterator[Found]:
    if drawing.secrets is None:
        return
    for place, task in drawing.tasks():
        if task.task_type not in ACTION_TYPES:
            continue
        for path, name in secret_references(task.action):
            if name not in drawing.secrets:
                yield Found(
                    f"{place}/action{pointer(path)}",
                    f"The company has no secret “{name}”.",
                    did_you_mean(name, drawing.secrets) or "An admin of the company can add it.",
                )


def too_patient(drawing: Drawing) -> Iterator[Found]:
    for place, task in drawing.tasks():
        seconds = task.timeout_seconds
        is_sync = task.task_type == TaskType.SYNC_ACTION
        if is_sync and seconds is not None and seconds > LONGEST_TIMEOUT_SECONDS:
            yield Found(
                f"{place}/timeout_seconds",
                f"“{task.label}” waits {seconds:,.0f} seconds for the answer to its call; at most "
                f"{LONGEST_TIMEOUT_SECONDS} are possible.",
                "Make it an ASYNC_ACTION, whose answer may come later.",
            )


def no_time_to_wait_for(drawing: Drawing) -> Iterator[Found]:
    for place, task in drawing.tasks():
        if task.task_type == TaskType.WAIT and not task.extra.get("until"):
            yield Found(
                f"{place}/until",
                f"“{task.label}” waits for nothing: “until” is missing.",
                "Say how long, such as until: {hours: 1}, or until which day.",
            )


def out_of_place(drawing: Drawing) -> Iterator[Found]:
    yield from _misplaced(drawing, _ONLY_FOR, "“{label}” cannot have “{part}”: {why}.")
    for place, task in drawing.tasks():
        if task.task_type == TaskType.WAIT and task.timeout_seconds is not None:
            yield Found(
                f"{place}/timeout_seconds",
                f"“{task.label}” ends when its time has come; it cannot run out before.",
                "Leave “timeout_seconds” out.",
            )


def idle_part(drawing: Drawing) -> Iterator[Found]:
    yield from _misplaced(drawing, _IDLE, "“{label}” never uses its “{part}”: {why}.")


def reminder_without_due(drawing: Drawing) -> Iterator[Found]:
    for place, task in drawing.tasks():
        reminder = task.extra.get("reminder")
        if isinstance(reminder, dict) and BEFORE in reminder and not task.extra.get("due"):
            yield Found(
                f"{place}/reminder/{BEFORE}",
                f"“{task.label}” is never due, so nothing comes before that.",
                "Give it a “due”, or remind after its start: {after: {days: 1}}.",
            )


def limit_without_way(drawing: Drawing) -> Iterator[Found]:
    """Where only the start of a task says when, nothing happens at its end without a way."""
    for place, task in drawing.tasks():
        runs_out = task.task_type in (TaskType.FORM, TaskType.SUBWORKFLOW)
        if not runs_out or task.timeout_seconds is None:
            continue
        if not drawing.graph.outgoing(task.key, After.TIMEOUT.value):
            yield Found(
                f"{place}/timeout_seconds",
                f"When the time of “{task.label}” has run out, no way leads on.",
                "Add a transition from it with “after: timeout”. For a time that people only see, "
                "use “due”.",
            )


def way_without_limit(drawing: Drawing) -> Iterator[Found]:
    for place, edge in drawing.edges():
        if edge.after != After.TIMEOUT:
            continue
        task = drawing.graph.tasks.get(edge.source or "")
        if edge.source is None:
            yield Found(
                f"{place}/after",
                "A way from the start cannot follow a time that ran out.",
                "Leave “after” out.",
            )
        elif task is not None and not task.can_run_out:
            yield Found(f"{place}/after", *_why_never(task))


def _why_never(task: TaskNode) -> tuple[str, str]:
    if task.task_type == TaskType.SYNC_ACTION:
        return (
            f"A call that takes too long has failed: “{task.label}” cannot run out of time.",
            "Catch its error: catch: [{errors: [timeout], next: …}].",
        )
    if task.task_type == TaskType.WAIT:
        return (
            f"“{task.label}” ends when its time has come; it cannot run out before.",
            "Leave “after” out.",
        )
    return (
        f"“{task.label}” has no time that could run out.",
        "Give it “timeout_seconds” or “due”.",
    )


def _misplaced(drawing: Drawing, parts: Any, words: str) -> Iterator[Found]:
    for place, task in drawing.tasks():
        for part, (types, why) in parts.items():
            has_it = task.action_url if part == "action_url" else task.extra.get(part)
            if has_it and task.task_type not in types:
                message = words.format(label=task.label, part=part, why=why)
                yield Found(f"{place}/{part}", message, "Leave it out.")


def _calls(drawing: Drawing) -> Iterator[tuple[str, TaskNode]]:
    for place, task in drawing.tasks():
        if task.task_type in ACTION_TYPES and task.action_url:
            yield place, task


def _all_that_can_be_allowed(url: str) -> NetworkRules:
    """The rules of a company that is allowed all that this address needs."""
    try:
        address = read_address(url)
        host = f"[{address.host}]" if ":" in str(address.host) else str(address.host)
        allowed = frozenset({Allowed.parse(f"{host}:{address.port}")})
    except (BadAddress, ValueError):
        allowed = frozenset()
    return NetworkRules(allowed, allow_loopback=True)
