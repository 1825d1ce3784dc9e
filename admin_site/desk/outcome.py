"""How it went with tickets that were let try again, in words."""

from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from admin_site.desk.bulk import MOST_AT_ONCE, counted
from operations.models import ErrorStatus, TicketError

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: An address that is opened again later tells nothing: by then it is another story.
STILL_NEWS = timedelta(minutes=10)


def now() -> int:
    """The present moment as an address keeps it: microseconds since 1970."""
    return (timezone.now() - _EPOCH) // _MICROSECOND


def tell(request: HttpRequest, since: int) -> None:
    """ "2 tickets stopped again at the same place." of all that this person tried since then.

    What waits for a call to be made is told by its own page.
    """
    if not 0 <= now() - since <= STILL_NEWS // _MICROSECOND:
        return
    # Who asked is kept with the error by name; a namesake's click in the same second is told too.
    asked = TicketError.objects.filter(
        retry_asked_at__gte=_EPOCH + since * _MICROSECOND,
        resolved_by_label=request.user.label,  # type: ignore[union-attr]
    )
    tried = list(asked.only("error_status", "retry_asked_at", "last_seen_at")[:MOST_AT_ONCE])
    repaired = sum(one.error_status == ErrorStatus.RESOLVED for one in tried)
    again = sum(_stopped_again(one) for one in tried)
    if repaired:
        went = "goes on" if repaired == 1 else "go on"
        messages.success(request, f"{counted(repaired, 'ticket')} {went} now.")
    if again:
        messages.warning(request, f"{counted(again, 'ticket')} stopped again at the same place.")


def _stopped_again(error: TicketError) -> bool:
    asked_at = error.retry_asked_at
    is_open = error.error_status != ErrorStatus.RESOLVED
    return is_open and asked_at is not None and error.last_seen_at >= asked_at
