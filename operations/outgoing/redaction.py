"""What of a call is kept for people to see: never a secret, never too much, never what is no text.

A secret is looked for as it is and as it looks after JSON, a URL or base64 has been made of it, for
the other system may send it back in any of these.
"""

import base64
import codecs
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

from operations.outgoing import signatures
from operations.outgoing.call import Answer, Call

DOTS = "••••••"
LARGEST_KEPT = 16 * 1024
#: Whatever they hold, it opens something.
_SECRET_HEADERS = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-api-key",
        signatures.SIGNATURE,
    }
)
_CHARSETS = {
    name: codecs.lookup(name).name for name in ("utf-8", "ascii", "iso-8859-1", "windows-1252")
}
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.-]+)", re.IGNORECASE)


def record_of_call(call: Call) -> dict[str, Any]:
    """The request as it may be stored: {method, url, headers, body}."""
    return {
        "method": call.method,
        "url": redacted(call.url, call.secrets),
        "headers": redacted_headers(call.headers, call.secrets),
        "body": redacted_body(call.body, call.secrets, call.headers.get("Content-Type", "")),
    }


def record_of_answer(answer: Answer, call: Call) -> dict[str, Any]:
    """The answer as it may be stored: {status, headers, body, seconds}."""
    return {
        "status": answer.status,
        "headers": redacted_headers(answer.headers, call.secrets),
        "body": redacted_body(answer.body, call.secrets, answer.headers.get("content-type", "")),
        "seconds": round(answer.seconds, 3),
    }


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text with dots in place of every secret; also for messages of a `CallFailed`."""
    pattern = _pattern(secrets)
    return _storable(pattern.sub(DOTS, text) if pattern else text)


def redacted_headers(headers: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    values = tuple(secrets)
    return {
        redacted(name, values): DOTS
        if name.lower() in _SECRET_HEADERS
        else _capped(redacted(value, values))
        for name, value in headers.items()
    }


def redacted_body(body: bytes, secrets: Iterable[str], content_type: str = "") -> str:
    """The body as text; of what is no text only its size is told."""
    charset = _CHARSET.search(content_type)
    name = charset[1].lower() if charset else "utf-8"
    try:
        text = body.decode(_CHARSETS.get(name, "utf-8"))
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        kind = f", {redacted(content_type, secrets)[:100]}" if content_type else ""
        return f"[not text: {len(body):,} bytes{kind}; not kept]"
    # Only then cut, or half of a secret could be left at the end.
    return _capped(redacted(text, secrets))


def _capped(text: str) -> str:
    data = text.encode()
    if len(data) <= LARGEST_KEPT:
        return text
    kept = data[:LARGEST_KEPT].decode(errors="ignore")
    return f"{kept}\n[the first {LARGEST_KEPT // 1024} of {len(data) // 1024:,} kB]"


def _storable(text: str) -> str:
    """Without what PostgreSQL refuses: NUL and halves of characters."""
    return text.replace("\0", "�").encode(errors="replace").decode()


def _pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    looks = {look for secret in secrets if secret for look in _looks(secret)}
    if not looks:
        return None
    # The longest first: one secret may be the beginning of another.
    ordered = sorted(looks, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, ordered)), re.IGNORECASE)


def _looks(secret: str) -> Iterator[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield json.dumps(secret)[1:-1].replace("/", "\\/")
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    yield escape(secret)
    yield from _in_base64(secret.encode(errors="replace"))


def _in_base64(secret: bytes) -> Iterator[str]:
    """The middle that stays the same wherever in a longer text the secret begins, so that
    `user:secret` of basic authentication is found too. Short ones have no such middle.
    """
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + secret).decode()
        first = (0, 2, 3)[shift]
        last = len(text) - (0, 3, 2)[(shift + len(secret)) % 3]
        if last - first >= 8:
            yield text[first:last]
            yield text[first:last].replace("+", "-").replace("/", "_")
