"""What somebody has asked for so far, in numbers: one statement, read at most once per request."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q
from django.http import HttpRequest

from admin_site.people import person_of
from operations.models import TicketInstance
from tenants.models import User


@dataclass(frozen=True, slots=True)
class OfType:
    """Requests of one type: all there ever were, and those under way."""

    type_id: UUID
    key: str
    title: str
    ever: int
    active: int


@dataclass(frozen=True, slots=True)
class OwnRequests:
    types: Sequence[OfType]

    @property
    def active(self) -> int:
        return sum(one.active for one in self.types)

    def of(self, type_id: UUID) -> OfType | None:
        """Those of one type; None if there was none."""
        return next((one for one in self.types if one.type_id == type_id), None)


def own_requests(request: HttpRequest) -> OwnRequests:
    """The numbers of the person who asks."""
    known: OwnRequests | None = getattr(request, "_own_requests", None)
    if known is None:
        known = OwnRequests(_counted(person_of(request)))
        request._own_requests = known  # type: ignore[attr-defined]
    return known


def _counted(person: User) -> list[OfType]:
    mine = TicketInstance.objects.asked_by(person).order_by("ticket_type__title")
    rows = mine.values_list("ticket_type", "ticket_type__key", "ticket_type__title").annotate(
        ever=Count("pk"), active=Count("pk", filter=Q(closed_at=None))
    )
    return [OfType(*row) for row in rows]


def in_archive(request: HttpRequest) -> None:
    """Say that the page of this request belongs to the archive, although its address does not."""
    request._in_archive = True  # type: ignore[attr-defined]


def is_in_archive(request: HttpRequest) -> bool:
    return getattr(request, "_in_archive", False)
