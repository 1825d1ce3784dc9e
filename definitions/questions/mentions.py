"""Names of questions in what a form says about its own answers: `if`, `dependentRequired`, ….

`properties` and `required` of the form itself are its questions, and not meant here.
"""

from collections.abc import Iterator, Mapping

from definitions.schemas.problem import JSON

_SAME_PLACE_ONE = ("if", "then", "else", "not")
_SAME_PLACE_MANY = ("allOf", "anyOf", "oneOf")


def renamed_in(schema: JSON, names: Mapping[str, str]) -> JSON:
    """The same, with the new names in it."""
    if not isinstance(schema, Mapping):
        return schema
    made = dict(schema)
    for keyword in _SAME_PLACE_ONE:
        if keyword in made:
            made[keyword] = _renamed(made[keyword], names)
    for keyword in _SAME_PLACE_MANY:
        if isinstance(made.get(keyword), list):
            made[keyword] = [_renamed(one, names) for one in made[keyword]]
    if isinstance(made.get("dependentRequired"), Mapping):
        made["dependentRequired"] = {
            names.get(name, name): _listed(others, names)
            for name, others in made["dependentRequired"].items()
        }
    if isinstance(made.get("dependentSchemas"), Mapping):
        made["dependentSchemas"] = {
            names.get(name, name): _renamed(inner, names)
            for name, inner in made["dependentSchemas"].items()
        }
    return made


def _renamed(schema: JSON, names: Mapping[str, str]) -> JSON:
    if not isinstance(schema, Mapping):
        return schema
    made = dict(renamed_in(schema, names))
    if isinstance(made.get("properties"), Mapping):
        made["properties"] = {
            names.get(name, name): inner for name, inner in made["properties"].items()
        }
    if "required" in made:
        made["required"] = _listed(made["required"], names)
    return made


def _listed(entries: JSON, names: Mapping[str, str]) -> JSON:
    if not isinstance(entries, list):
        return entries
    return [names.get(one, one) if isinstance(one, str) else one for one in entries]


def mentioned_in(schema: JSON) -> Iterator[str]:
    """Names that a form's own conditions mention."""
    if not isinstance(schema, Mapping):
        return
    for keyword in _SAME_PLACE_ONE:
        yield from _mentioned(schema.get(keyword))
    for keyword in _SAME_PLACE_MANY:
        for one in schema.get(keyword) or ():
            yield from _mentioned(one)
    for keyword in ("dependentRequired", "dependentSchemas"):
        inside = schema.get(keyword)
        yield from inside if isinstance(inside, Mapping) else ()


def _mentioned(schema: JSON) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        return
    yield from schema.get("properties") or ()
    yield from (name for name in schema.get("required") or () if isinstance(name, str))
    yield from mentioned_in(schema)
