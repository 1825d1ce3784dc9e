"""Files that are broken in every way, in every format, sent to the pages that take them.

A page answers each with a preview or with reasons that name a place and a rule: never with another
error, never late, never with half of it written. A few cases run each time; all of them with
`FUZZ_FILES=5000 pytest tests/integration/definitions/test_file_fuzz.py`. A case is its number, so a
failure can be repeated with `FUZZ_FIRST`.
"""

import io
import os
import random
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from definitions.documents import to_json, to_yaml
from definitions.models import TaskDefinition, TicketDefinition, WorkflowDefinition
from definitions.resources import FORMATS, RowKind, file_of
from definitions.services import import_bundle
from tenants.context import tenant_context
from tests.builders import Firm
from tests.integration.definitions.test_import_fuzz import ODD, SIGNS, a_rich_bundle, broken

pytestmark = pytest.mark.django_db

CASES = int(os.environ.get("FUZZ_FILES", "120"))
FIRST = int(os.environ.get("FUZZ_FIRST", "0"))
#: Of the processor's time: how busy the machine is besides says nothing about us.
SLOWEST_SECONDS = 2
MOST_MEMORY = 512 * 1024 * 1024
#: What is wrong with the file as a whole has no place in it.
WHOLE_FILE = {
    "empty", "too-large", "too-many", "not-text", "not-xlsx", "not-csv", "not-utf-8", "not-json",
    "not-yaml", "wrong-type", "missing", "unstorable-text", "several-documents", "too-deep",
    "not_allowed",
}  # fmt: skip

ISSUE_FORM = {
    "name": "Bug", "description": "Something broke", "title": "[Bug]: ", "labels": ["bug"],
    "body": [
        {"type": "markdown", "attributes": {"value": "## Where\nSay [where](https://x.example)."}},
        {"type": "input", "id": "where", "attributes": {"label": "Where", "placeholder": "3"},
         "validations": {"required": True}},
        {"type": "textarea", "attributes": {"label": "Log", "render": "shell", "value": "a\nb"}},
        {"type": "dropdown", "attributes": {"label": "How", "options": ["a", "b"], "default": 1}},
        {"type": "checkboxes", "id": "terms",
         "attributes": {"label": "Terms", "options": [{"label": "Yes", "required": True}]}},
        {"type": "upload", "attributes": {"label": "Shot"}, "validations": {"accept": ".png"}},
    ],
}  # fmt: skip

BYTES = [b"", b"\0", b"\xff", b"\xef\xbb\xbf", b"\r", b"\n", b'"', b",", b";", b"\t", b"{", b"[",
         b"}", b"=1+1", b"*a", b"&a ", b"<!DOCTYPE x>", b"&lt;", b"-", b": ", b"'"]  # fmt: skip


class Files:
    """Good files of every kind, and ways to break them."""

    def __init__(self, firm: Firm) -> None:
        with tenant_context(firm.company):
            import_bundle(firm.boss, a_rich_bundle())
            self.rows: dict[tuple[str, str], bytes] = {
                (ending, kind.value): file_of(firm.boss, [kind], FORMATS[ending])
                for ending in FORMATS
                for kind in RowKind
            }
            for ending in ("xlsx", "json", "yaml"):
                self.rows[ending, "all"] = file_of(firm.boss, list(RowKind), FORMATS[ending])

    def one(self, chance: random.Random) -> tuple[str, str, str, bytes]:
        """(page, kind, file name, content)."""
        made: list[Callable[[random.Random], tuple[str, str, str, bytes]]] = [
            self._bundle, self._form, self._table, self._table, self._table,
        ]  # fmt: skip
        return chance.choice(made)(chance)

    def _bundle(self, chance: random.Random) -> tuple[str, str, str, bytes]:
        return self._document(a_rich_bundle(), chance)

    def _form(self, chance: random.Random) -> tuple[str, str, str, bytes]:
        return self._document(ISSUE_FORM, chance)

    def _document(self, good: dict[str, Any], chance: random.Random) -> tuple[str, str, str, bytes]:
        ending = chance.choice(["json", "yaml"])
        value = broken(good, chance) if chance.random() < 0.6 else good
        try:
            text = (to_json if ending == "json" else to_yaml)(value)
        except UnicodeEncodeError:
            text = to_json(good)
        content = text.encode(errors="surrogatepass")
        if value is good or chance.random() < 0.2:
            content = torn(content, chance)
        return "upload", "", chance.choice([f"a.{ending}", f"a.{ending}", "a", ""]), content

    def _table(self, chance: random.Random) -> tuple[str, str, str, bytes]:
        (ending, kind), content = chance.choice(sorted(self.rows.items(), key=str))
        if ending == "xlsx" and chance.random() < 0.8:
            content = with_torn_part(content, chance)
        else:
            content = torn(content, chance)
        shown = chance.choice([str(kind)] * 4 + ["all", *map(str, RowKind)])
        return "rows", shown, chance.choice([f"a.{ending}"] * 4 + ["a.csv", "a.xlsx", "a"]), content


def torn(content: bytes, chance: random.Random) -> bytes:
    """With a few bytes taken out, put in, doubled or turned around."""
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        at = chance.randrange(len(content) + 1)
        to = min(len(content), at + chance.choice([0, 1, 3, 30, 300]))
        kind = chance.randrange(6)
        if kind == 0:
            content = content[:at] + chance.choice(BYTES) + content[to:]
        elif kind == 1:
            content = content[:at] + chance.choice(SIGNS).encode() + content[at:]
        elif kind == 2:
            content = content[:at] + content[to:]
        elif kind == 3:
            content = content[:to] + content[at:to] * chance.choice([1, 2, 50]) + content[to:]
        elif kind == 4:
            content = content[:at] + content[at:to][::-1] + content[to:]
        else:
            content = content[:at] + str(chance.choice(ODD)).encode(errors="replace") + content[to:]
    return content if chance.random() < 0.97 else content[: chance.randrange(len(content) + 1)]


def with_torn_part(content: bytes, chance: random.Random) -> bytes:
    """A workbook whose archive is whole, and one of its parts is not."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(
        file, "w", zipfile.ZIP_DEFLATED
    ) as new:  # fmt: skip
        wanted = [name for name in old.namelist() if name.startswith("xl/")]
        chosen = chance.choice([*wanted, *(n for n in wanted if "sheet" in n) ])  # fmt: skip
        for name in old.namelist():
            part = old.read(name)
            if name == chosen and chance.random() < 0.95:
                part = torn(part, chance)
            if name != chosen or chance.random() < 0.95:
                new.writestr(name, part)
    return file.getvalue()


def counted() -> tuple[int, int, int]:
    return tuple(
        model.objects.count() for model in (WorkflowDefinition, TaskDefinition, TicketDefinition)
    )  # type: ignore[return-value]


def check_reasons(answer: Any, case: str, rules: Counter[str]) -> None:
    form_errors = answer.context["form"].errors
    lines = answer.context["problems"]
    assert lines or form_errors, case
    for line in lines:
        problem = line.problem
        rules[problem.rule] += 1
        assert problem.rule and problem.message, case
        assert problem.path or problem.line or problem.rule in WHOLE_FILE, (case, problem)
        assert "Traceback" not in problem.message and "object at 0x" not in problem.message, case


def test_a_broken_file_is_looked_at_or_refused_with_reasons(acme: Firm, client: Client) -> None:
    files, rules, taken = Files(acme), Counter[str](), 0
    client.force_login(acme.flo)
    with tenant_context(acme.company):
        before = counted()
    for number in range(FIRST, FIRST + CASES):
        chance = random.Random(number)
        page, kind, name, content = files.one(chance)
        case = f"case {number}: {page} {kind} {name}"
        file = SimpleUploadedFile(name or "x", content)
        started = time.process_time()

        answer = client.post(f"/design/{page}/", {"file": file, "text": "", "kind": kind})

        assert time.process_time() - started < SLOWEST_SECONDS, case
        if answer.status_code == 302:
            taken += 1
            if chance.random() < 0.3:
                assert client.get(answer["Location"]).status_code == 200, case
        else:
            assert answer.status_code == 200, case
            check_reasons(answer, case, rules)
        if number % 20 == 0:
            with tenant_context(acme.company):
                assert counted() == before, case
    with tenant_context(acme.company):
        assert counted() == before
    assert 0 < taken < CASES
    assert len(rules) > 10, rules
    assert psutil.Process().memory_info().rss < MOST_MEMORY


def test_a_broken_file_that_is_confirmed_is_imported_whole_or_not_at_all(
    acme: Firm, client: Client
) -> None:
    files = Files(acme)
    client.force_login(acme.flo)
    for number in range(FIRST, FIRST + CASES // 3):
        page, kind, name, content = files.one(random.Random(f"confirmed {number}"))
        file = SimpleUploadedFile(name or "x", content)
        sent = client.post(f"/design/{page}/", {"file": file, "text": "", "kind": kind})
        if sent.status_code != 302:
            continue

        done = client.post(sent["Location"], {"do": "drafts"}, follow=True)

        assert done.status_code == 200, number
        again = client.post(
            f"/design/{page}/",
            {"file": SimpleUploadedFile(name or "x", content), "text": "", "kind": kind},
        )
        assert again.status_code == 302, number
        looked = client.get(again["Location"]).content.decode()
        assert "as in the file already." in looked, f"confirmed {number}"
