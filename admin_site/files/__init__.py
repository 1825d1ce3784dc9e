"""Kept files on pages: their names and links, keeping those of a form, and handing them out."""

from admin_site.files.attaching import CommentBaseForm, shelf_of_comments
from admin_site.files.handing_out import hand_out
from admin_site.files.shelf import FileShelf
from admin_site.files.shown import FilesOfTicket, knowing_files, shown, words_of_sending

__all__ = [
    "CommentBaseForm",
    "FileShelf",
    "FilesOfTicket",
    "hand_out",
    "knowing_files",
    "shelf_of_comments",
    "shown",
    "words_of_sending",
]
