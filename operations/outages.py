"""Telling a database that restarts, or is busy, from work that fails."""

import psycopg
from django.db import OperationalError

# Of what PostgreSQL may answer: the connection is gone, or the server is going or coming.
_GONE = ("08", "57P")


def is_gone(error: BaseException) -> bool:
    """Whether there is no database to talk to right now. Django and procrastinate name the driver's
    error as the cause of theirs."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if isinstance(cause, psycopg.InterfaceError | psycopg.errors.IdleInTransactionSessionTimeout):
        return True  # the latter says that we were frozen for so long that it let go of us
    if not isinstance(cause, psycopg.OperationalError):
        return False
    return cause.sqlstate is None or cause.sqlstate.startswith(_GONE)


def will_pass(error: BaseException) -> bool:
    """Whether the database is at fault, and nothing that a person could repair: it is busy or gone.
    What was begun is rolled back, and the rows still say what is to do."""
    return isinstance(error, OperationalError) or is_gone(error)
