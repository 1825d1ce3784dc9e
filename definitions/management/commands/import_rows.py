import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from definitions.errors import BundleInvalid
from definitions.management.files import company_by_slug, print_problems, refusal
from definitions.resources import RowKind, RowsReport, choose_tables, import_rows
from definitions.tables import LIMITS, read_tables
from tenants.context import tenant_context


class Command(BaseCommand):
    help = "Changes definitions as the rows of a CSV, XLSX, JSON or YAML file say; all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--company", required=True, metavar="SLUG")
        parser.add_argument(
            "--kind",
            choices=[kind.value for kind in RowKind],
            help="What the rows are; a file with named sheets or sections says so itself.",
        )
        parser.add_argument(
            "--remove-others",
            action="store_true",
            help="Of the workflows it mentions, the file has all tasks, or all transitions.",
        )
        parser.add_argument("--publish", action="store_true", help="Publish what is changed.")
        parser.add_argument("--dry-run", action="store_true", help="Only tell what would happen.")
        parser.add_argument("--json", action="store_true", help="Print the report as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        company = company_by_slug(options["company"])
        wanted = RowKind(options["kind"]) if options["kind"] else None
        try:
            tables = choose_tables(read_tables(*_content(Path(options["file"]))), wanted)
            with tenant_context(company):
                report = import_rows(
                    None,
                    tables,
                    publish=options["publish"],
                    dry_run=options["dry_run"],
                    remove_others=options["remove_others"],
                )
        except BundleInvalid as error:
            raise refusal(self.stderr, options["file"], error) from error
        if options["json"]:
            whole = {**report.report.as_json(), "rows": _rows(report)}
            self.stdout.write(json.dumps(whole, indent=2, ensure_ascii=False))
            return
        self._tell(report)
        print_problems(self.stderr, options["file"], report.problems)

    def _tell(self, report: RowsReport) -> None:
        for row in report.effects:
            changes = f": {'; '.join(row.changes)}" if row.changes else ""
            self.stdout.write(f"{row.mark.lower():9} {row.where}, {row.name}{changes}")
        if report.report.is_dry_run:
            self.stdout.write("Nothing was written.")


def _rows(report: RowsReport) -> list[dict[str, Any]]:
    return [
        {
            "kind": row.kind.value,
            "row": row.number or None,
            "where": row.where,
            "key": row.key,
            "effect": row.mark.lower(),
            "changes": list(row.changes),
        }
        for row in report.effects
    ]


def _content(path: Path) -> tuple[bytes, str]:
    """As much of a file as may be read, and its name, whose ending tells the format."""
    try:
        with path.open("rb") as file:
            return file.read(LIMITS.bytes + 1), path.name
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
