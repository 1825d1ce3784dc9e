"""What a person may ask for: tiles in groups, found in five seconds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from django.db.models import Aggregate, Count, DurationField, F
from django.http import HttpRequest
from django.urls import reverse

from admin_site import times
from admin_site.parts import Tile
from admin_site.people import person_of
from admin_site.portal.own import OwnRequests, own_requests
from definitions.models import TicketDefinition
from operations.models import TicketInstance, WorkflowStatus

#: The type for everything that fits nowhere; it stands last, by itself.
SOMETHING_ELSE = "something-else"
#: From so many types on it pays to lift those that somebody uses most.
MANY = 7
MOST_POPULAR = 3
#: "Usually 2 days" is told from at least so many, among so many of the last finished requests.
LEAST_TOLD = 5
LATEST = 500
#: Shown where a type names no symbol.
PLAIN_SYMBOL = "description"


class Median(Aggregate):
    """Half of the values are below it. An average would be that of the one which took a year."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True, slots=True)
class Group:
    """Tiles under one heading; "" draws none."""

    title: str
    tiles: Sequence[Tile]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`other` is the type for everything else, or None."""

    groups: Sequence[Group] = ()
    other: Tile | None = None
    query: str = ""
    is_empty: bool = field(default=False)


def catalogue(request: HttpRequest) -> Catalogue:
    """Everything that the person of this request may ask for, or what fits the search."""
    query = request.GET.get("q", "").strip()
    offered = list(_offered(request))
    usual = _usual_times() if offered else {}
    other = next((one for one in offered if one.key == SOMETHING_ELSE), None)
    rest = [one for one in offered if one is not other]
    if query:
        groups = [Group("", [_tile(one, usual) for one in rest if _fits(one, query)])]
    else:
        groups = list(_groups(rest, own_requests(request), usual))
    return Catalogue(
        groups=[group for group in groups if group.tiles],
        other=_tile(other, usual) if other else None,
        query=query,
        is_empty=not offered,
    )


def _offered(request: HttpRequest) -> Iterable[TicketDefinition]:
    documents = ("form_schema", "edit_layout", "display_layout", "fields", "ext_ref")
    return TicketDefinition.objects.submittable_by(person_of(request)).defer(*documents)


def _usual_times() -> Mapping[UUID, timedelta]:
    """Type -> how long its requests took lately, where enough of them are done."""
    latest = TicketInstance.objects.archived().order_by("-pk").values("pk")[:LATEST]
    done = TicketInstance.objects.filter(pk__in=latest, workflow__w_status=WorkflowStatus.COMPLETED)
    told = (
        done.order_by()
        .values("ticket_type")
        .annotate(number=Count("pk"), usual=Median(F("closed_at") - F("created_at")))
        .filter(number__gte=LEAST_TOLD)
    )
    return dict(told.values_list("ticket_type", "usual"))


def _groups(
    types: Sequence[TicketDefinition], own: OwnRequests, usual: Mapping[UUID, timedelta]
) -> Iterable[Group]:
    popular = _popular(types, own)
    yield Group("Popular with you", [_tile(one, usual) for one in popular])
    rest = [one for one in types if one not in popular]
    several = len({one.category for one in rest}) > 1 or bool(popular)
    for category, members in groupby(_by_category(rest), key=lambda one: one.category):
        title = category or ("More" if several else "")
        yield Group(title, [_tile(one, usual) for one in members])


def _by_category(types: Iterable[TicketDefinition]) -> list[TicketDefinition]:
    """In their own order; what belongs to no category comes last."""
    return sorted(types, key=lambda one: (not one.category, one.category, one.position, one.title))


def _popular(types: Sequence[TicketDefinition], own: OwnRequests) -> list[TicketDefinition]:
    """What the person asks for most, where there is much to choose from."""
    if len(types) < MANY:
        return []
    ever = {one.type_id: one.ever for one in own.types}
    asked = [one for one in types if ever.get(one.pk)]
    return sorted(asked, key=lambda one: -ever[one.pk])[:MOST_POPULAR]


def _tile(one: TicketDefinition, usual: Mapping[UUID, timedelta]) -> Tile:
    known = usual.get(one.pk)
    return Tile(
        title=one.title,
        href=reverse("portal:submit", args=[one.key]),
        text=one.description,
        icon=one.icon or PLAIN_SYMBOL,
        meta=f"usually {times.span(known)}" if known else "",
        words=one.category,
    )


def _fits(one: TicketDefinition, query: str) -> bool:
    text = f"{one.title} {one.description} {one.category}".casefold()
    return all(word in text for word in query.casefold().split())
