"""One product for all journeys of a run, and browser windows to look at it."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.served import Served, served
from tests.browser.visitor import Visitor, visiting

WINDOWS = pytest.StashKey[list[Visitor]]()
MOST_TOLD = 2000
PICTURES = pytest.StashKey[Path]()


@pytest.fixture(scope="session")
def site(browser: Browser) -> Iterator[Served]:
    """Served for the whole run, with the demo companies; a journey makes its own company."""
    with served() as running:
        yield running


@pytest.fixture
def opens(
    browser: Browser, site: Served, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[..., Visitor]]:
    """`ann = opens(width=PHONE)`: a browser window of her own. In the end nothing may have broken
    behind the pages either.
    """
    windows: list[Visitor] = []
    request.node.stash[WINDOWS] = windows
    request.node.stash[PICTURES] = tmp_path
    said_before = site.said()
    with ExitStack() as open_windows:

        def open_window(**how: Any) -> Visitor:
            windows.append(open_windows.enter_context(visiting(browser, site.address, **how)))
            return windows[-1]

        yield open_window
    assert site.what_broke(said_before) == ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A journey that fails tells where it stood and what it saw."""
    report = yield
    if report.when == "call" and report.failed and WINDOWS in item.stash:
        windows = item.stash[WINDOWS]
        for number, visitor in enumerate(windows):
            picture = item.stash[PICTURES] / f"{number}.png"
            visitor.page.screenshot(path=picture, full_page=True)
            report.sections.append(("last seen", f"{visitor.page.url} looked like {picture}"))
        site: Served = item.funcargs["site"]  # type: ignore[attr-defined]
        report.sections.append(("last said", site.said()[-MOST_TOLD:]))
    return report
