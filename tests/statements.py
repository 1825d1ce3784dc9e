"""How many statements the server was sent: the ORM's own count misses BEGIN, COMMIT and SAVEPOINT.

With the embedded server they are read from the server's own log. An external server's log is out
of reach, so there libpq's trace of the wire is read instead (Linux only).
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import DatabaseError, connection
from psycopg.pq import Trace

from config import postgres

ENTRY = re.compile(
    r"^\S+ \S+ \S+ \[(?P<pid>\d+)\] \S* ?LOG:  (?:statement|execute [^:]*): (?P<text>.*)$"
)
SENT = re.compile(r"^F\t\d+\t(?P<message>Query|Parse|Execute)\t (?P<text>.*)$")


@dataclass
class Counted:
    """Filled when the block ends."""

    lines: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.lines)

    def __str__(self) -> str:
        """For the message of an assertion that failed."""
        return "\n".join(
            [f"{self.total} statements:", *(f"{n:3} {t}" for n, t in enumerate(self.lines, 1))]
        )


def statements() -> AbstractContextManager[Counted]:
    """`with statements() as counted: ...; assert counted.total <= 12, counted`

    Counts those of this thread's connection.
    """
    connection.ensure_connection()
    return in_the_log() if settings.EMBEDDED_DATABASE else on_the_wire()


@contextmanager
def in_the_log() -> Iterator[Counted]:
    counted = Counted()
    pid = _session().backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SET log_statement = 'all'")
    log = postgres.server(settings.VAR_DIR).log
    start = log.stat().st_size
    try:
        yield counted
    finally:
        counted.lines = _entries_of(pid, log, start)
        # After an error in the block the rollback of its transaction undoes the setting.
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SET log_statement = 'none'")
    _same_session(pid)


@contextmanager
def on_the_wire() -> Iterator[Counted]:
    counted = Counted()
    session = _session()
    pid = session.backend_pid
    with tempfile.NamedTemporaryFile() as trace:
        session.trace(trace.fileno())
        session.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        try:
            yield counted
        finally:
            session.untrace()
            counted.lines = list(_sent(Path(trace.name)))
    _same_session(pid)


def _session() -> Any:
    """The connection as libpq knows it."""
    return connection.connection.pgconn


def _same_session(pid: int) -> None:
    if _session().backend_pid != pid:
        raise AssertionError("The block closed its database connection, so nothing was counted.")


def _entries_of(pid: int, log: Path, start: int) -> list[str]:
    with log.open("rb") as entries:
        entries.seek(start)
        return list(_texts(entries, str(pid)))


def _texts(log: IO[bytes], pid: str) -> Iterator[str]:
    """The statements of one session; further lines of a statement begin with a tab."""
    text: str | None = None
    for raw in log:
        line = raw.decode(errors="replace").rstrip("\n")
        if text is not None and line.startswith("\t"):
            text += f" {line.strip()}"
            continue
        if text is not None:
            yield text
        entry = ENTRY.match(line)
        text = entry["text"] if entry and entry["pid"] == pid else None
    if text is not None:
        yield text


def _sent(trace: Path) -> Iterator[str]:
    """A simple query is one message; a prepared one is parsed once and executed many times."""
    parsed = ""
    for line in trace.read_text(errors="replace").splitlines():
        sent = SENT.match(line)
        if sent is None:
            continue
        if sent["message"] == "Query":
            yield sent["text"]
        elif sent["message"] == "Parse":
            parsed = sent["text"]
        else:
            yield parsed or sent["text"]
