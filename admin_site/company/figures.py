"""The numbers beside the entries of the company site, and what its filters offer: one statement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)  # fmt: skip
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce, Concat, JSONObject, Trim
from django.http import HttpRequest
from django.utils import timezone

from tenants.context import current_company_id
from tenants.models import Company, CompanyRole, Invitation, User
from tenants.roles import ADMIN, EVERY_ROLE

#: How many choices a filter opens; the search finds the rest.
MOST_CHOICES = 60

HOME, PEOPLE, LOG = "index", "tenants_user_changelist", "tenants_auditentry_changelist"
Choices = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Figures:
    """`numbers` by name; `choices` of the filters by name; `empty_roles` are their titles."""

    numbers: Mapping[str, int]
    choices: Mapping[str, Choices] = field(default_factory=dict)
    empty_roles: tuple[str, ...] = ()


def figures_of(request: HttpRequest) -> Figures:
    """Read at most once per request; which page it is decides what else is read."""
    known: Figures | None = getattr(request, "_company_figures", None)
    if known is None:
        match = request.resolver_match
        known = _read((match.url_name if match else "") or "", _chosen(request))
        request._company_figures = known  # type: ignore[attr-defined]
    return known


def _read(page: str, chosen: UUID | None) -> Figures:
    rows = _everywhere() | (_of_home() if page == HOME else {})
    offers = _offers(page, chosen)
    asked: dict[str, Expression | Subquery] = {
        f"n_{n}": _number(found) for n, found in rows.items()
    }
    asked |= {f"c_{name}": ArraySubquery(offer) for name, offer in offers.items()}
    if page == HOME:
        asked["empty_roles"] = ArraySubquery(_empty_roles().values("title")[:MOST_CHOICES])
    company = Company.objects.filter(pk=current_company_id())
    found = company.annotate(**asked).values(*asked)[0]
    return Figures(
        numbers={name: found[f"n_{name}"] for name in rows},
        choices={
            name: [(choice["value"], choice["label"]) for choice in found[f"c_{name}"]]
            for name in offers
        },
        empty_roles=tuple(found.get("empty_roles", ())),
    )


def _everywhere() -> dict[str, QuerySet[Any]]:
    now = timezone.now()
    waiting = Invitation.objects.filter(accepted_at=None)
    return {
        "invitations": waiting.filter(expires_at__gt=now),
        "invitations_over": waiting.filter(expires_at__lte=now),
        "without_role": without_role(User.objects.active()),
    }


def _of_home() -> dict[str, QuerySet[Any]]:
    return {
        "people": User.objects.active(),
        "switched_off": User.objects.filter(is_active=False),
        "away": User.objects.active().filter(is_available=False),
        "admins": User.objects.active().holding(ADMIN),
        "company_roles": CompanyRole.objects.all(),
    }


def without_role(people: QuerySet[User]) -> QuerySet[User]:
    """Those who can sign in and find nothing."""
    return people.exclude(Exists(_memberships().filter(group__name__in=EVERY_ROLE)))


def in_company_role(people: QuerySet[User], key: str) -> QuerySet[User]:
    """Those who are in the company role; joins nothing, so that counts beside it stay right."""
    return people.filter(Exists(_memberships().filter(group__company_role__key=key)))


def holding(people: QuerySet[User], role: str) -> QuerySet[User]:
    """Those who hold the system role; as above."""
    return people.filter(Exists(_memberships().filter(group__name=role)))


def _memberships() -> QuerySet[Any]:
    return User.groups.through.objects.filter(user_id=OuterRef("pk"))


def _empty_roles() -> QuerySet[CompanyRole]:
    members = User.objects.active().filter(groups=OuterRef("group"))
    others = CompanyRole.objects.exclude(key=CompanyRole.EVERYBODY)
    return others.exclude(Exists(members)).order_by("title")


def _number(rows: QuerySet[Any]) -> Expression:
    counted = rows.order_by().values("company_id").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _offers(page: str, chosen: UUID | None) -> dict[str, QuerySet[Any]]:
    if page == PEOPLE:
        roles = CompanyRole.objects.exclude(key=CompanyRole.EVERYBODY).order_by("title")
        return {"company_roles": _choices(roles, F("key"), F("title"))}
    if page == LOG:
        people = User.objects.order_by(_first(chosen), "first_name", "last_name")
        return {
            "people": _choices(people, F("pk"), Trim(Concat("first_name", Value(" "), "last_name")))
        }
    return {}


def _choices(rows: QuerySet[Any], value: F, label: Expression | F) -> QuerySet[Any]:
    return rows.values(choice=JSONObject(value=value, label=label))[:MOST_CHOICES]


def _first(chosen: UUID | None) -> Expression:
    """Who is being filtered by stands among the choices, however many people there are."""
    wanted = [When(Q(pk=chosen), then=Value(0))] if chosen else []
    return Case(*wanted, default=Value(1), output_field=IntegerField())


def _chosen(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("who", ""))
    except ValueError:
        return None
