"""The second wall: row-level security and same-company foreign keys, as migration operations.

Foreign key checks, unique checks and primary keys ignore row security (PostgreSQL manual, "Row
Security Policies"). So a key between tenant tables carries the company on both ends, and a foreign
id fails exactly as an absent one does.
"""

from typing import Any

from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.special import RunSQL

# What Django accepts in RunSQL; each entry is one statement without parameters.
Statements = list[str | tuple[str, dict[str, Any] | list[Any] | tuple[Any, ...] | None]]

NO_TENANT_ERRCODE = "TF001"

# Loud on purpose: an empty page would hide that somebody forgot to say whose rows they want.
APP_COMPANY = f"""
CREATE FUNCTION app_company() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog AS $$
DECLARE label text := current_setting('app.company_id', true);
BEGIN
  IF label IS NULL OR label = '' THEN
    RAISE EXCEPTION 'no tenant context' USING ERRCODE = '{NO_TENANT_ERRCODE}';
  END IF;
  IF label = 'platform' THEN RETURN NULL; END IF;
  RETURN label::uuid;
END $$
"""


def create_app_company() -> Operation:
    """The function that every policy asks: the company in force, NULL for the platform."""
    return RunSQL(APP_COMPANY, "DROP FUNCTION app_company()")


def _policy(table: str, test: str) -> Statements:
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant ON {table} USING ({test}) WITH CHECK ({test})",
    ]


def _no_policy(table: str) -> Statements:
    return [
        f"DROP POLICY tenant ON {table}",
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    ]


def isolate_row(table: str) -> Operation:
    """As `isolate`, for a table without a key of its own: one row per company or person."""
    return RunSQL(_policy(table, "company_id = (SELECT app_company())"), _no_policy(table))


def isolate(table: str) -> Operation:
    """Only rows of the company in force, for reading and for writing; and a key for `same_company`.

    The sub-select makes PostgreSQL ask once per statement instead of once per row.
    """
    unique = f"{table}_company_id_id_key"
    return RunSQL(
        [
            f"ALTER TABLE {table} ADD CONSTRAINT {unique} UNIQUE (company_id, id)",
            *_policy(table, "company_id = (SELECT app_company())"),
        ],
        [*_no_policy(table), f"ALTER TABLE {table} DROP CONSTRAINT {unique}"],
    )


def isolate_with_platform(table: str) -> Operation:
    """As `isolate`, for the few tables that also hold rows of the platform itself (no company)."""
    unique = f"{table}_company_id_id_key"
    return RunSQL(
        [
            f"ALTER TABLE {table} ADD CONSTRAINT {unique} UNIQUE (company_id, id)",
            *_policy(table, "company_id IS NOT DISTINCT FROM (SELECT app_company())"),
        ],
        [*_no_policy(table), f"ALTER TABLE {table} DROP CONSTRAINT {unique}"],
    )


# A library's constraints know no company: a duplicate or a missing person would tell of a foreign
# one.
_CONSTRAINTS_WITH_COMPANY = """
DO $$
DECLARE c record;
BEGIN
  FOR c IN SELECT conname, contype, pg_get_constraintdef(oid) AS def FROM pg_constraint
           WHERE conrelid = '{table}'::regclass
             AND (contype = 'u' OR (contype = 'f' AND confrelid = 'users'::regclass)) LOOP
    EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', c.conname);
    IF c.contype = 'u' THEN
      EXECUTE format('ALTER TABLE {table} ADD CONSTRAINT %I %s', c.conname,
                     replace(c.def, 'UNIQUE (', 'UNIQUE NULLS NOT DISTINCT (company_id, '));
    END IF;
  END LOOP;
END $$
"""


def isolate_by_label(table: str) -> Operation:
    """A table of a library, which knows no company: each row is labelled as it is written.

    Two steps, because adding a column together with its default evaluates the default at once.
    Follow it with `same_company` for each key to a person: Django's own is dropped here.
    """
    return RunSQL(
        [
            f"ALTER TABLE {table} ADD COLUMN company_id uuid",
            f"ALTER TABLE {table} ALTER COLUMN company_id SET DEFAULT app_company()",
            _CONSTRAINTS_WITH_COMPANY.format(table=table),
            *_policy(table, "company_id IS NOT DISTINCT FROM (SELECT app_company())"),
        ],
        [*_no_policy(table), f"ALTER TABLE {table} DROP COLUMN company_id"],
    )


def isolate_companies(table: str) -> Operation:
    """A company sees itself; the platform sees the list of companies and nothing inside them."""
    return RunSQL(
        _policy(table, "(SELECT app_company()) IS NULL OR id = (SELECT app_company())"),
        _no_policy(table),
    )


def same_company(table: str, column: str, other: str) -> Operation:
    """`table.column` may only point at a row of `other` that belongs to the same company."""
    name = f"{table}_{column}_same_company"
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (company_id, {column}) "
        f"REFERENCES {other} (company_id, id) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def definer_function(signature: str, create: str) -> Operation:
    """A function that looks over the wall.

    Each is one question with ids for an answer, is listed in docs/tenancy.md, and may be called by
    the two logins only (the owner grants it in `migrate`).
    """
    return RunSQL(
        [create, f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"],
        f"DROP FUNCTION {signature}",
    )
