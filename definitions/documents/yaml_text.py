"""YAML as events: JSON's values only (YAML 1.2, 10.2 and 10.3), so `no`, 1:30 and dates stay text.

Built from the parser's events, not from its nodes: those recurse, and follow aliases.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from definitions.documents.building import Builder, TooMuch
from definitions.documents.json_text import not_finite, too_large

# The C parser is many times faster; it is missing where no wheel was found.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True}  # type: ignore[dict-item]
_WORDS |= {"false": False, "False": False, "FALSE": False}  # type: ignore[dict-item]
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_MOST_DIGITS = 19


def feed(text: str, builder: Builder) -> None:
    try:
        for event in _events(text):
            _take(event, builder)
    except yaml.YAMLError as error:
        _report(error, text, builder)
    except (ValueError, OverflowError, RecursionError):  # an escape beyond Unicode, for example
        builder.add("not-yaml", "This is not YAML: a character or number is not possible.", 1)


def _events(text: str) -> Iterator[Any]:
    yield from yaml.parse(text, Loader=_LOADER)


def _take(event: Any, builder: Builder) -> None:
    line = event.start_mark.line + 1 if event.start_mark else 1
    if isinstance(event, yaml.NodeEvent):
        _refuse_extras(event, line, builder)
    if isinstance(event, yaml.ScalarEvent):
        _take_scalar(event, line, builder)
    elif isinstance(event, yaml.CollectionStartEvent):
        if builder.expects_key:
            raise builder.stop("name-not-text", "A name must be text.", line)
        is_group = isinstance(event, yaml.MappingStartEvent)
        (builder.open_group if is_group else builder.open_list)(line)
    elif isinstance(event, yaml.CollectionEndEvent):
        builder.close()
    elif isinstance(event, yaml.DocumentStartEvent) and builder.is_done:
        raise builder.stop(
            "several-documents", 'A second document begins with "---".', line, "Use one per file."
        )


def _refuse_extras(event: Any, line: int, builder: Builder) -> None:
    """Anchors and aliases make a few bytes explode; tags make objects."""
    if isinstance(event, yaml.AliasEvent):
        builder.add(
            "no-aliases", f"Aliases are not allowed: “*{event.anchor}”.", line, "Repeat it."
        )
        # Takes the place of what it stands for, so that the rest is read in step.
        (builder.key if builder.expects_key else builder.scalar)("", line)
        return
    if event.anchor:
        builder.add("no-aliases", f"Anchors are not allowed: “&{event.anchor}”.", line)
    if event.tag:
        builder.add("no-tags", f"Tags are not allowed: “{event.tag}”.", line, "Leave it out.")


def _take_scalar(event: Any, line: int, builder: Builder) -> None:
    is_plain = not event.style and event.implicit[0]
    if builder.expects_key:
        if is_plain and event.value == "<<":
            builder.add("no-merge", 'Merging with "<<" is not allowed.', line, "Repeat the names.")
        builder.key(event.value, line)
        return
    if not is_plain:
        builder.scalar(event.value, line)
        return
    builder.scalar(_value(event.value, line, builder), line, event.value)


def _value(text: str, line: int, builder: Builder) -> Any:
    """What a plain scalar means; everything that JSON would not write like this is text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        if len(text.lstrip("-")) <= _MOST_DIGITS:
            return int(text)
        too_large(builder, text, line)
    elif _FLOAT.fullmatch(text):
        value = float(text)
        if value not in (float("inf"), float("-inf")):
            return value
        too_large(builder, text, line)
    elif _NOT_FINITE.fullmatch(text):
        not_finite(builder, text, line)
    return text


def _report(error: yaml.YAMLError, text: str, builder: Builder) -> None:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        said = getattr(error, "problem", None) or getattr(error, "context", None) or "wrong"
        line = mark.line + 1
    else:
        position = getattr(error, "position", 0)
        said = "a control character is not allowed"
        line = text.count("\n", 0, position) + 1
    hint = "Indent with blanks, not tabs." if "\\t" in said or "'\t'" in said else ""
    try:
        builder.add("not-yaml", f"This is not YAML: {said}.", line, hint)
    except TooMuch:
        return
