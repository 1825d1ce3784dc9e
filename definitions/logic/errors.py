"""What can be wrong with a rule, or with the values it met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One thing that is wrong with a rule as written.

    `place` is a JSON pointer (RFC 6901) into the rule or template; "" is the whole of it.
    """

    place: str
    message: str
    hint: str = ""

    @property
    def words(self) -> str:
        return f"{self.message} {self.hint}".strip()


class LogicError(Exception):
    """A rule could not be compiled or evaluated.

    path: the value that was in the way, as a dotted path into the data; None when no single
        value is to blame.
    place: a JSON pointer to the part of the rule that could not go on.
    reads: what the evaluation had read up to here (path -> value), ready to be stored.
    """

    def __init__(self, message: str, path: str | None = None, place: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.place = place
        self.reads: dict[str, Any] = {}

    def __str__(self) -> str:
        return self.message


class RuleError(LogicError):
    """The rule itself is wrong; `problems` holds everything that is, the first one speaks."""

    def __init__(self, problems: Sequence[RuleProblem]) -> None:
        first = problems[0]
        super().__init__(first.words, place=first.place)
        self.problems = tuple(problems)


class BudgetExceeded(LogicError):
    """The evaluation took more steps, or made a larger value, than any rule may."""


class ClockNeeded(LogicError):
    """The rule asks for the time, and the caller passed none."""


class CannotCalculate(LogicError):
    """A division by zero, or a number or date beyond what can be stored."""


class BadValue(LogicError):
    """A value was missing or of the wrong kind: `subject` names it, `finding` says what it was."""

    def __init__(self, subject: str, finding: str, path: str | None, place: str) -> None:
        super().__init__(f"{subject} {finding}", path, place)
        self.subject = subject
        self.finding = finding

    def rename(self, subject: str, path: str | None) -> None:
        """Name the value as it is seen from further out: `qty` becomes `items.2.qty`."""
        self.subject, self.path = subject, path
        self.message = f"{subject} {self.finding}"


class MissingValue(BadValue):
    """The value is not there, or is empty."""


class WrongKind(BadValue):
    """The value is there, and is not what the rule can work with."""


class NotBoolean(WrongKind):
    """Where a yes or no was needed, something else was found."""
