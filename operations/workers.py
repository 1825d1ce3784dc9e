"""Which workers are there, and when they last looked for work.

PostgreSQL lists its sessions with a name and the time of their last statement, so no row has to be
kept alive, and a worker that was killed is gone from the list at once.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

NAME = "ticketflower-worker"


@dataclass(frozen=True, slots=True)
class Workers:
    """`last_seen_at` is None when no worker is connected."""

    number: int
    last_seen_at: datetime | None


def introduce(*, lock_seconds: float = 0) -> None:
    """Give this session the name by which `present` finds it; anew for each connection.

    `lock_seconds`: how long it waits for a row that somebody has locked; 0: for ever.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('application_name', %s, false), "
            "set_config('lock_timeout', %s, false)",
            [NAME, f"{int(lock_seconds * 1000)}ms"],
        )


def present() -> Workers:
    """The workers that are connected to this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), max(state_change) FROM pg_stat_activity "
            "WHERE application_name = %s AND datname = current_database()",
            [NAME],
        )
        return Workers(*cursor.fetchone())
