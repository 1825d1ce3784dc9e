"""Texts that break programs: kept and shown as they are, or refused with a word; never a 500.

Everything the list of nasty strings has goes through every text field there is: several at once;
and some of it alone (all of it by `make thorough`) where the whole of a text could matter: names,
passwords, a comment. What is changed is undone after each question.
"""

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

import config.urls  # noqa: F401  (mounting the sites registers them)
from admin_site.base import role_sites
from admin_site.schema_forms import form_for
from admin_site.schema_forms.posting import as_post_data
from definitions.models import TaskDefinition, TicketDefinition, WorkflowDefinition
from definitions.services import import_bundle
from operations.models import Comment, TaskInstance, TicketInstance, WorkflowEvent
from tenants.accounts import person_by_email
from tenants.context import tenant_context
from tenants.models import Company, CompanyRole, User
from tests.builders import PASSWORD, Firm, a_document, a_ticket, a_workflow, the_open_task
from tests.sweep import FORM, Answer, Form, Sent, Visitor
from tests.thorough import some
from tests.visits import Visit
from tests.world import World, a_world

#: What the list lacks.
MORE = {
    "nothing": "",
    "blank": " \t ",
    "NUL": "a\x00b",
    "only NUL": "\x00",
    "half a character": "\ud800",
    "very long": "x" * 100_000,
    "right to left": "\u202egnp.exe\u2066\u061c\u200f",
    "emoji": "👩\u200d👩\u200d👧\u200d👦🏴\U000e0067\U000e007f",
    "line breaks": "a\r\nb\rc\nd\u2028e\x0bf\x85g",
    "no characters": "\ufffe\uffff\U0010ffff\ue000",
    "long number": "9" * 5000,
    "no number": "NaN",
    "infinite": "1e999",
    "a key": "00000000-0000-0000-0000-000000000000",
    "templates": "{{ 7|add:7 }}{% debug %}${7*7}<%= 7*7 %>%s%(a)s{0}{a.__class__}",
    "a formula": "=cmd|' /C calc'!A0",
    "a dotted path": "os.abort",
}
WRITTEN = ("text", "textarea", "search", "email")
#: What a page says when it refuses something.
REFUSAL = re.compile(r"tf-field-errors|tf-form-errors|tf-note|errorlist|ds-problems")
LINE, PARAGRAPH = " ¦ ", "\r\n"


@pytest.fixture(scope="module")
def strings(real_inputs: Path) -> list[str]:
    listed: list[str] = json.loads((real_inputs / "nasty" / "blns.json").read_text("utf-8"))
    assert len(listed) > 450
    return list(dict.fromkeys(listed))


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Made once; each test undoes what it did."""
    logging.disable(logging.CRITICAL)
    as_tested = override_settings(SIGNUP_CONFIRMS_EMAIL=False, AXES_ENABLED=False)
    with django_db_blocker.unblock(), as_tested, transaction.atomic():
        yield a_world()
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def acme(world: World) -> Iterator[Firm]:
    """Our company, for one test."""
    with undone():
        yield world.acme


@pytest.fixture(scope="module")
def visits(world: World) -> dict[str, Visit]:
    return {site.key: Visit(site, world) for site in role_sites()}


@pytest.fixture(params=[site.key for site in role_sites()])
def visit(request: pytest.FixtureRequest, visits: dict[str, Visit]) -> Visit:
    return visits[request.param]


# --- what is compared ----------------------------------------------------------------------------


def one_kind_of_break(text: str) -> str:
    """Browsers send the end of a line as two characters; one is kept."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def plain(text: str) -> str:
    """As a plain form hands it on: without outer blanks."""
    return one_kind_of_break(text).strip()


def shows(page: Answer, text: str) -> bool:
    """Whether a page has every line of a text, and has it as text."""
    lines = [line for line in plain(text).split("\n") if line]
    as_markup = [line for line in lines if "<" in line and line in page.text]
    return page.is_page and not as_markup and all(escape(line) in page.text for line in lines)


def chunks(strings: Iterable[str], longest: int, glue: str) -> Iterator[str]:
    """As many strings at a time as fit, each once; those that do not fit alone are left out."""
    held = ""
    for text in strings:
        if held and len(held) + len(glue) + len(text) > longest:
            yield held
            held = ""
        if len(text) <= longest:
            held = f"{held}{glue}{text}" if held else text
    if held:
        yield held


# --- each string alone ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """A place to write in. `sent` is what is posted with a text in it, `kept` what was stored."""

    name: str
    person: str | None
    path: str
    sent: Callable[[str], Sent]
    kept: Callable[[World], list[str]] = lambda world: []
    is_shown_again: bool = True


def _ann(world: World) -> User:
    with tenant_context(world.acme.company):
        return User.objects.get(pk=world.acme.ann.pk)


def _company(world: World) -> Company:
    with tenant_context(world.acme.company):
        return Company.objects.get(pk=world.acme.company.pk)


def _last(model: Any, column: str) -> Callable[[World], list[str]]:
    def read(world: World) -> list[str]:
        with tenant_context(world.acme.company):
            return list(model.objects.order_by("-pk").values_list(column, flat=True)[:1])

    return read


TICKET = "1001"
FIELDS = [
    Field(
        "one's own name",
        "ann",
        "/profile/",
        lambda t: {"part": ["name"], "first_name": [t], "last_name": [t]},
        lambda world: [_ann(world).first_name, _ann(world).last_name],
    ),
    Field(
        "the company's name",
        "adam",
        "/company/settings/",
        lambda t: {"name": [t], "time_zone": ["UTC"]},
        lambda world: [_company(world).name],
    ),
    Field(
        "a comment",
        "ann",
        f"/portal/requests/{TICKET}/comment/",
        lambda t: {"text": [t]},
        _last(Comment, "text"),
    ),
    Field(
        "a reason",
        "tara",
        f"/desk/tickets/{TICKET}/hold/",
        lambda t: {"reason": [t]},
        _last(WorkflowEvent, "reason"),
    ),
    Field(
        "a new password",
        "ann",
        "/profile/",
        lambda t: {"part": ["password"], "old": [PASSWORD], "new": [t]},
        is_shown_again=False,
    ),
    Field(
        "a password",
        None,
        "/login/",
        lambda t: {"username": ["ann@acme.example"], "password": [t]},
        is_shown_again=False,
    ),
    Field("an address", None, "/login/", lambda t: {"username": [t], "password": ["x"]}),
    Field("an address of old", None, "/password-reset/", lambda t: {"email": [t]}),
    Field(
        "a sign-up",
        None,
        "/signup/",
        lambda t: {n: [t] for n in ("company_name", "first_name", "last_name", "email")},
    ),
    Field(
        "a password to sign up with",
        None,
        "/signup/",
        lambda t: {
            **{n: ["Zoe"] for n in ("company_name", "first_name", "last_name")},
            "email": ["zoe@initech.example"],
            "password": [t],
        },
        is_shown_again=False,
    ),
]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_each_string_alone_is_kept_or_refused(field: Field, world: World, strings: list[str]):
    person = getattr(world.acme, field.person) if field.person else None
    visitor = Visitor(person, keeps=True)
    wrong = []

    for text in some(strings, one_in=6):
        with undone():
            answer = visitor.post(field.path, field.sent(text))
            if answer.status == 302:
                is_right = all(kept == plain(text) for kept in field.kept(world))
            else:
                is_kept = not field.is_shown_again or shows(answer, text)
                is_right = answer.status == 200 and is_kept and bool(REFUSAL.search(answer.text))
            if not is_right:
                wrong.append((text, answer.status, answer.text[-300:], field.kept(world)))

    assert wrong == []


# --- several at once, kept and shown -------------------------------------------------------------


def test_whoever_signs_up_may_have_any_name(world: World, strings: list[str]):
    names, titles = [*chunks(strings, 80, LINE)], [*chunks(strings, 120, LINE)]
    titles += names[len(titles) :]

    for number, (name, title) in enumerate(zip(names, titles, strict=True)):
        email, other = f"p{number}@initech.example", names[-number]
        answers = {"company_name": title, "first_name": name, "last_name": other, "email": email}
        with undone():
            answer = Visitor(keeps=True).post("/signup/", {**answers, "password": PASSWORD})
            assert answer.status == 302, answer.text
            person = _signed_up(email)
            page = Visitor(person).get("/profile/")

        assert (person.first_name, person.last_name) == (plain(name), plain(other))
        assert str(person.company) == plain(title)
        assert shows(page, name)
        assert shows(page, other)
        assert shows(page, title)


def _signed_up(email: str) -> User:
    login = person_by_email(email)
    assert login
    return login.load()


def test_a_company_may_call_its_people_and_roles_anything(acme: Firm, strings: list[str]):
    adam = Visitor(acme.adam, keeps=True)
    names, titles = [*chunks(strings, 80, LINE)], [*chunks(strings, 120, LINE)]
    with tenant_context(acme.company):
        role = CompanyRole.objects.get(key="managers")

    for number, name in enumerate(names):
        sent = {"first_name": name, "last_name": name, "roles": "user"}
        other = {**sent, "email": f"n{number}@acme.example", "how": "mail"}
        assert adam.post(f"/company/people/{acme.ann.pk}/change/", sent).status == 302
        assert adam.post("/company/people/add/", other).status == 302
        with tenant_context(acme.company):
            assert User.objects.filter(first_name=plain(name), last_name=plain(name)).exists()
    for title in titles:
        sent = {"title": title, "description": title}
        assert adam.post(f"/company/roles/{role.pk}/change/", sent).status == 302
        with tenant_context(acme.company):
            role.refresh_from_db()
        assert (role.title, role.description) == (plain(title), plain(title))

    pages = range(1, len(names) // 50 + 2)
    lists = [adam.get(f"/company/invitations/?p={number}") for number in pages]
    assert [name for name in names if not any(shows(page, name) for page in lists)] == []
    for page, text in (("people/?q=ann", names[-1]), ("roles/", titles[-1]), ("log/", titles[-1])):
        assert shows(adam.get(f"/company/{page}"), text), page


def test_a_bundle_may_call_things_anything(acme: Firm, strings: list[str]):
    flo, ann = Visitor(acme.flo, keeps=True), Visitor(acme.ann)
    titles = [text for text in strings if text.strip() and len(text) <= 80]

    uploaded = flo.post("/design/upload/", {"text": json.dumps(_bundle_of(titles))})
    preview = flo.get(uploaded.links[0])
    done = flo.post(preview.path, {"do": "publish"})
    catalogue = ann.get("/portal/")

    # So many are told stage by stage on a page of their own.
    assert (uploaded.status, preview.status, done.status) == (302, 200, 200)
    with tenant_context(acme.company):
        assert {*titles} <= {*WorkflowDefinition.objects.values_list("title", flat=True)}
        assert {*titles} <= {*TaskDefinition.objects.values_list("description", flat=True)}
        assert {*titles} <= {*TicketDefinition.objects.values_list("category", flat=True)}
    assert [title for title in titles if not shows(preview, title)] == []
    assert [title for title in titles if not shows(catalogue, title)] == []
    assert {ann.get(link).status for link in catalogue.links[::9] if "/new/" in link} == {200}


def _bundle_of(titles: list[str]) -> dict[str, Any]:
    """A workflow and a ticket type for each title, with the title wherever one may write."""
    whole: dict[str, Any] = {"format": "ticketflower/1", "workflows": [], "tickets": []}
    for number, title in enumerate(titles):
        called = {"title": title, "description": title}
        bundle = a_document("ask > check", key=f"flow {number}", ask=called)
        (workflow,), (ticket,) = bundle["workflows"], bundle["tickets"]
        workflow |= {**called, "fields": [{"name": "subject", "type": "string", **called}]}
        ticket |= {**called, "category": title, "key": f"{number} {_as_key(title)}"}
        whole["workflows"].append(workflow)
        whole["tickets"].append(ticket)
    return whole


def _as_key(title: str) -> str:
    return re.sub(r"[.\x00-\x1f]", "/", title)[:70] + "!"


def test_a_bundle_with_keys_that_are_none_is_refused_with_each_of_them(
    acme: Firm, strings: list[str]
):
    bundle = _bundle_of(strings)
    for workflow, key in zip(bundle["workflows"], strings, strict=True):
        workflow["key"] = key

    page = Visitor(acme.flo).post("/design/upload/", {"text": json.dumps(bundle)})

    assert page.status == 200
    assert shows(page, "no dots, line breaks, outer blanks. Found “0.0.0”.")
    (text,) = _form_with("text", page).sent["text"]
    assert [workflow["key"] for workflow in json.loads(text)["workflows"]] == strings


def test_every_string_answers_a_form(acme: Firm, strings: list[str]):
    """One form with a line and a paragraph for each string: as a request, a draft and a task."""
    written = [text for text in strings if text.strip()]
    schema = _schema_of(written)
    answers = {f"{kind}{n}": text for n, text in enumerate(written) for kind in ("line", "text")}
    bundle = a_document("ask > check", key="wide", ask={"output_schema": schema})
    bundle["tickets"][0]["form_schema"] = schema
    with tenant_context(acme.company):
        import_bundle(acme.flo, bundle, publish=True)
    ann, will = Visitor(acme.ann, keeps=True), Visitor(acme.will, keeps=True)
    sent = as_post_data(form_for(schema), answers)

    asked = ann.post("/portal/new/wide-request/", sent)
    assert asked.status == 302, asked.text
    with tenant_context(acme.company):
        ticket = TicketInstance.objects.get(ticket_type__key="wide-request")
        task = the_open_task(ticket)
    fresh = will.get(f"/work/tasks/{task.pk}/")
    draft = will.post(fresh.path, {**sent, "_do": "draft"})
    drafted = will.get(fresh.path)
    done = will.post(fresh.path, {**_form_with("line1", drafted).sent, "_do": "complete"})

    assert (draft.status, done.status) == (302, 302)
    with tenant_context(acme.company):
        task = TaskInstance.objects.get(pk=task.pk)
    assert _changed(ticket.ticket_data, answers) == []
    assert _changed(task.output_data, answers) == []
    desk = Visitor(acme.tara).get(f"/desk/tickets/{ticket.pk}/change/")
    for page in (ann.get(asked.links[0]), fresh, drafted, desk):
        assert [text for text in written if not shows(page, text)] == [], page.path


def _schema_of(titles: list[str]) -> dict[str, Any]:
    questions: dict[str, Any] = {}
    for number, title in enumerate(titles):
        questions[f"line{number}"] = {"type": "string", "title": title, "description": title}
        questions[f"text{number}"] = {"type": "string", "x-widget": "textarea"}
    return {"type": "object", "properties": questions}


def _changed(kept: Any, answers: dict[str, str]) -> list[tuple[str, str]]:
    """What was answered and is not kept to the letter."""
    return [(name, t) for name, t in answers.items() if kept.get(name) != one_kind_of_break(t)]


def _form_with(field: str, page: Answer) -> Form:
    (form,) = (form for form in page.forms if field in form.kinds)
    return form


def test_questions_may_be_called_anything(acme: Firm, strings: list[str]):
    names = [text for text in strings if text]
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    with tenant_context(acme.company):
        ticket_type = a_workflow(acme, key="odd", ask={"output_schema": schema})
        task = the_open_task(a_ticket(acme, ticket_type))
    will = Visitor(acme.will, keeps=True)
    answers = dict.fromkeys(names, "yes")

    page = will.get(f"/work/tasks/{task.pk}/")
    done = will.post(page.path, {**as_post_data(form_for(schema), answers), "_do": "complete"})

    assert (page.status, done.status) == (200, 302)
    with tenant_context(acme.company):
        assert TaskInstance.objects.get(pk=task.pk).output_data == answers


def test_comments_and_reasons_are_shown_as_they_were_written(acme: Firm, strings: list[str]):
    ann, will, tara = (Visitor(p, keeps=True) for p in (acme.ann, acme.will, acme.tara))
    with tenant_context(acme.company):
        ticket = TicketInstance.objects.get(number=TICKET)
        task = the_open_task(ticket)
    asked, work = f"/portal/requests/{TICKET}/", f"/work/tasks/{task.pk}/"
    desk = f"/desk/tickets/{ticket.pk}/"
    written = [*chunks(strings, 1900, PARAGRAPH)]

    for text in written:
        posts = [
            (ann, f"{asked}comment/", {"text": text}),
            (will, f"{work}comment/", {"_comment": text}),
            (tara, f"{desk}comment/", {"text": text}),
            (tara, f"{desk}hold/", {"reason": text}),
            (tara, f"{desk}resume/", {"reason": text}),
        ]
        assert [somebody.post(path, sent).status for somebody, path, sent in posts] == [302] * 5
        with tenant_context(acme.company):
            comments = ticket.comments.order_by("-pk").values_list("text", flat=True)
            reasons = ticket.events.order_by("-pk").values_list("reason", flat=True)
            assert [plain(kept) for kept in [*comments[:3], *reasons[:2]]] == [plain(text)] * 5

    for page in (ann.get(asked), will.get(work), tara.get(f"{desk}change/?show=all")):
        assert [text for text in written if not shows(page, text)] == [], page.path


# --- every form, every search --------------------------------------------------------------------


def test_what_is_refused_is_said_to_be_wrong_and_still_there(visit: Visit, strings: list[str]):
    """In every text field of every form at once; most are too short for that much.

    Each form gets some of what there is, and all of it is sent to some form.
    """
    wrong = []

    for number, form in enumerate(visit.forms):
        every = (*chunks(strings, 5000, LINE), *MORE.values())
        for text in some(every, one_in=3, start=number):
            answer = visit.visitor.post(form.action, _filled_with(form, text))
            # A made-up ticket takes any text and goes on with it on the same page.
            is_done = answer.status in (302, 400, 404, 405) or "What would happen" in answer.text
            if answer.status >= 500 or not (is_done or _is_refused(form, answer, text)):
                wrong.append((form.action, text[:99], answer.status, answer.text[-500:]))

    assert wrong == []


def _filled_with(form: Form, text: str) -> dict[str, Any]:
    written = (name for name, kind in form.kinds.items() if kind in WRITTEN)
    return {**form.filled(), **{name: [_bytes(text)] for name in written}}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _is_refused(form: Form, answer: Answer, text: str) -> bool:
    """In words, with what was typed beside them; NUL and half characters cannot be written."""
    if not any(kind in WRITTEN for kind in form.kinds.values()):
        return True
    is_kept = plain(text) in plain(unescape(answer.text)) or "\x00" in text or "\ud800" in text
    return bool(REFUSAL.search(answer.text)) and is_kept


def test_what_nobody_writes_by_hand_breaks_nothing(visit: Visit):
    answers = []

    for number, form in enumerate(visit.forms):
        hidden = [name for name, kind in form.kinds.items() if kind not in WRITTEN]
        tries = [{name: [_bytes(MORE["NUL"])]} for name in hidden]
        odd = some(MORE.values(), one_in=4, start=number)
        tries += [{name: [_bytes(text)] for name in hidden} for text in odd]
        answers += [visit.visitor.post(form.action, {**form.filled(), **sent}) for sent in tries]

    assert [(answer.path, answer.text) for answer in answers if answer.status >= 500] == []


def test_anything_may_be_searched_for(visit: Visit, strings: list[str]):
    site = f"/{visit.site.key}/search/?fragment=1&s="
    lists = [
        f"{path}?q="
        for path, page in visit.pages.items()
        if "?" not in path and any("q" in f.kinds for f in page.forms if f.method == "get")
    ]
    questions = [site + quote(text) for text in chunks(strings, 200, " ")]
    questions += [one + quote(text) for one in lists for text in chunks(strings, 5000, " ")]
    questions += [one + quote(_bytes(text)) for one in [site, *lists] for text in MORE.values()]

    answers = [visit.visitor.get(question) for question in questions]

    assert [(a.path[:99], a.status, a.text[-500:]) for a in answers if a.status != 200] == []


# --- every byte ----------------------------------------------------------------------------------

# Where a name should stand in an address: no UTF-8, a NUL, a way up, a line break, too much.
IN_PLACES = [
    "%FF%FE", "a%00b", "..%2F..%2Fetc", "%0D%0ASet-Cookie:%20a=b", "%E2%80%AE", "0" * 3000,
]  # fmt: skip
MULTIPART = "multipart/form-data; boundary=b"
PART = b"--b\r\nContent-Disposition: form-data; name="
BODIES = [
    (FORM, b"\xff\xfe=\x80&text=%ff%c3%28%00&reason=\xed\xa0\x80&name=%zz"),
    (FORM, b"&".join([b"a=1"] * 3000)),
    (FORM, b"reason=" + b"x" * 5_000_000),
    (f"{FORM}; charset=nonsense", b"reason=x"),
    (f"{FORM}; charset=utf-16", b"\xff\xfer\x00"),
    ("multipart/form-data", b"--b\r\n\r\n"),
    (MULTIPART, b"\xff" * 100),
    (MULTIPART, PART + b'"reason"\r\n\r\n\xff\x00\r\n--b--\r\n'),
    (MULTIPART, PART + b'"file"; filename="\xff\x00../a.yaml"\r\n\r\n\xff\x00\r\n--b--\r\n'),
    (
        MULTIPART,
        PART + b'"file"; filename="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n*\r\n--b--\r\n',
    ),
    ("application/json", b'{"reason": '),
    ("", b"reason"),
]


def test_no_bytes_break_an_address(visit: Visit):
    paths = [
        "/" + address.template % dict.fromkeys(address.places, odd)
        for address in visit.addresses
        for odd in (IN_PLACES if address.places else ())
    ]
    answers = [visit.visitor.get(path) for path in paths]

    assert [(answer.path, answer.text) for answer in answers if answer.status >= 500] == []


def test_no_bytes_break_a_form(visit: Visit):
    in_front = {"/login/", "/signup/", "/password-reset/", "/profile/"}
    actions = {form.action for form in visit.forms} | in_front
    answers = [
        visit.visitor.send(path, body, kind)
        for number, path in enumerate(sorted(actions))
        for kind, body in some(BODIES, one_in=3, start=number)
    ]

    assert [(answer.path, answer.text) for answer in answers if answer.status >= 500] == []


@pytest.mark.parametrize(
    "header",
    [
        {"HTTP_COOKIE": "session=\xff\xfe; messages=\x00; csrf=%00"},
        {"HTTP_COOKIE": "messages=" + "x" * 9000},
        {"HTTP_HOST": "evil.example"},
        {"HTTP_HOST": "a\x00b"},
        {"HTTP_REFERER": "\xff\x00"},
        {"HTTP_ACCEPT_LANGUAGE": "x" * 9000},
        {"HTTP_X_FORWARDED_FOR": "\x00, 1.2.3.4"},
        {"CONTENT_LENGTH": "nonsense"},
        {"REQUEST_METHOD": "BREW"},
        {"QUERY_STRING": "\xff=\xfe&%ff=%00"},
    ],
    ids=lambda header: next(iter(header)),
)
def test_no_header_breaks_a_page(world: World, header: dict[str, str]):
    browser: Any = Visitor(world.acme.ann).client

    answers = [browser.get(path, **header) for path in ("/", "/login/", "/portal/")]

    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
