"""Programs of ours that tests start as they are started in life: a process, an address, an end."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

START_SECONDS = 60


@contextmanager
def started(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """Ended by SIGTERM when the block is left."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def answer(url: str, **headers: str) -> tuple[int, str]:
    """Status and body; a redirect is an answer like any other."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with _opener.open(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_for(url: str, process: subprocess.Popen[str]) -> tuple[int, str]:
    """The first answer of a program that is still starting."""
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at:
        if process.poll() is not None:
            raise AssertionError(f"The program ended by itself:\n{process.communicate()[0]}")
        try:
            return answer(url)
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError(f"No answer from {url}:\n{process.communicate()[0]}")


def runs(number: int) -> bool:
    """Whether the process does; one that only waits to be buried does not."""
    try:
        return bool(psutil.Process(number).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def ends(number: int, *, within_seconds: float = 15) -> bool:
    give_up_at = time.monotonic() + within_seconds
    while runs(number) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    return not runs(number)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_opener = urllib.request.build_opener(_StayHere)
