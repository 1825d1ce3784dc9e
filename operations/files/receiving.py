"""Files as they arrive. What is too large is thrown away, and everything else of the form is read:
whoever chose it finds what they typed, and is told.
"""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from operations.files.naming import MEGABYTE


class TooLarge(UploadedFile):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A file of which nothing was kept but its name and size. Reading it gives blanks."""

    def __init__(self, name: str, size: int, content_type: str = "") -> None:
        super().__init__(BytesIO(), name, content_type, size)

    def read(self, num_bytes: int = -1) -> bytes:
        most = settings.FILE_MEGABYTES * MEGABYTE
        return b" " * min(self.size or 0, most if num_bytes < 0 else num_bytes)


class SizeHandler(FileUploadHandler):
    """Stands before those that keep. Memory and disk hold at most one file's worth of each."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        most: int = settings.FILE_MEGABYTES * MEGABYTE
        return None if start + len(raw_data) > most else raw_data

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        if file_size <= settings.FILE_MEGABYTES * MEGABYTE:
            return None
        for handler in getattr(self.request, "upload_handlers", ()):
            if (begun := getattr(handler, "file", None)) is not None:
                begun.close()  # with the beginning that it had written to the disk
        return TooLarge(self.file_name or "", file_size, self.content_type or "")
