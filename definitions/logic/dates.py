"""Strict operators on dates. The clock is passed in and stands still during an evaluation."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import Any

from definitions.logic.nodes import (
    Call,
    Closure,
    Node,
    Operators,
    Run,
    missing_or_wrong,
    number_of,
)
from definitions.logic.values import Kind, kind_of, read_date

OPERATORS = Operators()
_DAYS = {"days": 1, "weeks": 7}
_MONTHS = {"months": 1, "years": 12}
_SECONDS = {"minutes": 60, "hours": 3600}
UNITS = (*_SECONDS, *_DAYS, *_MONTHS)


@OPERATORS.add("now", takes=(0, 0), gives="datetime")
def now(_call: Call) -> Closure:
    return lambda _scope, run: run.clock()


@OPERATORS.add("today", takes=(0, 0), gives="date")
def today(_call: Call) -> Closure:
    return lambda _scope, run: run.clock().date()


def read_datetime(text: str) -> datetime | None:
    """RFC 3339: a date, T or a space, a time, and the offset from UTC."""
    if len(text) > 40 or text[10:11] not in ("T", "t", " ") or not read_date(text[:10]):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


@OPERATORS.add("date", takes=(1, 1), gives="date")
def to_date(call: Call) -> Closure:
    call.expect(0, "text", "date", "datetime")
    (node,) = call.args
    _check_literal(call, node, read_date, "a date such as 2026-11-30")

    def convert(scope: Any, run: Run) -> date:
        value = node.run(scope, run)
        kind = kind_of(value)
        if kind == "date":
            return value  # type: ignore[no-any-return]
        if kind == "datetime":
            return _day_of(call, value, run)
        found = read_date(value) if isinstance(value, str) else None
        if found is None:
            raise missing_or_wrong(node, value, scope, run, "needs a date such as 2026-11-30")
        return found

    return convert


def _day_of(call: Call, moment: datetime, run: Run) -> date:
    """Which day it is depends on where one stands: the time zone is the clock's."""
    try:
        return moment.astimezone(run.clock().tzinfo).date()
    except OverflowError:
        raise call.cannot("gives a day outside of the calendar") from None


@OPERATORS.add("datetime", takes=(1, 1), gives="datetime")
def to_datetime(call: Call) -> Closure:
    call.expect(0, "text", "datetime")
    (node,) = call.args
    example = "a date and time with its offset, such as 2026-11-30T14:00:00+01:00"
    _check_literal(call, node, read_datetime, example)

    def convert(scope: Any, run: Run) -> datetime:
        value = node.run(scope, run)
        if kind_of(value) == "datetime":
            return value  # type: ignore[no-any-return]
        found = read_datetime(value) if isinstance(value, str) else None
        if found is None:
            raise missing_or_wrong(node, value, scope, run, f"needs {example}")
        return found

    return convert


def _check_literal(call: Call, node: Node, read: Any, example: str) -> None:
    if node.constant and isinstance(node.rule, str) and read(node.rule) is None:
        call.problem(f"“{node.rule[:40]}” is not {example}.", arg=0)


def _unit(call: Call) -> str:
    unit = call.raw[2]
    if unit in UNITS if isinstance(unit, str) else False:
        return str(unit)
    call.problem(f"“{call.name}” counts in {', '.join(UNITS)}.", arg=2)
    return "days"


def _moment(node: Node, value: Any, scope: Any, run: Run) -> date | datetime:
    if kind_of(value) in ("date", "datetime"):
        return value  # type: ignore[no-any-return]
    raise missing_or_wrong(node, value, scope, run, "needs a date here")


def _kind_of_first(call: Call) -> Kind | None:
    return call.args[0].gives


@OPERATORS.add("date_add", takes=(3, 3), gives=_kind_of_first)
def date_add(call: Call) -> Closure:
    """[date, how many, unit]. A month later is the same day, or the last one of a shorter month."""
    unit = _unit(call)
    call.expect(0, "date", "datetime")
    call.expect(1, "number")
    start, amount, _ = call.args
    if unit in _SECONDS and start.gives == "date":
        call.problem(f"A date has no {unit}; use a datetime.", arg=2)

    def add(scope: Any, run: Run) -> date | datetime:
        moment = _moment(start, start.run(scope, run), scope, run)
        count = number_of(amount, amount.run(scope, run), scope, run, "count with")
        if count != int(count):
            raise missing_or_wrong(amount, count, scope, run, "needs a whole number here")
        if unit in _SECONDS and not isinstance(moment, datetime):
            raise missing_or_wrong(start, moment, scope, run, f"adds {unit}, which a date has not")
        try:
            return _later(moment, int(count), unit)
        except (OverflowError, ValueError):
            raise call.cannot("leaves the calendar") from None

    return add


def _later(moment: date, count: int, unit: str) -> date:
    if unit in _MONTHS:
        return _months_later(moment, count * _MONTHS[unit])
    if unit in _DAYS:
        return moment + timedelta(days=count * _DAYS[unit])
    if not isinstance(moment, datetime):
        raise TypeError("a date has no hours; date_add refused it before")
    # Hours are counted on a clock that never jumps, days on the wall's.
    seconds = timedelta(seconds=count * _SECONDS[unit])
    return (moment.astimezone(UTC) + seconds).astimezone(moment.tzinfo)


def _months_later(moment: date, months: int) -> date:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


@OPERATORS.add("date_diff", takes=(3, 3), gives="number")
def date_diff(call: Call) -> Closure:
    """[from, to, unit]: whole units that have passed, negative when `to` is earlier."""
    unit = _unit(call)
    for index in (0, 1):
        call.expect(index, "date", "datetime")
    start, end, _ = call.args

    def count(scope: Any, run: Run) -> int:
        first = _moment(start, start.run(scope, run), scope, run)
        second = _moment(end, end.run(scope, run), scope, run)
        if isinstance(first, datetime) is not isinstance(second, datetime):
            raise missing_or_wrong(end, second, scope, run, "needs two dates, or two with a time")
        if unit in _SECONDS and not isinstance(first, datetime):
            raise missing_or_wrong(start, first, scope, run, f"counts {unit}, which a date has not")
        try:
            return -_passed(second, first, unit) if second < first else _passed(first, second, unit)
        except (OverflowError, ValueError):
            raise call.cannot("leaves the calendar") from None

    return count


def _passed(first: date, second: date, unit: str) -> int:
    """Whole units between an earlier and a later moment; a day of two moments is 24 hours."""
    if isinstance(first, datetime) and isinstance(second, datetime):
        first, second = first.astimezone(UTC), second.astimezone(UTC)
    if unit in _MONTHS:
        months = (second.year - first.year) * 12 + second.month - first.month
        if months and _months_later(first, months) > second:
            months -= 1
        return months // _MONTHS[unit]
    between = second - first
    if unit in _DAYS:
        return between.days // _DAYS[unit]
    return int(between.total_seconds()) // _SECONDS[unit]
