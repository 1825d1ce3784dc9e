"""Once more, another way, or a person: the decision after a failure."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from definitions.retries.errors import may_have_been_done
from definitions.retries.rules import Rules

#: No task is tried more often than this, whatever its rules add up to.
MOST_ATTEMPTS = 50
#: What another system can make us wait at most, in seconds.
LONGEST_RETRY_AFTER = 3600.0


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Call again then; `number` counts the repetitions of this rule from 1."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Catch:
    """Go on with the task `next`."""

    next: str
    result_path: str


class Why(StrEnum):
    """Why a call is not repeated."""

    NO_RULE = "no_rule"
    SPENT = "spent"
    MAY_HAVE_BEEN_DONE = "may_have_been_done"


@dataclass(frozen=True, slots=True)
class GiveUp:
    """A person has to look. With MAY_HAVE_BEEN_DONE the task is parked: repeating it might order
    twice, so only somebody who has asked the other system may decide.
    """

    why: Why


Decision = RetryAt | Catch | GiveUp


def decide(
    rules: Rules,
    errors: Sequence[str],
    *,
    sent: bool,
    now: datetime,
    retry_after: float | None = None,
    chance: Callable[[], float] = random.random,
) -> Decision:
    """What follows the latest failure.

    Args:
        errors: names of all failures of this task since it began (or since a person asked for a
            fresh start), the latest last.
        sent: whether the latest request may have reached the other system. Say yes for a lost
            lease, where nobody knows.
        retry_after: how many seconds the other system asked us to wait.
    """
    latest = errors[-1]
    is_in_doubt = may_have_been_done(latest, sent) and not rules.is_idempotent
    why = Why.NO_RULE
    retrier = rules.retrier_for(latest)
    if retrier is not None:
        number = sum(rules.retrier_for(error) is retrier for error in errors)
        if number > retrier.max_attempts or len(errors) >= MOST_ATTEMPTS:
            why = Why.SPENT
        elif not is_in_doubt:
            delay = retrier.delay_seconds(number, chance)
            # On top, not instead: all who were sent away together were told the same moment.
            delay += min(max(retry_after or 0.0, 0.0), LONGEST_RETRY_AFTER)
            return RetryAt(now + timedelta(seconds=delay), number)
    for catcher in rules.catch:
        if catcher.matches(latest):
            return Catch(catcher.next, catcher.result_path)
    return GiveUp(Why.MAY_HAVE_BEEN_DONE if is_in_doubt else why)


def caught(error: str, message: str, *, sent: bool, attempts: int) -> dict[str, Any]:
    """What a task leaves behind under `result_path` when another way was taken."""
    return {
        "name": error,
        "message": message,
        "attempts": attempts,
        "may_have_been_done": may_have_been_done(error, sent),
    }
