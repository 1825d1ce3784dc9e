"""A layout as a list of lines: tabs, sections, questions, texts, each with its rule, in order.

Round trips are exact: what lines cannot say stands in the list as one line that is kept.
"""

from definitions.arrangements.arranging import Arrangement, arrangement_of
from definitions.arrangements.lines import (
    END,
    KEPT,
    QUESTION,
    SECTION,
    TAB,
    TEXT,
    Line,
)
from definitions.arrangements.names import layout_renamed, layout_with_new, layout_without, rules_on
from definitions.arrangements.places import AskedAt, asked_at, widgets_for
from definitions.arrangements.rules import EFFECTS, TESTS
from definitions.arrangements.writing import Arranged, layout_with

__all__ = [
    "EFFECTS",
    "END",
    "KEPT",
    "QUESTION",
    "SECTION",
    "TAB",
    "TESTS",
    "TEXT",
    "Arranged",
    "Arrangement",
    "AskedAt",
    "Line",
    "arrangement_of",
    "asked_at",
    "layout_renamed",
    "layout_with",
    "layout_with_new",
    "layout_without",
    "rules_on",
    "widgets_for",
]
