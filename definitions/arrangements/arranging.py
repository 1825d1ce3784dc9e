"""Whether lines can say a layout at all: they must come back as it was."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from definitions.arrangements.lines import Line, lines_of
from definitions.arrangements.places import asked_at
from definitions.arrangements.writing import layout_with
from definitions.layouts import generated_layout
from definitions.schemas import JSON


@dataclass(frozen=True)
class Arrangement:
    """`refusal` says why lines cannot say the layout; "" if they can."""

    lines: tuple[Line, ...] = ()
    refusal: str = ""


def arrangement_of(layout: JSON, schema: JSON) -> Arrangement:
    """The lines of a layout; without one, the questions of the schema in their order."""
    if not layout:
        return Arrangement(_own_order(schema))
    if not isinstance(layout, Mapping):
        return Arrangement(refusal="It is not a group with a type.")
    try:
        lines = lines_of(layout, asked_at(schema))
        again = layout_with(layout, lines, schema).layout
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return Arrangement(refusal="It is not made of elements with a type.")
    if json.dumps(again) != json.dumps(layout):
        return Arrangement(refusal="It has parts that no list of lines can say.")
    return Arrangement(lines)


def _own_order(schema: JSON) -> tuple[Line, ...]:
    asked = asked_at(schema)
    if not asked:
        return ()
    return tuple({**line, "was": None} for line in lines_of(generated_layout(schema), asked))
