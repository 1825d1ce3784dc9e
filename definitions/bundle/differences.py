"""What changes between two canonical documents of one definition, in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from definitions.listing import listed

_Document = Mapping[str, Any]

#: Parts that are too large to be quoted, as people call them.
_CALLED = {
    "display_layout": "how it is shown",
    "edit_layout": "how the form is arranged",
    "ext_ref": "links",
    "input_schema": "what it needs",
    "output_schema": "form",
    "form_schema": "form",
    "input_transform": "what it is given",
    "output_transform": "what it leaves behind",
    "action": "call",
    "action_url": "address",
    "assign": "who gets it",
    "due": "due time",
    "reminder": "reminder",
    "until": "what it waits for",
    "timeout_seconds": "time limit",
    "max_visits": "limit of visits",
    "split": "which ways it takes",
    "join": "which branches it waits for",
    "subworkflow": "the workflow that it runs",
    "task_type": "kind of task",
    "title_template": "name of its tickets",
    "company_role_access": "who may ask for it",
}
#: What every task has, whether or not it is the usual.
_ALWAYS_THERE = ("task_type", "split", "join")
_SHORT = ("description", "category", "icon")
_SCHEMAS = ("input_schema", "output_schema", "form_schema")
#: More than this is not read on a page; the rest is counted.
MOST_TOLD = 6


def workflow_changes(before: _Document, after: _Document) -> list[str]:
    """Such as "task Second approval added", "2 ways onward changed"."""
    return [
        *_title(before, after),
        *_plain(before, after, ("description", "display_layout", "ext_ref")),
        *_members("field", before, after, "fields", "name"),
        *_tasks(before, after),
        *_ways(before, after),
        *_members("scenario", before, after, "scenarios", "title"),
    ]


def ticket_changes(before: _Document, after: _Document, titles: Mapping[str, str]) -> list[str]:
    """`titles`: key of a company role or workflow -> what people call it."""
    return [
        *_title(before, after),
        *_plain(
            before,
            after,
            (*_SHORT, "edit_layout", "display_layout", "title_template", "position", "ext_ref"),
        ),
        *_workflow(before, after, titles),
        *_members("preset", before, after, "fields", "name"),
        *_schema("form_schema", before, after),
        *_access(before, after, titles),
    ]


def in_one_line(changes: Sequence[str]) -> str:
    """The first few, and how many more."""
    if len(changes) <= MOST_TOLD:
        return ", ".join(changes)
    return f"{', '.join(changes[:MOST_TOLD])} and {len(changes) - MOST_TOLD} more changes"


def access_in_words(keys: Sequence[str], titles: Mapping[str, str]) -> str:
    """ "for everyone", "for Managers and Office", "for nobody"."""
    if "user" in keys:
        return "for everyone"
    return f"for {listed([titles.get(key, key) for key in keys]) or 'nobody'}"


def _title(before: _Document, after: _Document) -> Iterator[str]:
    if _named(before) != _named(after):
        yield f"now called “{_named(after)}”"


def _named(document: _Document) -> str:
    return str(document.get("title") or document.get("key") or document.get("name"))


def _plain(before: _Document, after: _Document, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if before.get(name) != after.get(name):
            called = _CALLED.get(name, name)
            how = "added" if name not in before else "removed" if name not in after else "changed"
            how = "changed" if name in _ALWAYS_THERE else how
            yield f"{called} {how}"


def _members(
    word: str, before: _Document, after: _Document, section: str, key: str
) -> Iterator[str]:
    """Fields and presets: added, removed, changed, put in another order."""
    old = {entry[key]: entry for entry in before.get(section, ())}
    new = {entry[key]: entry for entry in after.get(section, ())}
    for name, entry in new.items():
        if name not in old:
            yield f"{word} {_named(entry)} added"
        elif entry != old[name]:
            required = entry.get("required", False)
            if {**old[name], "required": 0} == {**entry, "required": 0}:
                yield f"{word} {_named(entry)} is {'now' if required else 'no longer'} required"
            else:
                yield f"{word} {_named(entry)} changed"
    for name, entry in old.items():
        if name not in new:
            yield f"{word} {_named(entry)} removed"
    if _is_moved(list(old), list(new)):
        yield f"{word}s in another order"


def _tasks(before: _Document, after: _Document) -> Iterator[str]:
    old = {task["key"]: task for task in before.get("tasks", ())}
    new = {task["key"]: task for task in after.get("tasks", ())}
    for key, task in new.items():
        if key not in old:
            yield f"task {_named(task)} added"
            continue
        was, now, changes = _named(old[key]), _named(task), list(_task(old[key], task))
        if was != now:
            yield f"task “{was}” is now called “{now}”"
        if changes:
            yield f"task {now}: {', '.join(changes)}"
    for key, task in old.items():
        if key not in new:
            yield f"task {_named(task)} removed"
    if _is_moved(list(old), list(new)):
        yield "tasks in another order"


def _task(before: _Document, after: _Document) -> Iterator[str]:
    for name in _SCHEMAS:
        yield from _schema(name, before, after)
    rest = sorted({*before, *after} - {"key", "title", *_SCHEMAS})
    yield from _plain(before, after, rest)


def _schema(name: str, before: _Document, after: _Document) -> Iterator[str]:
    """A form: which questions came, went, or must now be answered."""
    old, new = before.get(name), after.get(name)
    if isinstance(old, dict) and isinstance(new, dict) and _has_same_frame(old, new):
        yield from _questions(old, new)
    else:
        yield from _plain(before, after, (name,))


def _questions(old: _Document, new: _Document) -> Iterator[str]:
    was, now = old.get("properties", {}), new.get("properties", {})
    for key, question in now.items():
        title = _question(key, question)
        if key not in was:
            yield f"question {title} added"
            continue
        if question != was[key]:
            yield f"question {title} changed"
        is_required = key in new.get("required", ())
        if is_required != (key in old.get("required", ())):
            yield f"question {title} is {'now' if is_required else 'no longer'} required"
    for key, question in was.items():
        if key not in now:
            yield f"question {_question(key, question)} removed"
    if _is_moved(list(was), list(now)):
        yield "questions in another order"


def _question(key: str, schema: Any) -> str:
    return str(schema.get("title", key)) if isinstance(schema, dict) else key


def _has_same_frame(old: _Document, new: _Document) -> bool:
    """Whether only questions differ, so that they can be told one by one."""
    told = {"properties", "required"}
    return {k: v for k, v in old.items() if k not in told} == {
        k: v for k, v in new.items() if k not in told
    }


def _is_moved(old: list[str], new: list[str]) -> bool:
    kept = [name for name in old if name in new]
    return kept != [name for name in new if name in old]


def _ways(before: _Document, after: _Document) -> Iterator[str]:
    """Transitions have no names of their own: one is what leads from one task to another."""
    old, new = _by_ends(before), _by_ends(after)
    changed = sum(1 for ends in old.keys() & new.keys() if old[ends] != new[ends])
    for count, how in (
        (len(new.keys() - old.keys()), "added"),
        (len(old.keys() - new.keys()), "removed"),
        (changed, "changed"),
    ):
        if count:
            yield f"{count} {'way' if count == 1 else 'ways'} onward {how}"


def _by_ends(document: _Document) -> dict[tuple[Any, ...], Any]:
    found: dict[tuple[Any, ...], Any] = {}
    for way in document.get("transitions", ()):
        ends, number = (way.get("from"), way["to"], way.get("after")), 0
        while (*ends, number) in found:
            number += 1
        found[(*ends, number)] = {key: value for key, value in way.items() if key != "from"}
    return found


def _workflow(before: _Document, after: _Document, titles: Mapping[str, str]) -> Iterator[str]:
    if before.get("workflow") != after["workflow"]:
        yield f"now starts {titles.get(after['workflow'], after['workflow'])}"


def _access(before: _Document, after: _Document, titles: Mapping[str, str]) -> Iterator[str]:
    old = before.get("company_role_access", ["user"])
    new = after.get("company_role_access", ["user"])
    if old != new:
        yield f"now {access_in_words(new, titles)}"
