"""A form made from a schema: what it asks, what it understands, and what it says."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from hypothesis import given
from hypothesis import strategies as st

from admin_site.schema_forms import (
    CannotBePosted,
    SchemaForm,
    ShownFile,
    as_post_data,
    form_for,
)
from admin_site.schema_forms.names import name_of
from admin_site.schema_forms.numbers import Inexact, read_number, show_number
from admin_site.schema_forms.texts import help_html
from definitions.layouts import FilesAsked
from definitions.schemas import problems
from tenants.errors import DomainError

BERLIN = ZoneInfo("Europe/Berlin")


def posted(data: Mapping[str, Any]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, values in data.items():
        query.setlist(name, values if isinstance(values, list) else [values])
    return query


def one(schema: Any, *, required: bool = False) -> dict[str, Any]:
    """A form with one question, "a"."""
    return {"type": "object", "properties": {"a": schema}, "required": ["a"] if required else []}


def read(schema: Any, data: Mapping[str, Any] | None = None, **given: Any) -> SchemaForm:
    form = form_for(schema, data=posted(data or {}), **given)
    form.is_valid()
    return form


def errors(form: SchemaForm) -> dict[str, list[str]]:
    return {name: [str(message) for message in found] for name, found in form.errors.items()}


def html_of(schema: Any, layout: Any = None, **given: Any) -> str:
    return str(form_for(schema, layout, **given))


# --- What each kind of question understands ------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "sent", "value"),
    [
        ({"type": "string"}, "Saw", "Saw"),
        ({"type": "string"}, "  as typed ", "  as typed "),
        ({"type": "string"}, "one\r\ntwo\rthree", "one\ntwo\nthree"),
        ({}, "anything", "anything"),
        ({"type": ["string", "number"]}, "5", "5"),
        ({"type": "string", "format": "email"}, " ana@example.com ", "ana@example.com"),
        ({"type": "string", "format": "date"}, "2026-11-30", "2026-11-30"),
        ({"type": "string", "format": "uri"}, "https://example.com/a?b=c", "https://example.com/a?b=c"),
        ({"type": "number"}, "649.10", 649.1),
        ({"type": "number"}, "1e3", 1000),
        ({"type": "number"}, "-0.5", -0.5),
        ({"type": "integer"}, "3.0", 3),
        ({"type": "integer"}, "9007199254740993", 9007199254740993),
        ({"type": "boolean"}, "on", True),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "false", False),
        ({"const": True}, "on", True),
        ({"const": "v1"}, "on", "v1"),
        ({"enum": ["a", "b"]}, "b", "b"),
        ({"enum": [1, "1", True, None]}, "1", 1),
        ({"enum": [1, "1", True, None]}, "~1", "1"),
        ({"enum": [1, "1", True, None]}, "true", True),
        ({"enum": ["one\ntwo"]}, "one\r\ntwo", "one\ntwo"),
        ({"oneOf": [{"const": 4100, "title": "Workshop"}]}, "4100", 4100),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, ["b", "a"], ["b", "a"]),
        ({"type": "array", "items": {"enum": [1, 2]}}, ["2"], [2]),
        ({"type": "array", "items": {"type": "string"}}, '["x", "", "y"]', ["x", "y"]),
        (
            {"type": "object", "additionalProperties": {"type": "number"}},
            '{"x": "2.5"}',
            {"x": 2.5},
        ),
        ({"type": ["object", "boolean"]}, '{"x": [1]}', {"x": [1]}),
    ],
)  # fmt: skip
def test_what_is_sent_becomes_the_value_it_means(schema: Any, sent: Any, value: Any) -> None:
    form = read(one(schema), {"a": sent})

    assert errors(form) == {}
    assert form.value == {"a": value}
    assert type(form.value["a"]) is type(value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, {}),
        ({"type": "string", "format": "date"}, {}),
        ({"type": ["string", "null"]}, {}),
        ({"type": "number"}, {}),
        ({"enum": ["a", "b"]}, {}),
        ({"enum": ["", "b"]}, {}),
        ({"type": "array", "items": {"enum": ["a"]}}, {}),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, {}),
        ({"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]}, {}),
        ({"type": "object", "properties": {"b": {"type": "boolean"}}}, {}),
        ({"const": True}, {}),
        ({"const": "v1"}, {}),
        ({"type": "boolean"}, {"a": False}),
        ({"type": "null"}, {}),
        (False, {}),
    ],
)
@pytest.mark.parametrize("nothing", [None, ""])
def test_an_optional_question_left_empty_is_left_out(
    schema: Any, value: Any, nothing: str | None
) -> None:
    form = read(one(schema), {} if nothing is None else {"a": nothing})

    assert errors(form) == {}
    assert form.value == value


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": ["string", "null"]}, None),
        ({"type": ["number", "null"]}, None),
        ({"enum": ["", "b"]}, ""),
        ({"enum": [None, "b"]}, None),
        ({"const": "v1"}, "v1"),
        ({"type": "object", "properties": {"b": {"type": "string"}}}, {}),
    ],
)
def test_a_required_question_left_empty_takes_the_empty_answer_that_is_right(
    schema: Any, value: Any
) -> None:
    form = read(one(schema, required=True), {"a": ""})

    assert errors(form) == {}
    assert form.value == {"a": value}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "string"}, "Please fill this in."),
        ({"type": "number"}, "Please fill this in."),
        ({"type": "boolean"}, "Please choose an answer."),
        ({"enum": ["a", "b"]}, "Please choose an answer."),
        ({"type": "array", "items": {"enum": ["a"]}}, "Please choose at least one."),
        ({"type": "array", "items": {"type": "string"}}, "Please add an entry."),
        ({"const": True}, "Please tick this to go on."),
    ],
)
def test_a_required_question_left_empty_says_what_to_do(schema: Any, message: str) -> None:
    form = read(one(schema, required=True))

    assert errors(form) == {"a": [message]}
    assert [problem.path for problem in form.problems] == ["/a"]


def test_blanks_alone_are_no_answer_to_a_required_question() -> None:
    assert errors(read(one({"type": "string"}, required=True), {"a": " \t "}))


@pytest.mark.parametrize(
    ("schema", "sent", "word"),
    [
        ({"type": "number"}, "twelve", "Please give a number"),
        ({"type": "integer"}, "1.5", "a whole number"),
        ({"type": "number"}, "1e999999999", "Please give a number"),
        ({"type": "number"}, "0.12345678901234567890", "15 digits"),
        ({"type": "number"}, "9" * 5000, "Please give a number"),
        ({"type": "string", "format": "date"}, "30.11.2026", "a day that exists"),
        ({"type": "string", "format": "date"}, "2026-02-30", "a day that exists"),
        ({"type": "string", "format": "date-time"}, "tomorrow", "a day and a time"),
        ({"type": "string", "format": "email"}, "ana", "e-mail address"),
        ({"type": "string", "format": "uri"}, "example.com", "https://"),
        ({"type": "string"}, "a\0b", "cannot be stored"),
        ({"enum": ["a", "b"]}, "c", "choose one of these"),
        ({"type": "array", "items": {"enum": ["a"]}}, ["a", "z"], "choose one of these"),
        ({"type": "array", "uniqueItems": True, "items": {"enum": ["a"]}}, ["a", "a"], "twice"),
        ({"type": "array", "items": {"type": "string"}}, "[[[", "could not be read"),
        ({"type": ["object", "boolean"]}, "not JSON", "This must be"),
    ],
)
def test_what_is_wrong_is_said_beside_the_question_and_stays_typed(
    schema: Any, sent: Any, word: str
) -> None:
    form = read(one(schema), {"a": sent})

    assert word in errors(form)["a"][0]
    assert form["a"].value() == sent or "\0" in sent or isinstance(sent, list)


def test_numbers_are_read_and_shown_without_losing_a_digit() -> None:
    assert [read_number(text) for text in ("0.1", ".5", "+7", "1E2", "")] == [
        0.1,
        0.5,
        7,
        100,
        None,
    ]
    assert [show_number(number) for number in (1e22, 1e-7, 3, -0.25)] == [
        "10000000000000000000000", "0.0000001", "3", "-0.25",
    ]  # fmt: skip
    with pytest.raises(Inexact):
        read_number("0.1000000000000000001")


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e90, max_value=1e90))
def test_every_number_comes_back_as_it_was_shown(number: float) -> None:
    if number and abs(number) < 1e-90:
        return

    assert float(read_number(show_number(number)) or 0) == number


# --- Days, times, files --------------------------------------------------------------------------


def test_a_moment_is_meant_in_the_time_zone_in_force() -> None:
    schema = one({"type": "string", "format": "date-time"})

    with timezone.override(BERLIN):
        form = read(schema, {"a": "2026-07-01T14:10"})
        shown = form_for(schema, initial={"a": "2026-07-01T12:10:00Z"})

        assert form.value == {"a": "2026-07-01T14:10:00+02:00"}
        assert 'value="2026-07-01T14:10"' in str(shown)


def test_a_moment_that_nobody_changed_stays_to_the_letter() -> None:
    schema = one({"type": "string", "format": "date-time"})
    before = {"a": "2026-07-01T12:10:00Z"}

    with timezone.override(BERLIN):
        form = read(schema, {"a": "2026-07-01T14:10"}, initial=before)

    assert form.value == before


def test_a_time_of_day_gets_its_offset() -> None:
    with timezone.override(ZoneInfo("UTC")):
        form = read(one({"type": "string", "format": "time"}), {"a": "14:30"})

    assert form.value == {"a": "14:30:00+00:00"}


FILE = one({"type": "string", "format": "uuid", "x-widget": "file"})
KNOWN = "8f14e45f-ceea-467a-9575-2f3c1f0a1b2c"


FILES = one({"type": "array", "maxItems": 3, "items": FILE["properties"]["a"]})


def key_of(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


class AShelf:
    """Keeps whatever is no program, and knows what it was given before."""

    def __init__(self, **names: str) -> None:
        self.files = {key: ShownFile(key, name) for key, name in names.items()}
        self.dropped: set[str] = set()

    def keep(self, upload: Any, asked: FilesAsked) -> ShownFile:
        if upload.name.endswith(".exe"):
            raise DomainError(f"“{upload.name}” is not taken.")
        key = key_of(upload.name)
        self.files[key] = ShownFile(key, upload.name)
        return self.files[key]

    def find(self, keys: Iterable[str]) -> Mapping[str, ShownFile]:
        return {key: self.files[key] for key in keys if key in self.files}

    def drop(self, keys: Iterable[str]) -> None:
        self.dropped |= set(keys)

    def limits(self, asked: FilesAsked) -> str:
        return "Up to 10 MB."

    def most_bytes(self, asked: FilesAsked) -> int:
        return 10


def uploads(*names: str) -> MultiValueDict[str, Any]:
    return MultiValueDict({"a": [SimpleUploadedFile(name, b"%PDF") for name in names]})


def test_a_file_is_kept_as_soon_as_it_arrives_whatever_is_wrong_elsewhere() -> None:
    schema = {**FILES, "properties": {**FILES["properties"], "b": {"type": "integer"}}}
    shelf = AShelf()

    form = form_for(schema, data=posted({"b": "x"}), files=uploads("a.pdf", "b.pdf"), shelf=shelf)

    assert form.is_multipart()
    assert list(errors(form)) == ["b"]
    assert form.draft["a"] == [key_of("a.pdf"), key_of("b.pdf")]
    assert f'value="{key_of("a.pdf")}"' in str(form)
    assert "Up to 10 MB." in str(form)


def test_what_the_shelf_refuses_is_told_beside_the_question_and_the_rest_is_kept() -> None:
    form = form_for(FILES, data=posted({}), files=uploads("a.pdf", "b.exe"), shelf=AShelf())

    assert errors(form) == {"a": ["“b.exe” is not taken."]}
    assert form.draft == {"a": [key_of("a.pdf")]}


def test_only_a_file_that_the_shelf_finds_can_be_kept() -> None:
    kept = posted({"a.~kept": KNOWN})
    gone = posted({"a.~kept": KNOWN, "a.~remove": KNOWN})
    shelf = AShelf(**{KNOWN: "quote <1>.pdf"})

    known = form_for(FILE, data=kept, shelf=shelf)
    foreign = form_for(FILE, data=kept, shelf=AShelf())
    removed = form_for(FILE, data=gone, shelf=shelf)

    assert known.is_valid()
    assert known.value == {"a": KNOWN}
    assert errors(foreign)["a"] == ["A file is not there any more. Please choose it again."]
    assert removed.is_valid()
    assert removed.value == {}
    assert shelf.dropped == {KNOWN}
    assert "quote &lt;1&gt;.pdf" in html_of(FILE, initial={"a": KNOWN}, shelf=shelf)


def test_a_file_that_was_chosen_later_takes_the_place_of_one_and_joins_several() -> None:
    data = posted({"a.~kept": KNOWN})

    one_file = form_for(FILE, data=data, files=uploads("b.pdf"), shelf=AShelf(**{KNOWN: "a"}))
    several = form_for(FILES, data=data, files=uploads("b.pdf"), shelf=AShelf(**{KNOWN: "a"}))

    assert one_file.draft == {"a": key_of("b.pdf")}
    assert several.draft == {"a": [KNOWN, key_of("b.pdf")]}


def test_without_a_shelf_a_sample_stands_in_for_a_file() -> None:
    form = form_for(FILE, data=posted({}), files=uploads("a.pdf"))

    assert form.is_valid()
    again = form_for(FILE, data=posted({"a.~kept": form.value["a"]}))
    assert again.is_valid()
    assert "A sample file" in str(again)


# --- Groups and lists ----------------------------------------------------------------------------

CONTACT: dict[str, Any] = {
    "type": "object",
    "required": ["first_name"],
    "properties": {
        "first_name": {"type": "string", "minLength": 2},
        "vip": {"type": "boolean"},
        "address": {
            "type": "object",
            "required": ["city"],
            "properties": {"city": {"type": "string"}, "street": {"type": "string"}},
        },
    },
}


def test_a_group_is_asked_by_fields_of_its_own() -> None:
    form = read(one(CONTACT), {"a.first_name": "Ana", "a.address.city": "Lund", "a.vip": "on"})

    assert form.value == {"a": {"first_name": "Ana", "vip": True, "address": {"city": "Lund"}}}


def test_an_optional_group_left_empty_is_left_out_as_a_whole() -> None:
    assert read(one(CONTACT), {"a.first_name": "", "a.address.street": ""}).value == {}


def test_an_optional_group_begun_has_to_be_finished() -> None:
    form = read(one(CONTACT), {"a.address.street": "High Street"})

    assert set(errors(form)) == {"a.first_name", "a.address.city"}


def test_a_required_group_left_empty_is_named_with_its_questions() -> None:
    form = read(one(CONTACT, required=True))

    assert [problem.path for problem in form.problems] == ["/a/first_name", "/a"]
    assert set(errors(form)) == {"a.first_name"}
    assert "Please fill in this part." in str(form)


LINES = one(
    {
        "type": "array",
        "title": "Also",
        "items": {
            "type": "object",
            "required": ["item"],
            "properties": {
                "item": {"type": "string", "title": "Item", "minLength": 1},
                "many": {"type": "integer", "title": "How many"},
                "gift": {"type": "boolean"},
            },
        },
    }
)


def test_a_list_is_read_from_what_the_script_sends() -> None:
    sent = '[{"item": "Rail", "many": 2, "gift": null}, {"item": "", "many": null, "gift": null}]'

    assert read(LINES, {"a": sent}).value == {"a": [{"item": "Rail", "many": 2, "gift": False}]}


def test_a_list_is_read_from_rows_without_a_script() -> None:
    data = {
        "a": "[]",
        "a.~rows": "3",
        "a.0-item": "Rail",
        "a.0-many": "2",
        "a.1-item": "",
        "a.2-item": "Disc",
        "a.2-gift": "on",
    }

    assert read(LINES, data).value == {
        "a": [{"item": "Rail", "many": 2, "gift": False}, {"item": "Disc", "gift": True}]
    }


def test_a_list_of_plain_values_is_read_from_rows_too() -> None:
    schema = one({"type": "array", "items": {"type": "number"}})

    assert read(schema, {"a.~rows": "3", "a.0-entry": "1.5", "a.2-entry": "2"}).value == {
        "a": [1.5, 2]
    }
    assert "1.~rows" not in str(form_for(schema))


@pytest.mark.parametrize("rows", ["-1", "x", "9" * 40, "²"])
def test_the_number_of_rows_is_not_believed(rows: str) -> None:
    form = read(LINES, {"a.~rows": rows, "a.0-item": "Rail"})

    assert form.errors == {} or "a" in form.errors


def test_open_names_are_read_from_lines_without_a_script() -> None:
    schema = one({"type": "object", "additionalProperties": {"type": "string"}})

    form = read(schema, {"a.~lines": "colour: red\r\nsize: XL: wide\r\n\r\n"})

    assert form.value == {"a": {"colour": "red", "size": "XL: wide"}}


def test_errors_in_a_list_name_the_entry_and_stand_in_it() -> None:
    form = read(LINES, {"a": '[{"item": "Rail"}, {"item": "", "many": 2.5}]'})

    assert errors(form)["a"] == [
        "Entry 2, Item: Please fill this in.",
        "Entry 2, How many: This must be a whole number.",
    ]
    assert "1§many" in str(form).replace("\\u00a7", "§")


def test_what_a_page_cannot_show_is_asked_for_as_text() -> None:
    tuple_of_two = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]}

    form = read(one(tuple_of_two), {"a": '["x", 2]'})

    assert form.value == {"a": ["x", 2]}


def test_an_answer_of_another_structure_stays_in_the_list_field() -> None:
    page = html_of(LINES, initial={"a": {"not": "a list"}})

    assert "{&quot;not&quot;: &quot;a list&quot;}" in page


# --- Conditions ----------------------------------------------------------------------------------

BUY = {
    "type": "object",
    "required": ["amount", "reason"],
    "properties": {"amount": {"type": "number"}, "reason": {"type": "string", "minLength": 3}},
}
BUY_LAYOUT = {
    "type": "VerticalLayout",
    "elements": [
        {"type": "Control", "scope": "#/properties/amount", "options": {"prefix": "€"}},
        {
            "type": "Control",
            "scope": "#/properties/reason",
            "rule": {"effect": "SHOW", "condition": {"logic": {">": [{"var": "amount"}, 1000]}}},
        },
    ],
}


def test_a_hidden_question_is_neither_required_nor_kept() -> None:
    small = form_for(BUY, BUY_LAYOUT, data=posted({"amount": "5", "reason": "x"}))
    large = form_for(BUY, BUY_LAYOUT, data=posted({"amount": "5000", "reason": "x"}))

    assert small.is_valid()
    assert small.value == {"amount": 5}
    assert set(errors(large)) == {"reason"}


def test_rules_travel_to_the_browser_as_data() -> None:
    page = html_of(BUY, BUY_LAYOUT)

    assert "data-sf-rules" in page
    assert "&quot;SHOW&quot;" in page


def test_a_locked_question_keeps_its_answer_whatever_is_sent() -> None:
    layout = {
        "type": "VerticalLayout",
        "elements": [
            {
                "type": "Control",
                "scope": "#/properties/amount",
                "options": {"readonly": True},
            },
            {"type": "Control", "scope": "#/properties/reason"},
        ],
    }
    data = posted({"amount": "1", "reason": "because"})

    form = form_for(BUY, layout, data=data, initial={"amount": 700})

    assert form.is_valid()
    assert form.value == {"amount": 700, "reason": "because"}


def test_the_schemas_own_conditions_ask_and_check() -> None:
    schema = {
        "type": "object",
        "properties": {"country": {"enum": ["DE", "US"]}},
        "if": {"properties": {"country": {"const": "US"}}, "required": ["country"]},
        "then": {"properties": {"state": {"type": "string"}}, "required": ["state"]},
    }

    assert errors(read(schema, {"country": "US"})) == {"state": ["Please fill this in."]}
    assert read(schema, {"country": "US", "state": "NY"}).value == {"country": "US", "state": "NY"}
    assert read(schema, {"country": "DE", "state": "NY"}).value == {"country": "DE"}


def test_branches_are_asked_by_what_tells_them_apart() -> None:
    def way(name: str, extra: str) -> dict[str, Any]:
        properties = {"pay": {"const": name}, extra: {"type": "string"}}
        return {"properties": properties, "required": ["pay", extra]}

    schema = {"type": "object", "oneOf": [way("card", "number"), way("bank", "iban")]}

    assert read(schema, {"pay": "bank", "iban": "DE1", "number": "9"}).value == {
        "pay": "bank",
        "iban": "DE1",
    }
    assert errors(read(schema, {"pay": "bank"})) == {"iban": ["Please fill this in."]}


def test_a_switch_left_off_does_not_trigger_what_its_presence_asks_for() -> None:
    schema = {
        "type": "object",
        "properties": {"invoice": {"type": "boolean"}, "address": {"type": "string"}},
        "dependentRequired": {"invoice": ["address"]},
    }

    assert read(schema).value == {}
    assert errors(read(schema, {"invoice": "on"})) == {"address": ["Please fill this in."]}


# --- Drafts and defaults -------------------------------------------------------------------------


def test_defaults_are_filled_in_until_somebody_has_answered() -> None:
    schema = one({"type": "string", "default": "as usual"})

    assert "as usual" in html_of(schema)
    assert "as usual" in html_of(schema, initial={})
    assert "as usual" not in html_of(schema, initial={"a": ""})


def test_a_default_of_the_whole_fills_its_parts() -> None:
    schema = {**one({"type": "string"}), "default": {"a": "from above"}}

    assert "from above" in html_of(schema)


def test_a_draft_keeps_everything_typed_and_comes_back() -> None:
    schema = {
        "type": "object",
        "required": ["amount"],
        "properties": {
            "amount": {"type": "number"},
            "text": {"type": "string", "default": "template"},
            "day": {"type": "string", "format": "date"},
        },
    }

    form = form_for(schema, data=posted({"amount": "ten", "text": "", "day": "soon"}))
    again = html_of(schema, initial=form.draft)

    assert form.draft == {"amount": "ten", "text": "", "day": "soon"}
    assert 'value="ten"' in again
    assert 'value="soon"' in again
    assert "template" not in again


def test_a_draft_can_always_be_stored() -> None:
    form = form_for(one({"type": "string"}), data=posted({"a": "a\0b"}))

    assert form.draft == {}


@pytest.mark.parametrize("initial", [5, "x", [], {"a": [1]}, {"a": {"b": 1}}, {"a": None}])
def test_any_answer_so_far_can_be_shown(initial: Any) -> None:
    for schema in ({"type": "string"}, {"type": "number"}, CONTACT, {"enum": ["a"]}, {}):
        assert html_of(one(schema), initial=initial)


# --- The page ------------------------------------------------------------------------------------


def test_labels_help_errors_and_requiredness_belong_to_the_field() -> None:
    schema = one(
        {"type": "string", "title": "How many?", "description": "A number", "minLength": 1},
        required=True,
    )

    page = str(read(schema))

    assert '<label class="tf-label" for="id_a">How many?<span class="tf-star"' in page
    assert 'aria-describedby="id_a_helptext id_a_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'id="id_a_error"' in page
    assert "(required)" in page


@pytest.mark.parametrize(
    ("schema", "mark"),
    [
        ({"type": "string"}, 'type="text"'),
        ({"type": "string", "format": "date"}, 'type="date"'),
        ({"type": "string", "format": "date-time"}, 'type="datetime-local"'),
        ({"type": "string", "format": "email"}, 'type="email"'),
        ({"type": "string", "format": "uri"}, 'type="url"'),
        ({"type": "string", "maxLength": 4000}, "<textarea"),
        ({"type": "string", "x-widget": "textarea"}, "<textarea"),
        ({"type": "number", "multipleOf": 0.01}, 'step="0.01"'),
        ({"type": "integer"}, 'step="1"'),
        ({"type": "boolean"}, "sf-switch"),
        ({"enum": ["a", "b", "c", "d"]}, 'type="radio"'),
        ({"enum": ["a", "b", "c", "d", "e"]}, "<select"),
        ({"type": "array", "items": {"enum": ["a"]}}, 'type="checkbox"'),
        ({"type": "array", "items": {"type": "string"}}, "data-django-jsonform="),
        ({"type": "string", "examples": ["AB-12"]}, 'placeholder="AB-12"'),
    ],
)
def test_each_question_has_its_control(schema: Any, mark: str) -> None:
    assert mark in html_of(one(schema))


def test_a_required_yes_or_no_has_to_be_given() -> None:
    page = html_of(one({"type": "boolean"}, required=True))

    assert page.count('type="radio"') == 2
    assert read(one({"type": "boolean"}, required=True), {"a": "false"}).value == {"a": False}
    assert read(one({"type": "boolean"}, required=True), {"a": "on"}).value == {"a": True}


def test_a_value_that_a_date_field_would_hide_is_shown_as_text() -> None:
    page = str(read(one({"type": "string", "format": "date"}), {"a": "next week"}))

    assert 'type="text" name="a" value="next week"' in page


def test_texts_of_definitions_and_answers_never_become_html() -> None:
    evil = "<img src=x onerror=alert(1)>\"'"
    schema = {
        "type": "object",
        "properties": {
            evil: {"type": "string", "title": evil, "description": evil, "examples": [evil]},
            "choice": {"enum": [evil, "b"], "title": evil},
            "list": {"type": "array", "items": {"type": "string", "title": evil}},
        },
    }
    layout = {
        "type": "Categorization",
        "elements": [
            {
                "type": "Category",
                "label": evil,
                "elements": [
                    {"type": "Label", "text": evil},
                    {"type": "Group", "label": evil, "elements": []},
                    {
                        "type": "Control",
                        "scope": f"#/properties/{evil}",
                        "options": {"prefix": evil},
                    },
                    {"type": "Control", "scope": "#/properties/choice"},
                    {"type": "Control", "scope": "#/properties/list"},
                ],
            }
        ],
    }

    page = html_of(schema, layout, initial={evil: evil, "choice": evil, "list": [evil]})

    assert "<img" not in page


def test_help_texts_know_a_little_markdown_and_no_script() -> None:
    shown = help_html(
        "See [the **rules**](https://a.example/x?y=1&z=2), http://b.example/. **Now** `x`\n"
        "[bad](javascript:alert(1)) <b>"
    )

    assert 'href="https://a.example/x?y=1&amp;z=2"' in shown
    assert ">http://b.example/</a>. <strong>Now</strong> <code>x</code><br>" in shown
    assert "javascript:" in shown
    assert 'href="javascript' not in shown
    assert "&lt;b&gt;" in shown


def test_tabs_carry_the_number_of_their_errors() -> None:
    schema = {
        "type": "object",
        "required": ["a", "b"],
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
    }
    layout = {
        "type": "Categorization",
        "elements": [
            {
                "type": "Category",
                "label": name.upper(),
                "elements": [{"type": "Control", "scope": f"#/properties/{name}"}],
            }
            for name in "ab"
        ],
    }

    form = form_for(schema, layout, data=posted({"a": "x"}))
    form.is_valid()

    assert [(section.label, section.wrong) for section in form.sections] == [("A", 0), ("B", 1)]


# --- Names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (("amount",), "amount"),
        (("first-name", "x"), "first-name.x"),
        (("a.b",), "a~2e~b"),
        (("a b",), "a~20~b"),
        (("",), "~"),
        (("_rev",), "~5f~rev"),
        (("csrfmiddlewaretoken",), "~63~srfmiddlewaretoken"),
        ((), "answer"),
    ],
)
def test_questions_are_called_by_their_property(place: tuple[str, ...], name: str) -> None:
    assert name_of(place) == name


@given(st.lists(st.lists(st.text(), min_size=1, max_size=3), min_size=2, max_size=2))
def test_no_two_questions_have_the_same_name(places: list[list[str]]) -> None:
    one_place, other = map(tuple, places)

    assert (name_of(one_place) == name_of(other)) is (one_place == other)
    assert not name_of(one_place).startswith("_")


def test_odd_names_are_asked_and_answered() -> None:
    names = ["", "a b", "a.b", "é😀", "_x", "a/b~c", "csrfmiddlewaretoken", "§", "data", "errors"]
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    value = {name: f"value of {name}" for name in names}

    form = form_for(schema, data=posted(as_post_data(form_for(schema), value)))

    assert form.is_valid()
    assert form.value == value


def test_a_prefix_keeps_two_forms_apart() -> None:
    schema = one({"type": "string"})
    data = posted({"x-a": "mine", "a": "theirs"})

    assert read(schema, {}).value == {}
    form = form_for(schema, data=data, prefix="x")
    assert form.is_valid()
    assert form.value == {"a": "mine"}


# --- What it refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "strng"},
        {"$ref": "http://169.254.169.254/"},
        {"properties": {f"p{n}": {} for n in range(5000)}},
        None,
        "x",
    ],
)
def test_a_schema_that_cannot_be_used_makes_a_form_that_says_so(schema: Any) -> None:
    form = form_for(schema, data=posted({"a": "1"}))

    assert not form.is_valid()
    assert form.refusal.startswith("This form cannot be shown.")
    assert form.refusal.split(". ")[1] in str(form)
    assert form.draft == {}


def test_a_form_without_questions_is_valid_at_once() -> None:
    for schema in ({}, True, {"type": "object"}, {"type": "object", "properties": {}}):
        form = form_for(schema, data=posted({}))

        assert form.is_valid()
        assert form.value == {}


def test_the_value_of_a_form_that_is_not_valid_does_not_exist() -> None:
    with pytest.raises(ValueError, match="not valid"):
        _ = read(one({"type": "string"}, required=True)).value


def test_problems_found_elsewhere_can_be_shown_at_their_place() -> None:
    form = read(one(CONTACT), {"a.first_name": "Ana", "a.address.city": "Lund"})

    form.show_problems(problems(one(CONTACT), {"a": {"first_name": "A"}}))

    assert set(errors(form)) == {"a.first_name"}


def test_form_data_cannot_say_everything() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "number"}}}
    form = form_for(schema)

    values: list[Any] = [{"a": 5}, {"b": "x", "c": 1}, {"c": 1}, [], {"a": None}]
    for value in values:
        with pytest.raises(CannotBePosted):
            as_post_data(form, value)


def test_rules_see_the_time_they_are_given() -> None:
    layout = {
        "type": "VerticalLayout",
        "elements": [
            {
                "type": "Control",
                "scope": "#/properties/a",
                "rule": {
                    "effect": "SHOW",
                    "condition": {"logic": {">": [{"today": []}, {"date": "2026-01-01"}]}},
                },
            }
        ],
    }
    schema, data = one({"type": "string"}), posted({"a": "x"})

    before = form_for(schema, layout, data=data, now=datetime(2025, 1, 1, tzinfo=UTC))
    after = form_for(schema, layout, data=data, now=datetime(2027, 1, 1, tzinfo=UTC))

    assert (before.is_valid(), before.value) == (True, {})
    assert (after.is_valid(), after.value) == (True, {"a": "x"})
