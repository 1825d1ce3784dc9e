"""What was sent to another system and what came back, as text that can be read."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from admin_site.desk.advice import status_words

#: Deeper than this an indented text is wider than any page, and grows with the square of its size.
DEEPEST = 30
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True)
class Message:
    """One direction. `first` is its first line ("POST https://…", "422 Unprocessable Entity")."""

    first: str
    headers: str = ""
    body: str = ""

    @property
    def text(self) -> str:
        """All of it, for the clipboard."""
        return "\n\n".join(part for part in (self._head, self.body) if part)

    @property
    def _head(self) -> str:
        return "\n".join(part for part in (self.first, self.headers) if part)


def request_of(record: Mapping[str, Any]) -> Message | None:
    """From `outgoing.record_of_call`; None when the call could not even be made up."""
    if not record:
        return None
    return Message(
        f"{record.get('method', '')} {record.get('url', '')}".strip(),
        _headers(record),
        pretty(str(record.get("body") or "")),
    )


def answer_of(record: Mapping[str, Any] | None) -> Message | None:
    """From `outgoing.record_of_answer`; None when no answer came."""
    if not record:
        return None
    status = record.get("status")
    first = status_words(status) if isinstance(status, int) else ""
    return Message(first, _headers(record), pretty(str(record.get("body") or "")))


def value_as_text(value: Any) -> str:
    """A stored value, indented."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def pretty(text: str) -> str:
    """JSON on lines of its own; any other text, and what is too deep, as it is.

    Nothing but blanks is changed: what another system wrote is shown as it wrote it, 1.0 as 1.0.
    """
    try:
        json.loads(text, parse_int=str)
    except (ValueError, RecursionError):
        return text
    tokens = _TOKEN.findall(text)
    if _depth(tokens) > DEEPEST:
        return text
    return "".join(_indented(tokens))


def _depth(tokens: list[str]) -> int:
    deepest = depth = 0
    for token in tokens:
        depth += (token in ("{", "[")) - (token in ("}", "]"))
        deepest = max(deepest, depth)
    return deepest


def _indented(tokens: list[str]) -> Iterator[str]:
    depth, before = 0, ""
    for token in tokens:
        if token in ("}", "]"):
            depth -= 1
            if before not in ("{", "["):
                yield _line(depth)
        elif before in ("{", "[") or before == ",":
            yield _line(depth)
        elif before == ":":
            yield " "
        yield token
        depth += token in ("{", "[")
        before = token


def _line(depth: int) -> str:
    return "\n" + "  " * depth


def _headers(record: Mapping[str, Any]) -> str:
    headers = record.get("headers")
    listed = headers.items() if isinstance(headers, Mapping) else ()
    return "\n".join(f"{name}: {value}" for name, value in listed)
