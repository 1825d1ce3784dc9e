"""What the database can keep: `jsonb` refuses some texts and numbers that JSON and Python allow."""

from dataclasses import dataclass
from math import isfinite

from definitions.schemas.problem import JSON, Path, Problem, pointer


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes above which a document is refused. `characters` counts all texts and names together."""

    depth: int = 40
    places: int = 20_000
    text: int = 65_536
    name: int = 500
    characters: int = 1_000_000
    digits: int = 100


ANSWERS = Limits()
#: A list of places that is longer than this helps nobody.
MOST_PROBLEMS = 50


def check_storable(value: JSON, limits: Limits = ANSWERS) -> list[Problem]:
    """Why `value` cannot be kept; empty if it can.

    Only plain JSON passes: finite numbers, texts without NUL and lone surrogates, names that are
    texts, everything within the limits. Does not recurse, so no depth can hurt it.
    """
    return Survey(value, limits).problems


class Survey:
    """One walk over a value; `places` and `characters` are its measured size."""

    def __init__(self, value: JSON, limits: Limits = ANSWERS) -> None:
        self.limits = limits
        self.places = 0
        self.characters = 0
        self.problems: list[Problem] = []
        self._walk(value)

    def _walk(self, value: JSON) -> None:
        waiting: list[tuple[Path, JSON]] = [((), value)]
        while waiting and len(self.problems) < MOST_PROBLEMS:
            path, node = waiting.pop()
            self.places += 1
            if self._is_too_much(path):
                return
            if isinstance(node, dict | list):
                waiting.extend(reversed(self._inside(path, node)))
            else:
                self._look_at(path, node)

    def _is_too_much(self, path: Path) -> bool:
        limits = self.limits
        if self.places > limits.places:
            self._add((), f"Too much in one go: at most {limits.places:,} entries can be kept.")
        elif self.characters > limits.characters:
            self._add((), f"Too long: at most {limits.characters:,} characters can be kept.")
        elif len(path) > limits.depth:
            self._add((), f"Nested deeper than {limits.depth} levels.")
        else:
            return False
        return True

    def _inside(self, path: Path, node: JSON) -> list[tuple[Path, JSON]]:
        if isinstance(node, list):
            return [((*path, number), entry) for number, entry in enumerate(node)]
        for name in node:
            if not isinstance(name, str):
                self._add(path, "Names must be text.")
            elif len(name) > self.limits.name:
                self._add(path, f"A name is longer than {self.limits.name} characters.")
            elif not is_storable_text(name):
                self._add(path, "A name has a character that cannot be stored.")
            else:
                self.characters += len(name)
        return [((*path, name), entry) for name, entry in node.items() if isinstance(name, str)]

    def _look_at(self, path: Path, node: JSON) -> None:
        if isinstance(node, str):
            self._look_at_text(path, node)
        elif isinstance(node, bool) or node is None:
            return
        elif isinstance(node, int):
            # 10 ** digits has 3.33 bits per digit; asking for them never makes the number a text.
            if node.bit_length() > self.limits.digits * 10 // 3:
                self._add(path, f"Number too large: at most {self.limits.digits} digits.")
        elif isinstance(node, float):
            if not isfinite(node):
                self._add(path, "Not a finite number.")
        else:
            self._add(path, f"A value of type {type(node).__name__} cannot be stored.")

    def _look_at_text(self, path: Path, text: str) -> None:
        self.characters += len(text)
        if len(text) > self.limits.text:
            self._add(
                path,
                f"At most {self.limits.text:,} characters; this has {len(text):,}.",
            )
        elif not is_storable_text(text):
            self._add(path, "Text has a character that cannot be stored.")

    def _add(self, path: Path, message: str) -> None:
        self.problems.append(Problem(pointer(path), message, "storable"))


def is_storable_text(text: str) -> bool:
    """Whether PostgreSQL takes the text: no NUL, and nothing that has no UTF-8."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
