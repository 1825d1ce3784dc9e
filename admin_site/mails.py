"""The mails of the public pages, and how often one address may get them.

An address gets a mail whether or not it belongs to an account: so the page, its time and its words
are the same for both, and a person who took the wrong address learns it from their own mailbox.
"""

import logging
from hashlib import sha256

from django.core.cache import cache
from django.core.mail import send_mail
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from tenants.accounts import person_by_email
from tenants.models import Invitation

log = logging.getLogger(__name__)

MAILS_PER_HOUR = 5
HOUR = 3_600


class NotSent(Exception):
    """The mail server could not be reached."""


def send(to: str, name: str, **context: object) -> None:
    """Send the mail `mails/<name>.txt`; its first line is the subject. Above the limit per address
    nothing is sent and nothing is said, or the limit would tell what the page does not.

    Raises:
        NotSent
    """
    if _is_too_much(to):
        log.warning("Too many mails to one address; not sent", extra={"mail": name})
        return
    text = render_to_string(f"admin_site/mails/{name}.txt", dict(context))
    subject, _, body = text.strip().partition("\n")  # names hold no line breaks: forms refuse them
    try:
        send_mail(" ".join(subject.split()), body.strip() + "\n", None, [to])
    except OSError as error:  # smtplib's errors are OSErrors, too
        log.exception("Mail not sent", extra={"mail": name})
        raise NotSent from error


def invite(request: HttpRequest, invitation: Invitation, secret: str) -> None:
    """Send the link of an invitation; `secret` is what `services.invite_person` returned.

    Raises:
        NotSent
    """
    known = person_by_email(invitation.email)
    address = reverse("invitation", args=[invitation.company_id, secret])
    send(
        invitation.email,
        "invitation_known" if known else "invitation",
        link=request.build_absolute_uri(address),
        home=request.build_absolute_uri(reverse("start")),
        first_name=invitation.first_name,
        company=str(invitation.company),
        who=getattr(request.user, "label", str(request.user)),
    )


def _is_too_much(address: str) -> bool:
    key = f"mails:{sha256(address.lower().encode('utf-8', 'replace')).hexdigest()}"
    cache.add(key, 0, HOUR)
    try:
        return int(cache.incr(key)) > MAILS_PER_HOUR
    except ValueError:  # it went out of the cache in between
        return False
