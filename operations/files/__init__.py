"""Files that people send: what is taken, where it is kept, whose it is, and who may read it.

A file is kept as soon as it arrives, for the form it was chosen in, and is bound when that form is
sent or saved. What is bound to nothing goes after a day. The row is the truth: content without one
is swept, and a row never points at content that was not written whole.
"""

from operations.files.keeping import FileRefused, keep_file, let_go, limits_of, most_bytes_of
from operations.files.naming import clean_name, size_in_words
from operations.files.purposes import Purpose, kept_for, keys_in
from operations.files.reading import open_content, requester_may_read, worker_may_read
from operations.files.using import bind, files_in, keep_with_draft, leave_behind
from operations.files.values import described_for

__all__ = [
    "FileRefused",
    "Purpose",
    "bind",
    "clean_name",
    "described_for",
    "files_in",
    "keep_file",
    "keep_with_draft",
    "kept_for",
    "keys_in",
    "leave_behind",
    "let_go",
    "limits_of",
    "most_bytes_of",
    "open_content",
    "requester_may_read",
    "size_in_words",
    "worker_may_read",
]
