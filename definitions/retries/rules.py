"""The rules of one action as values, and what holds when it says nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from definitions.retries.errors import matches

#: Where a caught error is left behind, when nothing is said.
USUAL_RESULT_PATH: Final = "error"
#: Calling twice has the effect of calling once (RFC 9110, 9.2.2).
IDEMPOTENT_METHODS = frozenset({"GET", "PUT", "DELETE"})


class Jitter(StrEnum):
    """FULL: anything between no wait and the whole wait, so that many tickets that failed together
    do not come back together.
    """

    FULL = "FULL"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Retrier:
    """`max_attempts` counts repetitions: 0 is never, 3 is four calls in all."""

    errors: tuple[str, ...]
    interval_seconds: float = 1.0
    backoff_rate: float = 2.0
    max_attempts: int = 3
    max_delay_seconds: float = 600.0
    jitter: Jitter = Jitter.FULL

    def matches(self, error: str) -> bool:
        return any(matches(pattern, error) for pattern in self.errors)

    def delay_seconds(self, number: int, chance: Callable[[], float]) -> float:
        """The wait before repetition `number`, counted from 1; `chance` gives 0 up to 1."""
        delay = min(
            self.interval_seconds * self.backoff_rate ** (number - 1), self.max_delay_seconds
        )
        return delay * chance() if self.jitter == Jitter.FULL else delay


@dataclass(frozen=True, slots=True)
class Catcher:
    """`next`: key of the task that follows instead. `result_path`: the name under which the task
    leaves the error behind.
    """

    errors: tuple[str, ...]
    next: str
    result_path: str = USUAL_RESULT_PATH

    def matches(self, error: str) -> bool:
        return any(matches(pattern, error) for pattern in self.errors)


@dataclass(frozen=True, slots=True)
class Rules:
    """`is_idempotent`: calling twice does no harm, so a call whose outcome nobody knows may be
    repeated.
    """

    retry: tuple[Retrier, ...]
    catch: tuple[Catcher, ...] = ()
    is_idempotent: bool = False

    def retrier_for(self, error: str) -> Retrier | None:
        """The first that matches; each counts only the errors that came to it."""
        return next((one for one in self.retry if one.matches(error)), None)


#: When nothing is said: about a minute of trying again, for what passes by itself.
_PASSING = ("connect", "dns", "timeout", "http.429")
DEFAULT_RETRY: Final = Retrier((*_PASSING, "http.503"), interval_seconds=5.0, max_attempts=4)
DEFAULT_RETRY_IDEMPOTENT: Final = Retrier(
    (*_PASSING, "http.5xx"), interval_seconds=5.0, max_attempts=4
)
#: A worker that stopped is our fault and not theirs: repeated a little even if no rule speaks of
#: it, and counted, or a call that kills its worker would do so for ever.
LOST_LEASE_RETRY: Final = Retrier(("lost_lease",))
