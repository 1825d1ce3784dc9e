"""Telling a database that restarts from work that fails."""

import psycopg

# Of what PostgreSQL may answer: the connection is gone, or the server is going or coming.
_GONE = ("08", "57P")


def is_gone(error: BaseException) -> bool:
    """Whether there is no database to talk to right now. Django and procrastinate name the driver's
    error as the cause of theirs."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if isinstance(cause, psycopg.InterfaceError):
        return True
    if not isinstance(cause, psycopg.OperationalError):
        return False
    return cause.sqlstate is None or cause.sqlstate.startswith(_GONE)
