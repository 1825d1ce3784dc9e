"""What is filled in already, as text."""

from collections.abc import Mapping

from definitions.questions.choices import chosen
from definitions.questions.kinds import CHOOSING, NUMERIC, Kind
from definitions.questions.plain import Part, Unreadable, as_text, is_scalar, number_in
from definitions.schemas.problem import JSON

YES, NO = "yes", "no"


def show_prefilled(schema: Mapping[str, JSON], kind: Kind) -> JSON:
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
        return "\n".join(map(as_text, value)) if isinstance(value, list) else ""
    return as_text(value) if is_scalar(value) else ""


def write_prefilled(schema: Part, kind: Kind, value: JSON) -> None:
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
        return number_in(text.strip())
    if kind is Kind.YES_NO:
        words = {YES: True, "true": True, NO: False, "false": False}
        if text.strip().lower() not in words:
            raise Unreadable("Write yes or no.")
        return words[text.strip().lower()]
    if kind is Kind.CHOICE:
        return chosen([text.strip()], schema, kind)[0]
    if kind in (Kind.CHOICES, Kind.TEXTS):
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return chosen(lines, schema, kind) if kind in CHOOSING else lines
    if kind in (Kind.FILE, Kind.FILES, Kind.GROUP, Kind.ROWS, Kind.TICK, Kind.KEPT):
        raise Unreadable("Nothing can be filled in here beforehand.")
    return text if kind in (Kind.SHORT_TEXT, Kind.LONG_TEXT) else text.strip()
