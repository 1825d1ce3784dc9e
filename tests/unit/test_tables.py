"""Tables are read within their limits and come back as they were, whatever their cells hold."""

import csv
import datetime
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.errors import BundleInvalid, Problem
from definitions.tables import LIMITS, Table, read_tables, to_csv, to_xlsx
from definitions.tables.escaping import as_it_was, without_formula
from definitions.tables.xlsx import read_xlsx

#: This file's JSON has another telephone number than its CSV; everything else agrees.
_NOT_THE_SAME = {("location_coordinates", "Contact Phone Number")}

storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


def refusal(content: bytes | str, name: str = "") -> Problem:
    with pytest.raises(BundleInvalid) as refused:
        read_tables(content, name)
    return refused.value.problems[0]


def values(table: Table) -> list[dict[str, Any]]:
    return [row.values for row in table.rows]


def workbook(*rows: list[Any], **sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    return saved(book)


def saved(book: Any) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The workbook with one of its parts replaced, or added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(
        file, "w", zipfile.ZIP_DEFLATED
    ) as new:  # fmt: skip
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, part)
    return file.getvalue()


def sheet_of(rows: bytes) -> bytes:
    return with_part(
        workbook(["a"]), "xl/worksheets/sheet1.xml",
        b"<worksheet><sheetData>" + rows + b"</sheetData></worksheet>",
    )  # fmt: skip


# Back as they were


def test_every_csv_of_the_spectrum_means_what_it_should(real_inputs: Path) -> None:
    files = sorted((real_inputs / "nasty" / "csv_spectrum").glob("*.csv"))
    assert files
    for file in files:
        wanted = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        wanted = wanted if isinstance(wanted, list) else [wanted]
        (table,) = read_tables(file.read_bytes(), file.name)
        found = values(table)
        again = to_csv(table.headers, [list(row.values()) for row in found])

        assert values(read_tables(again)[0]) == found
        for row, expected in zip(found, wanted, strict=True):
            skipped = {header for name, header in _NOT_THE_SAME if name == file.stem}
            assert {**row, **dict.fromkeys(skipped, "")} == {
                **expected, **dict.fromkeys(skipped, ""),
            }, file.name  # fmt: skip


def test_every_naughty_string_survives_both_formats(real_inputs: Path) -> None:
    texts = json.loads((real_inputs / "nasty" / "blns.json").read_text(encoding="utf-8"))
    rows = [[text, f"={text}", f"'{text}"] for text in texts]
    headers = ["a", "b", "c"]
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx([("S", headers, rows)])))

    for content in (to_csv(headers, rows), to_xlsx([("S", headers, rows)])):
        found = [list(row.values()) for row in values(read_tables(content)[0])]
        assert found == rows
    assert not any(cell.data_type == "f" for row in book.active.iter_rows() for cell in row)


@settings(max_examples=60)
@given(st.lists(st.tuples(storable, storable), min_size=1, max_size=5))
def test_any_text_survives_both_formats(rows: list[tuple[str, str]]) -> None:
    wanted = [list(row) for row in rows if any(row)]
    for content in (to_csv(["a", "b"], rows), to_xlsx([("S", ["a", "b"], rows)])):
        found = [list(row.values()) for row in values(read_tables(content)[0])]

        assert found == wanted


def test_a_text_that_no_cell_can_hold_is_spread_over_several() -> None:
    rows = [["=x" * 40_000, "short"], ["𝄞" * 20_000, ""]]
    content = to_xlsx([("S", ["form", "note"], rows)])
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    (table,) = read_tables(content)

    assert [cell.value for cell in sheet[1]][:2] == ["form", "form (2)"]
    assert max(len(cell.value.encode("utf-16-le")) for cell in sheet[3] if cell.value) <= 65_534
    assert table.headers == ["form", "note"]
    assert [list(row.values()) for row in values(table)] == rows


# No formula leaves


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201",
     "|cmd", "%x", "'=1", "''=1", '=HYPERLINK("https://x.example")'],
)  # fmt: skip
def test_a_cell_never_begins_with_the_sign_of_a_formula(text: str) -> None:
    escaped = without_formula(text)

    assert escaped[0] == "'"
    assert as_it_was(escaped) == text
    assert as_it_was("it's") == without_formula("it's") == "it's"
    assert as_it_was("'tis") == without_formula("'tis") == "'tis"


def test_a_text_cannot_leave_its_cell() -> None:
    rows = [['a","=1', "b;=2"], ["x\n=3", "\r\n=4"]]
    text = to_csv(["one", "two"], rows)

    assert list(csv.reader(io.StringIO(text, newline="")))[1] == ['a","=1', "b;=2"]
    assert all(line.startswith('"') for line in text.splitlines() if line[:1] not in "=")
    assert '"a"",""=1"' in text


# Spreadsheets as people have them


def test_numbers_truth_and_gaps_of_a_workbook_are_what_they_show() -> None:
    (table,) = read_tables(workbook(["a", "b"], [1, 2.5], [None, True], [None, None], ["x", 3.0]))

    assert values(table) == [{"a": 1, "b": 2.5}, {"a": "", "b": True}, {"a": "x", "b": 3}]
    assert [row.number for row in table.rows] == [2, 3, 5]


def test_sheets_keep_their_names_and_empty_ones_are_left_out() -> None:
    content = workbook(Tasks=[["a"], ["1"]], Empty=[])

    assert [table.name for table in read_tables(content)] == ["Tasks"]


def test_rich_and_phonetic_texts_are_read_as_text() -> None:
    texts = (
        b"<sst><si><r><t>a</t></r><r><t>b</t></r></si><si><t>c</t><rPh><t>no</t></rPh></si></sst>"
    )
    rows = b"".join(b'<row r="%d"><c t="s"><v>%d</v></c></row>' % (n + 1, n) for n in (0, 1))
    (table,) = read_tables(with_part(sheet_of(rows), "xl/sharedStrings.xml", texts))

    assert table.headers == ["ab"]
    assert values(table) == [{"ab": "c"}]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_and_byte_order_marks_of_spreadsheets_are_understood(separator: str) -> None:
    text = f'\ufeffa{separator}b\r\n1{separator}"x{separator}y"\r\n\r\n'
    (table,) = read_tables(text.encode(), "a.csv")

    assert values(table) == [{"a": "1", "b": f"x{separator}y"}]


def test_the_content_says_what_it_is_where_the_name_does_not() -> None:
    assert read_tables('[{"a": 1}]')[0].is_native
    assert read_tables("- a: 1\n")[0].is_native
    assert not read_tables("a\n1\n")[0].is_native
    assert read_tables(workbook(["a"], ["x"]), "rows.csv")[0].headers == ["a"]


# Refused, with a place and a reason


@pytest.mark.parametrize(
    ("content", "rule", "words"),
    [
        ("", "empty", "There is nothing in it."),
        ("a,a\n1,2\n", "duplicate-name", "The header “a” is there twice."),
        ("a,\n1,2\n", "missing", "Column 2 has no header."),
        ("a,b\n1,2,3\n", "ragged-row", "row 2: Expected 2 columns, found 3."),
        ('a,b\n"x\ny",2\n1\n', "ragged-row", "row 3 (line 4): Expected 2 columns, found 1."),
        ('a\n"x\n', "not-csv", "a text has no closing quote"),
        ('a\n"x"y\n', "not-csv", "something follows a closing quote"),
        (b"a\n\xff\n", "not-utf-8", "line 2: This is not UTF-8. Save the file as CSV UTF-8."),
        ("a\nb\n".encode("utf-16"), "not-utf-8", "Save the file as CSV UTF-8."),
        (b"a\nx\0\n", "unstorable-text", "line 2: Text has a character that cannot be stored."),
        ("a\n" + "1\n" * 10_001, "too-many", "More than 10,000 rows."),
        (",".join(map(str, range(201))), "too-many", "201 columns; at most 200."),
        ("a" * 2_000_001, "too-large", "Larger than 2 MB."),
        ('{"a": 1}', "wrong-type", "This is no list of rows."),
        ("[1]", "wrong-type", "A row is a group of names and values."),
        ("- a: &x 1\n", "no-aliases", "Anchors are not allowed"),
        ("- a: !x 1\n", "no-tags", "Tags are not allowed"),
        ("[" * 50, "too-deep", "Nested deeper than 40 levels."),
        ("- " * 50 + "a", "too-deep", "Nested deeper than 40 levels."),
        ('[{"a": 1, "a": 2}]', "duplicate-name", "“a” appears twice."),
        ('[{"a": NaN}]', "not-finite", "NaN is not a finite number."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "not-xlsx", "an old or a protected workbook"),
        (b"PK\x03\x04no", "not-xlsx", "This is not a valid XLSX file."),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_in_words(content: bytes | str, rule: str, words: str) -> None:
    problem = refusal(content)

    assert problem.rule == rule
    assert words in str(problem)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("=1+1", "B2 holds a formula. Paste its value instead."),
        (datetime.date(2026, 1, 1), "B2 holds a date."),
        (datetime.timedelta(hours=1), "B2 holds a date."),
    ],
)
def test_a_cell_that_would_be_read_wrongly_is_named(value: Any, words: str) -> None:
    problem = refusal(workbook(["a", "b"], ["x", value]))

    assert words in str(problem)
    assert problem.path == "Sheet, cell B2"


def test_a_cell_in_the_last_corner_is_refused_at_once() -> None:
    book = openpyxl.Workbook()
    book.active["XFD1048576"] = 1
    content = saved(book)
    start = time.monotonic()

    problem = refusal(content)

    assert "claims 1,048,576 x 16,384 cells; the limit is 10,000 x 200." in str(problem)
    assert time.monotonic() - start < 1


def test_a_claim_that_is_too_small_hides_nothing() -> None:
    far = (
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="900000"><c r="A900000"><v>1</v></c></row>'
    )
    wide = b'<row r="1"><c r="ZZ1"><v>1</v></c></row>'
    beside = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="C2"><v>1</v></c></row>'

    assert refusal(sheet_of(b'<dimension ref="A1"/>' + far)).rule == "too-large"
    assert refusal(sheet_of(wide)).rule == "too-large"
    assert "C2 holds something" in str(refusal(sheet_of(beside)))


def test_bombs_are_refused_before_they_go_off() -> None:
    rows = b'<row r="1"><c t="inlineStr"><is><t>&a;</t></is></c></row>'
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet><sheetData>' + rows
    book = workbook(["a"])
    bombs = {
        "document type": with_part(book, "xl/worksheets/sheet1.xml", entities),
        "larger than 20 MB": with_part(book, "xl/worksheets/sheet1.xml", b" " * 30_000_000),
        "macros": with_part(book, "xl/vbaProject.bin", b"x"),
        "hold something": sheet_of(
            b"".join(
                b'<row r="%d">%s</row>' % (n, b"<c><v>1</v></c>" * 200) for n in range(1, 1100)
            )
        ),
        "valid XLSX": with_part(book, "xl/workbook.xml", b"<workbook/>"),
    }
    for words, content in bombs.items():
        start = time.monotonic()
        assert words in str(refusal(content)), words
        assert time.monotonic() - start < 5, words


def test_an_archive_that_lies_about_its_size_is_counted() -> None:
    content = bytearray(with_part(workbook(["a"]), "xl/worksheets/sheet1.xml", b" " * 30_000_000))
    at = content.rindex(b"xl/worksheets/sheet1.xml") - 46  # its entry in the directory
    content[at + 24 : at + 28] = (1_000).to_bytes(4, "little")

    assert refusal(bytes(content)).rule in {"too-large", "not-xlsx"}


def test_too_many_sheets_are_refused() -> None:
    sheets = {f"s{n}": [["a"], ["1"]] for n in range(LIMITS.sheets + 1)}

    assert "sheets; at most 10." in str(refusal(workbook(**sheets)))


def test_a_shared_text_counts_in_every_cell_that_shows_it() -> None:
    cells = b'<row r="1"><c t="s"><v>0</v></c></row>' + b"".join(
        b'<row r="%d"><c t="s"><v>0</v></c></row>' % n for n in range(2, 102)
    )
    texts = b"<sst><si><t>" + b"x" * 60_000 + b"</t></si></sst>"

    problem = refusal(with_part(sheet_of(cells), "xl/sharedStrings.xml", texts))

    assert "More than 5,000,000 characters" in str(problem)


def test_reading_a_workbook_twice_gives_the_same() -> None:
    content = to_xlsx([("S", ["a"], [["x"]])])

    assert values(read_xlsx(content)[0]) == values(read_xlsx(content)[0])
