"""Looks whether both walls stand: at every migrate, in `check --database default`, and before
serving.
"""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, models

from tenants.models import AuditEntry, TenantOwned, User

# Tables that hold no company's data. Each stands here with its reason; everything else needs a
# policy.
SHARED_TABLES = {
    "django_migrations": "which migrations ran",
    "django_content_type": "names of models",
    "auth_permission": "names of permissions",
    "auth_group": "role keys and opaque names of company roles",
    "auth_group_permissions": "what the system roles may do, seeded from code",
    "django_session": "opaque keys; read before it is known who asks",
    "axes_accessattempt": "failed sign-ins; kept before it is known who asks",
    "axes_accessattemptexpiration": "as above",
    "axes_accessfailurelog": "as above",
    "axes_accesslog": "as above",
    "procrastinate_jobs": "what the workers are to do; the arguments are ids and nothing else",
    "procrastinate_events": "when a job was queued, begun and done",
    "procrastinate_workers": "which workers are alive",
    "procrastinate_periodic_defers": "of the library, and not used",
}


def tenant_models() -> list[type[models.Model]]:
    """Every model whose rows belong to one company."""
    return [m for m in apps.get_models() if issubclass(m, TenantOwned | User | AuditEntry)]


def refuse_unsafe_login() -> None:
    """Stop the process when its database login could look over the wall.

    Raises:
        ImproperlyConfigured: the login bypasses row security, or owns tables.
    """
    problem = unsafe_login("default")
    if problem:
        raise ImproperlyConfigured(problem)


def unsafe_login(alias: str) -> str | None:
    """Why this login must not serve, or None."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT current_user, r.rolsuper, r.rolbypassrls, "
            "EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p')) "
            "FROM pg_roles r WHERE r.rolname = current_user"
        )
        login, is_super, bypasses, owns = cursor.fetchone()
    reasons = {"is a superuser": is_super, "bypasses row security": bypasses, "owns tables": owns}
    for reason, applies in reasons.items():
        if applies:
            return (
                f"The database login '{login}' {reason}, so companies would not be kept apart. "
                "Set DATABASE_URL to a plain login and OWNER_DATABASE_URL to the one that migrates."
            )
    return None


@register(Tags.database)
def walls_stand(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Each table is protected by row security or stands in SHARED_TABLES with its reason."""
    return [
        Error(
            f"Table '{table}' has no row security.",
            hint="Add isolate() to its migration, or list it in SHARED_TABLES with a reason.",
            id="tenants.E001",
        )
        for alias in databases or ()
        for table in unprotected_tables(alias)
    ]


def unprotected_tables(alias: str = "default") -> list[str]:
    """Tables of the public schema without forced row security and without a reason."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') "
            "AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS "
            "(SELECT FROM pg_policy p WHERE p.polrelid = c.oid)) ORDER BY 1"
        )
        return [table for (table,) in cursor.fetchall() if table not in SHARED_TABLES]
