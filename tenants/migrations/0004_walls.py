"""The second wall around secrets."""

from django.db import migrations

from tenants.rls import isolate, same_company


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_calls_and_times")]

    operations = [
        isolate("company_secrets"),
        same_company("company_secrets", "updated_by_id", "users"),
    ]
