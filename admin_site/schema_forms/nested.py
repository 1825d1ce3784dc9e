"""Lists and open groups: what django-jsonform is told, and what its data mean.

Its schema is a dialect of seven types, and its data have a value for everything: "" for a text
nobody wrote, null for a number. `dialect` translates the one way, `settled` the other.
"""

from collections.abc import Mapping
from typing import Any

from admin_site.schema_forms.numbers import Inexact, read_number
from admin_site.schema_forms.questions import Keys, unix_lines
from definitions.layouts import MISSING
from definitions.schemas import JSON
from definitions.schemas.shape import Kind, Shape, humanised

#: It joins names with this sign, so no name may have it.
JOINT = "§"
MOST_ENTRIES = 1_000

_PLAIN = {Kind.STRING: "string", Kind.NUMBER: "number", Kind.INTEGER: "integer"}
_FORMATS = {"date", "date-time", "email", "uri"}


def dialect(shape: Shape, title: str = "") -> dict[str, Any] | None:
    """The schema for django-jsonform; None if it cannot show such values."""
    made = _group(shape) if shape.kind in {Kind.OBJECT, Kind.MAP} else _list(shape)
    if made is not None and title:
        made["title"] = title
    return made


def _inner(shape: Shape, name: str, *, required: bool) -> dict[str, Any] | None:
    made = _any(shape, required=required)
    if made is None:
        return None
    made["title"] = shape.title or humanised(name) if name else shape.title
    if shape.description:
        made["helpText"] = shape.description
    return made


def _any(shape: Shape, *, required: bool) -> dict[str, Any] | None:
    if shape.kind in {Kind.OBJECT, Kind.MAP}:
        return _group(shape)
    if shape.kind is Kind.LIST:
        return _list(shape)
    if shape.kind in {Kind.BOOLEAN, Kind.AGREE}:
        return {"type": "boolean"}
    if shape.kind is Kind.CHOICE:
        return _choice(shape, required=required)
    if shape.kind is Kind.CHOICES and shape.items is not None:
        items = _choice(shape.items, required=True)
        return items and {"type": "array", "items": {**items, "widget": "multiselect"}}
    if shape.kind not in _PLAIN:
        return None
    made: dict[str, Any] = {"type": _PLAIN[shape.kind]}
    if shape.kind is Kind.STRING:
        if shape.format in _FORMATS:
            made["format"] = shape.format
        elif shape.widget == "textarea" or shape.get("maxLength", 0) > 255:
            made["widget"] = "textarea"
    if shape.examples:
        made["placeholder"] = shape.examples[0]
    default = shape.get("default")
    return made if default is None else {**made, "default": default}


def _choice(shape: Shape, *, required: bool) -> dict[str, Any] | None:
    choices = shape.choices or ()
    names = {str: "string", int: "integer", float: "number"}
    types = {names.get(type(choice.value)) for choice in choices}
    if len(types) != 1 or None in types:
        return None
    options: list[dict[str, Any]] = [{"title": c.title, "value": c.value} for c in choices]
    nothing = [] if required else [{"title": "No answer", "value": ""}]
    return {"type": types.pop(), "choices": [*nothing, *options]}


def _list(shape: Shape) -> dict[str, Any] | None:
    items = {"type": "string"} if shape.items is None else _inner(shape.items, "", required=True)
    if shape.kind is not Kind.LIST or items is None:
        return None
    most = shape.get("maxItems", MOST_ENTRIES)
    made = {"type": "array", "items": items, "maxItems": min(most, MOST_ENTRIES)}
    least = shape.get("minItems", 0)
    return {**made, "minItems": least} if 0 < least <= 50 else made


def _group(shape: Shape) -> dict[str, Any] | None:
    properties: dict[str, Any] = {}
    for name, inner in _inside(shape).items():
        if inner.kind in {Kind.NULL, Kind.NEVER, Kind.CONSTANT}:
            continue  # nothing to ask; `settled` puts a required constant back
        made = _inner(inner, name, required=name in shape.required)
        if made is None or JOINT in name:
            return None
        properties[name] = made
    required = [name for name in properties if name in shape.required]
    made = {"type": "object", "properties": properties, "required": required}
    if shape.kind is not Kind.MAP:
        return made
    others = {"type": "string"} if shape.others is None else _inner(shape.others, "", required=True)
    return None if others is None else {**made, "additionalProperties": others}


def _inside(shape: Shape) -> Mapping[str, Shape]:
    return {**shape.properties, **{name: extra for name, (extra, _) in shape.extras.items()}}


# --- Data ----------------------------------------------------------------------------------------


def fits(shape: Shape, value: JSON) -> bool:
    """Whether django-jsonform can show the value: it stops at one of another structure."""
    if value is None:
        return shape.kind not in {Kind.OBJECT, Kind.MAP, Kind.LIST, Kind.CHOICES}
    if shape.kind in {Kind.OBJECT, Kind.MAP}:
        inside = _inside(shape)
        return isinstance(value, dict) and all(
            fits(inside[name], inner) if name in inside else JOINT not in name
            for name, inner in value.items()
        )
    if shape.kind in {Kind.LIST, Kind.CHOICES}:
        return isinstance(value, list) and all(
            not isinstance(entry, dict | list) if shape.items is None else fits(shape.items, entry)
            for entry in value
        )
    return not isinstance(value, dict | list)


def settled(shape: Shape, raw: JSON, *, required: bool) -> tuple[JSON, bool]:
    """The value that raw data of a form mean, and whether anybody filled anything in.

    Left out: what nobody filled in and is not required, and entries of lists with nothing in them.
    """
    if shape.kind in {Kind.OBJECT, Kind.MAP} and isinstance(raw, dict):
        return _settled_group(shape, raw)
    if shape.kind is Kind.LIST and isinstance(raw, list):
        return _settled_list(shape, raw)
    if shape.kind is Kind.CHOICES and isinstance(raw, list):
        keys = Keys((shape.items.choices if shape.items else None) or ())
        return [keys.value(key) if isinstance(key, str) else key for key in raw], bool(raw)
    if shape.kind is Kind.CONSTANT and raw in (None, "") and required and shape.choices:
        return shape.choices[0].value, False
    if shape.kind is Kind.BOOLEAN and raw in (None, "", False):
        return False, False
    if shape.kind is Kind.AGREE and raw in (None, "", False):
        return MISSING, False
    if raw is None or raw == "":
        return (None, False) if required and shape.allows_null else (MISSING, False)
    return (_settled_text(shape, raw) if isinstance(raw, str) else raw), True


def _settled_group(shape: Shape, raw: dict[str, JSON]) -> tuple[JSON, bool]:
    value: dict[str, JSON] = {}
    any_filled = False
    inside = _inside(shape)
    known = {name: inner for name, inner in inside.items() if inner.kind is not Kind.NEVER}
    for name, inner in known.items():
        required = name in shape.required
        entry, filled = settled(inner, raw.get(name), required=required)
        is_group = inner.kind in {Kind.OBJECT, Kind.MAP, Kind.LIST, Kind.CHOICES}
        if entry is MISSING or (is_group and not filled and not (required and name in raw)):
            continue
        value[name] = entry
        any_filled = any_filled or filled
    for name, entry in raw.items():
        if name not in known:
            of_map = shape.others if shape.kind is Kind.MAP else None
            value[name] = settled(of_map, entry, required=True)[0] if of_map else entry
            if value[name] is MISSING:
                value[name] = ""
            any_filled = True
    return value, any_filled


def _settled_list(shape: Shape, raw: list[JSON]) -> tuple[JSON, bool]:
    if shape.items is None:
        entries = [(entry, entry not in ("", None)) for entry in raw]
    else:
        entries = [settled(shape.items, entry, required=True) for entry in raw]
    value = [entry for entry, filled in entries if filled and entry is not MISSING]
    return value, bool(value)


def _settled_text(shape: Shape, text: str) -> JSON:
    if shape.kind in {Kind.NUMBER, Kind.INTEGER}:
        try:
            number = read_number(text)
        except Inexact:
            return text
        return text if number is None else number
    if shape.kind is Kind.CHOICE:
        return Keys(shape.choices or ()).value(text)
    return unix_lines(text)
