"""The verbs about companies and people. Each takes the acting person first and leaves a line in the
log.
"""

import hashlib
import secrets
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from tenants.accounts import person_by_email
from tenants.audit import record, row_id
from tenants.context import current_company_id, tenant_context
from tenants.errors import DomainError, EmailTaken, NotAllowed, NotFound
from tenants.models import Company, CompanyRole, Invitation, User, uuid7
from tenants.roles import EVERY_ROLE, ROLES, USER

INVITATION_LASTS = timedelta(days=7)


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
    company = Company(
        id=uuid7(), name=company_name.strip(), slug="to-be-found", time_zone=time_zone
    )
    with tenant_context(company), _refusals_in_words():
        _clean(company, exclude={"slug"})
        _save_with_free_slug(company)
        everybody = _create_company_role(
            CompanyRole.EVERYBODY, "Everyone", "Every person of the company."
        )
        user = _create_person(
            email=email,
            first_name=first_name,
            last_name=last_name,
            password=password,
            roles=EVERY_ROLE,
            company_roles=[everybody],
        )
        record(user, "company signed up", company.name)
        user.company = company
    return user


def add_user(
    actor: User,
    *,
    email: str,
    first_name: str,
    last_name: str,
    password: str | None = None,
    roles: Collection[str] = (USER,),
    company_roles: Collection[str] = (),
) -> User:
    """Add a person to the company in force. `company_roles` are keys; "user" (everyone) is implied.

    Raises:
        NotAllowed, EmailTaken, NotFound (a company role), DomainError (a field).
    """
    _must(actor, "tenants.add_user")
    if person_by_email(email):
        raise EmailTaken
    with transaction.atomic(), _refusals_in_words():
        user = _create_person(
            email=email,
            first_name=first_name,
            last_name=last_name,
            password=password,
            roles=_known_roles(roles),
            company_roles=_find_company_roles(company_roles),
        )
        record(
            actor,
            "person added",
            user.email,
            {"roles": sorted(roles), "company_roles": sorted(company_roles)},
        )
    return user


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
    """
    _must(actor, "tenants.add_user")
    _find_company_roles(company_roles)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation(
        email=email,
        first_name=first_name,
        last_name=last_name,
        roles=sorted(_known_roles(roles)),
        company_roles=sorted(company_roles),
        token_hash=_hash(secret),
        invited_by_id=row_id(actor),
        expires_at=timezone.now() + INVITATION_LASTS,
    )
    with transaction.atomic(), _refusals_in_words():
        Invitation.objects.filter(email__iexact=email, accepted_at=None).delete()
        _clean(invitation)
        invitation.save()
        record(actor, "person invited", email, {"roles": sorted(roles)})
    return invitation, secret


def accept_invitation(company_id: UUID, secret: str, *, password: str) -> User:
    """Make the account that an invitation promised.

    Raises:
        NotFound: unknown, used or too old; all three read the same.
        EmailTaken, DomainError: as `add_user`.
    """
    with tenant_context(company_id), _refusals_in_words():
        invitation = Invitation.objects.select_for_update().filter(token_hash=_hash(secret)).first()
        if invitation is None or not invitation.is_open(timezone.now()):
            raise NotFound("This invitation is not valid any more. Ask for a new one.")
        if person_by_email(invitation.email):
            raise EmailTaken
        user = _create_person(
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


def withdraw_invitation(actor: User, invitation: Invitation) -> None:
    """Make the mailed link worthless."""
    _must(actor, "tenants.add_user")
    record(actor, "invitation withdrawn", invitation.email)
    invitation.delete()


def change_person(
    actor: User,
    person: User,
    *,
    first_name: str | None = None,
    last_name: str | None = None,
    roles: Collection[str] | None = None,
    company_roles: Collection[str] | None = None,
    is_active: bool | None = None,
    is_available: bool | None = None,
    open_task_limit: int | str | None = "unchanged",
) -> User:
    """Change what is given and leave the rest. Switching off ends the person's sessions at once.

    Raises:
        NotAllowed: also for taking the last admin away, or switching oneself off.
    """
    _must(actor, "tenants.change_user")
    given = {
        "first_name": first_name,
        "last_name": last_name,
        "is_active": is_active,
        "is_available": is_available,
    }
    fields: dict[str, Any] = {n: value for n, value in given.items() if value is not None}
    if open_task_limit != "unchanged":
        fields["open_task_limit"] = open_task_limit
    _keep_an_admin(actor, person, roles, is_active)
    with transaction.atomic(), _refusals_in_words():
        changed = {
            name: [getattr(person, name), value]
            for name, value in fields.items()
            if getattr(person, name) != value
        }
        for name, value in fields.items():
            setattr(person, name, value)
        _clean(person, exclude={"password"})
        person.save()
        if roles is not None:
            changed |= _set_groups(
                person, "roles", Group.objects.filter(name__in=_known_roles(roles)), EVERY_ROLE
            )
        if company_roles is not None:
            changed |= _set_company_roles(person, company_roles)
        if changed:
            record(actor, "person changed", person.email, changed)
    if is_active is False or roles is not None:
        end_sessions(person)
    return person


def set_availability(actor: User, *, is_available: bool) -> None:
    """A worker says whether new work may come."""
    actor.is_available = is_available
    User.objects.filter(pk=actor.pk).update(is_available=is_available)
    record(
        actor,
        "availability changed",
        actor.email,
        {"is_available": [not is_available, is_available]},
    )


def change_company(actor: User, company: Company, *, name: str, time_zone: str) -> Company:
    """Change the company's name and time zone.

    Raises:
        NotAllowed; DomainError with the field.
    """
    _must(actor, "tenants.change_company")
    changed = {"name": [company.name, name], "time_zone": [company.time_zone, time_zone]}
    company.name, company.time_zone = name.strip(), time_zone
    with transaction.atomic(), _refusals_in_words():
        _clean(company)
        company.save(update_fields=["name", "time_zone"])
        record(
            actor,
            "company changed",
            company.name,
            {k: v for k, v in changed.items() if v[0] != v[1]},
        )
    return company


def create_company_role(actor: User, *, key: str, title: str, description: str = "") -> CompanyRole:
    """A new word for a group of people, such as "managers".

    Raises:
        NotAllowed; DomainError when the key is taken or malformed.
    """
    _must(actor, "tenants.add_companyrole")
    with transaction.atomic(), _refusals_in_words():
        role = _create_company_role(key, title, description)
        record(actor, "company role created", role.key)
    return role


def change_company_role(
    actor: User,
    role: CompanyRole,
    *,
    title: str,
    description: str = "",
    members: Iterable[User] | None = None,
) -> CompanyRole:
    """Rename a company role, and say who is in it. The key stays: definitions name it."""
    _must(actor, "tenants.change_companyrole")
    changed: dict[str, Any] = {"title": [role.title, title]} if role.title != title else {}
    role.title, role.description = title, description
    with transaction.atomic(), _refusals_in_words():
        _clean(role)
        role.save(update_fields=["title", "description"])
        if members is not None and role.key != CompanyRole.EVERYBODY:
            before = sorted(role.group.user_set.values_list("email", flat=True))
            role.group.user_set.set(members)
            changed["members"] = [before, sorted(member.email for member in members)]
        record(actor, "company role changed", role.key, changed)
    return role


def delete_company_role(actor: User, role: CompanyRole) -> None:
    """Remove a company role that nothing needs. The one that everyone has stays.

    Raises:
        NotAllowed.
    """
    _must(actor, "tenants.delete_companyrole")
    if role.key == CompanyRole.EVERYBODY:
        raise NotAllowed("The role 'Everyone' cannot be removed: every person has it.")
    with transaction.atomic():
        group, key = role.group, role.key
        role.delete()
        group.delete()
        record(actor, "company role deleted", key)


def end_sessions(person: User) -> None:
    """Sign the person out everywhere. Django keeps no index from person to session, so this reads
    all
    live sessions: rare, and small for a company of people."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()


class _refusals_in_words:
    """Turns what Django and PostgreSQL refuse into a DomainError; their own words never reach a
    page.
    """

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, ValidationError):
            fields = {name: " ".join(messages) for name, messages in _by_field(error).items()}
            raise DomainError(" ".join(fields.values()), fields=fields) from error
        if isinstance(error, IntegrityError):
            if "users_email_any_case_key" in str(error):
                raise EmailTaken from error
            raise DomainError(
                "This could not be saved, because something it needs is gone. Reload and try again."
            ) from error


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}


def _must(actor: User, permission: str) -> None:
    if not actor.has_perm(permission):
        raise NotAllowed("Your roles do not allow this. Ask an admin of your company.")


def _clean(row: Any, exclude: Collection[str] = ()) -> None:
    """Validate, but ask nothing over the wall: uniqueness is the database's to say."""
    row.full_clean(exclude=set(exclude), validate_unique=False, validate_constraints=False)


def _create_person(
    *,
    email: str,
    first_name: str,
    last_name: str,
    password: str | None,
    roles: Collection[str],
    company_roles: Collection[CompanyRole],
) -> User:
    user = User(
        email=email.strip(),
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        company_id=current_company_id(),
    )
    _clean(user, exclude={"password"})
    if password is None:
        user.set_unusable_password()
    else:
        _check_password(password, user)
        user.set_password(password)
    user.save()
    everybody = CompanyRole.objects.get(key=CompanyRole.EVERYBODY)
    groups = [role.group_id for role in {everybody, *company_roles}]
    user.groups.set([*Group.objects.filter(name__in=roles), *Group.objects.filter(pk__in=groups)])
    return user


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error


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


def _create_company_role(key: str, title: str, description: str) -> CompanyRole:
    role = CompanyRole(key=key, title=title, description=description)
    role.group = Group(name=f"company-role:{role.pk}")
    _clean(role, exclude={"group"})
    role.group.save()
    role.group_id = role.group.pk
    try:
        with transaction.atomic():
            role.save()
    except IntegrityError as error:
        role.group.delete()
        raise ValidationError(
            {"key": f"A company role with the key '{key}' exists already."}
        ) from error
    return role


def _known_roles(roles: Collection[str]) -> list[str]:
    if unknown := sorted(set(roles) - EVERY_ROLE):
        raise NotFound(f"There is no role '{unknown[0]}'. The roles are: {', '.join(ROLES)}.")
    return list(roles)


def _find_company_roles(keys: Collection[str]) -> list[CompanyRole]:
    found = {role.key: role for role in CompanyRole.objects.filter(key__in=keys)}
    if missing := sorted(set(keys) - set(found)):
        raise NotFound(f"There is no company role '{missing[0]}'.")
    return list(found.values())


def _keep_an_admin(
    actor: User, person: User, roles: Collection[str] | None, is_active: bool | None
) -> None:
    if actor.pk == person.pk and is_active is False:
        raise NotAllowed("You cannot switch yourself off. Ask another admin of your company.")
    stays = (roles is None or "admin" in roles) and is_active is not False
    if stays or "admin" not in person.roles:
        return
    if not User.objects.active().holding("admin").exclude(pk=person.pk).exists():
        raise NotAllowed(f"{person} is the last admin. Give the role to somebody else first.")


def _set_groups(
    person: User, word: str, wanted: Iterable[Group], among: Collection[str]
) -> dict[str, Any]:
    before = set(person.groups.filter(name__in=among))
    after = set(wanted)
    person.groups.remove(*(before - after))
    person.groups.add(*(after - before))
    person.__dict__.pop("roles", None)
    person.__dict__.pop("role_keys", None)
    names = [sorted(group.name for group in groups) for groups in (before, after)]
    return {word: names} if before != after else {}


def _set_company_roles(person: User, keys: Collection[str]) -> dict[str, Any]:
    roles = CompanyRole.objects.exclude(key=CompanyRole.EVERYBODY).select_related("group")
    wanted = [role for role in roles if role.key in keys]
    _find_company_roles(keys)
    before = {role.key for role in roles if role.group in set(person.groups.all())}
    person.groups.remove(*(role.group for role in roles))
    person.groups.add(*(role.group for role in wanted))
    after = {role.key for role in wanted}
    return {"company_roles": [sorted(before), sorted(after)]} if before != after else {}


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
