"""Answers for reading: in the order of the form, in words, and never as HTML of their own."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from admin_site.schema_forms import ShownFile, Told, answers

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "item": {"type": "string", "title": "Item"},
        "price": {"type": "number", "title": "Price"},
        "needed": {"type": "string", "format": "date", "title": "Needed by"},
        "meeting": {"type": "string", "format": "date-time", "title": "Meeting"},
        "quote": {"type": "boolean", "title": "I have a quote"},
        "centre": {"oneOf": [{"const": 4100, "title": "Workshop"}], "title": "Cost centre"},
        "site": {"type": "string", "format": "uri", "title": "Website"},
        "file": {"type": "string", "x-widget": "file", "title": "Offer"},
        "tags": {"type": "array", "items": {"type": "string"}, "title": "Tags"},
        "lines": {
            "type": "array",
            "title": "Lines",
            "items": {"type": "object", "properties": {"what": {"title": "What"}, "many": {}}},
        },
        "who": {
            "type": "object",
            "title": "Who",
            "properties": {"first_name": {"type": "string"}, "mail": {"format": "email"}},
        },
    },
}


def told(value: dict[str, Any], **given: Any) -> Told:
    [only] = answers(SCHEMA, value, **given)
    return only


@pytest.mark.parametrize(
    ("value", "label", "text", "kind"),
    [
        ({"item": "Saw"}, "Item", "Saw", "text"),
        ({"item": "a\nb"}, "Item", "a\nb", "long"),
        ({"price": 649.1}, "Price", "649.1", "number"),
        ({"price": 3.0}, "Price", "3", "number"),
        ({"needed": "2026-11-30"}, "Needed by", "Mon 30 November 2026", "date"),
        ({"needed": "soon"}, "Needed by", "soon", "text"),
        ({"quote": True}, "I have a quote", "Yes", "yes"),
        ({"quote": False}, "I have a quote", "No", "no"),
        ({"centre": 4100}, "Cost centre", "Workshop", "choice"),
        ({"centre": 9}, "Cost centre", "9", "number"),
        ({"site": "https://example.com"}, "Website", "https://example.com", "link"),
        ({"tags": ["a", "b"]}, "Tags", "a, b", "list"),
        ({"not_asked": 1}, "Not asked", "1", "number"),
        ({"price": "wrong type"}, "Price", "wrong type", "text"),
        ({"item": {"odd": 1}}, "Item", "", "group"),
    ],
)
def test_an_answer_is_told_in_words(value: Any, label: str, text: str, kind: str) -> None:
    one = told(value)

    assert (one.label, one.text, one.kind) == (label, text, kind)


def test_a_moment_is_told_in_the_time_zone_in_force() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert told({"meeting": "2026-07-01T12:10:00Z"}).text == "Wed 1 July 2026, 14:10"


def test_lists_and_groups_have_their_answers_inside() -> None:
    lines = told({"lines": [{"what": "Rail", "many": 2}, {"what": "Disc"}]})
    who = told({"who": {"mail": "ana@example.com", "first_name": "Ana"}})

    assert [[(t.label, t.text) for t in entry.inside] for entry in lines.inside] == [
        [("What", "Rail"), ("Many", "2")],
        [("What", "Disc")],
    ]
    assert [(t.label, t.text) for t in who.inside] == [
        ("First name", "Ana"),
        ("Mail", "ana@example.com"),
    ]


def test_the_order_is_that_of_the_form_and_nothing_is_left_out() -> None:
    value = {"extra": 1, "who": {"first_name": "Ana"}, "price": 1, "item": "Saw", "tags": []}
    layout = {
        "type": "VerticalLayout",
        "elements": [
            {"type": "Control", "scope": "#/properties/who/properties/first_name"},
            {"type": "Control", "scope": "#/properties/price", "label": "Costs"},
        ],
    }

    assert [one.label for one in answers(SCHEMA, value)] == ["Item", "Price", "Who", "Extra"]
    assert [one.label for one in answers(SCHEMA, value, layout)] == [
        "Who",
        "Costs",
        "Item",
        "Extra",
    ]


def test_money_is_told_as_money() -> None:
    layout = {
        "type": "VerticalLayout",
        "elements": [
            {
                "type": "Control",
                "scope": "#/properties/price",
                "options": {"widget": "money", "prefix": "€"},
            }
        ],
    }

    assert told({"price": 3420}, layout=layout).text == "€ 3,420.00"


def test_a_file_is_told_by_its_name() -> None:
    offer = ShownFile("id-1", "offer.pdf", "12 KB", "picture_as_pdf", "/portal/files/id-1/")

    one = told({"file": "id-1"}, files=lambda keys: dict.fromkeys(keys, offer))

    assert (one.text, one.file) == ("offer.pdf", offer)
    page = render_to_string("schema_forms/answers.html", {"told": [one]})
    assert '<a class="tf-link" href="/portal/files/id-1/">offer.pdf</a>' in page
    assert "12 KB" in page


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", " https://a", "https://a b", "//a"]
)
def test_only_web_addresses_become_links(address: str) -> None:
    page = render_to_string(
        "schema_forms/answers.html", {"told": answers(SCHEMA, {"site": address})}
    )

    assert "href" not in page


def test_answers_never_become_html() -> None:
    evil = '<script>alert(1)</script>"'
    value = {
        "item": evil,
        "site": f"https://a/{evil}",
        "tags": [evil],
        "lines": [{"what": evil}],
        "who": {evil: evil, "mail": evil},
        evil: evil,
    }

    page = render_to_string("schema_forms/answers.html", {"told": answers(SCHEMA, value)})

    assert "<script" not in page
    assert "https://a/&lt;" in page


@pytest.mark.parametrize("value", [None, 5, "x", [], [1, {"a": 2}], True])
@pytest.mark.parametrize("schema", [SCHEMA, {}, True, {"type": "x"}, None])
def test_any_value_can_be_told_with_any_schema(schema: Any, value: Any) -> None:
    for whole in (value, {"item": value}):
        page = render_to_string("schema_forms/answers.html", {"told": answers(schema, whole)})

        assert "None" not in page
        assert "{" not in page.replace("{&quot;", "")


def test_long_lists_are_cut_with_a_word() -> None:
    assert "and 50 more" in told({"tags": ["x"] * 250}).text
