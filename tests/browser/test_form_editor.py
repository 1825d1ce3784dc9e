"""A form built in the browser, by the mouse and by the keyboard, and real forms filled in there."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator
from playwright.sync_api import expect as expects

from admin_site.schema_forms import as_post_data, form_for
from tests.browser.arranged import a_company
from tests.browser.served import Served
from tests.browser.visitor import DESK, PHONE, Visitor
from tests.builders import PASSWORD, a_document

pytestmark = pytest.mark.browser
Opens = Callable[..., Visitor]


def the_form(opens: Opens, site: Served, name: str, **how: Any) -> Visitor:
    """Flo in front of the form of a step that asks one thing."""
    host = a_company(site, name, a_document("ask > check"))
    flo = opens(**how)
    flo.signs_in(f"flo@{host}", PASSWORD)
    flo.goes_to("/design/workflows/")
    flo.page.locator("tbody a").first.click()
    flo.page.get_by_role("link", name="Edit Ask", exact=True).click()
    flo.follows("The form")
    flo.sees("Form of Ask")
    return flo


def question(flo: Visitor, name: str) -> Locator:
    return flo.page.get_by_role("group", name=name, exact=True)


def preview(flo: Visitor) -> Locator:
    return flo.page.locator("#fe-preview")


def line_of(flo: Visitor, title: str) -> Locator:
    chosen = flo.page.locator(f'option:checked:text-is("{title}")')
    return flo.page.locator(".fe-line").filter(has=chosen).first


@pytest.mark.parametrize(
    ("width", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"]
)
def test_a_form_is_built_by_clicking_and_its_rule_works_beside_it(
    opens: Opens, site: Served, width, scheme
):
    flo = the_form(opens, site, f"Alder-{width}", width=width, scheme=scheme)
    flo.page.get_by_role("button", name="Add a question", exact=True).click()
    new = question(flo, "new question")
    new.get_by_label("Question", exact=True).fill("Which size?")
    sized = question(flo, "Which size?")
    sized.get_by_label("Kind of answer").select_option(label="One choice")
    sized.get_by_label("Choices").fill("s = Small\nxl = Huge")
    sized.get_by_label("Required").check()
    expects(preview(flo).get_by_text("Huge")).to_be_visible()
    flo.page.get_by_role("button", name="Add a question", exact=True).click()
    question(flo, "new question").get_by_label("Question", exact=True).fill("Why so big?")
    question(flo, "Why so big?").get_by_label("Kind of answer").select_option(label="Long text")
    question(flo, "Why so big?").get_by_label("Move up: Why so big?").click()
    expects(preview(flo).get_by_label("Why so big?")).to_be_visible()
    flo.looks_right()
    assert flo.what_is_hard_to_use() == []
    flo.presses("Save")
    flo.sees("Saved.")

    flo.follows("Arrangement")
    flo.page.get_by_role("button", name="Move Why so big? down").click()
    expects(flo.page.locator(".fe-line").last).to_contain_text("Why so big?")
    line_of(flo, "Why so big?").locator("summary").click()
    line_of(flo, "Why so big?").get_by_label("When it is asked").select_option("Ask only when")
    line_of(flo, "Why so big?").get_by_label("The answer to").select_option("Which size?")
    line_of(flo, "Why so big?").get_by_label("Compared").select_option("is")
    line_of(flo, "Why so big?").get_by_label("With").fill("Huge")
    expects(preview(flo).get_by_label("Why so big?")).to_be_hidden()
    preview(flo).get_by_label("Huge").check()
    expects(preview(flo).get_by_label("Why so big?")).to_be_visible()
    preview(flo).get_by_label("Why so big?").fill("It has to hold a horse")
    preview(flo).get_by_role("tab", name="Read").click()
    expects(preview(flo).get_by_text("It has to hold a horse").last).to_be_visible()
    assert flo.what_is_hard_to_use() == []
    flo.presses("Save")
    flo.sees("Saved.")
    expects(line_of(flo, "Why so big?").get_by_label("With")).to_have_value("Huge")


def test_a_form_is_built_by_the_keyboard_alone(opens: Opens, site: Served):
    flo = the_form(opens, site, "Aspen", width=DESK)
    keys = flo.page.keyboard

    flo.tabs_to(flo.page.get_by_role("button", name="Add a question", exact=True))
    keys.press("Enter")
    expects(question(flo, "new question").get_by_label("Question", exact=True)).to_be_focused()
    flo.types("How many?", then="Tab")
    flo.types("Whole", then="Tab")
    expects(question(flo, "How many?").get_by_label("Help below the question")).to_be_focused()
    flo.tabs_to(question(flo, "How many?").get_by_label("More settings"))
    keys.press("Space")
    flo.tabs_to(question(flo, "How many?").get_by_label("At least"))
    flo.types("1")
    flo.tabs_to(flo.page.get_by_role("button", name="Save", exact=True))
    keys.press("Enter")
    flo.sees("Saved.")

    flo.follows("Arrangement")
    flo.tabs_to(flo.page.get_by_role("button", name="Text", exact=True))
    keys.press("Enter")
    expects(flo.page.get_by_placeholder("A text between the questions")).to_be_focused()
    flo.types("Count twice.")
    up = flo.page.get_by_role("button", name=re.compile("^Move Text.* up$"))
    up.focus()
    keys.press("Enter")
    expects(flo.page.locator(".fe-line").nth(1)).to_contain_text("Count twice.")
    expects(flo.page.locator("[value='up:1']")).to_be_focused()
    keys.press("Enter")
    expects(flo.page.locator(".fe-line").first).to_contain_text("Count twice.")
    expects(preview(flo).get_by_text("Count twice.")).to_be_visible()
    flo.tabs_to(flo.page.get_by_role("button", name="Save", exact=True))
    keys.press("Enter")
    flo.sees("Saved.")


def test_a_form_as_text_shows_the_line_that_is_wrong(opens: Opens, site: Served):
    flo = the_form(opens, site, "Maple", width=DESK)
    flo.presses("As text")
    text = flo.page.get_by_label("The form as a JSON Schema")
    expects(text).to_be_visible()
    written = text.input_value()
    text.fill(written.replace("type: boolean", "type: bolean"))
    flo.presses("Save")
    flo.sees("One thing has to be solved first.", "is not a type")
    flo.page.locator(".ds-excerpt").first.click()
    expects(text).to_be_focused()
    text.fill(written.replace("All right?", "Is it all right?"))
    flo.presses("Builder")
    expects(question(flo, "Is it all right?")).to_be_visible()
    flo.presses("Save")
    flo.sees("Saved.")


def test_real_forms_are_filled_in_and_sent(opens: Opens, site: Served, real_inputs: Path):
    folder = real_inputs / "json_schema_forms"
    cases = json.loads((folder / "cases.json").read_text())
    names = ["cd511.schema.json", "epa_key_contacts.schema.json", "sf424b.schema.json"]
    document = a_document("check")
    kind = document["tickets"][0]
    document["tickets"] = [
        {**kind, "key": f"real-{number}", "form_schema": json.loads((folder / name).read_text())}
        for number, name in enumerate(names)
    ]
    host = a_company(site, "Spruce", document)
    ann = opens(width=DESK)
    ann.signs_in(f"ann@{host}", PASSWORD)
    sent: set[str] = set()

    for number, name in enumerate(names):
        schema = document["tickets"][number]["form_schema"]
        for value in cases[name]["valid"]:
            ann.goes_to(f"/portal/new/real-{number}/")
            fills_in(ann, as_post_data(form_for(schema), value))
            ann.presses("Send request")
            ann.sees("is sent.")
            sent.add(ann.page.url)
        wrong = next(case for case in cases[name]["invalid"] if case["why"] == "too long")
        ann.goes_to(f"/portal/new/real-{number}/")
        fills_in(ann, as_post_data(form_for(schema), wrong["data"]))
        ann.presses("Send request")
        ann.sees("Nothing is lost.", "At most")
        assert ann.page.url.endswith(f"/portal/new/real-{number}/")

    # Each that is right has a page of its own.
    assert len(sent) == sum(len(cases[name]["valid"]) for name in names)


def fills_in(ann: Visitor, answers: dict[str, list[str]]) -> None:
    """Control by control, as a person does."""
    for name, texts in answers.items():
        control = ann.page.locator(f'[name="{name}"]')
        for text in texts:
            kind = control.first.evaluate("one => one.type || one.tagName")
            if kind in ("radio", "checkbox"):
                ann.page.locator(f'[name="{name}"][value="{text}"]').check()
            elif kind.startswith("select"):
                control.select_option(text)
            else:
                control.fill(text)
