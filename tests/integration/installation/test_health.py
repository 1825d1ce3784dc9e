"""`/healthz` answers machines, whatever else is broken."""

import pytest
from django.db import OperationalError, connection

from operations import jobs
from tenants.context import company_named
from tenants.models import uuid7


@pytest.mark.django_db
def test_all_is_well(client):
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json() == {"database": "ok", "queue": "ok"}


@pytest.mark.django_db
def test_a_machine_may_ask_by_any_name_and_over_plain_http(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200


@pytest.mark.django_db
def test_a_database_that_is_gone_is_said_and_not_explained(client, monkeypatch):
    def gone() -> None:
        raise OperationalError("password of tf_app is wrong")

    monkeypatch.setattr(connection, "cursor", gone)

    response = client.get("/healthz")

    assert response.status_code == 503
    assert response.json() == {"database": "down", "queue": "unknown"}


@pytest.mark.django_db
def test_a_job_that_nobody_takes_means_that_the_queue_is_behind(client):
    with company_named(uuid7()):
        jobs.enqueue("call", uuid7())
    assert client.get("/healthz").json() == {"database": "ok", "queue": "ok"}

    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = at - interval '2 minutes'")

    assert client.get("/healthz").json() == {"database": "ok", "queue": "behind"}
