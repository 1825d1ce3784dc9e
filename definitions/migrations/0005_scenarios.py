from django.db import migrations

import definitions.columns
import tenants.models


class Migration(migrations.Migration):
    dependencies = [
        ("definitions", "0004_calls_and_times"),
    ]

    operations = [
        migrations.AddField(
            model_name="workflowdefinition",
            name="scenarios",
            field=definitions.columns.DocumentField(
                blank=True,
                default=tenants.models.start_of_list,
                help_text="Examples that are tried at each check.",
            ),
        ),
    ]
