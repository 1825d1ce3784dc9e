"""An issue form as a bundle: a ticket type with its form, and a workflow of one step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from definitions.bundle.format import FORMAT
from definitions.documents import Document
from definitions.errors import BundleInvalid, Problem
from definitions.issue_forms.elements import Element, Look, elements, key_of
from definitions.issue_forms.layout import layout_of
from definitions.issue_forms.markdown import as_help, plain
from definitions.issue_forms.questions import schema_of
from definitions.schemas import JSON, pointer, steps

#: What belongs to GitHub's issues, and to nothing here.
_ELSEWHERE = ("labels", "assignees", "projects", "type")
_NAMES = ("name", "description", "body", "title", *_ELSEWHERE)
_OURS = ("format", "workflows", "tickets", "company_roles")


@dataclass(frozen=True, slots=True)
class FromIssueForm(Document):
    """A bundle that was made of a form; its lines are those of the form.

    `sources`: place in the bundle -> the place in the form that it was made of. `remarks`: what
    was left out.
    """

    form: Document = field(default_factory=lambda: Document(None))
    sources: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[Problem] = ()

    def line_of(self, place: str) -> int | None:
        way = steps(place)
        for length in range(len(way), -1, -1):
            if (source := self.sources.get(pointer(way[:length]))) is not None:
                return self.form.line_of(source)
        return self.form.line_of("")


def is_issue_form(value: JSON) -> bool:
    """Whether somebody meant this to be an issue form, good or not."""
    if not isinstance(value, dict) or any(name in value for name in _OURS):
        return False
    return "body" in value or {"name", "description"} <= value.keys()


def as_bundle(document: Document) -> Document:
    """The bundle that an issue form becomes; any other document as it is.

    Raises:
        BundleInvalid: it is an issue form with something wrong in it.
    """
    if not is_issue_form(document.value):
        return document
    look = Look(document)
    form = look.group(document.value, "", "An issue form")
    look.unknown(form, _NAMES, "")
    for name in _ELSEWHERE:
        if form.get(name) not in (None, "", []):
            look.remark(f"“{name}” belongs to GitHub, and is left out.", f"/{name}")
    title = " ".join(look.text(form.get("name"), "/name", "name", is_needed=True).split())
    text = as_help(look.text(form.get("description"), "/description", "description"))
    prefix = look.text(form.get("title"), "/title", "title")
    found = _body(look, form)
    if any(problem.blocks for problem in look.problems):
        raise BundleInvalid(look.problems)
    return _converted(document, look, title, text, prefix, found)


def remarks_of(document: Document) -> Sequence[Problem]:
    """What a form said that nothing here stands for."""
    return document.remarks if isinstance(document, FromIssueForm) else ()


def _body(look: Look, form: Mapping[str, Any]) -> list[Element]:
    body = form.get("body")
    if not isinstance(body, list):
        rule = "missing" if body is None else "wrong-type"
        look.wrong(rule, "“body” must be a list of elements.", "/body", "Write - type: input …")
        return []
    found = elements(look, body)
    is_good = not any(problem.blocks for problem in look.problems)
    if is_good and all(element.kind == "markdown" for element in found):
        look.wrong("missing", "The form asks for nothing.", "/body", "Add an input, for example.")
    return found


def _converted(
    document: Document, look: Look, title: str, text: str, prefix: str, found: list[Element]
) -> Document:
    key = key_of(plain(title), blank="-") or "issue-form"
    sources = {
        "": "", "/workflows/0/title": "/name", "/tickets/0/title": "/name",
        "/workflows/0/description": "/description", "/tickets/0/description": "/description",
        "/workflows/0/key": "/name", "/tickets/0/key": "/name",
        "/tickets/0/title_template": "/title",
        "/tickets/0/form_schema": "/body", "/tickets/0/edit_layout": "/body",
    }  # fmt: skip
    for element in found:
        if element.kind != "markdown":
            place = f"/tickets/0/form_schema/properties{pointer([element.key])}"
            sources[place] = element.place
    ticket = {
        "key": key,
        "title": title,
        "description": text,
        "workflow": key,
        "form_schema": schema_of(title, found),
        "edit_layout": layout_of(found, sources, "/tickets/0/edit_layout"),
        "title_template": _title_template(prefix, found),
    }
    value = {
        "format": FORMAT,
        "workflows": [_workflow(key, title, text)],
        "tickets": [{name: inner for name, inner in ticket.items() if inner}],
    }
    return FromIssueForm(value, document.name, None, document, sources, tuple(look.problems))


def _workflow(key: str, title: str, text: str) -> dict[str, Any]:
    """One step: somebody deals with it, and may write what came of it."""
    note = {"type": "string", "title": "What came of it", "x-widget": "textarea"}
    step = {
        "key": "handle",
        "title": "Deal with it",
        "output_schema": {
            "type": "object",
            "properties": {"note": {**note, "x-requester-sees": True}},
        },
    }
    return {
        "key": key,
        "title": title,
        **({"description": text} if text else {}),
        "tasks": [step],
        "transitions": [{"to": "handle"}, {"from": "handle", "to": None}],
    }


def _title_template(prefix: str, found: Sequence[Element]) -> str:
    """The title that GitHub begins an issue with, then the first line that must be answered.

    One with braces in it is a form of its own, for people to fill in; it names nothing.
    """
    prefix = " ".join(prefix.split())
    lines = [one for one in found if one.kind == "input" and one.required]
    if not prefix or "{" in prefix or "}" in prefix or not lines:
        return ""
    return f"{prefix} {{{lines[0].key}}}" if len(prefix) <= 100 else ""
