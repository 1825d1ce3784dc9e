"""Which values tell all others apart, as far as the conditions that read them can tell."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from definitions.logic.values import MISSING, exact, kind_of, read_date
from definitions.logic.writer import split
from definitions.schemas.samples import a_number, sample_of
from definitions.schemas.shape import Kind, Shape

#: More choices than this one condition hardly tells apart.
MOST_VALUES = 40
#: A text that nobody has written into a condition.
ANOTHER_TEXT = "something else"

#: Operators whose outcome depends on their values alone, and changes only at the constants.
_COMPARING = {"==", "===", "!=", "!==", "<", "<=", ">", ">="}
_JOINING = {"and", "or", "!", "!!", "if", "?:"}


def constants(rules: Iterable[Any]) -> list[Any]:
    """Every plain value that is written in the rules, each once, in their order."""
    found: list[Any] = []
    waiting = list(rules)
    while waiting:
        part = waiting.pop(0)
        name, args = split(part)
        if name in ("var", "get", "exists", "missing"):
            waiting = [*args[1:], *waiting] if name == "var" else waiting
        elif isinstance(part, dict):
            waiting = [*args, *waiting]
        elif isinstance(part, list):
            waiting = [*part, *waiting]
        elif part is not None and not _holds(found, part):
            found.append(part)
    return found


def values_of(shapes: Sequence[Shape], written: Sequence[Any]) -> list[Any]:
    """Values to try, those that nobody wrote down first; the last is MISSING: there is none."""
    found: list[Any] = []
    for shape in shapes:
        found += [one for one in _values(shape, written) if not _holds(found, one)]
    return [*found[:MOST_VALUES], MISSING]


def tell_all(shapes: Sequence[Shape]) -> bool:
    """Whether the values to try stand for every value there can be."""
    return all(_is_plain(shape) for shape in shapes)


def is_plain_rule(rule: Any) -> bool:
    """Whether a rule only asks how single values compare with what is written in it."""
    name, args = split(rule)
    if name is None:
        return isinstance(rule, bool)
    if name in _JOINING:
        return all(map(is_plain_rule, args))
    if name == "exists":
        return True
    if name == "var":
        return len(args) == 1  # a yes or no, or an error
    if name in _COMPARING:
        return sum(_is_reading(one) for one in args) == 1 and all(map(_is_operand, args))
    if name == "in" and len(args) == 2:
        is_list = isinstance(args[1], list) and all(split(one)[0] is None for one in args[1])
        return is_list and _is_reading(args[0])
    return False


def _is_operand(rule: Any) -> bool:
    return _is_reading(rule) or not isinstance(rule, dict | list)


def _is_reading(rule: Any) -> bool:
    name, args = split(rule)
    return name == "var" and len(args) == 1


def _is_plain(shape: Shape) -> bool:
    if shape.choices:
        return len(shape.choices) < MOST_VALUES
    if shape.kind is Kind.BOOLEAN:
        return True
    if shape.kind in {Kind.NUMBER, Kind.INTEGER}:
        return shape.get("multipleOf") is None
    return shape.kind is Kind.STRING and shape.get("type") == "string" and not shape.format


def _values(shape: Shape, written: Sequence[Any]) -> Iterator[Any]:
    if shape.choices:
        yield from (one.value for one in shape.choices if one.value is not None)
    elif shape.kind is Kind.BOOLEAN:
        yield from (False, True)
    elif shape.kind in {Kind.NUMBER, Kind.INTEGER}:
        yield from _numbers(shape, written)
    elif shape.kind is Kind.STRING:
        yield from _texts(shape, written)
    elif shape.kind is Kind.CHOICES and shape.items is not None:
        ways = [one.value for one in shape.items.choices or ()]
        yield from ([], *([one] for one in ways), ways)
    else:
        yield sample_of(shape)
        yield sample_of(shape, whole=True)


def _numbers(shape: Shape, written: Sequence[Any]) -> Iterator[Any]:
    """The bounds, what is written, and one number of each gap between these."""
    bounds = [shape.get(word) for word in _BOUNDS]
    named = [one for one in [*written, *bounds] if _is_number(one)]
    marks = sorted(set(named), key=float)
    whole = shape.kind is Kind.INTEGER
    tried = [marks[0] - 1, marks[-1] + 1] if marks else [a_number(shape)]
    for low, high in pairwise(marks):
        tried.append(low + 1 if high - low > 1 else (low + high) / 2)
    tried += marks
    step = shape.get("multipleOf") or (1 if whole else None)
    if step:
        tried = [(one // step + more) * step for one in tried for more in (0, 1, -1, 2)]
    for one in tried:
        if _is_within(shape, one):
            yield int(one) if one == int(one) else one


_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def _is_within(shape: Shape, value: float) -> bool:
    low, high, above, below = (shape.get(word) for word in _BOUNDS)
    return not (
        (_is_number(low) and value < low)
        or (_is_number(high) and value > high)
        or (_is_number(above) and value <= above)
        or (_is_number(below) and value >= below)
    )


def _texts(shape: Shape, written: Sequence[Any]) -> Iterator[str]:
    texts = [one for one in written if isinstance(one, str)]
    if shape.format in {"date", "date-time"}:
        days = [day for text in texts if (day := read_date(text[:10])) is not None]
        yield from _days(days, "T12:00:00Z" if shape.format == "date-time" else "")
        return
    other = ANOTHER_TEXT
    while other in texts:
        other += " again"
    if not shape.format:
        yield other
    yield sample_of(shape)
    yield from texts


def _days(days: Sequence[date], end: str) -> Iterator[str]:
    for day in days or [date(2026, 6, 1)]:
        for later in (0, -1, 1):
            if date.min.year + 1 < day.year < date.max.year:
                yield (day + timedelta(days=later)).isoformat() + end


def _is_number(value: Any) -> bool:
    return kind_of(value) == "number" and exact(value) is not None


def _holds(found: Sequence[Any], value: Any) -> bool:
    """1 and true are not the same."""
    return any(type(one) is type(value) and one == value for one in found)
