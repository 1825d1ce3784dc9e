"""A compiled layout: tabs of fieldsets of rows of questions. Plain values, shared by requests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from definitions.layouts.rules import MISSING, Place, Rule, value_at, without
from definitions.schemas import JSON, Checker, Problem, check_storable, steps
from definitions.schemas.shape import Shape, humanised


@dataclass(frozen=True)
class Control:
    """One question. `place` is that of its answer; `required` is meant by the group around it."""

    place: Place
    shape: Shape
    required: bool = False
    label: str = ""
    label_is_hidden: bool = False
    options: Mapping[str, JSON] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    @property
    def title(self) -> str:
        return self.label or self.shape.title or humanised(self.place[-1] if self.place else "")


@dataclass(frozen=True)
class Note:
    """A text between the questions."""

    text: str
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Fieldset:
    """Rows under a heading; `place` is set if they are the questions of one nested group.

    A nested group that is not `required` may be left empty as a whole, whatever it requires inside.
    """

    label: str = ""
    description: str = ""
    rows: tuple["Row", ...] = ()
    place: Place | None = None
    required: bool = True

    def controls(self) -> Iterator[Control]:
        for row in self.rows:
            for cell in row.cells:
                if isinstance(cell, Control):
                    yield cell
                elif isinstance(cell, Fieldset):
                    yield from cell.controls()


@dataclass(frozen=True)
class Row:
    """What stands side by side where there is room."""

    cells: tuple[Control | Note | Fieldset, ...]


@dataclass(frozen=True)
class Tab:
    label: str = ""
    fieldsets: tuple[Fieldset, ...] = ()

    def controls(self) -> Iterator[Control]:
        for fieldset in self.fieldsets:
            yield from fieldset.controls()


@dataclass(frozen=True, slots=True)
class State:
    """What the rules make of the answers: questions not asked, and questions not to be answered."""

    hidden: frozenset[Place] = frozenset()
    locked: frozenset[Place] = frozenset()


@dataclass(frozen=True, slots=True)
class Checked:
    """Answers without those to questions that were not asked, and what is wrong with the rest."""

    value: JSON
    problems: tuple[Problem, ...]
    state: State


@dataclass(frozen=True)
class Layout:
    """`problems` are those of the document it was made from; the tree has what could be used.

    `hints` are about what can be used and may not be meant.
    """

    shape: Shape
    checker: Checker
    tabs: tuple[Tab, ...]
    problems: tuple[Problem, ...] = ()
    hints: tuple[Problem, ...] = ()

    def controls(self) -> Iterator[Control]:
        for tab in self.tabs:
            yield from tab.controls()

    def state(self, answers: JSON, *, now: datetime | None = None) -> State:
        """Which questions are hidden and locked for these answers.

        A hidden answer counts as missing for the other rules, so the rules are asked again until
        nothing changes; rules in a circle are a problem of the layout, and end here by count.
        """
        ruled = [control for control in self.controls() if control.rules]
        if ruled and check_storable(answers):
            ruled = []  # no rule can look at such answers; they are refused anyway
        hidden: set[Place] = set()
        seen = answers
        for _ in range(len(ruled) + 1):
            now_hidden = {
                control.place
                for control in ruled
                if any(rule.hides(seen, now) for rule in control.rules)
            }
            if now_hidden == hidden:
                break
            hidden, seen = now_hidden, without(answers, now_hidden)
        locked = {
            control.place
            for control in ruled
            if any(rule.locks(seen, now) for rule in control.rules)
        }
        locked |= {c.place for c in self.controls() if c.options.get("readonly") is True}
        return State(frozenset(hidden), frozenset(locked - hidden))

    def checked(self, answers: JSON, *, now: datetime | None = None) -> Checked:
        """Drop the answers to hidden questions and check the rest; what is hidden is not required.

        `now` is for rules that ask for the time. What is kept hidden on purpose
        (`options.keep_hidden`) stays.
        """
        state = self.state(answers, now=now)
        kept = {c.place for c in self.controls() if c.options.get("keep_hidden") is True}
        value = self._tidied(without(answers, set(state.hidden - kept)), state)
        found = self.checker.problems(value)
        wrong = tuple(problem for problem in found if not self.excuses(problem, state))
        return Checked(value, wrong, state)

    def excuses(self, problem: Problem, state: State) -> bool:
        """Whether a missing answer is missing because nobody could give it."""
        if problem.keyword != "required":
            return False
        place = steps(problem.path)
        inside = [c.place for c in self.controls() if c.place[: len(place)] == place]
        return bool(inside) and all(one in state.hidden | state.locked for one in inside)

    def _tidied(self, answers: JSON, state: State) -> JSON:
        """Leave out groups that are empty because all of their questions are hidden."""
        groups = {place[:length] for place in state.hidden for length in range(1, len(place))}
        for group in sorted(groups, key=len, reverse=True):
            value = value_at(answers, group)
            if value is not MISSING and value == {} and not self._asks_for(group, state):
                answers = without(answers, {group})
        return answers

    def _asks_for(self, group: Place, state: State) -> bool:
        return any(
            control.place[: len(group)] == group and control.place not in state.hidden
            for control in self.controls()
        )
