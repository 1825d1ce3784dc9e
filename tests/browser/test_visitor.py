"""A visitor notices what is wrong: otherwise a journey without complaints would mean nothing."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.visitor import Visitor, visiting

pytestmark = pytest.mark.browser
GOOD = """<!DOCTYPE html><html lang="en"><head><title>A page</title>
<style>a:focus-visible { outline: 2px solid blue }</style>
</head><body><main><h1>A page</h1><a href="#here">A link</a>%s</main></body></html>"""


@pytest.fixture
def ann(browser: Browser) -> Iterator[Visitor]:
    with visiting(browser, "http://localhost") as visitor:
        yield visitor


def test_a_good_page_is_left_in_peace(ann: Visitor):
    ann.page.set_content(GOOD % "")

    ann.looks_right()
    assert ann.what_is_hard_to_use() == []


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("<h1>Another</h1>", "2 first headings"),
        ("<div style='width: 400px'>wide</div>", "wide in a window of 390"),
        ("<img alt='' src='data:image/png;base64,AAAA'>", "no picture"),
        ("<span class='material-symbols-outlined' aria-hidden='true'>nosuchsign</span>", "no such"),
        ("<span class='material-symbols-outlined'>x</span>", "read aloud"),
        ("<i id='one'></i><i id='one'></i>", "several elements are #one"),
        ("<label for='nothing'>Name</label>", "labels nothing"),
        ("<a href='#' onclick='alert(1)'>Click</a>", "script in the page"),
        ("<div x-on:click='open = true'>Click</div>", "no key leads to"),
    ],
)
def test_a_fault_is_seen(ann: Visitor, fault: str, word: str):
    ann.page.set_content(GOOD % fault)

    assert word in "\n".join(ann.what_is_wrong())


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("<input>", "label"),
        ("<button></button>", "button-name"),
        ("<p style='color: #bbb; background: #fff'>Pale</p>", "color-contrast"),
        ("<a href='#' style='outline: none'>Unseen</a>", "focus cannot be seen"),
        ("<details><summary>More</summary><p style='color: #bbb'>Pale</p></details>", "contrast"),
    ],
)
def test_what_is_hard_to_use_is_noticed(ann: Visitor, fault: str, word: str):
    ann.page.set_content(GOOD % fault)

    assert word in "\n".join(ann.what_is_hard_to_use())


@pytest.mark.parametrize(
    "script",
    [
        "console.error('Oh')",
        "setTimeout(() => { throw new Error('Oh') })",
        "fetch('http://127.0.0.1:9/nobody').catch(() => {})",
    ],
)
def test_what_goes_wrong_unseen_is_remembered(ann: Visitor, script: str):
    ann.page.set_content(GOOD % "")

    ann.page.evaluate(f"() => {{ {script} }}")
    ann.page.wait_for_timeout(200)

    with pytest.raises(AssertionError):
        ann.looks_right()
