"""Every page that a link leads to, for everybody there is: wide and narrow, light and dark.

Nothing is listed: who may sign in comes from the demo, where one can go from the pages themselves.
Of pages that differ only in their rows one is opened, and each filter of a list once; by
`make thorough` two of them, and everybody opens one of each kind of theirs besides.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Error, Page

from fixtures.load import Login, demo_logins
from tests.browser.visitor import PHONE, Visitor
from tests.thorough import THOROUGH

pytestmark = pytest.mark.browser
MOST_ALIKE = 2 if THOROUGH else 1
MOST_PAGES = 200
# Read from the attribute: the href of a link in a picture is no text.
LINKS = """[...document.querySelectorAll('a[href]')].map(
    link => new URL(link.getAttribute('href'), document.baseURI).href.split('#')[0])"""
# Whoever has one role leads to the pages of that role; whoever has all of them comes last, for
# what is left.
EVERYBODY: list[Login | None] = [None, *sorted(demo_logins(), key=lambda one: "Every" in one.role)]


def view_of(address: str) -> str:
    path = urlsplit(address).path
    try:
        return resolve(path).view_name or path
    except Resolver404:
        return path


class Seen:
    """What needs no second look in this run, whichever of its processes took the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def is_new(self, *what: str) -> bool:
        """Only for who asks first."""
        mark = self.folder / sha256("\n".join(what).encode()).hexdigest()
        try:
            mark.touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


class Walk:
    """From page to page by links: all together to some rows of every view and each of its filters;
    where they are thorough, everybody to every view of theirs.
    """

    def __init__(self, page: Page, start: str, seen: Seen) -> None:
        self.page = page
        self.seen = seen
        self.host = urlsplit(start).netloc
        self.todo = deque([start])
        self.found = {start}
        self.own: Counter[str] = Counter()
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        """Addresses; each has to be opened before the next is asked for."""
        while self.todo:
            address = self.todo.popleft()
            if self._is_new(address):
                self.number += 1
                assert self.number < MOST_PAGES, "There is more to see than is looked at."
                yield address
                self._collect()

    def _is_new(self, address: str) -> bool:
        view = view_of(address)
        asked = parse_qs(urlsplit(address).query)
        if asked:
            filters = [self.seen.is_new(view, "filter", name) for name in asked]
            return any(filters)
        self.own[view] += 1
        is_own = self.own[view] == 1 and (THOROUGH or not self.number)
        return is_own or any(self.seen.is_new(view, "row", str(row)) for row in range(MOST_ALIKE))

    def _collect(self) -> None:
        for link in self.page.evaluate(LINKS):
            if urlsplit(link).netloc == self.host and link not in self.found:
                self.found.add(link)
                self.todo.append(link)


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Seen:
    folder = tmp_path_factory.getbasetemp()
    return Seen((folder if worker_id == "master" else folder.parent) / "seen")


@pytest.mark.parametrize("login", EVERYBODY, ids=lambda one: one.role if one else "Nobody")
def test_every_page_is_in_order(opens: Callable[..., Visitor], site, seen, login):
    visitor = opens()
    if login:
        visitor.signs_in(login.email, login.password)
    walk = Walk(visitor.page, f"{site.address}/", seen)

    wrong: list[str] = []
    for address in walk:
        found = [*opened(visitor, address), *visitor.what_is_wrong()]
        if seen.is_new(view_of(address), "closely"):
            found += [*visitor.what_is_hard_to_use(), *in_the_dark_on_a_phone(visitor)]
        wrong += [f"{address}: {one}" for one in found]

    assert [*wrong, *visitor.troubles] == []


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
