"""Named points of the product at which a process can be told to die, or to freeze.

The product knows nothing of them: functions are wrapped before a process begins its work. A point
is armed by a file, `<folder>/kill/<point>` or `<folder>/freeze/<point>`. Whoever moves it away
first, to `<folder>/fired/<kill or freeze>-<point>.<process>`, is the one: each file works once.

A change of rows has two points, before and after the commit of its transaction. Which change a
transaction is about is noted by the functions in `CHANGES`, by thread, until the next commit.
"""

import functools
import inspect
import os
import signal
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

KILL, FREEZE, FIRED = "kill", "freeze", "fired"
SIGNALS = {KILL: signal.SIGKILL, FREEZE: signal.SIGSTOP}
BEFORE, AFTER = "before-commit", "after-commit"


def _anything(outcome: Any, arguments: dict[str, Any]) -> bool:
    return bool(outcome)


def _is_new_ticket(outcome: Any, arguments: dict[str, Any]) -> bool:
    return outcome["number"] is not None


def _is_completion(outcome: Any, arguments: dict[str, Any]) -> bool:
    return bool(outcome) and arguments["values"]["kind"] == "TASK_COMPLETED"


def _always(outcome: Any, arguments: dict[str, Any]) -> bool:
    return True


Changed = Callable[[Any, dict[str, Any]], bool]

#: By the name of a change: the function that makes it, and whether it did.
CHANGES: dict[str, tuple[str, Changed]] = {
    "submit": ("operations.store:insert_ticket", _is_new_ticket),
    "complete": ("operations.store:change_task", _is_completion),
    "start": ("operations.state_manager:WorkflowStateManager._start", _anything),
    "route": ("operations.state_manager:WorkflowStateManager._route", _anything),
    "open-child": ("operations.state_manager:WorkflowStateManager._open_child", _anything),
    "finish-child": ("operations.state_manager:WorkflowStateManager._finish_child", _anything),
    "begin-call": ("operations.store.calls:begin_call", _anything),
    "settle-call": ("operations.actions.calling:_settle", _anything),
    "receive-callback": ("operations.store.calls:receive", _always),
    "apply-callback": ("operations.actions.callbacks:_apply", _anything),
    "run-out": ("operations.timing:_Clockwork._run_out", _anything),
    "wake": ("operations.timing:_is_to_wake", _anything),
}

#: Before and after a function that is no change of rows: the point there, "" for none.
STEPS: dict[str, tuple[str, str]] = {
    "operations.outgoing:send": ("call-not-made", "call-made-not-kept"),
    "operations.work:do": ("work-not-begun", "work-done"),
    "operations.worker.manager:FencedManager.fetch_job": ("", "job-fetched"),
    "operations.worker.manager:FencedManager.finish_job": ("job-not-finished", "job-finished"),
}


def every_point() -> list[str]:
    """The names of all points, of web servers and workers."""
    changes = [f"{name}-{when}" for name in CHANGES for when in (BEFORE, AFTER)]
    return [*changes, *(point for points in STEPS.values() for point in points if point)]


class Points:
    """Those of this process and of what is forked from it."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._about = threading.local()

    def install(self) -> None:
        for name, (place, changed) in CHANGES.items():
            self._note(name, place, changed)
        for place, (before, after) in STEPS.items():
            self._surround(place, before, after)
        self._watch_commits()

    def passed(self, point: str) -> None:
        """Die, or freeze, if somebody asked for it here."""
        number = os.getpid()
        for how, sign in SIGNALS.items():
            armed = f"{self._folder}/{how}/{point}"
            try:
                os.rename(armed, f"{self._folder}/{FIRED}/{how}-{point}.{number}")
            except FileNotFoundError:
                continue
            os.kill(number, sign)

    def _note(self, name: str, place: str, changed: Changed) -> None:
        owner, attribute = _found(place)
        original = getattr(owner, attribute)
        signature = inspect.signature(original)

        @functools.wraps(original)
        def noting(*args: Any, **kwargs: Any) -> Any:
            outcome = original(*args, **kwargs)
            if changed(outcome, signature.bind(*args, **kwargs).arguments):
                self._about.change = name
            return outcome

        setattr(owner, attribute, noting)

    def _surround(self, place: str, before: str, after: str) -> None:
        owner, attribute = _found(place)
        original = getattr(owner, attribute)

        @functools.wraps(original)
        def surrounded(*args: Any, **kwargs: Any) -> Any:
            with _Around(self, before, after):
                return original(*args, **kwargs)

        @functools.wraps(original)
        async def surrounded_later(*args: Any, **kwargs: Any) -> Any:
            with _Around(self, before, after):
                return await original(*args, **kwargs)

        is_async = inspect.iscoroutinefunction(original)
        setattr(owner, attribute, surrounded_later if is_async else surrounded)

    def _watch_commits(self) -> None:
        wrapper: Any = BaseDatabaseWrapper
        commit, rollback = wrapper.commit, wrapper.rollback

        def committing(connection: Any) -> Any:
            change = self._forget()
            if change:
                self.passed(f"{change}-{BEFORE}")
            outcome = commit(connection)
            if change:
                self.passed(f"{change}-{AFTER}")
            return outcome

        def rolling_back(connection: Any) -> Any:
            self._forget()
            return rollback(connection)

        wrapper.commit, wrapper.rollback = committing, rolling_back

    def _forget(self) -> str:
        change: str = getattr(self._about, "change", "")
        self._about.change = ""
        return change


class _Around:
    def __init__(self, points: Points, before: str, after: str) -> None:
        self._points, self._before, self._after = points, before, after

    def __enter__(self) -> None:
        if self._before:
            self._points.passed(self._before)

    def __exit__(self, *_: object) -> None:
        if self._after:
            self._points.passed(self._after)


def _found(place: str) -> tuple[Any, str]:
    """ "module:Class.name" as the class, or the module, and the name."""
    module, names = place.split(":")
    *inner, attribute = names.split(".")
    owner: Any = import_module(module)
    for name in inner:
        owner = getattr(owner, name)
    return owner, attribute


def made(folder: Path) -> None:
    """The folders in which points are armed."""
    for name in (KILL, FREEZE, FIRED):
        (folder / name).mkdir(parents=True, exist_ok=True)


def fired(folder: Path, how: str, point: str) -> Iterator[int]:
    """The processes that came by this point and found it armed; tells of each once."""
    for found in (folder / FIRED).glob(f"{how}-{point}.*"):
        found.unlink()
        yield int(found.name.rsplit(".", 1)[1])
