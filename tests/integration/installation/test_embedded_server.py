"""The embedded PostgreSQL starts once for everybody, survives what machines do, and ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from config.embedded.programs import EmbeddedServerError
from config.postgres import APP, OWNER, Server
from tests.programs import ends, runs

# Connects as the app login, says the server's number, and stays until its input ends.
A_PROCESS = """
import os, sys
from pathlib import Path
import psycopg
from config.embedded.programs import EmbeddedServerError
from config.postgres import APP, Server
if len(sys.argv) > 2:
    os.setgroups([]), os.setgid(int(sys.argv[2])), os.setuid(int(sys.argv[2]))
server = Server(Path(sys.argv[1]))
address = server.address()
psycopg.connect(host=address["HOST"], port=address["PORT"], user=APP,
                password=server.secrets()[APP], dbname="ticketflower").close()
print((server.data / "postmaster.pid").read_text().split()[0], flush=True)
sys.stdin.read()
"""


def a_process(folder: Path, *user: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", A_PROCESS, str(folder), *user],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=settings.BASE_DIR,
    )


def server_number(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "postgres"
    yield folder
    Server(folder).stop()


@pytest.fixture
def server(folder: Path) -> Server:
    return Server(folder)


def connect(server: Server, login: str = OWNER) -> psycopg.Connection[tuple[object, ...]]:
    address = server.address()
    return psycopg.connect(
        host=address["HOST"],
        port=address["PORT"],
        user=login,
        password=server.secrets()[login],
        dbname="ticketflower",
        autocommit=True,
    )


def test_many_processes_start_one_server_and_the_last_one_stops_it(folder):
    processes = [a_process(folder) for _ in range(4)]

    numbers = {server_number(process) for process in processes}

    assert len(numbers) == 1
    for process in processes[:3]:
        leave(process)
    assert runs(*numbers)
    leave(processes[3])
    assert not runs(*numbers)


def test_a_killed_process_does_not_keep_the_server_alive(folder):
    killed, other = a_process(folder), a_process(folder)
    number = server_number(killed)
    assert server_number(other) == number

    killed.kill()
    killed.communicate()
    assert runs(number)
    leave(other)

    assert not runs(number)


def test_data_survives_a_server_that_was_killed(server):
    with connect(server) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        number = int((server.data / "postmaster.pid").read_text().split()[0])
    os.kill(number, signal.SIGKILL)
    assert ends(number)

    with connect(server) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_lock_of_a_dead_server_whose_number_was_given_away_is_removed(server):
    server.address()
    lock = server.data / "postmaster.pid"
    lines = lock.read_text().splitlines()
    server.stop()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    with connect(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_data_in_use_are_not_removed(folder):
    server, other = Server(folder), a_process(folder)
    server_number(other)

    with pytest.raises(EmbeddedServerError, match="in use"):
        server.remove()

    leave(other)
    server.remove()
    assert not folder.exists()


def test_a_path_may_be_long_and_odd(tmp_path):
    folder = tmp_path / ("a long 'path' with spaces and ünïcode " * 4)
    folder.mkdir()
    server = Server(folder)
    try:
        with connect(server) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()


def test_neither_login_is_a_superuser_and_only_the_owner_bypasses_row_security(server):
    with connect(server, APP) as connection:
        logins = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb FROM pg_roles "
            "WHERE rolname LIKE 'tf_%' ORDER BY rolname"
        ).fetchall()

    assert logins == [(APP, False, False, False), (OWNER, False, True, True)]


def test_a_login_without_its_password_is_refused(server):
    address = server.address()

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            host=address["HOST"], port=address["PORT"], user="postgres", dbname="postgres"
        )


def test_passwords_are_for_their_owners_eyes_only(server):
    server.secrets()

    assert (server.folder / "secrets.json").stat().st_mode & 0o077 == 0


def test_what_is_committed_is_on_the_disk(server):
    with connect(server) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)


def test_nothing_listens_on_the_network(server):
    with connect(server) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="Only root can become another.")
def test_an_ordinary_user_can_run_it(tmp_path):
    nobody = 65534
    for path in (tmp_path, *tmp_path.parents):
        path.chmod(path.stat().st_mode | 0o011)
    folder = tmp_path / "postgres"
    folder.mkdir()
    os.chown(folder, nobody, nobody)

    process = a_process(folder, str(nobody))

    assert runs(server_number(process))
    assert (folder / "data").stat().st_uid == nobody
    leave(process)
