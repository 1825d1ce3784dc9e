"""What follows when a call has failed: the same once more, another way, or a question to a person.

Pure: no Django, no clock, no database; chance and time are handed in. The shape is that of AWS Step
Functions (developer guide, "Handling errors"), in snake case; docs/actions.md explains it to the
people who write it.
"""

from definitions.retries.deciding import (
    LONGEST_RETRY_AFTER,
    MOST_ATTEMPTS,
    Catch,
    Decision,
    GiveUp,
    RetryAt,
    Why,
    caught,
    decide,
)
from definitions.retries.errors import (
    ERRORS,
    FAMILIES,
    is_known_error,
    matches,
    may_have_been_done,
)
from definitions.retries.reading import UnusableRules, check_rules, parse_rules
from definitions.retries.rules import (
    DEFAULT_RETRY,
    DEFAULT_RETRY_IDEMPOTENT,
    IDEMPOTENT_METHODS,
    LOST_LEASE_RETRY,
    Catcher,
    Jitter,
    Retrier,
    Rules,
)

__all__ = [
    "DEFAULT_RETRY",
    "DEFAULT_RETRY_IDEMPOTENT",
    "ERRORS",
    "FAMILIES",
    "IDEMPOTENT_METHODS",
    "LONGEST_RETRY_AFTER",
    "LOST_LEASE_RETRY",
    "MOST_ATTEMPTS",
    "Catch",
    "Catcher",
    "Decision",
    "GiveUp",
    "Jitter",
    "Retrier",
    "RetryAt",
    "Rules",
    "UnusableRules",
    "Why",
    "caught",
    "check_rules",
    "decide",
    "is_known_error",
    "matches",
    "may_have_been_done",
    "parse_rules",
]
