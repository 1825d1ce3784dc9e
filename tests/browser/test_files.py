"""Files in a browser: chosen by mouse and by keyboard, kept when something else is wrong, read by
those who may.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator
from playwright.sync_api import expect as expects

from tests.browser.arranged import a_company
from tests.browser.served import Served
from tests.browser.visitor import DESK, PHONE, Visitor
from tests.builders import PASSWORD, a_document

pytestmark = pytest.mark.browser
Opens = Callable[..., Visitor]

FILE = {"type": "string", "format": "uuid", "x-widget": "file"}
FORM = {
    "type": "object",
    "required": ["item", "offer"],
    "properties": {
        "item": {"type": "string", "minLength": 1, "title": "Item"},
        "offer": {**FILE, "title": "Offer", "x-accept": ".pdf"},
        "photos": {"type": "array", "title": "Photos", "maxItems": 3, "items": FILE},
        "why": {"type": "string", "title": "Why no offer is enough", "minLength": 1},
    },
}
LAYOUT = {
    "type": "VerticalLayout",
    "elements": [
        {"type": "Control", "scope": "#/properties/item"},
        {"type": "Control", "scope": "#/properties/offer"},
        {"type": "Control", "scope": "#/properties/photos"},
        {
            "type": "Control",
            "scope": "#/properties/why",
            "rule": {"effect": "HIDE", "condition": {"logic": {"exists": "photos"}}},
        },
    ],
}
CHECK = {
    "type": "object",
    "required": ["ok"],
    "properties": {
        "ok": {"type": "boolean", "title": "All right?"},
        "answer": {**FILE, "title": "Our answer", "x-requester-sees": True},
    },
}


@pytest.fixture
def papers(tmp_path: Path) -> dict[str, Path]:
    contents = {
        "offer.pdf": b"%PDF-1.7 an offer",
        "saw.png": b"\x89PNG\r\n\x1a\n a saw",
        "answer.pdf": b"%PDF-1.7 yes",
        "tool.exe": b"MZ",
        "film.pdf": b"%PDF-1.7" + b"x" * 11 * 1024 * 1024,
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in contents}


def question(visitor: Visitor, label: str) -> Locator:
    """By its label alone: buttons beside it name the file as well."""
    return visitor.page.get_by_label(re.compile(rf"^{re.escape(label)}\W*(required\))?\s*$"))


def with_files() -> dict[str, object]:
    check = {"output_schema": CHECK, "title": "Check", "assign": {"company_role": "managers"}}
    document = a_document("check > pay", check=check)
    document["tickets"][0] |= {"title": "Buy", "form_schema": FORM, "edit_layout": LAYOUT}
    return document


@pytest.mark.parametrize(
    ("width", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"]
)
def test_a_file_goes_from_hand_to_hand(
    opens: Opens, site: Served, papers: dict[str, Path], width, scheme
):
    host = a_company(site, f"Poplar-{width}", with_files())
    ann, will = opens(width=width, scheme=scheme), opens(width=width, scheme=scheme)
    ann.signs_in(f"ann@{host}", PASSWORD)
    ann.follows("Buy")

    # By mouse: the browser's own window for files opens on a click.
    with ann.page.expect_file_chooser() as opened:
        question(ann, "Offer").click()
    opened.value.set_files(papers["offer.pdf"])
    with ann.page.expect_file_chooser() as opened:
        question(ann, "Photos").click()
    assert opened.value.is_multiple()
    opened.value.set_files([papers["saw.png"], papers["tool.exe"]])
    ann.presses("Send request")

    ann.sees("2 answers need another look", "“tool.exe” is of a kind that is not taken")
    ann.sees("offer.pdf", "saw.png", "kept")
    assert ann.what_is_hard_to_use() == []

    # By keyboard: remove the photo, choose it once more, send.
    remove = ann.page.get_by_role("checkbox", name="Remove saw.png")
    remove.focus()
    ann.page.keyboard.press("Space")
    expects(remove).to_be_checked()
    expects(question(ann, "Why no offer is enough")).to_be_visible()
    with ann.page.expect_file_chooser() as opened:
        question(ann, "Photos").press("Space")
    opened.value.set_files(papers["saw.png"])
    expects(question(ann, "Why no offer is enough")).to_be_hidden()
    question(ann, "Item").fill("Saw")
    question(ann, "Item").press("Enter")

    ann.sees("is sent", "offer.pdf", "saw.png")
    assert ann.what_is_hard_to_use() == []
    with ann.page.expect_download() as saved:
        ann.page.get_by_role("link", name="offer.pdf").first.click()
    assert saved.value.suggested_filename == "offer.pdf"
    assert Path(saved.value.path()).read_bytes() == papers["offer.pdf"].read_bytes()

    will.signs_in(f"will@{host}", PASSWORD)
    will.follows("Check")
    will.sees("offer.pdf")
    will.chooses("All right?", "Yes")
    question(will, "Our answer").set_input_files(papers["answer.pdf"])
    will.presses("Save draft")
    will.sees("The draft is saved", "answer.pdf", "kept")
    assert will.what_is_hard_to_use() == []
    will.presses("Complete")
    will.sees("is done")

    ann.page.reload()
    ann.sees("answer.pdf")
    ann.page.get_by_label("Comment").fill("Thank you")
    ann.page.get_by_label("Attach files").set_input_files([papers["saw.png"]])
    ann.presses("Send")
    ann.sees("Thank you", "saw.png")


def test_a_file_that_is_too_large_is_told_before_and_after_it_travels(
    opens: Opens, site: Served, papers: dict[str, Path]
):
    host = a_company(site, "Alder", with_files())
    ann = opens()
    ann.signs_in(f"ann@{host}", PASSWORD)
    ann.follows("Buy")
    question(ann, "Item").fill("Saw")

    question(ann, "Offer").set_input_files(papers["film.pdf"])
    ann.sees("“film.pdf” will not be taken: at most 10 MB.")
    ann.presses("Send request")

    ann.sees("“film.pdf” has 11 MB; at most 10 MB.")
    expects(question(ann, "Item")).to_have_value("Saw")


def test_without_javascript_files_are_sent_and_kept_all_the_same(
    opens: Opens, site: Served, papers: dict[str, Path]
):
    host = a_company(site, "Rowan", with_files())
    ann = opens(java_script_enabled=False)
    ann.signs_in(f"ann@{host}", PASSWORD)
    ann.follows("Buy")

    question(ann, "Offer").set_input_files(papers["offer.pdf"])
    ann.presses("Send request")
    ann.sees("offer.pdf", "kept")
    question(ann, "Item").fill("Saw")
    question(ann, "Why no offer is enough").fill("It is")
    ann.presses("Send request")

    ann.sees("is sent", "offer.pdf")
    address = ann.page.get_by_role("link", name="offer.pdf").first.get_attribute("href")
    kept = ann.context.request.get(f"{site.address}{address}").body()
    assert kept == papers["offer.pdf"].read_bytes()
