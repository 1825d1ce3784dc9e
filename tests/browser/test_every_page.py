"""Every page that a link leads to, for everybody there is: wide and narrow, light and dark.

Nothing is listed: who may sign in comes from the demo, where one can go from the pages themselves.
Of pages that differ only in their rows a few are opened, and each filter of a list once.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Error, Page

from fixtures.load import Login, demo_logins
from tests.browser.visitor import PHONE, Visitor

pytestmark = pytest.mark.browser
MOST_ALIKE = 3
MOST_PAGES = 200
LINKS = "[...document.querySelectorAll('a[href]')].map(link => link.href.split('#')[0])"
# Whoever has one role leads to the pages of that role; whoever has all of them comes last, for
# what is left.
EVERYBODY: list[Login | None] = [None, *sorted(demo_logins(), key=lambda one: "Every" in one.role)]


def view_of(address: str) -> str:
    path = urlsplit(address).path
    try:
        return resolve(path).view_name or path
    except Resolver404:
        return path


@dataclass
class Seen:
    """What needs no second look in this run, whoever opens it."""

    closely: set[str] = field(default_factory=set)
    views: Counter[str] = field(default_factory=Counter)
    parameters: set[tuple[str, str]] = field(default_factory=set)


class Walk:
    """From page to page by links: everybody to every view of theirs, and all together to some more
    of its rows and to each of its filters.
    """

    def __init__(self, page: Page, start: str, seen: Seen) -> None:
        self.page = page
        self.seen = seen
        self.host = urlsplit(start).netloc
        self.todo = deque([start])
        self.found = {start}
        self.own: Counter[str] = Counter()

    def __iter__(self) -> Iterator[str]:
        """Addresses; each has to be opened before the next is asked for."""
        while self.todo and self.own.total() < MOST_PAGES:
            address = self.todo.popleft()
            if self._is_new(address):
                yield address
                self._collect()

    def _is_new(self, address: str) -> bool:
        view = view_of(address)
        asked = {(view, name) for name in parse_qs(urlsplit(address).query)}
        is_new = (
            not asked <= self.seen.parameters
            if asked
            else not self.own[view] or self.seen.views[view] < MOST_ALIKE
        )
        if is_new:
            self.own[view] += 1
            self.seen.views[view] += 1
            self.seen.parameters |= asked
        return is_new

    def _collect(self) -> None:
        for link in self.page.evaluate(LINKS):
            if urlsplit(link).netloc == self.host and link not in self.found:
                self.found.add(link)
                self.todo.append(link)


@pytest.fixture(scope="session")
def seen() -> Seen:
    return Seen()


@pytest.mark.parametrize("login", EVERYBODY, ids=lambda one: one.role if one else "Nobody")
def test_every_page_is_in_order(opens: Callable[..., Visitor], site, seen, login):
    visitor = opens()
    if login:
        visitor.signs_in(login.email, login.password)
    walk = Walk(visitor.page, f"{site.address}/", seen)

    wrong: list[str] = []
    for address in walk:
        found = [*opened(visitor, address), *visitor.what_is_wrong()]
        if view_of(address) not in seen.closely:
            seen.closely.add(view_of(address))
            found += [*visitor.what_is_hard_to_use(), *in_the_dark_on_a_phone(visitor)]
        wrong += [f"{address}: {one}" for one in found]

    assert [*wrong, *visitor.troubles] == []
    assert walk.own.total() < MOST_PAGES, "There is more to see than is looked at."


def opened(visitor: Visitor, address: str) -> list[str]:
    try:
        visitor.page.goto(address)
    except Error as error:
        if "Download is starting" not in error.message:
            raise
        answer = visitor.context.request.get(address)
        return [] if answer.ok else [f"the file is refused: {answer.status}"]
    return []


def in_the_dark_on_a_phone(visitor: Visitor) -> list[str]:
    visitor.is_shown(width=PHONE, scheme="dark")
    visitor.page.reload()
    wrong = [*visitor.what_is_wrong(), *visitor.what_is_hard_to_read()]
    visitor.is_shown()
    return [f"dark: {one}" for one in wrong]
