"""Writes the parts of an English sentence for a rule; claims.py and phrases.py have the words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from definitions.logic.values import number_words, shortened


class Part(NamedTuple):
    """A piece of a sentence: plain words, the name of a field, or a value written in the rule."""

    kind: Literal["text", "name", "value"]
    text: str


Parts: TypeAlias = "list[Part]"


@dataclass(frozen=True, slots=True)
class Said:
    """One operator that is to be told: its name, its arguments, and whether it is denied."""

    writer: Writer
    name: str
    args: list[Any]
    negated: bool = False

    def phrase(self, arg: int) -> Parts:
        return self.writer.phrase(self.args[arg])

    def verb(self, words: str) -> Parts:
        """Words around "is", denied when the whole is."""
        return plain(f" {words.replace('is', 'is not', 1) if self.negated else words} ")


class Teller(NamedTuple):
    """How an operator is told, given that many arguments."""

    write: Callable[[Said], Parts]
    least: int
    most: int | None


class Tellers(dict[str, Teller]):
    def add(
        self, *names: str, takes: tuple[int, int | None]
    ) -> Callable[[Callable[[Said], Parts]], Callable[[Said], Parts]]:
        def register(write: Callable[[Said], Parts]) -> Callable[[Said], Parts]:
            for name in names:
                self[name] = Teller(write, *takes)
            return write

        return register

    def find(self, name: str | None, args: list[Any]) -> Teller | None:
        teller = self.get(name) if name is not None else None
        if teller is None or not teller.least <= len(args) <= (teller.most or len(args)):
            return None
        return teller


def plain(words: str) -> Parts:
    return [Part("text", words)]


def split(rule: Any) -> tuple[str | None, list[Any]]:
    """The operator and its arguments; None for a plain value."""
    if not isinstance(rule, dict) or len(rule) != 1:
        return None, []
    ((name, args),) = rule.items()
    return str(name), list(args) if isinstance(args, list | tuple) else [args]


def in_brackets(parts: Parts) -> Parts:
    return [*plain("("), *parts, *plain(")")]


def joined(pieces: Iterable[Parts], between: str, last: str | None = None) -> Parts:
    """Pieces with words between them; `last` stands before the last one."""
    result: Parts = []
    listed = list(pieces)
    for index, piece in enumerate(listed):
        if index:
            result += plain(last if last and index == len(listed) - 1 else between)
        result += piece
    return result


class Writer:
    """Tells a rule in two positions: as a claim ("approved is yes"), as a phrase ("approved")."""

    def __init__(
        self,
        claims: Tellers,
        phrases: Tellers,
        labels: Mapping[str, str],
        names: Mapping[str, str],
    ) -> None:
        self.claims = claims
        self.phrases = phrases
        self.labels = labels
        self.names = names
        self.inside = ""  # the list whose rows are being told about

    def tell(self, rule: Any) -> Parts:
        return self.claim(rule) if self.is_claim(rule) else self.phrase(rule)

    def is_claim(self, rule: Any) -> bool:
        """Is this so or not, rather than a value? Of a choice: when every outcome is."""
        name, args = split(rule)
        if name in ("if", "?:"):
            outcomes = [*args[1::2], *(args[-1:] if len(args) % 2 else [None])]
            return all(map(self.is_claim, outcomes))
        return isinstance(rule, bool) or self.claims.find(name, args) is not None

    def claim(self, rule: Any, *, negated: bool = False) -> Parts:
        name, args = split(rule)
        teller = self.claims.find(name, args)
        if teller and self.is_claim(rule):
            return teller.write(Said(self, name or "", args, negated))
        if isinstance(rule, bool):
            return plain("always" if rule is not negated else "never")
        verb = " is not " if negated else " is "
        return [*self.phrase(rule), *plain(verb), Part("value", "yes")]

    def phrase(self, rule: Any) -> Parts:
        name, args = split(rule)
        if name is None:
            return self.value(rule)
        teller = self.phrases.find(name, args)
        if teller:
            return teller.write(Said(self, name, args))
        if self.claims.find(name, args):
            return [*plain("whether "), *self.claim(rule)]
        return [*plain(f"“{shortened(name, 40)}” of "), *self.listed(args)]

    def listed(self, rules: list[Any], last: str = " and ") -> Parts:
        return joined(map(self.phrase, rules), ", ", last) if rules else plain("nothing")

    def value(self, value: Any) -> Parts:
        if value is True or value is False:
            return [Part("value", "yes" if value else "no")]
        if value is None:
            return [Part("value", "empty")]
        if isinstance(value, int | float):
            return [Part("value", number_words(value))]
        if isinstance(value, str):
            return [*plain("“"), Part("value", shortened(value, 60)), *plain("”")]
        if isinstance(value, list | tuple):
            return self.listed(list(value)) if value else plain("an empty list")
        return plain("a group of fields")

    def name(self, path: Any) -> Parts:
        text = "" if path is None else str(path)
        if text == "current" or text.startswith("current."):
            text = text[len("current.") :] if self.inside else text
        if not text:
            return plain("it" if self.inside else "all that is known")
        label = self.labels.get(f"{self.inside}.{text}") or self.labels.get(text)
        return [Part("name", label or shortened(self.names.get(text) or path_words(text), 80))]

    def row(self, source: Any, tell: Callable[[Any], Parts], body: Any) -> Parts:
        """Tell about the rows of a list, where paths mean fields of the row."""
        outside, (name, args) = self.inside, split(source)
        self.inside = str(args[0]) if name == "var" and args else "row"
        try:
            return tell(body)
        finally:
            self.inside = outside


def path_words(path: str) -> str:
    """ticket.price_for_all -> price for all of ticket; items.0 -> row 1 of items."""
    parts = path.replace("_", " ").replace("-", " ").split(".")
    return " of ".join(map(_row_words, reversed(parts)))


def _row_words(part: str) -> str:
    is_row = part.isascii() and part.isdigit() and len(part) < 10
    return f"row {int(part) + 1}" if is_row else part


def short_names(rule: Any) -> dict[str, str]:
    """The last word of each path, and more of it where two paths end alike."""
    paths = set(_paths(rule))
    ends = [path.rpartition(".")[2] for path in paths]
    names = {}
    for path in paths:
        end = path.rpartition(".")[2]
        names[path] = path_words(path if end.isdigit() or ends.count(end) > 1 else end)
    return names


def _paths(rule: Any) -> Iterable[str]:
    waiting = [rule]
    while waiting:
        part = waiting.pop()
        name, args = split(part)
        if name == "var" and args and isinstance(args[0], str):
            yield args[0]
        elif name in ("exists", "missing"):
            yield from (path for path in args if isinstance(path, str))
        elif isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list | tuple):
            waiting.extend(part)
