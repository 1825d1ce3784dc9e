"""What a failed call means for the person who repairs it, and what to do about it."""

from http import HTTPStatus
from typing import NamedTuple

from definitions.retries.errors import ERRORS


class Advice(NamedTuple):
    """`short` fits into a list ("no answer in time"); `do` is the next step in one sentence."""

    short: str
    do: str


_BY_NAME = {
    "timeout": Advice(
        "no answer in time",
        "Ask whoever runs the other system whether it is up, then try again.",
    ),
    "connect": Advice(
        "no connection",
        "Usually this passes: try again in a few minutes, or ask whoever runs the other system.",
    ),
    "dns": Advice(
        "name not found",
        "Check the spelling of the address in the workflow; if it is right, try again later.",
    ),
    "tls": Advice(
        "not who it should be",
        "The certificate of the other system has to be renewed by whoever runs it; try again then.",
    ),
    "forbidden_address": Advice(
        "address not allowed",
        "A workflow creator has to write another address, or the people who run TicketFlower have "
        "to allow this one.",
    ),
    "redirect": Advice(
        "pointed elsewhere",
        "A workflow creator has to write the address that it points to; until then skip this step "
        "or move the ticket.",
    ),
    "too_large": Advice(
        "too large",
        "Correct what is sent if it is too much; if the answer is, a workflow creator has to ask "
        "for less.",
    ),
    "bad_answer": Advice(
        "not a proper answer",
        "Something between here and the other system garbled the answer: show it to whoever runs "
        "that system, then try again.",
    ),
    "not_json": Advice(
        "answer cannot be read",
        "Look at what came back: often it is a page that asks to sign in, or says that the system "
        "is closed. Try again once it answers properly.",
    ),
    "transform": Advice(
        "does not fit together",
        "A value is missing or of another kind than the step expects: correct it if it was sent "
        "from here; else skip the step with its output, and tell a workflow creator.",
    ),
    "schema": Advice(
        "not what was promised",
        "The other system answered, but not as the step expects: skip the step and enter the "
        "output by hand, and tell a workflow creator.",
    ),
    "secret": Advice(
        "secret missing",
        "An admin has to enter the secret under Company, Secrets; then try again.",
    ),
    "lost_lease": Advice(
        "worker stopped",
        "Nobody knows how the call ended. Ask the other system, then try again or skip the step.",
    ),
    "callback_expired": Advice(
        "no answer came later",
        "Ask the other system for the answer: try again to have it sent anew, or skip the step "
        "with what you were told.",
    ),
    "internal": Advice(
        "fault of TicketFlower",
        "Try again. If it stops again, give the trace below to a developer.",
    ),
}
_BY_STATUS = {
    400: "It refused what was sent: compare it with what came back, correct it, and try again.",
    401: "It did not accept the secret: an admin has to enter a good one; then try again.",
    403: "It does not allow this: ask whoever runs it for the permission, or for another secret.",
    404: "Nothing is there: correct what is sent if it names something wrong; else a workflow "
    "creator has to correct the address.",
    409: "It says that this contradicts what it has, often because it was done before: look there, "
    "and skip the step if it is done.",
    410: "What is asked for is gone there: correct what is sent, skip the step or move the ticket.",
    413: "It was too much at once: correct what is sent, or do it by hand and skip the step.",
    422: "It refused a value: see below which one, correct it, and try again.",
    429: "It was asked too often: try again in a while.",
    503: "It is closed or overloaded right now: try again in a while.",
}
_REFUSED = "It refused: read what came back, correct what is sent or skip the step."
_FAILED = "It failed by itself: tell whoever runs it, and try again once it is mended."
_UNKNOWN = Advice("failed", "Try again once the cause is gone, or move the ticket to another step.")


def advice(name: str) -> Advice:
    """For the name of an error: one of `definitions.retries.ERRORS`, http.<status>, internal."""
    status = status_of(name)
    if status is None:
        return _BY_NAME.get(name, _UNKNOWN)
    general = _FAILED if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _REFUSED
    return Advice(f"answered {status_words(status)}", _BY_STATUS.get(status, general))


def meaning(name: str) -> str:
    """What happened, in a sentence; "" for a name that is no failure of a call."""
    status = status_of(name)
    if status is None:
        return ERRORS.get(name, "")
    did = "failed" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "refused"
    return f"The other system {did}: it answered {status_words(status)}."


def status_of(name: str) -> int | None:
    """422 for "http.422"."""
    kind, _, number = name.partition(".")
    return int(number) if kind == "http" and number.isdecimal() else None


def status_words(status: int) -> str:
    """ "422 Unprocessable Entity"; only the number where nobody has named it."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
