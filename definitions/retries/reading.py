"""From an action's document to its rules, or to a list of what is wrong with it."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from definitions.nearest import did_you_mean
from definitions.retries.errors import ERRORS, EVERYTHING, FAMILIES, is_known_error
from definitions.retries.rules import (
    DEFAULT_RETRY,
    DEFAULT_RETRY_IDEMPOTENT,
    IDEMPOTENT_METHODS,
    LOST_LEASE_RETRY,
    Catcher,
    Jitter,
    Retrier,
    Rules,
)
from definitions.schemas.problem import JSON, Path, Problem, pointer

_A_DAY = 24 * 3600.0
_MOST_RULES = 10
_MOST_NAMES = 30


class UnusableRules(ValueError):
    """`problems` says why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.path}: {p.message}" for p in problems[:5]))


def parse_rules(action: Mapping[str, JSON], *, method: str = "POST") -> Rules:
    """The rules in an action's document; whatever it does not say has its default.

    Raises:
        UnusableRules: with everything that is wrong.
    """
    found = check_rules(action)
    if found:
        raise UnusableRules(found)
    is_idempotent = bool(action.get("idempotent", method in IDEMPOTENT_METHODS))
    catch = (
        Catcher(**{**one, "errors": tuple(one["errors"])}) for one in action.get("catch") or ()
    )
    return Rules(_retriers(action.get("retry"), is_idempotent), tuple(catch), is_idempotent)


def _retriers(documents: JSON, is_idempotent: bool) -> tuple[Retrier, ...]:
    if documents is None:
        usual = DEFAULT_RETRY_IDEMPOTENT if is_idempotent else DEFAULT_RETRY
        return usual, LOST_LEASE_RETRY
    retriers = tuple(
        Retrier(
            **{
                **one,
                "errors": tuple(one["errors"]),
                "jitter": Jitter(one.get("jitter", Jitter.FULL)),
            }
        )
        for one in documents
    )
    # An empty list says: never again, whatever happens.
    return (*retriers, LOST_LEASE_RETRY) if retriers else ()


def check_rules(
    action: Mapping[str, JSON], *, tasks: Collection[str] | None = None
) -> list[Problem]:
    """Everything that is wrong with `retry`, `catch` and `idempotent` of an action's document.

    Args:
        tasks: keys of the workflow's tasks; None leaves `next` unchecked.
    """
    return [
        Problem(pointer(path), message, keyword)
        for path, message, keyword in (
            *_idempotent_problems(action),
            *_list_problems(action, "retry", _retrier_problems),
            *_list_problems(action, "catch", lambda *args: _catcher_problems(*args, tasks=tasks)),
        )
    ]


Found = tuple[Path, str, str]

#: Least, most, and whether halves make sense.
_NUMBERS: Final[Mapping[str, tuple[float, float, bool]]] = {
    "interval_seconds": (0.1, _A_DAY, True),
    "backoff_rate": (1, 10, True),
    "max_attempts": (0, 20, False),
    "max_delay_seconds": (1, _A_DAY, True),
}
_RETRIER_NAMES = ("errors", *_NUMBERS, "jitter")
_CATCHER_NAMES = ("errors", "next", "result_path")


def _idempotent_problems(action: Mapping[str, JSON]) -> Iterator[Found]:
    if not isinstance(action.get("idempotent", True), bool):
        yield ("idempotent",), "This must be true or false.", "type"


def _list_problems(
    action: Mapping[str, JSON],
    name: str,
    look: Callable[[Path, Mapping[str, JSON]], Iterator[Found]],
) -> Iterator[Found]:
    documents = action.get(name)
    if documents is None:
        return
    if not isinstance(documents, list):
        yield (name,), "This must be a list.", "type"
        return
    if len(documents) > _MOST_RULES:
        yield (name,), f"At most {_MOST_RULES} rules.", "maxItems"
        return
    for number, document in enumerate(documents):
        path: Path = (name, number)
        if not isinstance(document, dict):
            yield path, 'This must be a group such as {"errors": ["timeout"]}.', "type"
            continue
        yield from look(path, document)
        everything = EVERYTHING in _texts(document.get("errors"))
        if everything and number < len(documents) - 1:
            words = f"“{EVERYTHING}” matches every error, so the rules after this never apply."
            yield (*path, "errors"), f"{words} Make it the last one.", "order"


def _retrier_problems(path: Path, document: Mapping[str, JSON]) -> Iterator[Found]:
    yield from _name_problems(path, document, _RETRIER_NAMES)
    yield from _errors_problems((*path, "errors"), document.get("errors"))
    for name, (least, most, halves) in _NUMBERS.items():
        if name in document and not _is_number(document[name], least, most, halves):
            kind = "a number" if halves else "a whole number"
            yield (*path, name), f"This must be {kind} from {least:g} to {most:,.0f}.", "range"
    if document.get("jitter", Jitter.FULL) not in tuple(Jitter):
        yield (*path, "jitter"), "This must be FULL or NONE.", "enum"


def _catcher_problems(
    path: Path, document: Mapping[str, JSON], *, tasks: Collection[str] | None
) -> Iterator[Found]:
    yield from _name_problems(path, document, _CATCHER_NAMES)
    yield from _errors_problems((*path, "errors"), document.get("errors"))
    following = document.get("next")
    if not isinstance(following, str) or not following:
        yield (*path, "next"), "Name the task that follows.", "required"
    elif tasks is not None and following not in tasks:
        hint = did_you_mean(following, tasks)
        yield (*path, "next"), f"There is no task “{following[:80]}”. {hint}".strip(), "unknown"
    kept = document.get("result_path", "error")
    if not isinstance(kept, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,79}", kept):
        words = "A name of letters, digits, “-” and “_”, such as error."
        yield (*path, "result_path"), words, "pattern"


def _name_problems(
    path: Path, document: Mapping[str, JSON], known: Sequence[str]
) -> Iterator[Found]:
    for name in document:
        if name not in known:
            hint = did_you_mean(name, known) or f"Possible are: {', '.join(known)}."
            yield (*path, name), f"“{name[:60]}” means nothing here. {hint}", "unknown"


def _errors_problems(path: Path, names: JSON) -> Iterator[Found]:
    if not isinstance(names, list) or not names:
        yield path, 'List the errors it is for, such as ["timeout", "http.5xx"].', "required"
        return
    if len(names) > _MOST_NAMES:
        yield path, f"At most {_MOST_NAMES} names of errors.", "maxItems"
        return
    for number, name in enumerate(names):
        if not is_known_error(name):
            hint = did_you_mean(str(name), (*ERRORS, *FAMILIES))
            shown = f"“{name[:60]}” is" if isinstance(name, str) else "This is"
            yield (*path, number), f"{shown} no name of an error. {hint}".strip(), "unknown"
    if EVERYTHING in _texts(names) and len(names) > 1:
        yield path, f"“{EVERYTHING}” already means every error; it stands alone.", "order"


def _texts(value: JSON) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _is_number(value: JSON, least: float, most: float, halves: bool) -> bool:
    kinds = (int, float) if halves else (int,)
    return isinstance(value, kinds) and not isinstance(value, bool) and least <= value <= most
