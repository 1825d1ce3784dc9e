"""The secrets that actions name: entered, replaced and deleted here, and never shown again."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import (
    BooleanField,
    Exists,
    Func,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Cast, JSONObject
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters
from unfold.decorators import display

from admin_site import html, statuses
from admin_site.forms import ConfirmForm, PlainForm
from admin_site.own_pages import OwnPagesAdmin
from admin_site.parts import Row
from admin_site.people import person_of
from admin_site.statuses import Tone
from definitions.models import DefinitionStatus, TaskDefinition, WorkflowDefinition
from operations.models import WorkflowInstance
from operations.statuses import WorkflowStatus
from tenants import services
from tenants.errors import DomainError
from tenants.models import CompanySecret, User
from tenants.services.secrets import LONGEST_NAME, LONGEST_VALUE

MOST_NAMED, MOST_LISTED = 2, 10
#: Of the form's field; pages that give typed text back leave out whatever is called a secret.
VALUE = "secret_value"


class ReplaceForm(PlainForm):
    """A new value; what was typed never comes back, not even with an error."""

    secret_value = forms.CharField(
        label="Value",
        max_length=LONGEST_VALUE * 2,  # blanks around it are cut off before its length counts
        help_text="Cannot be read again, only replaced. Keep it in your password manager, too.",
        widget=forms.PasswordInput({"autocomplete": "off", "spellcheck": "false"}),
    )


class AddForm(ReplaceForm):
    """A name that definitions use, and the value."""

    name = forms.CharField(
        label="Name",
        max_length=LONGEST_NAME,
        help_text="Definitions name the secret by it, so it stays. For example erp_token.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("name", VALUE)


class SecretsAdmin(OwnPagesAdmin):
    """Passwords and tokens for other systems, by name."""

    list_display = ("secret", "used_by", "set_by", "since")
    list_select_related = ("updated_by",)
    small_columns = ("since",)
    search_fields = ("name",)
    search_help_text = "Name"
    ordering = ("name", "id")
    list_title = "Secrets"
    show_add_link = True
    add_words = "New secret"
    empty_title = "No secret yet"
    empty_text = "Passwords and tokens that workflows need for calls to other systems."
    empty_symbol = "key"
    empty_next = ("company:tenants_companysecret_add", "New secret")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CompanySecret]:
        """With the titles of the workflows that use each."""
        rows: QuerySet[CompanySecret] = super().get_queryset(request)
        titles = _workflows_using(OuterRef(OuterRef("name"))).order_by("title")
        return rows.annotate(workflows=ArraySubquery(titles.values("title").distinct()))

    # --- columns ---------------------------------------------------------------------------------

    @display(description="Secret", ordering="name")
    def secret(self, row: CompanySecret) -> SafeString:
        if services.can_be_opened(row):
            return html.two_lines(row.name)
        return html.two_lines(row.name, html.label("Enter it again", Tone.ORANGE))

    @display(description="Used by")
    def used_by(self, row: Any) -> str | SafeString:
        titles = row.workflows
        if not titles:
            return format_html('<span class="tf-sub">{}</span>', "No workflow")
        rest = len(titles) - MOST_NAMED
        shown = ", ".join(titles[:MOST_NAMED])
        return f"{shown} and {rest} more" if rest > 0 else shown

    @display(description="Set by")
    def set_by(self, row: CompanySecret) -> SafeString:
        return html.person(_who_set(row))

    @display(description="When", ordering="updated_at")
    def since(self, row: CompanySecret) -> SafeString:
        return html.moment(row.updated_at)

    # --- pages -----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [self.at("remove", self.remove, "secret_remove"), *super().get_urls()]

    @method_decorator(sensitive_post_parameters(VALUE))
    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = AddForm(request.POST if request.method == "POST" else None)
        if form.is_valid() and (secret := self._set(request, form, is_new=True)):
            messages.success(request, f"{secret} is kept.")
            return HttpResponseRedirect(self.url_of(secret))
        if form.errors and VALUE not in form.errors:
            form.add_error(VALUE, "Enter the value again; it does not come back.")
        return self.page(request, "company/secret_add.html", title="New secret", form=form)

    @method_decorator(sensitive_post_parameters(VALUE))
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        """Who set it, what uses it, and a form that replaces it."""
        secret: CompanySecret = self.get_or_404(request, object_id)
        form = ReplaceForm(request.POST if request.method == "POST" else None)
        if form.is_valid() and self._set(request, form, name=secret.name):
            messages.success(request, f"{secret} is replaced. The next call uses the new value.")
            return HttpResponseRedirect(self.url_of(secret))
        return self.page(
            request, "company/secret.html",
            title=secret.name,
            secret=secret, form=form, is_readable=services.can_be_opened(secret),
            uses=_uses(secret),
            facts=[
                ("Set by", html.person(_who_set(secret))),
                ("Last set", html.moment(secret.updated_at)),
                ("First set", html.moment(secret.created_at)),
            ],
        )  # fmt: skip

    def _set(
        self, request: HttpRequest, form: PlainForm, *, name: str = "", is_new: bool = False
    ) -> CompanySecret | None:
        name, value = name or form.cleaned_data["name"], form.cleaned_data[VALUE]
        try:
            return services.set_secret(person_of(request), name=name, value=value, is_new=is_new)
        except DomainError as error:
            form.refuse(error, {"value": VALUE})
        return None

    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        secret: CompanySecret = self.get_or_404(request, object_id)

        def delete(actor: User, row: CompanySecret) -> None:
            services.delete_secret(actor, row.name)

        return self.confirm(
            request, object_id, delete, ConfirmForm,
            title=f"Delete the secret {secret}?", button="Delete", danger=True,
            explain=_what_is_lost(secret), done=f"{secret} is deleted.",
            permission="tenants.delete_companysecret", success_url=self.list_url(),
        )  # fmt: skip


def _who_set(secret: CompanySecret) -> User | str:
    """Nobody of the company means people of the platform."""
    return secret.updated_by or "TicketFlower support"


# --- what uses a secret --------------------------------------------------------------------------


class _Names(Func):
    """Whether a document names the secret anywhere: {"$secret": name}."""

    template = "jsonb_path_exists(%(expressions)s)"
    arg_joiner = """, '$.**."$secret" ? (@ == $name)', """
    output_field = BooleanField()


def _workflows_using(name: Any) -> QuerySet[WorkflowDefinition]:
    """Versions that could still make a call with it: not archived, or tickets are on their way."""
    document, named = Cast("action", JSONField()), JSONObject(name=Cast(name, TextField()))
    tasks = TaskDefinition.objects.exclude(action_url="").filter(
        _Names(document, named), workflow=OuterRef("pk")
    )
    running = WorkflowInstance.objects.filter(
        workflow_definition=OuterRef("pk"),
        w_status__in=(WorkflowStatus.IN_PROGRESS, WorkflowStatus.ON_HOLD),
    )
    is_live = ~Q(status=DefinitionStatus.ARCHIVED) | Exists(running)
    return WorkflowDefinition.objects.filter(is_live, Exists(tasks))


def _uses(secret: CompanySecret) -> list[Row]:
    """The workflows that use it, the newest version of each first."""
    workflows = _workflows_using(Value(secret.name)).order_by("title", "-version")
    return [
        Row(
            workflow.title,
            meta=f"Version {workflow.version}",
            chip=statuses.status("definition", workflow.status),
        )
        for workflow in workflows
    ]


def _what_is_lost(secret: CompanySecret) -> str:
    titles = list(dict.fromkeys(row.title for row in _uses(secret)))
    if not titles:
        return "No workflow uses it. It cannot be brought back."
    shown = ", ".join(titles[:MOST_LISTED])
    rest = f" and {len(titles) - MOST_LISTED} more" if len(titles) > MOST_LISTED else ""
    return (
        f"Calls of {shown}{rest} need it. They will stop, and wait on the error desk until there "
        "is a secret of this name again. It cannot be brought back."
    )
