"""The company at a glance: what needs a look, who holds which role, what was changed last."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Value
from django.db.models.functions import Concat, Trim
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from admin_site import audit_log, times
from admin_site.base import RoleSite
from admin_site.company.company_settings import company_of
from admin_site.company.figures import Figures, figures_of
from tenants.models import AuditEntry, User
from tenants.roles import EVERY_ROLE, SYSTEM_ROLES, Role

MOST_FACES = 5
MOST_LINES = 6
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Note:
    """Something that needs a look: a sentence, why it matters, where to go; `tone` "" is advice."""

    title: str
    text: str
    href: str
    button: str
    symbol: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Holders:
    """How many people hold a role, and the names of the first few."""

    role: Role
    number: int
    names: tuple[str, ...]

    @property
    def more(self) -> int:
        return self.number - len(self.names)


def page(site: RoleSite, request: HttpRequest) -> HttpResponse:
    company = company_of(request)
    figures = figures_of(request)
    notes = list(_notes(figures, company.time_zone))
    notes.sort(key=lambda note: not note.tone)  # advice comes after what is urgent
    urgent = sum(1 for note in notes if note.tone)
    return site.page(
        request, "company/home.html",
        title="Home", company=company, notes=notes, numbers=figures.numbers,
        people_meta=_switched_off(figures.numbers["switched_off"]),
        lead=f"{times.long_day(timezone.localdate())}. {_needs(urgent)}",
        holders=_holders(), lines=audit_log.newest(AuditEntry.objects.all(), MOST_LINES),
    )  # fmt: skip


def _switched_off(number: int) -> str:
    return f"and {number} switched off" if number else "who can sign in"


def _needs(urgent: int) -> str:
    words = {0: "Nothing needs you now.", 1: "One thing needs a look."}
    return words.get(urgent, f"{urgent} things need a look.")


def _notes(figures: Figures, time_zone: str) -> Iterator[Note]:
    numbers, people = figures.numbers, reverse("company:tenants_user_changelist")
    invitations = reverse("company:tenants_invitation_changelist")
    if n := numbers["without_role"]:
        yield Note(
            "One person has no role." if n == 1 else f"{n} people have no role.",
            "They can sign in and find nothing.",
            f"{people}?role=none", "Give a role", "person_alert", "orange",
        )  # fmt: skip
    if n := numbers["invitations_over"]:
        yield Note(
            "One invitation ran out." if n == 1 else f"{n} invitations ran out.",
            "Send them again, or withdraw them.",
            f"{invitations}?state=over", "Look", "mail_off", "orange",
        )  # fmt: skip
    if n := numbers["invitations"]:
        yield Note(
            "One invitation is open." if n == 1 else f"{n} invitations are open.",
            "Nobody has to do anything before they run out.",
            invitations, "Look", "mail",
        )  # fmt: skip
    if figures.empty_roles:
        yield Note(
            f"Nobody is in {_listed(figures.empty_roles)}.",
            "Steps for such a role find nobody, and nobody can ask for what it may ask for.",
            reverse("company:tenants_companyrole_changelist"), "Choose members", "badge", "orange",
        )  # fmt: skip
    if numbers["admins"] == 1:
        yield Note(
            "There is only one admin.",
            "Give the role to a second person, who can step in.",
            people, "Choose somebody", "shield_person",
        )  # fmt: skip
    if time_zone == "UTC":
        yield Note(
            "Times are shown in UTC.", "Choose the time zone that your clocks show.",
            reverse("company:settings"), "Choose", "schedule",
        )  # fmt: skip


def _listed(names: tuple[str, ...]) -> str:
    shown, rest = names[:MOST_NAMED], len(names) - MOST_NAMED
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more roles"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _holders() -> list[Holders]:
    """Who can sign in and holds which role, in one statement."""
    name = Trim(Concat("first_name", Value(" "), "last_name"))
    rows = (
        User.objects.active()
        .filter(groups__name__in=EVERY_ROLE)
        .values(role=F("groups__name"))
        .annotate(number=Count("pk"), names=ArrayAgg(name, order_by=("first_name", "last_name")))
    )
    found = {row["role"]: row for row in rows}
    return [
        Holders(role, row["number"], tuple(row["names"][:MOST_FACES]))
        if (row := found.get(role.key))
        else Holders(role, 0, ())
        for role in SYSTEM_ROLES
    ]
