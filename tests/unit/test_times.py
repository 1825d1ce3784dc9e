"""Times as people say them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from admin_site import times

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOON)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOON, "today 12:00"),
        (NOON - timedelta(hours=13), "Tue 23:00"),
        (NOON + timedelta(days=2), "Fri 12:00"),
        (NOON - timedelta(days=6), "Thu 12:00"),
        (NOON - timedelta(days=7), "18 Nov 12:00"),
        (datetime(2025, 12, 31, 9, 5, tzinfo=UTC), "31 Dec 2025"),
        (date(2026, 11, 26), "tomorrow"),
        (date(2026, 11, 30), "Mon 30 Nov"),
        (None, ""),
    ],
)
def test_when_is_said_as_people_say_it(moment, words):
    assert times.when(moment) == words


def test_the_day_is_that_of_the_time_zone_in_force():
    late = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)

    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert times.when(late) == "Thu 08:30"


@pytest.mark.parametrize(
    ("apart", "words"),
    [
        (timedelta(hours=5), "in 5 hours"),
        (timedelta(minutes=-12), "12 minutes ago"),
        (timedelta(days=1), "tomorrow"),
        (timedelta(days=2), "in 2 days"),
        (timedelta(days=-1), "yesterday"),
        (timedelta(days=-30), "30 days ago"),
        (timedelta(seconds=5), "in a moment"),
    ],
)
def test_distance(apart, words):
    assert times.distance(NOON + apart) == words


@pytest.mark.parametrize(
    ("length", "one", "two"),
    [
        (timedelta(minutes=12), "12 minutes", "12 minutes"),
        (timedelta(days=1, hours=2, minutes=3), "1 day", "1 day 2 hours"),
        (timedelta(hours=1), "1 hour", "1 hour"),
        (timedelta(seconds=3), "a moment", "a moment"),
    ],
)
def test_spans_name_the_largest_units(length, one, two):
    assert times.span(length) == one
    assert times.span(length, parts=2) == two


@pytest.mark.parametrize(
    ("moment", "text", "hint", "tone"),
    [
        (NOON - timedelta(days=1), "Tue 12:00", "1 day late", "late"),
        (NOON + timedelta(hours=4), "Today 16:00", "in 4 hours", "soon"),
        (NOON + timedelta(days=2), "Fri 12:00", "in 2 days", ""),
        (None, "no date", "", "none"),
    ],
)
def test_what_is_due_says_how_urgent_it_is(moment, text, hint, tone):
    assert times.due(moment) == times.Due(text, hint, tone)


def test_ages_fit_a_column():
    ages = [
        times.age(NOON - apart)
        for apart in (timedelta(minutes=5), timedelta(hours=5), timedelta(days=9))
    ]

    assert ages == ["5 min", "5 h", "9 d"]
