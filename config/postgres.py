"""The embedded PostgreSQL: a real server under `var/`, for a machine that has none.

It is started and stopped here, and not by the wheel it comes in, because we need logins with
passwords, a place per clone, and an end when the last process ends.

Every process that uses the server holds a shared lock on the file `in-use` for as long as it
lives; the operating system drops it even after a kill -9. Whoever can take that lock alone is the
last one, and stops the server. Nothing here knows Django.
"""

import atexit
import hashlib
import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import fasteners
import psutil

from config.embedded import programs
from config.embedded.programs import EmbeddedServerError

DATABASE = "ticketflower"
OWNER = "tf_owner"
APP = "tf_app"
SUPERUSER = "postgres"
SIGNING_KEY = "signing_key"

SOCKET_NAME = ".s.PGSQL.5432"  # the number is only a name: nothing listens on the network
SOCKET_PATH_LIMIT = 103  # bytes: macOS allows 103, Linux 107
LAUNCH_TRIES = 10

# Small on purpose (a laptop, two people); fsync stays on: a demo's data survives a power cut too.
TUNING = {
    "shared_buffers": "128MB",
    "max_connections": "60",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
    # What people write into forms has no place in a log.
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    # The passwords are random and long: stretching them would only slow every connection.
    "scram_iterations": "1",
}


class Status(NamedTuple):
    """What `postmaster.pid` says of the server that wrote it."""

    pid: int
    port: str
    socket_folder: str
    host: str
    state: str

    @property
    def address(self) -> dict[str, str]:
        return {"HOST": self.socket_folder or self.host, "PORT": self.port}

    def answers(self) -> bool:
        """The file outlives a server that was killed; only a connection proves that it runs."""
        try:
            if self.socket_folder:
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.connect(f"{self.socket_folder}/{SOCKET_NAME}")
            else:
                socket.create_connection((self.host, int(self.port)), timeout=2).close()
        except OSError:
            return False
        return True


class Server:
    """One data folder and the server that runs on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "log"
        self._prepared = folder / "prepared"
        self._in_use: fasteners.InterProcessReaderWriterLock | None = None
        self._in_use_by = 0

    def address(self) -> dict[str, str]:
        """HOST and PORT of the server, which is started when it does not run yet."""
        self._hold()
        status = self._ready()
        if status is None:
            passwords = self.secrets()
            with self._alone():
                status = self._ready() or self._start(passwords)
        return status.address

    def secrets(self) -> dict[str, str]:
        """A password per login, and a key to sign sessions with.

        Made up once per data folder, and kept where only its owner can read them.
        """
        kept = self.folder / "secrets.json"
        if not kept.exists():
            with self._alone():
                if not kept.exists():
                    _write_private(kept, json.dumps(_make_up_secrets()))
        return dict(json.loads(kept.read_text()))

    def stop(self) -> None:
        """Stop the server, whoever uses it; what was not committed is rolled back."""
        status = self._left_behind()
        if status is not None and status.answers():
            programs.run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop")

    def stop_if_unused(self) -> bool:
        """Let go of the server, and stop it unless another process uses it."""
        if self._in_use is not None and self._in_use_by == os.getpid():
            self._in_use.release_read_lock()
        self._in_use = None
        if not self.folder.exists():
            return True
        lock = fasteners.InterProcessReaderWriterLock(self.folder / "in-use")
        if not lock.acquire_write_lock(blocking=False):
            return False
        try:
            self.stop()
        finally:
            lock.release_write_lock()
        return True

    def remove(self) -> None:
        """Delete the data, for a start from nothing.

        Raises:
            EmbeddedServerError: another process uses it.
        """
        if not self.stop_if_unused():
            raise EmbeddedServerError(
                f"The database in {self.folder} is in use. Stop the demo (Ctrl-C in its window) "
                "and whatever else runs from this folder, then try again."
            )
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _hold(self) -> None:
        """Count this process among those who use the server, until it ends."""
        if self._in_use is not None and self._in_use_by == os.getpid():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._in_use = fasteners.InterProcessReaderWriterLock(self.folder / "in-use")
        self._in_use.acquire_read_lock()
        self._in_use_by = os.getpid()
        atexit.register(self.stop_if_unused)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time makes the passwords, the data folder and the server."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with fasteners.InterProcessLock(self.folder / "starting"):
            yield

    def _left_behind(self) -> Status | None:
        """What the last server wrote about itself, whether it still runs or not."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        if len(lines) < 8:
            return None
        pid, _, _, port, socket_folder, host, _, state = (line.strip() for line in lines[:8])
        return Status(int(pid), port, socket_folder, host, state)

    def _ready(self) -> Status | None:
        """The server, if it takes connections and has its two logins."""
        status = self._left_behind()
        if status is None or status.state != "ready" or not self._prepared.exists():
            return None
        return status if status.answers() else None

    def _start(self, passwords: dict[str, str]) -> Status:
        if programs.as_root():
            programs.let_server_user_in(self.folder)
        if not (self.data / "PG_VERSION").exists():
            self._make_data(passwords[SUPERUSER])
        self._check_version()
        status = self._left_behind()
        if status is None or not status.answers():
            self._remove_stale_lock(status)
            self._configure()
            self._launch()
            status = self._left_behind()
        if status is None:
            raise EmbeddedServerError(f"PostgreSQL ended right after its start; see {self.log}.")
        _make_logins(status.address, passwords)
        self._prepared.touch()
        return status

    def _make_data(self, password: str) -> None:
        """In another folder first: an interrupted `initdb` must not pass for a data folder."""
        draft, secret = self.folder / "data.draft", self.folder / "data.password"
        shutil.rmtree(draft, ignore_errors=True)
        self._prepared.unlink(missing_ok=True)
        draft.mkdir(mode=0o700)
        _write_private(secret, password)
        _give_to_server_user(draft, secret)
        try:
            programs.run(
                "initdb",
                *("--pgdata", str(draft), "--username", SUPERUSER, f"--pwfile={secret}"),
                *("--auth=scram-sha-256", "--encoding=UTF8"),
                # The same order and case rules on every operating system.
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            )
        finally:
            secret.unlink()
        with (draft / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude 'ticketflower.conf'\n")
        draft.rename(self.data)

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != programs.VERSION:
            raise EmbeddedServerError(
                f"{self.data} was made by PostgreSQL {found}; this is {programs.VERSION}. Export "
                "what you need with the old version, then start over with `make demo-reset`."
            )

    def _remove_stale_lock(self, status: Status | None) -> None:
        """PostgreSQL does this itself unless the dead server's number now belongs to another
        program, as happens in containers."""
        if status is None or not psutil.pid_exists(status.pid):
            return
        if not psutil.Process(status.pid).name().startswith("postgres"):
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            Path(status.socket_folder, f"{SOCKET_NAME}.lock").unlink(missing_ok=True)

    def _configure(self) -> None:
        """Written before every start, because a folder may have been moved."""
        if programs.ON_WINDOWS:
            where = {"listen_addresses": "127.0.0.1", "port": str(_free_port())}
        else:
            folder = str(self._socket_folder()).replace('"', '""')
            where = {"listen_addresses": "", "unix_socket_directories": f'"{folder}"'}
        lines = [f"{name} = {_quoted(value)}\n" for name, value in (TUNING | where).items()]
        (self.data / "ticketflower.conf").write_text("".join(lines))

    def _socket_folder(self) -> Path:
        """The data folder, unless its path is longer than a socket's may be."""
        if len(os.fsencode(self.data / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
            return self.data
        name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir(), f"ticketflower-{name}")
        folder.mkdir(mode=0o700, exist_ok=True)
        _give_to_server_user(folder)
        if not programs.as_root() and folder.stat().st_uid != os.geteuid():
            raise EmbeddedServerError(f"{folder} belongs to somebody else; set TMPDIR elsewhere.")
        return folder

    def _launch(self) -> None:
        self.log.touch(mode=0o600)
        _give_to_server_user(self.log)
        start = ("pg_ctl", "-D", str(self.data), "-l", str(self.log), "-w", "start")
        for tries_left in reversed(range(LAUNCH_TRIES)):
            try:
                programs.run(*start)
            except EmbeddedServerError as error:
                log = self.log.read_text(errors="replace").splitlines()[-15:]
                # After a kill -9 the old server's helpers take a moment to notice.
                if not tries_left or not any("shared memory block" in line for line in log):
                    raise EmbeddedServerError("\n".join([str(error), *log])) from error
                time.sleep(0.5)
            else:
                return


@cache
def server(var: Path) -> Server:
    """The server of a folder; the same one for every caller in this process."""
    return Server(var.resolve() / "postgres")


def _make_logins(address: dict[str, str], passwords: dict[str, str]) -> None:
    """By the same script that a server of one's own is prepared with."""
    script = Path(__file__).with_name("logins.sql").read_text()
    # Tests count the statements of their own session in the server's log.
    script += f"\nGRANT SET ON PARAMETER log_statement TO {APP};\n"
    environment = {
        "PGPASSWORD": passwords[SUPERUSER],
        "OWNER_PASSWORD": passwords[OWNER],
        "APP_PASSWORD": passwords[APP],
    }
    programs.psql(address, script, environment)


def _make_up_secrets() -> dict[str, str]:
    return {name: secrets.token_urlsafe(48) for name in (SUPERUSER, OWNER, APP, SIGNING_KEY)}


def _write_private(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)


def _give_to_server_user(*paths: Path) -> None:
    if programs.as_root():
        for path in paths:
            shutil.chown(path, programs.server_user())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _quoted(value: str) -> str:
    """A value as postgresql.conf wants it."""
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def main(arguments: list[str]) -> None:
    """`stop`: a server that a kill -9 left behind. `reset`: its data and uploaded files, too."""
    from config.settings import MEDIA_ROOT, VAR_DIR

    if arguments not in (["stop"], ["reset"]):
        sys.exit("Usage: python -m config.postgres stop|reset")
    try:
        if arguments == ["stop"]:
            server(VAR_DIR).stop()
        else:
            server(VAR_DIR).remove()
            shutil.rmtree(MEDIA_ROOT, ignore_errors=True)
    except EmbeddedServerError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
