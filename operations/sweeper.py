"""Finds and does what a crash left behind. The rows are the outbox, so there is nothing else to
read.

The look goes over all companies and brings ids only; each piece of work is then done inside its own
company, by the same verbs that would have done it at once. Two sweepers at once are harmless:
the second finds the row locked, and then finds nothing to do. Calls are not made and mails not sent
here, since they take their time: they are queued, unless they are already.
"""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from math import inf
from operator import attrgetter
from uuid import UUID

from django.db import transaction

from operations import jobs, store, work
from operations.store import DueWork
from tenants.context import company_named

log = logging.getLogger(__name__)

# What fell due a moment ago is being done by whoever caused it.
GRACE = timedelta(seconds=2)
# As in `store.DueWork`; "nobody" waits for a person, and not for us.
KINDS = (
    *("start", "route", "assign", "call", "lost", "callback"),
    *("wake", "timeout", "remind", "child", "child_done", "notice", "nobody"),
)
# These may wait for days until somebody is free: that is nobody's fault.
PATIENT = frozenset({"assign", "nobody"})
AS_JOBS = frozenset({"call", "notice"})
# Where one kind fills all its places, others may be hidden behind it: we look further then.
MOST_LOOKED_AT = 20_000
# Somebody frozen may hold a company's lock; nobody else waits for that company meanwhile.
SLOW_SECONDS = 3.0


def sweep(
    *,
    grace: timedelta = GRACE,
    limit: int = 200,
    as_jobs: bool = False,
    most_seconds: float = inf,
) -> Counter[str]:
    """Do what is due; returns how much of each kind was done, or queued.

    Goes on until nothing is left that it has not tried, or the time is over. `as_jobs`: everything
    is queued.
    """
    done: Counter[str] = Counter()
    tried: set[DueWork] = set()
    until = time.monotonic() + most_seconds
    while True:
        due, is_full = _look(grace, limit)
        fresh = [one for one in due if one not in tried]
        tried.update(fresh)
        queues = [one for one in fresh if as_jobs or one.kind in AS_JOBS]
        done += _queue(queues)
        done += _do(_in_turn(set(fresh).difference(queues)), until)
        if not is_full or not fresh or time.monotonic() > until:
            return +done


def oldest_due_seconds() -> float:
    """How long the oldest unfinished work of the engine has been waiting; 0 when there is none."""
    with transaction.atomic():
        now = store.jobs.moment(0)
        due = [one.since for one in store.due_work(50) if one.kind not in PATIENT]
    return (now - min(due, default=now)).total_seconds()


def due_by_kind(most: int) -> dict[str, list[datetime]]:
    """Since when work of each kind is due, over all companies; at most `most` of a kind."""
    due: dict[str, list[datetime]] = {kind: [] for kind in KINDS}
    with transaction.atomic():
        for one in store.due_work(most):
            due[one.kind].append(one.since)
    return due


def _look(grace: timedelta, limit: int) -> tuple[Sequence[DueWork], bool]:
    """What is due; and whether there may be more than that."""
    with transaction.atomic():
        before = store.jobs.moment(grace.total_seconds())
        while _is_full(due := store.due_work(limit), limit) and limit < MOST_LOOKED_AT:
            limit = min(limit * 10, MOST_LOOKED_AT)
    ours = [one for one in due if one.since <= before and one.kind != "nobody"]
    return ours, _is_full(due, limit)


def _is_full(due: Sequence[DueWork], look: int) -> bool:
    found = Counter(one.kind for one in due if one.kind != "nobody")
    return any(number >= look for number in found.values())


def _in_turn(due: Iterable[DueWork]) -> Iterator[DueWork]:
    """The oldest of each company, then the second of each, and so on: nobody's heap hides what
    others wait for."""
    lines: dict[UUID, list[DueWork]] = defaultdict(list)
    for one in sorted(due, key=attrgetter("since")):
        lines[one.company_id].append(one)
    return (one for one in chain.from_iterable(zip_longest(*lines.values())) if one is not None)


def _queue(due: Sequence[DueWork]) -> Counter[str]:
    """As jobs, but for those that wait in line, or are being done, already."""
    keys = {store.jobs.key_of(one.kind, one.row_id): one for one in due}
    companies = {one.company_id for one in due}
    known = store.jobs.on_their_way(companies, keys) if keys else set()
    missing = [one for key, one in keys.items() if key not in known]
    for one in missing:
        with company_named(one.company_id):
            jobs.enqueue(one.kind, one.row_id)
    return Counter(one.kind for one in missing)


def _do(due: Iterable[DueWork], until: float) -> Counter[str]:
    """At once. Nobody waits long for a company whose locks somebody holds."""
    done: Counter[str] = Counter()
    slow: set[UUID] = set()
    for one in due:
        if one.company_id in slow:
            continue
        if (begun := time.monotonic()) > until:
            break
        try:
            with company_named(one.company_id):
                done[one.kind] += work.do(one.kind, one.row_id)
        except Exception:  # one ticket's trouble must not keep the others waiting
            log.exception("Could not sweep", extra={"kind": one.kind, "row": str(one.row_id)})
        if time.monotonic() - begun > SLOW_SECONDS:
            slow.add(one.company_id)
    return done
