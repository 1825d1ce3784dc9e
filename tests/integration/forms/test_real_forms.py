"""Forms of other people through the pages of ours: uploaded, published, asked for, and refused.

Each answer is sent as a browser sends it: with every control of the page. What HTML cannot say (a
number where text is asked, null, a name nobody asked for) is sent by a program instead.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from admin_site.schema_forms import CannotBePosted, as_post_data, form_for
from definitions.models import TicketDefinition
from operations.errors import AnswersInvalid
from operations.models import TicketInstance
from operations.services import submit_ticket
from tenants.context import tenant_context
from tests.browser_form import FormOnPage
from tests.builders import Firm, a_document

pytestmark = pytest.mark.django_db

#: What HTML cannot say; "" is how "no answer" looks.
UNSAYABLE = {"wrong type", "null", "not a list", "undeclared property", "too short"}


@dataclass(frozen=True)
class RealForm:
    """A form as a file that can be uploaded, and its cases."""

    name: str
    content: bytes
    valid: list[dict[str, Any]]
    invalid: list[dict[str, Any]]


def issue_forms(real_inputs: Path) -> Iterator[RealForm]:
    folder = real_inputs / "issue_forms"
    for name, cases in json.loads((folder / "cases.json").read_text()).items():
        yield RealForm(name, (folder / name).read_bytes(), cases["valid"], cases["invalid"])


def schema_forms(real_inputs: Path) -> Iterator[RealForm]:
    """Each schema as the form of a ticket type."""
    folder = real_inputs / "json_schema_forms"
    for number, (name, cases) in enumerate(json.loads((folder / "cases.json").read_text()).items()):
        document = a_document("check", key=f"form-{number}")
        document["tickets"][0]["form_schema"] = json.loads((folder / name).read_text())
        content = json.dumps(document).encode()
        yield RealForm(f"{name}", content, cases["valid"], cases["invalid"])


def published(firm: Firm, client: Client, form: RealForm) -> TicketDefinition:
    client.force_login(firm.flo)
    upload = {"file": SimpleUploadedFile(form.name, form.content), "text": ""}
    sent = client.post("/design/upload/", upload)
    assert sent.status_code == 302, sent.content.decode()
    assert client.post(sent["Location"], {"do": "publish"}).status_code == 302
    with tenant_context(firm.company):
        return TicketDefinition.objects.latest("created_at")


class Portal:
    """Ann in front of the page of a ticket type."""

    def __init__(self, firm: Firm, client: Client, kind: TicketDefinition) -> None:
        self.firm, self.client, self.kind = firm, client, kind
        client.force_login(firm.ann)

    def sends(self, value: dict[str, Any]) -> Any:
        """
        Raises:
            CannotBePosted: no browser can say it.
        """
        address = f"/portal/new/{self.kind.key}/"
        page = self.client.get(address)
        assert page.status_code == 200
        answers = as_post_data(form_for(self.kind.form_schema, self.kind.edit_layout), value)
        data = FormOnPage(page.content.decode(), "submission").sent_with(answers)
        return self.client.post(
            address, data.urlencode(), content_type="application/x-www-form-urlencoded"
        )

    def tickets(self) -> list[Any]:
        with tenant_context(self.firm.company):
            found = TicketInstance.objects.filter(ticket_type=self.kind).order_by("number")
            return list(found.values_list("ticket_data", flat=True))


def place(case: dict[str, Any]) -> str:
    """The cases write the whole as "/", a JSON pointer writes it as ""."""
    return str(case["at"]).rstrip("/")


def tried(firm: Firm, client: Client, form: RealForm) -> Counter[str]:
    """Every case of a form; how many were accepted, refused by the page, and refused as said by a
    program.
    """
    kind = published(firm, client, form)
    portal = Portal(firm, client, kind)
    count: Counter[str] = Counter()
    for value in form.valid:
        answer = portal.sends(value)
        assert answer.status_code == 302, (form.name, answer.content.decode())
        count["accepted"] += 1
    assert portal.tickets() == form.valid, form.name

    for case in form.invalid:
        try:
            answer = portal.sends(case["data"])
        except CannotBePosted:
            assert case["why"] in UNSAYABLE, (form.name, case)
            count["refused as said by a program"] += refused_by_program(firm, kind, case)
            continue
        assert answer.status_code == 200, (form.name, case)
        found = [problem.path for problem in answer.context["form"].problems]
        assert place(case) in found, (form.name, case, found)
        assert "tf-field-errors" in answer.content.decode(), (form.name, case)
        count["refused by the page"] += 1
    assert portal.tickets() == form.valid, form.name
    return count


def refused_by_program(firm: Firm, kind: TicketDefinition, case: dict[str, Any]) -> int:
    with tenant_context(firm.company):
        with pytest.raises(AnswersInvalid) as refused:
            submit_ticket(firm.ann, kind, case["data"])
        assert place(case) in [problem.path for problem in refused.value.problems], case
    return 1


def can_be_edited(firm: Firm, client: Client) -> None:
    """The form editor takes every form as it is, and gives it back as it was."""
    client.force_login(firm.flo)
    with tenant_context(firm.company):
        kinds = list(TicketDefinition.objects.order_by("key"))
    for kind in kinds:
        for part in ("", "layout/", "reading/"):
            address = f"/design/ticket-types/{kind.pk}/form/{part}"
            page = client.get(address).content.decode()
            sent = FormOnPage(page, "editor").values
            assert "cannot show" not in page, (kind.key, part)
            data = {name: texts for name, texts in sent.items() if texts}

            assert client.post(address, {**data, "_do": "save"}).status_code == 302, kind.key
    with tenant_context(firm.company):
        for kind in kinds:
            after = TicketDefinition.objects.get(pk=kind.pk)
            assert json.dumps(after.form_schema) == json.dumps(kind.form_schema), kind.key
            assert after.edit_layout == kind.edit_layout, kind.key
            assert after.display_layout == kind.display_layout, kind.key


def test_issue_forms_take_what_is_right_and_refuse_what_is_wrong_at_its_field(
    acme: Firm, client: Client, real_inputs: Path
) -> None:
    forms = list(issue_forms(real_inputs))

    count = sum((tried(acme, client, form) for form in forms), Counter())

    assert count["accepted"] == sum(len(form.valid) for form in forms)
    assert count.total() == sum(len(form.valid) + len(form.invalid) for form in forms)
    assert count["refused by the page"] > 0
    can_be_edited(acme, client)


def test_schema_forms_take_what_is_right_and_refuse_what_is_wrong_at_its_field(
    acme: Firm, client: Client, real_inputs: Path
) -> None:
    forms = list(schema_forms(real_inputs))

    count = sum((tried(acme, client, form) for form in forms), Counter())

    assert count["accepted"] == sum(len(form.valid) for form in forms)
    assert count.total() == sum(len(form.valid) + len(form.invalid) for form in forms)
    assert count["refused by the page"] > 0
    can_be_edited(acme, client)
