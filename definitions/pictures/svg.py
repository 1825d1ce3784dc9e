"""The SVG. Its colours are classes, so that one picture serves the light and the dark theme."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import hypot
from urllib.parse import quote

from definitions.graph import After, TaskType
from definitions.pictures.outline import CAUGHT, END, MISSING, Box, Outline, Way
from definitions.pictures.placing import (
    ICON_WIDTH,
    LABEL_LINE,
    LINE,
    MARGIN,
    Line,
    Placement,
    Point,
    label_lines,
    label_size,
    size_of,
    title_lines,
)
from definitions.pictures.texts import lines_of, plain

#: Names in the icon font that every page has.
SYMBOLS = {
    TaskType.FORM.value: "edit_square",
    TaskType.SYNC_ACTION.value: "bolt",
    TaskType.ASYNC_ACTION.value: "sync_alt",
    TaskType.SUBWORKFLOW.value: "account_tree",
    TaskType.WAIT.value: "hourglass_empty",
}
STATES = {
    "done": "check",
    "now": "play_arrow",
    "failed": "priority_high",
    "skip": "block",
    "warn": "warning",
}
BORDER = 12.0
META_SIZE = 11.5
ARROW = (8.0, 4.0)  # its length, and half its width


@dataclass(frozen=True, slots=True)
class Mark:
    """How a step stands out.

    `state` is "done", "now", "failed", "skip" or "warn"; `line` stands below the title in place of
    what the step is, `words` is the same for somebody who does not see the picture. `times`: how
    often a ticket has been here. `inside`: address of the picture of what runs within the step.
    """

    state: str = ""
    line: str = ""
    words: str = ""
    times: int = 0
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Alone:
    """For a picture that is a file: its colours, what it says in words, a sign for each kind."""

    style: str
    words: str
    signs: Mapping[str, str]


def draw(
    drawn: Outline,
    places: Placement,
    *,
    title: str,
    marks: Mapping[str, Mark] | None = None,
    hrefs: Mapping[str, str] | None = None,
    taken: frozenset[tuple[str, str]] = frozenset(),
    name: str = "picture",
    alone: Alone | None = None,
) -> str:
    """The whole picture, safe to be put into a page as it is.

    `marks` and `hrefs` go by the keys of steps. `taken`: (from, to) keys of the ways that a ticket
    went, "" for start and end. `name` begins the ids in it: one per page. `alone`: what it needs
    where no page is around it.
    """
    links = hrefs or {}
    wide, high = places.width + 2 * BORDER, places.height + 2 * BORDER
    # What is an image to a screen reader has no links in it.
    role = "group" if links else "img"
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="{role}" width="{wide:.0f}" '
            f'height="{high:.0f}" viewBox="{-BORDER:g} {-BORDER:g} {wide:.1f} {high:.1f}" '
            f'aria-labelledby="{name}-title" aria-describedby="{name}-desc">',
            f'<title id="{name}-title">{_text(title)}</title>',
            f'<desc id="{name}-desc">{_described(drawn, alone)}</desc>',
            *_ground(alone, wide, high),
            *(
                _way(way, line, is_taken=_keys(drawn, way) in taken)
                for way, line in zip(drawn.ways, places.ways, strict=True)
            ),
            *(
                _box(box, at, (marks or {}).get(box.key), links.get(box.key, ""), alone)
                for box, at in zip(drawn.boxes, places.boxes, strict=True)
            ),
            "</svg>",
        ]
    )


def _described(drawn: Outline, alone: Alone | None) -> str:
    return _text(_description(drawn)) if alone is None else escape(alone.words)


def _ground(alone: Alone | None, wide: float, high: float) -> Iterator[str]:
    """Colours, and something to stand on."""
    if alone is not None:
        yield f"<style>{alone.style}</style>"
        corner = f'x="{-BORDER:g}" y="{-BORDER:g}"'
        yield f'<rect class="ground" {corner} width="{wide:.1f}" height="{high:.1f}"/>'


def _description(drawn: Outline) -> str:
    steps, ways = len(drawn.steps), len(drawn.ways)
    return (
        f"{steps} step{'' if steps == 1 else 's'} and {ways} way{'' if ways == 1 else 's'} "
        "between them. The list below the picture says the same in words."
    )


def _text(text: str) -> str:
    return escape(plain(text))


def _address(href: str) -> str:
    return escape(quote(href, safe="/:?#[]@!$&'()*+,;=%", errors="replace"))


def _keys(drawn: Outline, way: Way) -> tuple[str, str]:
    return drawn.boxes[way.source].key, drawn.boxes[way.target].key


# --- boxes ----------------------------------------------------------------------------------------


def _box(box: Box, at: Point, mark: Mark | None, href: str, alone: Alone | None) -> str:
    x, y = at
    if not box.is_step:
        ring = f'<circle class="ring" cx="{x:g}" cy="{y:g}" r="7"/>' if box.kind == END else ""
        dot = f'<circle class="term" cx="{x:g}" cy="{y:g}" r="{4 if ring else 7}"/>'
        return f'<g class="{box.kind.lower()}"><title>{box.title}</title>{ring}{dot}</g>'
    mark = mark or Mark()
    wide, high = size_of(box)
    left, top = x - wide / 2, y - high / 2
    state = "missing" if box.kind == MISSING else mark.state
    inner = "".join(_inside_of(box, mark, left, top, wide, high, alone))
    drawn = f'<a href="{_address(href)}">{inner}</a>' if href else inner
    return f'<g class="step {state}">{drawn}{_further(mark, box, left + wide, top)}</g>'


def _inside_of(
    box: Box, mark: Mark, left: float, top: float, wide: float, high: float, alone: Alone | None
) -> Iterator[str]:
    said = ", ".join(filter(None, [box.title, box.what, mark.words]))
    yield f"<title>{_text(said)}</title>"
    yield f'<rect class="n" x="{left:g}" y="{top:g}" width="{wide:g}" height="{high:g}" rx="8"/>'
    yield f'<circle class="icb" cx="{left + 26:g}" cy="{top + high / 2:g}" r="14"/>'
    symbol = STATES.get(mark.state) or SYMBOLS.get(box.kind, "help")
    if alone is not None:  # no icon font is there
        at = f"translate({left + 26:g} {top + high / 2:g})"
        yield f'<path class="sign" d="{alone.signs.get(box.kind, "")}" transform="{at}"/>'
    else:
        yield (
            f'<text class="ic" aria-hidden="true" x="{left + 26:g}" y="{top + high / 2 + 9:g}" '
            f'text-anchor="middle">{symbol}</text>'
        )
    # A picture within the picture cuts off what a reader's font makes wider than was thought.
    room = wide - ICON_WIDTH - 4
    yield f'<svg x="{left + ICON_WIDTH:g}" y="{top:g}" width="{room:g}" height="{high:g}">'
    titles = title_lines(box)
    meta = lines_of(mark.line or _what(box), META_SIZE, room - MARGIN + 6, 1)
    for row, (css, line) in enumerate([*(("t", one) for one in titles), *(("s", m) for m in meta)]):
        yield f'<text class="{css}" x="3" y="{26.5 + LINE * row:g}">{escape(line)}</text>'
    yield "</svg>"


def _what(box: Box) -> str:
    if box.joins:
        return f"{box.what}, waits for all"
    return f"{box.what}, splits" if box.splits else box.what


def _further(mark: Mark, box: Box, right: float, top: float) -> str:
    """How often, and the way into what runs within the step: on its upper edge."""
    parts = []
    if mark.times > 1:
        wide = 20 + 7 * len(str(mark.times))
        parts.append(
            f'<g class="times" aria-hidden="true"><rect x="{right - wide - 8:g}" y="{top - 9:g}" '
            f'width="{wide:g}" height="18" rx="9"/><text x="{right - 8 - wide / 2:g}" '
            f'y="{top + 4:g}" text-anchor="middle">{mark.times}&#215;</text></g>'
        )
    if mark.inside:
        x = right - 16
        parts.append(
            f'<a class="inside" href="{_address(mark.inside)}"><title>'
            f"{_text(f'Inside of {box.title}')}</title>"
            f'<circle cx="{x:g}" cy="{top + size_of(box)[1]:g}" r="13"/>'
            f'<text class="ic" aria-hidden="true" x="{x:g}" y="{top + size_of(box)[1] + 8:g}" '
            'text-anchor="middle">zoom_in</text></a>'
        )
    return "".join(parts)


# --- ways -----------------------------------------------------------------------------------------


def _way(way: Way, line: Line, *, is_taken: bool) -> str:
    css = " ".join(
        filter(
            None,
            [
                "way",
                "done" if is_taken else "",
                {After.TIMEOUT.value: "late", CAUGHT: "caught"}.get(way.follows, ""),
            ],
        )
    )
    title = f"<title>{_text(way.sentence)}</title>" if way.sentence else ""
    return f'<g class="{css}">{title}{_curve(line)}{_label(way, line.label)}</g>'


def _curve(line: Line) -> str:
    first, *others = line.points
    (tip_x, tip_y), (x, y) = line.tip, line.points[-1]
    far = hypot(tip_x - x, tip_y - y) or 1.0
    along_x, along_y = (tip_x - x) / far, (tip_y - y) / far
    long, half = ARROW
    back_x, back_y = tip_x - along_x * long, tip_y - along_y * long
    wings = [
        (back_x - along_y * half, back_y + along_x * half),
        (back_x + along_y * half, back_y - along_x * half),
    ]
    return (
        f'<path class="e" d="M{_pairs([first])}C{_pairs(others)}L{_pairs([line.tip])}"/>'
        f'<path class="a" d="M{_pairs([wings[0]])}L{_pairs([line.tip])}L{_pairs([wings[1]])}"/>'
    )


def _pairs(points: Sequence[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _label(way: Way, at: Point | None) -> str:
    if at is None:
        return ""
    (x, y), (wide, high) = at, label_size(way)
    lines = label_lines(way)
    first = y - LABEL_LINE * (len(lines) - 1) / 2 + 4
    rows = "".join(
        f'<text class="lab" x="{x:g}" y="{first + LABEL_LINE * row:g}" text-anchor="middle">'
        f"{escape(line)}</text>"
        for row, line in enumerate(lines)
    )
    box = (
        f'<rect class="labbg" x="{x - wide / 2:g}" y="{y - high / 2:g}" width="{wide:g}" '
        f'height="{high:g}" rx="4"/>'
    )
    return box + rows
