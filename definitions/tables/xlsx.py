"""XLSX (ECMA-376) as tables, by a reader of our own.

The libraries for it unpack what an archive claims and fill every gap between two cells; a file of
5 KB with one cell in the last corner takes 3 GB. This one streams, stops at each limit, refuses a
document type (where entities come from), and says the cell.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils import column_index_from_string, get_column_letter

from definitions.tables.escaping import as_it_was, from_xml
from definitions.tables.table import LIMITS, Row, Table, check_headers, refused

MOST_MEMBERS = 500
_PIECE = 65_536
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_MORE = re.compile(r"(.+) \(([1-9][0-9]?)\)")


def read_xlsx(content: bytes) -> list[Table]:
    """The sheets of a workbook that hold something.

    Raises:
        TablesInvalid: it is no workbook, too large, or a cell holds what rows cannot.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return _Book(_Archive(archive)).tables()
    except (zipfile.BadZipFile, expat.ExpatError, KeyError, ValueError, NotImplementedError,
            EOFError, OSError, RuntimeError, zlib.error) as error:  # fmt: skip
        hint = "Save it again as an Excel workbook (.xlsx), or as CSV."
        raise refused("not-xlsx", "This is not a valid XLSX file.", hint=hint) from error


class _Archive:
    """The parts of a workbook; what they unpack to is counted, whatever they claim."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = LIMITS.unpacked
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            raise refused("too-many", f"The workbook has more than {MOST_MEMBERS} parts.")
        if sum(member.file_size for member in members) > LIMITS.unpacked:
            raise _too_large()
        if any(member.filename.lower().endswith("vbaproject.bin") for member in members):
            hint = "Save it as .xlsx, without macros."
            raise refused("not-xlsx", "The workbook has macros.", hint=hint)
        self.names = {member.filename for member in members}

    def parse(self, name: str, parser: "expat.XMLParserType") -> None:
        """Feed a part to a parser."""

        def refuse(*_: Any) -> None:
            raise refused("not-xlsx", "The workbook has a document type or entities inside.")

        parser.StartDoctypeDeclHandler = refuse
        parser.EntityDeclHandler = refuse
        with self._archive.open(name) as part:
            while piece := part.read(_PIECE):
                self._left -= len(piece)
                if self._left < 0:
                    raise _too_large()
                parser.Parse(piece, False)
        parser.Parse(b"", True)


class _Book:
    def __init__(self, archive: _Archive) -> None:
        self._archive = archive

    def tables(self) -> list[Table]:
        sheets = self._sheets()
        if len(sheets) > LIMITS.sheets:
            message = f"{len(sheets):,} sheets; at most {LIMITS.sheets}."
            raise refused("too-many", message)
        texts = self._texts()
        dates = self._date_styles()
        found, cells = [], 0
        for name, part in sheets:
            sheet = _Sheet(name, texts, dates, LIMITS.cells - cells)
            self._archive.parse(part, sheet.parser())
            cells += sheet.count
            table = _table(name, sheet.rows)
            if table is not None:
                found.append(table)
        return found

    def _sheets(self) -> list[tuple[str, str]]:
        """(name, part) of each sheet of cells, in their order."""
        targets: dict[str, str] = {}
        sheets: list[tuple[str, str]] = []

        def relation(_: str, given: Mapping[str, str]) -> None:
            if given.get("Type", "").endswith("/worksheet"):
                targets[given["Id"]] = _part(given["Target"])

        def sheet(_: str, given: Mapping[str, str]) -> None:
            key = next((value for name, value in given.items() if name.endswith(":id")), "")
            if key in targets:
                sheets.append((given.get("name", ""), targets[key]))

        self._archive.parse("xl/_rels/workbook.xml.rels", _reader({"Relationship": relation}))
        self._archive.parse("xl/workbook.xml", _reader({"sheet": sheet}))
        if not sheets:
            raise ValueError("no sheet")
        return sheets

    def _texts(self) -> list[str]:
        """The shared texts; cells name them by their number."""
        if "xl/sharedStrings.xml" not in self._archive.names:
            return []
        reader = _Texts()
        self._archive.parse("xl/sharedStrings.xml", reader.parser())
        return reader.texts

    def _date_styles(self) -> set[int]:
        """Numbers of the styles that show a number as a date or time."""
        if "xl/styles.xml" not in self._archive.names:
            return set()
        codes: dict[int, str] = dict(BUILTIN_FORMATS)
        found: list[int] = []
        inside: list[str] = []

        def start(tag: str, given: Mapping[str, str]) -> None:
            name = _local(tag)
            inside.append(name)
            if name == "numFmt":
                codes[int(given["numFmtId"])] = given.get("formatCode", "")
            elif name == "xf" and "cellXfs" in inside:
                found.append(int(given.get("numFmtId", 0)))

        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        parser.EndElementHandler = lambda _: inside.pop()
        self._archive.parse("xl/styles.xml", parser)
        return {n for n, code in enumerate(found) if is_date_format(codes.get(code))}


@dataclass(slots=True)
class _Texts:
    """Texts in the order of the part; phonetic readings (`rPh`) are no part of them."""

    texts: list[str] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)
    _is_text: bool = False
    _skipped: int = 0

    def parser(self) -> "expat.XMLParserType":
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._take
        return parser

    def _start(self, tag: str, _: Mapping[str, str]) -> None:
        name = _local(tag)
        self._skipped += name == "rPh"
        self._is_text = name == "t" and not self._skipped
        if name == "si":
            self._parts.clear()

    def _end(self, tag: str) -> None:
        name = _local(tag)
        self._skipped -= name == "rPh"
        self._is_text = False
        if name == "si":
            self.texts.append("".join(self._parts))

    def _take(self, text: str) -> None:
        if self._is_text:
            self._parts.append(text)


_Cells = dict[int, Any]


class _Sheet:
    """Streams a sheet; keeps the cells that hold something."""

    def __init__(self, name: str, texts: list[str], dates: set[int], most: int) -> None:
        self.rows: dict[int, _Cells] = {}
        self.count = 0
        self._name, self._texts, self._dates, self._most = name, texts, dates, most
        self._row = self._column = 0
        self._kind = self._style = ""
        self._parts: list[str] = []
        self._takes = self._has_formula = False
        self._skipped = 0

    def parser(self) -> "expat.XMLParserType":
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._take
        return parser

    def _start(self, tag: str, given: Mapping[str, str]) -> None:
        name = _local(tag)
        if name == "c":
            self._begin_cell(given)
        elif name in {"v", "t"}:
            self._takes = not self._skipped
        elif name == "f":
            self._has_formula = True
        elif name == "rPh":
            self._skipped += 1
        elif name == "row":
            self._row = int(given.get("r", self._row + 1))
            self._column = 0
            self._check_size(self._row, 0)
        elif name == "dimension":
            self._check_claim(given.get("ref", ""))

    def _end(self, tag: str) -> None:
        name = _local(tag)
        if name == "c":
            self._end_cell()
        elif name in {"v", "t"}:
            self._takes = False
        elif name == "rPh":
            self._skipped -= 1

    def _take(self, text: str) -> None:
        if self._takes:
            self._parts.append(text)

    def _begin_cell(self, given: Mapping[str, str]) -> None:
        place = _PLACE.fullmatch(given.get("r", ""))
        if place is None:
            self._column += 1
        else:
            self._column = column_index_from_string(place.group(1))
            self._row = int(place.group(2))
        self._kind, self._style = given.get("t", "n"), given.get("s", "0")
        self._has_formula = False
        self._parts.clear()

    def _end_cell(self) -> None:
        if self._has_formula:
            raise self._wrong("formula", "holds a formula.", "Paste its value instead.")
        text = "".join(self._parts)
        if not text:
            return
        if self._row > LIMITS.rows + 1 or self._column > LIMITS.columns:
            self._check_size(self._row, self._column)
        self.count += 1
        if self.count > self._most:
            raise refused("too-many", f"More than {LIMITS.cells:,} cells hold something.")
        self.rows.setdefault(self._row, {})[self._column] = self._value(text)

    def _value(self, text: str) -> Any:
        if self._kind == "s":
            return as_it_was(from_xml(self._texts[int(text)]))
        if self._kind in {"inlineStr", "str"}:
            return as_it_was(from_xml(text))
        if self._kind == "b":
            return text.strip() == "1"
        if self._kind == "e":
            raise self._wrong("wrong-value", f"holds the error {text[:20]}.")
        if self._kind == "d" or int(self._style) in self._dates:
            hint = "Format the cell as text, and write the day as 2026-11-30."
            raise self._wrong("wrong-value", "holds a date.", hint)
        number = float(text)
        if number in (float("inf"), float("-inf")) or number != number:
            raise self._wrong("not-finite", "holds no finite number.")
        return int(number) if number.is_integer() and abs(number) < 1e15 else number

    def _check_claim(self, ref: str) -> None:
        corner = _PLACE.fullmatch(ref.rpartition(":")[2].replace("$", ""))
        if corner is not None:
            self._check_size(int(corner.group(2)), column_index_from_string(corner.group(1)))

    def _check_size(self, rows: int, columns: int) -> None:
        """A row beyond the limit is refused even where it is empty: there may be a million."""
        if rows > LIMITS.rows + 1 or columns > LIMITS.columns:
            message = (
                f"The sheet claims {rows:,} x {columns:,} cells; the limit is "
                f"{LIMITS.rows:,} x {LIMITS.columns}."
            )
            hint = "Copy what you need into a new sheet."
            raise refused("too-large", message, self._name, hint)

    def _wrong(self, rule: str, message: str, hint: str = "") -> Exception:
        cell = f"{get_column_letter(self._column)}{self._row}"
        at = f"{self._name}, cell {cell}" if self._name else f"cell {cell}"
        return refused(rule, f"{cell} {message}", at, hint)


def _table(name: str, cells: dict[int, _Cells]) -> Table | None:
    """The first row that holds something has the headers."""
    if not cells:
        return None
    numbers = sorted(cells)
    first = numbers[0]
    width = max(cells[first])
    headers = [str(cells[first].get(column, "")).strip() for column in range(1, width + 1)]
    check_headers(headers, f"{name}, row {first}")
    letters = {header: get_column_letter(n) for n, header in enumerate(headers, start=1)}
    table = Table(name, _joined(headers), letters=letters)
    for number in numbers[1:]:
        row = cells[number]
        if max(row) > width:
            cell = f"{get_column_letter(max(row))}{number}"
            message = f"{cell} holds something, and its column has no header."
            raise refused("ragged-row", message, f"{name}, row {number}")
        values = {header: row.get(n, "") for n, header in enumerate(headers, start=1)}
        table.rows.append(Row(number, _with_pieces_joined(values)))
    return table


def _joined(headers: list[str]) -> list[str]:
    """Without the columns that hold the rest of another: "form (2)" beside "form"."""
    return [header for header in headers if not _is_rest(header, headers)]


def _is_rest(header: str, headers: Any) -> bool:
    found = _MORE.fullmatch(header)
    return found is not None and int(found.group(2)) > 1 and found.group(1) in headers


def _with_pieces_joined(values: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for header, value in values.items():
        if _is_rest(header, values):
            name = _MORE.fullmatch(header).group(1)  # type: ignore[union-attr]
            if value != "":
                found[name] = f"{found[name]}{value}"
        else:
            found[header] = value
    return found


def _reader(handlers: Mapping[str, Callable[[str, Mapping[str, str]], None]]) -> Any:
    def start(tag: str, given: Mapping[str, str]) -> None:
        handler = handlers.get(_local(tag))
        if handler is not None:
            handler(tag, given)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    return parser


def _local(tag: str) -> str:
    """Without the short name of its name space: some programs write <x:row>."""
    return tag.rpartition(":")[2]


def _part(target: str) -> str:
    return target[1:] if target.startswith("/") else f"xl/{target}"


def _too_large() -> Exception:
    return refused("too-large", f"Unpacked it is larger than {LIMITS.unpacked // 1_000_000} MB.")
