"""From an e-mail address to a person, before it is known which company is in force."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import connection

from tenants.context import PLATFORM, platform_context, tenant_context
from tenants.models import User

COMPANY_IN_SESSION = "_company_id"


@dataclass(frozen=True, slots=True)
class Login:
    """Where somebody with this address lives; `company_id` is None for a platform person."""

    user_id: UUID
    company_id: UUID | None

    @property
    def label(self) -> str:
        return str(self.company_id) if self.company_id else PLATFORM

    def load(self) -> User:
        """The person with company and roles.

        Raises:
            User.DoesNotExist: the person or the company is switched off, or gone since.
        """
        context = tenant_context(self.company_id) if self.company_id else platform_context()
        with context:
            return (
                User.objects.with_roles()
                .select_related("company")
                .exclude(company__is_active=False)
                .get(pk=self.user_id, is_active=True)
            )


def person_by_email(email: str) -> Login | None:
    """Where the account with this address lives: the one question that is asked over the wall.

    Also finds a person who is switched off, since the address is taken; `Login.load` does not.
    """
    if "\x00" in email:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id, company_id FROM app_login_candidates(%s)", [email])
        row = cursor.fetchone()
    return Login(*row) if row else None


def spend_time_of_a_password_check() -> None:
    """So that an unknown address does not answer faster than a wrong password."""
    make_password("a password nobody has")
