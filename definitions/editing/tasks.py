"""The tasks of a workflow's document."""

from collections.abc import Mapping
from copy import deepcopy
from itertools import count
from typing import Any

from definitions.editing.errors import NotThere, Taken
from definitions.editing.parts import NOWHERE, Document, Nowhere, changed
from definitions.editing.ways import ends_here, lead
from definitions.graph import TICKET, After, Split
from definitions.linter import LONGEST_KEY

_FORMS = ("output_schema", "input_schema")
_LAYOUTS = ("edit_layout", "display_layout")


def task_of(document: Mapping[str, Any], key: str) -> Document:
    """A copy of the task's document.

    Raises:
        NotThere: the workflow has no such task.
    """
    return deepcopy(dict(document["tasks"][_index(document, key)]))


def place_of_task(document: Mapping[str, Any], key: str) -> str:
    """Its JSON pointer, such as /tasks/2.

    Raises:
        NotThere: the workflow has no such task.
    """
    return f"/tasks/{_index(document, key)}"


def free_task_key(document: Mapping[str, Any], wanted: str) -> str:
    """`wanted`, or the first of wanted-2, wanted-3, … that no task of the workflow has."""
    taken = {TICKET, *(task["key"] for task in document.get("tasks", ()))}
    if wanted not in taken:
        return wanted
    endings = (f"-{number}" for number in count(2))
    keys = (f"{wanted[: LONGEST_KEY - len(ending)]}{ending}" for ending in endings)
    return next(key for key in keys if key not in taken)


def add_task(
    document: Mapping[str, Any], task: Mapping[str, Any], *, after: str | Nowhere | None = NOWHERE
) -> Document:
    """With one more task.

    `after`: the key of the task that it comes after, or None for the start; what followed there
    now follows the new one. NOWHERE: no way leads to it.

    Raises:
        Taken: another task has its key.
        NotThere: no task has the key `after`.
    """
    found = deepcopy(dict(document))
    tasks = found.setdefault("tasks", [])
    _refuse_taken(found, task["key"])
    new = deepcopy(dict(task))
    if isinstance(after, Nowhere):
        tasks.append(new)
        return found
    place = 0 if after is None else _index(found, after) + 1
    if after is not None:
        _hand_over(tasks[place - 1], new)
    tasks.insert(place, new)
    _put_between(found, after, new["key"])
    return found


def copy_task(document: Mapping[str, Any], key: str, new_key: str, title: str = "") -> Document:
    """With a second task like this one, right behind it; no way leads to it or from it.

    Raises:
        NotThere, Taken.
    """
    found = deepcopy(dict(document))
    place = _index(found, key)
    _refuse_taken(found, new_key)
    twin = {**deepcopy(found["tasks"][place]), "key": new_key}
    if title:
        twin["title"] = title
    found["tasks"].insert(place + 1, twin)
    return found


def move_task(document: Mapping[str, Any], key: str, by: int) -> Document:
    """With the task so many places further down (negative: up), at most to the end.

    The order is that of the list and of the tracker; where a ticket goes is said by the ways.

    Raises:
        NotThere.
    """
    found = deepcopy(dict(document))
    tasks = found["tasks"] if found.get("tasks") else []
    place = _index(found, key)
    task = tasks.pop(place)
    tasks.insert(max(0, min(len(tasks), place + by)), task)
    return found


def change_task(document: Mapping[str, Any], key: str, **parts: Any) -> Document:
    """With these parts of a task changed; None takes one out. Its key: see `rename_task`.

    Raises:
        NotThere.
    """
    parts.pop("key", None)
    found = deepcopy(dict(document))
    place = _index(found, key)
    found["tasks"][place] = changed(found["tasks"][place], **parts)
    return found


def set_schema(
    document: Mapping[str, Any], key: str, schema: Mapping[str, Any] | None, part: str = _FORMS[0]
) -> Document:
    """With another form of a task; None: it asks nothing.

    Raises:
        NotThere: no such task, or a task has no such part.
    """
    if part not in _FORMS:
        raise NotThere(f"A step has no form called “{part}”.")
    return change_task(document, key, **{part: schema})


def set_layout(
    document: Mapping[str, Any], key: str, layout: Mapping[str, Any] | None, part: str = _LAYOUTS[0]
) -> Document:
    """With another arrangement of a task's form; None: in the order of its questions.

    Raises:
        NotThere: no such task, or a task has no such part.
    """
    if part not in _LAYOUTS:
        raise NotThere(f"A step has no layout called “{part}”.")
    return change_task(document, key, **{part: layout})


def _index(document: Mapping[str, Any], key: str) -> int:
    for number, task in enumerate(document.get("tasks", ())):
        if task["key"] == key:
            return number
    raise NotThere(f"This workflow has no step “{key}” (any more).")


def _refuse_taken(document: Mapping[str, Any], key: str) -> None:
    if any(task["key"] == key for task in document.get("tasks", ())):
        words = f"Another step has the key “{key}” already."
        raise Taken(words, fields={"key": words})


def _put_between(document: Document, source: str | None, key: str) -> None:
    """What followed the source now follows the new task, under the same conditions."""
    for way in document.get("transitions", ()):
        if way.get("from") == source and way.get("after", After.DONE) == After.DONE:
            way["from"] = key
    document.setdefault("transitions", []).append(lead(source, key))
    if not any(way.get("from") == key for way in document["transitions"]):
        document["transitions"].append(ends_here(key))


def _hand_over(before: Document, new: Document) -> None:
    """The ways that the new task takes over are taken as they were: the first true one, or all."""
    if before.get("split") == Split.ALL:
        new["split"] = before.pop("split")
