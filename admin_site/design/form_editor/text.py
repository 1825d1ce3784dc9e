"""A part of a document as text, with the lines of what is wrong."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from admin_site.design.uploads import Line
from definitions.documents import read_text, to_yaml
from definitions.errors import BundleInvalid, Problem
from definitions.schemas import JSON
from definitions.schemas import Problem as SchemaProblem

LONGEST = 600_000
MOST = 50


@dataclass(frozen=True, slots=True)
class Read:
    """What a text says; `lines` is what is wrong with it, empty if nothing is."""

    value: JSON = None
    lines: Sequence[Line] = ()
    #: What can be saved, and is told.
    hints: Sequence[Line] = ()

    @property
    def is_good(self) -> bool:
        return not self.lines


def written(value: JSON) -> str:
    return "" if value is None else to_yaml(value)


def read(text: str, check: Callable[[JSON], Iterable[SchemaProblem]]) -> Read:
    """The value of YAML or JSON; nothing is None. `check` tells what is wrong with a value."""
    if not text.strip():
        return Read()
    if len(text) > LONGEST:
        problem = Problem("too-large", f"At most {LONGEST:,} characters; this has {len(text):,}.")
        return Read(lines=[Line(problem)])
    try:
        document = read_text(text)
    except BundleInvalid as error:
        return Read(lines=_lines(error.problems, text))
    if document.value is None:
        return Read()
    problems = [
        Problem(one.keyword, one.message, one.path, line=document.line_of(one.path))
        for one in check(document.value)
    ]
    return Read(document.value, _lines(problems, text))


def placed(text: str, problems: Iterable[SchemaProblem]) -> list[Line]:
    """Problems of the value of a good text, each with its line."""
    if not text.strip():
        return []
    document = read_text(text)
    return _lines(
        [
            Problem(one.keyword, one.message, one.path, line=document.line_of(one.path))
            for one in problems
        ],
        text,
    )


def _lines(problems: Sequence[Problem], text: str) -> list[Line]:
    lines = text.split("\n")
    return [
        Line(one, lines[one.line - 1].strip()[:160] if one.line and one.line <= len(lines) else "")
        for one in problems[:MOST]
    ]
