"""Which errors have one cause: those that a person repairs once.

Pure: no Django, no clock, no database.
"""

import hashlib
import json
import re

#: What tells one ticket from another in a message, and says nothing of the cause; in this order.
_VALUES = tuple(
    re.compile(pattern)
    for pattern in (
        r"“[^”]*”|\"[^\"\n]*\"|«[^»]*»",  # what is quoted
        r"[a-z][a-z0-9+.-]{1,20}://[^\s,;)\]]+",  # addresses
        r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+",
        r"\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]",
        r"[\w.,:+-]*\d[\w:+-]*(?:[.,][\w:+-]+)*",  # numbers, times, identifiers
        r"(?<= is )(?:yes|no)\b|(?<= gives )(?:yes|no)\b",
    )
)
_VALUE = "…"
# A list of three values and one of two are the same to whoever repairs it.
_LIST = re.compile(r"…(?:(?:, | and )…)+")
_BLANK = re.compile(r"\s+")
#: Longer messages are compared by their beginnings; each pattern looks at each character.
MOST_COMPARED = 2_000


def gist(message: str) -> str:
    """What a message says whatever the values in it: "Price is 500" and "Price is 7" are one."""
    for values in _VALUES:
        message = values.sub(_VALUE, message[:MOST_COMPARED])
    return _BLANK.sub(" ", _LIST.sub(_VALUE, message)).strip()


def fingerprint(
    *, workflow: str, step: str, error_type: str, code: str, message: str, stack_trace: str = ""
) -> str:
    """Equal for equal causes at the same step of the same workflow, in whatever version.

    `stack_trace` tells faults of our own apart, whose messages are all the same.
    """
    thrown = gist(stack_trace.rstrip().rpartition("\n")[2])
    cause = (workflow, step, str(error_type), code, gist(message), thrown)
    return hashlib.sha256(json.dumps(cause).encode()).hexdigest()
