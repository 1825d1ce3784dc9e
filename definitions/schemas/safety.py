"""Whether a schema may be used at all: valid, local, finite, and cheap to check.

Definitions are written by strangers. A reference must not fetch anything, a pattern must not
backtrack, and a few hundred bytes must not unfold to a billion checks.
"""

from collections.abc import Iterator
from functools import cache
from itertools import islice

import jsonschema_rs

from definitions.schemas.problem import JSON, Path, Problem, pointer
from definitions.schemas.storable import Limits, check_storable
from definitions.schemas.walking import LONGEST_CHAIN, SHELVES, at, local_target, subschemas
from definitions.schemas.words import TYPES, words_for

DRAFT = "https://json-schema.org/draft/2020-12/schema"

SIZES = Limits(depth=40, places=20_000, text=65_536, characters=512_000)
#: Places after every reference has been replaced by what it refers to.
MOST_EXPANDED = 20_000
#: Questions one form may ask, those in lists counted once.
MOST_PROPERTIES = 1_000
MOST_PROBLEMS = 50

#: Keywords that make a reference mean something else than its text says.
NO_SUCH_REFERENCES = ("$dynamicRef", "$recursiveRef", "$dynamicAnchor", "$recursiveAnchor")


def schema_problems(schema: JSON) -> list[Problem]:
    """Why `schema` cannot be used; empty if it can. Each with its place in the schema."""
    wrong = check_storable(schema, SIZES)
    if wrong:
        return wrong
    if not isinstance(schema, dict | bool):
        return [Problem("", "A schema is a group of keywords.", "type")]
    found = list(islice(_everything(schema), MOST_PROBLEMS))
    return list({(problem.path, problem.message): problem for problem in found}.values())


def expanded_size(schema: JSON) -> int:
    """Places of a good schema with every reference replaced by what it refers to."""
    return _Expansion(schema).measure().size


def _everything(schema: JSON) -> Iterator[Problem]:
    yield from _breaks_the_rules(schema)
    for path, node in _all_places(schema):
        yield from _is_unsafe(schema, path, node)
    yield from _Expansion(schema).measure().problems


def _breaks_the_rules(schema: JSON) -> Iterator[Problem]:
    """What the meta-schema of the draft says."""
    declared = schema.get("$schema", DRAFT) if isinstance(schema, dict) else DRAFT
    if not isinstance(declared, str) or declared.rstrip("#") != DRAFT:
        yield Problem("/$schema", f"Only {DRAFT} is understood. Leave “$schema” out.", "$schema")
    for error in _meta_schema().iter_errors(schema):
        path = tuple(error.instance_path)
        if path == ("$schema",):
            continue
        yield Problem(pointer(path), _words_for_authors(error, path), error.kind.name)


@cache
def _meta_schema() -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator({"$ref": DRAFT}, offline=True)


def _words_for_authors(error: jsonschema_rs.ValidationError, path: Path) -> str:
    keyword = path[-1] if path else ""
    if keyword == "type" and error.instance != []:
        given = error.instance if isinstance(error.instance, list) else [error.instance]
        wrong = [name for name in given if name not in list(TYPES)] or given
        return f"{_shown(wrong[0])} is not a type. Types are {', '.join(TYPES)}."
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Type):
        wanted = " or ".join(error.kind.types)
        if {"object", "boolean"} == set(error.kind.types):
            return f"A schema must be here, not {_shown(error.instance)}."
        return f"“{keyword}” takes a value of type {wanted}, not {_shown(error.instance)}."
    limit = next(iter(error.kind.as_dict().values()), None)
    return f"“{keyword}”: {words_for(error.kind.name, limit, error.instance)}"


def _shown(value: JSON) -> str:
    text = str(value)
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"


def _all_places(schema: JSON) -> Iterator[tuple[Path, JSON]]:
    """Every schema in the document, and every place that a reference makes a schema of."""
    seen: set[Path] = set()
    waiting: list[tuple[Path, JSON]] = [((), schema)]
    while waiting:
        path, node = waiting.pop()
        if path in seen or not isinstance(node, dict):
            continue
        seen.add(path)
        yield path, node
        waiting.extend(((*path, *way), inner) for way, inner in subschemas(node))
        target = local_target(node.get("$ref"))
        if target is not None:
            try:
                waiting.append((target, at(schema, target)))
            except LookupError:
                continue


def _is_unsafe(schema: JSON, path: Path, node: JSON) -> Iterator[Problem]:
    if "$ref" in node:
        yield from _is_bad_reference(schema, (*path, "$ref"), node["$ref"])
    for keyword in NO_SUCH_REFERENCES:
        if keyword in node:
            yield Problem(
                pointer((*path, keyword)), f"“{keyword}” is not understood; use “$ref”.", keyword
            )
    if path and "$id" in node:
        yield Problem(pointer((*path, "$id")), "“$id” may only stand at the top.", "$id")
    if path and node.get("$schema", DRAFT) != DRAFT:
        yield Problem(
            pointer((*path, "$schema")), "One schema, one draft: leave it out.", "$schema"
        )
    if isinstance(node.get("pattern"), str):
        yield from _is_bad_pattern((*path, "pattern"), node["pattern"])
    if isinstance(node.get("patternProperties"), dict):
        for pattern in node["patternProperties"]:
            yield from _is_bad_pattern((*path, "patternProperties", pattern), pattern)


def _is_bad_reference(schema: JSON, path: Path, reference: JSON) -> Iterator[Problem]:
    target = local_target(reference)
    if target is None:
        yield Problem(
            pointer(path),
            f"Only references inside this schema are possible (“#/…”), not {_shown(reference)}.",
            "$ref",
        )
        return
    try:
        node = at(schema, target)
    except LookupError:
        yield Problem(pointer(path), f"There is nothing at {_shown(reference)}.", "$ref")
        return
    if not isinstance(node, dict | bool):
        yield Problem(pointer(path), f"There is no schema at {_shown(reference)}.", "$ref")


def _is_bad_pattern(path: Path, pattern: str) -> Iterator[Problem]:
    if not _is_linear(pattern):
        yield Problem(
            pointer(path),
            f"The pattern {_shown(pattern)} cannot be used: it is wrong, too large, or looks "
            "ahead, behind or back at a group.",
            "pattern",
        )


def _is_linear(pattern: str) -> bool:
    # Compiled as it will be for the check, with the engine that never backtracks.
    try:
        jsonschema_rs.Draft202012Validator(
            {"pattern": pattern},
            pattern_options=jsonschema_rs.RegexOptions(size_limit=1_000_000),
            offline=True,
        )
    except ValueError:
        return False
    return True


class _Expansion:
    """How large and how deep a schema is once its references are followed; finds circles."""

    def __init__(self, schema: JSON) -> None:
        self._schema = schema
        self._done: dict[Path, tuple[int, int]] = {}
        self._open: set[Path] = set()
        self.problems: list[Problem] = []
        self.size = 0

    def measure(self) -> "_Expansion":
        self.size, properties = self._sizes((), self._schema, 0)
        # What lies on a shelf unused may still hold a circle.
        for path, node in _all_places(self._schema):
            if not self.problems:
                self._sizes(path, node, 0)
        if not self.problems and self.size > MOST_EXPANDED:
            self._add((), f"Too large: more than {MOST_EXPANDED:,} places once unfolded.", "size")
        elif not self.problems and properties > MOST_PROPERTIES:
            self._add(
                (), f"Too many questions: {properties:,}; at most {MOST_PROPERTIES:,}.", "size"
            )
        return self

    def _sizes(self, path: Path, node: JSON, depth: int) -> tuple[int, int]:
        """Places and properties of `node`; a sum only, so 2^29 of them cost nothing."""
        if path in self._done:
            return self._done[path]
        if not isinstance(node, dict) or self.problems:
            return 1, 0
        if path in self._open:
            self._add(path, "This refers to itself, so it would never end.", "$ref")
            return 1, 0
        if depth > LONGEST_CHAIN:
            self._add(path, f"Nested deeper than {LONGEST_CHAIN} levels.", "depth")
            return 1, 0
        self._open.add(path)
        size, properties = 1, 0
        for way, inner in self._followed(path, node):
            more, questions = self._sizes(way, inner, depth + 1)
            size += more
            properties += questions
        named = node.get("properties")
        properties += len(named) if isinstance(named, dict) else 0
        self._open.discard(path)
        self._done[path] = size, properties
        return size, properties

    def _followed(self, path: Path, node: JSON) -> Iterator[tuple[Path, JSON]]:
        for way, inner in subschemas(node):
            if way[0] not in SHELVES:
                yield (*path, *way), inner
        target = local_target(node.get("$ref"))
        if target is not None:
            try:
                yield target, at(self._schema, target)
            except LookupError:
                return

    def _add(self, path: Path, message: str, keyword: str) -> None:
        self.problems.append(Problem(pointer(path), message, keyword))
