from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from definitions.management.files import company_by_slug
from definitions.resources import FORMATS, RowKind, file_of
from tenants.context import tenant_context


class Command(BaseCommand):
    help = "Writes definitions of a company as rows into a CSV, XLSX, JSON or YAML file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="Its ending tells the format.")
        parser.add_argument("--company", required=True, metavar="SLUG")
        parser.add_argument(
            "--kind",
            choices=[kind.value for kind in RowKind],
            help="Only these rows; a CSV file holds one kind.",
        )
        parser.add_argument(
            "--key",
            action="append",
            metavar="KEY",
            dest="keys",
            help="Only the rows of this workflow or ticket type; may be repeated.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        company = company_by_slug(options["company"])
        path = Path(options["file"])
        file_format = FORMATS.get(path.suffix.lower().lstrip("."))
        if file_format is None:
            endings = ", ".join(f".{ending}" for ending in FORMATS)
            raise CommandError(f"“{path.name}” must end in one of {endings}.")
        kinds = [RowKind(options["kind"])] if options["kind"] else list(RowKind)
        if len(kinds) > 1 and not file_format.holds_many:
            raise CommandError(f"A {file_format.title} file holds one kind of rows: add --kind.")
        keys = dict.fromkeys(kinds, options["keys"]) if options["keys"] else None
        with tenant_context(company):
            content = file_of(None, kinds, file_format, keys)
        try:
            path.write_bytes(content)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
