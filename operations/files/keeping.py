"""Taking a file: look at it, write it, remember it. Letting go of one."""

import logging
import os
from collections.abc import Callable
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.storage import Storage, default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Q, Sum
from django.utils.module_loading import import_string

from definitions.file_kinds import HEAD, KINDS, ending_of, in_words
from definitions.layouts import FilesAsked
from operations.files.naming import MEGABYTE, clean_name, size_in_words
from operations.files.purposes import Purpose
from operations.models import FileUpload
from tenants.audit import row_id
from tenants.context import after_the_change, current_company_id
from tenants.errors import DomainError
from tenants.models import User
from tenants.services.checking import must

log = logging.getLogger(__name__)

#: More files than this nobody sends in answer to one question.
MOST_AT_ONCE = 20
#: What one person may have chosen in forms that were never sent; it goes after a day.
MOST_UNSENT = 100

#: Looks at a content; returns what is wrong with it, or "". See `settings.FILE_SCANNER`.
Scanner = Callable[[BinaryIO, str], str]


class FileRefused(DomainError):
    """A file is not taken; the message says which one and why."""

    code = "file_refused"


def keep_file(
    actor: User, upload: "UploadedFile[Any]", *, asked: FilesAsked, purpose: Purpose
) -> FileUpload:
    """Keep a file that somebody has chosen in a form. It is theirs alone until the form is sent.

    Raises:
        NotAllowed; FileRefused: kind, size, content, quota, or what the scanner found.
    """
    must(actor, "operations.add_fileupload")
    name = clean_name(upload.name or "")
    kind = _kind_of(name, asked)
    size = upload.size or 0
    if size > (most := most_bytes_of(asked)):
        raise FileRefused(f"“{name}” has {size_in_words(size)}; at most {size_in_words(most)}.")
    if size == 0:
        raise FileRefused(f"“{name}” is empty. Choose the file again.")
    upload.seek(0)
    if not KINDS[kind].fits(upload.read(HEAD)):
        raise FileRefused(
            f"“{name}” is not what its name says: its content is no {kind.upper()}. Save it as "
            "one, or send it under its own ending."
        )
    _must_have_room(actor, size, name)
    digest = _digest(upload)
    _must_be_clean(upload, name)
    return FileUpload.objects.create(
        file_type=KINDS[kind].media_type,
        ext_key=_written(upload),
        name=name,
        size_bytes=size,
        sha256=digest,
        ticket_type_id=purpose.ticket_type,
        ticket_id=purpose.ticket,
        task_id=purpose.task,
        created_by_id=row_id(actor),
    )


def let_go(file: FileUpload) -> None:
    """Forget a file: its row now, its content once that is safe. A crash in between leaves content
    without a row, which the sweeper finds."""
    place = file.place
    file.delete()
    after_the_change(lambda: default_storage.delete(place))


def limits_of(asked: FilesAsked) -> str:
    """What a question accepts, in words: "PDF or PNG, up to 10 MB each, at most 3."."""
    said = [in_words(asked.accepts)] if asked.accepts else []
    each = " each" if asked.several else ""
    said.append(f"up to {size_in_words(most_bytes_of(asked))}{each}")
    if asked.several and asked.most is not None:
        said.append(f"at most {asked.most}")
    words = ", ".join(said)
    return f"{words[0].upper()}{words[1:]}."


def most_bytes_of(asked: FilesAsked) -> int:
    """What the question allows, under what the installation takes."""
    most: int = settings.FILE_MEGABYTES * MEGABYTE
    return most if asked.most_bytes is None else min(asked.most_bytes, most)


def _kind_of(name: str, asked: FilesAsked) -> str:
    ending = ending_of(name)
    if asked.accepts and ending not in asked.accepts:
        raise FileRefused(f"“{name}” cannot be sent here. Send {in_words(asked.accepts)}.")
    if ending not in KINDS:
        raise FileRefused(
            f"“{name}” is of a kind that is not taken. Send a document, a picture, a table or a "
            "ZIP."
        )
    return ending


def _must_have_room(actor: User, size: int, name: str) -> None:
    """One statement. Two people at the same instant may both get the last place: it is a limit for
    disks, not for money."""
    mine = Count("pk", filter=Q(created_by_id=row_id(actor), bound_at=None))
    used = FileUpload.objects.aggregate(bytes=Sum("size_bytes", default=0), unsent=mine)
    most = settings.COMPANY_FILES_MEGABYTES * MEGABYTE
    if used["bytes"] + size > most:
        raise FileRefused(
            f"“{name}” has no room: the files of your company have {size_in_words(used['bytes'])} "
            f"of {size_in_words(most)}. Tell your admin."
        )
    if used["unsent"] >= MOST_UNSENT:
        raise FileRefused(
            f"“{name}” was not taken: you have chosen {MOST_UNSENT} files in forms that were not "
            "sent. They go after a day; send a form, or try again tomorrow."
        )


def _digest(upload: "UploadedFile[Any]") -> str:
    digest = sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _must_be_clean(upload: "UploadedFile[Any]", name: str) -> None:
    if not settings.FILE_SCANNER:
        return
    scan: Scanner = import_string(settings.FILE_SCANNER)
    upload.seek(0)
    try:
        found = scan(cast(BinaryIO, upload.file), name)
    except Exception as error:  # whatever a scanner does, an unseen file is not taken
        log.exception("The scanner of files failed")
        raise FileRefused(
            f"“{name}” could not be looked at for viruses just now. Try again in a moment."
        ) from error
    if found:
        log.warning("A file was refused by the scanner", extra={"found": found})
        raise FileRefused(f"“{name}” was refused: {found}.")


def _written(upload: "UploadedFile[Any]") -> str:
    """Its name in the company's folder, once it is there whole."""
    upload.seek(0)
    place = default_storage.save(f"{current_company_id()}/{token_urlsafe(24)}", upload)
    _make_it_last(default_storage, place)
    return place.rpartition("/")[2]


def _make_it_last(storage: Storage, place: str) -> None:
    """On a disk of our own, a row must not outlive its content when the power goes."""
    try:
        path = storage.path(place)
    except NotImplementedError:  # so says a storage that is no disk: it keeps what it has taken
        return
    with open(path, "rb") as content:
        os.fsync(content.fileno())
