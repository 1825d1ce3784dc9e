"""One thing that is wrong with a definition, for the person who wrote it. Pure."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from definitions.schemas import steps


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


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
        """Whether the definition must not be published like this."""
        return self.severity == Severity.ERROR

    @property
    def words(self) -> str:
        """What was found and how to mend it, where the place is told in another way."""
        return f"{self.message} {self.hint}".strip()

    def __str__(self) -> str:
        where = f"Line {self.line}: " if self.line else ""
        at = f"{self.path}: " if self.path else ""
        return f"{where}{at}{self.words}"

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
