"""Strings that break other programs, through every kind of text field."""

import json
from pathlib import Path

import pytest
from django.http import QueryDict

from admin_site.schema_forms import answers, form_for
from definitions.schemas import problems

SCHEMA = {
    "type": "object",
    "properties": {
        "line": {"type": "string", "title": "Line"},
        "long": {"type": "string", "x-widget": "textarea"},
        "list": {"type": "array", "items": {"type": "string"}},
        "map": {"type": "object"},
        "odd": {"type": ["object", "string"]},
        "number": {"type": "number"},
        "day": {"type": "string", "format": "date"},
        "choice": {"enum": ["a", "b"]},
        "several": {"type": "array", "items": {"enum": ["a", "b"]}},
        "yes": {"type": "boolean"},
    },
}


@pytest.fixture(scope="module")
def strings(real_inputs: Path) -> list[str]:
    found: list[str] = json.loads((real_inputs / "nasty" / "blns.json").read_text())
    return [*found, "\0", "a\0b", "\ud800", "\u2028", "x" * 70_000, "\r", " ", "\x7f\x1b[31m"]


def test_each_is_kept_as_it_is_or_refused_with_words(strings: list[str]) -> None:
    for text in strings:
        data = QueryDict(mutable=True)
        data.update({"line": text, "long": text, "list": json.dumps([text]), "odd": text})
        form = form_for(SCHEMA, data=data)

        if form.is_valid():
            expected = text.replace("\r\n", "\n").replace("\r", "\n")
            assert form.value.get("line", "") == expected
            assert form.value.get("long", "") == expected
            assert problems(SCHEMA, form.value) == []
        else:
            assert all(str(message) for found in form.errors.values() for message in found)


def test_each_is_harmless_in_every_field(strings: list[str]) -> None:
    for text in strings:
        data = QueryDict(mutable=True)
        for name in (*SCHEMA["properties"], "list.~rows", "map.~lines", "a.~kept"):
            data.setlist(name, [text, text])
        form = form_for(SCHEMA, data=data)

        valid = form.is_valid()
        pages = [str(form), str(form_for(SCHEMA, initial=form.draft))]
        told = answers(SCHEMA, {"line": text, "list": [text], "map": {text: text}, text: text})

        assert valid or form.errors
        assert told or not text
        # Markup in a text never becomes markup of the page.
        assert not any("<script>" in page or text in page for page in pages if "<script" in text)


def test_each_can_be_a_name_a_title_and_a_choice(strings: list[str]) -> None:
    for text in strings:
        schema = {
            "type": "object",
            "properties": {
                text: {"type": "string", "title": text, "description": text, "examples": [text]},
                "choice": {"enum": [text, "b"]},
            },
        }
        form = form_for(schema, data=QueryDict())

        assert form.refusal or form.is_valid()
        page = str(form)
        assert "<script>alert" not in page
