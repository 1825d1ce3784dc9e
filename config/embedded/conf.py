"""The embedded server's configuration, written before each of its starts."""

import hashlib
import os
import socket
import tempfile
from pathlib import Path

from config.embedded.programs import (
    ON_WINDOWS,
    EmbeddedServerError,
    as_root,
    give_to_server_user,
)

SOCKET_NAME = ".s.PGSQL.5432"  # the number is only a name: nothing listens on the network
SOCKET_PATH_LIMIT = 103  # bytes: macOS allows 103, Linux 107

# Small on purpose (a laptop, a few people); fsync stays on: a demo's data survives a power cut too.
TUNING = {
    "shared_buffers": "128MB",
    # Three workers of eight threads, two web servers, and room for whoever looks in.
    "max_connections": "120",
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


def include_in(data: Path) -> None:
    """Once, when the data folder is made."""
    with (data / "postgresql.conf").open("a") as conf:
        conf.write("\ninclude 'ticketflower.conf'\n")


def write(data: Path) -> None:
    """Before every start, because the folder may have been moved."""
    if ON_WINDOWS:
        where = {"listen_addresses": "127.0.0.1", "port": str(_free_port())}
    else:
        folder = str(socket_folder(data)).replace('"', '""')
        where = {"listen_addresses": "", "unix_socket_directories": f'"{folder}"'}
    lines = [f"{name} = {_quoted(value)}\n" for name, value in (TUNING | where).items()]
    (data / "ticketflower.conf").write_text("".join(lines))


def socket_folder(data: Path) -> Path:
    """The data folder, unless its path is longer than a socket's may be."""
    if len(os.fsencode(data / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
        return data
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir(), f"ticketflower-{name}")
    folder.mkdir(mode=0o700, exist_ok=True)
    give_to_server_user(folder)
    if not as_root() and folder.stat().st_uid != os.geteuid():
        raise EmbeddedServerError(f"{folder} belongs to somebody else; set TMPDIR elsewhere.")
    return folder


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
