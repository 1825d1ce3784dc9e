"""Forms: JSON Schemas, and the fields of a workflow, question by question, however deep."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from definitions.differences.values import (
    MISSING,
    changed,
    is_moved,
    listed,
    mapping,
    same,
    sequence,
    shown,
)
from definitions.schemas import JSON

_CALLED = {
    "type": "kind",
    "title": "name",
    "description": "help",
    "default": "usual answer",
    "format": "format",
    "placeholder": "example",
    "const": "the only answer",
    "minLength": "shortest",
    "maxLength": "longest",
    "minimum": "smallest",
    "maximum": "largest",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "multipleOf": "steps of",
    "pattern": "pattern",
    "minItems": "least entries",
    "maxItems": "most entries",
    "uniqueItems": "each entry once",
    "minProperties": "least values",
    "maxProperties": "most values",
    "additionalProperties": "further values",
    "readOnly": "only to be read",
    "examples": "examples",
}
_KINDS = {
    "string": "text", "integer": "whole number", "number": "number", "boolean": "yes or no",
    "array": "list", "object": "group", "null": "nothing",
}  # fmt: skip
_CHOICES = ("enum", "choices")
#: Words whose values are schemas, or lists or groups of them, with what stands for each.
_INSIDE = {
    "items": "each entry",
    "contains": "one of the entries",
    "not": "what must not be",
    "if": "the condition",
    "then": "where the condition is met",
    "else": "where the condition is not met",
    "propertyNames": "the names of values",
    "unevaluatedProperties": "all further values",
    "unevaluatedItems": "all further entries",
    "additionalProperties": "further values",
}
_ALTERNATIVES = {
    "allOf": ("rule", "rules"), "anyOf": ("possibility", "possibilities"),
    "oneOf": ("possibility", "possibilities"), "prefixItems": ("entry", "entries"),
}  # fmt: skip
_NAMED = {
    "$defs": "part", "definitions": "part", "patternProperties": "values named like",
    "dependentSchemas": "rules that come with",
}  # fmt: skip
_FRAME = ("properties", "required", "dependentRequired")


@dataclass(frozen=True, slots=True)
class _Where:
    """Where in a form one is. `word`: what its properties are called, `path`: the question that
    they belong to, `about`: what a rule here is about.
    """

    word: str
    path: str
    about: str

    def at(self, name: str, entry: JSON) -> str:
        return _place(self.path, name, entry)

    def question(self, name: str, entry: JSON) -> str:
        return f"{self.word} {self.at(name, entry)}"

    def inside(self, what: str) -> "_Where":
        return replace(self, about=f"{self.about}, {what}")


def form_changes(old: JSON, new: JSON, word: str = "question") -> Iterator[str]:
    """What differs between two forms; `word` is what their properties are called."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        yield from changed("form", old, new)
        return
    yield from _group(old, new, _Where(word, "", "the form"))


def titles_in(schema: JSON) -> list[str]:
    """What a form asks, by name."""
    asked = mapping(mapping(schema).get("properties"))
    return [_quoted(name, entry) for name, entry in asked.items()]


def field_changes(old: Sequence[JSON], new: Sequence[JSON], word: str = "field") -> Iterator[str]:
    """The same for fields, which are a list with names."""
    yield from _fields(old, new, _Where(word, "", ""))


def _fields(old: JSON, new: JSON, where: _Where) -> Iterator[str]:
    was, now = _by_name(old), _by_name(new)
    required = [{name for name, one in side.items() if _must(one)} for side in (was, now)]
    yield from _members(was, now, where, *required)


def _group(old: Mapping[str, JSON], new: Mapping[str, JSON], where: _Where) -> Iterator[str]:
    """A schema of a group: its questions, then its own rules."""
    was, now = mapping(old.get("properties")), mapping(new.get("properties"))
    before, after = _names(old.get("required")), _names(new.get("required"))
    yield from _members(was, now, where, before, after)
    for name in sorted(before ^ after):
        if name not in was and name not in now:
            must = "must be there" if name in after else "need not be there any more"
            yield f"{where.at(name, None)} {must}"
    yield from _dependent(old.get("dependentRequired"), new.get("dependentRequired"), where)
    yield from _own_rules(old, new, where, but=_FRAME)


def _members(
    was: Mapping[str, JSON],
    now: Mapping[str, JSON],
    where: _Where,
    before: Collection[str],
    after: Collection[str],
) -> Iterator[str]:
    """Questions that came, went or changed; `before` and `after`: those that must be answered."""
    for name, entry in now.items():
        if name not in was:
            must = ", which must be answered" if name in after else ""
            yield f"{where.question(name, entry)} added{_kind_in_words(entry)}{must}"
            continue
        if (name in before) != (name in after):
            how = "became required" if name in after else "is no longer required"
            yield f"{where.question(name, entry)} {how}"
        yield from _question(was[name], entry, where, name)
    for name, entry in was.items():
        if name not in now:
            yield f"{where.question(name, entry)} removed"
    if is_moved(list(was), list(now)):
        of = f" of {where.path}" if where.path else ""
        names = listed([_quoted(name, entry) for name, entry in now.items()])
        yield f"{where.word}s{of} in another order: {names}"


def _question(old: JSON, new: JSON, where: _Where, name: str) -> Iterator[str]:
    deeper = _Where(where.word, where.at(name, new), where.question(name, new))
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        yield from changed(deeper.about, old, new)
        return
    if old.get("title") != new.get("title"):
        yield f"{where.question(name, old)} is now called {_quoted(name, new)}"
    # A field says by a flag that it must be answered; a group which of its own must be.
    but = ["name", "title"]
    but += ["required"] if isinstance(new.get("required", old.get("required")), bool) else []
    was, now = _without(old, but), _without(new, but)
    if "properties" in was or "properties" in now:
        yield from _group(was, now, deeper)
    else:
        yield from _own_rules(was, now, deeper)


def _own_rules(
    old: Mapping[str, JSON], new: Mapping[str, JSON], where: _Where, but: Sequence[str] = ()
) -> Iterator[str]:
    """Everything of a schema but its questions."""
    for name in dict.fromkeys([*old, *new]):
        was, now = old.get(name, MISSING), new.get(name, MISSING)
        if name in but or (was is not MISSING and now is not MISSING and _equal(was, now)):
            continue
        yield from _rule(name, was, now, where)


def _rule(name: str, was: JSON, now: JSON, where: _Where) -> Iterator[str]:
    if name in _CHOICES or _are_titled(name, was, now):
        yield from _choices(where.about, was, now)
    elif name == "fields":
        yield from _fields(was, now, where)
    elif name in _ALTERNATIVES:
        yield from _listed_parts(was, now, where, *_ALTERNATIVES[name])
    elif name in _NAMED:
        yield from _named_parts(was, now, where, _NAMED[name])
    elif name in _INSIDE and not isinstance(was, bool) and not isinstance(now, bool):
        yield from _inside(was, now, where, _INSIDE[name])
    else:
        called = _CALLED.get(name, f"“{name}”")
        say = _kind if name == "type" else shown
        yield from (f"{where.about}: {told}" for told in changed(called, was, now, say))


def _inside(was: JSON, now: JSON, where: _Where, called: str) -> Iterator[str]:
    """A schema within another."""
    if was is MISSING or now is MISSING:
        yield f"{where.about}: rules for {called} {'added' if was is MISSING else 'removed'}"
    elif isinstance(was, Mapping) and isinstance(now, Mapping):
        deeper = where.inside(called)
        yield from list(_group(was, now, deeper)) or [f"{deeper.about} changed"]
    else:
        yield f"{where.about}: {called} changed"


def _listed_parts(was: JSON, now: JSON, where: _Where, one: str, many: str) -> Iterator[str]:
    before, after = sequence(was), sequence(now)
    for number, (old, new) in enumerate(zip(before, after, strict=False), 1):
        if not _equal(old, new):
            yield from _inside(old, new, where, f"{one} {number}")
    if more := len(after) - len(before):
        count = f"1 {one}" if abs(more) == 1 else f"{abs(more)} {many}"
        yield f"{where.about}: {count} {'added' if more > 0 else 'removed'}"


def _named_parts(was: JSON, now: JSON, where: _Where, called: str) -> Iterator[str]:
    before, after = mapping(was), mapping(now)
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, MISSING), after.get(name, MISSING)
        if old is MISSING or new is MISSING or not _equal(old, new):
            yield from _inside(old, new, where, f"{called} “{name}”")


def _dependent(was: JSON, now: JSON, where: _Where) -> Iterator[str]:
    before, after = mapping(was), mapping(now)
    for name in dict.fromkeys([*before, *after]):
        if not same(before.get(name), after.get(name)):
            needed = listed([f"“{one}”" for one in sorted(_names(after.get(name)))])
            yield f"whoever answers {where.at(name, None)} must also answer: {needed}"


# --- choices --------------------------------------------------------------------------------------


def _are_titled(name: str, was: JSON, now: JSON) -> bool:
    """`oneOf` of constants is a list of choices with names."""
    parts = [*sequence(was), *sequence(now)]
    return name == "oneOf" and bool(parts) and all("const" in mapping(one) for one in parts)


def _choices(about: str, was: JSON, now: JSON) -> Iterator[str]:
    before, after = _by_value(was), _by_value(now)
    if was is MISSING or now is MISSING:
        what = f"now {listed(list(after.values()))}" if was is MISSING else "no longer limited"
        yield f"{about}: choices {what}"
        return
    if added := [word for key, word in after.items() if key not in before]:
        yield f"{about}: {_choice(added)} {listed(added)} added"
    if gone := [word for key, word in before.items() if key not in after]:
        yield f"{about}: {_choice(gone)} {listed(gone)} removed"
    for key, word in after.items():
        if key in before and before[key] != word:
            yield f"{about}: choice {before[key]} is now called {word}"
    if is_moved(list(before), list(after)):
        yield f"{about}: choices in another order"
    elif before == after:
        yield f"{about}: choices changed"


def _choice(words: Sequence[str]) -> str:
    return "choice" if len(words) == 1 else "choices"


def _by_value(parts: JSON) -> dict[str, str]:
    """What a choice stands for -> its name, as it is shown."""
    found: dict[str, str] = {}
    for part in sequence(parts):
        if isinstance(part, Mapping):
            value = part.get("const", part.get("value"))
            found[repr(value)] = shown(part.get("title", value))
        else:
            found[repr(part)] = shown(part)
    return found


# --- words ----------------------------------------------------------------------------------------


def _place(path: str, name: str, entry: JSON) -> str:
    own = _quoted(name, entry)
    return f"{own} of {path}" if path else own


def _quoted(name: str, entry: JSON) -> str:
    return f"“{_name(name, entry)}”"


def _name(name: str, entry: JSON) -> str:
    title = mapping(entry).get("title")
    return title if isinstance(title, str) and title else name


def _kind(kind: JSON) -> str:
    return _KINDS.get(kind, kind) if isinstance(kind, str) else shown(kind)


def _kind_in_words(entry: JSON) -> str:
    kind = mapping(entry).get("type")
    return f" ({_kind(kind)})" if isinstance(kind, str) else ""


def _must(entry: JSON) -> bool:
    return mapping(entry).get("required") is True


def _names(value: JSON) -> set[str]:
    return {str(one) for one in sequence(value)}


def _by_name(fields: JSON) -> dict[str, Mapping[str, JSON]]:
    return {str(one.get("name")): one for one in map(mapping, sequence(fields))}


def _without(entry: Mapping[str, JSON], names: Collection[str]) -> dict[str, JSON]:
    return {name: value for name, value in entry.items() if name not in names}


def _equal(old: JSON, new: JSON) -> bool:
    """The order of questions is a difference; that of other names is none."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(
            _equal(old[name], new[name])
            and (name != "properties" or list(mapping(old[name])) == list(mapping(new[name])))
            for name in old
        )
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_equal, old, new))
    return same(old, new)
