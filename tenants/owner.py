"""The second login: owns the tables, serves nobody.

Migrations, test databases and flushes need it; requests and jobs never do. A web server need not
even know its password.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

# Run by the owner in every database before its first table. No TRUNCATE, no REFERENCES, and no
# UPDATE on sequences: one setval() would break the next insert of every company.
RIGHTS_OF_THE_APP = """
    REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    GRANT USAGE ON SCHEMA public TO {app};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app};
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO {app};
"""


@contextmanager
def as_owner(alias: str = DEFAULT_DB_ALIAS) -> Iterator[BaseDatabaseWrapper]:
    """Inside, the connection of this thread is the owner's, and row security does not apply.

    Raises:
        ImproperlyConfigured: the owner's login is not known here.
    """
    if not settings.OWNER_DATABASE:
        raise ImproperlyConfigured(
            "This needs the login that owns the tables. Set OWNER_DATABASE_URL beside DATABASE_URL."
        )
    connection = connections[alias]
    if connection.in_atomic_block:
        raise RuntimeError(
            "as_owner() changes the connection, so it cannot start in a transaction."
        )
    of_the_app = connection.settings_dict
    connection.close()
    # A copy, because every thread's connection shares the dict: a server that runs in another
    # thread must not turn into the owner.
    connection.settings_dict = {**of_the_app, **settings.OWNER_DATABASE}
    try:
        yield connection
    finally:
        connection.close()
        # Making a test database renames the database underway.
        of_the_app["NAME"] = connection.settings_dict["NAME"]
        connection.settings_dict = of_the_app


def grant_rights_of_the_app(connection: BaseDatabaseWrapper) -> None:
    """What the app login may do in this database, for tables of today and of later. Repeatable."""
    quote = connection.ops.quote_name
    names = {
        "database": quote(str(connection.settings_dict["NAME"])),
        "app": quote(str(settings.DATABASES[connection.alias]["USER"])),
    }
    with connection.cursor() as cursor:
        cursor.execute(RIGHTS_OF_THE_APP.format(**names))
