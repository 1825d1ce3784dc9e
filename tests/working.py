"""The real worker as processes, for tests: on the test database, with work that tests can see.

A nursery loads Django once and forks each worker off, which is then in every respect a process of
`manage.py run_worker`, but there in a moment. Its kinds of work "note", "slow" and, if it is asked
for, a deadly "call" write into a folder what becomes of them.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

LOST_AFTER_SECONDS = 2
SLOW_SECONDS = 1.5
HELD = 4711
DEADLY = "--deadly"


class Nursery:
    """The process that the workers come from."""

    def __init__(self, database: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.working", database],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *words: object) -> list[str]:
        """One line to it, one line from it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().split()

    def close(self) -> None:
        self._process.communicate("", timeout=15)


class Workers:
    """`folder` takes the log, and what was begun and done; its path has no blanks."""

    def __init__(self, nursery: Nursery, folder: Path) -> None:
        self.nursery = nursery
        self.folder = folder
        self.numbers: list[int] = []

    def start(self, *options: str) -> int:
        """The number of a new worker's process; it is ready for work a moment later."""
        words = ("--lost-after", LOST_AFTER_SECONDS, "--every", 0.5, *options)
        (number,) = self.nursery.ask("start", self.folder, *words)
        self.numbers.append(int(number))
        return self.numbers[-1]

    def told(self, name: str) -> list[tuple[UUID, int]]:
        """Which row was "begun", or "done", in which process."""
        return [(UUID(row), int(number)) for row, number in self._lines(name)]

    @property
    def done(self) -> Counter[UUID]:
        """How often each row was done, by whatever worker."""
        return Counter(row for row, _ in self.told("done"))

    @property
    def ended(self) -> dict[int, int]:
        """Exit code by process; negative: the signal it died of."""
        told = (pair.split(":") for pair in self.nursery.ask("ended"))
        codes = {int(number): int(code) for number, code in told}
        return {number: codes[number] for number in self.numbers if number in codes}

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def end(self) -> None:
        for number in set(self.numbers).difference(self.ended):
            os.kill(number, signal.SIGKILL)
        while len(self.ended) < len(self.numbers):
            time.sleep(0.02)

    def _lines(self, name: str) -> list[list[str]]:
        path = self.folder / name
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def _nurse(database: str) -> None:
    """Fork a worker for each line "start FOLDER OPTION …" and answer with its number; answer
    "ended" with NUMBER:CODE of all that have."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    settings.DATABASES["default"]["NAME"] = database

    from operations.worker import program  # noqa: F401  (it takes a second to load)

    ended: dict[int, int] = {}
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "start":
            number = os.fork()
            if number == 0:
                _become_a_worker(Path(rest[0]), rest[1:])
            answer = str(number)
        else:
            ended |= _buried()
            answer = " ".join(f"{number}:{code}" for number, code in ended.items())
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _buried() -> dict[int, int]:
    codes: dict[int, int] = {}
    while True:
        try:
            number, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return codes
        if number == 0:
            return codes
        codes[number] = os.waitstatus_to_exitcode(status)


def _become_a_worker(folder: Path, options: list[str]) -> NoReturn:
    from django.core.management import call_command

    from operations import work

    log = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    work.KINDS |= _kinds(folder)
    if DEADLY in options:
        options.remove(DEADLY)
        work.KINDS["call"] = work.KINDS["deadly"]
    call_command("run_worker", *options)
    sys.exit(0)


def _tell(folder: Path, name: str, row_id: UUID) -> None:
    with Path(folder, name).open("a") as lines:
        lines.write(f"{row_id} {os.getpid()}\n")


def _kinds(folder: Path) -> dict[str, Callable[[UUID], bool]]:
    def note(row_id: UUID) -> bool:
        _tell(folder, "done", row_id)
        return True

    def slow(row_id: UUID) -> bool:
        _tell(folder, "begun", row_id)
        time.sleep(SLOW_SECONDS)
        return note(row_id)

    def hold(row_id: UUID) -> bool:
        """Asleep in a transaction, as nothing of ours ever is."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [HELD])
            _tell(folder, "begun", row_id)
            time.sleep(SLOW_SECONDS)
        return note(row_id)

    def deadly(row_id: UUID) -> bool:
        _tell(folder, "begun", row_id)
        os.kill(os.getpid(), signal.SIGKILL)
        return True

    return {"note": note, "slow": slow, "hold": hold, "deadly": deadly}


if __name__ == "__main__":
    _nurse(sys.argv[1])
