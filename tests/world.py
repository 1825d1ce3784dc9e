"""Two companies with something in every table, so that a leak from one to the other can be seen.

Each text of a company carries its word. `furnish` fails by itself when a tenant model was added and
nothing here makes a row of it: what is new is then covered without being listed in any test.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.utils import timezone

from definitions.layouts import FilesAsked
from definitions.models import TicketDefinition, WorkflowDefinition
from definitions.services import change_workflow, document_of, import_bundle
from definitions.uploads import keep_upload
from operations.files import Purpose, keep_file
from operations.incidents import Incident, report
from operations.models import (
    BranchArrival,
    CallbackToken,
    ErrorType,
    Notice,
    TaskAttempt,
    TaskInstance,
    TicketCounter,
    TicketInstance,
)
from operations.services import (
    add_comment,
    complete_task,
    hold_ticket,
    save_draft,
    submit_ticket,
)
from tenants.audit import record
from tenants.checks import tenant_models
from tenants.context import platform_context, tenant_context
from tenants.models import Company, CompanySecret, User
from tenants.sealing import seal
from tenants.services import add_user, create_company_role, invite_person
from tests.builders import Firm, a_document, a_firm, the_open_task

OUR_WORD, THEIR_WORD = "acme-own", "globex-secret"
CHOICE = {"type": "object", "properties": {"answer": {"type": "string"}}}

#: Who of a firm holds a role and no other.
BY_ROLE = {
    "user": "ann",
    "task_worker": "will",
    "ticket_admin": "tara",
    "workflow_creator": "flo",
    "admin": "adam",
}

#: Models whose rows companies share, though each may have its own.
SHARED = (Group,)

#: Per model: whatever a row of it can be asked for by, the newest row first.
Names = Mapping[type[models.Model], tuple[str, ...]]


@dataclass(frozen=True)
class World:
    """Us, them, and a person of the platform. `own` and `foreign` share no name."""

    acme: Firm
    globex: Firm
    root: User
    own: Names
    foreign: Names
    touched: list[str] = dataclasses.field(default_factory=list)  # see tests/walls.py

    def person(self, role: str) -> User:
        """Who holds this role at Acme and no other; "" is the platform's person."""
        person: User = getattr(self.acme, BY_ROLE[role]) if role else self.root
        return person


def a_world() -> World:
    """Acme and Globex, furnished; tickets of Globex have numbers that Acme has not reached."""
    acme, globex = a_firm("Acme"), a_firm("Globex")
    with tenant_context(globex.company):
        TicketCounter.objects.update_or_create(
            company=globex.company, defaults={"last_number": 70_000_000}
        )
    ours, theirs = furnish(acme, OUR_WORD), furnish(globex, THEIR_WORD)
    with platform_context():
        root = User.objects.create_superuser(
            "root@platform.example", "x", first_name="Rosa", last_name="Root"
        )
        record(root, "company looked at", "Acme")
    ours, theirs = _with_company(ours, acme), _with_company(theirs, globex)
    return World(acme, globex, root, own=without(ours, theirs), foreign=without(theirs, ours))


def _with_company(names: Names, firm: Firm) -> Names:
    return {**names, Company: (str(firm.company.pk), firm.company.slug)}


def without(names: Names, others: Names) -> Names:
    """A key such as "user", or the number 2, is no name of one company alone."""
    of_others = {name for listed in others.values() for name in listed}
    return {
        model: tuple(name for name in listed if name not in of_others)
        for model, listed in names.items()
    }


# --- furnishing ----------------------------------------------------------------------------------


def furnish(firm: Firm, word: str) -> Names:
    """Put something with `word` in it into every table; returns what it can be asked for by."""
    with tenant_context(firm.company):
        create_company_role(firm.boss, key=f"{word}-role", title=f"{word} role", description=word)
        invite_person(firm.boss, email=f"{word}@invited.example", first_name=word, last_name=word)
        import_bundle(firm.flo, _document(word, f"{word}-flow"), publish=True)
        import_bundle(firm.flo, _document(word, f"{word}-draft"))
        _change(firm, f"{word}-draft", word)
        keep_upload(firm.flo, json.dumps(_document(word, f"{word}-new")), f"{word}.json")
        _tickets(firm, word)
        return {model: _names(model) for model in tenant_models()}


def _change(firm: Firm, key: str, word: str) -> None:
    """An edit that can be taken back."""
    draft = WorkflowDefinition.objects.get(key=key)
    document = {**document_of(draft), "description": f"{word}, said in other words"}
    change_workflow(firm.flo, draft, document, seen=draft.content_hash)


def furnish_more(firm: Firm, word: str) -> None:
    """More of whatever a page could count."""
    with tenant_context(firm.company):
        create_company_role(firm.boss, key=f"{word}-two", title=f"{word} two", description=word)
        invite_person(firm.boss, email=f"{word}@two.example", first_name=word, last_name=word)
        add_user(firm.boss, email=f"{word}@three.example", first_name=word, last_name=word)
        import_bundle(firm.flo, _document(word, f"{word}-more"), publish=True)
        _tickets(firm, word)


def _document(word: str, key: str) -> dict[str, Any]:
    decide = {
        "output_schema": CHOICE,
        "title": f"{word} decide",
        "description": word,
        "assign": {"company_role": "managers"},
    }
    steps = {f"{word}-decide": decide}
    document = a_document(f"{word}-decide ? answer = yes > {word}-pay", key=key, **steps)
    document["workflows"][0]["description"] = document["tickets"][0]["description"] = word
    document["workflows"][0]["scenarios"] = [_scenario(word)]
    return document


def _scenario(word: str) -> dict[str, Any]:
    """One that goes as it expects."""
    decide, pay = f"{word}-decide", f"{word}-pay"
    return {
        "title": f"{word} goes on",
        "submission": {"subject": word},
        "answers": {decide: {"answer": "yes"}, pay: {"ok": True}},
        "expect": {"path": [decide, pay], "ends": True},
    }


def _tickets(firm: Firm, word: str) -> None:
    """One ticket that runs, one that stopped, one on hold, one that is over, one nobody has."""
    running, stopped, held, over = (_ticket(firm, word) for _ in range(4))
    save_draft(firm.will, the_open_task(running), {"answer": word})
    complete_task(firm.will, the_open_task(stopped), {"answer": word})
    hold_ticket(firm.tara, held, reason=word)
    complete_task(firm.will, the_open_task(over), {"answer": "yes"})
    complete_task(firm.will, the_open_task(over), {"ok": True})
    with _away(firm.will):
        _ticket(firm, word)
    add_comment(firm.ann, running, word)
    _calls(firm, word, running)
    _stopped_call(firm, word)
    _files(firm, word, running)
    BranchArrival.objects.create(
        workflow_instance=TicketInstance.objects.get(pk=running.pk).workflow,
        task_key=word,
        branch=word,
    )


def _files(firm: Firm, word: str, ticket: TicketInstance) -> None:
    """One that was sent with a comment, and one that was only chosen."""
    for sent in (True, False):
        content = SimpleUploadedFile(f"{word}.pdf", f"%PDF-1.7 {word}".encode())
        purpose = Purpose(ticket=ticket.pk, is_comment=True)
        file = keep_file(firm.ann, content, asked=FilesAsked(()), purpose=purpose)
        if sent:
            add_comment(firm.ann, ticket, word, attached=[str(file.pk)])


def _calls(firm: Firm, word: str, ticket: TicketInstance) -> None:
    """What a call to another system leaves behind, and the secret that it needs."""
    task, now = the_open_task(ticket), timezone.now()
    name = f"{word}-{ticket.number}"
    CompanySecret.objects.create(name=name, sealed=seal(word), updated_by=firm.adam)
    attempt = TaskAttempt.objects.create(
        task=task,
        number=1,
        started_at=now,
        lease_until=now,
        ended_at=now,
        error_name="timeout",
        error_message=word,
        request={"body": word},
        answer={"body": word},
    )
    CallbackToken.objects.create(
        task=task,
        attempt=attempt,
        token_hash=sha256(name.encode()).hexdigest(),
        expires_at=now,
        payload={"text": word},
    )
    Notice.objects.create(
        person=firm.will,
        kind="REMINDER",
        about=f"{word} {ticket.number}",
        ticket=ticket,
        task=task,
        sent_at=now,
    )


def _stopped_call(firm: Firm, word: str) -> None:
    """A ticket that another system refused."""
    call = {
        "title": f"{word} call",
        "task_type": "SYNC_ACTION",
        "action_url": f"https://{word}.example/orders",
        "input_schema": CHOICE,
        "input_transform": {"answer": word},
        "output_schema": CHOICE,
    }
    document = a_document(f"{word}-call", key=f"{word}-caller", **{f"{word}-call": call})
    import_bundle(firm.flo, document, publish=True)
    ticket = _ticket(firm, word, "caller")
    tasks, now = TaskInstance.objects.filter(ticket=ticket), timezone.now()
    tasks.update(t_status="ERROR", wakes_at=None)
    TaskAttempt.objects.create(
        task=tasks.get(), number=1, started_at=now, lease_until=now, ended_at=now, sent=True,
        error_name="http.422", error_message=word,
        request={"method": "POST", "url": f"https://{word}.example", "body": word},
        answer={"status": 422, "headers": {"x-word": word}, "body": word},
    )  # fmt: skip
    message = f"{word}.example answered with the status 422."
    report(ticket.pk, Incident(ErrorType.TASK_UPDATE, tasks.get().pk, "http.422", message))


def _ticket(firm: Firm, word: str, flow: str = "flow") -> TicketInstance:
    return submit_ticket(
        firm.ann, TicketDefinition.objects.get(key=f"{word}-{flow}-request"), {"subject": word}
    )


@contextmanager
def _away(person: User) -> Iterator[None]:
    """Nothing is handed to this person inside."""
    people = User.objects.filter(pk=person.pk)
    people.update(is_available=False)
    yield
    people.update(is_available=True)


# --- names ---------------------------------------------------------------------------------------


def _names(model: type[models.Model]) -> tuple[str, ...]:
    """Keys, and whatever is unique, indexed or points to a row that companies share (a group)."""
    fields = ["pk", *_looked_up_by(model)]
    rows = model._default_manager.order_by("-pk").values_list(*fields)
    names = dict.fromkeys(str(value) for row in rows for value in row if value not in (None, ""))
    assert names, f"tests/world.py makes no {model.__name__}: add one to furnish()."
    return tuple(names)


def _looked_up_by(model: type[models.Model]) -> Iterator[str]:
    meta = model._meta
    listed = {name.lstrip("-") for index in meta.indexes for name in index.fields}
    for constraint in meta.constraints:
        listed |= set(getattr(constraint, "fields", ()))
    for field in meta.concrete_fields:
        if field.is_relation and field.related_model in SHARED:
            yield field.attname
        elif isinstance(field, models.EmailField | models.SlugField) or (
            isinstance(field, models.CharField | models.IntegerField)
            and not field.choices
            and (field.name in listed or field.unique)
        ):
            yield field.name
