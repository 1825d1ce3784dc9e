"""Finding one's way in a schema: its sub-schemas, and what its local references point to."""

from collections.abc import Iterator
from urllib.parse import unquote

from definitions.schemas.problem import JSON, Path, steps

#: Keywords whose value is one schema, a list of schemas, or schemas by name (draft 2020-12).
ONE = (
    "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
LIST = ("allOf", "anyOf", "oneOf", "prefixItems")
BY_NAME = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")
#: Only a place to keep schemas: they say nothing until something refers to them.
SHELVES = ("$defs", "definitions")

#: In how many steps a chain of references has to arrive.
LONGEST_CHAIN = 40


def subschemas(schema: JSON) -> Iterator[tuple[Path, JSON]]:
    """The schemas directly inside `schema`, each with the way to it."""
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        if keyword in ONE:
            yield (keyword,), value
        elif keyword in LIST and isinstance(value, list):
            for number, entry in enumerate(value):
                yield (keyword, number), entry
        elif keyword in BY_NAME and isinstance(value, dict):
            for name, entry in value.items():
                yield (keyword, name), entry


def local_target(reference: JSON) -> Path | None:
    """("$defs", "a") for "#/$defs/a"; None for one that leaves the document or uses an anchor."""
    if reference == "#":
        return ()
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return None
    return steps(unquote(reference[1:]))


def at(document: JSON, path: Path) -> JSON:
    """What is at `path`; raises LookupError where there is nothing."""
    node = document
    for step in path:
        if isinstance(node, dict):
            node = node[step]
        elif isinstance(node, list):
            node = node[int(step) if str(step).isdecimal() else len(node)]
        else:
            raise LookupError(path)
    return node


def unfolded(document: JSON, path: Path) -> JSON:
    """The schema at `path` with local references replaced by what they refer to.

    For documents without circles only.
    """
    node = at(document, path)
    if not isinstance(node, dict):
        return node
    copy: dict[str, JSON] = {}
    for keyword, value in node.items():
        here = (*path, keyword)
        if keyword in ONE:
            copy[keyword] = unfolded(document, here)
        elif keyword in LIST:
            copy[keyword] = [unfolded(document, (*here, number)) for number in range(len(value))]
        elif keyword in BY_NAME and keyword not in SHELVES:
            copy[keyword] = {name: unfolded(document, (*here, name)) for name in value}
        elif keyword != "$ref" and keyword not in SHELVES:
            copy[keyword] = value
    target = local_target(node.get("$ref"))
    if target is not None:
        copy["allOf"] = [*copy.get("allOf", ()), unfolded(document, target)]
    return copy
