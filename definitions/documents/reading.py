"""From bytes, text or plain values to a `Document`."""

import codecs
import re
from pathlib import Path
from typing import Any

from definitions.documents import yaml_text
from definitions.documents.building import LIMITS, SURROGATE, Builder, Document, Limits, build
from definitions.documents.json_text import JsonText
from definitions.errors import BundleInvalid, Problem
from definitions.schemas import JSON

_LOOKS_LIKE_JSON = re.compile(r'\s*(?:\{\s*["}]|\[\s*["\[{\]0-9-])')
_OTHER_UNICODE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


def read_file(path: Path, limits: Limits = LIMITS) -> Document:
    """Read a JSON or YAML file.

    Raises:
        BundleInvalid: anything is wrong with what is in it.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return read_text(file.read(limits.bytes + 1), path.name, limits)


def read_text(content: bytes | str, name: str = "", limits: Limits = LIMITS) -> Document:
    """Read JSON or YAML; which one, says the ending of `name`, or else the text itself.

    Raises:
        BundleInvalid: anything is wrong.
    """
    text = _text_of(content, limits)
    lowered = name.lower()
    if lowered.endswith(".json"):
        return _read_json(text, name, limits)
    if lowered.endswith((".yaml", ".yml")) or not _LOOKS_LIKE_JSON.match(text):
        return _read_yaml(text, name, limits)
    try:
        return _read_json(text, name, limits)
    except BundleInvalid as json_says:
        if [problem.rule for problem in json_says.problems] != ["not-json"]:
            raise
        try:
            return _read_yaml(text, name, limits)  # a group in YAML's short spelling
        except BundleInvalid:
            raise json_says from None


def from_value(value: Any, limits: Limits = LIMITS) -> Document:
    """A document from what a program hands over: checked like a text, and a copy of its own.

    Raises:
        BundleInvalid: it holds something that JSON cannot say, or too much of it.
    """
    return build(lambda builder: _feed_value(value, builder), has_lines=False, limits=limits)


def _read_json(text: str, name: str, limits: Limits) -> Document:
    return build(JsonText(text).feed, name=name, limits=limits)


def _read_yaml(text: str, name: str, limits: Limits) -> Document:
    return build(lambda builder: yaml_text.feed(text, builder), name=name, limits=limits)


def _text_of(content: bytes | str, limits: Limits) -> str:
    if isinstance(content, str):
        if SURROGATE.search(content):
            raise _refused("unstorable-text", "Text has a character that cannot be stored.")
        size = len(content.encode()) if len(content) <= limits.bytes else len(content)
    else:
        size = len(content)
    if size > limits.bytes:
        raise _refused("too-large", f"Larger than {limits.bytes // 1_000_000} MB.")
    text = content if isinstance(content, str) else _decoded(content)
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise _refused("empty", "There is nothing in it.")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _refused("unstorable-text", "Text has a character that cannot be stored.", line)
    return text


def _decoded(content: bytes) -> str:
    if content.startswith(_OTHER_UNICODE):
        raise _refused("not-utf-8", "This is not UTF-8.", 1, "Save the file as UTF-8.")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        if is_no_text(content):
            hint = "Choose a JSON or YAML file."
            raise _refused("not-text", "This is not a text file.", hint=hint) from error
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused("not-utf-8", "This is not UTF-8.", line, "Save it as UTF-8.") from error


def is_no_text(content: bytes) -> bool:
    """Whether it is a picture, an archive or the like: text has no such characters."""
    return b"\0" in content[:8_000] and not content.startswith(_OTHER_UNICODE)


def _refused(rule: str, message: str, line: int | None = None, hint: str = "") -> BundleInvalid:
    return BundleInvalid([Problem(rule, message, hint=hint, line=line)])


_CLOSE = object()


def _feed_value(value: Any, builder: Builder) -> None:
    """Walks without recursion, so that a value that contains itself ends at the depth limit."""
    waiting: list[tuple[bool, Any]] = [(False, value)]
    while waiting:
        is_key, item = waiting.pop()
        if item is _CLOSE:
            builder.close()
        elif is_key:
            if not isinstance(item, str):
                builder.add("name-not-text", f"A name must be text, not {_kind(item)}.", 0)
            builder.key(str(item), 0)
        elif isinstance(item, dict):
            builder.open_group(0)
            waiting.append((False, _CLOSE))
            for name in reversed(item):
                waiting += [(False, item[name]), (True, name)]
        elif isinstance(item, list | tuple):
            builder.open_list(0)
            waiting.append((False, _CLOSE))
            waiting += [(False, member) for member in reversed(item)]
        else:
            builder.scalar(_checked(item, builder), 0)


def _checked(item: Any, builder: Builder) -> JSON:
    if item is None or isinstance(item, str | bool | int):
        # An enumeration's member is text too, and must not stay one.
        return item if item is None or isinstance(item, bool) else _plain(item)
    if isinstance(item, float):
        if item != item or item in (float("inf"), float("-inf")):
            builder.add("not-finite", f"{item} is not a finite number.", 0)
            return None
        return float(item)
    builder.add("not-json", f"{_kind(item)} cannot be stored.", 0)
    return None


def _plain(item: str | int) -> str | int:
    return str.__str__(item) if isinstance(item, str) else int(item)


def _kind(item: object) -> str:
    return f"a value of type {type(item).__name__}"
