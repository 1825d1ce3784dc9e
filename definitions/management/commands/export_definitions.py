from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from definitions.documents import to_json, to_yaml
from definitions.management.files import company_by_slug
from definitions.services import export_bundle
from tenants.context import tenant_context
from tenants.errors import DomainError


class Command(BaseCommand):
    help = "Prints workflows and ticket types of a company as one bundle."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--company", required=True, metavar="SLUG")
        parser.add_argument(
            "--key",
            action="append",
            metavar="KEY",
            dest="keys",
            help="Only this workflow or ticket type and what it needs; may be repeated.",
        )
        parser.add_argument("--yaml", action="store_true", help="YAML instead of JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        company = company_by_slug(options["company"])
        try:
            with tenant_context(company):
                document = export_bundle(None, options["keys"])
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write((to_yaml if options["yaml"] else to_json)(document), ending="")
