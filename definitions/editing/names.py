"""Renaming a task everywhere its key is named.

Its key stands in ways, in what catches a failure, in scenarios, and as the first word of the paths
that conditions, transforms and times read.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from definitions.editing.errors import Taken
from definitions.editing.parts import Document
from definitions.editing.tasks import place_of_task
from definitions.graph import FILES, TICKET
from definitions.logic.paths import PathOf, paths_in, rule_with, rules_in, template_with

#: Parts of a task that read the ticket's data. What it leaves behind reads an answer, and no task.
TEMPLATES = ("input_transform", "due", "until")


def rename_task(document: Mapping[str, Any], key: str, new_key: str) -> Document:
    """With another key for a task, wherever it is named.

    Raises:
        NotThere: no such task.
        Taken: another task has the new key, or the submitted form is called so.
    """
    place_of_task(document, key)
    if new_key == key:
        return deepcopy(dict(document))
    taken = {task["key"] for task in document.get("tasks", ())}
    if new_key in taken or new_key == TICKET:
        whose = "The submitted form is" if new_key == TICKET else "Another step is"
        words = f"{whose} called “{new_key}” already."
        raise Taken(words, fields={"key": words})

    def name(said: Any) -> Any:
        return new_key if said == key else said

    def path(said: str) -> str:
        return _renamed_path(said, key, new_key)

    found = deepcopy(dict(document))
    for task in found["tasks"]:
        task["key"] = name(task["key"])
        _rename_in_task(task, name, path)
    for way in found.get("transitions", ()):
        for end in ("from", "to"):
            if end in way:
                way[end] = name(way[end])
        if way.get("condition") is not None:
            way["condition"] = rule_with(way["condition"], path)
    for scenario in found.get("scenarios", ()):
        _rename_in_scenario(scenario, name)
    return found


def rules_of(task: Mapping[str, Any]) -> Iterator[Any]:
    """The live values of a task: each a rule."""
    for part in TEMPLATES:
        yield from rules_in(task.get(part))


def task_read(rule: Any, key: str) -> bool:
    """Whether a rule reads what a task left behind."""
    return any(_renamed_path(path, key, f"{key}\0") != path for path in paths_in(rule))


def _renamed_path(path: str, key: str, new_key: str) -> str:
    if path.startswith("/"):  # a pointer
        head, slash, rest = path[1:].partition("/")
        written = head.replace("~1", "/").replace("~0", "~")
        escaped = new_key.replace("~", "~0").replace("/", "~1")
        return f"/{escaped}{slash}{rest}" if written == key else path
    head, dot, rest = path.partition(".")
    if head == FILES and key != FILES:
        return f"{head}{dot}{_renamed_path(rest, key, new_key)}" if rest else path
    return f"{new_key}{dot}{rest}" if head == key else path


def _rename_in_task(task: Document, name: Callable[[Any], Any], path: PathOf) -> None:
    for part in TEMPLATES:
        if task.get(part) is not None:
            task[part] = template_with(task[part], path)
    rules = (task.get("action") or {}).get("catch")
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict) and "next" in rule:
            rule["next"] = name(rule["next"])


def _rename_in_scenario(scenario: Document, name: Callable[[Any], Any]) -> None:
    expect = scenario.get("expect") or {}
    for holder, part in ((scenario, "answers"), (scenario, "calls"), (expect, "data")):
        if isinstance(holder.get(part), dict):
            holder[part] = {name(task): said for task, said in holder[part].items()}
    if "path" in expect:
        expect["path"] = [name(step) for step in expect["path"]]
    if "at" in expect:
        expect["at"] = name(expect["at"])
