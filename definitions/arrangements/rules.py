"""Rules of a layout as four words: what happens, when which answer, is what, which value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from definitions import logic
from definitions.arrangements.places import AskedAt, name_in
from definitions.layouts import Effect
from definitions.schemas import JSON
from definitions.schemas.shape import Kind
from definitions.schemas.words import number as number_words

#: A rule's own condition, which four words cannot say.
OWN = "own"
SEPARATOR = ", "

EFFECTS: Mapping[str, str] = {
    Effect.SHOW.value: "Ask only when",
    Effect.HIDE.value: "Leave out when",
    Effect.ENABLE.value: "Can be answered only when",
    Effect.DISABLE.value: "Cannot be answered when",
}
TESTS: Mapping[str, str] = {
    "is": "is",
    "is_not": "is not",
    "one_of": "is one of",
    "none_of": "is none of",
    "filled": "is answered",
    "empty": "is not answered",
    "more": "is more than",
    "at_least": "is at least",
    "less": "is less than",
    "at_most": "is at most",
    "includes": "includes",
    OWN: "(a condition of its own)",
}
WITHOUT_VALUE = ("filled", "empty", OWN)
LISTS = ("one_of", "none_of")
_NUMBERS = {
    "more": "exclusiveMinimum",
    "at_least": "minimum",
    "less": "exclusiveMaximum",
    "at_most": "maximum",
}


class Unreadable(ValueError):
    """A value that cannot be meant; the text says why. `part`: of the line."""

    def __init__(self, part: str, words: str) -> None:
        self.part = part
        super().__init__(words)


@dataclass(frozen=True)
class RuleLine:
    """A rule in words; `effect` "" is no rule."""

    effect: str = ""
    when: str = ""
    test: str = ""
    value: str = ""

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> "RuleLine":
        parts = (str(line.get(name) or "") for name in ("effect", "when", "test", "value"))
        return cls(*parts)


def rule_line(rule: JSON, asked: Mapping[str, AskedAt]) -> RuleLine:
    """The words for a rule; the test is OWN where there are none for its condition."""
    if rule is None:
        return RuleLine()
    effect = str(rule.get("effect", "")) if isinstance(rule, Mapping) else ""
    if effect not in EFFECTS:
        return RuleLine(effect or "?", test=OWN)
    condition = rule.get("condition")
    found = _read(condition) if isinstance(condition, Mapping) else None
    if found is None:
        return RuleLine(effect, test=OWN)
    when, test, value = found
    text = _shown(test, value, asked.get(when))
    line = RuleLine(effect, when, test, text)
    try:
        same = when in asked and _same(_meant(line, asked[when]), value)
    except Unreadable:
        same = False
    return line if same else RuleLine(effect, test=OWN)


def rule_of(line: RuleLine, asked: Mapping[str, AskedAt]) -> JSON:
    """The rule that words mean.

    Raises:
        Unreadable.
    """
    if line.effect not in EFFECTS:
        raise Unreadable("effect", "Please choose what the rule does.")
    if line.when not in asked:
        raise Unreadable("when", "Please choose the question that decides.")
    if line.test not in TESTS or line.test == OWN:
        raise Unreadable("test", "Please choose how its answer is compared.")
    schema = _SCHEMAS[line.test](_meant(line, asked[line.when]))
    condition = {"scope": line.when, "schema": schema}
    return {"effect": line.effect, "condition": condition}


def in_words(rule: JSON, asked: Mapping[str, AskedAt]) -> str:
    """A rule as a sentence: "Ask only when “Size” is XL"."""
    line = rule_line(rule, asked)
    effect = EFFECTS.get(line.effect, "Rule")
    if line.test != OWN:
        title = asked[line.when].title
        return f"{effect} “{title}” {TESTS[line.test]} {line.value}".strip()
    condition = rule.get("condition") if isinstance(rule, Mapping) else None
    return f"{effect} {_condition_words(condition, asked)}"


def _condition_words(condition: JSON, asked: Mapping[str, AskedAt]) -> str:
    if not isinstance(condition, Mapping):
        return "its own condition holds"
    if "logic" in condition:
        labels = {
            ".".join(scope.removeprefix("#/properties/").split("/properties/")): one.title
            for scope, one in asked.items()
        }
        try:
            return logic.describe(condition["logic"], labels)
        except logic.LogicError:
            return "its own condition holds"
    parts = condition.get("conditions")
    if condition.get("type") in ("AND", "OR") and isinstance(parts, list):
        joint = f" {condition['type'].lower()} "
        return joint.join(_condition_words(part, asked) for part in parts)
    found = _read(condition)
    if found is None or found[0] not in asked:
        scope = condition.get("scope")
        return f"“{name_in(scope)}” fits its own condition" if scope else "its own condition holds"
    when, test, value = found
    return f"“{asked[when].title}” {TESTS[test]} {_shown(test, value, asked[when])}".strip()


# Reading a condition

_Found = tuple[str, str, JSON]


def _read(condition: Mapping[str, JSON]) -> _Found | None:
    if "logic" in condition or "type" in condition:
        return None
    scope = condition.get("scope")
    if not isinstance(scope, str):
        return None
    if "expectedValue" in condition:
        return scope, "is", condition["expectedValue"]
    found = _test_in(condition.get("schema"))
    return (scope, *found) if found else None


def _test_in(schema: JSON) -> tuple[str, JSON] | None:
    if not isinstance(schema, Mapping):
        return None
    if schema == {"type": "null"}:
        return "empty", None
    if schema == {"not": {"type": "null"}}:
        return "filled", None
    if set(schema) == {"not"} and isinstance(schema["not"], Mapping):
        inner = _test_in(schema["not"])
        turned = {"is": "is_not", "one_of": "none_of"}
        return (turned[inner[0]], inner[1]) if inner and inner[0] in turned else None
    if set(schema) == {"const"}:
        return "is", schema["const"]
    if set(schema) == {"enum"} and isinstance(schema["enum"], list):
        return "one_of", schema["enum"]
    return _longer_test(schema)


def _longer_test(schema: Mapping[str, JSON]) -> tuple[str, JSON] | None:
    contains = schema.get("contains")
    is_one = isinstance(contains, Mapping) and set(contains) == {"const"}
    if is_one and set(schema) == {"type", "contains"} and schema["type"] == "array":
        return "includes", schema["contains"]["const"]
    for test, keyword in _NUMBERS.items():
        if set(schema) == {"type", keyword} and schema["type"] == "number":
            return test, schema[keyword]
    return None


def _number_schema(keyword: str) -> Callable[[JSON], JSON]:
    # A missing answer is tested as null, which any limit lets through: hence the type.
    return lambda value: {"type": "number", keyword: value}


_SCHEMAS: Mapping[str, Callable[[JSON], JSON]] = {
    "is": lambda value: {"const": value},
    "is_not": lambda value: {"not": {"const": value}},
    "one_of": lambda value: {"enum": value},
    "none_of": lambda value: {"not": {"enum": value}},
    "filled": lambda _: {"not": {"type": "null"}},
    "empty": lambda _: {"type": "null"},
    "includes": lambda value: {"type": "array", "contains": {"const": value}},
    **{test: _number_schema(keyword) for test, keyword in _NUMBERS.items()},
}


# Values


def _shown(test: str, value: JSON, asked: AskedAt | None) -> str:
    if test in WITHOUT_VALUE:
        return ""
    if test in LISTS:
        entries = value if isinstance(value, list) else []
        return SEPARATOR.join(_one_shown(entry, asked) for entry in entries)
    return _one_shown(value, asked)


def _one_shown(value: JSON, asked: AskedAt | None) -> str:
    for choice in asked.choices if asked else ():
        if _same(choice.value, value):
            return choice.title
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return number_words(value) if isinstance(value, int | float) else str(value)


def _meant(line: RuleLine, asked: AskedAt) -> JSON:
    if line.test in WITHOUT_VALUE:
        return None
    text = line.value.strip()
    if not text:
        raise Unreadable("value", "Please say which answer.")
    if line.test in LISTS:
        return [_one_meant(part.strip(), asked) for part in text.split(",") if part.strip()]
    if line.test in _NUMBERS:
        return _number(text)
    return _one_meant(text, asked)


def _one_meant(text: str, asked: AskedAt) -> JSON:
    for choice in asked.choices:
        if text.casefold() in (choice.title.casefold(), str(choice.value).casefold()):
            return choice.value
    if asked.choices:
        known = SEPARATOR.join(choice.title for choice in asked.choices[:6])
        raise Unreadable("value", f"“{text}” is none of its answers: {known}.")
    if asked.shape.kind in {Kind.NUMBER, Kind.INTEGER}:
        return _number(text)
    return text


def _number(text: str) -> int | float:
    try:
        value = float(text)
    except ValueError:
        raise Unreadable("value", f"“{text}” is not a number.") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise Unreadable("value", f"“{text}” is not a number.")
    return int(text) if text.lstrip("+-").isdecimal() else value


def _same(one: JSON, other: JSON) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other) and type(one) is type(other)
