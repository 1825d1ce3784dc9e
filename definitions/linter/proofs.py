"""Answers that show what a group of ways does: found by trying, and then shown to be possible.

A finding is told only with an example that was tried: its answers pass the forms, a ticket with
them comes to the step, and the conditions were evaluated as for a ticket. So nothing is told that
cannot happen; what is not found within the budget is not told.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice, product
from typing import Any

from definitions.graph import TICKET, After, Edge, Split, WorkflowGraph
from definitions.linter import candidates
from definitions.linter.known import Known
from definitions.logic import LogicError, MissingValue, Rule
from definitions.logic.values import MISSING

#: How many combinations of values are tried for one group of ways, and how many conditions are
#: evaluated for one workflow in all.
MOST_COMBINATIONS = 1_500
MOST_EVALUATIONS = 12_000
#: How many findings of one kind are shown to be possible before it is given up, per group.
MOST_ATTEMPTS = 40
#: How many steps one search for a way from the start takes, and all of a workflow together.
MOST_STEPS = 400
MOST_STEPS_IN_ALL = 4_000

#: Values by path; MISSING: there is none.
Answers = Mapping[str, Any]
Group = tuple[str | None, str]


class Said(StrEnum):
    """What a condition says."""

    YES = "yes"
    NO = "no"
    EMPTY = "empty"
    BROKEN = "broken"


@dataclass(slots=True)
class Tried:
    """One combination of values; `said`: what each condition says; `empty`: for EMPTY, the path."""

    answers: Answers
    said: tuple[Said, ...]
    empty: tuple[str, ...]


@dataclass(slots=True)
class Trial:
    """The conditions of one group of ways, tried, in the order in which they are asked.

    `ways`: place and transition of each. `takes_all`: every true one is taken, not only the first.
    `is_whole`: these are all the cases there are.
    """

    source: str | None
    after: str
    ways: Sequence[tuple[str, Edge]]
    has_default: bool
    takes_all: bool
    tried: list[Tried]
    is_whole: bool


@dataclass(slots=True)
class Prover:
    """The work on one workflow, and what is left of its budget."""

    known: Known
    places: Mapping[int, str]
    left: int = MOST_EVALUATIONS
    steps: int = 0
    steps_in_all: int = MOST_STEPS_IN_ALL
    _trials: dict[Group, Trial | None] = field(default_factory=dict)

    @property
    def graph(self) -> WorkflowGraph:
        return self.known.graph

    def trials(self) -> Iterator[Trial]:
        """Every group of ways whose conditions can be tried."""
        groups = dict.fromkeys((edge.source, edge.after) for edge in self.graph.edges)
        for group in groups:
            if group not in self._trials:
                self._trials[group] = self._trial(group)
            found = self._trials[group]
            if found is not None:
                yield found

    def _trial(self, group: Group) -> Trial | None:
        edges = self.graph.outgoing(*group)
        asked = [edge for edge in edges if not edge.is_default]
        source = group[0]
        if not asked or self.left <= 0 or (source is not None and source not in self.graph.tasks):
            return None
        try:
            rules = [self.graph.rule(edge) for edge in asked]
        except LogicError:
            return None  # told as a bad condition
        domains = self._domains(rules, group)
        if domains is None:
            return None
        tried = self._all_tried(rules, domains)
        count = 1
        for values in domains.values():
            count *= len(values)
        is_whole = count == len(tried) and all(
            candidates.is_plain_rule(rule.rule) for rule in rules
        )
        is_whole = is_whole and all(
            candidates.tell_all(self.known.shapes(path) or ()) for path in domains
        )
        ways = [(self.places[id(edge)], edge) for edge in asked]
        takes_all = self._takes_all(source)
        return Trial(source, group[1], ways, len(asked) < len(edges), takes_all, tried, is_whole)

    def _takes_all(self, source: str | None) -> bool:
        return source is not None and self.graph.tasks[source].split == Split.ALL

    def _domains(self, rules: Sequence[Rule], group: Group) -> dict[str, list[Any]] | None:
        """Values to try by path; None where something is read of which nothing is known."""
        given = {TICKET, group[0] if group[1] == After.DONE else TICKET}
        written = candidates.constants([rule.rule for rule in rules])
        found: dict[str, list[Any]] = {}
        for path in dict.fromkeys(path for rule in rules for path in rule.paths):
            shapes = self.known.shapes(path)
            if shapes is None:
                return None
            values = candidates.values_of(shapes, written)
            if path.partition(".")[0] in given and self.known.is_always_there(path):
                values.remove(MISSING)
            found[path] = values
        return found

    def _all_tried(self, rules: Sequence[Rule], domains: Mapping[str, list[Any]]) -> list[Tried]:
        most = min(MOST_COMBINATIONS, self.left // max(len(rules), 1))
        found = []
        for values in islice(product(*domains.values()), most):
            answers = dict(zip(domains, values, strict=True))
            found.append(self._tried(rules, answers))
        return found

    def _tried(self, rules: Sequence[Rule], answers: Answers) -> Tried:
        data = nested(answers)
        said, empty = [], []
        for rule in rules:
            self.left -= 1
            word, path = _said(rule, data)
            said.append(word)
            empty.append(path)
        return Tried(answers, tuple(said), tuple(empty))

    def example(self, trial: Trial, wanted: Callable[[Tried], bool]) -> Answers | None:
        """Values that could really be there when the ways are asked; None: none was found."""
        found = (tried.answers for tried in trial.tried if wanted(tried))
        for answers in islice(found, MOST_ATTEMPTS):
            if self.can_be(answers, trial.source, trial.after):
                return answers
        return None

    # Could it be?

    def can_be(self, answers: Answers, source: str | None, after: str) -> bool:
        """Whether some ticket comes to these ways with exactly these values."""
        if any(value == "" for value in answers.values()):
            return False  # a form leaves an empty text out
        self.steps = min(MOST_STEPS, self.steps_in_all)
        before = self.steps
        found = self._comes((None,), (), dict(answers), source, after)
        self.steps_in_all -= before - self.steps
        return found

    def _comes(
        self,
        path: tuple[str | None, ...],
        done: tuple[str, ...],
        wish: dict[str, Any],
        source: str | None,
        after: str,
    ) -> bool:
        """Search from step to step; `done` have left their answers, `wish` grows on the way."""
        at = path[-1]
        if at == source:
            over = done if at is None or after == After.TIMEOUT else (*done, at)
            return self._are_possible(over, wish)
        for way_out in After:
            over = done if at is None or way_out == After.TIMEOUT else (*done, at)
            edges = self._ways_out(at, way_out)
            for number, edge in enumerate(edges):
                target = edge.target
                if target in path or not self._leads_to(target, source):
                    continue
                for wider in self._taking(at, edges, number, over, wish):
                    self.steps -= 1
                    if self.steps > 0 and self._comes((*path, target), over, wider, source, after):
                        return True
                    if self.steps <= 0:
                        return False
        return False

    def _ways_out(self, at: str | None, way_out: After) -> Sequence[Edge]:
        if way_out == After.TIMEOUT and (at is None or not self.graph.tasks[at].can_run_out):
            return ()
        return self.graph.outgoing(at, way_out.value)

    def _leads_to(self, target: str | None, source: str | None) -> bool:
        if target is None or target not in self.graph.tasks:
            return False
        return target == source or self.graph.can_reach(target, source)

    def _taking(
        self,
        at: str | None,
        edges: Sequence[Edge],
        number: int,
        done: Sequence[str],
        wish: dict[str, Any],
    ) -> Iterator[dict[str, Any]]:
        """Wider wishes with which this way is taken."""
        takes_all = self._takes_all(at)
        asked = [edge for edge in edges if not edge.is_default]
        if not asked:
            if takes_all or number == 0:
                yield wish
            return
        try:
            rules = [self.graph.rule(edge) for edge in asked]
        except LogicError:
            return
        looked_at = rules if takes_all else rules[: number + 1]
        written = candidates.constants([rule.rule for rule in looked_at])
        open_paths = {
            path: self._values_on_the_way(path, written, done)
            for path in dict.fromkeys(path for rule in looked_at for path in rule.paths)
            if path not in wish or path.partition(".")[0] not in (TICKET, *done)
        }
        for values in product(*open_paths.values()):
            self.steps -= 1
            if self.steps <= 0:
                return
            here = {**wish, **dict(zip(open_paths, values, strict=True))}
            said = [_said(rule, nested(here))[0] for rule in looked_at]
            if _is_taken(said, number, len(asked), takes_all=takes_all):
                new = {path: here[path] for path in open_paths if path not in wish}
                yield {
                    **wish,
                    **{path: one for path, one in new.items() if _is_of(path, (TICKET, *done))},
                }

    def _values_on_the_way(
        self, path: str, written: Sequence[Any], done: Sequence[str]
    ) -> Sequence[Any]:
        if path.partition(".")[0] not in (TICKET, *done):
            return [MISSING]
        shapes = self.known.shapes(path)
        if shapes is None:
            return [*written, True, candidates.ANOTHER_TEXT, 1][: candidates.MOST_VALUES]
        return candidates.values_of(shapes, written)

    def _are_possible(self, over: Sequence[str], wish: Mapping[str, Any]) -> bool:
        """Whether forms and calls can leave all of it behind."""
        by_head: dict[str, dict[str, Any]] = {}
        for path, value in wish.items():
            by_head.setdefault(path.partition(".")[0], {})[path] = value
        branches = any(task.split == Split.ALL for task in self.graph.tasks.values())
        for head, wanted in by_head.items():
            if head == TICKET:
                possible = self.known.submission(wanted) is not None
            elif head in over:
                possible = self.known.output(head, wanted) is not None
            else:
                # With branches, another one may have left something behind by then.
                possible = not branches and all(one is MISSING for one in wanted.values())
            if not possible:
                return False
        return True


def nested(answers: Answers) -> dict[str, Any]:
    """The ticket's data with these values at their paths."""
    data: dict[str, Any] = {}
    for path, value in answers.items():
        *way, last = path.split(".")
        place = data
        for name in way:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                break
        else:
            if value is not MISSING:
                place[last] = value
    return data


def _said(rule: Rule, data: Mapping[str, Any]) -> tuple[Said, str]:
    try:
        outcome = rule.evaluate_condition(data)
    except MissingValue as error:
        return Said.EMPTY, error.path or ""
    except LogicError:
        return Said.BROKEN, ""
    return (Said.YES if outcome.value else Said.NO), ""


def _is_taken(said: Sequence[Said], number: int, asked: int, *, takes_all: bool) -> bool:
    """Whether the way with this number is; the first `asked` of them have conditions."""
    if Said.EMPTY in said or Said.BROKEN in said:
        return False
    if number >= asked:  # a way without a condition
        return Said.YES not in said and (takes_all or number == asked)
    if takes_all:
        return said[number] is Said.YES
    return said[number] is Said.YES and Said.YES not in said[:number]


def _is_of(path: str, heads: Sequence[str]) -> bool:
    return path.partition(".")[0] in heads
