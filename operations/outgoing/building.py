"""From a checked document and the data of a ticket to a call."""

import json
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from definitions.actions.addresses import LONGEST_WITH_QUERY
from definitions.actions.documents import (
    DEFAULT_METHOD,
    DEFAULT_TIMEOUT_SECONDS,
    REFERENCE,
    WITHOUT_BODY,
)
from definitions.actions.headers import BAD_VALUE, CALLBACK_HEADER, value_problem
from definitions.schemas.problem import JSON
from operations.outgoing import signatures
from operations.outgoing.call import LARGEST_REQUEST, Call, CallFailed


class CannotBuild(CallFailed):
    """The call cannot be made from what is there; nothing was sent."""


def build(
    action: Mapping[str, JSON],
    url: str,
    body: JSON,
    secrets: Mapping[str, str],
    *,
    idempotency_key: str,
    timeout_seconds: float | None = None,
    callback_url: str = "",
) -> Call:
    """The call of a checked document.

    Args:
        body: what the input transform made. For GET and DELETE its entries become the query.
        secrets: the company's secrets in the clear, those in `secret_names(action)` at least.
        idempotency_key: the same for each attempt at this task.
        callback_url: where the answer may be sent later; as secret as the token in it.

    Raises:
        CannotBuild: a secret is missing or unusable, or the body cannot be sent.
    """
    method = action.get("method", DEFAULT_METHOD)
    used = _Secrets(secrets)
    headers = {
        "Accept": "application/json",
        **({} if method in WITHOUT_BODY else {"Content-Type": "application/json"}),
    }
    for name, value in (action.get("headers") or {}).items():
        _set(headers, name, used.put_into(name, value))
    _set(headers, "Idempotency-Key", idempotency_key)
    if callback_url:
        _set(headers, CALLBACK_HEADER, callback_url)
        used.values += [callback_url, callback_url.rstrip("/").rpartition("/")[2]]
    signing = used.value(action["sign"][REFERENCE]) if action.get("sign") else ""
    return Call(
        method=method,
        url=_with_query(url, body) if method in WITHOUT_BODY else url,
        idempotency_key=idempotency_key,
        headers=headers,
        body=b"" if method in WITHOUT_BODY else _to_bytes(body),
        timeout_seconds=timeout_seconds or DEFAULT_TIMEOUT_SECONDS,
        signing_key=signatures.key_of(signing) if signing else b"",
        secrets=tuple(used.values),
    )


class _Secrets:
    """Hands out secrets and remembers which, so that they can be left out of records."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        self.values: list[str] = []

    def value(self, name: str) -> str:
        value = self._known.get(name, "")
        if not value:
            raise CannotBuild("secret", f"The company has no secret “{name}”.")
        self.values.append(value)
        return value

    def put_into(self, header: str, value: JSON) -> str:
        pieces = value if isinstance(value, list) else [value]
        text = "".join(
            self.value(piece[REFERENCE]) if isinstance(piece, dict) else piece for piece in pieces
        )
        if value_problem(text):
            # The value stays out of the message: it is the secret that is at fault.
            words = f"The header {header} cannot be sent: {BAD_VALUE} Look at its secret."
            raise CannotBuild("secret", words)
        return text


def _set(headers: dict[str, str], name: str, value: str) -> None:
    """`Content-Type` and `content-type` are one header."""
    for other in [one for one in headers if one.lower() == name.lower()]:
        del headers[other]
    headers[name] = value


def _to_bytes(body: JSON) -> bytes:
    if body is None:
        return b""
    try:
        text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        data = text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise CannotBuild("transform", f"The request cannot be written as JSON: {error}") from error
    if len(data) > LARGEST_REQUEST:
        limit = LARGEST_REQUEST // 1024
        raise CannotBuild(
            "too_large", f"The request has {len(data) // 1024:,} kB; at most {limit} kB are sent."
        )
    return data


def _with_query(url: str, body: JSON) -> str:
    if body is None or body == {}:
        return url
    if not isinstance(body, dict):
        raise CannotBuild(
            "transform", "For GET and DELETE the input transform must make a group of values."
        )
    try:
        pairs = "&".join(
            f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in _pairs(body)
        )
    except (TypeError, ValueError) as error:
        raise CannotBuild(
            "transform", f"The request cannot be written as a query: {error}"
        ) from error
    full = f"{url}{'&' if '?' in url else '?'}{pairs}" if pairs else url
    if len(full) > LONGEST_WITH_QUERY:
        raise CannotBuild("too_large", f"The address has over {LONGEST_WITH_QUERY:,} characters.")
    return full


def _pairs(body: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
    for name, value in body.items():
        for one in value if isinstance(value, list) else [value]:
            if one is None:
                continue
            if isinstance(one, dict | list):
                words = f"“{name}” is a group or a list of lists; it cannot go into an address."
                raise CannotBuild("transform", words)
            yield name, one if isinstance(one, str) else json.dumps(one)
