"""The counter of statements counts what reaches the server, and nothing else."""

import sys

import pytest
from django.conf import settings
from django.db import connection, transaction

from tests.statements import in_the_log, on_the_wire

pytestmark = pytest.mark.django_db(transaction=True)


def a_short_transaction() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT %s::int\n  AS one", [1])
        with transaction.atomic():
            cursor.execute("SELECT 2")


EXPECTED = ["BEGIN", "SELECT 1", "SAVEPOINT", "SELECT 2", "RELEASE SAVEPOINT", "COMMIT"]


def test_begin_savepoint_and_commit_are_counted(statements):
    with statements() as counted:
        a_short_transaction()

    assert counted.total == len(EXPECTED), counted
    for found, expected in zip(counted.lines, EXPECTED, strict=True):
        assert expected in found.replace('"', "")


@pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="The log of this server is elsewhere.")
@pytest.mark.skipif(sys.platform != "linux", reason="libpq's trace can be read on Linux only.")
def test_the_servers_log_and_the_wire_agree(db):
    connection.ensure_connection()

    with in_the_log() as logged, on_the_wire() as sent:
        a_short_transaction()

    assert sent.total == logged.total == len(EXPECTED), f"{logged}\n{sent}"


def test_another_block_starts_from_nothing(statements):
    with statements():
        a_short_transaction()

    with statements() as counted:
        pass

    assert counted.lines == []


def test_a_failed_block_leaves_the_counter_usable(statements):
    with pytest.raises(ZeroDivisionError), statements(), transaction.atomic():
        raise ZeroDivisionError

    with statements() as counted, connection.cursor() as cursor:
        cursor.execute("SELECT 1")

    assert counted.total == 1, counted
