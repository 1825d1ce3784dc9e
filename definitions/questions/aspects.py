"""What can be changed about one question, each aspect as a form shows it and as a schema says it.

Nothing is written that did not change: whatever an aspect cannot show stays as it was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from definitions.questions.choices import show_choices, show_must, write_choices, write_must
from definitions.questions.kinds import MEANINGS, NUMERIC, SENT, TEXTUAL, Kind
from definitions.questions.plain import Part, Unreadable, as_text, is_scalar, number_in, put
from definitions.questions.prefilled import show_prefilled, write_prefilled
from definitions.schemas.problem import JSON


@dataclass(frozen=True)
class Aspect:
    """`show` gives what stands in the form; `write` changes the schema in place.

    Raises (write):
        Unreadable.
    """

    name: str
    show: Callable[[Mapping[str, JSON], Kind], JSON]
    write: Callable[[Part, Kind, JSON], None]


# Texts


def _show_text(keyword: str) -> Callable[[Mapping[str, JSON], Kind], JSON]:
    def show(schema: Mapping[str, JSON], _: Kind) -> JSON:
        value = schema.get(keyword)
        return value if isinstance(value, str) else ""

    return show


def _write_text(keyword: str) -> Callable[[Part, Kind, JSON], None]:
    def write(schema: Part, _: Kind, value: JSON) -> None:
        put(schema, keyword, str(value).strip() or None)

    return write


def _show_seen(schema: Mapping[str, JSON], _: Kind) -> JSON:
    return schema.get("x-requester-sees") is True


def _write_seen(schema: Part, _: Kind, value: JSON) -> None:
    put(schema, "x-requester-sees", True if value is True else None)


def _show_example(schema: Mapping[str, JSON], kind: Kind) -> JSON:
    examples = schema.get("examples")
    if kind not in (*TEXTUAL, *NUMERIC) or not isinstance(examples, list) or not examples:
        return ""
    return as_text(examples[0]) if is_scalar(examples[0]) else ""


def _write_example(schema: Part, kind: Kind, value: JSON) -> None:
    if kind not in (*TEXTUAL, *NUMERIC):
        return
    text = str(value).strip()
    others = schema.get("examples")
    rest = others[1:] if isinstance(others, list) else []
    first = [number_in(text) if kind in NUMERIC else text] if text else []
    put(schema, "examples", [*first, *rest] or None)


# Kinds of files


def _show_accepted(schema: Mapping[str, JSON], kind: Kind) -> JSON:
    said = schema.get("x-accept")
    if kind in SENT and isinstance(said, list):
        return ", ".join(map(str, said))
    return said if kind in SENT and isinstance(said, str) else ""


def _write_accepted(schema: Part, kind: Kind, value: JSON) -> None:
    if kind in SENT:
        put(schema, "x-accept", str(value).strip() or None)


# Limits


def _show_limit(which: str) -> Callable[[Mapping[str, JSON], Kind], JSON]:
    def show(schema: Mapping[str, JSON], kind: Kind) -> JSON:
        value = schema.get(getattr(MEANINGS[kind].limits, which))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return value if is_number else None

    return show


def _write_limit(which: str) -> Callable[[Part, Kind, JSON], None]:
    def write(schema: Part, kind: Kind, value: JSON) -> None:
        keyword = getattr(MEANINGS[kind].limits, which)
        if not keyword:
            return
        if value is not None and kind not in NUMERIC:
            value = _count(value)
        put(schema, keyword, value)

    return write


def _count(value: JSON) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise Unreadable("This is counted, so give a whole number.")
    if value < 0:
        raise Unreadable("This is counted, so give 0 or more.")
    return int(value)


#: In the order in which they are written: what is filled in beforehand is one of the choices.
ASPECTS = (
    Aspect("label", _show_text("title"), _write_text("title")),
    Aspect("help", _show_text("description"), _write_text("description")),
    Aspect("choices", show_choices, write_choices),
    Aspect("must", show_must, write_must),
    Aspect("prefilled", show_prefilled, write_prefilled),
    Aspect("example", _show_example, _write_example),
    Aspect("accepts", _show_accepted, _write_accepted),
    Aspect("least", _show_limit("least"), _write_limit("least")),
    Aspect("most", _show_limit("most"), _write_limit("most")),
    Aspect("seen", _show_seen, _write_seen),
)
