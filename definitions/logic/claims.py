"""Words for the operators that are so or not."""

from __future__ import annotations

from typing import Any, Final

from definitions.logic.phrases import choice
from definitions.logic.writer import Parts, Said, Tellers, in_brackets, joined, plain, split

CLAIMS = Tellers()

_MOMENTS: Final = frozenset({"date", "datetime", "today", "now", "date_add"})
_FLIPPED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ORDER_WORDS: Final = {
    "<": ("is under", "is before"),
    "<=": ("is at most", "is on or before"),
    ">": ("is over", "is after"),
    ">=": ("is at least", "is on or after"),
}
_BRACKETED: Final = frozenset({"and", "or", "if", "?:"})


@CLAIMS.add("and", "or", takes=(1, None))
def all_or_any(said: Said) -> Parts:
    if said.negated and len(said.args) > 1:
        return [*plain("not "), *in_brackets(all_or_any(Said(said.writer, said.name, said.args)))]

    def one(rule: Any) -> Parts:
        inner, args = split(rule)
        claim = said.writer.claim(rule, negated=said.negated)
        is_open = inner in _BRACKETED and inner != said.name and len(args) > 1
        return in_brackets(claim) if is_open else claim

    return joined(map(one, said.args), f" {said.name} ")


@CLAIMS.add("!", takes=(1, 1))
def denied(said: Said) -> Parts:
    return said.writer.claim(said.args[0], negated=not said.negated)


@CLAIMS.add("!!", takes=(1, 1))
def affirmed(said: Said) -> Parts:
    return said.writer.claim(said.args[0], negated=said.negated)


@CLAIMS.add("==", "===", "!=", "!==", takes=(2, 2))
def equal(said: Said) -> Parts:
    left, right = said.args
    if split(left)[0] is None and split(right)[0] is not None:
        left, right = right, left
    negated = said.negated is not said.name.startswith("!")
    verb = plain(" is not " if negated else " is ")
    return [*said.writer.phrase(left), *verb, *said.writer.phrase(right)]


@CLAIMS.add("<", "<=", ">", ">=", takes=(2, 3))
def compared(said: Said) -> Parts:
    is_moment = any(split(rule)[0] in _MOMENTS for rule in said.args)
    if len(said.args) == 3:
        return _between(said, is_moment)
    name, (left, right) = said.name, said.args
    if split(left)[0] is None:
        left, right, name = right, left, _FLIPPED[name]
    verb = said.verb(_ORDER_WORDS[name][is_moment])
    return [*said.writer.phrase(left), *verb, *said.writer.phrase(right)]


def _between(said: Said, is_moment: bool) -> Parts:
    low, middle, high = map(said.writer.phrase, said.args)
    above = plain(f" {_ORDER_WORDS[_FLIPPED[said.name]][is_moment]} ")
    below = plain(f" and {_ORDER_WORDS[said.name][is_moment].removeprefix('is ')} ")
    whole = [*middle, *above, *low, *below, *high]
    return [*plain("not "), *in_brackets(whole)] if said.negated else whole


@CLAIMS.add("in", takes=(2, 2))
def among(said: Said) -> Parts:
    needle, haystack = said.args
    if isinstance(haystack, list):
        options = said.writer.listed(haystack, " or ")
        return [*said.phrase(0), *said.verb("is one of" if len(haystack) > 1 else "is"), *options]
    if split(needle)[0] is None:
        contains = plain(" does not contain " if said.negated else " contains ")
        return [*said.phrase(1), *contains, *said.phrase(0)]
    return [*said.phrase(0), *said.verb("is in"), *said.phrase(1)]


@CLAIMS.add("exists", takes=(1, None))
def has_value(said: Said) -> Parts:
    names = joined(map(said.writer.name, said.args), ", ", " and ")
    if len(said.args) > 1:
        return [*names, *plain(" do not all have a value" if said.negated else " all have a value")]
    return [*names, *plain(" has no value" if said.negated else " has a value")]


@CLAIMS.add("all", "some", "none", takes=(2, 2))
def of_rows(said: Said) -> Parts:
    words = {"all": "for each of ", "some": "for at least one of ", "none": "for none of "}
    start = plain(("not " if said.negated else "") + words[said.name])
    body = said.writer.row(said.args[0], said.writer.claim, said.args[1])
    return [*start, *said.phrase(0), *plain(" "), *in_brackets(body)]


@CLAIMS.add("if", "?:", takes=(3, None))
def claim_if(said: Said) -> Parts:
    return choice(said, lambda rule: said.writer.claim(rule, negated=said.negated))
