"""What has happened to a request."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.html import format_html

from admin_site.parts import Entry
from admin_site.tracker.words import listed
from operations.models import Comment, EventKind, WorkflowEvent
from tenants.models import User

# Failures and repairs are not among them, nor is who was considered for a task.
PUBLIC_EVENTS = (
    EventKind.SUBMITTED,
    EventKind.STARTED,
    EventKind.ROUTED,
    EventKind.ASSIGNED,
    EventKind.TASK_COMPLETED,
    EventKind.REASSIGNED,
    EventKind.MOVED,
    EventKind.HELD,
    EventKind.RESUMED,
    EventKind.CANCELLED,
    EventKind.FINISHED,
)

_PLAIN = {
    EventKind.SUBMITTED: "sent this request",
    EventKind.HELD: "put it on hold",
    EventKind.RESUMED: "let it go on",
}
_MOVES = (EventKind.STARTED, EventKind.ROUTED, EventKind.MOVED)
NOBODY = ("", "None")


def history(
    events: Iterable[WorkflowEvent],
    comments: Iterable[Comment],
    titles: Mapping[str, str],
    reader: User,
) -> list[Entry]:
    """The public timeline, newest first. `events` and `comments` come oldest first.

    `titles`: key of a step -> what people call it. Internal notes must not be among `comments` of a
    requester's page; they are marked where they are.
    """
    lines = _told(events, titles, reader)
    said = (_comment(comment, reader) for comment in comments)
    return list(_merged(list(lines), list(said)))[::-1]


def _merged(lines: Sequence[Entry], said: Sequence[Entry]) -> Iterator[Entry]:
    """Comments between the events by time; events in the order in which they were written."""
    rest = deque(said)
    for line in lines:
        while rest and rest[0].at < line.at:
            yield rest.popleft()
        yield line
    yield from rest


def _told(
    events: Iterable[WorkflowEvent], titles: Mapping[str, str], reader: User
) -> Iterator[Entry]:
    """One line per thing that happened: who gets a step is said with the move that started it."""
    moved: WorkflowEvent | None = None
    given: dict[str, str] = {}
    for event in events:
        if moved is not None and event.kind == EventKind.ASSIGNED:
            given[event.to_key] = str(event.detail.get("worker") or "")
            continue
        if moved is not None:
            yield from _move(moved, given, titles)
        moved, given = (event, {}) if event.kind in _MOVES else (None, {})
        if moved is None:
            yield from _line(event, titles, reader)
    if moved is not None:
        yield from _move(moved, given, titles)


def _move(
    event: WorkflowEvent, given: Mapping[str, str], titles: Mapping[str, str]
) -> Iterator[Entry]:
    keys = [key for key in event.to_key.split(", ") if key]
    if not keys:
        return  # it ended here, which has a line of its own
    names = list(dict.fromkeys(name for name in given.values() if name))
    whom = f", with {listed(names)}" if names else ", which waits for somebody free"
    begin = "Started with" if event.kind == EventKind.STARTED else "Moved on to"
    what = listed([titles.get(key, key) for key in keys])
    text = format_html("{} <b>{}</b>{}", begin, what, whom if given else "")
    yield Entry(event.created_at, text)


def _line(event: WorkflowEvent, titles: Mapping[str, str], reader: User) -> Iterator[Entry]:
    who = _who(event.actor_id, event.actor_label, reader)
    step = titles.get(event.to_key, event.to_key)
    kind = EventKind(event.kind)
    if kind == EventKind.TASK_COMPLETED:
        yield Entry(event.created_at, "finished", who, step)
    elif kind in (EventKind.ASSIGNED, EventKind.REASSIGNED):
        name = str(event.detail.get("worker") or event.detail.get("to") or "")
        whom = "waits for somebody free" if name in NOBODY else f"is with {name} now"
        yield Entry(event.created_at, format_html("<b>{}</b> {}", step, whom))
    elif kind == EventKind.FINISHED:
        yield Entry(event.created_at, "The request is done")
    elif kind == EventKind.CANCELLED:
        text = "withdrew this request" if who == reader else "stopped this request"
        yield Entry(event.created_at, text, who, body=event.reason)
    elif kind in _PLAIN:
        yield Entry(event.created_at, _PLAIN[kind], who)


def _comment(comment: Comment, reader: User) -> Entry:
    who = _who(comment.author_id, comment.author_label, reader)
    text = "noted for the team" if comment.is_internal else "wrote"
    return Entry(comment.created_at, text, who, body=comment.text, note=comment.is_internal)


def _who(person_id: Any, label: str, reader: User) -> Any:
    """The reader, so that a page says "You"; anybody else by the name that the row keeps."""
    return reader if person_id == reader.pk else label
