"""Rows between upload and confirmation: kept like a bundle, for their person and for a day.

What is kept is what was read, so that nothing is unpacked twice and no file is written.
"""

import json
from dataclasses import dataclass
from typing import Any

from definitions.models import PendingImport
from definitions.resources.columns import RowKind
from definitions.resources.importing import Tables
from definitions.tables import Row, Table
from definitions.uploads import find_upload, keep_upload
from tenants.errors import NotFound
from tenants.models import User

_MARK = "ticketflower-rows/1"


@dataclass(frozen=True, slots=True)
class PendingRows:
    kept: PendingImport
    tables: Tables
    remove_others: bool

    @property
    def count(self) -> int:
        return sum(len(table.rows) for _, table in self.tables)


def keep_rows(
    actor: User, tables: Tables, name: str = "", *, remove_others: bool = False
) -> PendingImport:
    """Keep rows until their person confirms them.

    Raises:
        NotAllowed: the person may not import definitions.
    """
    sections = [
        {
            "kind": kind.value, "name": table.name, "headers": table.headers,
            "letters": table.letters, "native": table.is_native,
            "rows": [[row.number, row.line, row.values] for row in table.rows],
        }
        for kind, table in tables
    ]  # fmt: skip
    value = {"format": _MARK, "remove_others": remove_others, "sections": sections}
    return keep_upload(actor, json.dumps(value, ensure_ascii=False), name)


def find_rows(actor: User, token: str) -> PendingRows:
    """The person's own rows.

    Raises:
        NotFound: unknown, too old, somebody else's, or no rows; all read the same.
    """
    kept = find_upload(actor, token)
    if _MARK not in kept.text[:60]:
        raise NotFound("This upload is not there any more. Please upload the file again.")
    value: dict[str, Any] = json.loads(kept.text)
    tables = [(RowKind(section["kind"]), _table(section)) for section in value["sections"]]
    return PendingRows(kept, tables, value["remove_others"])


def _table(section: dict[str, Any]) -> Table:
    rows = [Row(number, values, line) for number, line, values in section["rows"]]
    return Table(section["name"], section["headers"], rows, section["letters"], section["native"])
