"""People with a browser's session, who note what they were told was done.

What gets no answer, or a page that says that something broke, is sent again as it was: with the
same submission key, the same answer to the same task. So a note is about one thing, however often
it was sent.
"""

import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any
from uuid import uuid4

import requests
from django.conf import settings

from tests.builders import PASSWORD
from tests.faults.story import KIND

TASK = re.compile(r"/work/tasks/([0-9a-f-]{36})/")
REVISION = re.compile(r'name="_rev" value="(\d+)"')
REQUEST = re.compile(r"/portal/requests/(\d+)/")
TIMEOUT = (2, 6)  # seconds for the connection, and for the answer
PAUSE_SECONDS = 0.2
REST_SECONDS = 3


@dataclass
class Journal:
    """What people did. `sent`: subjects that somebody tried to send; `tickets`: number by subject,
    as acknowledged; `notes`: by task, what was acknowledged; `tried`: by task, what was sent.
    """

    sent: set[str] = field(default_factory=set)
    tickets: dict[str, int] = field(default_factory=dict)
    tried: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    notes: dict[str, str] = field(default_factory=dict)
    repeated: int = 0
    unanswered: int = 0
    broken: int = 0
    oddities: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Unanswered(Exception):
    """No answer, or one that says that nothing was done for reasons of ours."""


class Person:
    """Signed in, at whichever web server answers."""

    def __init__(self, email: str, ports: list[int], journal: Journal, seed: int) -> None:
        self.email, self.ports, self.journal = email, ports, journal
        self.luck = Random(seed)
        self.browser = requests.Session()
        self.is_over = threading.Event()

    def get(self, path: str) -> requests.Response:
        return self._ask("GET", path)

    def post(self, path: str, **sent: str) -> requests.Response:
        return self._ask("POST", path, sent)

    def sign_in(self) -> None:
        self.get("/login/")
        answer = self.post("/login/", username=self.email, password=PASSWORD)
        if answer.status_code != 302:
            raise Unanswered

    def keeps_on(self, what: Callable[[], Any]) -> Any:
        """Until it was answered; None when it is all over before."""
        while not self.is_over.is_set():
            try:
                return what()
            except Unanswered:
                self.journal.repeated += 1
                self.is_over.wait(PAUSE_SECONDS)
        return None

    def _ask(self, method: str, path: str, sent: dict[str, str] | None = None) -> requests.Response:
        port = self.luck.choice(self.ports)
        if sent is not None:
            token = self.browser.cookies.get(settings.CSRF_COOKIE_NAME) or ""
            sent = {"csrfmiddlewaretoken": token, **sent}
        try:
            answer = self.browser.request(
                method,
                f"http://127.0.0.1:{port}{path}",
                data=sent,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            self.journal.unanswered += 1
            raise Unanswered from error
        if answer.status_code >= 500:
            self.journal.broken += 1
            raise Unanswered
        if "/login/" in answer.headers.get("Location", "") and not path.startswith("/login/"):
            self.sign_in()
            raise Unanswered
        return answer


class Asker(Person):
    """Sends requests as long as there is need of them."""

    def work(self, is_wanted: Callable[[], bool]) -> None:
        self.keeps_on(self.sign_in)
        while not self.is_over.is_set():
            if is_wanted():
                self._ask_for_something()
            else:
                self.is_over.wait(PAUSE_SECONDS)

    def _ask_for_something(self) -> None:
        key = uuid4().hex
        subject = f"{self.email.split('@')[0]} wants {key}"
        go_on_at = (datetime.now(UTC) + timedelta(seconds=REST_SECONDS)).isoformat()
        self.journal.sent.add(subject)

        def send() -> None:
            path = f"/portal/new/{KIND}/"
            answer = self.post(path, _key=key, subject=subject, go_on_at=go_on_at)
            found = REQUEST.search(answer.headers.get("Location", ""))
            if answer.status_code != 302 or not found:
                self.journal.oddities.append(f"sending: {answer.status_code} {_words(answer)}")
                raise Unanswered
            with self.journal.lock:
                self.journal.tickets[subject] = int(found[1])

        self.keeps_on(send)


class Worker(Person):
    """Does whatever is in the list, one after the other."""

    def work(self) -> None:
        self.keeps_on(self.sign_in)
        numbers = count(1)
        while not self.is_over.is_set():
            page = self.keeps_on(lambda: self.get("/work/tasks/"))
            tasks = list(dict.fromkeys(TASK.findall(page.text))) if page is not None else []
            for task in tasks:
                note = f"{self.email.split('@')[0]} {next(numbers)}"
                self.keeps_on(partial(self._do, task, note))
            if not tasks:
                self.is_over.wait(PAUSE_SECONDS)

    def _do(self, task: str, note: str) -> None:
        path = f"/work/tasks/{task}/"
        page = self.get(path)
        revision = REVISION.search(page.text)
        if not revision:
            return  # done already: by this person, whose first try got no answer, or run out
        self.journal.tried[task].add(note)
        answer = self.post(path, _rev=revision[1], note=note, _do="complete")
        if answer.status_code == 302:
            with self.journal.lock:
                self.journal.notes[task] = note
        elif "lready completed" not in answer.text:
            self.journal.oddities.append(f"completing: {answer.status_code} {_words(answer)}")
            raise Unanswered


def _words(answer: requests.Response) -> str:
    """What a page that was not expected says, in short."""
    text = re.sub(r"(?s)<(script|style|head).*?</\1>|<[^>]+>", " ", answer.text)
    return " ".join(text.split())[:300]


def everybody(
    askers: list[str],
    workers: list[str],
    ports: list[int],
    journal: Journal,
    is_wanted: Callable[[], bool],
    seed: int,
) -> tuple[list[Person], list[threading.Thread]]:
    """All of them at work, each in a thread."""
    asking = [Asker(email, ports, journal, seed + n) for n, email in enumerate(askers)]
    working = [Worker(email, ports, journal, seed + 100 + n) for n, email in enumerate(workers)]
    threads = [
        *(threading.Thread(target=one.work, args=(is_wanted,), daemon=True) for one in asking),
        *(threading.Thread(target=one.work, daemon=True) for one in working),
    ]
    for thread in threads:
        thread.start()
    return [*asking, *working], threads


def sent_home(people: list[Person], threads: list[threading.Thread]) -> None:
    for person in people:
        person.is_over.set()
    give_up_at = time.monotonic() + 20
    for thread in threads:
        thread.join(max(0.0, give_up_at - time.monotonic()))
