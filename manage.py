#!/usr/bin/env python
"""TicketFlower's commands: `python manage.py help` lists them."""

import os
import sys


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"TicketFlower needs Python 3.11 or later; this is {sys.version.split()[0]}.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # mostly a slip in the environment, which it names
        sys.exit(f"TicketFlower cannot start: {error}")


if __name__ == "__main__":
    main()
