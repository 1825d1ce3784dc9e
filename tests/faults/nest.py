"""A program from which web servers and workers are forked: `python -m tests.faults.nest <folder>`.

Python needs seconds to read the product, and a test that kills two hundred processes would mostly
wait for that. So it is read once. The nest has no thread and no connection: what is forked is as
if it had just been started by `manage.py`.

Reads lines of JSON: {"name", "command", "port"}; prints {"name", "began": process} and
{"name", "ended": process, "signal": number or null, "code": number or null}. Ends with its input,
and everything forked ends with it.
"""

import ctypes
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

import django

LOOK_SECONDS = 0.02
#: A freeze lasts longer than a call with its margin.
CALL_SECONDS, LEASE_MARGIN_SECONDS = 2, 1
PR_SET_PDEATHSIG = 1


def main() -> None:
    folder = Path(sys.argv[1])
    django.setup()
    _read_the_product()
    _be_in_a_hurry()
    leave_the_database_alone()
    from tests.faults.points import Points

    Points(folder).install()
    Nest(folder).run()


def _read_the_product() -> None:
    from importlib import import_module

    for name in ("serve", "run_worker"):
        _command(name)
    for module in ("config.urls", "operations.worker.program", "operations.work"):
        import_module(module)


def _be_in_a_hurry() -> None:
    """What waits for a minute in life waits for seconds here, so that it happens at all."""
    from django.conf import settings

    from operations.actions import calling
    from operations.outgoing import building
    from tests.faults.story import HASHERS

    settings.PASSWORD_HASHERS = HASHERS

    vars(calling)["LEASE_MARGIN"] = LEASE_MARGIN_SECONDS
    vars(building)["DEFAULT_TIMEOUT_SECONDS"] = CALL_SECONDS


def leave_the_database_alone() -> None:
    """It runs already. When it goes, the harm starts it again: elsewhere that is nobody's task, and
    here a process that is killed while it starts a server would only tell of that.
    """
    from types import SimpleNamespace

    from django.conf import settings

    from config import postgres
    from config.embedded import base

    address = postgres.server(settings.VAR_DIR).address()
    vars(base)["server"] = lambda folder: SimpleNamespace(address=lambda: address)


def _command(name: str) -> Any:
    from django.core.management import get_commands, load_command_class

    return load_command_class(get_commands()[name], name)


class Nest:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[int, str] = {}

    def run(self) -> None:
        self._tell(ready=os.getpid())
        while True:
            ready, _, _ = select.select([0], [], [], LOOK_SECONDS)
            if ready:
                # Not more than is there: what is read ahead would be forked along.
                lines = os.read(0, 65536)
                if not lines:
                    return
                for line in lines.splitlines():
                    self._begin(json.loads(line))
            self._bury()

    def _begin(self, asked: dict[str, Any]) -> None:
        number = os.fork()
        if number == 0:
            self._live(asked)
        self.names[number] = asked["name"]
        self._tell(name=asked["name"], began=number)

    def _bury(self) -> None:
        while self.names:
            number, status = os.waitpid(-1, os.WNOHANG)
            if number == 0:
                return
            by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
            code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
            self._tell(name=self.names.pop(number), ended=number, signal=by, code=code)

    def _live(self, asked: dict[str, Any]) -> NoReturn:
        _end_with_parent()
        os.setsid()
        log = os.open(self.folder / f"{asked['name']}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        code = 1
        try:
            self._command_of(asked)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _command_of(self, asked: dict[str, Any]) -> None:
        from django.conf import settings
        from django.core.management import call_command

        if asked.get("port"):
            settings.PORT = asked["port"]
        call_command(asked["command"])

    def _tell(self, **words: Any) -> None:
        os.write(1, json.dumps(words).encode() + b"\n")


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
