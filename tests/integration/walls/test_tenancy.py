"""Both walls, each on its own, and the words for who is asking."""

from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.test import Client

from tenants import logs
from tenants.accounts import person_by_email
from tenants.checks import tenant_models, unprotected_tables
from tenants.context import (
    after_the_change,
    current_company_id,
    platform_context,
    request_context,
    tenant_context,
)
from tenants.errors import DomainError, EmailTaken, NotAllowed, NoTenant
from tenants.models import Company, CompanyRole, User, uuid7
from tenants.roles import EVERY_ROLE, SYSTEM_ROLES, permissions_of
from tenants.services import add_user, change_person, sign_up_company
from tests.builders import PASSWORD, Firm

TENANT_MODELS = tenant_models()


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model.__name__)
def test_a_manager_without_a_company_refuses_to_answer(db, model):
    with pytest.raises(NoTenant):
        model.objects.all()


def test_every_table_is_behind_row_security_or_on_the_list_with_its_reason(db):
    assert unprotected_tables() == []


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model.__name__)
def test_every_key_between_tenant_tables_carries_the_company(db, model):
    columns = [
        field.column
        for field in model._meta.concrete_fields
        if field.is_relation and field.name != "company" and field.related_model in TENANT_MODELS
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname FROM pg_constraint c "
            "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey) "
            "WHERE c.contype = 'f' AND c.conrelid = %s::regclass "
            "AND array_length(c.conkey, 1) = 2",
            [model._meta.db_table],
        )
        composite = {name for (name,) in cursor.fetchall()}

    assert set(columns) <= composite


def test_sql_without_a_filter_sees_only_the_company_in_force(acme: Firm, globex: Firm):
    with tenant_context(acme.company), connection.cursor() as cursor:
        cursor.execute("SELECT email FROM users")
        emails = [email for (email,) in cursor.fetchall()]

    assert "ann@acme.example" in emails
    assert not [email for email in emails if "globex" in email]


def test_sql_without_a_company_is_an_error_and_not_an_empty_answer(acme: Firm):
    with (
        pytest.raises(DatabaseError, match="no tenant context"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT email FROM users")


def test_a_row_for_another_company_is_refused_by_the_database(acme: Firm, globex: Firm):
    with pytest.raises(DatabaseError, match="row-level security"), tenant_context(acme.company):
        User.objects.bulk_create(
            [User(company=globex.company, email="spy@acme.example", first_name="S", last_name="P")]
        )


def make_a_user_of(person: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO users_groups (user_id, group_id) "
            "SELECT %s, id FROM auth_group WHERE name = 'user'",
            [person],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_foreign_key_to_another_company_fails_as_one_to_nothing(acme: Firm, globex: Firm):
    refusals = []
    for person in (globex.ann.pk, uuid7()):
        with pytest.raises(IntegrityError) as refusal, tenant_context(acme.company):
            make_a_user_of(person)
        refusals.append(str(refusal.value).replace(str(person), "…"))

    assert refusals[0] == refusals[1]


def test_leaving_an_inner_company_restores_the_outer_one(acme: Firm, globex: Firm):
    with tenant_context(acme.company):
        with tenant_context(globex.company):
            assert current_company_id() == globex.company.pk
        with connection.cursor() as cursor:
            cursor.execute("SELECT app_company()")
            (company_id,) = cursor.fetchone()

    assert company_id == acme.company.pk


def test_the_platform_sees_companies_and_none_of_their_people(acme: Firm):
    with platform_context():
        assert Company.objects.filter(pk=acme.company.pk).exists()
        assert not User.objects.filter(email="ann@acme.example").exists()


def test_what_waits_for_the_commit_of_a_request_runs_in_its_company(acme: Firm):
    seen = []
    with request_context(str(acme.company.pk)):
        after_the_change(lambda: seen.append(current_company_id()))
        assert seen == []

    assert seen == [acme.company.pk]


def test_what_waits_is_dropped_when_the_request_is_undone(acme: Firm):
    seen = []
    with request_context(str(acme.company.pk)):
        after_the_change(lambda: seen.append("ran"))
        transaction.set_rollback(True)

    assert seen == []


def test_whoever_signs_up_holds_every_role(acme: Firm):
    with tenant_context(acme.company):
        boss = User.objects.with_roles().get(pk=acme.boss.pk)

        assert boss.roles == EVERY_ROLE
        assert boss.groups.filter(company_role__key=CompanyRole.EVERYBODY).exists()


def test_an_address_has_one_account_whatever_its_capitals(acme: Firm):
    with pytest.raises(EmailTaken):
        sign_up_company(
            company_name="Other",
            email="ANN@acme.example",
            password=PASSWORD,
            first_name="A",
            last_name="B",
        )


def test_two_companies_of_the_same_name_both_get_in(acme: Firm):
    second = sign_up_company(
        company_name="Acme",
        email="x@second.example",
        password=PASSWORD,
        first_name="A",
        last_name="B",
    )

    assert second.company is not None
    assert second.company.slug.startswith("acme-")


@pytest.mark.parametrize("role", SYSTEM_ROLES, ids=lambda role: role.key)
def test_groups_carry_what_the_roles_table_says(acme: Firm, role):
    from django.contrib.auth.models import Group

    permissions = Group.objects.get(name=role.key).permissions.select_related("content_type")

    assert {f"{p.content_type.app_label}.{p.codename}" for p in permissions} == role.permissions


def test_a_person_may_do_what_their_roles_carry_and_nothing_else(acme: Firm):
    with tenant_context(acme.company):
        tara = User.objects.with_roles().get(pk=acme.tara.pk)

        assert tara.get_all_permissions() == permissions_of({"ticket_admin"})
        assert tara.has_perm("operations.triage_ticketinstance")
        assert not tara.has_perm("tenants.change_user")


def test_only_an_admin_adds_people(acme: Firm):
    with tenant_context(acme.company), pytest.raises(NotAllowed):
        add_user(acme.ann, email="new@acme.example", first_name="N", last_name="P")


def test_the_last_admin_keeps_the_role(acme: Firm):
    with tenant_context(acme.company):
        change_person(acme.boss, acme.adam, roles=["user"])

        with pytest.raises(NotAllowed, match="last admin"):
            change_person(acme.boss, acme.boss, roles=["user"])


def test_a_weak_password_is_refused_beside_its_field(db):
    with pytest.raises(DomainError) as refused:
        sign_up_company(
            company_name="Weak",
            email="a@weak.example",
            password="12345",
            first_name="A",
            last_name="B",
        )

    assert "password" in refused.value.fields
    assert person_by_email("a@weak.example") is None


def test_a_session_without_a_company_belongs_to_nobody(acme: Firm, client):
    client.force_login(acme.ann)
    session = client.session
    del session["_company_id"]
    session.save()

    assert client.get("/profile/").status_code == 302
    client.logout()


@pytest.mark.parametrize(("path", "status"), [("/portal/nowhere/", 404), ("/desk/", 403)])
def test_what_the_log_says_of_a_request_names_company_and_person(
    acme: Firm, client: Client, caplog: pytest.LogCaptureFixture, path: str, status: int
):
    client.force_login(acme.ann)

    assert client.get(path).status_code == status

    (record,) = [record for record in caplog.records if record.name == "django.request"]
    logs.WhoFilter().filter(record)
    who = vars(record)
    assert (who["company"], who["person"]) == (str(acme.company.pk), str(acme.ann.pk))
