"""The questions of an issue form as a JSON Schema."""

from collections.abc import Iterable, Sequence
from typing import Any

from definitions.issue_forms.elements import Element, Option
from definitions.issue_forms.markdown import links_in, plain
from definitions.schemas.safety import DRAFT

_Schema = dict[str, Any]


def schema_of(title: str, found: Iterable[Element]) -> _Schema:
    questions = [element for element in found if element.kind != "markdown"]
    required = [element.key for element in questions if _must_be_answered(element)]
    return {
        "$schema": DRAFT,
        "title": title,
        "type": "object",
        "properties": {element.key: _question(element) for element in questions},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _must_be_answered(element: Element) -> bool:
    return element.required or any(option.required for option in element.options)


def _question(element: Element) -> _Schema:
    text = _text(element)
    named = {"title": plain(element.label) or element.key}
    if text:
        named["description"] = text
    if element.kind == "upload":
        accept = {"x-accept": element.accept} if element.accept else {}
        return {**named, "type": "string", "x-widget": "file", **accept}
    if element.options:
        return {**named, **_choosing(element)}
    return {**named, **_writing(element)}


def _writing(element: Element) -> _Schema:
    schema: _Schema = {"type": "string"}
    if element.required:
        schema["minLength"] = 1
    if element.value.strip():
        schema["default"] = element.value
    if element.placeholder.strip():
        schema["examples"] = [element.placeholder.rstrip("\n")]
    if element.kind == "textarea":
        schema["x-widget"] = "textarea"
    if element.render:
        schema["x-render"] = element.render
    return schema


def _choosing(element: Element) -> _Schema:
    texts = [option.text for option in element.options]
    choice: _Schema = {"type": "string", "enum": texts}
    titles = [plain(text) or text for text in texts]
    if titles != texts:
        choice["x-enum-titles"] = titles
    default = None if element.default is None else texts[element.default]
    if not element.multiple:
        return {**choice, **({"default": default} if default is not None else {})}
    schema: _Schema = {"type": "array", "uniqueItems": True, "items": choice}
    boxes = [option for option in element.options if option.required]
    if boxes:
        schema["allOf"] = [{"contains": {"const": option.text}} for option in boxes]
    if boxes or element.required:
        schema["minItems"] = max(1, len(boxes))
    return {**schema, **({"default": [default]} if default is not None else {})}


def _text(element: Element) -> str:
    """The help, and the links of boxes: a box itself cannot hold one."""
    links = _links(element.options)
    return "\n".join(part for part in (element.text, " · ".join(links)) if part)


def _links(options: Sequence[Option]) -> list[str]:
    found = (link for option in options for link in links_in(option.text))
    return list(dict.fromkeys(found))
