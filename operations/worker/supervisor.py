"""What each worker does besides its jobs, in a thread of its own: sweep, and bury the dead.

Not as a job, because a job that should bring back lost jobs could be lost itself.
"""

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from threading import Event

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from operations import giving_up, jobs, store, workers
from operations.files.sweeping import sweep_files
from operations.outages import is_gone
from operations.store.jobs import Held
from operations.sweeper import sweep
from tenants.context import tenant_context

log = logging.getLogger(__name__)

# After a worker died nobody sweeps by hand for so long: what was due may be what it died of, and as
# a job its deaths are counted.
CAREFUL_SECONDS = 300
KEEP_FAILED_DAYS = 7
BETWEEN_CLEANINGS_SECONDS = 60
# What nobody has sent in a day may lie for an hour more.
BETWEEN_FILE_SWEEPS_SECONDS = 3600
# Whoever holds a lock this long is frozen; the sweeper goes on with the others meanwhile.
LOCK_SECONDS = 5
# Then it is time to look after the dead again.
SWEEP_SECONDS = 5.0
SHORT_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Hands:
    """What the workers of this process have in hand, by procrastinate's numbers."""

    workers: Callable[[], Collection[int]]
    jobs: Callable[[], Collection[int | None]]


@dataclass
class Supervisor:
    """`lost_after`: seconds without a sign of life after which a worker counts as dead."""

    hands: Hands
    every: float
    lost_after: float
    stopping: Event = field(default_factory=Event)
    _judges_from: float = 0
    _cleans_from: float = 0
    _sweeps_files_from: float = 0
    _dropped: frozenset[int] = frozenset()

    def run(self) -> None:
        """Until `stopping` is set."""
        did_something = False
        while not self.stopping.wait(SHORT_PAUSE if did_something else self.every):
            did_something = self.look()
        connection.close()

    def look(self) -> bool:
        """Whether there was something to do.

        A database that restarts is waited for, not died of.
        """
        close_old_connections()
        try:
            return self._look()
        except (DatabaseError, InterfaceError) as error:
            if not is_gone(error):
                log.exception("The supervisor will look again")
                return False
            log.warning("The database does not answer; the worker tries again.")
            # The others could give no sign of life either, and need a moment to do so.
            self._judges_from = time.monotonic() + self.lost_after
        except Exception:
            log.exception("The supervisor will look again")
        return False

    def _look(self) -> bool:
        workers.introduce(lock_seconds=LOCK_SECONDS)
        if time.monotonic() >= self._judges_from:
            self._take_over()
            self._pick_up_dropped()
        self._clean()
        is_careful = store.jobs.somebody_died(self.lost_after)
        done = sweep(as_jobs=is_careful, most_seconds=SWEEP_SECONDS)
        if done:
            log.info("swept", extra={"done": dict(done)})
        self._sweep_files()
        return bool(done)

    def _take_over(self) -> None:
        for held in store.jobs.held_by_the_dead(self.lost_after):
            about = {"kind": held.kind, "row": str(held.row_id), "tries": held.tries}
            if held.tries >= jobs.MOST_TRIES_AGAIN:
                if _stop_its_ticket(held):
                    log.error("Workers die of a job; its ticket stops", extra=about)
            elif store.jobs.put_back(held, counts=True):
                log.warning("A worker died; its job goes on", extra=about)

    def _pick_up_dropped(self) -> None:
        """Jobs that are this process's by the database's word, and that it knows nothing of: the
        answer to "give me a job" was lost on its way. Seen twice, because one that has just been
        taken or ended looks the same."""
        held = store.jobs.held_by(list(self.hands.workers()))
        in_hand = self.hands.jobs()
        dropped = {one.job: one for one in held if one.job not in in_hand}
        for job in self._dropped & dropped.keys():
            store.jobs.put_back(dropped[job], counts=False)
        self._dropped = frozenset(dropped)

    def _clean(self) -> None:
        if time.monotonic() < self._cleans_from:
            return
        self._cleans_from = time.monotonic() + BETWEEN_CLEANINGS_SECONDS
        store.jobs.forget_what_failed(KEEP_FAILED_DAYS)
        store.jobs.forget_the_dead(max(CAREFUL_SECONDS, self.lost_after * 2))

    def _sweep_files(self) -> None:
        if time.monotonic() < self._sweeps_files_from:
            return
        self._sweeps_files_from = time.monotonic() + BETWEEN_FILE_SWEEPS_SECONDS
        if gone := sweep_files(most_seconds=SWEEP_SECONDS):
            log.info("swept files", extra={"gone": gone})


def _stop_its_ticket(held: Held) -> bool:
    """Both or nothing, and once, whoever else has seen it."""
    with tenant_context(held.company_id):
        is_ours = store.jobs.end(held)
        if is_ours:
            giving_up.stopped(held.kind, held.row_id)
    return is_ours
