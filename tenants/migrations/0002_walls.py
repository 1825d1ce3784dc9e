"""The second wall, around the people of a company and around the tables of libraries."""

from django.db import migrations

from tenants.rls import (
    create_app_company,
    definer_function,
    isolate,
    isolate_by_label,
    isolate_companies,
    isolate_with_platform,
    same_company,
)

# Asked before it is known which company is in force: sign-in, sign-up, reset, invitation. Ids only.
LOGIN_CANDIDATES = """
CREATE FUNCTION app_login_candidates(p_email text) RETURNS TABLE(user_id uuid, company_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT u.id, u.company_id FROM public.users u
  WHERE lower(u.email) = lower(p_email)
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_initial"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("guardian", "0002_generic_permissions_index"),
    ]

    operations = [
        create_app_company(),
        isolate_companies("companies"),
        isolate_with_platform("users"),
        isolate_with_platform("audit_entries"),
        isolate("company_roles"),
        isolate("invitations"),
        isolate_by_label("users_groups"),
        isolate_by_label("users_user_permissions"),
        isolate_by_label("django_admin_log"),
        isolate_by_label("guardian_userobjectpermission"),
        isolate_by_label("guardian_groupobjectpermission"),
        same_company("users_groups", "user_id", "users"),
        same_company("users_user_permissions", "user_id", "users"),
        same_company("django_admin_log", "user_id", "users"),
        same_company("guardian_userobjectpermission", "user_id", "users"),
        same_company("audit_entries", "actor_id", "users"),
        same_company("invitations", "invited_by_id", "users"),
        definer_function("app_login_candidates(text)", LOGIN_CANDIDATES),
    ]
