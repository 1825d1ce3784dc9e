"""What a web server calls: `config.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

from tenants.checks import refuse_unsafe_login  # noqa: E402  (needs the applications)

# Whatever server calls this: one whose login could look over the wall must not get to serve.
refuse_unsafe_login()
