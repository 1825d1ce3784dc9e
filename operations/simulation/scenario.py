"""What is given to a simulation: who answers what, and what other systems say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from definitions.bundle.scenarios import UNANSWERED

__all__ = ["UNANSWERED", "Failure", "Past", "Recorded", "Scenario"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A call, or what runs inside, does not succeed; `name` is one of `definitions.retries`."""

    name: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a task came to in a ticket that has run: `way_out` as `TaskInstance.way_out` has it."""

    output: Any
    at: datetime
    way_out: str = ""


#: By the key of the task and its visit.
Past = Mapping[tuple[str, int], Recorded]


@dataclass(frozen=True, slots=True)
class Scenario:
    """The document of a scenario: see docs/trying.md.

    `answers`: key of a FORM or SUBWORKFLOW task -> what it comes to, `UNANSWERED`, or a list with
    one of them for each visit. `calls`: key of an action -> {"response": …}, {"error": name},
    `UNANSWERED`, or such a list.
    """

    title: str = ""
    submission: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    calls: Mapping[str, Any] = field(default_factory=dict)
    expect: Mapping[str, Any] = field(default_factory=dict)
    #: Of a ticket that has run: what it came to. Nothing else counts then.
    recorded: Past | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Scenario":
        parts = ("submission", "answers", "calls", "expect")
        given = {name: document[name] for name in parts if document.get(name) is not None}
        return cls(title=str(document.get("title") or ""), **given)

    def answer(self, key: str, visit: int) -> Any:
        """What the task comes to at this visit; None: nothing is said."""
        return self._at(self.answers.get(key), visit)

    def response(self, key: str, visit: int) -> Any:
        """{"response": …}, a `Failure`, `UNANSWERED`, or None: nothing is said."""
        said = self._at(self.calls.get(key), visit)
        if isinstance(said, Mapping) and "error" in said:
            return Failure(str(said["error"]))
        return said

    @staticmethod
    def _at(said: Any, visit: int) -> Any:
        """What is no list holds for every visit."""
        if not isinstance(said, list):
            return said
        return said[visit - 1] if visit <= len(said) else None
