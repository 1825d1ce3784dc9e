"""Tables of rows as CSV, XLSX, JSON and YAML: read within limits, and written to be read again.

Like `definitions.documents`, this trusts nothing: sizes, what an archive claims and what it
unpacks to, entities, formulas, encodings. Whatever is wrong names its row, column or cell. Knows
nothing of definitions; `definitions.resources` says what the columns mean.
"""

from definitions.tables.reading import ENDINGS, read_tables
from definitions.tables.table import (
    LIMITS,
    Row,
    RowProblem,
    Table,
    TableLimits,
    TablesInvalid,
)
from definitions.tables.writing import json_rows, to_csv, to_xlsx, yaml_rows

__all__ = [
    "ENDINGS",
    "LIMITS",
    "Row",
    "RowProblem",
    "Table",
    "TableLimits",
    "TablesInvalid",
    "json_rows",
    "read_tables",
    "to_csv",
    "to_xlsx",
    "yaml_rows",
]
