"""Harm: kill -9 at named points and anywhere, freezes with thaw, immediate ends of the database."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import ge
from random import Random

from config import postgres
from config.embedded import programs
from tests.faults.fleet import Fleet
from tests.faults.points import FREEZE, KILL, every_point, fired

ANYWHERE = "anywhere"
#: A point that nobody comes by in this time is left for later.
PATIENCE_SECONDS = 2.5
LOOK_SECONDS = 0.01
BETWEEN_KILLS = (0.1, 0.8)


@dataclass
class Harm:
    """How much of it is to be done, and what was. `freeze_seconds` is longer than any lease."""

    fleet: Fleet
    database: postgres.Server
    luck: Random
    kills: int
    freezes: int
    restarts: int
    killers: int
    freeze_seconds: float
    killed: Counter[str] = field(default_factory=Counter)
    frozen: Counter[str] = field(default_factory=Counter)
    restarted: int = 0
    ended: threading.Event = field(default_factory=threading.Event)
    _asleep: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._turns = self._points()

    def run(self) -> None:
        """Kills, and beside them freezes and restarts, spread over the same time."""
        works = [*[self._keep_killing] * self.killers, self._freeze, self._restart]
        threads = [threading.Thread(target=work, daemon=True) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    @property
    def share_done(self) -> float:
        return self.killed.total() / self.kills if self.kills else 1.0

    @property
    def is_done(self) -> bool:
        done = (self.killed.total(), self.frozen.total(), self.restarted)
        return all(map(ge, done, (self.kills, self.freezes, self.restarts)))

    # Killing

    def _keep_killing(self) -> None:
        """The points are shared with the other killers; each waits at one."""
        while self.killed.total() < self.kills and not self.ended.is_set():
            with self._lock:
                point = next(self._turns)
            self._kill(point)
            self.ended.wait(self.luck.uniform(*BETWEEN_KILLS))

    def _points(self) -> Iterator[str]:
        """All in turn, in another order each time; one in ten is anywhere."""
        names = every_point()
        while True:
            turn = [*names, *[ANYWHERE] * (len(names) // 10)]
            self.luck.shuffle(turn)
            yield from turn

    def _kill(self, point: str) -> None:
        if point == ANYWHERE:
            name = self.luck.choice(self.fleet.names() or ["nobody"])
            number = self.fleet.numbers.get(name)
            if number and number not in self._asleep and self.fleet.send(name, signal.SIGKILL):
                self._count(point)
        elif self._wait_for(KILL, point):
            self._count(point)

    def _count(self, point: str) -> None:
        with self._lock:
            self.killed[point] += 1

    def _wait_for(self, how: str, point: str) -> int | None:
        """Arm a point; the process that came by it, or None if nobody did."""
        armed = self.fleet.folder / how / point
        armed.touch()
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up_at:
            for number in fired(self.fleet.folder, how, point):
                return number
            time.sleep(LOOK_SECONDS)
        armed.unlink(missing_ok=True)
        return next(fired(self.fleet.folder, how, point), None)

    # Freezing

    def _freeze(self) -> None:
        names = every_point()
        while self.frozen.total() < self.freezes and not self.ended.is_set():
            self._wait_for_share(self.frozen.total() / self.freezes)
            point = self.luck.choice([*names, ANYWHERE, ANYWHERE])
            number = self._fall_asleep(point)
            if number is None:
                continue
            self._asleep.add(number)
            time.sleep(self.freeze_seconds)
            self._asleep.discard(number)
            if self.fleet.send_to(number, signal.SIGCONT):
                self.frozen[point] += 1

    def _fall_asleep(self, point: str) -> int | None:
        if point != ANYWHERE:
            return self._wait_for(FREEZE, point)
        return self.fleet.send(self.luck.choice(self.fleet.names() or ["nobody"]), signal.SIGSTOP)

    # The database

    def _restart(self) -> None:
        while self.restarted < self.restarts and not self.ended.is_set():
            self._wait_for_share(self.restarted / self.restarts)
            end_at_once(self.database)
            self.restarted += 1

    def _wait_for_share(self, share: float) -> None:
        """So that everything is spread over the whole time."""
        while self.share_done < share and not self.ended.wait(0.1):
            pass
        self.ended.wait(self.luck.uniform(0.2, 1.5))


def end_at_once(database: postgres.Server) -> None:
    """As a power cut does; then it starts again, and recovers what was committed."""
    programs.run("pg_ctl", "-D", str(database.data), "-m", "immediate", "-w", "stop")
    database.address()
