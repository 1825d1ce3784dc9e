"""One person at one browser window, who notices everything that is not as it should be."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Request,
    Response,
    ViewportSize,
)
from playwright.sync_api import expect as expects

Scheme = Literal["light", "dark"]
DESK, PHONE = 1400, 390  # pixels
HEIGHTS = {DESK: 900, PHONE: 844}
HERE = Path(__file__).parent
LOOKS = (HERE / "looks.js").read_text()
FOCUS = (HERE / "focus.js").read_text()
# What the public accessibility rules ask for, and what experience adds.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
# In the sidebar; in the top bar; and in the top bar of a phone.
SWITCHERS = (
    "summary[title='Go to another site'], summary.tf-switch, "
    "summary[aria-label='You and your settings']"
)
MOST_FOCUSED = 60
MOST_TABS = 100
PATIENCE_SECONDS = 10
expects.set_options(timeout=PATIENCE_SECONDS * 1000)


class Visitor:
    """Every page they stop at has to be in order: see `looks_right`."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.address = address
        self.page = context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._note(f"script failed: {error}"))
        self.page.on("requestfailed", self._miss)
        self.page.on("response", self._receive)

    # --- what goes wrong without being seen ------------------------------------------------------

    def _note(self, trouble: str) -> None:
        self.troubles.append(f"{self.page.url}: {trouble}")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note(f"console: {message.text}")

    def _miss(self, request: Request) -> None:
        # Leaving a page ends what it was still loading.
        if "ERR_ABORTED" not in (request.failure or ""):
            self._note(f"{request.url} failed: {request.failure}")

    def _receive(self, response: Response) -> None:
        if response.status >= 400:
            self._note(f"{response.url} answered {response.status}")

    # --- moving about ----------------------------------------------------------------------------

    def goes_to(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def signs_in(self, email: str, password: str) -> None:
        self.goes_to("/login/")
        self.fills("E-mail", email)
        self.fills("Password", password)
        self.presses("Log in")
        expects(self.page.get_by_role("heading", name="Log in")).to_be_hidden()

    def follows(self, name: str) -> None:
        """Click a link, where need be after opening the navigation, which phones fold away."""
        link = self.page.get_by_role("link", name=name).filter(visible=True).first
        fold = self.page.get_by_role("button", name="Show the navigation")
        expects(link.or_(fold).first).to_be_visible()
        if not link.is_visible():
            fold.click()
        link.click()

    def opens_menu(self, name: str) -> None:
        self.page.locator(f"summary[title='{name}'], summary[aria-label='{name}']").filter(
            visible=True
        ).first.click()

    def switches_to(self, site: str) -> None:
        fold = self.page.get_by_role("button", name="Show the navigation")
        if fold.is_visible():
            fold.click()
        self.page.locator(SWITCHERS).filter(visible=True).first.click()
        self.page.locator(".tf-menu-list a").filter(has_text=site, visible=True).first.click()

    def answer(self, question: str, answer: str) -> Locator:
        """One of several answers to a question."""
        roles = [self.page.get_by_role(role, name=question) for role in ("group", "radiogroup")]
        return roles[0].or_(roles[1]).get_by_label(answer, exact=True)

    def chooses(self, question: str, answer: str) -> None:
        self.answer(question, answer).check()

    def presses(self, name: str) -> None:
        button = self.page.get_by_role("button", name=name, exact=True)
        button.filter(visible=True).first.click()

    def field(self, label: str) -> Locator:
        # What has to be answered has a star after its label.
        return self.page.get_by_label(re.compile(rf"^{re.escape(label)}\s*\*?$"))

    def fills(self, label: str, text: str) -> None:
        self.field(label).fill(text)

    def tabs_to(self, locator: Locator) -> None:
        """By the keyboard alone; gives up after going round the page."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if locator.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"No key leads to {locator} on {self.page.url}")

    def types(self, text: str, *, then: str = "") -> None:
        """Into what has the focus."""
        self.page.keyboard.type(text)
        if then:
            self.page.keyboard.press(then)

    # --- looking ---------------------------------------------------------------------------------

    def sees(self, *words: str) -> None:
        """All of these are on the page; and nothing is wrong with the page."""
        for text in words:
            expects(self.page.get_by_text(text).filter(visible=True).first).to_be_visible()
        self.looks_right()

    def sees_row(self, *words: str) -> None:
        """One row of a list says all of this."""
        row = self.page.locator("tr").filter(has_text=words[0], visible=True)
        for text in words:
            expects(row.first).to_contain_text(text)
        self.looks_right()

    def reads(self, parts: str = "main") -> str:
        return "\n".join(self.page.locator(parts).all_inner_texts())

    def looks_right(self) -> None:
        wrong = [*self.troubles, *self.what_is_wrong()]
        assert wrong == [], "\n".join([self.page.url, *wrong])

    def what_is_wrong(self) -> list[str]:
        """With the page as it is shown, in this window and in the other width."""
        self.page.wait_for_load_state("load")
        size = self.page.viewport_size
        assert size is not None
        wrong: list[str] = []
        for width in sorted((PHONE, DESK), key=lambda width: width == size["width"]):
            self._resize(width)
            wrong += [f"at {width}: {one}" for one in self.page.evaluate(LOOKS)]
        return wrong

    def is_shown(self, *, width: int = DESK, scheme: Scheme = "light") -> None:
        self.page.emulate_media(color_scheme=scheme)
        self._resize(width)

    def what_is_hard_to_use(self) -> list[str]:
        """For people who see little, hear the page, or have no mouse."""
        self._unfold()
        return [*self._against(RULES), *self._focus()]

    def what_is_hard_to_read(self) -> list[str]:
        """Of a page that is hard to use for no other reason, such as the same one in the dark."""
        self._unfold()
        return self._against(["color-contrast"])

    def _resize(self, width: int) -> None:
        self.page.set_viewport_size(ViewportSize(width=width, height=HEIGHTS[width]))

    def _unfold(self) -> None:
        self.page.evaluate(
            "document.querySelectorAll('details').forEach(one => { one.open = true })"
        )

    def _against(self, rules: Sequence[str]) -> list[str]:
        self.page.evaluate(AXE_SCRIPT)
        options = {"runOnly": rules, "resultTypes": ["violations"]}
        found = self.page.evaluate("options => axe.run(options)", options)["violations"]
        return [
            f"{rule['id']}: {node['html'][:160]} {node['failureSummary']}"
            for rule in found
            for node in rule["nodes"]
        ]

    def _focus(self) -> list[str]:
        # Before a key was pressed, the browser takes the focus for a mouse's and draws none.
        self.page.keyboard.press("Tab")
        wrong: list[str] = self.page.evaluate(FOCUS, MOST_FOCUSED)
        return wrong


@contextmanager
def visiting(
    browser: Browser, address: str, *, width: int = DESK, scheme: Scheme = "light", **more: Any
) -> Iterator[Visitor]:
    """A browser window of its own, which knows nothing of any other."""
    size = ViewportSize(width=width, height=HEIGHTS[width])
    context = browser.new_context(viewport=size, color_scheme=scheme, **more)
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    try:
        yield Visitor(context, address)
    finally:
        context.close()
