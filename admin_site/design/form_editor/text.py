"""A part of a document as text, with the lines of what is wrong."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from admin_site.design.problem_lines import Line, lines_of
from definitions.documents import Document, read_text, to_yaml
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
        return Read(lines=lines_of(error.problems[:MOST], text))
    if document.value is None:
        return Read()
    return Read(document.value, _placed(document, check(document.value), text))


def placed(text: str, problems: Iterable[SchemaProblem]) -> list[Line]:
    """Problems of the value of a good text, each with its line."""
    if not text.strip():
        return []
    return _placed(read_text(text), problems, text)


def _placed(document: Document, problems: Iterable[SchemaProblem], text: str) -> list[Line]:
    found = [
        Problem(one.keyword, one.message, one.path, line=document.line_of(one.path))
        for one in islice(problems, MOST)
    ]
    return lines_of(found, text)
