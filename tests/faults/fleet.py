"""Web servers and workers that are begun again whenever they end, as a service manager would."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

START_SECONDS = 60
BEGIN_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Ending:
    """A process that ended; `signal` None: by itself, with `code`."""

    name: str
    number: int
    signal: int | None
    code: int | None


@dataclass
class Fleet:
    """`numbers`: the processes that run now, by name. `ports` are those of the web servers."""

    folder: Path
    ports: list[int]
    workers: int
    numbers: dict[str, int] = field(default_factory=dict)
    endings: list[Ending] = field(default_factory=list)
    _is_over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._nest = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nest", str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=settings.BASE_DIR,
        )
        self._asks: dict[str, dict[str, Any]] = {
            f"worker-{n}": {"command": "run_worker"} for n in range(1, self.workers + 1)
        }
        for n, port in enumerate(self.ports, 1):
            self._asks[f"web-{n}"] = {"command": "serve", "port": port}
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def wait_until_all_run(self) -> None:
        give_up_at = time.monotonic() + START_SECONDS
        while set(self.numbers) != set(self._asks):
            if time.monotonic() > give_up_at or self._nest.poll() is not None:
                raise RuntimeError(f"The programs did not start; see {self.folder}.")
            time.sleep(0.05)

    def names(self, kind: str = "") -> list[str]:
        return [name for name in sorted(self.numbers) if name.startswith(kind)]

    def send(self, name: str, sign: signal.Signals) -> int | None:
        """To whoever has this name now; None if nobody has."""
        number = self.numbers.get(name)
        return number if number and self.send_to(number, sign) else None

    def send_to(self, number: int, sign: signal.Signals) -> bool:
        """Only to a process of ours that still runs: numbers are used again."""
        if number not in self.numbers.values():
            return False
        os.kill(number, sign)
        return True

    def end(self) -> None:
        assert self._nest.stdin is not None
        with self._lock:
            self._is_over = True
            self._nest.stdin.close()
        self._nest.wait(START_SECONDS)

    def _ask(self, name: str) -> None:
        assert self._nest.stdin is not None
        with self._lock:
            if not self._is_over:
                line = json.dumps({"name": name, **self._asks[name]}) + "\n"
                self._nest.stdin.write(line.encode())
                self._nest.stdin.flush()

    def _listen(self) -> None:
        assert self._nest.stdout is not None
        for line in self._nest.stdout:
            self._hear(json.loads(line))

    def _hear(self, told: dict[str, Any]) -> None:
        if "ready" in told:
            for name in self._asks:
                self._ask(name)
        elif "began" in told:
            self.numbers[told["name"]] = told["began"]
        else:
            name = told["name"]
            if self.numbers.get(name) == told["ended"]:
                del self.numbers[name]
            self.endings.append(Ending(name, told["ended"], told["signal"], told["code"]))
            threading.Timer(BEGIN_AGAIN_SECONDS, self._ask, [name]).start()


@contextmanager
def a_fleet(folder: Path, ports: list[int], workers: int) -> Iterator[Fleet]:
    """Running, until the block is left."""
    fleet = Fleet(folder, ports, workers)
    try:
        fleet.wait_until_all_run()
        yield fleet
    finally:
        fleet.end()
