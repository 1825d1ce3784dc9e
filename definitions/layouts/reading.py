"""Reading the rules of a layout document."""

from collections.abc import Callable
from urllib.parse import unquote

from definitions import logic, schemas
from definitions.layouts.rules import Effect, Joined, LogicTest, Place, Rule, SchemaTest, Test
from definitions.schemas import JSON, steps
from definitions.schemas.problem import Path


class RuleReader:
    """Makes rules of an element; tells `wrong` where and what is wrong with one, and leaves it out.

    `find` raises LookupError for a place that the form does not have.
    """

    def __init__(self, wrong: Callable[[Path, str], None], find: Callable[[Place], object]) -> None:
        self._wrong = wrong
        self._find = find

    def rules(self, element: JSON, path: Path) -> tuple[Rule, ...]:
        rule = element.get("rule")
        if rule is None:
            return ()
        path = (*path, "rule")
        if not isinstance(rule, dict):
            self._wrong(path, "A rule is a group with an effect and a condition.")
            return ()
        effect = rule.get("effect")
        if effect not in list(Effect):
            self._wrong((*path, "effect"), f"An effect is one of {', '.join(Effect)}.")
            return ()
        test = self._test(rule.get("condition"), (*path, "condition"))
        return (Rule(Effect(effect), test),) if test else ()

    def _test(self, condition: JSON, path: Path) -> Test | None:
        if not isinstance(condition, dict):
            self._wrong(path, "A rule needs a condition.")
            return None
        if "logic" in condition:
            return self._logic_test(condition["logic"], (*path, "logic"))
        if condition.get("type") in ("AND", "OR"):
            return self._joined(condition, path)
        if "expectedValue" in condition:
            condition = {**condition, "schema": {"const": condition["expectedValue"]}}
        return self._schema_test(condition, path)

    def _logic_test(self, rule: JSON, path: Path) -> Test | None:
        try:
            return LogicTest(logic.compile_rule(rule))
        except logic.RuleError as error:
            for wrong in error.problems:
                self._wrong((*path, *steps(wrong.place)), wrong.words)
            return None

    def _joined(self, condition: JSON, path: Path) -> Test | None:
        parts = condition.get("conditions")
        if not isinstance(parts, list) or not parts:
            self._wrong((*path, "conditions"), "AND and OR need a list of conditions.")
            return None
        tests = [
            self._test(part, (*path, "conditions", number)) for number, part in enumerate(parts)
        ]
        if None in tests:
            return None
        return Joined(tuple(test for test in tests if test), condition["type"] == "AND")

    def _schema_test(self, condition: JSON, path: Path) -> Test | None:
        place = () if condition.get("scope") == "#" else place_of(condition.get("scope"))
        if place is None:
            self._wrong((*path, "scope"), "A condition needs a scope, or logic.")
            return None
        if place:
            try:
                self._find(place)
            except LookupError:
                self._wrong((*path, "scope"), f"The form has no “{condition['scope']}”.")
                return None
        if "schema" not in condition:
            self._wrong((*path, "schema"), "A condition with a scope needs a schema.")
            return None
        wrong = schemas.schema_problems(condition["schema"])
        for problem in wrong:
            self._wrong((*path, "schema", *steps(problem.path)), problem.message)
        if wrong:
            return None
        fails = condition.get("failWhenUndefined") is True
        return SchemaTest(place, condition["schema"], fails)


def place_of(scope: JSON) -> Place | None:
    """("a", "b") for "#/properties/a/properties/b"."""
    if not isinstance(scope, str) or not scope.startswith("#/"):
        return None
    parts = steps(unquote(scope[1:]))
    if len(parts) % 2 or any(part != "properties" for part in parts[::2]):
        return None
    return parts[1::2]
