"""Log lines name company, person and ticket, stay on one line, and cannot be forged."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from uuid import uuid4

import pytest

from tenants import logs


@pytest.fixture
def write(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, dict[str, str]]]:
    """One record, as text and as JSON."""

    def write(message: str, *args: object, **extra: object) -> tuple[str, dict[str, str]]:
        logger = logging.getLogger("tests.somewhere")
        record = logger.makeRecord(
            logger.name, logging.INFO, "file.py", 1, message, args, None, extra=extra
        )
        logs.WhoFilter().filter(record)
        return logs.TextFormatter().format(record), json.loads(logs.JsonFormatter().format(record))

    return write


def test_a_line_names_who_it_is_about(write, monkeypatch):
    company = uuid4()
    monkeypatch.setattr(logs, "company_in_force", lambda: company)

    with logs.about(person="ann", ticket="#7"):
        text, as_json = write("Ticket submitted.")

    assert f'message="Ticket submitted." company={company} person=ann ticket=#7' in text
    assert as_json["company"] == str(company)
    assert (as_json["person"], as_json["ticket"]) == ("ann", "#7")


def test_what_the_caller_says_wins(write):
    with logs.about(ticket="#7"):
        _, as_json = write("Looked at another one.", ticket="#8")

    assert as_json["ticket"] == "#8"


def test_further_facts_are_shown(write):
    text, as_json = write("Swept.", tasks=3)

    assert text.endswith("message=Swept. tasks=3")
    assert as_json["tasks"] == "3"


def test_after_the_work_its_ticket_is_forgotten(write):
    with logs.about(ticket="#7"):
        pass

    assert "ticket" not in write("Idle.")[1]


@pytest.mark.parametrize(
    "nasty", ["a\nlevel=error", 'a" level="error', "a level=error", "a\x1b[31m"]
)
def test_a_value_cannot_pass_for_another_field_or_line(write, nasty):
    text, as_json = write("Signed in: %s", nasty, person=nasty)

    assert "\n" not in text
    assert "\x1b" not in text
    assert json.dumps(nasty) in text
    assert as_json["person"] == nasty


def test_an_error_comes_with_its_traceback():
    try:
        raise ValueError("of course")
    except ValueError as error:
        record = logging.LogRecord(
            "tests", logging.ERROR, "file.py", 1, "Broken.", (), (type(error), error, None)
        )

    assert logs.TextFormatter().format(record).endswith("ValueError: of course")
    assert "ValueError: of course" in json.loads(logs.JsonFormatter().format(record))["error"]


@pytest.mark.parametrize(("status", "is_told"), [(403, False), (404, False), (500, True)])
def test_a_refused_page_is_one_line_and_a_fault_comes_with_its_traceback(
    status: int, is_told: bool
):
    try:
        raise PermissionError("not yours")
    except PermissionError as error:
        record = logging.LogRecord(
            "django.request", logging.WARNING, "file.py", 1, "Forbidden: %s", ("/desk/",),
            (type(error), error, None),
        )  # fmt: skip
    record.status_code = status

    text = logs.TextFormatter().format(record)

    assert ("not yours" in text) == is_told
    assert f'message="Forbidden: /desk/" status_code={status}' in text.splitlines()[0]
    assert ("error" in json.loads(logs.JsonFormatter().format(record))) == is_told


@pytest.mark.parametrize(
    "place",
    [
        "/callbacks/{key}/",
        "/signup/{key}/",
        "/password-reset/{key}/",
        "/invitation/7f1c9a52-8f1d-4a8e-9a53-0b6b2f6f7d11/{key}/",
        "http://help.example/callbacks/{key}/?a=b",
    ],
)
def test_an_address_that_opens_a_door_once_is_not_told_whole(write, place):
    key = "kJ3_x-9Zq:1vQ~aa"

    for line in write("Not Found: %s", place.format(key=key), url=place.format(key=key)):
        assert key not in str(line)
        assert place.split("{")[0] in str(line)


def test_other_addresses_are_told_whole(write):
    text, _ = write("Not Found: %s", "/work/tasks/01a1f8bf-b93a/ /password-reset/")

    assert "/work/tasks/01a1f8bf-b93a/ /password-reset/" in text


def test_what_libraries_tell_all_the_time_is_not_logged():
    assert not logging.getLogger("axes.handlers.database").isEnabledFor(logging.INFO)
    assert logging.getLogger("axes.handlers.database").isEnabledFor(logging.WARNING)
    assert not logging.getLogger("waitress.queue").isEnabledFor(logging.WARNING)


@pytest.mark.parametrize("port", ["abc", "0", "99999", "²"])
def test_a_slip_in_the_environment_is_told_in_one_line(port: str):
    told = subprocess.run(
        [sys.executable, "manage.py", "demo"],
        env={**os.environ, "PORT": port}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        f"TicketFlower cannot start: PORT must be a number from 1 to 65535; it is “{port}”."
    ]
