"""What a validation error means, in words for the person who fills in the form."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from definitions.schemas.problem import JSON

FILL_IN = "Please fill this in."

#: Up to so many allowed answers are listed in the message.
MOST_LISTED = 6

TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "yes or no",
    "array": "a list",
    "object": "a group of answers",
    "null": "empty",
}

FORMATS = {
    "date": "Please give a day that exists, like 2026-11-30.",
    "date-time": "Please give a day and a time, like 2026-11-30 14:30.",
    "time": "Please give a time, like 14:30.",
    "duration": "Please give a duration, like P3D for three days or PT2H for two hours.",
    "email": "Please give an e-mail address, like ana@example.com.",
    "idn-email": "Please give an e-mail address, like ana@example.com.",
    "uri": "Please give a full address that starts with https://.",
    "iri": "Please give a full address that starts with https://.",
    "uri-reference": "Please give a web address.",
    "uuid": "Please give an identifier like 8f14e45f-ceea-467a-9575-2f3c1f0a1b2c.",
    "hostname": "Please give the name of a computer, like mail.example.com.",
    "ipv4": "Please give an IP address, like 192.0.2.17.",
    "ipv6": "Please give an IP address, like 2001:db8::17.",
}


def words_for(keyword: str, limit: JSON, value: JSON) -> str:
    """The message for `keyword` with the value `limit` in the schema, broken by `value`."""
    if value is None or (value == "" and keyword in {"minLength", "pattern", "format"}):
        return FILL_IN
    say = _SAY.get(keyword)
    return say(limit, value) if say else "This answer is not possible here."


def quoted(value: JSON) -> str:
    """A value as people read it."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value)
    return f"“{value}”"


def number(value: Any) -> str:
    """4.0 -> "4", 0.1 -> "0.1"."""
    if isinstance(value, int):
        return str(value)
    exact = Decimal(str(value))
    return format(exact.normalize() if exact else Decimal(0), "f")


def _one_of(options: list[JSON], _: JSON) -> str:
    if len(options) > MOST_LISTED or len(str(options)) > 200:
        return "Please choose one of the listed answers."
    return f"Please choose one of these: {', '.join(map(quoted, options))}."


def _type(types: JSON, _: JSON) -> str:
    names = [types] if isinstance(types, str) else list(types)
    known = [TYPES[name] for name in names if name in TYPES and name != "null"]
    if known == ["a number"]:
        return "Please give a number, like 12.50."
    return f"This must be {' or '.join(known) or 'empty'}."


def _const(expected: JSON, _: JSON) -> str:
    return "Please tick this to go on." if expected is True else f"This must be {quoted(expected)}."


def _multiple(of: JSON, _: JSON) -> str:
    step = Decimal(str(of)).normalize()
    _, digits, exponent = step.as_tuple()
    if digits == (1,) and isinstance(exponent, int) and exponent < 0:
        return f"At most {-exponent} digit{'s' if exponent < -1 else ''} after the point."
    if step == 1:
        return "This must be a whole number."
    return f"This must be a multiple of {number(of)}."


def _count(limit: int, word: str) -> str:
    return f"{limit:,} {word if limit == 1 else word + 's'}"


def _entries(limit: int) -> str:
    return "one entry" if limit == 1 else f"{limit:,} entries"


_SAY: dict[str, Callable[[Any, Any], str]] = {
    "type": _type,
    "enum": _one_of,
    "const": _const,
    "minLength": lambda n, v: f"At least {_count(n, 'character')}; this has {len(v):,}.",
    "maxLength": lambda n, v: f"At most {_count(n, 'character')}; this has {len(v):,}.",
    "minimum": lambda n, _: f"This must be {number(n)} or more.",
    "maximum": lambda n, _: f"This must be {number(n)} or less.",
    "exclusiveMinimum": lambda n, _: f"This must be more than {number(n)}.",
    "exclusiveMaximum": lambda n, _: f"This must be less than {number(n)}.",
    "multipleOf": _multiple,
    "minItems": lambda n, _: f"At least {_entries(n)}.",
    "maxItems": lambda n, v: f"At most {_entries(n)}; there are {len(v):,}.",
    "uniqueItems": lambda *_: "The same entry is there twice.",
    "minProperties": lambda n, _: f"At least {_entries(n)}.",
    "maxProperties": lambda n, v: f"At most {_entries(n)}; there are {len(v):,}.",
    "pattern": lambda *_: "This does not have the expected form.",
    "format": lambda name, _: FORMATS.get(name, "This does not have the expected form."),
    "falseSchema": lambda *_: "Please leave this empty.",
    "not": lambda *_: "This answer is not possible here.",
    "contains": lambda *_: "An entry that must be there is missing.",
    "oneOfMultiple": lambda *_: "This fits several possibilities; only one may fit.",
    "anyOf": lambda *_: "This answer fits none of the possibilities.",
}  # fmt: skip
