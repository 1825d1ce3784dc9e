"""Bundles between upload and confirmation: kept for the person who uploaded them, and for a day."""

from datetime import timedelta

from django.utils import timezone

from definitions.models import PendingImport
from tenants.audit import row_id
from tenants.errors import NotAllowed, NotFound
from tenants.models import User

KEPT_FOR = timedelta(days=1)


def keep_upload(actor: User, text: str, name: str = "") -> PendingImport:
    """Keep a text that could be read until its person confirms it.

    Raises:
        NotAllowed: the person may not import definitions.
    """
    if not actor.has_perm("definitions.add_workflowdefinition"):
        raise NotAllowed("Your roles do not allow this. Ask an admin of your company.")
    PendingImport.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return PendingImport.objects.create(text=text, name=name[-255:], created_by_id=row_id(actor))


def find_upload(actor: User, token: str) -> PendingImport:
    """The person's own upload.

    Raises:
        NotFound: unknown, too old, or somebody else's; all three read the same.
    """
    since = timezone.now() - KEPT_FOR
    mine = PendingImport.objects.filter(created_by_id=row_id(actor), created_at__gte=since)
    upload = mine.filter(token=token).first()
    if upload is None:
        raise NotFound("This upload is not there any more. Please upload the file again.")
    return upload
