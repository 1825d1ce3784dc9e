"""Where the files of one form are kept: those of this person, for this form."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from admin_site.files.shown import shown
from admin_site.schema_forms.files import ShownFile
from definitions.layouts import FilesAsked
from operations.files import (
    Purpose,
    keep_file,
    kept_for,
    keys_in,
    let_go,
    limits_of,
    most_bytes_of,
)
from operations.models import FileUpload
from tenants.models import User


class FileShelf:
    """A `Shelf` over the verbs of `operations.files`."""

    def __init__(self, site: str, person: User, purpose: Purpose) -> None:
        self._site, self._person, self._purpose = site, person, purpose
        self._known: dict[str, ShownFile] = {}

    def keep(self, upload: "UploadedFile[Any]", asked: FilesAsked) -> ShownFile:
        file = keep_file(self._person, upload, asked=asked, purpose=self._purpose)
        return self._remembered(file)

    def find(self, keys: Iterable[str]) -> Mapping[str, ShownFile]:
        wanted = list(keys)
        unknown = [key for key in keys_in(wanted) if str(key) not in self._known]
        if unknown:
            for file in kept_for(self._person, self._purpose).filter(pk__in=unknown):
                self._remembered(file)
        return {key: self._known[key] for key in wanted if key in self._known}

    def drop(self, keys: Iterable[str]) -> None:
        """What was never sent goes at once; what a draft has, when it is saved without it."""
        if gone := keys_in(keys):
            unsent = kept_for(self._person, self._purpose).filter(bound_at=None, pk__in=gone)
            for file in unsent:
                let_go(file)

    def limits(self, asked: FilesAsked) -> str:
        return limits_of(asked)

    def most_bytes(self, asked: FilesAsked) -> int:
        return most_bytes_of(asked)

    def _remembered(self, file: FileUpload) -> ShownFile:
        self._known[str(file.pk)] = shown(file, self._site)
        return self._known[str(file.pk)]
