"""A picture as a file of its own: with its colours and signs in it, and what it says in words."""

from collections.abc import Mapping, Sequence

from definitions.graph import TaskType
from definitions.pictures.outline import Outline
from definitions.pictures.placing import Placement
from definitions.pictures.svg import Alone, draw
from definitions.pictures.words import StepInWords, in_words

LIGHT, DARK = "light", "dark"
#: As the page has them; a file cannot read the theme.
_COLOURS: Mapping[str, Mapping[str, str]] = {
    LIGHT: {"ground": "#ffffff", "line": "#d4d4d8", "ink": "#18181b", "subtle": "#71717a",
            "sunken": "#f4f4f5"},
    DARK: {"ground": "#18181b", "line": "#52525b", "ink": "#f4f4f5", "subtle": "#a1a1aa",
           "sunken": "#27272a"},
}  # fmt: skip
_STYLE = """
text{font-family:Inter,system-ui,sans-serif}
.ground,.labbg{fill:$ground}
rect.n{fill:$ground;stroke:$line;stroke-width:1.5}
.t{font-size:12.5px;font-weight:600;fill:$ink}
.s,.lab{font-size:11.5px;fill:$subtle}
.icb{fill:$sunken}
.sign{fill:none;stroke:$subtle;stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}
path.e,path.a{fill:none;stroke:$line;stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}
.late path.e{stroke-dasharray:5 4}
.caught path.e{stroke-dasharray:1.5 4}
.term{fill:$line}
.ring{fill:none;stroke:$line;stroke-width:1.5}
.missing rect.n{stroke:#f97316;stroke-dasharray:4 4}
"""
#: Small drawings around (0, 0), in place of the icon font of the pages.
_SIGNS: Mapping[str, str] = {
    TaskType.FORM: "M-5-7H5V7H-5ZM-2-3H2M-2 0H2M-2 3H1",
    TaskType.SYNC_ACTION: "M1-8L-5 1H0L-1 8L5-1H0Z",
    TaskType.ASYNC_ACTION: "M-7-3H6M3-6L6-3L3 0M7 4H-6M-3 1L-6 4L-3 7",
    TaskType.SUBWORKFLOW: "M-7-6H-2V-1H-7ZM2 1H7V6H2ZM-4.5-1V3.5H2",
    TaskType.WAIT: "M0-7A7 7 0 1 0 .01-7ZM0-4V0L3 2",
}


def svg_file(drawn: Outline, places: Placement, *, title: str, theme: str) -> str:
    """A whole document; `theme`: LIGHT or DARK."""
    style = _STYLE.replace("\n", "")
    for name, colour in _COLOURS[theme].items():
        style = style.replace(f"${name}", colour)
    words = " ".join(text_file(title, in_words(drawn)).split())
    svg = draw(drawn, places, title=title, alone=Alone(style, words, _SIGNS))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{svg}\n'


def text_file(title: str, steps: Sequence[StepInWords]) -> str:
    """The same for whoever reads rather than looks."""
    lines = [title, ""]
    for step in steps:
        what = f" ({step.what})" if step.what else ""
        apart = ", to which no way leads" if step.is_apart else ""
        lines.append(f"{step.title}{what}{apart}")
        lines += [f"  - {way}" for way in step.ways]
    return "\n".join(lines) + "\n"
