"""What is wrong with a value or a schema, where, and the words for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

#: Anything that JSON can say; a recursive type would need a cast at every step into it.
JSON = Any

#: The way from the root of a document to a place in it: names of properties, numbers of entries.
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `path` is a JSON pointer (RFC 6901; "" is the whole). For a missing property it is the place
    where the property should be ("/approved"). `message` is for the person who can mend it;
    `keyword` is for programs: the JSON Schema keyword, or a word of our own ("storable").
    """

    path: str
    message: str
    keyword: str = ""


class UnusableSchema(ValueError):
    """A schema that cannot be used; `problems` says why, each with its place in the schema."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{p.path or '(root)'}: {p.message}" for p in problems[:5]))


def pointer(path: Iterable[str | int]) -> str:
    """("a/b", 0) -> "/a~1b/0"."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def steps(json_pointer: str) -> tuple[str, ...]:
    """ "/a~1b/0" -> ("a/b", "0")."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in json_pointer.split("/")[1:])
