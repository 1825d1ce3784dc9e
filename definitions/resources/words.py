"""What a row changes, in words: "time limit: 20 → 30", "question Note added"."""

from collections.abc import Iterator, Mapping
from typing import Any

from definitions.bundle.canonical import canonical_task, canonical_ticket, canonical_workflow
from definitions.bundle.differences import ticket_changes, workflow_changes
from definitions.logic import describe
from definitions.resources.columns import Cells, RowKind, columns_of
from definitions.schemas import JSON

_Document = Mapping[str, Any]
#: What is longer is not quoted.
LONGEST = 40
_QUOTED = {Cells.TEXT, Cells.WORD, Cells.NUMBER}
_CALLED = {
    "timeout_seconds": "time limit",
    "task_type": "kind of task",
    "action_url": "address",
    "max_visits": "visits",
    "title_template": "name of its tickets",
}
_START, _END = "Start", "End"


def plainly(kind: RowKind, document: _Document) -> dict[str, Any]:
    """A part with its defaults left out, so that two of them can be compared."""
    if kind == RowKind.WORKFLOW:
        return canonical_workflow({**document, "tasks": [], "transitions": []})
    if kind == RowKind.TASK:
        return canonical_task(document)
    if kind == RowKind.TICKET:
        return canonical_ticket(document)
    columns = columns_of(kind)
    return {
        name: value
        for name, value in document.items()
        if value not in (None, "", []) and value != columns[name].default
    }


def changes(
    kind: RowKind, before: _Document, after: _Document, titles: Mapping[str, str]
) -> list[str]:
    """Differences of two parts that `plainly` gave."""
    return list(_changes(kind, before, after, titles))


def _changes(
    kind: RowKind, before: _Document, after: _Document, titles: Mapping[str, str]
) -> Iterator[str]:
    rest = dict(before), dict(after)
    for name, column in columns_of(kind).items():
        old, new = before.get(name), after.get(name)
        if old == new or column.cells not in _QUOTED or name == "title":
            continue
        if name == "workflow" or not (_is_short(old) and _is_short(new)):
            continue
        for side in rest:
            side.pop(name, None)
        yield f"{_called(name)}: {_shown(old, column.default)} → {_shown(new, column.default)}"
    yield from _told_by_others(kind, *rest, titles)


def _told_by_others(
    kind: RowKind, before: _Document, after: _Document, titles: Mapping[str, str]
) -> Iterator[str]:
    """Titles, questions, fields and whatever is too large to be quoted."""
    if kind == RowKind.WORKFLOW:
        yield from workflow_changes(before, after)
    elif kind == RowKind.TICKET:
        target = after.get("workflow", "")
        yield from ticket_changes(before, {**after, "workflow": target}, titles)
    elif kind == RowKind.TASK:
        yield from _task(before, after)
    else:
        yield from _way(before, after)


def _task(before: _Document, after: _Document) -> Iterator[str]:
    """As the difference of workflows says it, without the name of the task."""
    old, new = ({"key": "-", "tasks": [{**one, "key": "-"}]} for one in (before, after))
    prefix = f"task {after.get('title') or '-'}: "
    for told in workflow_changes(old, new):
        if told.startswith(prefix):
            yield told.removeprefix(prefix)
        else:
            yield f"now called “{after.get('title') or after.get('key')}”"


def _way(before: _Document, after: _Document) -> Iterator[str]:
    if before.get("condition") != after.get("condition"):
        yield f"condition: {condition_in_words(after)} (was: {condition_in_words(before)})"
    for name in sorted({*before, *after} - {"condition"}):
        if before.get(name) != after.get(name):
            yield f"{_called(name)} changed"


def condition_in_words(way: _Document) -> str:
    if way.get("condition") is None:
        return "otherwise"
    told = describe(way["condition"])
    return told if len(told) <= 160 else told[:160] + "…"


def name_of(kind: RowKind, document: _Document, titles: Mapping[str, str]) -> str:
    """What people call it; a way by the tasks that it joins."""
    if kind != RowKind.TRANSITION:
        return str(document.get("title") or document.get("key"))
    source, target = document.get("from"), document.get("to")
    start = _START if source is None else titles.get(source, source)
    end = _END if target is None else titles.get(target, target)
    return f"{start} → {end}"


def _called(name: str) -> str:
    return _CALLED.get(name, name.replace("_", " "))


def _is_short(value: JSON) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST and "\n" not in value
    return value is None or isinstance(value, int)


def _shown(value: JSON, default: JSON) -> str:
    if value is None:
        return str(default) if default not in (None, "", []) else "none"
    return str(value)
