"""Two logins: one makes tables, the other serves people and may do no more than that."""

import runpy

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command, get_commands
from django.db import ProgrammingError, connection, transaction

from tenants.checks import refuse_unsafe_login
from tenants.owner import as_owner


def login() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (name,) = cursor.fetchone()
    return str(name)


@pytest.mark.django_db(transaction=True)
def test_the_owner_is_back_to_the_app_login_after_its_work():
    with as_owner():
        inside = login()

    assert inside == settings.OWNER_DATABASE["USER"]
    assert login() == settings.DATABASES["default"]["USER"]


@pytest.mark.django_db(transaction=True)
def test_the_owner_is_back_to_the_app_login_after_an_error():
    with pytest.raises(ZeroDivisionError), as_owner():
        raise ZeroDivisionError

    assert login() == settings.DATABASES["default"]["USER"]


@pytest.mark.django_db
def test_the_owner_cannot_take_over_a_running_transaction():
    with pytest.raises(RuntimeError, match="transaction"), as_owner():
        pass


def test_without_the_owners_login_the_error_names_the_variable(settings):
    settings.OWNER_DATABASE = {}

    with pytest.raises(ImproperlyConfigured, match="OWNER_DATABASE_URL"), as_owner():
        pass


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE companies",
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "ALTER TABLE companies DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON companies",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT setval('auth_group_id_seq', 1)",
        "SET ROLE tf_owner",
        "COPY companies FROM PROGRAM 'true'",
    ],
)
@pytest.mark.django_db
def test_the_app_login_is_refused(statement):
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_tables_of_later_migrations_are_open_to_the_app_login():
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("CREATE TABLE of_tomorrow (id serial PRIMARY KEY, words text)")
    try:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO of_tomorrow (words) VALUES ('a') RETURNING id")
            assert cursor.fetchone() == (1,)
    finally:
        with as_owner() as owner, owner.cursor() as cursor:
            cursor.execute("DROP TABLE of_tomorrow")


@pytest.mark.django_db
def test_a_setting_of_another_session_is_not_the_apps_to_change():
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET session_replication_role = replica")


@pytest.mark.django_db(transaction=True)
def test_a_login_that_could_look_over_the_wall_is_refused_by_name():
    with as_owner(), pytest.raises(ImproperlyConfigured, match=settings.OWNER_DATABASE["USER"]):
        refuse_unsafe_login()


@pytest.mark.parametrize("start", ["config.wsgi", "config.asgi", "serve", "run_worker"])
def test_nothing_starts_with_such_a_login(start: str, monkeypatch: pytest.MonkeyPatch):
    def refuse() -> None:
        raise ImproperlyConfigured("It could look over the wall.")

    if start.startswith("config."):
        monkeypatch.setattr("tenants.checks.refuse_unsafe_login", refuse)
    else:
        app = get_commands()[start]
        monkeypatch.setattr(f"{app}.management.commands.{start}.refuse_unsafe_login", refuse)
        # They take over signals, which this process still needs.
        monkeypatch.setattr("signal.signal", lambda *_: None)

    with pytest.raises(ImproperlyConfigured, match="over the wall"):
        runpy.run_module(start) if start.startswith("config.") else call_command(start)
