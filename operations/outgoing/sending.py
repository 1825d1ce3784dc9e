"""One call, from the look-up of its name to the last byte of its answer or to its failure."""

import contextvars
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import SSLError, Timeout
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import DecodeError, HTTPError, NewConnectionError, ProtocolError
from urllib3.exceptions import SSLError as TLSError
from urllib3.exceptions import TimeoutError as TimedOut

from definitions.actions.addresses import (
    FORBIDDEN,
    LONGEST_WITH_QUERY,
    Address,
    BadAddress,
    read_address,
    refuse_forbidden,
)
from definitions.actions.documents import LONGEST_TIMEOUT_SECONDS
from definitions.actions.headers import is_sendable
from definitions.actions.rules import NetworkRules
from operations.outgoing.call import (
    LARGEST_ANSWER,
    LARGEST_REQUEST,
    Answer,
    Call,
    CallFailed,
)
from operations.outgoing.signatures import signed_headers
from operations.outgoing.transport import ForbiddenAddress, GuardedSession
from operations.outgoing.watch import GivenUp, Watch

USER_AGENT = "TicketFlower/1"
#: Packings that are asked for and understood.
_PACKINGS = ("gzip", "deflate")
_PIECE = 64 * 1024


def send(call: Call, *, rules: NetworkRules, clock: Callable[[], float] = time.time) -> Answer:
    """Make one call and bring its answer, which has a status of 200 to 299.

    Never tries again, never follows a redirect, and never takes longer than `call.timeout_seconds`
    in all, or `LONGEST_TIMEOUT_SECONDS`. `clock` gives the time that is signed.

    Raises:
        CallFailed: with the name of the error, and whether the request may have been sent.
    """
    address = _checked(call, rules)
    watch = Watch(min(call.timeout_seconds, LONGEST_TIMEOUT_SECONDS))
    headers = _headers(call, int(clock()))
    outcome = _in_a_thread(lambda: _exchange(call, headers, rules, watch, address), watch)
    if outcome is None:
        raise _timed_out(address, watch)
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _checked(call: Call, rules: NetworkRules) -> Address:
    if len(call.body) > LARGEST_REQUEST:
        raise CallFailed(
            "too_large", f"The request has more than {LARGEST_REQUEST // 1024} kB; it was not sent."
        )
    try:
        address = read_address(call.url, LONGEST_WITH_QUERY)
        refuse_forbidden(address, rules)
    except BadAddress as error:
        raise CallFailed(FORBIDDEN, str(error)) from error
    return address


def _headers(call: Call, timestamp: int) -> dict[str, str]:
    """What goes out: the call's headers, then ours, which nothing can take the place of."""
    ours = {
        "User-Agent": USER_AGENT,
        "Accept-Encoding": ", ".join(_PACKINGS),
        "Connection": "close",
        "Idempotency-Key": call.idempotency_key,
    }
    if call.signing_key:
        ours |= signed_headers(call.signing_key, call.idempotency_key, call.body, timestamp)
    names = {name.lower() for name in ours}
    headers = {k: v for k, v in call.headers.items() if k.lower() not in names} | ours
    for name, value in headers.items():
        if not is_sendable(name, value):
            raise CallFailed("secret", f"The header {name[:60]} cannot be sent as it is.")
    return headers


Outcome = Answer | BaseException


def _in_a_thread(work: Callable[[], Answer], watch: Watch) -> Outcome | None:
    """What became of the work; None where the deadline came first."""
    outcomes: list[Outcome] = []
    context = contextvars.copy_context()  # so that lines in the log name company and ticket

    def run() -> None:
        try:
            outcomes.append(context.run(work))
        except BaseException as error:
            outcomes.append(error)
        finally:
            watch.close()

    # A daemon: a look-up that hangs must not keep a worker from ending.
    thread = threading.Thread(target=run, name="outgoing call", daemon=True)
    thread.start()
    try:
        thread.join(watch.seconds_left())
        # Before the line is cut: what is read of a cut line may look like a whole answer.
        return outcomes[0] if outcomes else None
    finally:
        watch.give_up()


def _exchange(
    call: Call, headers: dict[str, str], rules: NetworkRules, watch: Watch, address: Address
) -> Answer:
    request = requests.Request(call.method, call.url, headers=headers, data=call.body or None)
    try:
        with GuardedSession(rules, watch) as session:
            prepared = session.prepare_request(request)
            timeout = watch.seconds_left()
            with session.send(prepared, stream=True, timeout=timeout) as response:
                return _read(response, watch, address)
    except CallFailed:
        raise
    except GivenUp as error:
        raise _timed_out(address, watch) from error
    except (requests.RequestException, HTTPError, ForbiddenAddress, OSError) as error:
        if watch.is_over:
            raise _timed_out(address, watch) from error
        raise _failure(error, address, watch) from error


def _timed_out(address: Address, watch: Watch) -> CallFailed:
    words = f"{address.host} did not answer within {watch.timeout_seconds:g} seconds."
    return CallFailed("timeout", words + _in_doubt(watch), sent=watch.is_sent)


def _in_doubt(watch: Watch) -> str:
    if not watch.is_sent:
        return " Nothing was sent."
    return " The request had been sent, so what it asks for may have been done."


def _failure(error: Exception, address: Address, watch: Watch) -> CallFailed:
    """The one of our names for what a library says."""
    host = str(address.host)
    causes = _causes(error)

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    def failed(name: str, words: str) -> CallFailed:
        return CallFailed(name, words + _in_doubt(watch), sent=watch.is_sent)

    if has(ForbiddenAddress, InvalidIPAddress):
        found = next(c for c in causes if isinstance(c, ForbiddenAddress | InvalidIPAddress))
        return failed(FORBIDDEN, f"{host} leads to {found}, which may not be called.")
    if has(socket.gaierror):
        return failed("dns", f"The name {host} could not be looked up.")
    if has(SSLError, TLSError):
        return failed("tls", f"{host} could not prove who it is: {_last_words(causes)}")
    # A refused connection is a ConnectTimeoutError to urllib3, for the sake of older programs.
    if has(Timeout, TimedOut) and not has(NewConnectionError):
        return _timed_out(address, watch)
    if has(DecodeError):
        return failed("bad_answer", f"The answer of {host} cannot be unpacked.")
    if has(RequestsConnectionError, ProtocolError, OSError):
        words = "broke" if watch.is_sent else "could not be made"
        return failed("connect", f"The connection to {host} {words}: {_last_words(causes)}")
    return failed("bad_answer", f"{host} did not answer as HTTP has it: {_last_words(causes)}")


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all it came from, outermost first; requests keeps some in its arguments."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 20:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or one in found:
            continue
        found.append(one)
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found


def _last_words(causes: list[BaseException]) -> str:
    """The operating system's words, without the names of our libraries."""
    system = [cause for cause in causes if isinstance(cause, OSError) and cause.strerror]
    words = str(system[-1].strerror) if system else str(causes[-1])
    words = re.sub(r"\[\w+: \w+\] |\(_ssl\.c:\d+\)", "", words).strip()
    return f"{words[:200].rstrip('.')}."


# The answer


def _read(response: requests.Response, watch: Watch, address: Address) -> Answer:
    status = response.status_code
    headers = {name.lower(): value for name, value in response.headers.items()}
    packing = headers.get("content-encoding", "identity").lower()
    body, is_whole = b"", False
    problem: CallFailed | None = None
    if any(one.strip() not in (*_PACKINGS, "identity", "") for one in packing.split(",")):
        words = f"The answer is packed as “{packing[:60]}”, which was not asked for."
        problem = CallFailed("bad_answer", words, sent=True)
    else:
        body, is_whole = _body(response)
    answer = Answer(status, headers, body, watch.seconds())
    refusal = _refusal(answer, address)
    if refusal is not None:
        raise refusal
    if problem is not None:
        problem.answer = answer
        raise problem
    if not (body or _says_where_it_ends(headers) or status in (204, 205)):
        words = f"{address.host} broke off in the middle of its answer."
        raise CallFailed("connect", words, sent=True, answer=answer)
    if not is_whole:
        words = f"The answer has more than {LARGEST_ANSWER // 1024:,} kB once unpacked."
        raise CallFailed("too_large", words, sent=True, answer=answer)
    return answer


def _says_where_it_ends(headers: Mapping[str, str]) -> bool:
    """Otherwise it ends where the line does, and Python takes a line that breaks in the middle of
    the headers for the end of an empty answer.
    """
    return "content-length" in headers or "transfer-encoding" in headers


def _body(response: requests.Response) -> tuple[bytes, bool]:
    """What came, unpacked, up to the limit, and whether that is all of it."""
    pieces: list[bytes] = []
    size = 0
    while piece := response.raw.read(_PIECE, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER:
            return b"".join(pieces)[:LARGEST_ANSWER], False
    return b"".join(pieces), True


def _refusal(answer: Answer, address: Address) -> CallFailed | None:
    """What a status other than success means."""
    status = answer.status
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        place = answer.headers.get("location", "")[:500]
        where = f" to {place}" if place else ""
        words = f"{address.host} points elsewhere{where} ({status}). Redirects are not followed."
        return CallFailed("redirect", words, sent=True, answer=answer)
    return CallFailed(
        f"http.{status}",
        f"{address.host} answered with the status {status}.",
        sent=True,
        retry_after=_retry_after(answer.headers.get("retry-after", "")),
        answer=answer,
    )


def _retry_after(value: str) -> float | None:
    """Seconds, from a number of them or a date (RFC 9110, 10.2.3); None for anything else."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
