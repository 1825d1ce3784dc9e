"""Which headers a workflow creator may set, and to what."""

import re
from typing import Final

#: Where an ASYNC_ACTION tells the address that waits for the answer.
CALLBACK_HEADER: Final = "Callback-Url"
#: Those of Standard Webhooks: the id, the time, the signature.
SIGNATURE_HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")
LONGEST_VALUE = 4_096
BAD_VALUE = "A header has plain letters, digits and signs on one line, without blanks around it."

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
#: RFC 9110, 5.5, without the bytes that not everybody reads in the same way.
_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?")
# What frames the message or belongs to one connection (RFC 9110, 7.6.1), and what is always ours.
_OURS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "expect",
        "host",
        "idempotency-key",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        CALLBACK_HEADER.lower(),
        *SIGNATURE_HEADERS,
    }
)


def name_problem(name: str) -> str:
    """Why a header of this name cannot be set; "" where it can."""
    if not _NAME.fullmatch(name):
        return "The name of a header has letters, digits and hyphens only."
    if name.lower() in _OURS or name.lower().startswith("proxy-"):
        return f"{name} is set by TicketFlower."
    return ""


def value_problem(value: str) -> str:
    """Why a header cannot have this value; "" where it can."""
    if len(value) > LONGEST_VALUE:
        return f"A header has at most {LONGEST_VALUE:,} characters."
    return "" if _VALUE.fullmatch(value) else BAD_VALUE


def is_sendable(name: str, value: str) -> bool:
    """The last look at a header that is about to go out, ours included."""
    return _NAME.fullmatch(name) is not None and not value_problem(value)
