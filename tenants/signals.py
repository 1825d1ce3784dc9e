"""What happens around signing in, and how the roles reach the database."""

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission, update_last_login
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from tenants import impersonation
from tenants.accounts import COMPANY_IN_SESSION
from tenants.context import PLATFORM, platform_context, tenant_context
from tenants.models import User
from tenants.roles import SYSTEM_ROLES

# Django's own receiver writes before any company is in force; ours does the same inside it.
user_logged_in.disconnect(update_last_login, dispatch_uid="update_last_login")


@receiver(user_logged_in, dispatch_uid="remember_company")
def remember_company(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Keep in the session whose label its requests run under."""
    request.session[COMPANY_IN_SESSION] = str(user.company_id) if user.company_id else PLATFORM
    context = tenant_context(user.company_id) if user.company_id else platform_context()
    with context:
        User.objects.filter(pk=user.pk).update(last_login=timezone.now())


@receiver(user_logged_out, dispatch_uid="end_impersonation")
def end_impersonation(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Who signs out looks into no company any more."""
    impersonation.ended_by_signing_out(request, user)


@receiver(post_migrate, dispatch_uid="seed_roles")
def seed_roles(sender: Any, using: str, **kwargs: Any) -> None:
    """Make the Groups and their permissions what `tenants.roles` says, after the last app."""
    if sender.label != "operations":
        return
    for config in apps.get_app_configs():
        create_permissions(config, verbosity=0, using=using)
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.using(using).select_related("content_type")
    }
    for role in SYSTEM_ROLES:
        group, _ = Group.objects.using(using).get_or_create(name=role.key)
        group.permissions.set([known[name] for name in sorted(role.permissions)])
