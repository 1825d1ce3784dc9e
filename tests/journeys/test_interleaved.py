"""The real logs at the same time: eight processes, one database, one company, one worker.

Each log is played twice, through the workflow that allows all of its moves and through the
restricted one. A process has its cases and does their events by the time at which they were in
life, as if both logs had begun on the same day; so a process changes to another ticket with nearly
every event, while seven others do the same. What comes of each case is as if it had been alone.

`make test` plays every fiftieth case; `make replay` all of them, and prints the figures.
"""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Max

from definitions.services import import_bundle
from operations.models import TicketInstance, WorkerLoad, WorkflowEvent
from tenants.context import tenant_context
from tests.builders import Firm
from tests.journeys.event_logs import LOGS, Log, answers_of, bundle_of, read_log
from tests.journeys.outcomes import ending_of, expected_ending, expected_refusal, refusal_of
from tests.thorough import some

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES = 8


@dataclass(frozen=True)
class Play:
    """A log on one of its workflows, `key`."""

    key: str
    log: Log
    is_restricted: bool

    @property
    def cases(self) -> list[str]:
        """Those that are played: spread over the whole log."""
        return some(self.log.cases, one_in=50)

    @property
    def document(self) -> dict[str, Any]:
        most = self.log.allowed_when_restricted if self.is_restricted else None
        return bundle_of(self.log, self.log.moves[:most], key=self.key)

    def events(self, cases: Iterable[str]) -> Iterator[tuple[float, list[str | None]]]:
        """(seconds since the log began, what the player is told)."""
        for case in cases:
            activities = self.log.cases[case]
            answers = zip(self.log.times[case], answers_of(activities), strict=True)
            for number, (seconds, answer) in enumerate(answers):
                yield seconds, [self.key, case, None if number else activities[0], answer]

    def disagrees(self, case: str, ticket: TicketInstance) -> bool:
        if self.is_restricted:
            return refusal_of(ticket) != expected_refusal(self.log, case)
        return ending_of(ticket) != expected_ending(self.log, case)


@pytest.fixture
def plays(acme: Firm, real_inputs: Path) -> list[Play]:
    """Both logs on both of their workflows, which are published."""
    logs = [read_log(real_inputs / "event_logs", name) for name in LOGS]
    plays = [
        Play(f"{log.name.replace('_', '-')}-{word}", log, word == "restricted")
        for log in logs
        for word in ("free", "restricted")
    ]
    with tenant_context(acme.company):
        for play in plays:
            import_bundle(acme.flo, play.document, publish=True)
    return plays


def shares(plays: list[Play]) -> list[list[list[str | None]]]:
    """The events of each process, by time."""
    found = []
    for number in range(PROCESSES):
        mine = [event for play in plays for event in play.events(play.cases[number::PROCESSES])]
        found.append([told for _, told in sorted(mine, key=lambda event: event[0])])
    return found


def played(firm: Firm, plays: list[Play]) -> list[dict[str, Any]]:
    """What each process came to."""
    about = {
        "database": connection.settings_dict["NAME"],
        "company": str(firm.company.pk),
        "asks": str(firm.ann.pk),
        "works": str(firm.will.pk),
    }
    command = [sys.executable, "-W", "error", "-m", "tests.journeys.player"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    processes = [
        Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=settings.BASE_DIR, env=environment)
        for _ in range(PROCESSES)
    ]
    for process, events in zip(processes, shares(plays), strict=True):
        assert process.stdin is not None
        process.stdin.write(json.dumps({**about, "events": events}))
        process.stdin.close()
        process.stdin = None
    outcomes = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES
    return [json.loads(outcome) for outcome in outcomes]


def test_real_logs_by_eight_processes_at_once_end_as_they_do_alone(
    acme: Firm, plays: list[Play], capsys: pytest.CaptureFixture[str]
):
    began = time.monotonic()
    outcomes = played(acme, plays)
    seconds = time.monotonic() - began

    wrong, tickets = [], 0
    with tenant_context(acme.company):
        for play in plays:
            ids = {case: pk for one in outcomes for case, pk in one["tickets"][play.key].items()}
            assert sorted(ids) == sorted(play.cases)
            found = TicketInstance.objects.select_related("workflow").in_bulk(ids.values())
            by_id = {str(pk): ticket for pk, ticket in found.items()}
            wrong += [(play.key, c) for c, pk in ids.items() if play.disagrees(c, by_id[pk])]
            tickets += len(ids)
        _nothing_was_counted_twice(tickets)
    completions = sum(one["completions"] for one in outcomes)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{tickets} tickets, {completions} completions by {PROCESSES} processes at once in "
            f"{seconds:.0f} s ({completions / seconds:.0f} a second); {len(wrong)} disagree\n"
        )
    assert wrong == []


def _nothing_was_counted_twice(tickets: int) -> None:
    """Numbers of tickets and of events have no gap, and nobody is left with work."""
    numbers = list(TicketInstance.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(numbers[0], numbers[0] + tickets))
    events = WorkflowEvent.objects.values("ticket").annotate(last=Max("sequence"))
    total = sum(row["last"] for row in events)
    assert total == WorkflowEvent.objects.count()
    assert not WorkerLoad.objects.filter(open_tasks__gt=0).exists()
