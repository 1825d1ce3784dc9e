from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from operations.sweeper import sweep


class Command(BaseCommand):
    help = (
        "Does once what a crash left behind: starts tickets, routes completed tasks, finds workers."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = sweep(grace=timedelta(0))
        words = {"start": "tickets started", "route": "tasks routed", "assign": "tasks assigned"}
        told = [f"{count} {words[kind]}" for kind, count in sorted(done.items())]
        self.stdout.write(", ".join(told) if told else "Nothing was left behind.")
