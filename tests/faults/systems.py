"""The other company's system: does what it is asked once per idempotency key, and says so again.

On `tests.targets`, with paths of its own: /order and /book answer after a moment, /report sends its
answer later, to every address it was given, until somebody takes it.
"""

import json
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from zlib import crc32

from tests import targets

ANSWER_SECONDS = 0.15
GIVE_UP_SECONDS = 150
BETWEEN_TRIES_SECONDS = 0.3


@dataclass
class Books:
    """What the system did. `asked`: by path and key, every body; `taken`: by key, how often a
    callback was acknowledged; `refused`: statuses of those that were not.
    """

    asked: dict[str, dict[str, list[bytes]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    numbers: dict[str, int] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    refused: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    unanswered: int = 0
    ports: list[int] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, request: targets.Seen) -> int:
        """The number that this key has, which is made once."""
        with self.lock:
            self.asked[request.path][request.key].append(request.body)
            return self.numbers.setdefault(request.key, len(self.numbers) + 1)

    def answer_to(self, key: str) -> dict[str, Any]:
        """What a report says; the same however often it is sent."""
        return {"key": key, "number": self.numbers[key]}


@contextmanager
def systems() -> Iterator[tuple[targets.Target, Books]]:
    books = Books()

    def answered(http: Any, request: targets.Seen) -> None:
        number = books.note(request)
        time.sleep(ANSWER_SECONDS)
        http.give_json({"number": number, "key": request.key}, status=201)

    def reported(http: Any, request: targets.Seen) -> None:
        books.note(request)
        sending = threading.Thread(target=_report, args=(books, request), daemon=True)
        sending.start()
        if _is_early(request.key):
            sending.join(ANSWER_SECONDS * 4)
        http.give_json({"accepted": True}, status=202)

    targets.PATHS.update(order=answered, book=answered, report=reported)
    try:
        with targets.target() as running:
            yield running, books
    finally:
        books.is_over.set()
        for path in ("order", "book", "report"):
            del targets.PATHS[path]


def _is_early(key: str) -> bool:
    """One in four is answered before it was acknowledged."""
    return crc32(key.encode()) % 4 == 0


def _report(books: Books, request: targets.Seen) -> None:
    """Until it was taken or refused; some wait a little, some are sent twice."""
    luck = crc32(request.key.encode())
    if not _is_early(request.key):
        books.is_over.wait(luck % 7 / 4)
    for _ in range(1 + (luck % 5 == 0)):
        _send(books, request.key, request.headers["callback-url"])


def _send(books: Books, key: str, address: str) -> None:
    body = json.dumps(books.answer_to(key)).encode()
    give_up_at = time.monotonic() + GIVE_UP_SECONDS
    turn = crc32(address.encode())
    while time.monotonic() < give_up_at and not books.is_over.is_set():
        turn += 1
        status = _post(_by_port(address, books.ports[turn % len(books.ports)]), body)
        if status == 200:
            with books.lock:
                books.taken[key] += 1
            return
        if 400 <= status < 500:
            with books.lock:
                books.refused[status] += 1
            return
        books.unanswered += 1
        books.is_over.wait(BETWEEN_TRIES_SECONDS)


def _by_port(address: str, port: int) -> str:
    """There is no balancer in front of the web servers; so the one that calls takes turns."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=f"127.0.0.1:{port}"))


def _post(address: str, body: bytes) -> int:
    """The status; 0 when there was no answer."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with closing(error):
            return error.code
    except OSError:
        return 0
