"""The people of a company, and those of the platform."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from tenants.accounts import person_by_email
from tenants.audit import record
from tenants.context import current_company_id, platform_context
from tenants.errors import EmailTaken, NotAllowed, NotFound
from tenants.models import Company, CompanyRole, User
from tenants.roles import ADMIN, EVERY_ROLE, ROLES, USER
from tenants.services.checking import clean, must, refusals_in_words
from tenants.services.company_roles import find_company_roles

UNCHANGED = "unchanged"  # None is a value of its own: no limit


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
    must(actor, "tenants.add_user")
    if person_by_email(email):
        raise EmailTaken
    with transaction.atomic(), refusals_in_words():
        user = make_person(
            email=email,
            first_name=first_name,
            last_name=last_name,
            password=password,
            roles=known_roles(roles),
            company_roles=find_company_roles(company_roles),
        )
        given = {"roles": [[], sorted(roles)], "company_roles": [[], sorted(company_roles)]}
        record(actor, "person added", user.email, {k: v for k, v in given.items() if v[1]})
    return user


def add_platform_person(*, email: str, password: str, first_name: str, last_name: str) -> User:
    """A person of the platform, who belongs to no company. For whoever runs the machine.

    Raises:
        EmailTaken; DomainError: a field.
    """
    if person_by_email(email):
        raise EmailTaken
    with platform_context(), refusals_in_words():
        user = User(
            email=email.strip(),
            first_name=first_name.strip(),
            last_name=last_name.strip(),
            company=None,
            is_superuser=True,
        )
        _save_with_password(user, password)
        record(None, "platform person added", user.email)
    return user


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
    open_task_limit: int | str | None = UNCHANGED,
) -> User:
    """Change what is given and leave the rest. Switching off, and other roles, end the person's
    sessions at once.

    Raises:
        NotAllowed: also for taking the last admin away, or switching oneself off.
        NotFound: a role. DomainError: a field.
    """
    must(actor, "tenants.change_user")
    given = {
        "first_name": first_name,
        "last_name": last_name,
        "is_active": is_active,
        "is_available": is_available,
    }
    fields: dict[str, Any] = {n: value for n, value in given.items() if value is not None}
    if open_task_limit != UNCHANGED:
        fields["open_task_limit"] = open_task_limit
    with transaction.atomic(), refusals_in_words():
        _keep_an_admin(actor, person, roles, is_active)
        changed = _set_fields(person, fields)
        if roles is not None:
            changed |= _set_roles(person, known_roles(roles))
        if company_roles is not None:
            changed |= _set_company_roles(person, company_roles)
        if changed:
            record(actor, "person changed", person.email, changed)
    # Roles are read anew with every request, so nobody has to be thrown out of their own page.
    if is_active is False or ("roles" in changed and actor.pk != person.pk):
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


def end_sessions(person: User) -> None:
    """Sign the person out everywhere. Django keeps no index from person to session, so this reads
    all live sessions: rare, and small for a company of people."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()


def make_person(
    *,
    email: str,
    first_name: str,
    last_name: str,
    password: str | None,
    roles: Collection[str],
    company_roles: Collection[CompanyRole],
) -> User:
    """Write a person of the company in force; asks no right and logs nothing."""
    user = User(
        email=email.strip(),
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        company_id=current_company_id(),
    )
    _save_with_password(user, password)
    everybody = CompanyRole.objects.get(key=CompanyRole.EVERYBODY)
    groups = [role.group_id for role in {everybody, *company_roles}]
    user.groups.set([*Group.objects.filter(name__in=roles), *Group.objects.filter(pk__in=groups)])
    return user


def known_roles(roles: Collection[str]) -> list[str]:
    """The same keys.

    Raises:
        NotFound: one of them is no system role.
    """
    if unknown := sorted(set(roles) - EVERY_ROLE):
        raise NotFound(f"There is no role '{unknown[0]}'. The roles are: {', '.join(ROLES)}.")
    return list(roles)


def _save_with_password(user: User, password: str | None) -> None:
    clean(user, exclude={"password"})
    if password is None:
        user.set_unusable_password()
    else:
        _check_password(password, user)
        user.set_password(password)
    user.save()


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error


def _keep_an_admin(
    actor: User, person: User, roles: Collection[str] | None, is_active: bool | None
) -> None:
    if actor.pk == person.pk and is_active is False:
        raise NotAllowed("You cannot switch yourself off. Ask another admin of your company.")
    stays = (roles is None or ADMIN in roles) and is_active is not False
    if stays or ADMIN not in person.roles:
        return
    # Locked, or the last two admins could take the role from each other in the same second.
    Company.objects.select_for_update(no_key=True).get(pk=current_company_id())
    if not User.objects.active().holding(ADMIN).exclude(pk=person.pk).exists():
        raise NotAllowed(f"{person} is the last admin. Give the role to somebody else first.")


def _set_fields(person: User, fields: dict[str, Any]) -> dict[str, Any]:
    """Writes only what changed: a password that the person sets meanwhile stays theirs."""
    changed = {}
    for name, value in fields.items():
        value = value.strip() if isinstance(value, str) else value
        if (before := getattr(person, name)) != value:
            changed[name] = [before, value]
            setattr(person, name, value)
    clean(person, exclude={"password"})
    if changed:
        person.save(update_fields=[*changed, "updated_at"])
    return changed


def _set_roles(person: User, wanted: Collection[str]) -> dict[str, Any]:
    before = list(person.groups.filter(name__in=EVERY_ROLE))
    after = list(Group.objects.filter(name__in=wanted))
    person.groups.remove(*(group for group in before if group not in after))
    person.groups.add(*(group for group in after if group not in before))
    person.__dict__.pop("roles", None)
    person.__dict__.pop("role_keys", None)
    names = [sorted(group.name for group in groups) for groups in (before, after)]
    return {"roles": names} if names[0] != names[1] else {}


def _set_company_roles(person: User, keys: Collection[str]) -> dict[str, Any]:
    """Everything but the role that everyone has, which stays."""
    wanted = [role for role in find_company_roles(keys) if role.key != CompanyRole.EVERYBODY]
    others = CompanyRole.objects.exclude(key=CompanyRole.EVERYBODY)
    before = list(others.filter(group__user=person))
    person.groups.remove(*(role.group_id for role in before if role not in wanted))
    person.groups.add(*(role.group_id for role in wanted if role not in before))
    keys_of = [sorted(role.key for role in roles) for roles in (before, wanted)]
    return {"company_roles": keys_of} if keys_of[0] != keys_of[1] else {}
