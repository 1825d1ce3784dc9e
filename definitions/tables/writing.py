"""Tables as files that spreadsheets open, and that `read_tables` reads back as they were."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from definitions.tables.escaping import for_xml, without_formula

#: More a cell of XLSX cannot hold: the rest goes into columns "name (2)", "name (3)", …
LONGEST_CELL = 32_767
_Cell = Any


def to_csv(headers: Sequence[str], rows: Iterable[Sequence[_Cell]]) -> str:
    """Every text is quoted: a separator in it then begins no cell of its own."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow([without_formula(header) for header in headers])
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return file.getvalue()


def to_xlsx(sheets: Iterable[tuple[str, Sequence[str], Sequence[Sequence[_Cell]]]]) -> bytes:
    """A workbook of (title, headers, rows); the same bytes for the same rows, whenever."""
    book = Workbook(write_only=True)
    for title, headers, rows in sheets:
        pieces = [_pieces(column) for column in zip(*rows, strict=True)] or [1] * len(headers)
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        names = [_named(name, n) for name, most in zip(headers, pieces, strict=True)
                 for n in range(most)]  # fmt: skip
        for number, name in enumerate(names, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = max(12, len(name) + 2)
        sheet.append([_head(sheet, name) for name in names])
        for row in rows:
            sheet.append(
                [
                    part
                    for cell, most in zip(row, pieces, strict=True)
                    for part in _cells(cell, most)
                ]
            )
    file = io.BytesIO()
    book.save(file)
    return _without_times(file)


_TIMES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def _without_times(book: io.BytesIO) -> bytes:
    """Two exports of the same rows can be compared, and tell nobody when they were made."""
    file = io.BytesIO()
    with ZipFile(book) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = ZipInfo(name)  # without a date it says 1980
            entry.compress_type = ZIP_DEFLATED
            new.writestr(entry, _TIMES.sub(rb"\g<1>1980-01-01T00:00:00Z", old.read(name)))
    return file.getvalue()


_Rows = Sequence[Mapping[str, Any]]
#: What JSON may hold as it is, and YAML takes for a line break or does not take at all.
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def json_rows(rows: _Rows | Mapping[str, _Rows]) -> str:
    """A list of rows, or sections with one each; a line per row. Every name is there, null too:
    what a row does not name would stay as it is.
    """
    if not isinstance(rows, Mapping):
        return f"{_json_list(rows)}\n"
    sections = (f"{_json(name)}: {_json_list(of)}" for name, of in rows.items())
    return "{" + ",\n".join(sections) + "}\n"


def yaml_rows(rows: _Rows | Mapping[str, _Rows]) -> str:
    """The same; a line per name, its value in the spelling of JSON, which is YAML too."""
    if not isinstance(rows, Mapping):
        return _yaml_list(rows) or "[]\n"
    return "".join(
        f"{name}:\n{_yaml_list(of)}" if of else f"{name}: []\n" for name, of in rows.items()
    )


def _json_list(rows: _Rows) -> str:
    return "[" + ",\n".join(map(_json, rows)) + "]"


def _yaml_list(rows: _Rows) -> str:
    return "".join(
        "- " + "\n  ".join(f"{name}: {_yaml(value)}" for name, value in row.items()) + "\n"
        for row in rows
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _yaml(value: Any) -> str:
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found.group()):04x}", _json(value))


def _plain(cell: _Cell) -> _Cell:
    return without_formula(cell) if isinstance(cell, str) else "" if cell is None else cell


def _pieces(column: Iterable[_Cell]) -> int:
    """How many columns the longest of the texts takes."""
    return max((len(_split(cell)) for cell in column if isinstance(cell, str)), default=1)


def _split(text: str) -> list[str]:
    """Pieces that fit into cells; the sign of a formula may begin any of them."""
    written = for_xml(without_formula(text))
    # Spreadsheets count 16-bit units.
    if len(written) * 2 <= LONGEST_CELL or len(written.encode("utf-16-le")) // 2 <= LONGEST_CELL:
        return [written]
    middle = len(text) // 2
    return [*_split(text[:middle]), *_split(text[middle:])]


def _cells(cell: _Cell, most: int) -> list[_Cell]:
    if cell is None or cell == "":
        return [None] * most
    parts: list[_Cell] = _split(cell) if isinstance(cell, str) else [cell]
    return parts + [None] * (most - len(parts))


def _named(name: str, number: int) -> str:
    return f"{name} ({number + 1})" if number else name


def _head(sheet: Any, name: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, for_xml(without_formula(name)))
    cell.font = Font(bold=True)
    return cell
