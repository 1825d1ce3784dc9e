"""Runs a program that must not outlive the one that started it, even when that one is killed.

`python -m admin_site.leash manage.py serve`, started with a pipe as its input: the pipe ends with
the parent, on every operating system.
"""

import os
import runpy
import signal
import sys
import threading


def _end_with_the_pipe() -> None:
    # Not sys.stdin: a thread that waits in it blocks Python's own shutdown.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    threading.Thread(target=_end_with_the_pipe, daemon=True).start()
    sys.argv = sys.argv[1:]
    sys.path.insert(0, os.getcwd())
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
