"""Choices as lines of text, and the boxes among them that must be ticked."""

from collections.abc import Iterable, Mapping

from definitions.questions.kinds import CHOOSING, TITLES, Kind, choices_in
from definitions.questions.plain import Part, Unreadable, as_text, number_in, put, replace_all
from definitions.schemas.problem import JSON

#: Between what is stored and what people read, in a line of choices.
STANDS_FOR = " = "


def show_choices(schema: Mapping[str, JSON], kind: Kind) -> JSON:
    choices = choices_in(where_choices_are(schema, kind))
    if choices is None:
        return ""
    text = "\n".join(_line(value, title) for value, title in choices)
    try:
        read = read_choices(text, [value for value, _ in choices])
    except Unreadable:
        return ""
    return text if _same(read, choices) else ""


def write_choices(schema: Part, kind: Kind, value: JSON) -> None:
    if kind not in CHOOSING:
        return
    place = where_choices_are(schema, kind)
    before = choices_in(place)
    if before is not None and not str(value).strip() and not show_choices(schema, kind):
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
        replace_all(schema, made)


def read_choices(text: str, before: list[JSON] | None = None) -> list[tuple[JSON, str]]:
    """One choice per line; "xl = Extra large" stores the one and shows the other.

    `before`: values so far; where those were numbers, numbers are meant.

    Raises:
        Unreadable: there is none, or one twice.
    """
    known = {as_text(value): value for value in before or ()}
    are_numbers = bool(before) and not any(isinstance(value, str) for value in before or ())
    found: list[tuple[JSON, str]] = []
    seen: set[tuple[type, JSON]] = set()
    for line in filter(None, map(str.strip, text.splitlines())):
        stored, stands, title = line.partition(STANDS_FOR)
        if stands and (not stored.strip() or not title.strip()):
            stored, title = line, ""
        stored = stored.strip()
        value = known.get(stored, number_in(stored) if are_numbers else stored)
        if (type(value), value) in seen:  # 1 and 1.0 are two
            raise Unreadable(f"The choice “{stored}” is there twice.")
        seen.add((type(value), value))
        found.append((value, title.strip()))
    if not found:
        raise Unreadable("Write at least one choice, one per line.")
    return found


def chosen(lines: Iterable[str], schema: Mapping[str, JSON], kind: Kind) -> list[JSON]:
    """The choices that lines mean.

    Raises:
        Unreadable: one is none of them.
    """
    meant: dict[str, JSON] = {}
    for value, title in choices_in(where_choices_are(schema, kind)) or ():
        meant.setdefault(as_text(value), value)
        meant.setdefault(title, value)
    found = []
    for line in lines:
        if line not in meant:
            raise Unreadable(f"“{line}” is none of the choices.")
        found.append(meant[line])
    return found


def where_choices_are(schema: Mapping[str, JSON], kind: Kind) -> Mapping[str, JSON]:
    if kind is not Kind.CHOICES:
        return schema
    items = schema.get("items")
    return items if isinstance(items, Mapping) else {}


def _line(value: JSON, title: str) -> str:
    return f"{as_text(value)}{STANDS_FOR}{title}" if title else as_text(value)


def _type_of(choices: list[tuple[JSON, str]]) -> dict[str, str]:
    names = {_type_name(value) for value, _ in choices}
    return {"type": names.pop()} if len(names) == 1 else {}


def _type_name(value: JSON) -> str:
    return {str: "string", int: "integer", float: "number"}[type(value)]


def _same(some: list[tuple[JSON, str]], others: list[tuple[JSON, str]]) -> bool:
    return some == others and [type(v) for v, _ in some] == [type(v) for v, _ in others]


# Boxes that must be ticked


def show_must(schema: Mapping[str, JSON], kind: Kind) -> JSON:
    """ "This box must be ticked" is `contains: {const: its text}`."""
    if kind is not Kind.CHOICES:
        return ""
    values = _boxes(schema)
    text = "\n".join(map(as_text, values or ()))
    try:
        same = chosen(text.splitlines(), schema, kind) == values
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


def write_must(schema: Part, kind: Kind, value: JSON) -> None:
    if kind is not Kind.CHOICES or _boxes(schema) is None:
        return
    lines = [line.strip() for line in str(value).splitlines() if line.strip()]
    values = chosen(lines, schema, kind)
    put(schema, "allOf", [{"contains": {"const": one}} for one in values] or None)
