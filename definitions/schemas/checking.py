"""Whether a value is what a schema asks for (JSON Schema 2020-12, by jsonschema-rs)."""

from collections.abc import Iterator
from itertools import islice

import jsonschema_rs

from definitions.schemas.problem import JSON, Path, Problem, UnusableSchema, pointer
from definitions.schemas.safety import expanded_size, schema_problems
from definitions.schemas.shelf import Shelf
from definitions.schemas.storable import Survey
from definitions.schemas.walking import at
from definitions.schemas.words import FILL_IN, words_for

#: What is wrong according to one of several possibilities.
_Branch = list[jsonschema_rs.ValidationError]

#: Linear in the text, whatever the pattern: no look-around, no back reference.
LINEAR_REGEX = jsonschema_rs.RegexOptions(size_limit=1_000_000, dfa_size_limit=2_000_000)

MOST_PROBLEMS = 200
#: Places of the value times places of the schema: about two seconds of work at the worst.
MOST_WORK = 20_000_000
#: Compiled schemas kept; the oldest goes first.
MOST_CHECKERS = 256


def problems(schema: JSON, value: JSON) -> list[Problem]:
    """Why `value` is not what `schema` asks for; empty if it is. What passes can also be stored.

    Formats are asserted. References leave the schema never.

    Raises:
        UnusableSchema: `schema` is wrong, unsafe or too large itself.
    """
    return checker(schema).problems(value)


class Checker:
    """A compiled schema."""

    def __init__(self, schema: JSON) -> None:
        wrong = schema_problems(schema)
        if wrong:
            raise UnusableSchema(wrong)
        self.schema = schema
        self._size = expanded_size(schema)
        try:
            self._validator = jsonschema_rs.Draft202012Validator(
                schema, validate_formats=True, pattern_options=LINEAR_REGEX, offline=True
            )
        except ValueError as error:  # what schema_problems should have found; never a 500
            raise UnusableSchema([Problem("", "This is not a usable schema.", "schema")]) from error
        self._parts: jsonschema_rs.ValidatorMap | None = None

    def problems(self, value: JSON) -> list[Problem]:
        survey = Survey(value)
        if survey.problems:
            return survey.problems
        if (survey.places + survey.characters // 64) * self._size > MOST_WORK:
            return [Problem("", "Too much in one go. Please send less at once.", "storable")]
        found: dict[tuple[str, str], Problem] = {}
        for error in islice(self._validator.iter_errors(value), MOST_PROBLEMS):
            for problem in self._explain(error):
                found.setdefault((problem.path, problem.message), problem)
        return list(found.values())

    def accepts(self, value: JSON) -> bool:
        """Whether a value that is known to be storable is valid."""
        return self._validator.is_valid(value)

    def part_accepts(self, place: Path, value: JSON) -> bool:
        """Whether the schema at `place` of this one (an `if`, say) accepts `value`."""
        if self._parts is None:
            self._parts = jsonschema_rs.validator_map_for(
                self.schema, validate_formats=True, pattern_options=LINEAR_REGEX, offline=True
            )
        return self._parts["#" + pointer(place)].is_valid(value)

    def _explain(self, error: jsonschema_rs.ValidationError) -> Iterator[Problem]:
        kind = error.kind
        path = tuple(error.instance_path)
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
            yield Problem(pointer((*path, kind.property)), FILL_IN, "required")
        elif isinstance(
            kind,
            jsonschema_rs.ValidationErrorKind.AdditionalProperties
            | jsonschema_rs.ValidationErrorKind.UnevaluatedProperties,
        ):
            names = ", ".join(f"“{name}”" for name in kind.unexpected[:5])
            yield Problem(pointer(path), f"Nobody asked for {names} here.", kind.name)
        elif isinstance(kind, jsonschema_rs.ValidationErrorKind.PropertyNames):
            words = f"A name here is not possible: {kind.error.message}."
            yield Problem(pointer(path), words, kind.name)
        elif isinstance(
            kind,
            jsonschema_rs.ValidationErrorKind.AnyOf
            | jsonschema_rs.ValidationErrorKind.OneOfNotValid,
        ):
            yield from self._explain_choice(error, kind.context)
        else:
            yield Problem(pointer(path), self._words(error), kind.name)

    def _explain_choice(
        self,
        error: jsonschema_rs.ValidationError,
        branches: list[_Branch],
    ) -> Iterator[Problem]:
        """The problems of the possibility that was most likely meant, if one stands out."""
        path = tuple(error.instance_path)
        constants = [
            only.kind.expected_value
            for branch in branches
            for only in branch[:1]
            if len(branch) == 1
            and len(only.instance_path) == len(path)
            and isinstance(only.kind, jsonschema_rs.ValidationErrorKind.Constant)
        ]
        if constants and len(constants) == len(branches):
            yield Problem(pointer(path), words_for("enum", constants, error.instance), "enum")
            return
        meant = _most_likely(branches, len(path))
        if meant is None:
            yield Problem(pointer(path), words_for("anyOf", None, error.instance), error.kind.name)
            return
        for inner in meant:
            yield from self._explain(inner)

    def _words(self, error: jsonschema_rs.ValidationError) -> str:
        kind = error.kind
        place = tuple(error.schema_path)
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.Contains):
            return self._words_for_contains(place)
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.OneOfMultipleValid):
            return words_for("oneOfMultiple", None, error.instance)
        limit = next(iter(kind.as_dict().values()), None)
        words = words_for(kind.name, limit, error.instance)
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.Pattern) and words != FILL_IN:
            return words + self._example(place[:-1])
        return words

    def _words_for_contains(self, place: Path) -> str:
        """Forms say "this box must be ticked" as `contains: {const: its text}`."""
        try:
            wanted = at(self.schema, place)["const"]
        except (LookupError, TypeError):
            return words_for("contains", None, [])
        return f"“{wanted}” must be chosen."

    def _example(self, place: Path) -> str:
        try:
            example = at(self.schema, place)["examples"][0]
        except (LookupError, TypeError):
            return ""
        return f" For example: {example}" if isinstance(example, str | int | float) else ""


def _most_likely(branches: list[_Branch], depth: int) -> _Branch | None:
    """The possibility that fails least: not by its type, not by a constant that names it.

    None if two fail alike: then nobody knows what was meant.
    """

    def distance(branch: _Branch) -> tuple[int, int]:
        kinds = jsonschema_rs.ValidationErrorKind
        wrong_kind = any(
            len(error.instance_path) == depth and isinstance(error.kind, kinds.Type)
            for error in branch
        )
        wrong_name = any(isinstance(error.kind, kinds.Constant | kinds.Enum) for error in branch)
        return 2 * wrong_kind + wrong_name, len(branch)

    ranked = sorted(branches, key=distance)
    if not ranked or distance(ranked[0])[0] >= 2:
        return None
    if len(ranked) > 1 and distance(ranked[0]) == distance(ranked[1]):
        return None
    return ranked[0]


def checker(schema: JSON) -> Checker:
    """The compiled schema; the same content is compiled only once.

    Raises:
        UnusableSchema: `schema` is wrong, unsafe or too large.
    """
    try:
        return _shelf.get(schema, Checker)
    except UnusableSchema:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        wrong = schema_problems(schema) or [Problem("", "This is not a usable schema.", "schema")]
        raise UnusableSchema(wrong) from error


_shelf: Shelf[Checker] = Shelf(MOST_CHECKERS)
