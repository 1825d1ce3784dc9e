"""What a simulation tells: one step after the other, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from operations.engine import Considered
from operations.task_times import Times


class Ending(StrEnum):
    """How a step, or the whole of it, came to an end."""

    DONE = "done"
    TIMEOUT = "timeout"
    CAUGHT = "caught"
    #: Nobody has said yet what it comes to.
    OPEN = "open"
    #: A person would have to repair it.
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """What would be sent, with dots for every secret. `signed`: with a secret of the company."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    signed: bool = False


@dataclass(slots=True)
class SimStep:
    """One visit of a ticket to a task.

    `role`: key of the company role whose people would get it; "" for everybody who works. `went`:
    what was started after it, in order. `joins`: tasks at which its branch now waits for others.
    `trace` is every way that was looked at; `why` says in a sentence what was read, or what
    stopped it.
    """

    number: int
    key: str
    title: str
    task_type: str
    branch: str
    visit: int
    role: str
    started_at: datetime
    times: Times = field(default_factory=Times)
    given: Any = None
    call: PlannedCall | None = None
    attempts: int = 0
    output: Any = None
    ending: Ending = Ending.OPEN
    ended_at: datetime | None = None
    trace: tuple[Considered, ...] = ()
    went: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()
    branch_ended: bool = False
    why: str = ""

    @property
    def is_over(self) -> bool:
        return self.ending in (Ending.DONE, Ending.TIMEOUT, Ending.CAUGHT)


@dataclass(slots=True)
class Simulation:
    """All that would happen. `ending` DONE: the workflow came to its end.

    OPEN: it waits at tasks of which nothing is said. STOPPED: `problem` says for whom it would have
    to be repaired, and `at` at which task (None: at the start). `why` says what decided the start.
    """

    steps: list[SimStep] = field(default_factory=list)
    ending: Ending = Ending.OPEN
    start_trace: tuple[Considered, ...] = ()
    why: str = ""
    problem: str = ""
    at: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    now: datetime | None = None

    @property
    def path(self) -> list[str]:
        """Keys of the tasks in the order in which they started."""
        return [step.key for step in self.steps]

    @property
    def open_steps(self) -> list[SimStep]:
        return [step for step in self.steps if step.ending == Ending.OPEN]
