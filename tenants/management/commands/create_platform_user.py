"""The first person of the platform, and any further one."""

import sys
from getpass import getpass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.errors import DomainError
from tenants.services import add_platform_person


class Command(BaseCommand):
    help = (
        "Adds a person of the platform, who opens companies and may look into them. The password "
        "is asked for, unless PLATFORM_USER_PASSWORD or --password-stdin gives it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--first-name", default="", help="Asked for when it is not given.")
        parser.add_argument("--last-name", default="", help="Asked for when it is not given.")
        parser.add_argument(
            "--password-stdin", action="store_true", help="Read the password from standard input."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        password = _given(from_stdin=options["password_stdin"])
        try:
            person = add_platform_person(
                email=options["email"],
                first_name=options["first_name"] or _asked("First name"),
                last_name=options["last_name"] or _asked("Last name"),
                password=password or _asked_twice(),
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{person} can sign in now as {person.email}.")


def _given(*, from_stdin: bool) -> str:
    """The password where nobody sits at the keyboard. Never an argument: those are seen by all."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(settings.PLATFORM_USER_PASSWORD)


def _asked(what: str) -> str:
    try:
        return input(f"{what}: ").strip()
    except EOFError as error:
        option = what.lower().replace(" ", "-")
        raise CommandError(f"Nobody is there to ask. Give --{option}.") from error


def _asked_twice() -> str:
    try:
        first = getpass("Password: ")
        second = getpass("Password again: ")
    except EOFError as error:
        raise CommandError(
            "Nobody is there to ask. Set PLATFORM_USER_PASSWORD, or use --password-stdin."
        ) from error
    if first != second:
        raise CommandError("The two passwords differ. Start again.")
    return first
