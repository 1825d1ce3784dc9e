"""Numbers as people type them and as JSON keeps them, without a digit changing on the way."""

import re
from decimal import Decimal, InvalidOperation

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?\Z", re.ASCII)

LONGEST = 200
MOST_DIGITS = 100


def is_number(text: str) -> bool:
    return len(text) <= LONGEST and bool(_NUMBER.match(text))


class Inexact(ValueError):
    """The number has more digits than a JSON number can be relied on to keep."""


def read_number(text: str) -> int | float | None:
    """ "12.50" -> 12.5, "3.0" -> 3; None if it is no number.

    Raises:
        Inexact: digits would be lost.
    """
    text = text.strip()
    if not is_number(text):
        return None
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return None
    if exact and not -MOST_DIGITS <= exact.adjusted() <= MOST_DIGITS:
        raise Inexact
    if exact == exact.to_integral_value():
        return int(exact)
    near = float(exact)
    if Decimal(repr(near)) != exact:
        raise Inexact
    return near


def show_number(value: int | float) -> str:
    """As a number field takes it: never in powers of ten."""
    if isinstance(value, int):
        return str(value)
    try:
        return format(Decimal(repr(value)), "f")
    except (InvalidOperation, ValueError):
        return str(value)
