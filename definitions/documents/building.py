"""A document grows from events, within its limits; the line of every place is remembered."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from definitions.errors import BundleInvalid, Problem
from definitions.schemas import JSON, pointer, steps

MOST_PROBLEMS = 100
SURROGATE = re.compile(r"[\ud800-\udfff]")
#: 64 bits; larger numbers change their value in most programs that read JSON.
LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused before it can cost anything. `text` and `name` count characters."""

    bytes: int = 2_000_000
    depth: int = 40
    values: int = 300_000
    text: int = 65_536
    name: int = 500


LIMITS = Limits()


@dataclass(slots=True)
class Spot:
    """Where a group or list begins, and its members: their names' lines or spots.

    `written`: how those members are written that are text to people and something else to JSON.
    """

    line: int
    inside: dict[str | int, tuple[int, "Spot | None"]] = field(default_factory=dict)
    written: dict[str | int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """A value, and where in its text each part of it stands."""

    value: JSON
    name: str = ""
    root: Spot | None = None

    def line_of(self, place: str) -> int | None:
        """The line of a JSON pointer, or of what is nearest above it; None without a text."""
        if self.root is None:
            return None
        line, spot = self.root.line, self.root
        for step in steps(place):
            found = spot.inside.get(step) or spot.inside.get(int(step) if step.isdecimal() else "")
            if found is None:
                break
            line, inner = found
            if inner is None:
                break
            spot = inner
        return line

    def written_at(self, place: str) -> str | None:
        """How a number, true, false or null is written there; None where nothing is known.

        The version 3.10 is the number 3.1 to every reader of YAML.
        """
        spot: Spot | None = self.root
        *way, last = ("", *steps(place))
        for step in way[1:]:
            if spot is None:
                return None
            found = spot.inside.get(step) or spot.inside.get(int(step) if step.isdecimal() else "")
            spot = found[1] if found else None
        if spot is None:
            return None
        return spot.written.get(last) or spot.written.get(int(last) if last.isdecimal() else "")


class TooMuch(Exception):
    """Reading has to stop here; why is among the problems."""


@dataclass(slots=True)
class _Frame:
    container: dict[str, Any] | list[Any]
    spot: Spot
    key: str = ""
    key_line: int = 0
    has_key: bool = False


class Builder:
    """Takes open, key, scalar and close in the order of the text. Does not recurse."""

    def __init__(self, limits: Limits, *, has_lines: bool) -> None:
        self.limits = limits
        self.problems: list[Problem] = []
        self.value: JSON = None
        self.root = Spot(1)
        self._has_lines = has_lines
        self._frames: list[_Frame] = []
        self._values = 0
        self._is_begun = False

    @property
    def expects_key(self) -> bool:
        frame = self._frames[-1] if self._frames else None
        return frame is not None and isinstance(frame.container, dict) and not frame.has_key

    @property
    def is_done(self) -> bool:
        return self._is_begun and not self._frames

    def open_group(self, line: int) -> None:
        self._open({}, line)

    def open_list(self, line: int) -> None:
        self._open([], line)

    def close(self) -> None:
        self._frames.pop()

    def key(self, name: str, line: int) -> None:
        frame = self._frames[-1]
        container = frame.container
        if isinstance(container, dict) and name in container:
            first = frame.spot.inside[name][0]
            since = f" It is there on line {first} already." if self._has_lines else ""
            self.add("duplicate-name", f"“{_short(name)}” appears twice.{since}", line)
        if len(name) > self.limits.name:
            self.add("name-too-long", f"A name is longer than {self.limits.name} characters.", line)
        frame.key, frame.key_line, frame.has_key = self._storable(name, line), line, True

    def scalar(self, value: JSON, line: int, written: str = "") -> None:
        if written and not isinstance(value, str) and self._frames:
            frame = self._frames[-1]
            place = frame.key if isinstance(frame.container, dict) else len(frame.container)
            frame.spot.written[place] = written
        if isinstance(value, str):
            if len(value) > self.limits.text:
                message = f"A text has {len(value):,} characters; at most {self.limits.text:,}."
                self.add("text-too-long", message, line)
            value = self._storable(value, line)
        elif isinstance(value, int) and not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            self.add("number-too-large", "Number too large: at most 18 digits.", line)
        self._put(value, line, None)

    def add(self, rule: str, message: str, line: int, hint: str = "") -> None:
        """Note a problem at the place where the next value will be."""
        shown = line if self._has_lines else None
        self.problems.append(Problem(rule, message, self._place(), hint, shown))
        if len(self.problems) >= MOST_PROBLEMS:
            raise TooMuch

    def stop(self, rule: str, message: str, line: int, hint: str = "") -> TooMuch:
        """Note a problem after which there is no sense in going on; raise the answer."""
        self.add(rule, message, line, hint)
        return TooMuch()

    def _open(self, container: dict[str, Any] | list[Any], line: int) -> None:
        if len(self._frames) >= self.limits.depth:
            raise self.stop("too-deep", f"Nested deeper than {self.limits.depth} levels.", line)
        spot = Spot(line)
        self._put(container, line, spot)
        self._frames.append(_Frame(container, spot))

    def _put(self, value: JSON, line: int, spot: Spot | None) -> None:
        self._values += 1
        if self._values > self.limits.values:
            raise self.stop("too-many", f"More than {self.limits.values:,} values.", line)
        if not self._frames:
            self.value, self.root, self._is_begun = value, spot or Spot(line), True
            return
        frame = self._frames[-1]
        if isinstance(frame.container, dict):
            frame.container[frame.key] = value
            frame.spot.inside[frame.key] = (frame.key_line, spot)
            frame.has_key = False
        else:
            frame.spot.inside[len(frame.container)] = (line, spot)
            frame.container.append(value)

    def _storable(self, text: str, line: int) -> str:
        if "\0" in text or SURROGATE.search(text):
            self.add("unstorable-text", "Text has a character that cannot be stored.", line)
            return SURROGATE.sub("", text.replace("\0", ""))
        return text

    def _place(self) -> str:
        path: list[str | int] = []
        for frame in self._frames:
            is_last = frame is self._frames[-1]
            if isinstance(frame.container, list):
                path.append(len(frame.container) - (not is_last))
            elif frame.has_key or not is_last:
                path.append(frame.key)
        return pointer(path)


def build(
    feed: Callable[[Builder], None],
    *,
    name: str = "",
    has_lines: bool = True,
    limits: Limits = LIMITS,
) -> Document:
    """The document that `feed` describes to a builder.

    Raises:
        BundleInvalid: anything is wrong.
    """
    builder = Builder(limits, has_lines=has_lines)
    with suppress(TooMuch):
        feed(builder)
    if builder.problems:
        raise BundleInvalid(builder.problems)
    return Document(builder.value, name, builder.root if has_lines else None)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"
