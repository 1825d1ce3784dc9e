"""A web process dies while somebody sends a file: nothing half stays, and sending again works."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from definitions.services import import_bundle
from operations.files.sweeping import sweep_files
from operations.models import FileUpload, TicketInstance
from tenants.context import tenant_context
from tests.builders import Firm, a_document

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Kills itself."),
]

ADDRESS = "/portal/new/flow-request/"
CONTENT = b"%PDF-1.7 " + b"an offer " * 10_000
FORM = {
    "type": "object",
    "required": ["offer"],
    "properties": {"offer": {"type": "string", "format": "uuid", "x-widget": "file"}},
}

#: Where it dies, as what replaces something of the product.
POINTS = {
    "half of the content is written": """
from django.core.files.uploadedfile import InMemoryUploadedFile
times = []
def chunks(self, chunk_size=None):
    self.file.seek(0)
    times.append(1)
    if len(times) == 1:  # to be looked at
        yield self.read()
        return
    yield self.read(40_000)
    die()
InMemoryUploadedFile.chunks = chunks
""",
    "the content is written, its row is not": """
from operations.files import keeping
keeping._make_it_last = lambda storage, key: die()
""",
    "the row is written, the ticket is not": """
from operations import store
store.insert_ticket = lambda **values: die()
""",
    "all is written, nothing is committed": """
from operations import files
bind = files.bind
def and_die(*args, **more):
    bind(*args, **more)
    die()
files.bind = and_die
""",
    "all is committed, nothing is answered": """
from operations.state_manager import WorkflowStateManager
WorkflowStateManager.start = lambda self: die()
""",
}

SENDER = """
import os, signal, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from django.conf import settings
settings.DATABASES["default"]["NAME"], settings.MEDIA_ROOT, person, address = sys.argv[1:5]
settings.ALLOWED_HOSTS = ["*"]
import django
django.setup()
def die():
    os.kill(os.getpid(), signal.SIGKILL)
{point}
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.contrib.sessions.backends.db import SessionStore
client = Client()
client.cookies[settings.SESSION_COOKIE_NAME] = person
content = SimpleUploadedFile("offer.pdf", sys.stdin.buffer.read())
client.post(address, {{"offer": content, "_key": "once"}})
"""


@pytest.mark.parametrize("point", POINTS)
def test_nothing_half_stays_when_the_process_dies_because(
    point: str, acme: Firm, settings: Any, tmp_path: Path
) -> None:
    client = asking(acme, tmp_path, settings)

    died = sent_by_another(client, POINTS[point], tmp_path)
    is_done = point.startswith("all is committed")
    with tenant_context(acme.company):
        assert TicketInstance.objects.count() == int(is_done)
        for file in FileUpload.objects.all():
            assert is_whole(file)

    again = client.post(ADDRESS, {"offer": an_offer(), "_key": "once"})

    assert died == -signal.SIGKILL
    assert again.status_code == 302
    with tenant_context(acme.company):
        ticket = TicketInstance.objects.get()
        answer = FileUpload.objects.get(pk=ticket.ticket_data["offer"])
        assert is_whole(answer)
        assert answer.ticket == ticket
    make_old(tmp_path)
    sweep_files()
    with tenant_context(acme.company):
        assert kept_in(tmp_path) == {file.place for file in FileUpload.objects.all()}
        assert [file.pk for file in FileUpload.objects.all()] == [answer.pk]


def asking(firm: Firm, folder: Path, given: Any) -> Client:
    """Ann, before a form that asks for a file."""
    given.MEDIA_ROOT = str(folder)
    document = a_document("ask")
    document["tickets"][0]["form_schema"] = FORM
    with tenant_context(firm.company):
        import_bundle(firm.flo, document, publish=True)
    client = Client()
    client.force_login(firm.ann)
    return client


def an_offer() -> SimpleUploadedFile:
    return SimpleUploadedFile("offer.pdf", CONTENT)


def sent_by_another(client: Client, point: str, folder: Path) -> int:
    """How a process of its own ended that sent the form."""
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    database = str(connection.settings_dict["NAME"])
    run = subprocess.run(
        [sys.executable, "-c", SENDER.format(point=point), database, str(folder), session, ADDRESS],
        cwd=settings.BASE_DIR,
        env={**os.environ, "PYTHONWARNINGS": "default"},
        input=CONTENT,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == -signal.SIGKILL, run.stderr.decode()[-3000:]
    return run.returncode


def is_whole(file: FileUpload) -> bool:
    with default_storage.open(file.place) as content:
        return sha256(content.read()).hexdigest() == file.sha256 == sha256(CONTENT).hexdigest()


def make_old(folder: Path) -> None:
    """As if all of it had happened days ago."""
    before = timezone.now().timestamp() - 3 * 24 * 60 * 60
    for path in folder.rglob("*"):
        os.utime(path, (before, before))
    for company in folder.iterdir():
        with tenant_context(company.name):
            FileUpload.objects.update(created_at=timezone.now() - timedelta(days=3))


def kept_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
