"""The short version of `make faults`: enough to see that the harm is done, and that it shows."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="Ends what it forked by a call of Linux."
)

SHORT = (
    "--tickets 20 --kills 15 --freezes 1 --restarts 1 --minutes 4 "
    "--in-flight 12 --killers 5 --askers 2 --workers 2"
)


def test_nothing_is_lost_doubled_or_stuck_while_processes_die():
    run = subprocess.run(
        [sys.executable, "-m", "tests.faults", *SHORT.split()],
        cwd=settings.BASE_DIR,
        env={**os.environ, "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )

    assert run.returncode == 0, f"{run.stdout}\n{run.stderr[-4000:]}"
