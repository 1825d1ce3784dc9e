"""The figure that pictures/figure.html draws: the picture, or why there is none, and the words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from admin_site.history import Names
from definitions.graph import WorkflowGraph
from definitions.pictures import Mark, StepInWords, draw, in_words, outline, place, why_not

#: Up to here a picture fits beside the navigation of an ordinary screen.
FITS = 1_040
GAVE_UP = "The picture could not be drawn. This says the same in words."


@dataclass(frozen=True, slots=True)
class Figure:
    """`svg` is safe as it is, or "" where `refusal` says why there is none. `files`: address of the
    page that hands out the same as files, or "".
    """

    svg: SafeString
    refusal: str
    steps: Sequence[StepInWords]
    is_wide: bool = False
    files: str = ""


def figure(
    graph: WorkflowGraph,
    title: str,
    *,
    marks: Mapping[str, Mark] | None = None,
    hrefs: Mapping[str, str] | None = None,
    taken: frozenset[tuple[str, str]] = frozenset(),
    name: str = "picture",
    files: str = "",
) -> Figure | None:
    """None for a workflow without steps: it has nothing to show.

    `name`: of each picture its own, where a page has several. `files`: see `Figure`.
    """
    if not graph.tasks:
        return None
    drawn = outline(graph, Names(graph).paths)
    steps = in_words(drawn, marks, hrefs)
    places = place(drawn)
    if places is None:
        return Figure(mark_safe(""), why_not(drawn) or GAVE_UP, steps, files=files)  # a constant
    svg = draw(drawn, places, title=title, marks=marks, hrefs=hrefs, taken=taken, name=name)
    # Every word in it has been escaped by `draw`.
    return Figure(mark_safe(svg), "", steps, places.width > FITS, files)  # noqa: S308
