"""What somebody has tried so far, as it travels in the page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from definitions.bundle.format import checker_of
from definitions.logic.dates import read_datetime
from definitions.schemas import check_storable
from operations.simulation import Scenario, SimStep, Simulation

#: What a page may bring back, in characters; a form itself may be half as long.
LONGEST = 400_000
_UNNAMED = "Try"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Made-up answers. `answers` and `calls` have a list for each task, an entry for each visit."""

    start: datetime
    submission: Mapping[str, Any] | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    calls: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_text(cls, text: str) -> "Attempt | None":
        """What `as_text` wrote; None for anything else."""
        try:
            said = json.loads(text) if len(text) <= LONGEST else None
        except (ValueError, RecursionError):
            return None
        if not isinstance(said, dict) or check_storable(said):
            return None
        document = {"title": _UNNAMED, **said}
        start = read_datetime(str(said.get("start")))
        if start is None or not checker_of("scenario").accepts(document):
            return None
        return cls.of(document, start)

    @classmethod
    def of(cls, document: Mapping[str, Any], start: datetime) -> "Attempt":
        """The answers of a scenario."""
        return cls(
            start,
            document.get("submission") or {},
            document.get("answers") or {},
            document.get("calls") or {},
        )

    @property
    def scenario(self) -> Scenario:
        return Scenario(_UNNAMED, self.submission or {}, self.answers, self.calls)

    def as_text(self) -> str:
        return json.dumps({"start": self.start.isoformat(), **self.document()})

    def document(self) -> dict[str, Any]:
        """As a scenario says it."""
        return {
            "submission": dict(self.submission or {}),
            "answers": dict(self.answers),
            "calls": dict(self.calls),
        }

    def submitted(self, submission: Mapping[str, Any]) -> "Attempt":
        return replace(self, submission=submission)

    def answered(self, step: SimStep, answer: Any) -> "Attempt":
        return replace(self, answers=_put(self.answers, step, answer))

    def called(self, step: SimStep, response: Any) -> "Attempt":
        return replace(self, calls=_put(self.calls, step, response))

    def answer_to(self, step: SimStep) -> Any:
        """None: it was not answered."""
        return _each_visit(self.answers.get(step.key), step.visit)[step.visit - 1]

    def without(self, story: Simulation, number: int) -> "Attempt":
        """Before the answer to this step, and to all that were asked after it."""
        first: dict[str, int] = {}
        for step in story.steps:
            if step.number >= number:
                first.setdefault(step.key, step.visit)
        return replace(self, answers=_cut(self.answers, first), calls=_cut(self.calls, first))


def _put(said: Mapping[str, Any], step: SimStep, answer: Any) -> dict[str, Any]:
    before = _each_visit(said.get(step.key), step.visit - 1)
    return {**said, step.key: [*before[: step.visit - 1], answer, *before[step.visit :]]}


def _cut(said: Mapping[str, Any], first: Mapping[str, int]) -> dict[str, Any]:
    left = {
        key: _each_visit(answer, first[key] - 1)[: first[key] - 1] if key in first else answer
        for key, answer in said.items()
    }
    return {key: answer for key, answer in left.items() if answer != []}


def _each_visit(said: Any, visits: int) -> list[Any]:
    """With an entry for each of so many visits at least."""
    entries = said if isinstance(said, list) else [said] * visits
    return [*entries, *[None] * (visits - len(entries))]
