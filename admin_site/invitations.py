"""Inviting somebody from a page: the verb, the mail, and what to tell whoever invites.

They learn nothing about the address: the mail goes out in any case, and it is the mail that tells a
person who has an account already. The page behind the link is `public.accept_invitation`.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from admin_site import mails
from admin_site.people import person_of
from admin_site.public import NOT_SENT
from tenants import services
from tenants.errors import DomainError
from tenants.models import Invitation

ON_ITS_WAY = "The invitation is on its way to {}."
PRINTED = " This machine prints its mails where the program runs."
CONSOLE = "django.core.mail.backends.console.EmailBackend"


def invite(request: HttpRequest, **answers: Any) -> str:
    """Invite somebody into the company in force; returns what to tell whoever invites.

    Raises:
        DomainError: as `services.invite_person`, or the mail could not be sent.
    """
    return send(request, *services.invite_person(person_of(request), **answers))


def send_again(request: HttpRequest, invitation: Invitation) -> str:
    """A new link for the same person; the old one ends.

    Raises:
        DomainError: as `services.renew_invitation`, or the mail could not be sent.
    """
    secret = services.renew_invitation(person_of(request), invitation)
    return send(request, invitation, secret)


def send(request: HttpRequest, invitation: Invitation, secret: str) -> str:
    """Mail the link of an invitation that has been written.

    Raises:
        DomainError: the mail could not be sent.
    """
    try:
        mails.invite(request, invitation, secret)
    except mails.NotSent as error:
        raise DomainError(NOT_SENT) from error
    printed = PRINTED if settings.EMAIL_BACKEND == CONSOLE else ""
    return ON_ITS_WAY.format(invitation.email) + printed
