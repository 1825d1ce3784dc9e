"""Django's PostgreSQL backend, for the server in `config/postgres.py`.

The server is started by the first connection and not by reading the settings, so that a command
without a database (`check`, `collectstatic`) costs nothing.
"""

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

from config.embedded.programs import EmbeddedServerError
from config.postgres import server


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        # Where it listens is only known once it runs: a socket, or a free port on Windows.
        try:
            address = server(settings.VAR_DIR).address()
        except EmbeddedServerError as error:
            # Whoever waits for a database that restarts waits for this one, too.
            raise self.Database.OperationalError(str(error)) from error
        self.settings_dict.update(address)
        return super().get_connection_params()
