"""Everything on one machine: database, web, worker and demo companies, as one tree of processes."""

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple, NoReturn, cast

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from tenants.context import platform_context
from tenants.models import Company

START_SECONDS = 60
STOP_SECONDS = 10


class Login(NamedTuple):
    """What `fixtures.load.demo_logins()` lists."""

    role: str
    email: str
    password: str


class Program(NamedTuple):
    name: str
    process: subprocess.Popen[bytes]


class Command(BaseCommand):
    help = (
        "Starts everything with demo companies, prints the address and the logins; Ctrl-C ends it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for end in (signal.SIGINT, signal.SIGTERM):
            signal.signal(end, _end)
        address = f"http://localhost:{settings.PORT}/"
        _refuse_taken_port(settings.PORT)
        self._say("Preparing the database …")
        call_command("migrate", verbosity=0)
        self._load_demo()
        self._say("Starting web and worker …")
        try:
            with _running("serve", "run_worker") as programs:
                _wait_until_healthy(f"{address}healthz", programs)
                self._welcome(address)
                _wait_for_an_end(programs)
        except KeyboardInterrupt:
            self._say("\nStopped.")

    def _load_demo(self) -> None:
        with platform_context():
            is_empty = not Company.objects.exists()
        if is_empty:
            self._say("Making two demo companies …")
            with transaction.atomic():  # half a demo would pass for a whole one the next time
                _of_the_demo("load_demo")()

    def _welcome(self, address: str) -> None:
        logins: Sequence[Login] = [Login(*login) for login in _of_the_demo("demo_logins")()]
        width = max((len(login.role) for login in logins), default=0)
        lines = [f"  {role:{width}}  {email}  {password}" for role, email, password in logins]
        self._say(f"\nTicketFlower is ready: {address}\n", *lines, "\nCtrl-C stops everything.")

    def _say(self, *lines: str) -> None:
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _end(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _of_the_demo(name: str) -> Callable[[], Any]:
    """By name, because the demo's data stand on all the layers and none may import them."""
    return cast(Callable[[], Any], getattr(import_module("fixtures.load"), name))


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is taken by another program (or by another demo). "
                f"Stop that one, or choose another port: PORT={port + 1} make demo"
            ) from error


@contextmanager
def _running(*commands: str) -> Iterator[list[Program]]:
    """Management commands as programs of their own; none outlives the block, or this process."""
    programs: list[Program] = []
    try:
        for command in commands:
            programs.append(Program(command, _start(command)))
        yield programs
    finally:
        _stop(programs)


def _start(command: str) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C reaches this process alone, which then ends them in order.
    apart: dict[str, Any] = (
        {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        if sys.platform == "win32"
        else {"start_new_session": True}
    )
    return subprocess.Popen(
        [sys.executable, "-m", "admin_site.leash", "manage.py", command],
        stdin=subprocess.PIPE,
        cwd=settings.BASE_DIR,
        **apart,
    )


def _stop(programs: Sequence[Program]) -> None:
    for end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(end, signal.SIG_IGN)  # a second Ctrl-C must not leave anything behind
    for program in programs:
        program.process.terminate()
    for program in programs:
        try:
            program.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            program.process.kill()
            program.process.wait()


def _wait_until_healthy(url: str, programs: Sequence[Program]) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at:
        _refuse_ended(programs)
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  (our own address)
                return
        except OSError:
            time.sleep(0.1)
    raise CommandError(f"{url} did not answer within {START_SECONDS} seconds; see the lines above.")


def _wait_for_an_end(programs: Sequence[Program]) -> None:
    while True:
        _refuse_ended(programs)
        time.sleep(0.5)


def _refuse_ended(programs: Sequence[Program]) -> None:
    for program in programs:
        code = program.process.poll()
        if code is not None:
            raise CommandError(
                f"`manage.py {program.name}` ended by itself (exit code {code}); "
                "the lines above say why."
            )
