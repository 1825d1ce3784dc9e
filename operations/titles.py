"""What a ticket is called in lists: from its answers, so that people recognise it."""

from collections.abc import Iterator
from string import Formatter
from typing import Any

from definitions.models import TicketDefinition
from tenants.models import User

LONGEST = 200


def title_of(definition: TicketDefinition, answers: dict[str, Any], actor: User) -> str:
    """By the type's template, else its first line of text, else the type and the person."""
    named = _by_template(definition.title_template, answers) or next(_short_texts(answers), "")
    return (named or f"{definition.title} for {actor}")[:LONGEST]


def _by_template(template: str, answers: dict[str, Any]) -> str:
    """Put answers into `{name}` places. Only names of answers: no attributes, no code."""
    parts: list[str] = []
    try:
        places = list(Formatter().parse(template))
    except ValueError:
        return ""
    for text, name, _format, _conversion in places:
        parts.append(text)
        if name:
            parts.append(_one_line(answers.get(name, "")))
    return "".join(parts).strip()


def _short_texts(answers: dict[str, Any]) -> Iterator[str]:
    for value in answers.values():
        if isinstance(value, str) and value.strip():
            yield _one_line(value)


def _one_line(value: Any) -> str:
    return " ".join(str(value).split()) if isinstance(value, str | int | float) else ""
