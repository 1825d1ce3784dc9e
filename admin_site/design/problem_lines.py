"""Problems of a text as a page lists them: each once, with the line that it is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from definitions.errors import Problem

LONGEST_EXCERPT = 160


@dataclass(frozen=True, slots=True)
class Line:
    """A problem as `problems.html` shows it: with the line of the text, where there is one."""

    problem: Problem
    excerpt: str = ""


def lines_of(problems: Iterable[Problem], text: str) -> list[Line]:
    lines = text.split("\n")
    return [Line(one, _excerpt(lines, one.line)) for one in problems]


def once(problems: Iterable[Problem]) -> list[Problem]:
    """Without those that say the same of the same place."""
    return list({(one.rule, one.place, one.message): one for one in problems}.values())


def _excerpt(lines: Sequence[str], number: int | None) -> str:
    if not number or number > len(lines):
        return ""
    return lines[number - 1].strip()[:LONGEST_EXCERPT]
