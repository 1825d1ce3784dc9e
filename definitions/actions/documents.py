"""An action's document: what may stand in it, and the call that it makes.

    {"method": "POST",
     "headers": {"Authorization": ["Bearer ", {"$secret": "erp"}], "X-Shop": "12"},
     "sign": {"$secret": "erp_signing"}, "verify": {"$secret": "erp_callbacks"},
     "idempotent": true, "retry": […], "catch": […]}

A header's value is a text, a secret, or a list of both that are put together. What `retry` and
`catch` mean: `definitions.retries`.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from definitions.actions.headers import BAD_VALUE, name_problem, value_problem
from definitions.nearest import did_you_mean
from definitions.retries import check_rules
from definitions.schemas.problem import JSON, Path, Problem, pointer

REFERENCE: Final = "$secret"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
DEFAULT_METHOD = "POST"
#: What is sent with these stands in the address.
WITHOUT_BODY = frozenset({"GET", "DELETE"})
#: Of one call: seconds from the first look-up of the name to the last byte of the answer.
DEFAULT_TIMEOUT_SECONDS = 20
LONGEST_TIMEOUT_SECONDS = 300

#: Names that are looked at here, and those that `definitions.retries` looks at.
_OWN = ("method", "headers", "sign", "verify")
_SIGNATURES = ("sign", "verify")
_RETRIES = ("idempotent", "retry", "catch")
_MOST_HEADERS = 30
_SECRET_NAME = re.compile(r"[A-Za-z0-9_.-]{1,80}")


def check_action(
    action: Mapping[str, JSON],
    *,
    tasks: Collection[str] | None = None,
    secrets: Collection[str] | None = None,
    others: Collection[str] = (),
) -> list[Problem]:
    """Everything that is wrong with an action's document.

    Args:
        tasks: keys of the workflow's tasks; None leaves `next` unchecked.
        secrets: names of the company's secrets; None leaves them unchecked.
        others: further names that the caller looks at itself.
    """
    own = [
        Problem(pointer(path), message, keyword)
        for path, message, keyword in (
            *_name_problems(action, others),
            *_method_problems(action.get("method", DEFAULT_METHOD)),
            *_headers_problems(action.get("headers")),
            *_signature_problems(action),
            *_secret_problems(action, secrets),
        )
    ]
    return [*own, *check_rules(action, tasks=tasks)]


def secret_names(action: Mapping[str, JSON]) -> set[str]:
    """The secrets that the document asks for."""
    return {name for _, name in secret_references(action)}


Found = tuple[Path, str, str]


def _name_problems(action: Mapping[str, JSON], others: Collection[str]) -> Iterator[Found]:
    known = (*_OWN, *_RETRIES, *others)
    for name in action:
        if name == "timeout_seconds":
            words = "The time limit belongs to the task: write it beside “action”, not in it."
            yield (name,), words, "unknown"
        elif name not in known:
            hint = did_you_mean(name, known) or f"Possible are: {', '.join(known)}."
            yield (name,), f"“{name[:60]}” means nothing here. {hint}", "unknown"


def _method_problems(method: JSON) -> Iterator[Found]:
    if method not in METHODS:
        yield ("method",), f"This must be one of {', '.join(METHODS)}.", "enum"


def _headers_problems(headers: JSON) -> Iterator[Found]:
    if headers is None:
        return
    if not isinstance(headers, dict):
        yield ("headers",), 'This must be a group such as {"X-Shop": "12"}.', "type"
        return
    if len(headers) > _MOST_HEADERS:
        yield ("headers",), f"At most {_MOST_HEADERS} headers.", "maxProperties"
        return
    seen: set[str] = set()
    for name, value in headers.items():
        path: Path = ("headers", name)
        twice = f"{name[:60]} stands here twice." if name.lower() in seen else ""
        if problem := name_problem(name) or twice:
            yield path, problem, "header"
        seen.add(name.lower())
        yield from _value_problems(path, value)


def _value_problems(path: Path, value: JSON) -> Iterator[Found]:
    pieces = value if isinstance(value, list) else [value]
    if not pieces:
        yield path, "The header has no value.", "required"
    for number, piece in enumerate(pieces):
        where = (*path, number) if isinstance(value, list) else path
        if isinstance(piece, dict):
            yield from _reference_problems(where, piece)
        elif not isinstance(piece, str):
            words = 'A text, a secret such as {"$secret": "erp"}, or a list of both.'
            yield where, words, "type"
    texts = [piece for piece in pieces if isinstance(piece, str)]
    if len(texts) == len(pieces):
        if problem := value_problem("".join(texts)):
            yield path, problem, "header"
    elif any(not text.isascii() or not text.isprintable() for text in texts):
        yield path, BAD_VALUE, "header"


def _reference_problems(path: Path, document: Mapping[str, JSON]) -> Iterator[Found]:
    name = document.get(REFERENCE)
    if (
        set(document) != {REFERENCE}
        or not isinstance(name, str)
        or not _SECRET_NAME.fullmatch(name)
    ):
        yield path, 'A secret is written {"$secret": "name"}.', "secret"


def _signature_problems(action: Mapping[str, JSON]) -> Iterator[Found]:
    for name in _SIGNATURES:
        reference = action.get(name)
        if isinstance(reference, dict):
            yield from _reference_problems((name,), reference)
        elif reference is not None:
            yield (name,), 'Name the secret that signs: {"$secret": "name"}.', "secret"


def _secret_problems(action: Mapping[str, JSON], known: Collection[str] | None) -> Iterator[Found]:
    for path, name in secret_references(action):
        if known is not None and name not in known:
            hint = did_you_mean(name, known)
            words = f"The company has no secret “{name[:80]}”. {hint}".strip()
            yield path, words, "unknown"


def secret_references(action: Mapping[str, JSON]) -> Iterator[tuple[Path, str]]:
    """Each secret that is asked for, with its place; what is malformed is left out."""
    headers = action.get("headers")
    places: list[tuple[Path, JSON]] = [((name,), action.get(name)) for name in _SIGNATURES]
    for name, value in headers.items() if isinstance(headers, dict) else ():
        pieces = enumerate(value) if isinstance(value, list) else ()
        places += [(("headers", name, number), piece) for number, piece in pieces]
        places.append((("headers", name), value))
    for path, piece in places:
        name = piece.get(REFERENCE) if isinstance(piece, dict) else None
        if isinstance(name, str) and _SECRET_NAME.fullmatch(name):
            yield path, name
