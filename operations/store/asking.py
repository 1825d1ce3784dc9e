"""How a statement is asked: with the company among its values, and JSON as the driver wants it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from tenants.context import current_company_id

Row = dict[str, Any]


def as_json(value: Any) -> str:
    """A value for a parameter that the statement casts to jsonb."""
    return json.dumps(value, default=str, allow_nan=False)


def ask(sql: str, values: Mapping[str, Any]) -> list[Row]:
    """The rows of one statement; `company` is among its values."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"company": current_company_id(), **values})
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def clock() -> datetime:
    """What time it is in the database: the one clock that all processes share."""
    now: datetime = ask("SELECT clock_timestamp() AS now", {})[0]["now"]
    return now


def decoded(row: Row, *columns: str) -> Row:
    """JSON columns as values; the driver hands them over as text (Django asks it to)."""
    return {
        **row,
        **{name: json.loads(row[name]) for name in columns if isinstance(row[name], str)},
    }
