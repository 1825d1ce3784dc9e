"""The closed list of names that a failure can have, and the families that a rule may name."""

import re
from collections.abc import Mapping
from typing import Final

from definitions.schemas.problem import JSON

#: Every name that a failure can have, besides `http.<status>`, and what it tells a person.
ERRORS: Final[Mapping[str, str]] = {
    "timeout": "The other system did not answer within the time limit.",
    "connect": "The connection could not be made, or broke.",
    "dns": "The name of the other system could not be looked up.",
    "tls": "The other system could not prove who it is.",
    "forbidden_address": "The address is one that may not be called.",
    "redirect": "The other system pointed to another place; that is never followed.",
    "too_large": "The request or the answer was larger than allowed.",
    "bad_answer": "What came back was not an answer in HTTP, or was packed in an unknown way.",
    "not_json": "The answer was not JSON.",
    "transform": "The request could not be made from the data, or the output from the answer.",
    "schema": "The output did not fit the schema.",
    "secret": "A secret that the call needs is missing or cannot be used.",
    "lost_lease": "The worker stopped in the middle of the call.",
    "callback_expired": "The answer that should come later did not come in time.",
}
#: Patterns that stand for more than one name.
FAMILIES: Final[Mapping[str, str]] = {
    "http.4xx": "The other system refused: any status from 400 to 499.",
    "http.5xx": "The other system failed: any status from 500 to 599.",
    "http.*": "Any status that is an error.",
    "*": "Every error.",
}
EVERYTHING = "*"
_STATUS = re.compile(r"http\.[4-9][0-9]{2}")


def is_known_error(name: JSON) -> bool:
    """Whether a rule may name it: an error, a status such as http.404, or a family."""
    if not isinstance(name, str):
        return False
    return name in ERRORS or name in FAMILIES or _STATUS.fullmatch(name) is not None


def matches(pattern: str, error: str) -> bool:
    """Whether the name of an error is meant by a name or a family in a rule."""
    if pattern in (EVERYTHING, error):
        return True
    if pattern == "http.*":
        return error.startswith("http.")
    return pattern.endswith("xx") and len(error) == len(pattern) and error[:-2] == pattern[:-2]


def may_have_been_done(error: str, sent: bool) -> bool:
    """Whether the other system may have done what was asked, as far as this error tells: the
    request had gone out, and no answer says that it was refused or failed.
    """
    return sent and not error.startswith("http.") and error != "redirect"
