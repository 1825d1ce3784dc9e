"""The web server, for one machine as for many: waitress is pure Python and runs everywhere."""

import signal
from typing import Any, NoReturn

import waitress
from django.conf import settings
from django.core.management.base import BaseCommand
from django.core.servers.basehttp import get_internal_wsgi_application

from tenants.checks import refuse_unsafe_login


class Command(BaseCommand):
    help = "Serves the pages on HOST and PORT until it is stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _end)
        refuse_unsafe_login()
        # Empty where files are served from where they lie; WhiteNoise warns when it is not there.
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        waitress.serve(
            get_internal_wsgi_application(),
            host=settings.HOST,
            port=settings.PORT,
            threads=settings.WEB_THREADS,
            ident=None,
            # Beyond what we answer with a page of our own, nothing is read.
            max_request_body_size=settings.REQUEST_MEGABYTES * 4 * 1024 * 1024,
            **(OF_A_PROXY if settings.BEHIND_PROXY else {}),
        )


# The proxy in front ends https and says for whom it asks. Without one these headers are not
# believed, since anybody can send them.
OF_A_PROXY = {
    "trusted_proxy": "*",
    "trusted_proxy_count": 1,
    "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto",
}


def _end(*_: object) -> NoReturn:
    """So that what runs at exit runs; the default would end the process on the spot."""
    raise SystemExit(0)
