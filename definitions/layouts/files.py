"""Which questions of a form ask for a file."""

from collections.abc import Iterator

from definitions.layouts.tree import Layout
from definitions.schemas import JSON
from definitions.schemas.problem import Path
from definitions.schemas.shape import WIDGET
from definitions.schemas.walking import subschemas

FILE = "file"


def file_questions(schema: JSON, layout: Layout) -> Iterator[Path]:
    """Their places in the schema: what says so itself, or is drawn so by the layout."""
    waiting: list[tuple[Path, JSON]] = [((), schema)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict) and node.get(WIDGET) == FILE:
            yield path
        waiting += [((*path, *step), inner) for step, inner in subschemas(node)]
    for control in layout.controls():
        if control.options.get("widget") == FILE:
            yield tuple(step for name in control.place for step in ("properties", name))
