"""Whether a server runs on a data folder, and where it listens."""

import socket
from pathlib import Path
from typing import NamedTuple

import psutil

from config.embedded.conf import SOCKET_NAME


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


def left_behind(data: Path) -> Status | None:
    """What the last server wrote about itself, whether it still runs or not."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 8:
        return None
    pid, _, _, port, socket_folder, host, _, state = (line.strip() for line in lines[:8])
    return Status(int(pid), port, socket_folder, host, state)


def runs_without_answering(data: Path) -> bool:
    """Some part of a server works there: the helpers of a killed one live a moment longer."""
    return any(_works_in(data, process) for process in psutil.process_iter())


def _works_in(data: Path, process: psutil.Process) -> bool:
    try:
        return process.name().startswith("postgres") and Path(process.cwd()) == data
    except psutil.Error:  # it has just ended, or it is somebody else's
        return False
