from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from operations.files.sweeping import sweep_files
from operations.sweeper import sweep

WORDS = {
    "start": "tickets started",
    "route": "tasks routed",
    "assign": "tasks assigned",
    "call": "calls queued",
    "lost": "lost calls settled",
    "callback": "answers applied",
    "wake": "waits ended",
    "timeout": "tasks out of time",
    "remind": "reminders written",
    "child": "sub-workflows started",
    "child_done": "sub-workflows finished",
    "notice": "mails sent",
}


class Command(BaseCommand):
    help = (
        "Does once what is due and what a crash left behind: starts tickets, routes completed "
        "tasks, finds workers, wakes what waits, and lets files go that nobody has sent in a day. "
        "Calls are queued for the workers."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = sweep(grace=timedelta(0))
        told = [f"{count} {WORDS[kind]}" for kind, count in sorted(done.items())]
        if gone := sweep_files():
            told.append("1 unsent file gone" if gone == 1 else f"{gone} unsent files gone")
        self.stdout.write(", ".join(told) if told else "Nothing was left behind.")
