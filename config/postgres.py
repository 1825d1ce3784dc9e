"""The embedded PostgreSQL: a real server under `var/`, for a machine that has none.

It is started and stopped here, and not by the wheel it comes in, because we need logins with
passwords, a place per clone, and an end when the last process ends.

Every process that uses the server holds a shared lock on the file `in-use` for as long as it
lives; the operating system drops it even after a kill -9. Whoever can take that lock alone is the
last one, and stops the server. Nothing here knows Django.
"""

import atexit
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import fasteners

from config.embedded import conf, kept, programs
from config.embedded.programs import EmbeddedServerError, give_to_server_user
from config.embedded.status import Status, left_behind, runs_without_answering

DATABASE = "ticketflower"
OWNER = "tf_owner"
APP = "tf_app"
SUPERUSER = "postgres"
SIGNING_KEY = "signing_key"
LEFTOVER_SECONDS = 10
RECOVERY_SECONDS = 60


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
        """A password per login, and a key to sign sessions with."""
        path = self.folder / "secrets.json"
        if not path.exists():
            with self._alone():
                if not path.exists():
                    kept.make_up(path, (SUPERUSER, OWNER, APP, SIGNING_KEY))
        return kept.read(path)

    def stop(self) -> None:
        """Stop the server, whoever uses it; what was not committed is rolled back."""
        status = left_behind(self.data)
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
            lock.lockfile.close()
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

    def _ready(self) -> Status | None:
        """The server, if it takes connections and has its two logins."""
        status = left_behind(self.data)
        if status is None or status.state != "ready" or not self._prepared.exists():
            return None
        return status if status.answers() else None

    def _start(self, passwords: dict[str, str]) -> Status:
        if programs.as_root():
            programs.let_server_user_in(self.folder)
        if not (self.data / "PG_VERSION").exists():
            self._make_data(passwords[SUPERUSER])
        self._check_version()
        status = left_behind(self.data)
        if status is None or not status.answers():
            self._remove_stale_lock()
            conf.write(self.data)
            self._launch()
        status = self._wait_until_ready()
        _make_logins(status.address, passwords)
        self._prepared.touch()
        return status

    def _wait_until_ready(self) -> Status:
        """After a crash it first recovers what was committed; and whoever started it may have been
        killed meanwhile, so that nobody else waits for it.
        """
        give_up_at = time.monotonic() + RECOVERY_SECONDS
        while (status := left_behind(self.data)) is not None:
            if status.state == "ready":
                return status
            if time.monotonic() > give_up_at:
                raise EmbeddedServerError(f"PostgreSQL is still starting; see {self.log}.")
            time.sleep(0.05)
        raise EmbeddedServerError(f"PostgreSQL ended right after its start; see {self.log}.")

    def _make_data(self, password: str) -> None:
        """In another folder first: an interrupted `initdb` must not pass for a data folder."""
        draft, secret = self.folder / "data.draft", self.folder / "data.password"
        shutil.rmtree(draft, ignore_errors=True)
        self._prepared.unlink(missing_ok=True)
        draft.mkdir(mode=0o700)
        kept.write_private(secret, password)
        give_to_server_user(draft, secret)
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
        conf.include_in(draft)
        draft.rename(self.data)

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != programs.VERSION:
            raise EmbeddedServerError(
                f"{self.data} was made by PostgreSQL {found}; this is {programs.VERSION}. Export "
                "what you need with the old version, then start over with `make demo-reset`."
            )

    def _remove_stale_lock(self) -> None:
        """What a killed server leaves behind.

        PostgreSQL removes it itself unless the dead server's number seems to be taken: by another
        program, or by its own remains, which nobody buries in many containers.
        """
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        give_up_at = time.monotonic() + LEFTOVER_SECONDS
        while runs_without_answering(self.data):  # a second server beside it destroys the data
            if time.monotonic() > give_up_at:
                raise EmbeddedServerError(
                    f"A PostgreSQL that does not answer runs in {self.data}. End it and try again."
                )
            time.sleep(0.1)
        lock.unlink(missing_ok=True)
        if not programs.ON_WINDOWS:
            (conf.socket_folder(self.data) / f"{conf.SOCKET_NAME}.lock").unlink(missing_ok=True)

    def _launch(self) -> None:
        self.log.touch(mode=0o600)
        give_to_server_user(self.log)
        start = ("pg_ctl", "-D", str(self.data), "-l", str(self.log), "-w", "start")
        try:
            programs.run(*start)
        except EmbeddedServerError as error:
            log = self.log.read_text(errors="replace").splitlines()[-15:]
            raise EmbeddedServerError("\n".join([str(error), *log])) from error


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
