"""A rule as an English sentence: "price for all is over 5,000 and approved is yes".

Written from the rule as it stands, never from data, and for any rule, broken ones included: the
pages of a draft show it while it is being written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from definitions.logic.claims import CLAIMS
from definitions.logic.errors import LogicError
from definitions.logic.limits import check_rule_size
from definitions.logic.phrases import PHRASES
from definitions.logic.writer import Parts, Writer, plain, short_names


def describe(rule: Any, labels: Mapping[str, str] | None = None) -> str:
    """The rule as one sentence; `labels` gives fields (by dotted path) the names people know."""
    return "".join(part.text for part in describe_parts(rule, labels))


def describe_parts(rule: Any, labels: Mapping[str, str] | None = None) -> Parts:
    """The sentence in pieces, so that a page can mark names and values."""
    try:
        check_rule_size(rule)
    except LogicError:
        return plain("a rule that is too large to read")
    return Writer(CLAIMS, PHRASES, labels or {}, short_names(rule)).tell(rule)
