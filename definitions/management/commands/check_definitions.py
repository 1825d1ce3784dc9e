import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from definitions.errors import BundleInvalid, Problem
from definitions.management.files import company_by_slug, print_problems, read_document
from definitions.services import check_bundle
from tenants.context import tenant_context


class Command(BaseCommand):
    help = (
        "Checks a JSON or YAML bundle and writes nothing. Prints file:line, path, rule and message "
        "of each problem; exit code 1 if one would stop an import or publishing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument(
            "--company", metavar="SLUG", help="Look for company roles and workflows there, too."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        problems = self._problems(options["file"], options["company"])
        print_problems(self.stdout, options["file"], problems)
        errors = sum(problem.blocks for problem in problems)
        if errors:
            sys.exit(1)
        self.stdout.write(f"{options['file']}: no problems.")

    def _problems(self, path: str, slug: str | None) -> list[Problem]:
        try:
            document = read_document(path)
        except BundleInvalid as error:
            return list(error.problems)
        if slug is None:
            return check_bundle(document)
        with tenant_context(company_by_slug(slug)):
            return check_bundle(document, in_company=True)
