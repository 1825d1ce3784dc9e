"""What a file is part of, since when, and what its content was."""

import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import same_company

# Nothing could send a file before; what lies there was made by hand and belongs to its ticket.
THEY_BELONG_ALREADY = [
    "ALTER TABLE file_uploads NO FORCE ROW LEVEL SECURITY",
    "UPDATE file_uploads SET bound_at = created_at WHERE ticket_id IS NOT NULL",
    "ALTER TABLE file_uploads FORCE ROW LEVEL SECURITY",
]


class Migration(migrations.Migration):
    dependencies = [
        ("definitions", "0006_revisions"),
        ("operations", "0016_version_changed"),
        ("tenants", "0004_walls"),
    ]

    operations = [
        migrations.AddField("fileupload", "bound_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "fileupload",
            "comment",
            models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="files",
                to="operations.comment",
            ),
        ),
        migrations.AddField(
            "fileupload",
            "sha256",
            models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            "fileupload",
            "ticket_type",
            models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="definitions.ticketdefinition",
            ),
        ),
        migrations.RunSQL(THEY_BELONG_ALREADY, migrations.RunSQL.noop),
        migrations.AddIndex(
            "fileupload", models.Index(fields=["company", "ticket"], name="files_of_ticket")
        ),
        migrations.AddIndex(
            "fileupload",
            models.Index(
                condition=models.Q(bound_at=None),
                fields=["company", "created_at"],
                name="files_unsent",
            ),
        ),
        same_company("file_uploads", "comment_id", "comments"),
        same_company("file_uploads", "ticket_type_id", "ticket_definitions"),
    ]
