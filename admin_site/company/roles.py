"""Company roles: who is in them, what they may ask for, and which steps they work on."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, URLPattern, URLResolver, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from admin_site import html
from admin_site.company.forms import CompanyRoleForm, MembersForm, NewCompanyRoleForm
from admin_site.forms import ConfirmForm
from admin_site.own_pages import OwnPagesAdmin
from admin_site.parts import Row
from admin_site.people import person_of
from definitions.models import TaskDefinition, TicketDefinition
from definitions.models import TicketDefinitionGroupObjectPermission as Right
from tenants import services
from tenants.errors import DomainError
from tenants.models import CompanyRole, User
from tenants.roles import WORKFLOW_CREATOR

SUBMIT = "submit_ticketdefinition"
MOST_STEPS = 50


class CompanyRolesAdmin(OwnPagesAdmin):
    """The company's own words for groups of its people."""

    list_display = ("role", "people", "may_ask_for")
    search_fields = ("title", "key", "description")
    search_help_text = "Title"
    ordering = ("title", "id")
    list_title = "Company roles"
    show_add_link = True
    add_words = "New role"
    empty_symbol = "badge"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CompanyRole]:
        """With the number of people who can sign in, and of ticket types that are offered."""
        rows: QuerySet[CompanyRole] = super().get_queryset(request)
        members = User.objects.active().filter(groups=OuterRef("group")).order_by()
        rights = Right.objects.filter(
            group=OuterRef("group"),
            permission__codename=SUBMIT,
            content_object__status="PUBLISHED",
        ).order_by()
        return rows.annotate(number_of_people=_number(members), number_of_types=_number(rights))

    # --- columns ---------------------------------------------------------------------------------

    @display(description="Role", ordering="title")
    def role(self, row: CompanyRole) -> SafeString:
        return html.two_lines(row.title, row.description)

    @display(description="People", ordering="number_of_people")
    def people(self, row: Any) -> SafeString:
        if row.number_of_people:
            return format_html('<span class="tf-num">{}</span>', row.number_of_people)
        return format_html('<span class="tf-orange">{}</span>', "Nobody")

    @display(description="May ask for", ordering="number_of_types")
    def may_ask_for(self, row: Any) -> str:
        number = row.number_of_types
        return f"{number} ticket type{'' if number == 1 else 's'}" if number else ""

    # --- pages -----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [self.at("remove", self.remove, "company_role_remove"), *super().get_urls()]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewCompanyRoleForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                role = services.create_company_role(person_of(request), **form.cleaned_data)
            except DomainError as error:
                form.refuse(error)
            else:
                messages.success(request, f"{role} is there. Choose who is in it.")
                return HttpResponseRedirect(self.url_of(role))
        return self.page(
            request, "company/role_add.html",
            title="New company role",
            form=form,
        )  # fmt: skip

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        role: Any = self.get_or_404(request, object_id)
        is_everybody = role.key == CompanyRole.EVERYBODY
        form = self._form(request, role)
        if form.is_valid():
            try:
                services.change_company_role(person_of(request), role, **_verb_words(form))
            except DomainError as error:
                form.refuse(error)
                role = self.get_or_404(request, object_id)
            else:
                messages.success(request, "Saved.")
                return HttpResponseRedirect(self.url_of(role))
        return self.page(
            request, "company/role.html",
            title=role.title,
            role=role, form=form, is_everybody=is_everybody, people=role.number_of_people,
            types=_types(request, role), steps=_steps(role),
        )  # fmt: skip

    def _form(self, request: HttpRequest, role: CompanyRole) -> CompanyRoleForm:
        sent = request.POST if request.method == "POST" else None
        known = {"title": role.title, "description": role.description}
        if role.key == CompanyRole.EVERYBODY:
            return CompanyRoleForm(sent, initial=known)
        members = [str(pk) for pk in role.group.user_set.values_list("pk", flat=True)]
        everybody = User.objects.order_by("first_name", "last_name", "id")
        offered = everybody.filter(Q(is_active=True) | Q(pk__in=members))
        inside = set(members)
        people = sorted(offered, key=lambda person: str(person.pk) not in inside)
        return MembersForm(sent, people=people, initial={**known, "members": members})

    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        role: CompanyRole = self.get_or_404(request, object_id)
        return self.confirm(
            request, object_id, services.delete_company_role, ConfirmForm,
            title=f"Delete the role {role.title}?", button="Delete", danger=True,
            explain=_what_is_lost(role), done=f"{role.title} is deleted.",
            permission="tenants.delete_companyrole", success_url=self.list_url(),
        )  # fmt: skip


def _number(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.values("company_id").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def _verb_words(form: CompanyRoleForm) -> dict[str, Any]:
    """The answers as the verb takes them: members as people."""
    words = dict(form.cleaned_data)
    if "members" in words:
        words["members"] = list(User.objects.filter(pk__in=words["members"]))
    return words


def _types(request: HttpRequest, role: CompanyRole) -> list[Row]:
    """What may be asked for by the role; leads on where the person may go."""
    creates = WORKFLOW_CREATOR in person_of(request).roles
    types = TicketDefinition.objects.published().filter(
        rights__group=role.group_id, rights__permission__codename=SUBMIT
    )
    return [
        Row(ticket_type.title, _page_of(ticket_type) if creates else "", ticket_type.category)
        for ticket_type in types.only("pk", "title", "category").order_by("title")
    ]


def _page_of(ticket_type: TicketDefinition) -> str:
    try:
        return reverse("design:definitions_ticketdefinition_change", args=[ticket_type.pk])
    except NoReverseMatch:
        return ""


def _steps(role: CompanyRole) -> list[Row]:
    """Steps of published workflows that are handed to people of the role."""
    # `assign` is stored as json, which PostgreSQL compares by its texts only.
    wanted = KeyTextTransform("company_role", "assign")
    steps = TaskDefinition.objects.alias(wanted_role=wanted).filter(
        workflow__status="PUBLISHED", wanted_role=role.key
    )
    rows = steps.order_by("workflow__title", "position").values_list("title", "workflow__title")
    return [Row(title, "", workflow) for title, workflow in rows[:MOST_STEPS]]


def _what_is_lost(role: CompanyRole) -> str:
    """What will not work any more without the role."""
    rights = Right.objects.filter(group=role.group_id, permission__codename=SUBMIT).count()
    steps = len(_steps(role))
    lost = ["Its people stay in the company and keep their other roles."]
    if rights:
        types = "One ticket type" if rights == 1 else f"{rights} ticket types"
        lost.append(f"{types} cannot be asked for through it any more.")
    if steps:
        words = "One step is" if steps == 1 else f"{steps} steps are"
        lost.append(f"{words} handed to it, and will find nobody.")
    return " ".join(lost)
