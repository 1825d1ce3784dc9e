"""Parts of a document by their names."""

from collections.abc import Mapping
from copy import deepcopy
from enum import Enum
from typing import Any

Document = dict[str, Any]


class Nowhere(Enum):
    """Beside the key of a task and None, which is the start or the end."""

    NOWHERE = "nowhere"


NOWHERE = Nowhere.NOWHERE


def title_of(part: Mapping[str, Any]) -> str:
    """What people call a workflow, task or ticket type: its title, else its key."""
    return str(part.get("title") or part["key"])


def changed(document: Mapping[str, Any], **parts: Any) -> Document:
    """The document with these parts; None takes one out.

    Names are those of the format: `changed(document, title="Travel", ext_ref=[…])`.
    """
    found = deepcopy(dict(document))
    for name, value in parts.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = deepcopy(value)
    return found
