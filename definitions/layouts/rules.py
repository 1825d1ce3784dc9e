"""Rules of a layout: when something is shown, and when it can be answered.

A condition is a test of one value by a schema, or JsonLogic over all answers, or both joined by
AND and OR. A condition that cannot be decided (an answer is missing) does not hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from definitions import logic, schemas
from definitions.schemas import JSON, Checker
from definitions.schemas.shape import Condition, Occasions
from definitions.schemas.walking import unfolded

#: The names of properties from the root to an answer.
Place = tuple[str, ...]

MISSING = object()


class Effect(StrEnum):
    SHOW = "SHOW"
    HIDE = "HIDE"
    ENABLE = "ENABLE"
    DISABLE = "DISABLE"


class Test(Protocol):
    """Something that holds for answers, or does not."""

    @property
    def reads(self) -> tuple[Place, ...]:
        """The answers it looks at."""

    def holds(self, answers: JSON, now: datetime | None, /) -> bool: ...

    def as_data(self) -> JSON:
        """The same for the browser."""


@dataclass(frozen=True)
class SchemaTest:
    """The schema accepts the answer at `place`; a missing one is tested as null."""

    place: Place
    schema: JSON
    missing_fails: bool = False

    @property
    def reads(self) -> tuple[Place, ...]:
        return (self.place,)

    def holds(self, answers: JSON, _now: datetime | None, /) -> bool:
        value = value_at(answers, self.place)
        if value is MISSING:
            return not self.missing_fails and schemas.checker(self.schema).accepts(None)
        return schemas.checker(self.schema).accepts(value)

    def as_data(self) -> JSON:
        return {"at": list(self.place), "schema": self.schema, "missingFails": self.missing_fails}


@dataclass(frozen=True)
class LogicTest:
    """The JsonLogic rule gives true for all the answers together."""

    rule: logic.Rule

    @property
    def reads(self) -> tuple[Place, ...]:
        return tuple(tuple(path.split(".")) for path in self.rule.paths)

    def holds(self, answers: JSON, now: datetime | None, /) -> bool:
        try:
            return self.rule.evaluate(answers, now=now).value is True
        except logic.LogicError:
            return False

    def as_data(self) -> JSON:
        return {"logic": self.rule.rule}


@dataclass(frozen=True)
class Joined:
    """All of the tests hold (AND), or any (OR)."""

    tests: tuple[Test, ...]
    every: bool

    @property
    def reads(self) -> tuple[Place, ...]:
        return tuple(place for test in self.tests for place in test.reads)

    def holds(self, answers: JSON, now: datetime | None, /) -> bool:
        join = all if self.every else any
        return join(test.holds(answers, now) for test in self.tests)

    def as_data(self) -> JSON:
        return {"and" if self.every else "or": [test.as_data() for test in self.tests]}


@dataclass(frozen=True)
class OccasionTest:
    """The schema itself asks the question: its `if` holds, or the branch was chosen."""

    checker: Checker
    place: Place
    occasions: Occasions

    @property
    def reads(self) -> tuple[Place, ...]:
        return (self.place,)

    def holds(self, answers: JSON, _now: datetime | None, /) -> bool:
        around = value_at(answers, self.place)
        around = around if isinstance(around, dict) else {}
        return any(all(self._holds(c, around) for c in way) for way in self.occasions)

    def _holds(self, condition: Condition, around: Mapping[str, JSON]) -> bool:
        if condition.name and condition.name not in around:
            return False
        if condition.place is None:
            return True
        value = around[condition.name] if condition.name else around
        return self.checker.part_accepts(condition.place, value) is condition.accepted

    def as_data(self) -> JSON:
        ways = [{"and": [self._as_data(c) for c in way]} for way in self.occasions]
        return {"or": ways}

    def _as_data(self, condition: Condition) -> JSON:
        if condition.place is None:
            return {"at": [*self.place, condition.name], "schema": {}, "missingFails": True}
        at = [*self.place, condition.name] if condition.name else list(self.place)
        schema = unfolded(self.checker.schema, condition.place)
        test = {"at": at, "schema": schema, "missingFails": bool(condition.name)}
        return test if condition.accepted else {"not": test}


@dataclass(frozen=True)
class Rule:
    effect: Effect
    test: Test

    @property
    def is_of_schema(self) -> bool:
        """Whether the form itself says it, not its layout."""
        return isinstance(self.test, OccasionTest)

    def hides(self, answers: JSON, now: datetime | None) -> bool:
        if self.effect not in {Effect.SHOW, Effect.HIDE}:
            return False
        return self.test.holds(answers, now) is (self.effect is Effect.HIDE)

    def locks(self, answers: JSON, now: datetime | None) -> bool:
        if self.effect not in {Effect.ENABLE, Effect.DISABLE}:
            return False
        return self.test.holds(answers, now) is (self.effect is Effect.DISABLE)

    def as_data(self) -> JSON:
        return {"effect": self.effect.value, "test": self.test.as_data()}


def value_at(answers: JSON, place: Sequence[str]) -> JSON:
    """The answer at a place; MISSING where there is none."""
    for name in place:
        if not isinstance(answers, dict) or name not in answers:
            return MISSING
        answers = answers[name]
    return answers


def without(answers: JSON, places: set[Place]) -> JSON:
    """The answers with those at `places` left out. Groups that held nothing else stay, empty."""
    if not isinstance(answers, dict) or not places:
        return answers
    inside: dict[str, set[Place]] = {}
    for place in places:
        if place:
            inside.setdefault(place[0], set()).add(place[1:])
    return dict(_kept(answers, inside))


def _kept(answers: JSON, inside: dict[str, set[Place]]) -> Iterator[tuple[str, JSON]]:
    for name, value in answers.items():
        if () not in inside.get(name, set()):
            yield name, without(value, inside.get(name, set()))
