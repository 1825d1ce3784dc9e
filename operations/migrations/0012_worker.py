"""How a company's own jobs are found among everybody's: one index on the library's table."""

from django.db import migrations

# By status first "todo", then "doing" (the order of the type), then the line: so the end of a company's line is one
# look, whether something of it runs is another, and both stay so however long the line is.
OF_COMPANY = """
CREATE INDEX jobs_of_company ON procrastinate_jobs ((args ->> 'company_id'), status, priority)
WHERE status IN ('todo', 'doing')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0011_revoke"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [migrations.RunSQL(OF_COMPANY, "DROP INDEX jobs_of_company")]
