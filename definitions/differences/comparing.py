"""The whole difference, part by part."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from definitions.differences.layouts import layout_changes
from definitions.differences.questions import field_changes
from definitions.differences.scenarios import scenario_changes
from definitions.differences.tasks import Names, link_changes, task_changes, task_in_words
from definitions.differences.values import MISSING, changed, is_moved, listed, mapping, same, shown
from definitions.differences.ways import way_changes
from definitions.graph import TICKET

_Document = Mapping[str, Any]
#: A name reads badly in a sentence with the sign that its question ends in.
_CLOSING = " ?:.!*"
ADDED, REMOVED, CHANGED = "added", "removed", "changed"


@dataclass(frozen=True, slots=True)
class Section:
    """One part that differs. `kind`: added, removed or changed; `key`: of the task, else ""."""

    title: str
    kind: str
    lines: tuple[str, ...] = ()
    key: str = ""


def differences(
    before: _Document, after: _Document, roles: Mapping[str, str] | None = None
) -> list[Section]:
    """What `after` says otherwise than `before`; [] for the same.

    Args:
        roles: what people call company roles, by their keys.
    """
    old = _names(before, roles or {})
    new = _names(after, roles or {}, also=old)
    sections = [
        _changed("The workflow", _workflow(before, after, new)),
        _changed(
            "What is asked at first",
            field_changes(before.get("fields", ()), after.get("fields", ())),
        ),
        *_tasks(before, after, new),
        _changed(
            "Ways onward",
            way_changes(before.get("transitions", ()), after.get("transitions", ()), old, new),
        ),
        _changed(
            "Scenarios",
            scenario_changes(before.get("scenarios", ()), after.get("scenarios", ()), new),
        ),
    ]
    return [section for section in sections if section]


def _changed(title: str, lines: Iterator[str], key: str = "") -> Section | None:
    told = tuple(lines)
    return Section(title, CHANGED, told, key) if told else None


_OWN = ("fields", "tasks", "transitions", "scenarios")


def _workflow(before: _Document, after: _Document, names: Names) -> Iterator[str]:
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name, MISSING), after.get(name, MISSING)
        if name in _OWN or (was is not MISSING and now is not MISSING and same(was, now)):
            continue
        if name == "title":
            yield f"is now called {shown(after.get('title') or after.get('key'))}"
        elif name == "display_layout":
            yield from layout_changes("arrangement of what was asked", was, now, names.paths)
        elif name == "ext_ref":
            yield from link_changes(was, now)
        else:
            yield from changed(name, was, now)


def _tasks(before: _Document, after: _Document, names: Names) -> Iterator[Section | None]:
    was = {task["key"]: task for task in before.get("tasks", ())}
    now = {task["key"]: task for task in after.get("tasks", ())}
    for key, task in now.items():
        title = f"Task “{task.get('title') or key}”"
        if key in was:
            own = Names({**names.paths, **_asked_by_name(task)}, names.tasks, names.roles)
            yield _changed(title, task_changes(was[key], task, own), key)
        else:
            yield Section(title, ADDED, tuple(task_in_words(task, names)), key)
    for key, task in was.items():
        if key not in now:
            yield Section(f"Task “{task.get('title') or key}”", REMOVED, (), key)
    if is_moved(list(was), list(now)):
        order = listed([f"“{task.get('title') or key}”" for key, task in now.items()])
        yield Section("Order of the tasks", CHANGED, (f"now {order}",))


def _names(document: _Document, roles: Mapping[str, str], also: Names | None = None) -> Names:
    """What a document calls its data and its tasks; `also`: names of what it has no more."""
    paths = {
        f"{TICKET}.{field.get('name')}": str(field.get("title") or field.get("name"))
        for field in map(mapping, document.get("fields", ()))
    }
    for task in document.get("tasks", ()):
        for name, title in _asked(task):
            paths[f"{task['key']}.{name}"] = title
    tasks = {
        task["key"]: str(task.get("title") or task["key"]) for task in document.get("tasks", ())
    }
    return Names(paths, {**(also.tasks if also else {}), **tasks}, roles)


def _asked(task: _Document) -> Iterator[tuple[str, str]]:
    schema = mapping(task.get("output_schema"))
    for name, question in mapping(schema.get("properties")).items():
        title = mapping(question).get("title")
        if isinstance(title, str) and title.rstrip(_CLOSING):
            yield name, title.rstrip(_CLOSING)


def _asked_by_name(task: _Document) -> dict[str, str]:
    """Layouts speak of the questions of their own form by their names alone."""
    return dict(_asked(task))
