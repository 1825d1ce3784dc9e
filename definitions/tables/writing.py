"""Tables as files that spreadsheets open, and that `read_tables` reads back as they were."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

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
    """A workbook of (title, headers, rows)."""
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
    return file.getvalue()


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
