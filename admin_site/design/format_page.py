"""The format of bundles as a page, made from the schema that imports are checked by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from definitions.bundle import bundle_schema
from definitions.documents import to_json

if TYPE_CHECKING:
    from admin_site.design.site import DesignSite

EXAMPLE = """\
format: ticketflower/1
workflows:
- key: purchase
  title: Purchase approval
  fields:
  - {name: item, title: What do you need?, required: true}
  - {name: amount, type: number, title: What does it cost?}
  tasks:
  - key: approve
    title: Approve the purchase
    due: {days: 2}
    output_schema:
      type: object
      required: [approved]
      properties:
        approved: {type: boolean, title: May we buy it?}
        note: {type: string, title: Note}
  - {key: order, title: Order it}
  transitions:
  - {to: approve}                     # no from: the start
  - {from: approve, to: order, condition: {"==": [{var: approve.approved}, true]}}
  - {from: approve, to: null}         # no condition: otherwise; to null: the end
  - {from: order, to: null}
tickets:
- {key: purchase-request, title: Buy something, workflow: purchase, company_role_access: [user]}
"""
TITLES = {
    "": "The file",
    "workflow": "A workflow",
    "field": "A field of a workflow",
    "task": "A task",
    "transition": "A transition",
    "duration": "How long something takes",
    "day": "A day or a time",
    "reminder": "A reminder",
    "action": "A call",
    "retry": "Trying again",
    "catch": "Going another way",
    "ticket": "A ticket type",
    "preset": "A preset value",
    "company_role": "A company role",
    "ext_ref": "A link to another system",
}


@dataclass(frozen=True, slots=True)
class Name:
    """One name that may be written."""

    name: str
    text: str
    is_required: bool
    choices: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    anchor: str
    title: str
    text: str
    names: Sequence[Name]


def format_page(site: "DesignSite", request: HttpRequest) -> HttpResponse:
    schema = bundle_schema()
    parts = {"": schema, **schema["$defs"]}
    return site.page(
        request, "design/format.html",
        title="Format and schema", example=EXAMPLE,
        kinds=[_kind(key, title, parts[key]) for key, title in TITLES.items()],
        schema_url=reverse("design:schema"), upload_url=reverse("design:upload"),
    )  # fmt: skip


def schema_file(site: "DesignSite", request: HttpRequest) -> HttpResponse:
    """The JSON Schema, for an editor or an assistant."""
    return HttpResponse(
        to_json(bundle_schema()),
        content_type="application/schema+json; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="ticketflower-1.schema.json"'},
    )


def _kind(key: str, title: str, part: Mapping[str, Any]) -> Kind:
    required = set(part.get("required", ()))
    names = [
        Name(name, inner.get("description", ""), name in required, ", ".join(inner.get("enum", ())))
        for name, inner in part["properties"].items()
        if not name.startswith("$") and not str(inner.get("description", "")).startswith("“")
    ]
    return Kind(key or "file", title, part.get("description", ""), names)
