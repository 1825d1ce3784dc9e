from typing import Any

from django.core.management.base import BaseCommand

from definitions.bundle import bundle_schema
from definitions.documents import to_json


class Command(BaseCommand):
    help = "Prints the JSON Schema of the bundle format, for editors and assistants."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(to_json(bundle_schema()), ending="")
