"""Links to other systems (`ext_ref`), as a list of rows."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest

from admin_site.schema_forms import SchemaForm
from definitions.problems import Problem
from definitions.schemas import Problem as SchemaProblem

_ROW = {
    "type": "object",
    "properties": {
        "label": {"type": "string", "title": "Name", "maxLength": 200},
        "uri": {
            "type": "string",
            "title": "Address",
            "description": "Begins with https://, http://, mailto: or urn:",
            "maxLength": 2_000,
        },
        "desc": {"type": "string", "title": "What is there", "maxLength": 2_000},
    },
}
WHERE = "Where the same thing lives in other systems."
_SCHEMA = {
    "type": "object",
    "properties": {
        "ext_ref": {
            "type": "array",
            "title": "Links",
            "description": WHERE,
            "items": _ROW,
            "maxItems": 50,
        },
    },
}


class ListForm(SchemaForm):
    """One list of the document. `part`: its name there and in the form."""

    part: ClassVar[str]

    def shows(self, problem: Problem, place: str) -> bool:
        """Whether the problem is about an entry; then it stands beside it."""
        if place.split("/")[1:2] != [self.part]:
            return False
        self.show_problems([SchemaProblem(place, problem.words, "")])
        return True


class LinksForm(ListForm):
    """`.links` after validation: what `ext_ref` shall say; None for none."""

    part = "ext_ref"

    def __init__(self, request: HttpRequest, document: Mapping[str, Any]) -> None:
        sent = request.POST if request.method == "POST" else None
        super().__init__(
            _SCHEMA, data=sent, initial={"ext_ref": document.get("ext_ref", [])}, prefix="links"
        )

    @property
    def links(self) -> list[dict[str, Any]] | None:
        return self.value.get("ext_ref") or None
