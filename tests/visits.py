"""A person on the site they work with, who tries names of another company wherever one fits."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import zip_longest
from urllib.parse import quote, urlsplit
from uuid import UUID

from django.db.models import Model
from django.urls import resolve

from admin_site.base import RoleSite
from tenants.models import Company, User
from tests.sweep import (
    KEY,
    Address,
    Answer,
    Form,
    Sent,
    Visitor,
    addresses,
    route_of,
    same_but_for,
    walk,
    without,
)
from tests.world import THEIR_WORD, Names, World

#: Stands in a question where a name is tried.
NAME = "NAME-HERE"

OF_GLOBEX = re.compile("globex", re.IGNORECASE)
# The platform knows its companies by name; what is inside them it must not know.
INSIDE_GLOBEX = re.compile(rf"{THEIR_WORD}|@globex|(of|boss)-globex", re.IGNORECASE)

# Its people switch companies on and off, and the company's log tells of their visits.
PLATFORM_TOUCHES = {"UPDATE companies", "INSERT audit_entries"}


class Visit:
    """Who asks where, what opened for them, and whether an answer gives anything away."""

    def __init__(self, site: RoleSite, world: World, person: User | None = None) -> None:
        self.site, self.world = site, world
        self.visitor = Visitor(person or world.person(site.role))
        self.addresses = of_site(site)
        self.canary = OF_GLOBEX if site.role else INSIDE_GLOBEX
        self._clean: set[str] = set()

    # --- what there is ---------------------------------------------------------------------------

    @cached_property
    def pages(self) -> dict[str, Answer]:
        """By path: what links lead to from the first page of the site."""
        return walk(self.visitor, f"/{self.site.key}/")

    @cached_property
    def opened(self) -> dict[str, Answer]:
        """By route: an answer with something of ours. What no link leads to is opened by trying."""
        found = {route_of(path): page for path, page in self.pages.items() if page.status < 400}
        for address in self.addresses:
            if address.places and address.route not in found and not is_closed(address):
                tries = (self._at(address, name) for name in by_turns(self.world.own))
                if opened := next((answer for answer in tries if answer.status < 400), None):
                    found[address.route] = opened
        return found

    def _at(self, address: Address, name: str) -> Answer:
        return self.visitor.get(address.at(dict.fromkeys(address.places, name)))

    @cached_property
    def forms(self) -> list[Form]:
        """Every form that posts, on a page of ours or on the page that sending another leads to."""
        found: dict[object, Form] = {}
        for page in [*self.pages.values(), *self.opened.values()]:
            for form in self._posting(page):
                if form.shape not in found:
                    found[form.shape] = form
                    for sent in variants(form):
                        for later in self._posting(self.visitor.post(form.action, sent)):
                            found.setdefault(later.shape, later)
        return list(found.values())

    def _posting(self, page: Answer) -> list[Form]:
        here = f"/{self.site.key}/"
        return [f for f in page.forms if f.method == "post" and f.action.startswith(here)]

    def places_of(self, address: Address) -> dict[str, str]:
        """What stood in the places of the address when it opened; empty if it never did."""
        page = self.opened.get(address.route)
        found = resolve(urlsplit(page.path).path).kwargs if page else {}
        return {place: str(value) for place, value in found.items()}

    # --- names -----------------------------------------------------------------------------------

    def foreign(self, *models: type[Model], kind: str = "") -> list[str]:
        """Foreign names of these models, or of all; of each the newest of every kind, or of one."""
        found = (self._foreign.get(model, ()) for model in models or self._foreign)
        names = [name for names in found for name in newest(names)]
        return [name for name in names if kind in ("", kind_of(name))]

    def like(self, *ours: str) -> list[str]:
        """Foreign names of whatever these, our own, are names of."""
        models = {self._model_of[one] for one in ours if one in self._model_of}
        return self.foreign(*models) if models else []

    def knows(self, name: str) -> bool:
        return name in self._model_of

    @cached_property
    def _foreign(self) -> Names:
        """The platform may know the companies."""
        return {m: n for m, n in self.world.foreign.items() if self.site.role or m is not Company}

    @cached_property
    def _foreign_keys(self) -> set[str]:
        return {name for names in self._foreign.values() for name in names if is_key(name)}

    @cached_property
    def _model_of(self) -> dict[str, type[Model]]:
        return {name: model for model, names in self.world.own.items() for name in names}

    # --- what must not be ------------------------------------------------------------------------

    def wrong(self, path: str, names: Iterable[str], sent: Sent | None = None) -> Iterator[str]:
        """Which of the names, put in place of NAME, break something, or get another answer than a
        name that nothing has. What was typed itself may come back.

        `sent` is what is posted; without it the question is a GET.
        """
        of_nothing: dict[str, tuple[int, str]] = {}
        for name in names:
            kind, nothing = kind_of(name), absent_like(name)
            if kind not in of_nothing:
                of_nothing[kind] = same_but_for(self._ask(path, nothing, sent), nothing)
            answer = self._ask(path, name, sent)
            if found := self.leak(answer, name):
                yield f"{name}: {found}"
            elif same_but_for(answer, name) != of_nothing[kind]:
                yield (
                    f"{name} gets {answer.status} at {answer.path}, "
                    f"{nothing} gets {of_nothing[kind][0]} or another text"
                )

    def _ask(self, path: str, name: str, sent: Sent | None) -> Answer:
        here = path.replace(NAME, quote(name))
        if sent is None:
            return self.visitor.get(here)
        filled = {
            field: [value.replace(NAME, name) for value in values] for field, values in sent.items()
        }
        return self.visitor.post(here, filled)

    def leak(self, answer: Answer, typed: str = "") -> str:
        """What is wrong with an answer by itself; "" for nothing. Most refusals are one page."""
        if touched := self._touched():
            return f"{answer.path} touched rows of Globex: {touched}"
        if answer.status >= 500:
            return f"{answer.path} broke: {answer.text}"
        text = without(answer.text, typed)
        if text in self._clean:
            return ""
        told = self.canary.search(text)
        if told:
            around = text[max(0, told.start() - 80) : told.end() + 80]
            return f"{answer.path} tells of Globex: {around!r}"
        if keys := self._foreign_keys.intersection(KEY.findall(text)):
            return f"{answer.path} tells keys of Globex: {keys}"
        self._clean.add(text)
        return ""

    def _touched(self) -> set[str]:
        """What was heard since the last answer."""
        touched = {*self.world.touched} - (set() if self.site.role else PLATFORM_TOUCHES)
        self.world.touched.clear()
        return touched


# --- addresses -----------------------------------------------------------------------------------


def of_site(site: RoleSite) -> list[Address]:
    found = [address for address in addresses() if address.route.startswith(f"{site.key}/")]
    assert found, f"{site.key} is not mounted in config/urls.py"
    return found


def is_closed(address: Address) -> bool:
    """Django's own addresses, which TenantModelAdmin keeps closed or leads elsewhere from."""
    closed = ("_history", "_delete", "_change")
    return address.name in ("", "app_list") or address.name.endswith(closed)


# --- forms ---------------------------------------------------------------------------------------


def variants(form: Form) -> list[Sent]:
    """The form filled in, once for each of its buttons."""
    filled = form.filled()
    return [{**filled, name: [value]} for name, value in form.buttons] or [filled]


# --- names ---------------------------------------------------------------------------------------


def by_turns(names: Names) -> Iterator[str]:
    """One name of each model, then the next of each."""
    for turn in zip_longest(*names.values()):
        yield from (name for name in turn if name is not None)


def newest(names: Sequence[str]) -> list[str]:
    """The first of every kind."""
    return list({kind_of(name): name for name in reversed(names)}.values())


def kind_of(name: str) -> str:
    if is_key(name):
        return "key"
    return "number" if name.isdecimal() else "address" if "@" in name else "word"


def is_key(name: str) -> bool:
    return bool(KEY.fullmatch(name))


def absent_like(name: str) -> str:
    """A name of the same kind that nothing has."""
    if is_key(name):
        return str(UUID(int=UUID(name).int ^ 0xFFFFFFFF))
    return "98765" if name.isdecimal() else "@".join(part[::-1] for part in name.split("@"))
