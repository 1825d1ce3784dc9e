"""What is sent, what comes back, and how it may fail."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from definitions.actions.documents import DEFAULT_TIMEOUT_SECONDS
from definitions.schemas.problem import JSON

LARGEST_REQUEST = 256 * 1024
#: Counted after unpacking, so that a small answer cannot become a large one.
LARGEST_ANSWER = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is ready to go; `build` makes one.

    `idempotency_key`: the same for every attempt at one task. `secrets`: the values of secrets in
    it, so that a record of it can leave them out. None of what may be secret shows in its `repr`,
    because that ends up in logs and stack traces.
    """

    method: str
    url: str
    idempotency_key: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    signing_key: bytes = field(default=b"", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` have names in small letters; `body` is unpacked, at most `LARGEST_ANSWER`."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    seconds: float

    def json(self) -> JSON:
        """The value in the body; None where there is no body.

        Raises:
            CallFailed: `not_json`.
        """
        if not self.body.strip():
            return None
        try:
            return json.loads(self.body.decode("utf-8-sig"), parse_constant=_refuse_constant)
        # ValueError: also bytes that are no UTF-8, and numbers of thousands of digits.
        except (ValueError, RecursionError) as error:
            kind = self.headers.get("content-type", "of no kind that it names")
            raise CallFailed(
                "not_json",
                f"The answer is not JSON; it is {kind[:100]}.",
                sent=True,
                answer=self,
            ) from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


class CallFailed(Exception):
    """The call did not bring a usable answer.

    `error_name`: one of `definitions.retries.ERRORS`, or `http.<status>`. `message`: for a ticket
    admin; it may hold what the other system said, so it is to be shown as text. `sent`: whether
    the request may have reached the other system. `retry_after`: seconds it asked us to wait.
    `answer`: what came back, if anything did.
    """

    def __init__(
        self,
        error_name: str,
        message: str,
        *,
        sent: bool = False,
        retry_after: float | None = None,
        answer: Answer | None = None,
    ) -> None:
        super().__init__(f"{error_name}: {message}")
        self.error_name = error_name
        self.message = message
        self.sent = sent
        self.retry_after = retry_after
        self.answer = answer
