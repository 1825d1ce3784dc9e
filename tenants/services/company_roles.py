"""Company roles: a company's own words for groups of its people."""

from collections.abc import Collection, Iterable

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tenants.audit import record
from tenants.errors import NotAllowed, NotFound
from tenants.models import CompanyRole, User
from tenants.services.checking import clean, must, refusals_in_words


def create_company_role(actor: User, *, key: str, title: str, description: str = "") -> CompanyRole:
    """A new word for a group of people, such as "managers".

    Raises:
        NotAllowed; DomainError when the key is taken or malformed.
    """
    must(actor, "tenants.add_companyrole")
    with transaction.atomic(), refusals_in_words():
        role = make_company_role(key, title.strip(), description)
        record(actor, "company role created", role.key, {"title": ["", role.title]})
    return role


def change_company_role(
    actor: User,
    role: CompanyRole,
    *,
    title: str,
    description: str = "",
    members: Iterable[User] | None = None,
) -> CompanyRole:
    """Rename a company role, and say who is in it. The key stays: definitions name it.

    Raises:
        NotAllowed; DomainError with the field.
    """
    must(actor, "tenants.change_companyrole")
    changed: dict[str, list[object]] = {}
    for name, value in {"title": title.strip(), "description": description}.items():
        if getattr(role, name) != value:
            changed[name] = [getattr(role, name), value]
            setattr(role, name, value)
    with transaction.atomic(), refusals_in_words():
        clean(role)
        role.save(update_fields=["title", "description"])
        if members is not None and role.key != CompanyRole.EVERYBODY:
            changed |= _set_members(role, list(members))
        if changed:
            record(actor, "company role changed", role.key, changed)
    return role


def delete_company_role(actor: User, role: CompanyRole) -> None:
    """Remove a company role, and with it what it allowed: asking for ticket types, and getting the
    tasks that are handed to it. The one that everyone has stays.

    Raises:
        NotAllowed.
    """
    must(actor, "tenants.delete_companyrole")
    if role.key == CompanyRole.EVERYBODY:
        raise NotAllowed("The role 'Everyone' cannot be removed: every person has it.")
    with transaction.atomic():
        group, key = role.group, role.key
        role.delete()
        group.delete()
        record(actor, "company role deleted", key)


def make_company_role(key: str, title: str, description: str) -> CompanyRole:
    """Write one with its group; asks no right and logs nothing."""
    role = CompanyRole(key=key, title=title, description=description)
    role.group = Group(name=f"company-role:{role.pk}")
    clean(role, exclude={"group"})
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


def find_company_roles(keys: Collection[str]) -> list[CompanyRole]:
    """The company roles with these keys.

    Raises:
        NotFound: one of them is none of this company.
    """
    found = {role.key: role for role in CompanyRole.objects.filter(key__in=keys)}
    if missing := sorted(set(keys) - set(found)):
        raise NotFound(f"There is no company role '{missing[0]}'.")
    return list(found.values())


def _set_members(role: CompanyRole, members: list[User]) -> dict[str, list[object]]:
    before = sorted(role.group.user_set.values_list("email", flat=True))
    after = sorted(member.email for member in members)
    role.group.user_set.set(members)
    return {"members": [before, after]} if before != after else {}
