"""When a company works: its hours, its holidays, and clocks that are turned."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tenants.calendar import CalendarError, WorkCalendar, read_holidays, read_week

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = [["09:00", "17:00"]] * 5 + [None] * 2
ALWAYS = [["00:00", "24:00"]] * 7


def a_calendar(
    week: list[Any] | None = None, *holidays: str, zone: ZoneInfo = BERLIN
) -> WorkCalendar:
    return WorkCalendar(zone, week or WEEK, [{"date": day, "name": "off"} for day in holidays])


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


# 2026-11-20 is a Friday.


@pytest.mark.parametrize(
    ("start", "amount", "end"),
    [
        ("2026-11-19 10:00", {"days": 1}, "2026-11-20 10:00"),
        ("2026-11-20 10:00", {"days": 1}, "2026-11-23 10:00"),
        ("2026-11-20 10:00", {"days": 5}, "2026-11-27 10:00"),
        ("2026-11-20 10:00", {"weeks": 1}, "2026-11-27 10:00"),
        ("2026-11-20 10:00", {"hours": 2}, "2026-11-20 12:00"),
        ("2026-11-20 16:00", {"hours": 2}, "2026-11-23 10:00"),
        ("2026-11-20 16:00", {"hours": 1}, "2026-11-20 17:00"),
        ("2026-11-20 16:00", {"hours": 40}, "2026-11-27 16:00"),
        ("2026-11-20 16:30", {"minutes": 45}, "2026-11-23 09:15"),
        ("2026-11-20 10:00", {"days": 1, "hours": 8}, "2026-11-24 10:00"),
        ("2026-11-20 10:00", {"days": 0.5}, "2026-11-20 14:00"),
        ("2026-11-20 10:00", {}, "2026-11-20 10:00"),
        # What comes outside of working time counts as having come when work begins.
        ("2026-11-20 08:00", {"hours": 1}, "2026-11-20 10:00"),
        ("2026-11-20 18:00", {"hours": 1}, "2026-11-23 10:00"),
        ("2026-11-20 18:00", {"days": 1}, "2026-11-24 09:00"),
        ("2026-11-21 12:00", {"days": 1}, "2026-11-24 09:00"),
        ("2026-11-22 23:59", {}, "2026-11-23 09:00"),
        # The end of a day still belongs to it.
        ("2026-11-20 17:00", {"days": 1}, "2026-11-23 17:00"),
        ("2026-11-20 17:00", {}, "2026-11-20 17:00"),
    ],
)
def test_working_time_passes_while_the_company_works(start, amount, end):
    assert a_calendar().add_working(at(start), **amount) == at(end)


@pytest.mark.parametrize(
    ("start", "amount", "end"),
    [
        ("2026-11-20 10:00", {"days": 1}, "2026-11-19 10:00"),
        ("2026-11-23 10:00", {"days": 1}, "2026-11-20 10:00"),
        ("2026-11-23 10:00", {"hours": 2}, "2026-11-20 16:00"),
        ("2026-11-22 12:00", {"hours": 1}, "2026-11-20 16:00"),
        ("2026-11-22 12:00", {"days": 1}, "2026-11-19 17:00"),
        ("2026-11-23 08:00", {}, "2026-11-20 17:00"),
        ("2026-11-27 10:00", {"weeks": 1}, "2026-11-20 10:00"),
    ],
)
def test_it_counts_backwards_too(start, amount, end):
    assert a_calendar().subtract_working(at(start), **amount) == at(end)


def test_days_have_hours_of_their_own():
    short_friday = a_calendar([*[["08:00", "17:00"]] * 4, ["10:00", "13:00"], None, None])

    assert short_friday.add_working(at("2026-11-19 16:00"), days=1) == at("2026-11-20 13:00")
    assert short_friday.add_working(at("2026-11-19 08:30"), days=1) == at("2026-11-20 10:00")
    assert short_friday.add_working(at("2026-11-19 16:00"), days=2) == at("2026-11-23 16:00")
    assert short_friday.add_working(at("2026-11-19 16:00"), hours=4) == at("2026-11-20 13:00")


def test_nobody_works_on_a_holiday():
    calendar = a_calendar(None, "2026-12-25", "2026-12-28")

    assert calendar.add_working(at("2026-12-24 16:00"), hours=2) == at("2026-12-29 10:00")
    assert calendar.add_working(at("2026-12-24 16:00"), days=1) == at("2026-12-29 16:00")
    assert not calendar.is_working(at("2026-12-25 12:00"))


def test_a_year_and_a_leap_day_are_days_like_others():
    calendar = a_calendar(None, "2027-01-01")

    assert calendar.add_working(at("2026-12-31 12:00"), days=1) == at("2027-01-04 12:00")
    assert calendar.add_working(at("2028-02-28 12:00"), days=1) == at("2028-02-29 12:00")
    assert calendar.add_working(at("2028-02-29 12:00"), days=1) == at("2028-03-01 12:00")


def test_a_week_is_as_long_as_the_companys():
    six_days = a_calendar([["09:00", "17:00"]] * 6 + [None])

    assert six_days.add_working(at("2026-11-20 10:00"), weeks=1) == at("2026-11-27 10:00")


# Clocks that are turned: in Berlin from two to three on 29 March 2026, back again on 25 October.


def test_a_working_day_is_the_same_time_of_day_though_the_clock_was_turned():
    always = a_calendar(ALWAYS)

    spring = always.add_working(at("2026-03-28 12:00"), days=1)
    autumn = always.add_working(at("2026-10-24 12:00"), days=1)

    assert (spring, spring - at("2026-03-28 12:00").astimezone(UTC)) == (
        at("2026-03-29 12:00"),
        timedelta(hours=23),
    )
    assert (autumn, autumn - at("2026-10-24 12:00").astimezone(UTC)) == (
        at("2026-10-25 12:00"),
        timedelta(hours=25),
    )


def test_working_hours_really_pass_though_the_clock_was_turned():
    nights = a_calendar([["01:00", "05:00"]] * 7)

    assert nights.add_working(at("2026-03-29 01:00"), hours=3) == at("2026-03-29 05:00")
    assert nights.add_working(at("2026-10-25 01:00"), hours=5) == at("2026-10-25 05:00")


def test_a_time_that_a_turned_clock_skips_comes_when_the_clock_has_jumped():
    always = a_calendar(ALWAYS)

    assert always.add_working(at("2026-03-28 02:30"), days=1) == at("2026-03-29 03:30")


def test_hours_that_a_turned_clock_skips_are_no_working_time():
    at_two = a_calendar([["02:00", "03:00"]] * 7)

    assert at_two.shift_of(date(2026, 3, 29)) is None
    assert at_two.add_working(at("2026-03-28 02:30"), hours=1) == at("2026-03-30 02:30")
    assert at_two.add_working(at("2026-10-24 03:00"), hours=2) == at("2026-10-25 03:00")


def test_a_day_that_a_zone_skipped_is_no_working_day():
    apia = ZoneInfo("Pacific/Apia")  # it went over the date line: no 30 December 2011
    calendar = a_calendar(ALWAYS, zone=apia)

    result = calendar.add_working(at("2011-12-29 12:00", apia), days=1)

    assert result == at("2011-12-31 12:00", apia)


# The end of a day


def test_a_day_ends_with_its_work_and_one_without_work_a_minute_before_midnight():
    calendar = a_calendar(None, "2026-12-25")

    assert calendar.end_of_day(date(2026, 11, 20)) == at("2026-11-20 17:00")
    assert calendar.end_of_day(date(2026, 11, 21)) == at("2026-11-21 23:59")
    assert calendar.end_of_day(date(2026, 12, 25)) == at("2026-12-25 23:59")
    assert a_calendar(ALWAYS).end_of_day(date(2026, 11, 20)) == at("2026-11-21 00:00")


def test_midnight_at_the_end_belongs_to_the_day_before():
    evenings = a_calendar([["18:00", "24:00"]] * 5 + [None] * 2)

    assert evenings.add_working(at("2026-11-20 23:00"), hours=1) == at("2026-11-21 00:00")
    assert evenings.add_working(at("2026-11-21 00:00"), days=1) == at("2026-11-24 00:00")


# What cannot be counted


@pytest.mark.parametrize("count", ["add_working", "subtract_working"])
def test_without_a_working_day_there_is_an_answer_and_no_endless_loop(count):
    calendar = a_calendar([None] * 7)

    with pytest.raises(CalendarError, match="no working days"):
        getattr(calendar, count)(at("2026-11-20 10:00"), hours=1)


def test_what_takes_a_century_is_refused():
    a_minute_a_week = a_calendar([["09:00", "09:01"], *[None] * 6])

    with pytest.raises(CalendarError, match="longer than a century"):
        a_minute_a_week.add_working(at("2026-11-20 10:00"), hours=1_000)
    with pytest.raises(CalendarError, match="longer than a century"):
        a_calendar().add_working(at("9999-12-30 10:00"), days=5)
    with pytest.raises(CalendarError, match="longer than a century"):
        a_calendar().subtract_working(at("0001-01-04 10:00"), days=5)


def test_time_runs_one_way():
    with pytest.raises(ValueError, match="subtract"):
        a_calendar().add_working(at("2026-11-20 10:00"), days=-1)


@pytest.mark.parametrize(
    ("week", "place"),
    [
        (None, None),
        ([["09:00", "17:00"]] * 6, None),
        ("nine to five", None),
        ([*WEEK[:6], ["17:00", "09:00"]], 6),
        ([*WEEK[:6], ["09:00", "09:00"]], 6),
        ([*WEEK[:6], ["24:00", "24:00"]], 6),
        ([["9:00", "17:00"], *WEEK[1:]], 0),
        ([["09:00", "25:00"], *WEEK[1:]], 0),
        ([["09:00\n", "17:00"], *WEEK[1:]], 0),
        ([["09:00"], *WEEK[1:]], 0),
        ([{"from": "09:00"}, *WEEK[1:]], 0),
        ([[9, 17], *WEEK[1:]], 0),
    ],
)
def test_hours_that_are_none_are_refused_with_their_weekday(week, place):
    with pytest.raises(CalendarError) as refused:
        read_week(week)

    assert refused.value.place == place


@pytest.mark.parametrize(
    ("holidays", "place"),
    [
        ("Christmas", None),
        ([{"date": "2026-12-25"}, {"date": "2026-12-25"}], 1),
        ([{"date": "25.12.2026"}], 0),
        ([{"date": "2026-02-29"}], 0),
        ([{"date": "20261225"}], 0),
        ([{"date": "2026-W52-5"}], 0),
        ([{"name": "Christmas"}], 0),
        (["2026-12-25"], 0),
    ],
)
def test_holidays_that_are_none_are_refused_with_their_place(holidays, place):
    with pytest.raises(CalendarError) as refused:
        read_holidays(holidays)

    assert refused.value.place == place


# For any company

ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
        "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca",
    )
]  # fmt: skip


@st.composite
def hours(draw: st.DrawFn) -> list[str] | None:
    start, end = sorted(draw(st.lists(st.integers(0, 96), min_size=2, max_size=2)))
    if start == end:
        return None
    return [f"{n // 4:02}:{n % 4 * 15:02}" for n in (start, end)]


@st.composite
def calendars(draw: st.DrawFn) -> WorkCalendar:
    week = draw(st.lists(hours(), min_size=7, max_size=7).filter(any))
    days = draw(st.sets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=20))
    return WorkCalendar(
        draw(st.sampled_from(ZONES)), week, [{"date": str(day)} for day in sorted(days)]
    )


moments = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
amounts = st.fixed_dictionaries(
    {}, optional={"weeks": st.integers(0, 3), "days": st.integers(0, 20),
                  "hours": st.integers(0, 60), "minutes": st.integers(0, 240)},
)  # fmt: skip


@given(calendars(), moments, amounts)
def test_whatever_is_counted_ends_in_working_time(calendar, start, amount):
    later = calendar.add_working(start, **amount)
    earlier = calendar.subtract_working(start, **amount)

    assert start <= later
    assert earlier <= start
    for moment in (later, earlier):
        day = moment.astimezone(calendar.zone).date()
        shifts = [calendar.shift_of(day), calendar.shift_of(day - timedelta(days=1))]
        assert any(shift and shift.start <= moment <= shift.end for shift in shifts)


@given(calendars(), moments, moments, amounts)
def test_who_starts_later_is_never_due_earlier(calendar, one, other, amount):
    first, second = sorted((one, other))
    # In the hour that a clock shows twice, a later moment has an earlier time of day.
    assume(not any(moment.astimezone(calendar.zone).fold for moment in (first, second)))

    assert calendar.add_working(first, **amount) <= calendar.add_working(second, **amount)
    assert calendar.subtract_working(first, **amount) <= calendar.subtract_working(second, **amount)


@given(calendars(), moments, st.integers(0, 3_000), st.integers(0, 3_000))
def test_counting_in_two_parts_is_counting_once(calendar, start, one, other):
    at_once = calendar.add_working(start, minutes=one + other)
    in_parts = calendar.add_working(calendar.add_working(start, minutes=one), minutes=other)

    assert at_once == in_parts


@given(calendars(), moments, st.integers(1, 3_000))
def test_hours_there_and_back_again(calendar, start, minutes):
    """Not more than a night apart: the end of one day and the beginning of the next are one."""
    later = calendar.add_working(start, minutes=minutes)

    assert calendar.add_working(calendar.subtract_working(later, minutes=minutes)) <= later
    assert (
        calendar.add_working(calendar.subtract_working(later, minutes=minutes), minutes=minutes)
        == later
    )
