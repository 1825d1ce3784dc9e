"""Calls to other systems: what an action may say, where a call may go, and the call itself.

`check_action` and `check_address` look at a definition when it is saved; `build` makes the call
from it and a ticket's data; `send` makes it once. What follows a failure is decided by
`operations.retries`. docs/actions.md is the reference for people who write actions.
"""

from operations.outgoing.addresses import check_address
from operations.outgoing.building import CannotBuild, build
from operations.outgoing.call import (
    DEFAULT_TIMEOUT_SECONDS,
    LARGEST_ANSWER,
    LARGEST_REQUEST,
    LONGEST_TIMEOUT_SECONDS,
    Answer,
    Call,
    CallFailed,
)
from operations.outgoing.documents import METHODS, check_action, secret_names
from operations.outgoing.redaction import (
    record_of_answer,
    record_of_call,
    redacted,
    redacted_body,
    redacted_headers,
)
from operations.outgoing.rules import Allowed, NetworkRules, network_rules
from operations.outgoing.sending import send

__all__ = [
    "DEFAULT_TIMEOUT_SECONDS",
    "LARGEST_ANSWER",
    "LARGEST_REQUEST",
    "LONGEST_TIMEOUT_SECONDS",
    "METHODS",
    "Allowed",
    "Answer",
    "Call",
    "CallFailed",
    "CannotBuild",
    "NetworkRules",
    "build",
    "check_action",
    "check_address",
    "network_rules",
    "record_of_answer",
    "record_of_call",
    "redacted",
    "redacted_body",
    "redacted_headers",
    "secret_names",
    "send",
]
