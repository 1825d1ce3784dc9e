"""The picture as a list: each step, then where it leads and when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from definitions.pictures.outline import MISSING, Box, Outline, Way
from definitions.pictures.svg import Mark

NO_MARK = Mark()


@dataclass(frozen=True, slots=True)
class StepInWords:
    """`ways` are whole clauses ("to Place the order if approved is yes"); `is_apart`: no way from
    the start leads here.
    """

    key: str
    title: str
    what: str
    state: str
    href: str
    ways: tuple[str, ...]
    is_apart: bool = False


def in_words(
    drawn: Outline, marks: Mapping[str, Mark] | None = None, hrefs: Mapping[str, str] | None = None
) -> list[StepInWords]:
    """The start and every step, in the order in which a ticket can come to them; then those that
    no way leads to.
    """
    known, links = marks or {}, hrefs or {}
    reached = set(drawn.order)
    rest = [box.number for box in drawn.steps if box.number not in reached]
    return [
        StepInWords(
            box.key,
            box.title,
            _what(box),
            known.get(box.key, NO_MARK).words if box.is_step else "",
            links.get(box.key, "") if box.is_step and box.kind != MISSING else "",
            tuple(_clauses(drawn, box)),
            number not in reached,
        )
        for number in (*drawn.order, *rest)
        if (box := drawn.boxes[number])
    ]


def _what(box: Box) -> str:
    more = [box.what] if box.what else []
    if box.joins:
        more.append("waits for every branch")
    if box.splits:
        more.append("goes every way that fits")
    return ", ".join(more)


def _clauses(drawn: Outline, box: Box) -> Iterator[str]:
    for way in drawn.after(box):
        yield _clause(drawn, way)
    if not drawn.after(box) and box.kind != MISSING:
        yield "it ends here"


def _clause(drawn: Outline, way: Way) -> str:
    target = drawn.boxes[way.target]
    place = f"to {target.title}" if target.is_step else "to the end"
    return f"{place} {way.sentence}".rstrip()
