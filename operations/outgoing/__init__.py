"""Calls to other systems: built, sent, and kept without their secrets.

What an action may say and where a call may go is checked by `definitions.actions` when a definition
is saved; `build` makes the call from it and a ticket's data; `send` makes it once. What follows a
failure is decided by `definitions.retries`. docs/actions.md is the reference for people who write
actions.
"""

from definitions.actions.addresses import check_address
from definitions.actions.allowances import network_rules
from definitions.actions.documents import (
    DEFAULT_TIMEOUT_SECONDS,
    LONGEST_TIMEOUT_SECONDS,
    METHODS,
    check_action,
    secret_names,
)
from definitions.actions.rules import Allowed, NetworkRules
from operations.outgoing.building import CannotBuild, build
from operations.outgoing.call import LARGEST_ANSWER, LARGEST_REQUEST, Answer, Call, CallFailed
from operations.outgoing.redaction import (
    record_of_answer,
    record_of_call,
    redacted,
    redacted_body,
    redacted_headers,
)
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
