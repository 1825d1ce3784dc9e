"""When something is to be: what documents may say, and what they mean for the data of a ticket."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from definitions.moments import (
    MomentError,
    check_moment,
    check_reminder,
    moment_at,
    paths_read,
    reminder_at,
)
from tenants.calendar import WorkCalendar

OFFICE = [["09:00", "17:00"]] * 5 + [None, None]
CHRISTMAS = [{"date": "2026-12-25", "name": "Christmas"}]
BERLIN = WorkCalendar(ZoneInfo("Europe/Berlin"), OFFICE, CHRISTMAS)
#: A Friday, 16:00 in Berlin.
FRIDAY = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def moment(document: Any, data: Any = None, **more: Any) -> datetime | None:
    arguments = {"start": FRIDAY, "now": FRIDAY, "calendar": BERLIN, **more}
    return moment_at(document, data or {}, **arguments)


def on(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """In Berlin, where it is winter."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"days": 2}, on(22, 16)),
        ({"weeks": 1, "hours": 1}, on(27, 17)),
        ({"minutes": 30}, on(20, 16, 30)),
        ({"days": 1, "working": True}, on(23, 16)),
        ({"hours": 2, "working": True}, on(23, 10)),
        ({"days": 2, "working": False}, on(22, 16)),
        ({"at": "2026-12-24"}, on(24, 17, month=12)),
        ({"at": "2026-12-25"}, on(25, 23, 59, month=12)),
        ({"at": "2026-12-24T10:00:00+01:00"}, on(24, 10, month=12)),
        ({"at": "2026-12-24", "minus": {"days": 1}}, on(23, 17, month=12)),
        (
            {"at": "2026-12-28T10:00:00+01:00", "minus": {"days": 1, "working": True}},
            on(24, 10, month=12),
        ),
        (
            {"at": "2026-12-24T10:00:00+01:00", "plus": {"days": 1, "working": True}},
            on(28, 10, month=12),
        ),
    ],
)
def test_a_document_means_a_moment(document: Any, expected: datetime) -> None:
    assert check_moment(document) == []
    found = moment(document)

    assert found == expected
    assert found is not None and found.tzinfo is UTC


def test_a_moment_comes_from_the_data() -> None:
    needed_on = {"at": {"$": {"var": "ticket.needed_on"}}, "minus": {"days": 1}}
    week_after = {"at": {"$": {"date_add": [{"today": []}, 1, "weeks"]}}}

    assert moment(needed_on, {"ticket": {"needed_on": "2026-12-24"}}) == on(23, 17, month=12)
    assert moment(week_after) == on(27, 17)
    assert paths_read(needed_on) == ("ticket.needed_on",)


@pytest.mark.parametrize("data", [{"ticket": {}}, {"ticket": {"needed_on": None}}, {}])
def test_a_date_that_nobody_gave_makes_no_deadline(data: Any) -> None:
    document = {"at": {"$": {"var": "ticket.needed_on"}}}

    assert moment(document, data) is None


def test_what_waits_needs_a_date() -> None:
    document = {"at": {"$": {"var": "ticket.needed_on"}}}

    with pytest.raises(MomentError, match=r"“ticket\.needed_on” is empty") as caught:
        moment(document, {"ticket": {}}, is_needed=True)

    assert caught.value.path == "ticket.needed_on"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("soon", "is “soon”, not a day such as"),
        (12, "is “12”"),
        (True, "is yes"),
        (["2026-12-24"], "is a list"),
        ("2026-12-24T10:00:00", "T10:00:00”, not a day"),  # of which zone?
        ("2026-02-30", "is “2026-02-30”"),
        ("x" * 500, "x…”"),
    ],
)
def test_what_is_no_date_is_told_with_its_path(value: Any, words: str) -> None:
    with pytest.raises(MomentError) as caught:
        moment({"at": {"$": {"var": "ticket.when"}}}, {"ticket": {"when": value}})

    assert words in caught.value.message
    assert caught.value.path == "ticket.when"


def test_times_beyond_every_calendar_are_told() -> None:
    far = {"at": "9999-12-31", "plus": {"days": 3650}}
    never = WorkCalendar(ZoneInfo("UTC"), [None] * 7, [])

    with pytest.raises(MomentError, match="beyond every calendar"):
        moment(far)
    with pytest.raises(MomentError, match="no working days"):
        moment({"days": 1, "working": True}, calendar=never)


def test_a_rule_that_fails_is_told() -> None:
    document = {"at": {"$": {"date_add": [{"date": {"var": "ticket.when"}}, 1, "days"]}}}

    with pytest.raises(MomentError) as caught:
        moment(document, {"ticket": {"when": "soon"}})

    assert caught.value.path == "ticket.when"


def test_a_reminder_counts_from_the_due_time_or_from_the_start() -> None:
    due = on(24, 10, month=11)
    day_before = {"before": {"days": 1, "working": True}}
    arguments: Any = {"start": FRIDAY, "calendar": BERLIN}

    assert reminder_at(day_before, due=due, **arguments) == on(23, 10)
    assert reminder_at({"after": {"hours": 1}}, due=None, **arguments) == on(20, 17)
    assert reminder_at(day_before, due=None, **arguments) is None
    assert reminder_at(None, due=due, **arguments) is None


@pytest.mark.parametrize(
    ("document", "place", "words"),
    [
        ("2 days", "", "a group such as"),
        ({}, "", "longer than nothing"),
        ({"days": 0}, "", "longer than nothing"),
        ({"days": 4000}, "", "ten years"),
        ({"days": -1}, "/days", "from 0 on"),
        ({"days": "2"}, "/days", "must be a number"),
        ({"days": True}, "/days", "must be a number"),
        ({"dayz": 2}, "/dayz", "no unit of time"),
        ({"days": 2, "working": 1}, "/working", "true or false"),
        ({"working": True}, "", "longer than nothing"),
        ({"$": {"var": "ticket.on"}}, "", "after “at”"),
        ({"at": "tomorrow"}, "/at", "a day such as"),
        ({"at": None}, "/at", "from the data"),
        ({"at": {"$": {"vra": "x"}}}, "/at/$/vra", "vra"),
        ({"at": "2026-12-24", "days": 1}, "/days", "after “plus”"),
        ({"at": "2026-12-24", "plsu": {"days": 1}}, "/plsu", "Did you mean “plus”"),
        ({"at": "2026-12-24", "plus": {"dayz": 1}}, "/plus/dayz", "no unit"),
        ({"at": "2026-12-24", "plus": {"days": 1}, "minus": {"days": 1}}, "/minus", "not both"),
    ],
)
def test_a_fault_has_its_place(document: Any, place: str, words: str) -> None:
    assert any(one.path == place and words in one.message for one in check_moment(document))


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ("an hour", ""),
        ({}, ""),
        ({"before": {"hours": 1}, "after": {"hours": 1}}, ""),
        ({"befor": {"hours": 1}}, "/befor"),
        ({"before": {"hour": 1}}, "/before/hour"),
        ({"after": 3}, "/after"),
    ],
)
def test_a_fault_of_a_reminder_has_its_place(document: Any, place: str) -> None:
    assert place in [one.path for one in check_reminder(document)]


def test_good_reminders_have_no_fault() -> None:
    assert check_reminder({"before": {"hours": 4}}) == []
    assert check_reminder({"after": {"days": 1, "working": True}}) == []
