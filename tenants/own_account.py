"""What people do to their own account; needs no right but being that person."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tenants.accounts import Login
from tenants.audit import record
from tenants.context import platform_context, tenant_context
from tenants.errors import DomainError
from tenants.models import User


def rename(user: User, *, first_name: str, last_name: str) -> None:
    """Change one's own name.

    Raises:
        DomainError: with the field that is not acceptable.
    """
    before = user.get_full_name()
    user.first_name, user.last_name = first_name.strip(), last_name.strip()
    try:
        user.clean_fields(exclude={"password", "email", "company"})
    except ValidationError as error:
        fields = {name: " ".join(messages) for name, messages in error.message_dict.items()}
        raise DomainError(" ".join(fields.values()), fields=fields) from error
    user.save(update_fields=["first_name", "last_name", "updated_at"])
    record(user, "name changed", user.email, {"name": [before, user.get_full_name()]})


def change_password(user: User, *, old: str, new: str) -> None:
    """Every other session of the person ends with it: sessions carry a digest of the password.

    Raises:
        DomainError: the old password is wrong, or the new one too weak; `fields` says which.
    """
    if not user.check_password(old):
        raise DomainError(
            "The old password is not right.", fields={"old": "This is not your password."}
        )
    _set_password(user, new, field="new")
    record(user, "password changed", user.email)


def reset_password(login: Login, *, new: str) -> User:
    """Set a password for somebody who proved to hold the mailbox.

    Raises:
        User.DoesNotExist: switched off, or gone since. DomainError: the password is too weak.
    """
    context = tenant_context(login.company_id) if login.company_id else platform_context()
    with context:
        user = login.load()
        _set_password(user, new, field="password")
        record(user, "password reset", user.email)
    return user


def _set_password(user: User, password: str, *, field: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        message = " ".join(error.messages)
        raise DomainError(message, fields={field: message}) from error
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])
