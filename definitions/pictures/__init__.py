"""A workflow as a picture: an SVG of our own, in places that Graphviz worked out, and the same in
words. Knows no Django.

`outline` reads the graph, `place` asks Graphviz, `draw` writes the SVG, `in_words` the list;
`svg_file` and `text_file` are the same as files.
"""

from definitions.pictures.files import DARK, LIGHT, svg_file, text_file
from definitions.pictures.outline import Box, Outline, Way, outline
from definitions.pictures.placing import MOST_STEPS, MOST_WAYS, Placement, place, why_not
from definitions.pictures.svg import Mark, draw
from definitions.pictures.words import StepInWords, in_words

__all__ = [
    "DARK",
    "LIGHT",
    "MOST_STEPS",
    "MOST_WAYS",
    "Box",
    "Mark",
    "Outline",
    "Placement",
    "StepInWords",
    "Way",
    "draw",
    "in_words",
    "outline",
    "place",
    "svg_file",
    "text_file",
    "why_not",
]
