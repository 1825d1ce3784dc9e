import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from definitions.bundle import ImportReport
from definitions.errors import BundleInvalid
from definitions.management.files import (
    company_by_slug,
    print_problems,
    read_document,
    refusal,
)
from definitions.services import import_bundle
from tenants.context import tenant_context


class Command(BaseCommand):
    help = "Imports workflows and ticket types from a JSON or YAML bundle; all of it or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--company", required=True, metavar="SLUG")
        parser.add_argument("--publish", action="store_true", help="Publish what is imported.")
        parser.add_argument("--dry-run", action="store_true", help="Only tell what would happen.")
        parser.add_argument("--json", action="store_true", help="Print the report as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        company = company_by_slug(options["company"])
        try:
            document = read_document(options["file"])
            with tenant_context(company):
                report = import_bundle(
                    None, document, publish=options["publish"], dry_run=options["dry_run"]
                )
        except BundleInvalid as error:
            raise refusal(self.stderr, options["file"], error) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
            return
        self._tell(report)
        print_problems(self.stderr, options["file"], report.problems)

    def _tell(self, report: ImportReport) -> None:
        for entry in report.entries:
            name = f"{entry.kind.word} {entry.key}"
            self.stdout.write(f"{entry.effect.value:9} {name}: {entry.line}")
        counts = f"{len(report.created)} created, {len(report.changed)} changed, "
        counts += f"{len(report.unchanged)} unchanged"
        self.stdout.write(f"Nothing was written: {counts}." if report.is_dry_run else f"{counts}.")
