"""The second wall, table by table: each policy is needed, and its loss is noticed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, IntegrityError, connection, transaction
from guardian.models import GroupObjectPermission, UserObjectPermission
from psycopg import sql

from tenants.checks import tenant_models, unprotected_tables
from tenants.context import tenant_context
from tenants.models import Company, CompanyRole, User, uuid7
from tenants.owner import as_owner
from tests.builders import Firm
from tests.walls import company_column, protected_tables, watched, wire_laid
from tests.world import World, a_world

DOCS = Path(__file__).parents[3] / "docs" / "tenancy.md"


@pytest.fixture
def world(db: None) -> World:
    return _furnished()


@pytest.fixture
def committed(transactional_db: None) -> World:
    """For what changes tables or logins, which cannot be done in the midst of a transaction."""
    return _furnished()


def _furnished() -> World:
    made = a_world()
    for firm in (made.acme, made.globex):
        with tenant_context(firm.company):
            _fill_tables_of_libraries(firm.boss)
    return made


def _fill_tables_of_libraries(person: User) -> None:
    """Nothing of ours writes into these; a library may one day."""
    right = Permission.objects.get(codename="view_user")
    person.user_permissions.add(right)
    thing = {"content_type": ContentType.objects.get_for_model(User), "object_pk": str(person.pk)}
    UserObjectPermission.objects.create(user=person, permission=right, **thing)
    group = CompanyRole.objects.get(key="managers").group
    GroupObjectPermission.objects.create(group=group, permission=right, **thing)
    LogEntry.objects.create(user=person, object_repr="x", action_flag=CHANGE)


def asked(statement: str, *values: str | UUID, **names: str) -> int:
    """How many rows a statement without any filter of ours finds or changes; `{names}` in it are
    those of tables and columns."""
    quoted = {name: sql.Identifier(value) for name, value in names.items()}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**quoted), values)
        number: int = cursor.rowcount
    return number


def asked_by(firm: Firm, statement: str, *values: str | UUID, **names: str) -> int:
    """The same with this company in force, looked at as a commit would."""
    with tenant_context(firm.company):
        number = asked(statement, *values, **names)
        connection.check_constraints()
    return number


# --- policies ------------------------------------------------------------------------------------


def test_each_policy_hides_foreign_rows_and_its_loss_would_be_noticed(committed: World):
    for table in protected_tables():
        assert _seen(committed, table) == 0, table
        with _open_to_everybody(table):
            assert _seen(committed, table) > 0, f"{table}: its policy could be lost unnoticed"
            assert unprotected_tables() == [table]


def _seen(world: World, table: str) -> int:
    """How many rows of Globex this table shows to Acme."""
    column, theirs = company_column(table), world.globex.company.pk
    statement = "SELECT 1 FROM {table} WHERE {column} = %s"
    return asked_by(world.acme, statement, theirs, table=table, column=column)


@contextmanager
def _open_to_everybody(table: str) -> Iterator[None]:
    _as_owner("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY", table)
    try:
        yield
    finally:
        _as_owner("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", table)


def _as_owner(statement: str, table: str) -> None:
    with as_owner():
        asked(statement, table=table)


def test_no_foreign_row_is_changed_or_taken_away(world: World):
    theirs = world.globex.company.pk
    for table in protected_tables():
        names = {"table": table, "column": company_column(table)}
        update = "UPDATE {table} SET {column} = %s WHERE {column} = %s"

        assert asked_by(world.acme, update, theirs, theirs, **names) == 0, table
        assert (
            asked_by(world.acme, "DELETE FROM {table} WHERE {column} = %s", theirs, **names) == 0
        ), table


def test_no_row_of_ours_is_given_away(world: World):
    theirs = world.globex.company.pk
    for table in set(protected_tables()) - {Company._meta.db_table}:
        with pytest.raises(DatabaseError, match=f'policy for table "{table}"'):
            asked_by(world.acme, "UPDATE {table} SET company_id = %s", theirs, table=table)


def test_a_key_to_a_foreign_row_is_refused_like_a_key_to_nothing(world: World):
    """Every column that points from one table of companies to another, at the database itself."""
    keys = [
        (model, field.column, field.related_model)
        for model in tenant_models()
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model in tenant_models()
    ]

    for model, column, target in keys:
        names = {"table": model._meta.db_table, "column": str(column)}
        refusals = []
        for key in (world.foreign[target][0], str(uuid7())):
            with pytest.raises(IntegrityError) as refusal:
                asked_by(world.acme, "UPDATE {table} SET {column} = %s", key, **names)
            refusals.append(str(refusal.value).replace(key, "…"))
        assert refusals[0] == refusals[1], names
    assert len(keys) > 20


# --- what the database is made of ----------------------------------------------------------------


def test_whatever_is_unique_is_unique_within_a_company(db: None):
    """Otherwise a duplicate tells that somebody else has it. Keys cannot be guessed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.relname || ': ' || pg_get_indexdef(i.indexrelid) FROM pg_index i "
            "JOIN pg_class t ON t.oid = i.indrelid WHERE i.indisunique AND NOT i.indisprimary "
            "AND t.relrowsecurity AND pg_get_indexdef(i.indexrelid) !~ 'company_id' ORDER BY 1"
        )
        across = [line.partition(" ON ")[0].split()[-1] for (line,) in cursor.fetchall()]

    assert across == [
        "callback_tokens_token_hash_key",  # hashes of 256 random bits
        "companies_slug_key",  # given by the platform, never typed
        "company_roles_group_id_key",  # a group is made together with its role
        "users_email_any_case_key",  # one address is one account; see docs/tenancy.md
    ]


def test_every_function_that_looks_over_the_wall_is_told_of(db: None):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        )
        functions = {name for (name,) in cursor.fetchall()}

    assert functions == {name for name in functions if f"`{name}(" in DOCS.read_text()}
    assert functions == {"app_callback", "app_due_work", "app_login_candidates"}


def test_no_view_looks_over_the_wall(db: None):
    """A view is asked with its owner's rights, unless it says otherwise."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND ("
            "relkind = 'm' OR relkind = 'v' AND NOT "
            "coalesce('security_invoker=true' = ANY(reloptions), false))"
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    "attempt",
    [
        "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON users",
        "TRUNCATE users CASCADE",
        "CREATE TABLE spy (id int)",
        "CREATE TEMPORARY TABLE spy (id int)",
        "CREATE FUNCTION spy() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SET ROLE tf_owner",
        "SET SESSION AUTHORIZATION tf_owner",
        "SELECT setval('auth_group_id_seq', 1)",
        "COPY users TO PROGRAM 'cat'",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_the_login_of_the_product_cannot_take_a_wall_down(db: None, attempt: str):
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner|does not exist"):
        asked(attempt)


def test_switching_row_security_off_is_an_error_and_no_look_over_the_wall(world: World):
    with pytest.raises(DatabaseError, match="row-level security"):
        asked_by(world.acme, "SET LOCAL row_security = off; SELECT 1 FROM users")


def test_the_wire_of_the_isolation_tests_is_heard(committed: World):
    acme, globex = committed.acme, committed.globex
    with wire_laid(), watched(globex.company) as told:
        asked_by(acme, "UPDATE users SET first_name = 'Ann'")
        assert told == []
        with tenant_context(globex.company):
            asked("UPDATE users SET first_name = 'Ann' WHERE id = %s", globex.ann.pk)
            transaction.set_rollback(True)

    assert told == ["UPDATE users"]
