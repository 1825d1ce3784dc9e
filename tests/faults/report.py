"""What a run says at its end."""

import signal
from collections.abc import Iterable, Iterator

from tests.faults.checker import Findings
from tests.faults.fleet import Fleet
from tests.faults.harm import Harm
from tests.faults.people import Journal
from tests.faults.systems import Books

MOST_ODDITIES = 8


def lines(
    found: Findings, harm: Harm, fleet: Fleet, journal: Journal, books: Books, rest_seconds: float
) -> Iterator[str]:
    by_themselves = sum(one.signal != signal.SIGKILL for one in fleet.endings)
    refused = in_words((str(status), number) for status, number in books.refused.items())
    yield f"kills    {harm.killed.total()} at {len(harm.killed)} points"
    yield from wrapped(sorted(harm.killed.items()))
    yield f"freezes  {harm.frozen.total()} of {harm.freeze_seconds:.0f} s"
    yield from wrapped(sorted(harm.frozen.items()))
    yield f"restarts {harm.restarted} of the database, at once"
    yield f"programs {len(fleet.endings)} endings, {by_themselves} of them by themselves"
    yield (
        f"people   {journal.unanswered} times no answer, {journal.broken} broken pages, "
        f"{journal.repeated} repeated"
    )
    yield f"systems  {books.unanswered} callbacks without an answer; refused: {refused}"
    yield f"figures  {in_words(found.figures.items())}"
    yield f"errors   {in_words(found.errors.items())}"
    yield f"open     {in_words(found.incidents.items())}"
    for words in journal.oddities[:MOST_ODDITIES]:
        yield f"odd      {words}"
    yield f"at rest  {rest_seconds:.0f} s after the last harm"
    yield from found.lines()


def wrapped(counted: Iterable[tuple[str, int]]) -> Iterator[str]:
    line = "        "
    for name, number in counted:
        piece = f" {name} {number},"
        if len(line) + len(piece) > 110:
            yield line
            line = "        "
        line += piece
    yield line.rstrip(",")


def in_words(counted: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counted) or "none"
