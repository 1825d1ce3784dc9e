"""What the image runs, run here: same files, same entry point, same environment, no Docker."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from tenants.owner import as_owner
from tests.programs import answer, free_port, started, wait_for

pytestmark = pytest.mark.skipif(os.name == "nt", reason="The image is a Linux one.")

OF_THE_PROXY = {"X-Forwarded-Proto": "https"}
ROOT = Path(settings.BASE_DIR)


def compose() -> dict[str, Any]:
    """docker-compose.yml as a compose tool reads it, with the values of .env.example."""
    tool = str(Path(sys.executable).with_name("podman-compose"))
    command = [tool, "--podman-path", "/bin/echo", "--env-file", ".env.example", "config"]
    read = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(yaml.safe_load(read.stdout)["services"])


def start_command(service: dict[str, Any]) -> list[str]:
    """The image's entry point with the service's own command, or the image's."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    lines = dict(re.findall(r"^(ENTRYPOINT|CMD) (\[.*\])$", dockerfile, re.MULTILINE))
    entry: list[str] = json.loads(lines["ENTRYPOINT"])
    command: list[str] = service.get("command") or json.loads(lines["CMD"])
    assert entry[0] == "python"
    return [sys.executable, *entry[1:], *command]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that .dockerignore lets into the image, static files collected."""
    folder = tmp_path_factory.mktemp("image")
    let_in = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    for name in let_in:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy(ROOT / name, folder / name)
    environment = {
        **os.environ,
        "SECRET_KEY": "unused",
        "ALLOWED_HOSTS": "unused",
        "DATABASE_URL": "postgres://unused:unused@unused/unused",
        "VAR_DIR": str(folder / "var"),
    }
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, cwd=folder, env=environment, check=True)
    return folder


@pytest.fixture(scope="module")
def database_urls(django_db_blocker: DjangoDbBlocker, worker_id: str) -> Iterator[dict[str, str]]:
    """An empty database, as `db` in docker-compose.yml has it after its first start."""
    name = f"{connection.settings_dict['TEST']['NAME']}_image_{worker_id}"
    with django_db_blocker.unblock(), as_owner() as owner:
        with owner._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            cursor.execute(f'CREATE DATABASE "{name}"')
        server: dict[str, Any] = owner.get_connection_params()
    where = f"/{name}?{urlencode({key: server[key] for key in ('host', 'port')})}"
    logins: dict[str, dict[str, Any]] = {
        "DATABASE_URL": settings.DATABASES["default"],
        "OWNER_DATABASE_URL": settings.OWNER_DATABASE,
    }
    yield {
        name: f"postgres://{login['USER']}:{login['PASSWORD']}@{where}"
        for name, login in logins.items()
    }
    with django_db_blocker.unblock(), as_owner() as owner, owner._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def environment_of(
    service: dict[str, Any], image: Path, database_urls: dict[str, str]
) -> dict[str, str]:
    """The service's own environment and nothing of ours, except where its parts are found."""
    given = {name: str(value) for name, value in service["environment"].items()}
    here = {name: url for name, url in database_urls.items() if name in given}
    return {"PATH": os.environ["PATH"], **given, **here, "VAR_DIR": str(image / "var")}


def test_the_image_migrates_and_serves(image, database_urls):
    services = compose()
    migrate, web = services["migrate"], services["web"]
    migrated = subprocess.run(
        start_command(migrate),
        cwd=image,
        env=environment_of(migrate, image, database_urls),
        capture_output=True,
        text=True,
        check=False,
    )
    assert migrated.returncode == 0, migrated.stderr
    port = free_port()
    environment = {**environment_of(web, image, database_urls), "PORT": str(port)}

    with started(start_command(web), folder=image, environment=environment) as process:
        address = f"http://127.0.0.1:{port}"
        status, body = wait_for(f"{address}/healthz", process)
        plain, _ = answer(f"{address}/login/")
        through_the_proxy, page = answer(f"{address}/login/", **OF_THE_PROXY)
        files = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', page)
        statuses = {answer(f"{address}{name}", **OF_THE_PROXY)[0] for name in files}

    assert (status, json.loads(body)["database"]) == (200, "ok")
    assert plain == 301, "plain http must lead to https"
    assert through_the_proxy == 200
    assert statuses == {200}, "every style and script of the page is there under its hashed name"
    assert process.returncode == 0


def test_only_the_migration_knows_the_owners_password():
    knowing = {name for name, service in compose().items() if "tf_owner" in json.dumps(service)}

    assert knowing == {"migrate"}


def test_the_web_server_refuses_a_login_that_could_look_over_the_wall(image, database_urls):
    web = compose()["web"]
    as_the_owner = {"DATABASE_URL": database_urls["OWNER_DATABASE_URL"]}
    environment = environment_of(web, image, as_the_owner)

    refused = subprocess.run(
        start_command(web), cwd=image, env=environment, capture_output=True, text=True, check=False
    )

    assert refused.returncode != 0
    assert "bypasses row security" in refused.stderr


def test_every_setting_for_a_server_reaches_it():
    offered = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    given = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))

    for_a_machine_of_ones_own = {"DEBUG", "HOST", "PORT", "VAR_DIR", "ALLOW_LOOPBACK_CALLS"}
    made_from_the_passwords = {"DATABASE_URL", "OWNER_DATABASE_URL"}
    for_one_run = {"PLATFORM_USER_PASSWORD", "TEST_DATABASE_NAME"}
    assert offered - given == for_a_machine_of_ones_own | made_from_the_passwords | for_one_run
