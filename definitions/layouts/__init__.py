"""How a form is arranged, and which of its questions are asked when.

A layout is a document: a subset of the JSON Forms UI schema (docs/forms.md). It is compiled once
per content to a tree of tabs, fieldsets, rows and questions. `checked()` is the truth about
answers to a form with a layout, as `schemas.problems` is without one.
"""

from datetime import datetime

from definitions.layouts.compiling import WIDGETS, Compiler, generated_layout
from definitions.layouts.files import (
    FilesAsked,
    FileTrouble,
    asks_for_file,
    file_troubles,
    files_asked,
    files_asked_by,
)
from definitions.layouts.rules import MISSING, Effect, Place, Rule, value_at, without
from definitions.layouts.tree import Checked, Control, Fieldset, Layout, Note, Row, State, Tab
from definitions.schemas import JSON, Problem, UnusableSchema
from definitions.schemas.shelf import Shelf

__all__ = [
    "MISSING",
    "WIDGETS",
    "Checked",
    "Control",
    "Effect",
    "Fieldset",
    "FileTrouble",
    "FilesAsked",
    "Layout",
    "Note",
    "Place",
    "Row",
    "Rule",
    "State",
    "Tab",
    "asks_for_file",
    "checked",
    "compiled",
    "file_problems",
    "files_asked",
    "files_asked_by",
    "files_asked_in",
    "generated_layout",
    "layout_hints",
    "layout_problems",
    "value_at",
    "without",
]


def compiled(schema: JSON, layout: JSON = None, *, asks: bool = True) -> Layout:
    """The tree for a schema and its layout document, or a generated one.

    A layout that is wrong in places is used as far as it goes; required questions it forgets are
    asked at the end. What was wrong is in `.problems`. asks: whether the form is asked with it;
    one that answers are read with may leave out anything.

    Raises:
        UnusableSchema: the schema is wrong, unsafe or too large.
    """
    try:
        return _shelf.get([schema, layout, asks], _compile)
    except UnusableSchema:
        raise
    except (TypeError, ValueError, RecursionError):  # not JSON: the compiler says what is wrong
        return _compile([schema, layout, asks])


def layout_problems(layout: JSON, schema: JSON, *, asks: bool = True) -> list[Problem]:
    """What is wrong with a layout; the paths are places in it. Empty if nothing is.

    asks: whether the form is asked with it. One that is only read with it may leave out anything.

    Raises:
        UnusableSchema: the schema is wrong, unsafe or too large.
    """
    return list(compiled(schema, layout, asks=asks).problems)


def files_asked_in(schema: JSON, layout: JSON = None) -> tuple[FilesAsked, ...]:
    """The questions of a form that are answered with files; none of one that cannot be used."""
    try:
        return files_asked(compiled(schema, layout))
    except UnusableSchema:
        return ()


def file_problems(schema: JSON, layout: JSON = None) -> list[FileTrouble]:
    """What is wrong with the questions of a form that ask for files."""
    try:
        return list(file_troubles(compiled(schema, layout)))
    except UnusableSchema:
        return []  # told as such


def layout_hints(layout: JSON, schema: JSON) -> list[Problem]:
    """What may not be meant: a required question that is not always asked. Paths as above.

    Raises:
        UnusableSchema: the schema is wrong, unsafe or too large.
    """
    return list(compiled(schema, layout).hints)


def checked(schema: JSON, layout: JSON, answers: JSON, *, now: datetime | None = None) -> Checked:
    """Drop the answers to questions that were not asked, and check the rest.

    Raises:
        UnusableSchema: the schema is wrong, unsafe or too large.
    """
    return compiled(schema, layout).checked(answers, now=now)


def _compile(three: list[JSON]) -> Layout:
    schema, layout, asks = three
    return Compiler(schema, asks=asks).compile(layout)


_shelf: Shelf[Layout] = Shelf(256)
