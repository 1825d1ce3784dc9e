"""Kept files as pages name them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from admin_site.schema_forms.files import ShownFile
from definitions.file_kinds import symbol_of
from operations.files import size_in_words
from operations.models import Comment, FileUpload


def shown(file: FileUpload, site: str) -> ShownFile:
    """`site` is the name space of the site on whose pages it stands."""
    key = str(file.pk)
    href = reverse(f"{site}:file", args=[key])
    size, symbol = size_in_words(file.size_bytes), symbol_of(file.file_type)
    return ShownFile(key, file.name, size, symbol, href)


def words_of_sending(count: int, *, to_the_team: bool) -> str:
    """What somebody did who sent files without a word."""
    what = "a file" if count == 1 else f"{count} files"
    return f"sent {what} to the team" if to_the_team else f"sent {what}"


def knowing_files(comments: "QuerySet[Comment]") -> "QuerySet[Comment]":
    """With `has_files`: whether any were sent along. No further statement."""
    return comments.annotate(has_files=Exists(FileUpload.objects.filter(comment=OuterRef("pk"))))


class FilesOfTicket:
    """The files of one ticket: one statement, and none where nothing on a page may have any.

    A `Finder`; what the reader may see at all is the page's to decide.
    """

    def __init__(self, site: str, ticket: UUID) -> None:
        self._site, self._ticket = site, ticket

    def __call__(self, keys: Iterable[str]) -> Mapping[str, ShownFile]:
        known = {file.key: file for files in self._by_comment.values() for file in files}
        return {key: known[key] for key in keys if key in known}

    def sent_with(self, comment: Comment) -> Sequence[ShownFile]:
        """Asks nothing for a comment that is known to have none (`knowing_files`)."""
        if not getattr(comment, "has_files", True):
            return ()
        return self._by_comment.get(comment.pk, ())

    @cached_property
    def _by_comment(self) -> Mapping[UUID | None, Sequence[ShownFile]]:
        rows = FileUpload.objects.filter(ticket_id=self._ticket).order_by("pk")
        found: dict[UUID | None, list[ShownFile]] = defaultdict(list)
        for file in rows.only("id", "name", "size_bytes", "file_type", "comment_id"):
            found[file.comment_id].append(shown(file, self._site))
        return found
