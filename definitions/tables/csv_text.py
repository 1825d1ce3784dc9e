"""CSV (RFC 4180) as a table. Also takes the semicolons and tabs that some spreadsheets write."""

import csv
import io
from collections.abc import Iterator

from definitions.tables.escaping import as_it_was
from definitions.tables.table import LIMITS, Row, Table, check_count, check_headers, refused

SEPARATORS = ",;\t"
# A cell may hold a whole form; the file as a whole is small anyway.
csv.field_size_limit(LIMITS.bytes)


def read_csv(text: str) -> Table:
    """The table in a text.

    Raises:
        TablesInvalid: it is no CSV, or its rows do not fit its headers.
    """
    records = _records(text)
    line, headers = next((one for one in records if any(one[1])), (1, []))
    headers = [header.strip() for header in headers]
    check_headers(headers, f"line {line}")
    table = Table(headers=headers)
    cells = 0
    for number, (line, record) in enumerate(records, start=2):  # the headers are row 1
        if not any(record):
            continue  # also what a last line break leaves
        if len(record) != len(headers):
            raise _ragged(len(headers), len(record), number, line)
        cells += sum(1 for cell in record if cell)
        check_count(len(table.rows) + 1)
        if cells > LIMITS.cells:
            raise refused("too-many", f"More than {LIMITS.cells:,} cells hold something.")
        values = dict(zip(headers, map(as_it_was, record), strict=True))
        table.rows.append(Row(number, values, line))
    return table


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    line = 1
    try:
        for record in reader:
            yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        message = f"This is not CSV: {_in_words(str(error))}"
        raise refused("not-csv", message, f"line {line}", line=line) from error


def _separator(text: str) -> str:
    """The one that the headers use most; a comma where they use none."""
    head = text.lstrip("\r\n").partition("\n")[0]
    outside = "".join(head.split('"')[::2])
    return max(SEPARATORS, key=outside.count)


def _ragged(expected: int, found: int, number: int, line: int) -> Exception:
    columns = "1 column" if expected == 1 else f"{expected} columns"
    at = f"row {number}" if line == number else f"row {number} (line {line})"
    hint = "Put text with commas or line breaks into double quotes."
    return refused("ragged-row", f"Expected {columns}, found {found}.", at, hint)


def _in_words(said: str) -> str:
    if "expected after" in said:
        return "something follows a closing quote. Write a quote inside of a text as two."
    if "unexpected end" in said:
        return "a text has no closing quote."
    if "field larger" in said:
        return "a cell is too large."
    return "its quotes or line breaks are in the wrong places."
