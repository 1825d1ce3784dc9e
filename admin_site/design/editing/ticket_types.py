"""Pages about a ticket type: a new one, and everything it says apart from its form."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from admin_site.company.forms import Choice
from admin_site.design.editing import icons
from admin_site.design.editing.links import LinksForm
from admin_site.design.editing.saving import opened, show_refusal, tell_saved
from admin_site.design.editing.step_forms import workflow_choices
from admin_site.design.editing.texts import DocumentText, written
from admin_site.forms import PlainForm
from admin_site.people import person_of
from definitions import editing as change
from definitions.bundle.canonical import EVERYBODY
from definitions.models import DefinitionStatus, TicketDefinition, WorkflowDefinition
from definitions.services import create_ticket_type
from tenants.errors import DomainError
from tenants.models import CompanyRole

if TYPE_CHECKING:
    from admin_site.design.ticket_types import TicketTypeDesign

Document = dict[str, Any]
LARGEST = 2**31 - 1


class NewTypeForm(PlainForm):
    """What a new ticket type cannot do without, and who sees it."""

    title = forms.CharField(
        label="Title", max_length=200, help_text="As people ask for it, such as “Buy something”."
    )
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=2_000,
        help_text="One line for the catalogue.",
    )
    workflow = forms.ChoiceField(label="Workflow", help_text="What happens when it is asked for.")
    company_role_access = forms.MultipleChoiceField(
        label="Who may ask for it", required=False, widget=forms.CheckboxSelectMultiple
    )
    category = forms.CharField(
        label="Group",
        required=False,
        max_length=80,
        help_text="Its heading in the catalogue.",
        widget=forms.TextInput({"list": "groups", "autocomplete": "off"}),
    )
    icon = forms.CharField(label="Symbol", required=False, max_length=60)
    other_icon = forms.CharField(
        label="Another symbol",
        required=False,
        max_length=60,
        help_text="The name of a Material Symbol, such as laptop_mac. It counts where it is given.",
        widget=forms.TextInput({"spellcheck": "false", "autocapitalize": "none"}),
    )
    places: Mapping[str, str] = {
        "title": "/title", "description": "/description", "workflow": "/workflow",
        "company_role_access": "/company_role_access", "category": "/category",
        "other_icon": "/icon",
    }  # fmt: skip

    def __init__(self, *args: Any, document: Document, **more: Any) -> None:
        known = {
            "title": document.get("title") or document.get("key", ""),
            "company_role_access": document.get("company_role_access", [EVERYBODY]),
            **{name: document.get(name, "") for name in _PLAIN},
        }
        super().__init__(*args, initial={**self.more_initial(document), **known}, **more)
        fields: Any = self.fields
        fields["workflow"].choices = workflow_choices(document.get("workflow", ""))
        fields["company_role_access"].choices = _access_choices()

    def more_initial(self, document: Document) -> Document:
        return {}

    def parts(self) -> Document:
        said = self.cleaned_data
        return {
            "title": said["title"],
            "workflow": said["workflow"],
            "company_role_access": said["company_role_access"],
            "description": said["description"].strip() or None,
            "category": said["category"].strip() or None,
            "icon": said["other_icon"].strip() or said["icon"] or None,
        }

    @property
    def has_workflows(self) -> bool:
        """Whether there is one to choose."""
        fields: Any = self.fields
        return len(fields["workflow"].choices) > 1

    @property
    def symbols(self) -> list[tuple[str, str, bool]]:
        """Name, words, and whether it is chosen."""
        chosen = str(self["icon"].value() or "")
        return [(name, icons.words(name), name == chosen) for name in icons.offered(chosen)]


_PLAIN = ("description", "workflow", "category", "icon")


def _access_choices() -> list[tuple[str, Choice]]:
    roles = CompanyRole.objects.order_by("title")
    named = [(role.key, Choice(role.title, role.description)) for role in roles]
    return sorted(named, key=lambda pair: pair[0] != EVERYBODY)


class TypeForm(NewTypeForm):
    """Everything but its form."""

    title_template = forms.CharField(
        label="What its tickets are called",
        required=False,
        max_length=200,
        help_text="From the answers, such as {item} for {person}. Empty: the title.",
    )
    position = forms.IntegerField(
        label="Place in its group",
        required=False,
        min_value=0,
        max_value=LARGEST,
        help_text="The smallest comes first.",
        widget=forms.NumberInput({"class": "ds-num", "inputmode": "numeric"}),
    )
    presets = DocumentText(
        "Values that are not asked for",
        rows=4,
        example="amount: 100\nurgent: false",
        help_text="One line per question of the workflow: its name and its value.",
    )
    places: Mapping[str, str] = {
        **NewTypeForm.places, "title_template": "/title_template", "position": "/position",
        "presets": "/fields",
    }  # fmt: skip

    #: Texts whose lines are not where the document has them.
    rewritten = ("presets",)

    def more_initial(self, document: Document) -> Document:
        presets = {one["name"]: one["value"] for one in document.get("fields", ())}
        return {
            "title_template": document.get("title_template", ""),
            "position": document.get("position", 0),
            "presets": written(presets),
        }

    def clean_presets(self) -> list[Document] | None:
        said = self.cleaned_data["presets"]
        if said is None:
            return None
        if not isinstance(said, dict):
            raise forms.ValidationError("Write one line per value, such as amount: 100")
        return [{"name": name, "value": value} for name, value in said.items()]

    def parts(self) -> Document:
        said = self.cleaned_data
        return {
            **super().parts(),
            "title_template": said["title_template"].strip() or None,
            "position": said["position"] or None,
            "fields": said["presets"],
        }


def new_ticket_type(admin: "TicketTypeDesign", request: HttpRequest) -> HttpResponse:
    """Ask how it is called and what it starts; its page comes then."""
    if not admin.has_add_permission(request):
        raise PermissionDenied
    wanted = request.GET.get("workflow", "")
    sent = request.POST if request.method == "POST" else None
    form = NewTypeForm(sent, document={"workflow": wanted, "title": ""})
    if form.is_valid():
        parts = {name: value for name, value in form.parts().items() if value is not None}
        try:
            with transaction.atomic():
                workflow = _newest(parts.pop("workflow"))
                row = create_ticket_type(person_of(request), workflow=workflow, **parts)
        except DomainError as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, f"“{row}” is made. Nobody sees it until you publish it.")
            return redirect(admin.url_of(row))
    return admin.admin_site.page(
        request, "design/editing/ticket_type.html",
        title="New ticket type", form=form, is_new=True, groups=_groups(),
        crumbs=[(admin.list_title, admin.list_url())], back_url=admin.list_url(),
    )  # fmt: skip


def about_ticket_type(
    admin: "TicketTypeDesign", request: HttpRequest, object_id: str
) -> HttpResponse:
    """Everything that a ticket type says, apart from its form."""
    found = opened(admin, request, object_id, "about")
    if isinstance(found, HttpResponse):
        return found
    part = {name: found.document.get(name) for name in _SHOWN}
    sent = request.POST if request.method == "POST" else None
    form = TypeForm(sent, document=found.document)
    links = LinksForm(request, found.document)
    if form.is_valid() & links.is_valid():
        parts = {**form.parts(), "ext_ref": links.links}
        row = found.save(lambda document: change.changed(document, **parts), part, [form, links])
        if row is not None:
            tell_saved(request, row)
            return redirect(admin.url_of(row))
    return admin.admin_site.page(
        request, "design/editing/ticket_type.html", found.frame(part),
        title=f"Edit {found.row.title}", form=form, links=links, groups=_groups(),
        is_live=found.row.status == DefinitionStatus.PUBLISHED,
    )  # fmt: skip


_SHOWN = (
    "title", "description", "workflow", "company_role_access", "category", "icon",
    "title_template", "position", "fields", "ext_ref",
)  # fmt: skip


def _newest(key: str) -> WorkflowDefinition:
    rows = WorkflowDefinition.objects.filter(key=key).order_by("-version")
    return rows[0]


def _groups() -> list[str]:
    """Headings that the catalogue has already."""
    kinds = TicketDefinition.objects.exclude(category="").order_by("category")
    return list(kinds.values_list("category", flat=True).distinct())
