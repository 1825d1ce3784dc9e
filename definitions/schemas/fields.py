"""The `fields` of a workflow as people write them, and as the JSON Schema of a form.

A field is {name, type, title, description, required, default, choices, format, …}. Other spellings
(FieldName, FieldType, Label, Desc) are understood and stored in this one.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from definitions.schemas.problem import JSON, Problem, UnusableSchema, pointer
from definitions.schemas.safety import DRAFT
from definitions.schemas.storable import check_storable

#: What a field can be, and how the same is called elsewhere.
TYPES: dict[str, tuple[str, ...]] = {
    "string": ("str", "varchar", "char", "character", "line", "short_text", "phone", "name"),
    "text": ("longtext", "long_text", "textarea", "multiline", "paragraph", "markdown"),
    "number": ("float", "decimal", "double", "numeric", "real", "money", "currency", "amount"),
    "integer": ("int", "bigint", "smallint", "long", "count"),
    "boolean": ("bool", "checkbox", "yesno", "yes_no", "switch", "toggle"),
    "date": ("day",),
    "datetime": ("date_time", "timestamp", "timestamptz"),
    "email": ("mail", "e_mail", "email_address"),
    "url": ("uri", "link", "website"),
    "choice": ("enum", "select", "dropdown", "radio", "option", "single_choice"),
    "multichoice": (
        "multi_choice", "multiselect", "multi_select", "checkboxes", "choices", "multiple_choice",
    ),
    "file": ("attachment", "upload", "document"),
    "object": ("json", "dict", "map", "group"),
    "array": ("list", "rows", "table"),
}  # fmt: skip
_TYPE_OF = {word: kind for kind, others in TYPES.items() for word in (kind, *others)}

#: Keys of a field, and how the same is called elsewhere (case, "_", "-" and blanks apart).
KEYS: dict[str, tuple[str, ...]] = {
    "name": ("fieldname", "key", "id", "field"),
    "type": ("fieldtype", "datatype", "kind"),
    "title": ("label", "fieldlabel", "caption", "displayname"),
    "description": ("desc", "fielddesc", "fielddescription", "help", "helptext", "hint"),
    "required": ("mandatory", "isrequired"),
    "default": ("defaultvalue", "initial"),
    "choices": ("enum", "options", "values", "choicelist"),
    "format": ("fieldformat",),
    "placeholder": ("example",),
    "fields": ("children", "columns"),
}
_KEY_OF = {word: key for key, others in KEYS.items() for word in (key, *others)}

#: Keywords of JSON Schema that a field may carry; they are passed on as they are.
PASSED_ON = (
    "const", "examples", "exclusiveMaximum", "exclusiveMinimum", "items", "maxItems", "maxLength",
    "maximum", "minItems", "minLength", "minimum", "multipleOf", "pattern", "properties",
    "readOnly", "uniqueItems",
)  # fmt: skip
_PASSED_ON = {word.lower(): word for word in PASSED_ON}

#: Names end up in conditions (`ticket.amount`), so they have no point.
_NAME = re.compile(r"^[^.\x00-\x1f]{1,80}$")

_TRUE = {"true", "yes", "1", "on"}
_FALSE = {"false", "no", "0", "off", ""}


def normalise_field(raw: JSON) -> dict[str, Any] | Problem:
    """The field in the spelling that is stored, or the first thing that is wrong with it.

    The problem's path is the place inside the field ("/type").
    """
    wrong = check_storable(raw)
    return wrong[0] if wrong else _normal(raw)


def _normal(raw: JSON) -> dict[str, Any] | Problem:
    if not isinstance(raw, Mapping):
        return Problem("", "A field is a group with a name and a type.", "field")
    field = _known_keys(raw)
    if isinstance(field, Problem):
        return field
    for check in (_check_name, _check_type, _check_words, _check_required, _check_inside):
        wrong = check(field)
        if wrong:
            return wrong
    return {key: field[key] for key in (*KEYS, *field) if key in field}


def normalise_fields(raw: JSON) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Every field in the stored spelling, and all that is wrong, with its place in the list."""
    wrong = check_storable(raw)
    return ([], wrong) if wrong else _all_normal(raw)


def _all_normal(raw: JSON) -> tuple[list[dict[str, Any]], list[Problem]]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        return [], [Problem("", "Fields are a list.", "fields")]
    fields: list[dict[str, Any]] = []
    found: list[Problem] = []
    seen: set[str] = set()
    for number, entry in enumerate(raw):
        field = _normal(entry)
        if isinstance(field, Problem):
            found.append(Problem(pointer((number,)) + field.path, field.message, field.keyword))
            continue
        if field["name"] in seen:
            message = f"The name “{field['name']}” is there twice."
            found.append(Problem(pointer((number, "name")), message, "fields"))
        seen.add(field["name"])
        fields.append(field)
    return fields, found


def schema_from_fields(
    fields: Iterable[Mapping[str, Any]], *, closed: bool = True
) -> dict[str, Any]:
    """The JSON Schema of a form that asks for `fields`, in their order.

    `closed` refuses answers nobody asked for.

    Raises:
        UnusableSchema: a field is wrong; the problems' paths are places in the list.
    """
    known, wrong = normalise_fields(list(fields))
    if wrong:
        raise UnusableSchema(wrong)
    schema: dict[str, Any] = {"$schema": DRAFT, **_object(known)}
    if closed:
        schema["additionalProperties"] = False
    return schema


def _object(fields: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {field["name"]: _property(field) for field in fields},
    }
    required = [field["name"] for field in fields if field.get("required")]
    if required:
        schema["required"] = required
    return schema


def _property(field: Mapping[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        key: field[key] for key in ("title", "description", "default") if key in field
    }
    schema.update(_kind(field))
    if "format" in field:
        schema["format"] = "date-time" if field["format"] == "datetime" else field["format"]
    if "placeholder" in field:
        schema["examples"] = [field["placeholder"]]
    schema.update({key: field[key] for key in field if key in PASSED_ON or key.startswith("x-")})
    return schema


def _kind(field: Mapping[str, Any]) -> dict[str, Any]:
    """Type and what comes with it. Required text has at least one character: "" is no answer."""
    kind = field["type"]
    at_least_one = {"minLength": 1} if field.get("required") else {}
    if kind == "choice":
        return _one_of(field["choices"])
    if kind == "multichoice":
        some = {"minItems": 1} if field.get("required") else {}
        return {"type": "array", "uniqueItems": True, "items": _one_of(field["choices"]), **some}
    if kind == "object":
        return _object(field["fields"]) if "fields" in field else {"type": "object"}
    if kind == "array":
        items = {"items": _object(field["fields"])} if "fields" in field else {}
        return {"type": "array", **items}
    if kind == "string" and "choices" in field:
        return _one_of(field["choices"])
    formats = {"date": "date", "datetime": "date-time", "email": "email", "url": "uri"}
    if kind in formats:
        return {"type": "string", "format": formats[kind]}
    if kind == "file":
        return _file(field)
    if kind == "text":
        return {"type": "string", "x-widget": "textarea", **at_least_one}
    if kind == "string":
        return {"type": "string", **at_least_one}
    schema = {"type": kind}
    if "choices" in field:
        schema.update(_one_of(field["choices"]))
    return schema


def _file(field: Mapping[str, Any]) -> dict[str, Any]:
    """One, or a list of them where it says how many."""
    one = {"type": "string", "format": "uuid", "x-widget": "file"}
    if not {"maxItems", "minItems"} & set(field):
        return one
    some = {"minItems": 1} if field.get("required") else {}
    return {"type": "array", "uniqueItems": True, "items": one, **some}


def _one_of(choices: Sequence[JSON]) -> dict[str, Any]:
    titled = any(isinstance(choice, dict) for choice in choices)
    values = [choice["value"] if isinstance(choice, dict) else choice for choice in choices]
    kinds = {_type_name(value) for value in values}
    schema: dict[str, Any] = {"type": kinds.pop()} if len(kinds) == 1 else {}
    if not titled:
        return {**schema, "enum": values}
    schema["oneOf"] = [
        {"const": value, "title": choice["title"]} if isinstance(choice, dict) else {"const": value}
        for value, choice in zip(values, choices, strict=True)
    ]
    return schema


def _type_name(value: JSON) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {str: "string", int: "integer", float: "number"}.get(type(value), "null")


def _known_keys(raw: Mapping[Any, Any]) -> dict[str, Any] | Problem:
    field: dict[str, Any] = {}
    for key, value in raw.items():
        known = _key(str(key))
        if known is None:
            near = get_close_matches(_plain(str(key)), [*_KEY_OF, *_PASSED_ON], n=1)
            hint = f" Did you mean “{_KEY_OF.get(near[0], near[0])}”?" if near else ""
            return Problem(pointer((str(key),)), f"A field has no “{key}”.{hint}", "field")
        if known in field:
            return Problem(pointer((str(key),)), f"“{known}” is given twice.", "field")
        if value is not None or known in {"default", "const"}:
            field[known] = value
    return field


def _key(key: str) -> str | None:
    if key.startswith("x-") or key == "value":
        return key
    plain = _plain(key)
    return _KEY_OF.get(plain) or _PASSED_ON.get(plain)


def _plain(key: str) -> str:
    return re.sub(r"[\s_-]", "", key).lower()


def _check_name(field: dict[str, Any]) -> Problem | None:
    name = field.get("name")
    if not isinstance(name, str) or not name.strip():
        return Problem("/name", "A field needs a name.", "name")
    field["name"] = name.strip()
    if not _NAME.match(field["name"]):
        return Problem("/name", "A name has up to 80 characters and no point.", "name")
    return None


def _check_type(field: dict[str, Any]) -> Problem | None:
    given = field.get("type", "choice" if "choices" in field else "string")
    kind = _TYPE_OF.get(re.sub(r"[\s-]+", "_", str(given).strip().lower()))
    if kind is None:
        near = get_close_matches(str(given).lower(), list(_TYPE_OF), n=1)
        hint = f" Did you mean “{near[0]}”?" if near else f" Types are {', '.join(TYPES)}."
        return Problem("/type", f"“{given}” is not a type of field.{hint}", "type")
    field["type"] = kind
    return None


def _check_words(field: dict[str, Any]) -> Problem | None:
    for key in ("title", "description", "format", "placeholder"):
        if key in field and not isinstance(field[key], str):
            return Problem(pointer((key,)), f"“{key}” is a text.", key)
    return None


def _check_required(field: dict[str, Any]) -> Problem | None:
    given = str(field.get("required", "")).strip().lower()
    if given not in _TRUE | _FALSE:
        return Problem("/required", "“required” is true or false.", "required")
    if "required" in field:
        field["required"] = given in _TRUE
    return None


def _check_inside(field: dict[str, Any]) -> Problem | None:
    """Choices of a choice, and the fields of a group or a list."""
    if field["type"] in {"choice", "multichoice"} and "choices" not in field:
        return Problem("/choices", "A choice needs its choices.", "choices")
    if "choices" in field:
        choices = _choices(field["choices"])
        if isinstance(choices, Problem):
            return choices
        field["choices"] = choices
    if "fields" not in field:
        return None
    if field["type"] not in {"object", "array"}:
        return Problem("/fields", "Only a group or a list has fields of its own.", "fields")
    inner, wrong = _all_normal(field["fields"])
    if wrong:
        return Problem("/fields" + wrong[0].path, wrong[0].message, wrong[0].keyword)
    field["fields"] = inner
    return None


def _choices(raw: JSON) -> list[JSON] | Problem:
    """Values, or {value, title} where people read something else than the value."""
    entries: list[JSON]
    if isinstance(raw, Mapping):
        entries = [{"value": value, "title": title} for value, title in raw.items()]
    elif isinstance(raw, str):
        entries = [entry.strip() for entry in raw.split(",") if entry.strip()]
    elif isinstance(raw, Sequence):
        entries = list(raw)
    else:
        return Problem("/choices", "Choices are a list.", "choices")
    if not entries:
        return Problem("/choices", "At least one choice is needed.", "choices")
    choices: list[JSON] = []
    for number, entry in enumerate(entries):
        choice = _choice(entry)
        if choice is None:
            message = "A choice is a text or a number, or a group of value and title."
            return Problem(pointer(("choices", number)), message, "choices")
        if _value(choice) in [_value(other) for other in choices]:
            message = f"The choice “{_value(choice)}” is there twice."
            return Problem(pointer(("choices", number)), message, "choices")
        choices.append(choice)
    return choices


def _choice(entry: JSON) -> JSON:
    if isinstance(entry, str | int | float):
        return entry
    if not isinstance(entry, Mapping):
        return None
    keys = {_plain(str(key)): value for key, value in entry.items()}
    value = next((keys[key] for key in ("value", "const", "key", "id") if key in keys), None)
    if not isinstance(value, str | int | float):
        return None
    title = next((keys[key] for key in ("title", "label", "name", "desc") if key in keys), None)
    return {"value": value, "title": str(title)} if title is not None else value


def _value(choice: JSON) -> tuple[str, JSON]:
    """What makes two choices the same; 1 and true are not."""
    value = choice["value"] if isinstance(choice, dict) else choice
    return type(value).__name__, value
