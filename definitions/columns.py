"""The column that keeps a document as it was written."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.fields.json import KeyTransform
from psycopg.types.json import Json


class DocumentField(models.JSONField):
    """JSON that keeps the order of its names (PostgreSQL `json`).

    `jsonb` sorts names by length, and the order of a schema's properties is the order of the
    questions in a form. The price: no `=`, no DISTINCT, no index on the value; nothing needs them.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002
        return "json"

    def get_db_prep_value(
        self,
        value: Any,
        connection: BaseDatabaseWrapper,  # noqa: ARG002
        prepared: bool = False,  # noqa: ARG002
    ) -> Any:
        return value if hasattr(value, "as_sql") else Json(value)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        if isinstance(expression, KeyTransform):
            return super().from_db_value(value, expression, connection)
        return value  # psycopg has read it already
