"""What has happened to a ticket, in words: events, comments and traces as lines of a timeline.

For people who repair and work: everything is told, internal notes included. Nothing here asks the
database; who calls brings the rows.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from admin_site.files import FilesOfTicket, words_of_sending
from admin_site.former import former_versions
from admin_site.inside import NOTHING, Inside
from admin_site.parts import Condition, Entry
from admin_site.schema_forms import answers
from definitions.graph import TICKET, WorkflowGraph
from definitions.logic import Part, describe_parts
from operations.explain import say
from operations.files import keys_in
from operations.models import ActorKind, Comment, EventKind, TaskInstance, WorkflowEvent

THE_END = "the end"
#: How many values of an answer stand in one line of the timeline.
MOST_TOLD, LONGEST_TOLD = 3, 60
#: A name that is marked in a sentence reads badly with the sign its question ends in.
_CLOSING = " ?:.!*"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who was considered for a task; `why_not` is empty for whoever got it."""

    name: str
    open_tasks: int
    why_not: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A value before and after a correction, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line(Entry):
    """An entry with what can be unfolded below it: who was considered, what was corrected.

    `inside` is the name of the workflow inside of the ticket's own in which it happened.
    """

    inside: str = ""
    chosen: str = ""
    candidates: Sequence[Candidate] = ()
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class Names:
    """What people call the tasks and values of one workflow version.

    `graph` None: the ticket has not started, so nothing has a name yet. `files` are the ticket's.
    """

    graph: WorkflowGraph | None = None
    files: FilesOfTicket | None = None

    def task(self, key: str | None) -> str:
        """The title of a task; None and "" are the end."""
        if not key:
            return THE_END
        node = self.graph.tasks.get(key) if self.graph else None
        return node.label if node else key

    def tasks(self, keys: str) -> str:
        """The same for the comma-separated keys of an event."""
        return " and ".join(self.task(key) for key in keys.split(", "))

    @cached_property
    def paths(self) -> dict[str, str]:
        """Dotted path of a value in the workflow's data -> what its form calls it."""
        if self.graph is None:
            return {}
        asked = {f"{TICKET}.{spec.name}": spec.label for spec in self.graph.declared_fields()}
        for key, node in self.graph.tasks.items():
            asked |= {f"{key}.{name}": title for name, title in titles_of(node.output_schema)}
        return {path: _plain(title) for path, title in asked.items() if _plain(title)}

    def value(self, path: str) -> str:
        """The name of the value at a path of the workflow's data."""
        if path in self.paths:
            return self.paths[path]
        head, _, rest = path.partition(".")
        return rest if rest and (head == TICKET or self._is_task(head)) else path

    def _is_task(self, key: str) -> bool:
        return self.graph is not None and key in self.graph.tasks


def titles_of(schema: Any) -> Iterable[tuple[str, str]]:
    """(name, title) of the questions of a form, the untitled ones left out."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    for name, part in properties.items() if isinstance(properties, Mapping) else ():
        title = part.get("title") if isinstance(part, Mapping) else None
        if isinstance(title, str) and title:
            yield name, title


def _plain(title: str) -> str:
    return title.strip().rstrip(_CLOSING)


# --- why this way ---------------------------------------------------------------------------------


def conditions(trace: Iterable[Mapping[str, Any]], names: Names) -> tuple[Condition, ...]:
    """A stored trace (`WorkflowEvent.trace`) as the lines of "Why this way?".

    Nothing where there was nothing to decide: one way, and no condition on it.
    """
    steps = list(trace)
    if len(steps) == 1 and steps[0].get("condition") is None:
        return ()
    return tuple(_condition(step, names) for step in steps)


def way(target: str | None, condition: Any, names: Names) -> Condition:
    """A way onward as it is drawn, before anything was read."""
    return Condition(names.task(target), _sentence(condition, names))


def _condition(step: Mapping[str, Any], names: Names) -> Condition:
    failed = bool(step.get("error"))
    return Condition(
        target=names.task(step.get("target")),
        sentence=_sentence(step.get("condition"), names),
        read=_read(step.get("reads") or {}, names),
        verdict=_verdict(step),
        taken=bool(step.get("taken")),
        failed=failed,
    )


def _sentence(condition: Any, names: Names) -> str:
    """The condition in words, its names and values marked; "" for the default."""
    if condition is None:
        return ""
    parts = _without_quotes(describe_parts(condition, names.paths))
    return format_html_join("", "{}", ((_marked(part),) for part in parts))


def _without_quotes(parts: Sequence[Part]) -> Iterator[Part]:
    """A value that is marked needs no quotation marks around it."""
    after_value = False
    for part, following in zip_longest(parts, parts[1:]):
        text = part.text.removeprefix("”") if after_value and part.kind == "text" else part.text
        if part.kind == "text" and following is not None and following.kind == "value":
            text = text.removesuffix("“")
        after_value = part.kind == "value"
        yield Part(part.kind, text)


def _marked(part: Part) -> SafeString:
    return format_html("{}" if part.kind == "text" else "<q>{}</q>", part.text)


def _read(reads: Mapping[str, Any], names: Names) -> str:
    return ", ".join(f"{names.value(path)} was {say(value)}" for path, value in reads.items())


def _verdict(step: Mapping[str, Any]) -> str:
    if step.get("taken"):
        return "taken"
    if step.get("error"):
        return "could not be decided"
    if step.get("also_matched"):
        return "true too, but later"
    return "not true" if step.get("condition") is not None else "not needed"


# --- the timeline ---------------------------------------------------------------------------------


def timeline(
    events: Iterable[WorkflowEvent],
    comments: Iterable[Comment],
    tasks: Mapping[UUID, TaskInstance],
    names: Names,
    inside: Inside = NOTHING,
) -> list[Line]:
    """Everything that has happened, newest first, as `events` and `comments` come.

    Both need their people loaded; `tasks` are those that events speak of, as far as their answers
    shall be told. What happened `inside` is told in the names of the workflow there.
    """
    said = deque(_said(comment, names.files) for comment in comments)
    lines: list[Line] = []
    events = list(events)
    former = former_versions(events)
    for event in events:
        # Events stand in the order in which they were written, whatever a clock said.
        while said and said[0].at > event.created_at:
            lines.append(said.popleft())
        inner = inside.run(event.workflow_instance_id)
        own = Names(inner.graph, names.files) if inner else names
        if was := former.graph_at(event):
            own = Names(was, names.files)
        line = _line(event, tasks, own)
        lines.append(replace(line, inside=inner.title) if inner else line)
    return [*lines, *said]


def _said(comment: Comment, files: FilesOfTicket | None) -> Line:
    sent = files.sent_with(comment) if files else ()
    text = "wrote a note for the team" if comment.is_internal else "wrote"
    if sent and not comment.text:
        text = words_of_sending(len(sent), to_the_team=comment.is_internal)
    return Line(
        at=comment.created_at,
        who=comment.author or comment.author_label or None,
        text=text,
        body=comment.text,
        note=comment.is_internal,
        files=sent,
    )


def _line(event: WorkflowEvent, tasks: Mapping[UUID, TaskInstance], names: Names) -> Line:
    task = tasks.get(event.task_id) if event.task_id else None
    told = _TELLERS.get(event.kind, _plainly)(event, names, task)
    return Line(**{"at": event.created_at, "who": _who(event), "detail": event.reason, **told})


def _who(event: WorkflowEvent) -> Any:
    """The person, their name where the row is not theirs to see, or None for the system."""
    if event.actor_kind == ActorKind.SYSTEM:
        return None
    return event.actor or event.actor_label or None


Told = dict[str, Any]
Task = TaskInstance | None


def _plainly(event: WorkflowEvent, names: Names, _task: Task) -> Told:
    what = names.task(event.to_key) if event.to_key else ""
    return {"text": event.get_kind_display(), "what": what}


def _in_words(words: str) -> Callable[[WorkflowEvent, Names, Task], Told]:
    return lambda _event, _names, _task: {"text": words}


def _on_a_task(words: str) -> Callable[[WorkflowEvent, Names, Task], Told]:
    return lambda event, names, _task: {"text": words, "what": names.task(event.to_key)}


def _started(event: WorkflowEvent, names: Names, _task: Task) -> Told:
    why = conditions(event.trace, names)
    return {"text": "Started with", "what": names.tasks(event.to_key), "why": why}


def _routed(event: WorkflowEvent, names: Names, _task: Task) -> Told:
    source, why = names.task(event.from_key), conditions(event.trace, names)
    if not event.to_key:
        return {"text": format_html("Nothing follows <b>{}</b> here", source), "why": why}
    text = format_html("Went on from <b>{}</b> to", source)
    return {"text": text, "what": names.tasks(event.to_key), "why": why}


def _assigned(event: WorkflowEvent, names: Names, _task: Task) -> Told:
    title, worker = names.task(event.to_key), str(event.detail.get("worker") or "")
    candidates = _candidates(event.detail.get("considered") or (), worker)
    if not worker:
        return {"text": "Found nobody for", "what": title, "candidates": candidates}
    chosen = {"chosen": worker, "candidates": candidates}
    return {"text": format_html("Assigned <b>{}</b> to", title), "what": worker, **chosen}


def _candidates(considered: Iterable[Mapping[str, Any]], worker: str) -> tuple[Candidate, ...]:
    """As they were ranked: of the free people the first one got the task."""
    found = [
        Candidate(
            str(one.get("name", "")), int(one.get("open") or 0), str(one.get("why_not") or "")
        )
        for one in considered
    ]
    free = [one for one in found if not one.why_not]
    winner = free[0] if worker and free else None
    return tuple(_compared(one, winner) if not one.why_not else one for one in found)


def _compared(one: Candidate, winner: Candidate | None) -> Candidate:
    if winner is None or one is winner:
        return replace(one, chosen=one is winner)
    more = one.open_tasks > winner.open_tasks
    return replace(one, why_not="has more to do" if more else "got a task more recently")


def _finished_task(event: WorkflowEvent, names: Names, task: Task) -> Told:
    by_itself = event.actor_kind == ActorKind.SYSTEM  # its time came, or the run inside is done
    told = {"text": "Finished" if by_itself else "finished", "what": names.task(event.to_key)}
    if task is not None:
        told["detail"] = answer_in_short(task.output_data, event.to_key, names)
    return told


def _reassigned(event: WorkflowEvent, names: Names, _task: Task) -> Told:
    title, receiver = names.task(event.to_key), event.detail.get("to")
    if receiver in (None, "", "None"):
        return {"text": "put back for whoever is free:", "what": title}
    if event.actor is not None and str(event.actor) == receiver:
        return {"text": "took", "what": title, "detail": ""}
    was_theirs = event.actor is not None and str(event.actor) == event.detail.get("from")
    words = "handed <b>{}</b> over to" if was_theirs else "assigned <b>{}</b> to"
    return {"text": format_html(words, title), "what": str(receiver)}


def _moved(event: WorkflowEvent, names: Names, _task: Task) -> Told:
    return {"text": "moved the ticket to", "what": names.tasks(event.to_key)}


def _changed_version(event: WorkflowEvent, names: Names, _task: Task) -> Told:
    """From which version to which; what goes on under another name; what starts with it."""
    detail = event.detail
    renamed = (
        f"“{one['title']}” goes on as “{one['to_title']}”."
        for one in detail.get("steps", ())
        if one["title"] != one["to_title"]
    )
    text = format_html(
        "moved the ticket from v{} to <b>v{}</b>", detail.get("from", "?"), detail.get("to", "?")
    )
    if event.to_key:
        text = format_html("{}, where this starts:", text)
    what = names.tasks(event.to_key) if event.to_key else ""
    return {"text": text, "what": what, "detail": " ".join([*renamed, event.reason])}


def _failed(event: WorkflowEvent, names: Names, _task: Task) -> Told:
    return {"text": "Stopped", "failed": True, "why": conditions(event.trace, names)}


def _step_of(event: WorkflowEvent, names: Names, task: Task) -> str:
    """The step that an event is about, whichever way it names it."""
    key = event.to_key or (task.task_definition.key if task else "")
    return names.task(key) if key else "this step"


def _call_failed(event: WorkflowEvent, names: Names, task: Task) -> Told:
    step = _step_of(event, names, task)
    text = format_html("Could not carry out <b>{}</b> and took the way for that", step)
    return {"text": text, "failed": True}


def _answered(event: WorkflowEvent, names: Names, task: Task) -> Told:
    """Another system did a step; its name is the line's."""
    told = {"text": "answered", "what": _step_of(event, names, task)}
    if task is not None:
        told["detail"] = answer_in_short(task.output_data, event.to_key, names)
    return told


def _timed_out(event: WorkflowEvent, names: Names, _task: Task) -> Told:
    source = names.task(event.from_key)
    why = conditions(event.trace, names)
    if not event.to_key:
        return {"text": format_html("Time was over for <b>{}</b>", source), "why": why}
    text = format_html("Time was over for <b>{}</b>, went on to", source)
    return {"text": text, "what": names.tasks(event.to_key), "why": why}


def _reminded(event: WorkflowEvent, names: Names, task: Task) -> Told:
    step, whom = _step_of(event, names, task), str(event.detail.get("worker") or "whoever has it")
    return {"text": format_html("Reminded <b>{}</b> of", whom), "what": step}


def _skipped(event: WorkflowEvent, names: Names, task: Task) -> Told:
    return {"text": "entered by hand what came of", "what": _step_of(event, names, task)}


_CORRECTED = {
    "answer": "corrected the answer to",
    "request": "corrected what is sent by",
    "submission": "corrected what was asked",
}


def _corrected(event: WorkflowEvent, names: Names, task: Task) -> Told:
    kind = str(event.detail.get("what") or "answer")
    key = task.task_definition.key if task else TICKET
    before, after = event.detail.get("before"), event.detail.get("after")
    return {
        "text": _CORRECTED.get(kind, _CORRECTED["answer"]),
        "what": _step_of(event, names, task) if task else "",
        "detail": "",
        "changes": corrections(before, after, key, names),
    }


_TELLERS: dict[str, Callable[[WorkflowEvent, Names, Task], Told]] = {
    EventKind.SUBMITTED: _in_words("sent the ticket"),
    EventKind.STARTED: _started,
    EventKind.ROUTED: _routed,
    EventKind.ASSIGNED: _assigned,
    EventKind.TASK_STARTED: _on_a_task("began"),
    EventKind.TASK_COMPLETED: _finished_task,
    EventKind.REASSIGNED: _reassigned,
    EventKind.MOVED: _moved,
    EventKind.VERSION_CHANGED: _changed_version,
    EventKind.HELD: _in_words("put the ticket on hold"),
    EventKind.RESUMED: _in_words("resumed the ticket"),
    EventKind.CANCELLED: _in_words("cancelled the ticket"),
    EventKind.FINISHED: _in_words("Finished the ticket"),
    EventKind.FAILED: _failed,
    EventKind.RETRIED: _in_words("let it try again"),
    EventKind.CALL_FAILED: _call_failed,
    EventKind.ANSWERED: _answered,
    EventKind.TIMED_OUT: _timed_out,
    EventKind.REMINDED: _reminded,
    EventKind.SKIPPED: _skipped,
    EventKind.CORRECTED: _corrected,
    EventKind.RESOLVED: _in_words("noted the repair"),
}


# --- answers ------------------------------------------------------------------------------------


def answer_in_short(output: Any, task_key: str, names: Names) -> str:
    """The first few answers in one line: "Approved: Yes · Note: up to 5,000"."""
    node = names.graph.tasks.get(task_key) if names.graph else None
    schema, layout = (node.output_schema, node.extra.get("edit_layout")) if node else (None, None)
    told = [
        f"{_plain(one.label)}: {shortened(one.text)}" if one.label else shortened(one.text)
        for one in answers(schema, output, layout, files=names.files)
        if one.text
    ]
    more = [f"and {len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else []
    return " · ".join([*told[:MOST_TOLD], *more])


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TOLD else f"{text[: LONGEST_TOLD - 1]}…"


def corrections(before: Any, after: Any, task_key: str, names: Names) -> tuple[Change, ...]:
    """What differs between two answers to a task."""
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return (Change("Answer", say(before), say(after)),)
    return tuple(
        Change(
            names.value(f"{task_key}.{name}"),
            _said_value(before.get(name), names),
            _said_value(after.get(name), names),
        )
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    )


def _said_value(value: Any, names: Names) -> str:
    """A value in words; files by their names."""
    keys = [str(key) for key in keys_in(value if isinstance(value, list) else [value])]
    found = names.files(keys) if keys and names.files else {}
    return ", ".join(file.name for file in found.values()) or say(value)
