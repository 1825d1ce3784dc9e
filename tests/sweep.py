"""Asking for everything: every address of the resolver, every link, every form.

A `Visitor` asks as one person. Whatever a question changes is undone at once, so that questions do
not answer each other.
"""

import re
import traceback
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

from django.core.signals import got_request_exception
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from django.utils import timezone

from tenants import impersonation
from tenants.models import Company, User

Sent = dict[str, list[str]]
FORM = "application/x-www-form-urlencoded"

# --- addresses -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Address:
    """One address of the resolver. `route` is what `resolve()` calls it, `places` are the names of
    what stands in it."""

    route: str
    template: str
    places: tuple[str, ...]
    name: str

    def at(self, values: Mapping[str, str]) -> str:
        return "/" + self.template % {name: quote(values[name]) for name in self.places}


def addresses(resolver: URLResolver | None = None, before: str = "") -> Iterator[Address]:
    """Every address of the product."""
    for pattern in (resolver or get_resolver("config.urls")).url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, route)
        elif isinstance(pattern, URLPattern):
            template = _as_template(route)
            places = tuple(re.findall(r"%\((\w+)\)s", template))
            yield Address(route, template, places, pattern.name or "")


def _as_template(route: str) -> str:
    """ "desk/<str:key>/" and "desk/^(?P<key>a|b)/$" both become "desk/%(key)s/"."""
    text = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"%(\1)s", route)
    text = re.sub(r"<(?:\w+:)?(\w+)>", r"%(\1)s", text)
    return re.sub(r"(?<=/)\^|\\Z|\$$", "", text)


def route_of(path: str) -> str:
    """The route that a path leads to; "" for none."""
    try:
        return resolve(urlsplit(path).path, urlconf="config.urls").route
    except Resolver404:
        return ""


# --- what is answered ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What came back: the body, and after it where it leads and what the next page would say."""

    path: str
    status: int
    text: str

    @cached_property
    def is_page(self) -> bool:
        return self.status == 200 and "<html" in self.text

    @cached_property
    def links(self) -> list[str]:
        """Where one can go from here."""
        if self.status in (301, 302):
            return [self.text.splitlines()[0]]
        found = (urlsplit(link)._replace(fragment="").geturl() for link in self._read.links)
        return list(dict.fromkeys(found))

    @cached_property
    def forms(self) -> list["Form"]:
        return [_form(found) for found in self._read.forms.values()]

    @cached_property
    def _read(self) -> "_Reader":
        reader = _Reader(self.path)
        if self.is_page:
            reader.feed(self.text)
        return reader


KEY = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f])")
# What differs between two answers to the same question, and tells nothing.
NOISE = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]*"'
    r'|name="(?:submission_key|token|_key)" value="[^"]*"'
    r"|\b\d\d:\d\d(?::\d\d)?\b|\ba moment\b|\b\d+ (?:min|minutes?)\b|[\d.]+ (?:ms|kB|MB)\b"
    rf"|{KEY.pattern}|[\w-]{{40,}}|\d{{13,}}"  # keys, tokens and moments made anew
)


def without(text: str, typed: str) -> str:
    """A text without what was typed into the question, however it is written on the page."""
    words = re.findall(r"[^\W_]+", typed.casefold())
    # Keys and names of questions are made from titles.
    as_keys = {"-".join(words), "_".join(words)}
    for written in {typed, escape(typed), quote(typed), quote(typed, safe="")} | as_keys:
        text = text.replace(written, "…") if written else text
    return text


def same_but_for(answer: Answer, typed: str = "") -> tuple[int, str]:
    return answer.status, NOISE.sub("…", without(answer.text, typed))


class Visitor:
    """Somebody who asks; `person` None is nobody in particular. What the questions of one who
    `keeps` change is for the test to undo."""

    def __init__(self, person: User | None = None, *, keeps: bool = False) -> None:
        self.client, self.keeps = _Browser(), keeps
        if person:
            self.client.force_login(person)

    def look_into(self, company: Company) -> None:
        """As a platform person may, without being allowed to change anything."""
        session = self.client.session
        session[impersonation.IN_SESSION] = {
            "company": str(company.pk),
            "reason": "to see",
            "may_write": False,
            "since": timezone.now().isoformat(),
        }
        session.save()

    def get(self, path: str) -> Answer:
        return self._ask(path, "GET", path)

    def post(self, path: str, sent: Mapping[str, Any] | None = None) -> Answer:
        body = urlencode(sent or {}, doseq=True)
        return self.send(path, body)

    def send(self, path: str, body: str | bytes, content_type: str = FORM) -> Answer:
        """Post a body as it is."""
        return self._ask(path, "POST", path, body, content_type=content_type)

    def _ask(self, path: str, method: str, *args: Any, **kwargs: Any) -> Answer:
        with transaction.atomic():
            response: Any = self.client.generic(method, *args, **kwargs)
            broken = self.client.broken
            try:
                if method == "POST":
                    connection.check_constraints()  # what a commit would look at
            except DatabaseError as error:
                broken = f"at commit: {error}"
            transaction.set_rollback(not self.keeps)
        if broken:
            return Answer(path, 500, broken)
        return Answer(path, response.status_code, _all_of(response))


class _Browser(Client):
    """A client that keeps no cookie an answer sets, and no context of the templates it draws."""

    broken = ""

    def request(self, **request: Any) -> Any:
        self.broken = ""
        got_request_exception.connect(self._note)
        try:
            return self.handler(self._base_environ(**request))  # type: ignore[attr-defined]
        finally:
            got_request_exception.disconnect(self._note)

    def _note(self, **_: Any) -> None:
        self.broken = traceback.format_exc(limit=-6)


def _all_of(response: HttpResponseBase) -> str:
    """Body, where it leads, the name of a download, and the messages kept for the next page."""
    body = response.getvalue().decode(errors="replace")
    request: Any = response.wsgi_request  # type: ignore[attr-defined]
    storage = getattr(request, "_messages", None)
    kept = [str(message) for message in storage._queued_messages] if storage else []
    headers = [response.headers.get(name, "") for name in ("Location", "Content-Disposition")]
    return "\n".join(filter(None, [body, *headers, *kept]))


# --- what stands on a page -----------------------------------------------------------------------


SOMETHING = {"email": "somebody@else.example", "number": "1", "date": "2030-01-01", "search": ""}


@dataclass(frozen=True)
class Form:
    """A form of a page, filled in as it came. `kinds` names the kind of each field."""

    action: str
    method: str
    sent: Sent = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: tuple[tuple[str, str], ...] = ()

    @property
    def shape(self) -> tuple[Any, ...]:
        """Equal for forms that ask the same at the same address."""
        return route_of(self.action), self.method, tuple(sorted(self.kinds)), self.buttons

    def filled(self) -> Sent:
        """As a hurried person would: what is empty gets something of its kind."""
        return {
            name: self.sent[name] if any(self.sent[name]) else self._something(name)
            for name in self.kinds
        }

    def _something(self, name: str) -> list[str]:
        if choices := [choice for choice in self.choices[name] if choice]:
            return choices[:1]
        return [SOMETHING.get(self.kinds[name], "x")]


class _Reader(HTMLParser):
    """Collects links and forms; a control outside its form names it by its id."""

    def __init__(self, path: str) -> None:
        super().__init__(convert_charrefs=True)
        self.path, self.links = path, list[str]()
        self.forms: dict[str, dict[str, Any]] = {}
        self._open = self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href"):
            self.links.append(urljoin(self.path, given["href"]))
        elif tag == "form":
            self._open = given.get("id") or f"form {len(self.forms)}"
            self.forms[self._open] = {
                "action": urljoin(self.path, given.get("action") or self.path),
                "method": given.get("method", "get").lower(),
                "controls": [],
            }
        elif tag in ("input", "select", "textarea", "button") and given.get("name"):
            self._control(tag, given)
        elif tag == "option" and self._select:
            self._last["choices"].append(given.get("value", ""))
            if "selected" in given:
                self._last["values"].append(given.get("value", ""))

    def _control(self, tag: str, given: dict[str, str]) -> None:
        form = self.forms.get(given.get("form") or self._open)
        if form is None:
            return
        kind = given.get("type", "submit" if tag == "button" else "text") if tag != "select" else ""
        control: dict[str, Any] = {
            "name": given["name"],
            "kind": kind if tag in ("input", "button") else tag,
            "choices": [],
            "values": [],
        }
        form["controls"].append(control)
        self._last = control
        if tag == "select":
            self._select = given["name"]
        elif tag == "textarea":
            self._area = given["name"]
            control["values"] = [""]
        elif kind in ("checkbox", "radio"):
            control["choices"] = [given.get("value", "on")]
            control["values"] = control["choices"] if "checked" in given else []
        else:
            control["values"] = [given.get("value", "")]

    def handle_data(self, data: str) -> None:
        if self._area:
            self._last["values"] = [self._last["values"][0] + data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = ""
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""
            # HTML drops the first line break: templates write one, so that the text's own stays.
            self._last["values"] = [self._last["values"][0].removeprefix("\n")]


def _form(found: dict[str, Any]) -> Form:
    form = Form(found["action"], found["method"])
    buttons = []
    for control in found["controls"]:
        name = control["name"]
        if control["kind"] == "submit":
            buttons.append((name, *control["values"]))
            continue
        form.kinds[name] = control["kind"]
        form.choices.setdefault(name, []).extend(control["choices"])
        form.sent.setdefault(name, []).extend(control["values"])
    return replace(form, buttons=tuple(buttons))


# --- walking -------------------------------------------------------------------------------------

#: So many pages of the same kind are opened.
ALIKE = 2


def walk(visitor: Visitor, start: str) -> dict[str, Answer]:
    """Every page that links lead to from `start`, by its path; of those alike the first few, and
    of the questions that a list can be asked one at a time."""
    answers: dict[str, Answer] = {}
    met: Counter[tuple[str, ...]] = Counter()
    waiting = deque([start])
    while waiting:
        path = waiting.popleft()
        likeness = _likeness(path)
        if path in answers or met[likeness] >= ALIKE or len(likeness) > 2:
            continue
        met[likeness] += 1
        answers[path] = visitor.get(path)
        waiting += [link for link in answers[path].links if link.startswith(start)]
    return answers


def _likeness(path: str) -> tuple[str, ...]:
    """(route, name of each question)."""
    return (route_of(path), *sorted(parse_qs(urlsplit(path).query, keep_blank_values=True)))
