"""Where the answers to a form's questions are read: renaming them there, and naming the places.

An answer is read as `<task>.<name>` (the submitted form: `ticket.<name>`) by conditions, by what
steps send and leave behind, and by times; scenarios give answers by name.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from definitions.editing.names import TEMPLATES, rules_of
from definitions.editing.parts import Document, title_of
from definitions.logic.paths import paths_in, rule_with, template_with
from definitions.schemas import pointer, steps


def rename_answers(
    document: Mapping[str, Any], key: str, names: Mapping[str, str]
) -> tuple[Document, int]:
    """With new names for answers of a task wherever they are read, and in how many places.

    `names`: old name -> new name. The form of the task itself is left alone.
    """
    found = deepcopy(dict(document))
    count = 0

    def path(said: str) -> str:
        nonlocal count
        new = _renamed(said, key, names)
        count += new != said
        return new

    for task in found.get("tasks", ()):
        for part in TEMPLATES:
            if task.get(part) is not None:
                task[part] = template_with(task[part], path)
    for way in found.get("transitions", ()):
        if way.get("condition") is not None:
            way["condition"] = rule_with(way["condition"], path)
    for scenario in found.get("scenarios", ()):
        count += _rename_in_scenario(scenario, key, names)
    return found, count


def readers_of(document: Mapping[str, Any], key: str, name: str) -> list[str]:
    """The places that read an answer, in people's words."""
    titles = {one["key"]: title_of(one) for one in document.get("tasks", ())}
    found: dict[str, None] = {}
    for way in document.get("transitions", ()):
        if _reads(way.get("condition"), key, name):
            source = way.get("from")
            where = "the start" if source is None else f"“{titles.get(source, source)}”"
            found[f"A condition after {where}"] = None
    for task in document.get("tasks", ()):
        if any(_reads(rule, key, name) for rule in rules_of(task)):
            found[f"What “{title_of(task)}” sends, leaves behind or waits for"] = None
    for scenario in document.get("scenarios", ()):
        if any(name in answer for answer in _answers_in(scenario, key)):
            found[f"The scenario “{scenario['title']}”"] = None
    return list(found)


def _reads(rule: Any, key: str, name: str) -> bool:
    return any(_renamed(path, key, {name: f"{name}\0"}) != path for path in paths_in(rule))


def _renamed(path: str, key: str, names: Mapping[str, str]) -> str:
    if path.startswith("/"):  # a pointer
        parts = list(steps(path))
        if len(parts) < 2 or parts[0] != key or parts[1] not in names:
            return path
        parts[1] = names[parts[1]]
        return pointer(parts)
    head, dot, rest = path.partition(".")
    name, second, deeper = rest.partition(".")
    if head != key or not dot or name not in names:
        return path
    return f"{head}.{names[name]}{second}{deeper}"


def _rename_in_scenario(scenario: Document, key: str, names: Mapping[str, str]) -> int:
    count = 0
    for answer in _answers_in(scenario, key):
        if not names.keys() & answer.keys():
            continue
        count += 1
        renamed = {names.get(name, name): value for name, value in answer.items()}
        answer.clear()
        answer.update(renamed)
    return count


def _answers_in(scenario: Mapping[str, Any], key: str) -> Iterator[Document]:
    """Answers to the form of a task in a scenario: one, or one per visit."""
    said = (scenario.get("answers") or {}).get(key)
    for answer in said if isinstance(said, list) else [said]:
        if isinstance(answer, dict):
            yield answer
    data = ((scenario.get("expect") or {}).get("data") or {}).get(key)
    if isinstance(data, dict):
        yield data
