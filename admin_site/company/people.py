"""The people of the company: the list, a person's page, adding somebody, switching off and on."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from admin_site import audit_log, html
from admin_site.company import figures
from admin_site.company.forms import BY_PASSWORD, AddForm, InviteForm, PersonForm
from admin_site.forms import ADDRESS_TAKEN, ConfirmForm
from admin_site.invitations import invite
from admin_site.own_pages import OwnPagesAdmin
from admin_site.people import person_of
from tenants import services
from tenants.errors import DomainError, EmailTaken
from tenants.models import CompanyRole, User
from tenants.roles import EVERY_ROLE, ROLES, SYSTEM_ROLES

NO_ROLE = "none"
MOST_LINES = 6

ON, OFF, TAKES, AWAY = "on", "off", "takes", "away"
STATES = {
    ON: ("Can sign in", Q(is_active=True)),
    OFF: ("Switched off", Q(is_active=False)),
    TAKES: ("Takes new work", Q(is_active=True, is_available=True)),
    AWAY: ("Away", Q(is_active=True, is_available=False)),
}


class RoleFilter(SimpleListFilter):
    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((role.key, role.title) for role in SYSTEM_ROLES), (NO_ROLE, "No role")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        if self.value() == NO_ROLE:
            return figures.without_role(queryset)
        return figures.holding(queryset, self.value() or "") if self.value() else queryset


class CompanyRoleFilter(SimpleListFilter):
    title = "company role"
    parameter_name = "company_role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(figures.figures_of(request).choices.get("company_roles", ()))

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return figures.in_company_role(queryset, self.value() or "") if self.value() else queryset


class StateFilter(SimpleListFilter):
    title = "status"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(key, words) for key, (words, _) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        _, wanted = STATES.get(self.value() or "", ("", Q()))
        return queryset.filter(wanted)


class PeopleAdmin(OwnPagesAdmin):
    """Everybody of the company, those who cannot sign in any more included."""

    list_display = ("person", "status", "may", "company_roles", "open_tasks", "last_sign_in")
    list_filter = (StateFilter, RoleFilter, CompanyRoleFilter)
    search_fields = ("first_name", "last_name", "email")
    search_help_text = "Name or e-mail"
    ordering = ("first_name", "last_name", "id")
    list_title = "People"
    show_add_link = True
    add_words = "Add a person"
    empty_symbol = "group"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request)
        other_roles = ~Q(groups__company_role__key=CompanyRole.EVERYBODY) & Q(
            groups__company_role__isnull=False
        )
        return rows.with_roles().annotate(  # type: ignore[attr-defined, no-any-return]
            company_role_titles=ArrayAgg(
                "groups__company_role__title",
                filter=other_roles,
                default=[],
                order_by="groups__company_role__title",
            ),
            tasks_now=F("load__open_tasks"),
        )

    # --- columns ---------------------------------------------------------------------------------

    @display(description="Person", ordering="first_name")
    def person(self, row: User) -> SafeString:
        return format_html(
            '<span class="tf-who">{}{}</span>',
            html.avatar(row),
            html.two_lines(str(row), row.email),
        )

    @display(description="Status", ordering="is_active")
    def status(self, row: User) -> SafeString:
        return html.chip(state_of(row), "mark")

    @display(description="Roles")
    def may(self, row: User) -> str | SafeString:
        return in_words(row.roles) or format_html('<span class="tf-orange">{}</span>', "No role")

    @display(description="Company roles")
    def company_roles(self, row: Any) -> str:
        return ", ".join(row.company_role_titles)

    @display(description="Open tasks", ordering="load__open_tasks")
    def open_tasks(self, row: Any) -> SafeString:
        number, limit = row.tasks_now or 0, row.open_task_limit
        words = f"{number} of {limit}" if limit is not None else str(number)
        is_full = limit is not None and number >= limit
        return format_html(
            '<span class="tf-num {}">{}</span>', "tf-orange" if is_full else "", words
        )

    @display(description="Last sign-in", ordering="last_login")
    def last_sign_in(self, row: User) -> str | SafeString:
        if row.last_login is None:
            return "never"
        return format_html('<span class="tf-nowrap">{}</span>', html.moment(row.last_login))

    # --- pages -----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [
            self.at("switch-off", self.switch_off, "person_switch_off"),
            self.at("switch-on", self.switch_on, "person_switch_on"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        """One person: what is decided about them, and what happened to them."""
        person: Any = self.get_or_404(request, object_id)
        before = dict(_answers(person))
        form = PersonForm(
            request.POST if request.method == "POST" else None,
            company_roles=CompanyRole.objects.all(),
            initial=before,
        )
        if form.is_valid():
            try:
                services.change_person(person_of(request), person, **form.cleaned_data)
            except DomainError as error:
                form.refuse(error)
                # Read anew: the verb may have filled in what it then refused.
                person = self.get_or_404(request, object_id)
            else:
                messages.success(request, "Saved.")
                return HttpResponseRedirect(self.url_of(person))
        return self.page(
            request, "company/person.html",
            title=str(person),
            person=person, form=form, status=state_of(person), may=in_words(person.roles),
            is_self=person.pk == person_of(request).pk, open_tasks=person.tasks_now or 0,
            lines=audit_log.newest(
                audit_log.lines_about(person), MOST_LINES, {person.email: person.first_name}
            ),
            log_url=f"{reverse('company:tenants_auditentry_changelist')}?q={person.email}",
        )  # fmt: skip

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        """By mail where addresses have to be confirmed; else with a first password, if wished."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form_class = InviteForm if settings.SIGNUP_CONFIRMS_EMAIL else AddForm
        form = form_class(
            request.POST if request.method == "POST" else None,
            company_roles=CompanyRole.objects.all(),
        )
        if form.is_valid():
            try:
                with transaction.atomic():
                    return HttpResponseRedirect(self._added(request, **form.cleaned_data))
            except EmailTaken:
                form.add_error("email", ADDRESS_TAKEN)
            except DomainError as error:
                form.refuse(error)
        return self.page(
            request, "company/person_add.html",
            title="Add a person",
            form=form, by_mail_only=settings.SIGNUP_CONFIRMS_EMAIL,
        )  # fmt: skip

    def _added(
        self, request: HttpRequest, *, how: str = "", password: str = "", **answers: Any
    ) -> str:
        """Where to go on, once the person is there or invited."""
        if how == BY_PASSWORD:
            person = services.add_user(person_of(request), password=password, **answers)
            messages.success(request, f"{person} can sign in now, with the password you chose.")
            return self.url_of(person)
        messages.success(request, invite(request, **answers))
        return reverse("company:tenants_invitation_changelist")

    def switch_off(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person: Any = self.get_or_404(request, object_id)
        tasks = person.tasks_now or 0
        kept = {0: "", 1: " One open task stays with them: hand it on at the desk."}.get(
            tasks, f" {tasks} open tasks stay with them: hand them on at the desk."
        )
        return self.confirm(
            request, object_id, _switch_off, ConfirmForm,
            title=f"Switch off {person}?", button="Switch off", danger=True,
            explain="They are signed out at once and cannot sign in. "
            f"The history keeps their name.{kept}",
            done=f"{person} cannot sign in any more.", permission="tenants.change_user",
        )  # fmt: skip

    def switch_on(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person: Any = self.get_or_404(request, object_id)
        return self.confirm(
            request, object_id, _switch_on, ConfirmForm,
            title=f"Switch on {person}?", button="Switch on",
            explain="They can sign in with the password they had, and hold the roles they had.",
            done=f"{person} can sign in again.", permission="tenants.change_user",
        )  # fmt: skip


def _switch_off(actor: User, person: User) -> None:
    services.change_person(actor, person, is_active=False)


def _switch_on(actor: User, person: User) -> None:
    services.change_person(actor, person, is_active=True)


def state_of(person: User) -> str:
    """A key of `statuses.MARK`."""
    if not person.is_active:
        return "INACTIVE"
    return "ACTIVE" if person.is_available else "AWAY"


def in_words(roles: Iterable[str]) -> str:
    """ "Task worker, User", or "Every role"."""
    held = set(roles)
    if held >= EVERY_ROLE:
        return "Every role"
    return ", ".join(role.title for key, role in ROLES.items() if key in held)


def _answers(person: User) -> Iterable[tuple[str, Any]]:
    """What the form of a person starts with."""
    in_roles = CompanyRole.objects.filter(group__user=person).values_list("key", flat=True)
    yield "roles", sorted(person.roles)
    yield "company_roles", list(in_roles)
    for name in ("first_name", "last_name", "is_available", "open_task_limit"):
        yield name, getattr(person, name)
