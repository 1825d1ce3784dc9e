"""From the bytes of a file to its tables."""

import codecs
from typing import Any

from definitions.documents import Document, read_text
from definitions.documents.building import SURROGATE
from definitions.tables.csv_text import read_csv
from definitions.tables.table import LIMITS, Row, Table, check_count, check_headers, refused
from definitions.tables.xlsx import read_xlsx

ENDINGS = (".csv", ".xlsx", ".json", ".yaml", ".yml")
_ZIP = b"PK\x03\x04"
#: The container of the old .xls, and of workbooks with a password.
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_UNICODE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


def read_tables(content: bytes | str, name: str = "") -> list[Table]:
    """The tables of a file: the sheets of a workbook, the one of a CSV file, the lists of a
    document. What it is, says the ending of `name`, or else the content itself.

    Raises:
        BundleInvalid: it cannot be read, with the place and the reason.
    """
    if len(content) > LIMITS.bytes:
        raise refused("too-large", f"Larger than {LIMITS.bytes // 1_000_000} MB.")
    ending = name.lower().rpartition(".")[2]
    if isinstance(content, bytes):
        if content.startswith(_OLD):
            hint = "Save it as .xlsx, without a password."
            raise refused("not-xlsx", "This is an old or a protected workbook.", hint=hint)
        if content.startswith(_ZIP) or ending == "xlsx":
            return _filled(read_xlsx(content))
    if ending in {"json", "yaml", "yml"}:
        return _filled(_of_document(read_text(content, name)))
    text = _text(content)
    if ending != "csv" and text.lstrip().startswith(("[", "{", "- ")):
        return _filled(_of_document(read_text(text)))
    return _filled([read_csv(text)])


def _filled(tables: list[Table]) -> list[Table]:
    if not any(table.headers for table in tables):
        raise refused("empty", "There is nothing in it.")
    # The texts of a workbook stand in it once, however many cells show them.
    cells = (cell for table in tables for row in table.rows for cell in row.values.values())
    if sum(len(cell) for cell in cells if isinstance(cell, str)) > LIMITS.characters:
        raise refused("too-large", f"More than {LIMITS.characters:,} characters in all cells.")
    return tables


def _text(content: bytes | str) -> str:
    if isinstance(content, bytes):
        if content.startswith(_OTHER_UNICODE):
            raise refused("not-utf-8", "This is not UTF-8.", hint="Save the file as CSV UTF-8.")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            hint = "Save the file as CSV UTF-8."
            raise refused("not-utf-8", "This is not UTF-8.", f"line {line}", hint) from error
    else:
        text = content.removeprefix("\ufeff")
    if not text.strip():
        raise refused("empty", "There is nothing in it.")
    for sign in ("\0", SURROGATE.search(text)):
        at = text.find(sign) if isinstance(sign, str) else sign.start() if sign else -1
        if at >= 0:
            where = f"line {text.count(chr(10), 0, at) + 1}"
            message = "Text has a character that cannot be stored."
            raise refused("unstorable-text", message, where)
    return text


def _of_document(document: Document) -> list[Table]:
    value = document.value
    if isinstance(value, list):
        return [_of_list(document, value, "")]
    if isinstance(value, dict) and value and all(isinstance(v, list) for v in value.values()):
        if len(value) > LIMITS.sheets:
            message = f"{len(value):,} sections; at most {LIMITS.sheets}."
            raise refused("too-many", message)
        return [_of_list(document, entries, name) for name, entries in value.items()]
    hint = "Write a list of rows; each row is a group of names and values."
    raise refused("wrong-type", "This is no list of rows.", hint=hint)


def _of_list(document: Document, entries: list[Any], name: str) -> Table:
    check_count(len(entries), name)
    table = Table(name, is_native=True)
    seen: dict[str, None] = {}
    for number, entry in enumerate(entries, start=1):
        place = f"/{name}/{number - 1}" if name else f"/{number - 1}"
        if not isinstance(entry, dict):
            line = document.line_of(place)
            message = "A row is a group of names and values."
            raise refused("wrong-type", message, f"row {number}", line=line)
        seen.update(dict.fromkeys(entry))
        table.rows.append(Row(number, entry, document.line_of(place)))
    table.headers = list(seen)
    check_headers(table.headers, name)
    return table
