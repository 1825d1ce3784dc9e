"""A company as a whole: signing up, settings, and what the platform may do to it."""

import secrets
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from tenants.accounts import person_by_email
from tenants.audit import record
from tenants.context import platform_context, tenant_context
from tenants.errors import DomainError, EmailTaken
from tenants.models import Company, CompanyRole, Invitation, User, uuid7
from tenants.roles import EVERY_ROLE
from tenants.services.checking import clean, must, must_be_platform, refusals_in_words
from tenants.services.company_roles import make_company_role
from tenants.services.invitations import make_invitation
from tenants.services.people import make_person

MOST_ALLOWANCES = 50


def sign_up_company(
    *,
    company_name: str,
    email: str,
    password: str,
    first_name: str,
    last_name: str,
    time_zone: str = "UTC",
) -> User:
    """Open a company; whoever signs it up gets every role in it.

    Needs no company in force; works inside its own.

    Raises:
        EmailTaken: the address has an account.
        DomainError: a field is not acceptable; `fields` says which.
    """
    if person_by_email(email):
        raise EmailTaken
    company = _unsaved(company_name, time_zone)
    with tenant_context(company), refusals_in_words():
        user = make_person(
            email=email,
            first_name=first_name,
            last_name=last_name,
            password=password,
            roles=EVERY_ROLE,
            company_roles=[_founded(company)],
        )
        record(user, "company signed up", company.name)
        user.company = company
    return user


def open_company(
    actor: User,
    *,
    company_name: str,
    email: str,
    first_name: str,
    last_name: str,
    time_zone: str = "UTC",
) -> tuple[Invitation, str]:
    """The platform opens a company and invites its first person, who gets every role; returns the
    invitation and the secret for the mailed link. Says the same for a known and an unknown address.

    Raises:
        NotAllowed: the actor does not act for the platform. DomainError: a field.
    """
    must_be_platform(actor)
    company = _unsaved(company_name, time_zone)
    with tenant_context(company), refusals_in_words():
        _founded(company)
        invitation, secret = make_invitation(
            actor, email=email, first_name=first_name, last_name=last_name, roles=EVERY_ROLE
        )
        record(actor, "company opened", company.name)
        invitation.company = company
    with platform_context():
        record(actor, "company opened", company.name, {"company": company.slug})
    return invitation, secret


def change_company(actor: User, company: Company, *, name: str, time_zone: str) -> Company:
    """Change the company's name and time zone.

    Raises:
        NotAllowed; DomainError with the field.
    """
    must(actor, "tenants.change_company")
    name = name.strip()
    changed = {"name": [company.name, name], "time_zone": [company.time_zone, time_zone]}
    changed = {field: values for field, values in changed.items() if values[0] != values[1]}
    company.name, company.time_zone = name, time_zone
    with transaction.atomic(), refusals_in_words():
        clean(company)
        company.save(update_fields=["name", "time_zone"])
        if changed:
            record(actor, "company changed", company.name, changed)
    return company


def set_company_active(actor: User, company: Company, *, is_active: bool, reason: str) -> Company:
    """Switch a company off or on. Nobody of a company that is off can sign in, and who is signed in
    is signed out by their next click. Both logs, the platform's and the company's, keep the reason.

    Raises:
        NotAllowed: the actor does not act for the platform. DomainError: no reason.
    """
    must_be_platform(actor)
    if not reason.strip():
        raise DomainError("Say why.", fields={"reason": "Please fill this in."})
    company.is_active = is_active
    company.save(update_fields=["is_active"])
    action = "company switched on" if is_active else "company switched off"
    record(actor, action, company.name, {"company": company.slug, "reason": reason})
    with tenant_context(company):
        record(actor, action, company.name, {"reason": reason})
    return company


def set_call_allowances(
    actor: User, company: Company, *, allowances: Sequence[str], reason: str
) -> Company:
    """What the company's actions may call beyond public addresses on port 443. Each entry was
    parsed by whoever asks ("erp.example:8443"). Both logs keep what changed and the reason.

    Raises:
        NotAllowed: the actor does not act for the platform. DomainError: no reason, too many.
    """
    must_be_platform(actor)
    if not reason.strip():
        raise DomainError("Say why.", fields={"reason": "Please fill this in."})
    after = list(dict.fromkeys(allowances))
    if len(after) > MOST_ALLOWANCES:
        words = f"A company can have at most {MOST_ALLOWANCES} entries; these are {len(after)}."
        raise DomainError(words, fields={"allowances": words})
    changed = {"call_allowances": [company.call_allowances, after], "reason": reason}
    company.call_allowances = after
    company.save(update_fields=["call_allowances"])
    action = "call allowances changed"
    record(actor, action, company.name, {"company": company.slug, **changed})
    with tenant_context(company):
        record(actor, action, company.name, changed)
    return company


def _unsaved(name: str, time_zone: str) -> Company:
    return Company(id=uuid7(), name=name.strip(), slug="to-be-found", time_zone=time_zone)


def _founded(company: Company) -> CompanyRole:
    """Save a new company in its own label; returns the company role that everyone has."""
    clean(company, exclude={"slug"})
    _save_with_free_slug(company)
    return make_company_role(CompanyRole.EVERYBODY, "Everyone", "Every person of the company.")


def _save_with_free_slug(company: Company) -> None:
    """The slug is seen by commands and the platform only, so a taken one may show as a suffix."""
    base = slugify(company.name)[:50] or "company"
    for attempt in range(50):
        company.slug = base if attempt == 0 else f"{base}-{secrets.token_hex(3)}"
        try:
            with transaction.atomic():
                company.save(force_insert=True)
        except IntegrityError:
            continue
        return
    raise DomainError(
        "No short name is free for this company name. Try another.",
        fields={"company_name": "Try another name."},
    )
