"""What nobody has sent in a day goes; so does content that no row knows.

Only the storage and one company's rows at a time are looked at, so any worker may do it, and two at
once do each other no harm.
"""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from math import inf
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils import timezone

from operations.models import FileUpload
from tenants.context import tenant_context

KEPT_FOR = timedelta(days=1)
MOST_AT_ONCE = 500


def sweep_files(*, kept_for: timedelta = KEPT_FOR, most_seconds: float = inf) -> int:
    """Returns how many files, or contents without a row, have gone."""
    until, before = time.monotonic() + most_seconds, timezone.now() - kept_for
    gone = 0
    for company_id in _companies():
        if time.monotonic() > until:
            break
        gone += _unsent(company_id, before)
        gone += _unknown(company_id, before, until)
    return gone


def _companies() -> list[UUID]:
    """Those that have ever kept a file: each has a folder of its own."""
    try:
        folders, _ = default_storage.listdir("")
    except FileNotFoundError:
        return []
    return [UUID(name) for name in folders if _is_key(name)]


def _is_key(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _unsent(company_id: UUID, before: datetime) -> int:
    with tenant_context(company_id):
        unsent = FileUpload.objects.filter(bound_at=None, created_at__lt=before)
        rows = list(unsent.select_for_update(skip_locked=True)[:MOST_AT_ONCE])
        places = [file.place for file in rows]
        FileUpload.objects.filter(pk__in=[file.pk for file in rows]).delete()
    for place in places:  # after the commit: a row must never point at nothing
        default_storage.delete(place)
    return len(rows)


def _unknown(company_id: UUID, before: datetime, until: float) -> int:
    """Content whose row was never written, or is gone."""
    gone = 0
    _, names = default_storage.listdir(str(company_id))
    for some in _in_lots(names):
        if time.monotonic() > until:
            break
        with tenant_context(company_id):
            known = set(
                FileUpload.objects.filter(ext_key__in=some).values_list("ext_key", flat=True)
            )
        places = [f"{company_id}/{name}" for name in some if name not in known]
        gone += sum(_gone(place) for place in places if _is_old(place, before))
    return gone


def _in_lots(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while some := list(islice(rest, MOST_AT_ONCE)):
        yield some


def _is_old(place: str, before: datetime) -> bool:
    """What is young may be written just now, by somebody who has not committed yet."""
    try:
        return default_storage.get_modified_time(place) < before
    except FileNotFoundError:
        return False


def _gone(place: str) -> bool:
    default_storage.delete(place)
    return True
