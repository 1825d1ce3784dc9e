"""How a question is called in a browser's form data.

A property is called by its own name ("amount"), one inside a group by both ("contact.first_name").
Whatever is no letter, digit, "_" or "-" is written as its code point between tildes, so that no
name can be mistaken for another, or for a field that a page itself needs (those begin with "_").
"""

import re

from definitions.layouts import Place

#: The name of the only question of a form whose answer is not a group.
WHOLE = "answer"

_ODD = re.compile(r"[^A-Za-z0-9_-]")


def name_of(place: Place) -> str:
    """("contact", "first name") -> "contact.first~20~name"."""
    return ".".join(_plain(step) for step in place) or WHOLE


def _plain(step: str) -> str:
    if not step:
        return "~"
    plain = _ODD.sub(lambda found: _coded(found.group()), step)
    is_taken = plain.startswith("_") or plain == "csrfmiddlewaretoken"
    return _coded(plain[0]) + plain[1:] if is_taken else plain


def _coded(character: str) -> str:
    return f"~{ord(character):x}~"
