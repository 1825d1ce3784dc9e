"""What every test stands on: a database in which row security really applies.

The owner's login makes the test database; the tests run as the app login. A run as a login that
could look over the wall would prove nothing, so it stops at once.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import TestCase, TransactionTestCase
from django.test.utils import setup_databases, teardown_databases
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright
from pytest_django import DjangoDbBlocker

from tenants.checks import unsafe_login
from tenants.owner import as_owner
from tests import statements as counting
from tests.builders import Firm, a_firm
from tests.chromium import find_chromium, in_a_sentence

REAL_INPUTS = os.environ.get("REAL_INPUTS", "../shared/data")


# The same examples each time, so that what fails here fails for everybody; looking further is
# `HYPOTHESIS=search make test`. How long an example takes to make says how busy the machine is.
_UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", parent=_UNHURRIED, derandomize=True)
settings.register_profile("search", parent=_UNHURRIED)
settings.load_profile(os.environ.get("HYPOTHESIS", "same"))


def pytest_configure(config: pytest.Config) -> None:
    # Each test's client would otherwise list every static file there is.
    django_settings.WHITENOISE_AUTOREFRESH = True
    # What tests send lies in a folder of its own, and goes with it.
    sent = tempfile.TemporaryDirectory(prefix="ticketflower-files-", ignore_cleanup_errors=True)
    config.add_cleanup(sent.cleanup)
    django_settings.MEDIA_ROOT = sent.name
    # A hundred people sign in during a run; their passwords protect nothing.
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_report_header() -> str:
    return in_a_sentence()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """Make the test database as its owner, then look that the tests cannot bypass its walls."""
    with django_db_blocker.unblock():
        with as_owner():
            made = setup_databases(
                verbosity=0,
                interactive=False,
                keepdb=django_db_keepdb and not django_db_createdb,
                serialized_aliases=(),
            )
        problem = unsafe_login("default")
        assert problem is None, problem
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            _end_other_sessions()
            with as_owner():
                teardown_databases(made, verbosity=0)


def _end_other_sessions() -> None:
    """A browser keeps its connection to the live server, and that keeps one to the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user "
            "AND datname = current_database() AND pid <> pg_backend_pid()"
        )


Case: Any = TransactionTestCase  # its hook is not part of its published types
_empty_tables = Case._fixture_teardown


def _empty_tables_as_owner(self: TransactionTestCase) -> None:
    if isinstance(self, TestCase):  # rolls back, and needs no right for that
        _empty_tables(self)
        return
    with as_owner() as owner:  # TRUNCATE is the owner's
        _empty_tables(self)
        with owner.cursor() as cursor:  # Django does not count these as its own
            cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


Case._fixture_teardown = _empty_tables_as_owner


@pytest.fixture(scope="session")
def real_inputs() -> Path:
    """The folder with inputs from the real world; tests that need it are skipped without it."""
    folder = Path(django_settings.BASE_DIR, REAL_INPUTS).resolve()
    if not folder.is_dir():
        pytest.skip(f"No real inputs: {folder} does not exist. Set REAL_INPUTS to their folder.")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium without a window; tests that need it are skipped where there is none."""
    path = find_chromium()
    if path is None:
        pytest.skip(in_a_sentence())
    # Playwright runs an event loop in this thread, which Django takes for a mistake.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        # Chromium's sandbox refuses to run as root.
        browser = playwright.chromium.launch(executable_path=path, chromium_sandbox=False)
        yield browser
        browser.close()


@pytest.fixture
def statements(db: Any) -> Callable[[], AbstractContextManager[counting.Counted]]:
    """`with statements() as counted:` counts the statements the server gets from this test."""
    return counting.statements


@pytest.fixture
def acme(db: Any) -> Firm:
    """Our company."""
    return a_firm("Acme")


@pytest.fixture
def globex(db: Any) -> Firm:
    """The other company."""
    return a_firm("Globex")
