"""Signing in by e-mail, and what a signed-in person may do."""

from typing import Any
from uuid import UUID

from django.contrib.auth.backends import ModelBackend
from django.db.models import Model
from django.http import HttpRequest

from tenants.accounts import person_by_email, spend_time_of_a_password_check
from tenants.context import company_in_force, is_platform
from tenants.models import User
from tenants.roles import permissions_of

# What a platform person may do outside any company.
PLATFORM_PERMISSIONS = frozenset(
    {
        "tenants.view_company",
        "tenants.add_company",
        "tenants.change_company",
        "tenants.impersonate_company",
        "tenants.view_auditentry",
    }
)


class EmailBackend(ModelBackend):
    """People sign in by e-mail; what they may do follows from their roles (`tenants.roles`)."""

    def authenticate(
        self,
        request: HttpRequest | None,  # noqa: ARG002  (the name is Django's)
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        email = username or credentials.get("email")
        if not email or password is None:
            return None
        login = person_by_email(email)
        if login is None:
            spend_time_of_a_password_check()
            return None
        try:
            user = login.load()
        except User.DoesNotExist:
            spend_time_of_a_password_check()
            return None
        return user if user.check_password(password) else None

    def get_user(self, user_id: UUID) -> User | None:
        """The person behind the session, with company and roles, in one statement.

        Only within the label of their company: a person who was moved or switched off is nobody,
        and so is everybody while nothing is in force.
        """
        if company_in_force() is None and not is_platform():
            return None
        people = User.objects.with_roles().select_related("company")
        user = people.filter(pk=user_id, is_active=True).first()
        return user if user and (user.company is None or user.company.is_active) else None

    def get_all_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        if not isinstance(user_obj, User) or not user_obj.is_active or obj is not None:
            return set()
        if user_obj.is_superuser and company_in_force() is None:
            return set(PLATFORM_PERMISSIONS)
        return set(permissions_of(user_obj.roles))

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        return perm in self.get_all_permissions(user_obj, obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(perm.startswith(f"{app_label}.") for perm in self.get_all_permissions(user_obj))
