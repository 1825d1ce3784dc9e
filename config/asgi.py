"""The same application for an asynchronous web server: `config.asgi:application`."""

import os
from concurrent.futures import ThreadPoolExecutor

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_asgi_application()

from django.db import connection  # noqa: E402  (needs the settings)

from tenants.checks import refuse_unsafe_login  # noqa: E402  (needs the applications)


def _refuse_unsafe_login() -> None:
    try:
        refuse_unsafe_login()
    finally:
        connection.close()


# As in wsgi.py; in a thread, because such a server imports this inside its event loop, where Django
# does not ask the database anything.
with ThreadPoolExecutor(1) as _apart:
    _apart.submit(_refuse_unsafe_login).result()
