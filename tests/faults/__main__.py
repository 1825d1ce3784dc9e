"""`python -m tests.faults`: work, harm, and the count. `make faults` is the whole of it."""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from tests.programs import free_port

#: Without a sign of life for so long a worker counts as dead.
LOST_AFTER_SECONDS = 3


def main() -> None:
    asked = _asked()
    with _a_folder(asked) as folder:
        _be_alone_in(folder)
        django.setup()
        from tests.faults import run

        well = run.faults(folder, asked, say=_say)
        asked.keep |= not well
    sys.exit(0 if well else 1)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument(
        "--tickets", type=int, default=300, help="at least; more while harm is done"
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--freezes", type=int, default=20)
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--killers", type=int, default=2, help="who wait at as many points")
    parser.add_argument("--webs", type=int, default=2)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--askers", type=int, default=3)
    parser.add_argument("--people", type=int, default=4, help="who do the tasks")
    parser.add_argument("--in-flight", type=int, default=40, help="open tickets at most")
    parser.add_argument("--minutes", type=float, default=30, help="give up after that")
    parser.add_argument("--keep", action="store_true", help="keep the database and the logs")
    return parser.parse_args()


@contextmanager
def _a_folder(asked: argparse.Namespace) -> Iterator[Path]:
    """Kept where something is to be looked at; its path is short, because a socket lies in it."""
    folder = Path(tempfile.mkdtemp(prefix="tf-faults-"))
    try:
        yield folder
    finally:
        if not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)


def _be_alone_in(folder: Path) -> None:
    """As in a shell that knows nothing of tests and of other databases."""
    for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "DEBUG"):
        os.environ.pop(name, None)
    port = free_port()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "VAR_DIR": str(folder / "var"),
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ALLOW_LOOPBACK_CALLS": "1",
        "WORKER_IS_LOST_AFTER": str(LOST_AFTER_SECONDS),
        # Together fewer connections than the embedded server has.
        "WEB_THREADS": "4",
        "WORKER_THREADS": "4",
        "LOG_LEVEL": "WARNING",
    }
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
