"""What scripts add to a form, in a real Chromium; and that nothing is missing without them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.http import QueryDict
from playwright.sync_api import Browser, Page

from admin_site.schema_forms import SchemaForm, form_for

pytestmark = pytest.mark.browser

ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["item"],
    "properties": {
        "item": {"type": "string", "title": "Item"},
        "urgent": {"type": "boolean", "title": "Urgent"},
        "why": {"type": "string", "title": "Why so urgent", "minLength": 1},
        "price": {"type": "number", "title": "Price"},
        "boss": {"enum": [1, 2], "title": "Boss"},
        "note": {"type": "string", "title": "Note for the boss"},
        "lines": {
            "type": "array",
            "title": "Also",
            "items": {
                "type": "object",
                "required": ["what"],
                "properties": {"what": {"type": "string", "title": "What"}},
            },
        },
    },
}


def control(name: str, condition: Any = None) -> dict[str, Any]:
    rule = {"rule": {"effect": "SHOW", "condition": condition}} if condition else {}
    return {"type": "Control", "scope": f"#/properties/{name}", **rule}


LARGE = {"scope": "#/properties/price", "schema": {"minimum": 1000, "type": "number"}}
LAYOUT = {
    "type": "Categorization",
    "elements": [
        {
            "type": "Category",
            "label": "Order",
            "elements": [
                control("item"),
                control("urgent"),
                control("why", {"logic": {"==": [{"var": "urgent"}, True]}}),
                control("lines"),
            ],
        },
        {
            "type": "Category",
            "label": "Money",
            "elements": [
                control("price"),
                control("boss", LARGE),
                control("note", {"scope": "#/properties/boss", "schema": {"const": 2}}),
            ],
        },
    ],
}  # fmt: skip


def static(name: str) -> str:
    path = finders.find(name)
    assert isinstance(path, str)
    return Path(path).read_text()


def page_of(form: SchemaForm) -> str:
    """The form as a page of its own: styles and scripts stand in it, nothing is fetched."""
    styles = "".join(
        f"<style>{static(name)}</style>"
        for name in (
            "django_jsonform/style.css",
            "admin_site/ticketflower.css",
            "admin_site/forms.css",
        )
    )
    paths = re.findall(r'src="/static/([^"?]+)', str(form.media))
    scripts = "".join(f"<script>{static(path)}</script>" for path in paths)
    return f"<!doctype html><title>Form</title>{styles}<form>{form}</form>{scripts}"


def opened(browser: Browser, form: SchemaForm, **given: Any) -> tuple[Page, list[str]]:
    page = browser.new_page(**given)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.set_content(page_of(form))
    return page, errors


def what_is_sent(page: Page) -> dict[str, list[str]]:
    sent: dict[str, list[str]] = page.evaluate(
        """() => {
            const sent = {};
            const data = new FormData(document.forms[0]);
            for (const [name, value] of data) (sent[name] ||= []).push(value);
            return sent;
        }"""
    )
    return sent


def test_questions_come_and_go_with_the_answers_they_depend_on(browser: Browser) -> None:
    page, errors = opened(browser, form_for(ORDER, LAYOUT))

    assert not page.get_by_label("Why so urgent").is_visible()
    page.get_by_label("Urgent", exact=True).check()
    assert page.get_by_label("Why so urgent").is_visible()

    page.get_by_role("tab", name="Money").click()
    assert not page.get_by_text("Boss", exact=True).is_visible()
    page.get_by_label("Price").fill("1500")
    page.get_by_label("2", exact=True).check()
    assert page.get_by_label("Note for the boss").is_visible()
    page.get_by_label("Price").fill("15")
    assert not page.get_by_label("Note for the boss").is_visible()
    assert errors == []


def test_tabs_are_worked_by_keyboard(browser: Browser) -> None:
    page, _ = opened(browser, form_for(ORDER, LAYOUT))

    page.get_by_role("tab", name="Order").focus()
    page.keyboard.press("ArrowRight")

    assert page.get_by_role("tab", name="Money").get_attribute("aria-selected") == "true"
    assert page.get_by_label("Price").is_visible()
    assert not page.get_by_label("Item").is_visible()


def test_entries_of_a_list_are_added_with_labels_that_belong_to_them(browser: Browser) -> None:
    page, errors = opened(browser, form_for(ORDER, LAYOUT))

    page.get_by_role("button", name="Add item").click()
    page.get_by_label("What").fill("Guide rail")
    page.get_by_label("Item").fill("Saw")

    sent = what_is_sent(page)
    form = form_for(ORDER, LAYOUT, data=_query(sent))
    assert json.loads(sent["lines"][0]) == [{"what": "Guide rail"}]
    assert form.is_valid(), form.problems
    assert form.value == {"item": "Saw", "urgent": False, "lines": [{"what": "Guide rail"}]}
    assert errors == []


def test_without_scripts_everything_can_be_filled_in(browser: Browser) -> None:
    page, _ = opened(browser, form_for(ORDER, LAYOUT), java_script_enabled=False)

    page.get_by_label("Item").fill("Saw")
    page.get_by_label("Price").fill("15")
    page.get_by_label("What").first.fill("Guide rail")

    assert page.get_by_label("Why so urgent").is_visible()
    assert page.locator("[name='lines.~rows']").get_attribute("value") == "3"
    assert page.get_by_text("Money").first.is_visible()


@pytest.mark.parametrize("width", [360, 390, 768, 1400])
def test_no_form_is_wider_than_its_page(browser: Browser, width: int) -> None:
    form = form_for(ORDER, initial={"lines": [{"what": "x" * 80}], "item": "y" * 200})
    page, _ = opened(browser, form, viewport={"width": width, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def _query(sent: dict[str, list[str]]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, values in sent.items():
        data.setlist(name, values)
    return data
