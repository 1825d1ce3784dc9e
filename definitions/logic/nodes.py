"""The pieces a compiled rule is made of: operators at compile time, closures at run time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from definitions.logic.errors import (
    BadValue,
    BudgetExceeded,
    CannotCalculate,
    ClockNeeded,
    MissingValue,
    NotBoolean,
    RuleProblem,
    WrongKind,
)
from definitions.logic.limits import MAX_STEPS
from definitions.logic.sentences import describe
from definitions.logic.values import (
    KIND_WORDS,
    MISSING,
    SAFE,
    Kind,
    Number,
    exact,
    found_words,
    kind_of,
    look_up,
    shortened,
)

_SUBJECT_LENGTH = 120

# What `var` reads from: all the data, the row of a list, or the pair that `reduce` works with.
Scope: TypeAlias = Literal["data", "row", "fold"]


class Run:
    """What changes during one evaluation."""

    __slots__ = ("left", "noun", "now", "reads")

    def __init__(self, noun: str, now: datetime | None, cost: int) -> None:
        self.noun = noun  # "the condition": what the errors call the rule
        self.now = now
        self.left = MAX_STEPS - cost
        self.reads: dict[str, Any] = {}

    def spend(self, steps: int) -> None:
        """Every part of a rule is paid for in advance once; loops pay for each further round."""
        self.left -= steps
        if self.left < 0:
            raise BudgetExceeded(
                f"{self.noun.capitalize()} takes more than {MAX_STEPS:,} steps. "
                "Shorten the lists it goes through."
            )

    def clock(self) -> datetime:
        if self.now is None:
            raise ClockNeeded(f"{self.noun.capitalize()} asks for the time, and none was given.")
        return self.now


Closure: TypeAlias = Callable[[Any, Run], Any]


def constantly(value: Any) -> Closure:
    return lambda _scope, _run: value


@dataclass(frozen=True, slots=True)
class Node:
    """A compiled part of a rule.

    gives: the kind of its value where that is certain before any data is seen.
    path: what it reads, when it is nothing but a reading ("" is the whole scope).
    cost: the steps of carrying it out once.
    """

    run: Closure
    rule: Any
    place: str
    gives: Kind | None = None
    constant: bool = False
    path: str | None = None
    parts: tuple[str, ...] = ()
    scope: Scope = "data"
    cost: int = 1

    @property
    def subject(self) -> str:
        """How an error names this part."""
        if self.path:
            return shortened(self.path, _SUBJECT_LENGTH)
        if self.path == "":
            return "this item" if self.scope == "row" else "the data"
        return shortened(describe(self.rule), _SUBJECT_LENGTH)


@dataclass(frozen=True, slots=True)
class Call:
    """One operator with its arguments, while it is compiled."""

    name: str
    raw: tuple[Any, ...]
    args: tuple[Node, ...]
    place: str
    scope: Scope
    paths: dict[str, None]
    problems: list[RuleProblem]
    kinds: Mapping[str, Kind] = field(default_factory=dict)

    def problem(
        self, message: str, hint: str = "", *, arg: int | None = None, place: str | None = None
    ) -> None:
        at = self.place_of(arg) if place is None else place
        self.problems.append(RuleProblem(at, message, hint))

    def place_of(self, arg: int | None) -> str:
        if arg is None:
            return self.place
        return self.args[arg].place if arg < len(self.args) else f"{self.place}/{arg}"

    def cannot(self, reason: str) -> CannotCalculate:
        return CannotCalculate(f"“{self.name}” {reason}.", place=self.place)

    def expect(self, arg: int, *kinds: Kind) -> None:
        """Report an argument that can never be of one of these kinds."""
        gives = self.args[arg].gives
        if gives and gives not in kinds:
            *others, last = [KIND_WORDS[kind] for kind in kinds]
            wanted = f"{', '.join(others)} or {last}" if others else last
            self.problem(f"“{self.name}” needs {wanted}; this is {KIND_WORDS[gives]}.", arg=arg)


Builder: TypeAlias = Callable[[Call], "Closure | Node"]
Written: TypeAlias = Callable[[int, int], bool]
Gives: TypeAlias = "Kind | Callable[[Call], Kind | None] | None"


@dataclass(frozen=True, slots=True)
class Operator:
    """How an operator is compiled.

    least, most: how many arguments it takes; most=None is any number.
    body: which argument is carried out per row of the first one.
    written: which arguments (index, of how many) are read as written: paths, not rules.
    """

    build: Builder
    least: int
    most: int | None
    gives: Gives = None
    body: int | None = None
    written: Written | None = None


class Operators(dict[str, Operator]):
    """Operators by name; each module of this package fills its own."""

    def add(
        self,
        *names: str,
        takes: tuple[int, int | None],
        gives: Gives = None,
        body: int | None = None,
        written: Written | None = None,
    ) -> Callable[[Builder], Builder]:
        def register(build: Builder) -> Builder:
            for name in names:
                self[name] = Operator(build, *takes, gives=gives, body=body, written=written)
            return build

        return register


def missing_or_wrong(node: Node, value: Any, scope: Any, run: Run, wanted: str) -> BadValue:
    """The error for a value the rule cannot work with; `wanted` ends the sentence."""
    subject = node.subject
    if value is not None:
        finding = f"is {found_words(value)}; {run.noun} {wanted}"
        return WrongKind(subject, finding, node.path, node.place)
    absent = node.path is not None and look_up(scope, node.parts) is MISSING
    finding = f"is {'missing' if absent else 'empty'}; {run.noun} {wanted}"
    return MissingValue(subject, finding, node.path, node.place)


def truth(node: Node, value: Any, scope: Any, run: Run) -> bool:
    """Strict yes or no: nothing else counts as true."""
    if value is True or value is False:
        return bool(value)
    error = missing_or_wrong(node, value, scope, run, "needs yes or no here")
    if isinstance(error, WrongKind):
        raise NotBoolean(error.subject, error.finding, error.path, error.place)
    raise error


def number_of(node: Node, value: Any, scope: Any, run: Run, purpose: str) -> Number:
    """The exact number; `purpose` completes "needs a number to …"."""
    if type(value) is int and -SAFE < value < SAFE:
        return value
    if type(value) is float and -SAFE < value < SAFE:
        return Decimal(repr(value))
    if kind_of(value) != "number":
        raise missing_or_wrong(node, value, scope, run, f"needs a number to {purpose}")
    number = exact(value)
    if number is None:
        finding = f"is too large or not finite; {run.noun} needs a number to {purpose}"
        raise WrongKind(node.subject, finding, node.path, node.place)
    return number


def list_of(node: Node, value: Any, scope: Any, run: Run) -> list[Any]:
    if isinstance(value, list):
        return value
    raise missing_or_wrong(node, value, scope, run, "needs a list here")


def text_of(node: Node, value: Any, scope: Any, run: Run) -> str:
    if isinstance(value, str):
        return value
    raise missing_or_wrong(node, value, scope, run, "needs text here")


def seen_from_outside(error: BadValue, source: Node, index: int) -> None:
    """Give a value met inside a list its place in that list."""
    inner = error.path
    if inner is None:
        return
    if source.path is None:
        row = f"item {index + 1} of {source.subject}"
        error.rename(f"{inner} of {row}" if inner else row, None)
    else:
        parts = (source.path, str(index), inner)
        path = ".".join(part for part in parts if part)
        error.rename(path, path)
