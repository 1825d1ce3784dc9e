"""What is wrong with a document, and the refusals that carry it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from definitions.linter import Severity
from definitions.schemas import steps
from tenants.errors import DomainError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `place`: JSON pointer (RFC 6901) into the document; "" is the whole of it. `line`: in the text,
    counted from 1, where there is a text. `rule`: a stable name for programs. `message` says what
    was found, `hint` how to mend it.
    """

    rule: str
    message: str
    place: str = ""
    hint: str = ""
    line: int | None = None
    severity: Severity = Severity.ERROR

    @property
    def path(self) -> str:
        """The place as people write it: `workflows[0].tasks[1].output_schema`."""
        return path_in_words(self.place)

    @property
    def blocks(self) -> bool:
        return self.severity == Severity.ERROR

    def __str__(self) -> str:
        where = f"Line {self.line}: " if self.line else ""
        at = f"{self.path}: " if self.path else ""
        return f"{where}{at}{self.message} {self.hint}".strip()

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "severity": self.severity.value, "path": self.path}


def path_in_words(place: str) -> str:
    """ "/workflows/0/key" -> "workflows[0].key"; a name with blanks or dots is quoted."""
    words = ""
    for step in steps(place):
        if step.isdecimal():
            words += f"[{step}]"
        elif step.replace("_", "a").replace("-", "a").replace("$", "a").isalnum():
            words += f".{step}" if words else step
        else:
            shown = step if len(step) <= 60 else step[:60] + "…"
            words += f'["{shown}"]'
    return words


class HasProblems(DomainError):
    """A refusal with its reasons: all of them at once, errors before warnings."""

    code = "has_problems"

    def __init__(self, message: str, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(
            sorted(problems, key=lambda problem: not problem.blocks)
        )
        super().__init__(message)


class BundleInvalid(HasProblems):
    """The document cannot be imported; nothing was written."""

    code = "bundle_invalid"

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = tuple(problems)
        errors = [problem for problem in found if problem.blocks]
        count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
        first = f" {errors[0]}" if errors else ""
        super().__init__(f"Nothing was imported: {count}.{first}", found)


class CannotPublish(HasProblems):
    """The definition stays as it is."""

    code = "cannot_publish"
