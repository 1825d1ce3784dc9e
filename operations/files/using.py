"""Files as answers: may this person answer with them, and what they are part of from then on."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from definitions.file_kinds import ending_of, in_words
from definitions.layouts import FilesAsked, files_asked_in
from definitions.schemas import JSON, Problem, pointer
from operations.errors import AnswersInvalid
from operations.files.keeping import MOST_AT_ONCE, most_bytes_of
from operations.files.naming import size_in_words
from operations.files.purposes import Purpose, kept_for, keys_in
from operations.models import FileUpload
from tenants.models import User

#: An unknown file, a colleague's and another company's read the same.
NOT_THERE = "This file is not there any more. Please choose it again."


def files_in(
    actor: User, purpose: Purpose, schema: JSON, layout: JSON, answers: JSON
) -> list[FileUpload]:
    """The files that a form was answered with. No statement where it asks for none.

    Raises:
        AnswersInvalid: one is not this person's to use here, or not what its question accepts.
    """
    questions = files_asked_in(schema, layout)
    given = [(asked, entry) for asked in questions for entry in asked.given(answers)]
    if not given:
        return []
    known = _known(actor, purpose, [entry for _, entry in given])
    wrong = [
        Problem(pointer(asked.place), message, "file")
        for asked in questions
        for message in _wrong_with(asked, asked.given(answers), known)
    ]
    if wrong:
        raise AnswersInvalid(wrong)
    return list({known[entry].pk: known[entry] for _, entry in given}.values())


def bind(
    files: Iterable[FileUpload], *, ticket: UUID, task: UUID | None = None, comment: Any = None
) -> None:
    """They are part of the ticket from now on.

    Raises:
        AnswersInvalid: one went while this was being done.
    """
    fresh = [file.pk for file in files if file.bound_at is None]
    if not fresh:
        return
    bound = FileUpload.objects.filter(pk__in=fresh).update(
        ticket_id=ticket, task_id=task, comment=comment, ticket_type=None, bound_at=timezone.now()
    )
    if bound != len(fresh):
        raise AnswersInvalid([Problem("", NOT_THERE, "file")])


def keep_with_draft(actor: User, purpose: Purpose, schema: JSON, layout: JSON, draft: JSON) -> None:
    """A draft keeps the files it names, however wrong it is; what it has dropped goes in a day."""
    questions = files_asked_in(schema, layout)
    if not questions or purpose.ticket is None:
        return
    named = [entry for asked in questions for entry in asked.given(draft)]
    bind(_known(actor, purpose, named).values(), ticket=purpose.ticket, task=purpose.task)
    leave_behind(purpose, named)


def leave_behind(purpose: Purpose, named: Sequence[JSON]) -> None:
    """What a task's draft had and its answer has not is bound to nothing any more."""
    kept = FileUpload.objects.filter(task_id=purpose.task, comment=None, bound_at__isnull=False)
    kept.exclude(pk__in=keys_in(named)).update(bound_at=None)


def _known(actor: User, purpose: Purpose, entries: Sequence[JSON]) -> dict[JSON, FileUpload]:
    """By what was answered; locked, so that no sweeper takes one away meanwhile."""
    keys = keys_in(entries)
    rows = kept_for(actor, purpose).filter(pk__in=keys).select_for_update() if keys else ()
    return {str(file.pk): file for file in rows}


def _wrong_with(
    asked: FilesAsked, entries: Sequence[JSON], known: dict[JSON, FileUpload]
) -> Iterable[str]:
    """At most one message for a question."""
    files = [known.get(entry) if isinstance(entry, str) else None for entry in entries]
    most = min(asked.most or MOST_AT_ONCE, MOST_AT_ONCE)
    for file in files:
        if file is None:
            yield NOT_THERE
            return
        if asked.accepts and ending_of(file.name) not in asked.accepts:
            yield f"“{file.name}” cannot be sent here. Send {in_words(asked.accepts)}."
            return
        if file.size_bytes > most_bytes_of(asked):
            yield f"“{file.name}” is larger than {size_in_words(most_bytes_of(asked))}."
            return
    if len(files) > most:
        yield f"At most {most} files can be sent here."
