"""Words for the operators that give a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from definitions.logic.values import read_date
from definitions.logic.writer import (
    Part,
    Parts,
    Said,
    Tellers,
    in_brackets,
    joined,
    plain,
    split,
)

PHRASES = Tellers()
_SIGNS: Final = {"+": " + ", "-": " \N{MINUS SIGN} ", "*": " \N{MULTIPLICATION SIGN} ", "/": " ÷ "}
_BEFORE: Final = {
    "max": "the largest of ",
    "min": "the smallest of ",
    "sum": "the sum of ",
    "count": "the number of ",
    "reduce": "a value made from ",
    "substr": "a part of ",
}
_AFTER: Final = {"lower": " in small letters", "upper": " in capitals"}


@PHRASES.add("if", "?:", takes=(2, None))
def value_if(said: Said) -> Parts:
    return choice(said, said.writer.phrase)


def choice(said: Said, tell: Callable[[Any], Parts]) -> Parts:
    tests, values = said.args[0:-1:2], said.args[1::2]
    pairs = [
        [*tell(value), *plain(" if "), *said.writer.claim(test)]
        for test, value in zip(tests, values, strict=False)
    ]
    otherwise = tell(said.args[-1]) if len(said.args) % 2 else plain("nothing")
    return [*joined(pairs, ", "), *plain(", otherwise "), *otherwise]


@PHRASES.add("var", takes=(0, 2))
def field(said: Said) -> Parts:
    name = said.writer.name(said.args[0] if said.args else "")
    if len(said.args) < 2:
        return name
    return [*name, *plain(" (or "), *said.phrase(1), *plain(" when empty)")]


@PHRASES.add("get", takes=(1, 3))
def pointed(said: Said) -> Parts:
    pointer = said.args[0 if len(said.args) == 1 else 1]
    name = said.writer.name(str(pointer).lstrip("/").replace("/", "."))
    return name if len(said.args) == 1 else [*name, *plain(" of "), *said.phrase(0)]


@PHRASES.add("missing", takes=(0, None))
def missing(said: Said) -> Parts:
    first = said.args[0] if said.args else None
    paths = first if isinstance(first, list) else said.args
    return [*plain("what is empty of "), *joined(map(said.writer.name, paths), ", ", " and ")]


@PHRASES.add("missing_some", takes=(2, 2))
def missing_some(said: Said) -> Parts:
    paths = said.args[1] if isinstance(said.args[1], list) else [said.args[1]]
    names = joined(map(said.writer.name, paths), ", ", " and ")
    return [*plain("what is empty of "), *names, *plain(" if fewer than "), *said.phrase(0)]


@PHRASES.add("+", "-", "*", "/", takes=(1, None))
def calculation(said: Said) -> Parts:
    if len(said.args) == 1:
        return [*plain("minus " if said.name == "-" else ""), *_operand(said, said.args[0])]
    return joined((_operand(said, rule) for rule in said.args), _SIGNS[said.name])


def _operand(said: Said, rule: Any) -> Parts:
    name, args = split(rule)
    phrase = said.writer.phrase(rule)
    return in_brackets(phrase) if name in _SIGNS and len(args) > 1 else phrase


@PHRASES.add("%", takes=(2, 2))
def remainder(said: Said) -> Parts:
    division = joined((_operand(said, rule) for rule in said.args), _SIGNS["/"])
    return [*plain("what is left of "), *division]


@PHRASES.add("max", "min", takes=(1, None))
@PHRASES.add("sum", "count", takes=(1, 1))
@PHRASES.add("reduce", takes=(3, 3))
@PHRASES.add("substr", takes=(2, 3))
def words_before(said: Said) -> Parts:
    told = said.args if said.name in ("max", "min") else said.args[:1]
    return [*plain(_BEFORE[said.name]), *said.writer.listed(told)]


@PHRASES.add("lower", "upper", takes=(1, 1))
def words_after(said: Said) -> Parts:
    return [*said.phrase(0), *plain(_AFTER[said.name])]


@PHRASES.add("round", takes=(1, 2))
def rounded(said: Said) -> Parts:
    if len(said.args) == 1:
        return [*said.phrase(0), *plain(" rounded")]
    return [*said.phrase(0), *plain(" rounded to "), *said.phrase(1), *plain(" decimals")]


@PHRASES.add("map", takes=(2, 2))
def each(said: Said) -> Parts:
    body = said.writer.row(said.args[0], said.writer.phrase, said.args[1])
    return [*body, *plain(" of each of "), *said.phrase(0)]


@PHRASES.add("filter", takes=(2, 2))
def only(said: Said) -> Parts:
    body = said.writer.row(said.args[0], said.writer.claim, said.args[1])
    return [*said.phrase(0), *plain(" where "), *body]


@PHRASES.add("merge", "cat", takes=(1, None))
def together(said: Said) -> Parts:
    listed = said.writer.listed(said.args)
    return [*listed, *plain(" put together")] if len(said.args) > 1 else listed


@PHRASES.add("now", "today", takes=(0, None))
def clock(said: Said) -> Parts:
    return plain(said.name)


@PHRASES.add("date", "datetime", takes=(1, 1))
def moment(said: Said) -> Parts:
    written = said.args[0]
    if not isinstance(written, str):
        return said.phrase(0)
    day = read_date(written)
    return [Part("value", f"{day.day} {day:%B} {day.year}" if day else written or "no date")]


@PHRASES.add("date_add", takes=(3, 3))
def later(said: Said) -> Parts:
    start, amount, unit = said.args
    earlier = isinstance(amount, int | float) and amount < 0
    count = said.writer.phrase(-amount if earlier else amount)
    words = str(unit).removesuffix("s") if amount in (1, -1) else str(unit)
    order = "before" if earlier else "after"
    return [*count, *plain(f" {words} {order} "), *said.writer.phrase(start)]


@PHRASES.add("date_diff", takes=(3, 3))
def between(said: Said) -> Parts:
    unit = said.args[2]
    return [*plain(f"the {unit} from "), *said.phrase(0), *plain(" to "), *said.phrase(1)]
