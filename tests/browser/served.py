"""The product as people start it: database, web and worker of its own, with the demo companies."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from config.postgres import Server
from tests.programs import free_port

READY_SECONDS = 120
# What would make it serve another database than its own.
OURS = {"DATABASE_URL", "OWNER_DATABASE_URL", "DJANGO_SETTINGS_MODULE", "EMAIL_URL", "DEBUG"}
BROKE = re.compile(r"^.*level=(?:error|critical)", re.MULTILINE)


@dataclass(frozen=True)
class Served:
    """`log` is what web and worker have printed, mails included."""

    address: str
    log: Path
    environment: dict[str, str]

    def run(self, code: str) -> None:
        """Carry out Python in the product's own surroundings, to prepare what a journey needs."""
        command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code]
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def said(self) -> str:
        return self.log.read_text()

    def mailed_link(self, about: str, *, to: str) -> str:
        """From the last mail to this address; mails are printed where no mail server is named."""
        mails = [mail for mail in self.said().split("Subject: ") if f"\nTo: {to}\n" in mail]
        assert mails, f"No mail to {to}:\n{self.said()[-2000:]}"
        assert about in mails[-1], mails[-1]
        links: list[str] = re.findall(r"^http\S+$", mails[-1], re.MULTILINE)
        return links[0]

    def what_broke(self, said_before: str) -> str:
        """What the programs complained about since then: nothing, or their words from there on."""
        since = self.said()[len(said_before) :]
        found = BROKE.search(since)
        return since[found.start() :] if found else ""


@contextmanager
def served() -> Iterator[Served]:
    """Start `manage.py demo` in an empty folder; stop it, its database included."""
    # Not in pytest's: each run of pytest closes that to other users, and thus to the database of
    # another run, which is a user of its own where the tests run as root.
    kept = tempfile.TemporaryDirectory(prefix="ticketflower-", ignore_cleanup_errors=True)
    with kept as folder, _demo(Path(folder)) as running:
        yield running


@contextmanager
def _demo(folder: Path) -> Iterator[Served]:
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    environment = {
        **kept,
        "VAR_DIR": str(folder / "var"),
        "PORT": str(port),
        "ALLOW_LOOPBACK_CALLS": "1",  # other systems are on this machine, too
    }
    log = folder / "log.txt"
    # Into a file: a pipe that nobody reads would stop the server when it is full.
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, log)
        yield Served(f"http://localhost:{port}", log, environment)
    finally:
        process.terminate()
        process.wait(30)
        Server(folder / "var/postgres").stop()


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + READY_SECONDS
    while "Ctrl-C" not in log.read_text():
        assert process.poll() is None, f"The demo ended by itself:\n{log.read_text()}"
        assert time.monotonic() < give_up_at, f"The demo is not ready:\n{log.read_text()}"
        time.sleep(0.1)
