"""Required questions that a layout does not always ask."""

from collections.abc import Callable, Iterator, Mapping

from definitions import schemas
from definitions.layouts.rules import Effect, Place, Rule, SchemaTest
from definitions.layouts.tree import Control, Layout
from definitions.schemas import JSON, Problem, pointer
from definitions.schemas.problem import Path
from definitions.schemas.shape import Kind, Shape

_NEVER = "hidden-always"
_SOMETIMES = "hidden-required"

_Find = Callable[[Place], Shape | None]


def never_asked(layout: Layout, at: Mapping[Place, Path], find: _Find) -> Iterator[Problem]:
    """Questions whose rule can never hold: nobody will ever be asked. Those that are required are
    told: whatever comes after counts on them.
    """
    for control in _required(layout):
        if any(_hides_always(rule, find) for rule in control.rules):
            words = (
                f"“{control.title}” is required, and its rule always hides it: it is never asked."
            )
            yield Problem(pointer(at.get(control.place, ())), words, _NEVER)


def not_always_asked(layout: Layout, at: Mapping[Place, Path], find: _Find) -> Iterator[Problem]:
    """A hidden question is not required, so its answer can be missing later."""
    for control in _required(layout):
        own = [rule for rule in control.rules if _can_hide(rule)]
        if own and not any(_hides_always(rule, find) for rule in own):
            words = (
                f"“{control.title}” is required, and a rule can hide it: then nobody is asked, and "
                "its answer is missing in what comes after."
            )
            yield Problem(pointer(at.get(control.place, ())), words, _SOMETIMES)
        elif control.options.get("readonly") is True and control.shape.get("default") is None:
            words = f"“{control.title}” is required, and nobody can fill it in."
            yield Problem(pointer(at.get(control.place, ())), words, _SOMETIMES)


def _required(layout: Layout) -> Iterator[Control]:
    return (control for control in layout.controls() if control.required and control.place)


def _can_hide(rule: Rule) -> bool:
    """Only what the layout says: a schema that asks by occasion (`if`) means it."""
    return rule.effect in (Effect.SHOW, Effect.HIDE) and not rule.is_of_schema


def _hides_always(rule: Rule, find: _Find) -> bool:
    """As far as it can be told: it waits for an answer that the question does not offer."""
    test = rule.test
    if rule.effect is not Effect.SHOW or not isinstance(test, SchemaTest) or not test.place:
        return False
    shape = find(test.place)
    possible = _answers(shape) if shape is not None else None
    if possible is None:
        return False
    checker = schemas.checker(test.schema)
    missing = not test.missing_fails and checker.accepts(None)
    return not missing and not any(checker.accepts(answer) for answer in possible)


def _answers(shape: Shape) -> list[JSON] | None:
    """Every answer that is possible; None if there are too many to look at."""
    if shape.kind is Kind.BOOLEAN:
        return [True, False]
    if shape.kind in {Kind.CHOICE, Kind.CONSTANT, Kind.AGREE}:
        return [choice.value for choice in shape.choices or ()]
    return None
