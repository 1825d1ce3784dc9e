"""Each of the two walls between companies, taken away by itself; and a wire across their rows."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import connection, models
from psycopg.errors import Diagnostic

from tenants.models import AuditManager, Company, TenantManager, UserManager, UserQuerySet
from tenants.owner import as_owner


@contextmanager
def both_walls() -> Iterator[None]:
    yield


@contextmanager
def only_row_security() -> Iterator[None]:
    """The first wall is gone: whatever a manager is asked, it filters nothing."""
    everything = {
        TenantManager: lambda self: models.Manager.get_queryset(self),
        AuditManager: lambda self: models.Manager.get_queryset(self),
        UserManager: lambda self: UserQuerySet(self.model, using=self._db),
    }
    with pytest.MonkeyPatch.context() as patched:
        for manager, rows in everything.items():
            patched.setattr(manager, "get_queryset", rows)
        yield


@contextmanager
def only_managers() -> Iterator[None]:
    """The second wall is gone: the owner's login sees every row. Not inside a transaction."""
    with as_owner():
        yield


Wall = Callable[[], AbstractContextManager[None]]
WALLS: list[Wall] = [both_walls, only_row_security, only_managers]


# --- the wire ------------------------------------------------------------------------------------

_WIRE = """
CREATE FUNCTION wire() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  watched uuid := nullif(current_setting('wire.company_id', true), '')::uuid;
  was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
  is_now jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
BEGIN
  IF watched IN ((was ->> TG_ARGV[0])::uuid, (is_now ->> TG_ARGV[0])::uuid) THEN
    RAISE WARNING '% % (wire)', TG_OP, TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$
"""
_TABLES = "SELECT oid::regclass::text FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p')"


def protected_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return sorted(table for (table,) in cursor.fetchall())


def company_column(table: str) -> str:
    """Where a table says whose a row is."""
    return "id" if table == Company._meta.db_table else "company_id"


@contextmanager
def wire_laid() -> Iterator[None]:
    """Inside, a table tells of every row of the watched company that is written or taken away."""
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute(_WIRE)
        # So that a foreign number stands nowhere on a page by chance; never back, since rows that
        # another round kept would be met again.
        cursor.execute(
            "SELECT setval('auth_group_id_seq', greatest(700000, last_value)) "
            "FROM auth_group_id_seq"
        )
        for table in protected_tables():
            cursor.execute(
                f"CREATE TRIGGER wire AFTER INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION wire('{company_column(table)}')"
            )
    try:
        yield
    finally:
        with as_owner() as owner, owner.cursor() as cursor:
            cursor.execute("DROP FUNCTION wire() CASCADE")


@contextmanager
def watched(company: Company) -> Iterator[list[str]]:
    """What the wire tells of this company's rows, even where the change is undone afterwards."""
    told: list[str] = []

    def hear(diagnostic: Diagnostic) -> None:
        message = diagnostic.message_primary or ""
        if message.endswith(" (wire)"):
            told.append(message.removesuffix(" (wire)"))

    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('wire.company_id', %s, false)", [str(company.pk)])
    session = connection.connection
    session.add_notice_handler(hear)
    try:
        yield told
    finally:
        session.remove_notice_handler(hear)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('wire.company_id', '', false)")
