"""What every verb asks before it acts, and how a refusal becomes words."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from tenants.context import is_platform
from tenants.errors import DomainError, EmailTaken, NotAllowed
from tenants.models import User


def must(actor: User, permission: str) -> None:
    """Raises NotAllowed unless the actor's roles carry the permission."""
    if not actor.has_perm(permission):
        raise NotAllowed("Your roles do not allow this. Ask an admin of your company.")


def must_be_platform(actor: User) -> None:
    """Raises NotAllowed unless a platform person acts for the platform: a company's admin holds
    some permissions of the same name, over that company only."""
    if not actor.is_superuser or not is_platform():
        raise NotAllowed("Only people of the platform can do this, and not while they look in.")


def clean(row: Any, exclude: Collection[str] = ()) -> None:
    """Validate, but ask nothing over the wall: uniqueness is the database's to say."""
    row.full_clean(exclude=set(exclude), validate_unique=False, validate_constraints=False)


class refusals_in_words:
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
