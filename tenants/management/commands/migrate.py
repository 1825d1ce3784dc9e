"""`migrate`, as the login that owns the tables."""

from typing import Any

from django.core.management.commands import migrate

from tenants.owner import as_owner, grant_rights_of_the_app


class Command(migrate.Command):
    help = f"{migrate.Command.help} Runs as the owner's login and grants the app login its rights."

    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner(options["database"]) as connection:
            grant_rights_of_the_app(connection)
            super().handle(*args, **options)
