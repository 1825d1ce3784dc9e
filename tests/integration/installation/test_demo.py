"""`manage.py demo`: one command brings everything up, one signal takes everything down."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from config.postgres import Server
from tests.programs import answer, ends, free_port, runs

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Signals as a terminal sends them.")

DEMO = [sys.executable, "manage.py", "demo"]
READY_SECONDS = 120


def environment(var: Path, port: int) -> dict[str, str]:
    """As in a shell that knows nothing of the tests."""
    ours = {"DATABASE_URL", "OWNER_DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, "VAR_DIR": str(var), "PORT": str(port)}


class Demo:
    def __init__(self, var: Path) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            DEMO,
            cwd=settings.BASE_DIR,
            env=environment(var, self.port),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            self.words = self._read_until("Ctrl-C")
        except AssertionError:
            self.end(signal.SIGKILL)
            raise
        self.family = psutil.Process(self.process.pid).children(recursive=True)
        self.database = int((var / "postgres/data/postmaster.pid").read_text().split()[0])

    def _read_until(self, end: str) -> str:
        assert self.process.stdout is not None
        words, give_up_at = "", time.monotonic() + READY_SECONDS
        for line in self.process.stdout:
            words += line
            if end in line:
                return words
            assert time.monotonic() < give_up_at, words
        raise AssertionError(f"The demo ended by itself:\n{words}")

    def end(self, by: signal.Signals) -> int:
        self.process.send_signal(by)
        self.process.communicate(timeout=30)
        return self.process.returncode

    def left_over(self) -> list[psutil.Process]:
        _, alive = psutil.wait_procs(self.family, timeout=15)
        return list(alive)


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Shared by these tests, so that only the first makes the demo companies."""
    var = tmp_path_factory.mktemp("demo")
    yield var
    Server(var / "postgres").stop()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_brings_everything_up_and_takes_everything_down(var, by):
    demo = Demo(var)

    status, _ = answer(f"http://localhost:{demo.port}/healthz")
    code = demo.end(by)

    assert status == 200
    assert f"http://localhost:{demo.port}/" in demo.words
    assert len(re.findall(r"\S+@\S+\.\S+ ", demo.words)) >= 6, demo.words
    assert code == 0
    assert demo.left_over() == []
    assert not runs(demo.database)


def test_nothing_survives_the_demo_when_it_is_killed(var):
    demo = Demo(var)

    demo.end(signal.SIGKILL)

    assert demo.left_over() == []
    assert ends(demo.database)


def test_a_taken_port_is_named_with_the_way_out(var):
    demo = Demo(var)
    try:
        second = subprocess.run(
            DEMO,
            cwd=settings.BASE_DIR,
            env=environment(var, demo.port),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        demo.end(signal.SIGINT)

    assert second.returncode == 1
    assert f"Port {demo.port} is taken" in second.stderr
    assert f"PORT={demo.port + 1} make demo" in second.stderr
