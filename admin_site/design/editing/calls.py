"""The headers of a call as lines of text, in which a secret stands by its name."""

import re
from typing import Any

from definitions.actions.documents import REFERENCE

_SECRET = re.compile(r"\{secret:([A-Za-z0-9_.-]{1,80})\}")
EXAMPLE = "Authorization: Bearer {secret:erp_token}"


def headers_as_text(headers: Any) -> str:
    """One header per line."""
    if not isinstance(headers, dict):
        return ""
    return "\n".join(f"{name}: {_value_as_text(value)}" for name, value in headers.items())


def headers_from_text(text: str) -> dict[str, Any] | None:
    """The headers of a document; None for none.

    Raises:
        ValueError: with the number of a line that is none.
    """
    found: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ValueError(number)
        found[name.strip()] = _value_from_text(value.strip())
    return found or None


def can_be_text(headers: Any) -> bool:
    """Whether nothing is lost on the way to text and back."""
    try:
        return headers is None or headers_from_text(headers_as_text(headers)) == headers
    except ValueError:
        return False


def _value_as_text(value: Any) -> str:
    pieces = value if isinstance(value, list) else [value]
    return "".join(
        f"{{secret:{piece.get(REFERENCE)}}}" if isinstance(piece, dict) else str(piece)
        for piece in pieces
    )


def _value_from_text(text: str) -> Any:
    pieces: list[Any] = []
    end = 0
    for found in _SECRET.finditer(text):
        pieces += [text[end : found.start()], {REFERENCE: found[1]}]
        end = found.end()
    pieces = [piece for piece in (*pieces, text[end:]) if piece != ""]
    if not pieces:
        return ""
    return pieces[0] if len(pieces) == 1 else pieces
