"""Asking somebody to join by mail: only who reads the mailbox learns whether it is known."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tenants.accounts import person_by_email
from tenants.audit import record, row_id
from tenants.context import tenant_context
from tenants.errors import EmailTaken, NotFound
from tenants.models import CompanyRole, Invitation, User
from tenants.roles import USER
from tenants.services.checking import clean, must, refusals_in_words
from tenants.services.company_roles import find_company_roles
from tenants.services.people import known_roles, make_person

INVITATION_LASTS = timedelta(days=7)


def invite_person(
    actor: User,
    *,
    email: str,
    first_name: str,
    last_name: str,
    roles: Collection[str] = (USER,),
    company_roles: Collection[str] = (),
) -> tuple[Invitation, str]:
    """Ask somebody to join; returns the invitation and the secret for the mailed link.

    Says the same for a known and an unknown address: the account is made when the link is used.
    An earlier invitation of the same address is replaced.

    Raises:
        NotAllowed, NotFound (a role), DomainError (a field).
    """
    must(actor, "tenants.add_user")
    with transaction.atomic(), refusals_in_words():
        return make_invitation(
            actor,
            email=email,
            first_name=first_name,
            last_name=last_name,
            roles=roles,
            company_roles=company_roles,
        )


def make_invitation(
    actor: User,
    *,
    email: str,
    first_name: str,
    last_name: str,
    roles: Collection[str],
    company_roles: Collection[str] = (),
) -> tuple[Invitation, str]:
    """Write and log one; asks no right."""
    find_company_roles(company_roles)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation(
        email=email.strip(),
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        roles=sorted(known_roles(roles)),
        company_roles=sorted(company_roles),
        token_hash=_hash(secret),
        invited_by_id=row_id(actor),
        expires_at=timezone.now() + INVITATION_LASTS,
    )
    clean(invitation, exclude={"roles", "company_roles"})  # an empty list is an answer
    Invitation.objects.filter(email__iexact=invitation.email, accepted_at=None).delete()
    invitation.save()
    given = {"roles": [[], invitation.roles], "company_roles": [[], invitation.company_roles]}
    record(actor, "person invited", invitation.email, {k: v for k, v in given.items() if v[1]})
    return invitation, secret


def renew_invitation(actor: User, invitation: Invitation) -> str:
    """Make a new link that lasts as long as a new invitation; returns its secret. The old one ends.

    Raises:
        NotAllowed; NotFound: it was accepted or withdrawn meanwhile.
    """
    must(actor, "tenants.add_user")
    secret = secrets.token_urlsafe(32)
    changed = Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(
        token_hash=_hash(secret), expires_at=timezone.now() + INVITATION_LASTS
    )
    if not changed:
        raise NotFound("This invitation is not open any more. Look at the list again.")
    record(actor, "invitation sent again", invitation.email)
    return secret


def withdraw_invitation(actor: User, invitation: Invitation) -> None:
    """Make the mailed link worthless.

    Raises:
        NotAllowed; NotFound: it was accepted or withdrawn meanwhile.
    """
    must(actor, "tenants.add_user")
    gone, _ = Invitation.objects.filter(pk=invitation.pk, accepted_at=None).delete()
    if not gone:
        raise NotFound("This invitation is not open any more. Look at the list again.")
    record(actor, "invitation withdrawn", invitation.email)


def find_invitation(company_id: UUID, secret: str) -> Invitation:
    """The open invitation behind a mailed link, with its company; for whoever holds the link.

    Raises:
        NotFound: unknown, used, too old, or of a company that is switched off; all read the same.
    """
    with tenant_context(company_id):
        return _open_one(secret)


def accept_invitation(company_id: UUID, secret: str, *, password: str) -> User:
    """Make the account that an invitation promised.

    Raises:
        NotFound: as `find_invitation`.
        EmailTaken, DomainError: as `add_user`.
    """
    with tenant_context(company_id), refusals_in_words():
        invitation = _open_one(secret, lock=True)
        if person_by_email(invitation.email):
            raise EmailTaken
        user = make_person(
            email=invitation.email,
            first_name=invitation.first_name,
            last_name=invitation.last_name,
            password=password,
            roles=invitation.roles,
            company_roles=list(CompanyRole.objects.filter(key__in=invitation.company_roles)),
        )
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
        record(user, "invitation accepted", user.email)
    return user


def _open_one(secret: str, *, lock: bool = False) -> Invitation:
    rows = Invitation.objects.select_related("company").filter(token_hash=_hash(secret))
    # Locked, so that a link pressed twice makes one account.
    invitation = (rows.select_for_update(of=("self",)) if lock else rows).first()
    is_open = invitation is not None and invitation.is_open(timezone.now())
    if invitation is None or not is_open or not invitation.company.is_active:
        raise NotFound("This invitation is not valid any more. Ask for a new one.")
    return invitation


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
