"""What can be changed about one question, each aspect as a form shows it and as a schema says it.

Nothing is written that did not change: whatever an aspect cannot show stays as it was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from definitions.questions.kinds import (
    CHOOSING,
    MEANINGS,
    NUMERIC,
    SENT,
    TEXTUAL,
    TITLES,
    Kind,
    choices_in,
)
from definitions.schemas.problem import JSON
from definitions.schemas.words import number as number_words

_Schema = dict[str, Any]

#: Between what is stored and what people read, in a line of choices.
STANDS_FOR = " = "
YES, NO = "yes", "no"


class Unreadable(ValueError):
    """What was typed for an aspect cannot be meant; the text says why."""


@dataclass(frozen=True)
class Aspect:
    """`show` gives what stands in the form; `write` changes the schema in place.

    Raises (write):
        Unreadable.
    """

    name: str
    show: Callable[[Mapping[str, JSON], Kind], JSON]
    write: Callable[[_Schema, Kind, JSON], None]


# Texts


def _show_text(keyword: str) -> Callable[[Mapping[str, JSON], Kind], JSON]:
    def show(schema: Mapping[str, JSON], _: Kind) -> JSON:
        value = schema.get(keyword)
        return value if isinstance(value, str) else ""

    return show


def _write_text(keyword: str) -> Callable[[_Schema, Kind, JSON], None]:
    def write(schema: _Schema, _: Kind, value: JSON) -> None:
        _put(schema, keyword, str(value).strip() or None)

    return write


def _show_seen(schema: Mapping[str, JSON], _: Kind) -> JSON:
    return schema.get("x-requester-sees") is True


def _write_seen(schema: _Schema, _: Kind, value: JSON) -> None:
    _put(schema, "x-requester-sees", True if value is True else None)


def _show_example(schema: Mapping[str, JSON], kind: Kind) -> JSON:
    examples = schema.get("examples")
    if kind not in (*TEXTUAL, *NUMERIC) or not isinstance(examples, list) or not examples:
        return ""
    return _as_text(examples[0]) if _is_scalar(examples[0]) else ""


def _write_example(schema: _Schema, kind: Kind, value: JSON) -> None:
    if kind not in (*TEXTUAL, *NUMERIC):
        return
    text = str(value).strip()
    others = schema.get("examples")
    rest = others[1:] if isinstance(others, list) else []
    first = [_number(text) if kind in NUMERIC else text] if text else []
    _put(schema, "examples", [*first, *rest] or None)


# Kinds of files


def _show_accepted(schema: Mapping[str, JSON], kind: Kind) -> JSON:
    said = schema.get("x-accept")
    if kind in SENT and isinstance(said, list):
        return ", ".join(map(str, said))
    return said if kind in SENT and isinstance(said, str) else ""


def _write_accepted(schema: _Schema, kind: Kind, value: JSON) -> None:
    if kind in SENT:
        _put(schema, "x-accept", str(value).strip() or None)


# Limits


def _show_limit(which: str) -> Callable[[Mapping[str, JSON], Kind], JSON]:
    def show(schema: Mapping[str, JSON], kind: Kind) -> JSON:
        value = schema.get(getattr(MEANINGS[kind].limits, which))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return value if is_number else None

    return show


def _write_limit(which: str) -> Callable[[_Schema, Kind, JSON], None]:
    def write(schema: _Schema, kind: Kind, value: JSON) -> None:
        keyword = getattr(MEANINGS[kind].limits, which)
        if not keyword:
            return
        if value is not None and kind not in NUMERIC:
            value = _count(value)
        _put(schema, keyword, value)

    return write


def _count(value: JSON) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise Unreadable("This is counted, so give a whole number.")
    if value < 0:
        raise Unreadable("This is counted, so give 0 or more.")
    return int(value)


# Choices


def _show_choices(schema: Mapping[str, JSON], kind: Kind) -> JSON:
    choices = choices_in(_where_choices_are(schema, kind))
    if choices is None:
        return ""
    text = "\n".join(_line(value, title) for value, title in choices)
    try:
        read = read_choices(text, [value for value, _ in choices])
    except Unreadable:
        return ""
    return text if _same(read, choices) else ""


def _write_choices(schema: _Schema, kind: Kind, value: JSON) -> None:
    if kind not in CHOOSING:
        return
    place = _where_choices_are(schema, kind)
    before = choices_in(place)
    if before is not None and not str(value).strip() and not _show_choices(schema, kind):
        return  # they have no lines, and none were written: they stay
    choices = read_choices(str(value), [one for one, _ in before or ()])
    made = dict(place)
    was_titled = "oneOf" in made
    for keyword in ("enum", "oneOf", "type", *TITLES):
        made.pop(keyword, None)
    made = {**_type_of(choices), **made}
    if was_titled or any(title for _, title in choices):
        made["oneOf"] = [
            {"const": one, "title": title} if title else {"const": one} for one, title in choices
        ]
    else:
        made["enum"] = [one for one, _ in choices]
    if kind is Kind.CHOICES:
        schema["items"] = made
    else:
        _replace(schema, made)


def read_choices(text: str, before: list[JSON] | None = None) -> list[tuple[JSON, str]]:
    """One choice per line; "xl = Extra large" stores the one and shows the other.

    `before`: values so far; where those were numbers, numbers are meant.

    Raises:
        Unreadable: there is none, or one twice.
    """
    known = {_as_text(value): value for value in before or ()}
    are_numbers = bool(before) and not any(isinstance(value, str) for value in before or ())
    found: list[tuple[JSON, str]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        stored, stands, title = line.partition(STANDS_FOR)
        if stands and (not stored.strip() or not title.strip()):
            stored, title = line, ""
        stored = stored.strip()
        value = known.get(stored, _number(stored) if are_numbers else stored)
        if any(value == one and type(value) is type(one) for one, _ in found):
            raise Unreadable(f"The choice “{stored}” is there twice.")
        found.append((value, title.strip()))
    if not found:
        raise Unreadable("Write at least one choice, one per line.")
    return found


def _where_choices_are(schema: Mapping[str, JSON], kind: Kind) -> Mapping[str, JSON]:
    if kind is not Kind.CHOICES:
        return schema
    items = schema.get("items")
    return items if isinstance(items, Mapping) else {}


def _line(value: JSON, title: str) -> str:
    return f"{_as_text(value)}{STANDS_FOR}{title}" if title else _as_text(value)


def _type_of(choices: list[tuple[JSON, str]]) -> dict[str, str]:
    names = {_type_name(value) for value, _ in choices}
    return {"type": names.pop()} if len(names) == 1 else {}


def _type_name(value: JSON) -> str:
    return {str: "string", int: "integer", float: "number"}[type(value)]


def _same(some: list[tuple[JSON, str]], others: list[tuple[JSON, str]]) -> bool:
    return some == others and [type(v) for v, _ in some] == [type(v) for v, _ in others]


# Boxes that must be ticked


def _show_must(schema: Mapping[str, JSON], kind: Kind) -> JSON:
    """ "This box must be ticked" is `contains: {const: its text}`."""
    if kind is not Kind.CHOICES:
        return ""
    values = _boxes(schema)
    text = "\n".join(map(_as_text, values or ()))
    try:
        same = [_chosen(line, schema, kind) for line in text.splitlines()] == values
    except Unreadable:
        return ""
    return text if same else ""


def _boxes(schema: Mapping[str, JSON]) -> list[JSON] | None:
    """The boxes that must be ticked; None if its conditions are others."""
    conditions = schema.get("allOf", [])
    if not isinstance(conditions, list):
        return None
    values = []
    for one in conditions:
        inner = one.get("contains") if isinstance(one, Mapping) and len(one) == 1 else None
        if not isinstance(inner, Mapping) or set(inner) != {"const"}:
            return None
        values.append(inner["const"])
    return values


def _write_must(schema: _Schema, kind: Kind, value: JSON) -> None:
    if kind is not Kind.CHOICES or _boxes(schema) is None:
        return
    lines = [line.strip() for line in str(value).splitlines() if line.strip()]
    values = [_chosen(line, schema, kind) for line in lines]
    _put(schema, "allOf", [{"contains": {"const": one}} for one in values] or None)


# What is filled in already


def _show_prefilled(schema: Mapping[str, JSON], kind: Kind) -> JSON:
    if "default" not in schema:
        return ""
    value = schema["default"]
    text = _prefilled_text(value, kind)
    try:
        same = text != "" and read_prefilled(text, schema, kind) == value
    except Unreadable:
        return ""
    return text if same else ""


def _prefilled_text(value: JSON, kind: Kind) -> str:
    if isinstance(value, bool):
        return (YES if value else NO) if kind is Kind.YES_NO else ""
    if kind in (Kind.CHOICES, Kind.TEXTS):
        return "\n".join(map(_as_text, value)) if isinstance(value, list) else ""
    return _as_text(value) if _is_scalar(value) else ""


def _write_prefilled(schema: _Schema, kind: Kind, value: JSON) -> None:
    text = str(value)
    if not text.strip():
        schema.pop("default", None)
        return
    schema["default"] = read_prefilled(text, schema, kind)


def read_prefilled(text: str, schema: Mapping[str, JSON], kind: Kind) -> JSON:
    """The answer that a text means for a question of that kind.

    Raises:
        Unreadable.
    """
    if kind in NUMERIC:
        return _number(text.strip())
    if kind is Kind.YES_NO:
        words = {YES: True, "true": True, NO: False, "false": False}
        if text.strip().lower() not in words:
            raise Unreadable("Write yes or no.")
        return words[text.strip().lower()]
    if kind is Kind.CHOICE:
        return _chosen(text.strip(), schema, kind)
    if kind in (Kind.CHOICES, Kind.TEXTS):
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return [_chosen(line, schema, kind) for line in lines] if kind in CHOOSING else lines
    if kind in (Kind.FILE, Kind.FILES, Kind.GROUP, Kind.ROWS, Kind.TICK, Kind.KEPT):
        raise Unreadable("Nothing can be filled in here beforehand.")
    return text if kind in (Kind.SHORT_TEXT, Kind.LONG_TEXT) else text.strip()


def _chosen(text: str, schema: Mapping[str, JSON], kind: Kind) -> JSON:
    choices = choices_in(_where_choices_are(schema, kind)) or []
    for value, title in choices:
        if text in (_as_text(value), title):
            return value
    raise Unreadable(f"“{text}” is none of the choices.")


# Plain values


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        raise Unreadable(f"“{text}” is not a number.") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise Unreadable(f"“{text}” is not a number.")
    return value


def _as_text(value: JSON) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_words(value)
    return str(value)


def _is_scalar(value: JSON) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _put(schema: _Schema, keyword: str, value: JSON) -> None:
    if value is None:
        schema.pop(keyword, None)
    else:
        schema[keyword] = value


def _replace(schema: _Schema, made: Mapping[str, JSON]) -> None:
    schema.clear()
    schema.update(made)


#: In the order in which they are written: what is filled in beforehand is one of the choices.
ASPECTS = (
    Aspect("label", _show_text("title"), _write_text("title")),
    Aspect("help", _show_text("description"), _write_text("description")),
    Aspect("choices", _show_choices, _write_choices),
    Aspect("must", _show_must, _write_must),
    Aspect("prefilled", _show_prefilled, _write_prefilled),
    Aspect("example", _show_example, _write_example),
    Aspect("accepts", _show_accepted, _write_accepted),
    Aspect("least", _show_limit("least"), _write_limit("least")),
    Aspect("most", _show_limit("most"), _write_limit("most")),
    Aspect("seen", _show_seen, _write_seen),
)
