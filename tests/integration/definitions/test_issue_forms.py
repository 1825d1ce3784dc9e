"""Issue forms of real repositories: uploaded, published, and asked for through the portal."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.http import QueryDict
from django.test import Client

from admin_site.schema_forms import CannotBePosted, as_post_data, form_for
from definitions.models import TicketDefinition, WorkflowDefinition
from operations.models import TicketInstance
from tenants.context import tenant_context
from tests.builders import Firm

pytestmark = pytest.mark.django_db

#: What HTML cannot say: types, null, names nobody asked for; and "" is how "no answer" looks.
UNSAYABLE = {"wrong type", "null", "not a list", "undeclared property", "too short"}


def cases_of(real_inputs: Path) -> list[tuple[str, bytes, dict[str, Any]]]:
    folder = real_inputs / "issue_forms"
    cases = json.loads((folder / "cases.json").read_text())
    return [(name, (folder / name).read_bytes(), case) for name, case in cases.items()]


def published(firm: Firm, client: Client, name: str, content: bytes) -> TicketDefinition:
    """The ticket type that a form becomes when its file is uploaded, looked at and published."""
    client.force_login(firm.flo)
    sent = client.post("/design/upload/", {"file": SimpleUploadedFile(name, content), "text": ""})
    assert sent.status_code == 302, sent.content.decode()
    preview = client.get(sent["Location"])
    assert "1 workflow, 1 step, 1 ticket type" in preview.content.decode()
    assert client.post(sent["Location"], {"do": "publish"}).status_code == 302
    with tenant_context(firm.company):
        return TicketDefinition.objects.latest("created_at")


def posted(definition: TicketDefinition, value: dict[str, Any]) -> QueryDict:
    data = QueryDict(mutable=True)
    form = form_for(definition.form_schema, definition.edit_layout)
    for name, texts in as_post_data(form, value).items():
        data.setlist(name, texts)
    return data


def submit(client: Client, definition: TicketDefinition, data: QueryDict) -> Any:
    return client.post(
        f"/portal/new/{definition.key}/",
        data.urlencode(),
        content_type="application/x-www-form-urlencoded",
    )


def test_every_real_form_takes_what_is_right_and_refuses_what_is_wrong_at_its_field(
    acme: Firm, client: Client, real_inputs: Path
) -> None:
    for name, content, cases in cases_of(real_inputs):
        definition = published(acme, client, name, content)
        client.force_login(acme.ann)
        assert client.get(f"/portal/new/{definition.key}/").status_code == 200

        for value in cases["valid"]:
            answer = submit(client, definition, posted(definition, value))
            assert answer.status_code == 302, (name, answer.content.decode())
            with tenant_context(acme.company):
                assert TicketInstance.objects.latest("number").ticket_data == value, name
        refused = _refused(client, definition, cases["invalid"])

        assert refused, name
        with tenant_context(acme.company):
            count = TicketInstance.objects.filter(ticket_type=definition).count()
        assert count == len(cases["valid"]), name


def _refused(client: Client, definition: TicketDefinition, cases: list[dict[str, Any]]) -> int:
    count = 0
    for case in cases:
        try:
            data = posted(definition, case["data"])
        except CannotBePosted:
            assert case["why"] in UNSAYABLE, case
            continue
        answer = submit(client, definition, data)
        assert answer.status_code == 200, case
        form = answer.context["form"]
        assert case["at"].rstrip("/") in [problem.path for problem in form.problems], case
        assert "tf-field-errors" in answer.content.decode(), case
        count += 1
    return count


def test_a_form_can_be_pasted(acme: Firm, client: Client) -> None:
    client.force_login(acme.flo)
    text = "name: Bug\nbody:\n- {type: input, id: where, attributes: {label: Where}}\n"

    sent = client.post("/design/upload/", {"text": text})

    assert sent.status_code == 302
    assert "Ask for it" not in client.get(sent["Location"]).content.decode()


def test_a_bad_form_comes_back_with_line_and_reason(acme: Firm, client: Client) -> None:
    client.force_login(acme.flo)
    text = "name: Bug\nbody:\n- type: dropdown\n  attributes:\n    label: Where\n"

    page = client.post("/design/upload/", {"text": text}).content.decode()

    assert "Line 4" in page or "line 4" in page.lower()
    assert "“options” must be a list with at least one entry." in page
    with tenant_context(acme.company):
        assert not WorkflowDefinition.objects.exists()


def test_the_same_form_again_changes_nothing(acme: Firm, tmp_path: Path) -> None:
    file = tmp_path / "bug.yml"
    file.write_text("name: Bug\nbody:\n- {type: input, attributes: {label: Where}}\n")
    arguments = ["import_definitions", str(file), "--company", "acme", "--publish"]

    call_command(*arguments)
    call_command(*arguments)

    with tenant_context(acme.company):
        assert WorkflowDefinition.objects.get().version == 1
        assert TicketDefinition.objects.get().status == "PUBLISHED"


def test_commands_check_a_form_and_say_where_it_is_wrong(
    acme: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bug.yml"
    file.write_text("name: Bug\nbody:\n- {type: inptu, attributes: {label: Where}}\n")

    with pytest.raises(SystemExit):
        call_command("check_definitions", str(file))
    with pytest.raises(CommandError):
        call_command("import_definitions", str(file), "--company", "acme")

    told = capsys.readouterr()
    assert f"{file}:3 body[0].type unknown-word There is no element “inptu”." in told.out
    assert f"{file}:3 body[0].type" in told.err


def test_a_form_that_asks_for_a_file_takes_one(acme: Firm, client: Client) -> None:
    text = b"name: Bug\nbody:\n- {type: upload, id: shot, attributes: {label: Screenshot}}\n"
    definition = published(acme, client, "bug.yml", text)
    client.force_login(acme.ann)
    shot = SimpleUploadedFile("shot.txt", b"It looks odd", content_type="text/plain")
    place = form_for(definition.form_schema, definition.edit_layout)

    sent = client.post(f"/portal/new/{definition.key}/", {place.add_prefix("shot"): shot})

    assert sent.status_code == 302, sent.content.decode()
    with tenant_context(acme.company):
        ticket = TicketInstance.objects.latest("number")
        assert [file.name for file in ticket.files.all()] == ["shot.txt"]
