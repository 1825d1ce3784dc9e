"""The invitations of a company: who was asked, who came, and what to do with the rest."""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from admin_site import html, statuses, times
from admin_site.company.figures import figures_of
from admin_site.company.people import in_words
from admin_site.forms import ConfirmForm
from admin_site.invitations import send_again
from admin_site.own_pages import OwnPagesAdmin
from admin_site.parts import Tab
from tenants import services
from tenants.models import CompanyRole, Invitation, User

OPEN, OVER, ACCEPTED = "open", "over", "accepted"
WORDS = {state: statuses.status("invitation", state) for state in (OPEN, OVER, ACCEPTED)}


def state_of(invitation: Invitation) -> str:
    if invitation.accepted_at:
        return ACCEPTED
    return OPEN if invitation.is_open(timezone.now()) else OVER


class StateFilter(SimpleListFilter):
    """Stands above the list as tabs, so it offers no pill; open ones come first."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, words.word) for state, words in WORDS.items()]

    def choices(self, changelist: ChangeList) -> Any:
        return iter(())

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Invitation]
    ) -> QuerySet[Invitation]:
        now = timezone.now()
        if self.value() == ACCEPTED:
            return queryset.filter(accepted_at__isnull=False)
        waiting = queryset.filter(accepted_at=None)
        if self.value() == OVER:
            return waiting.filter(expires_at__lte=now)
        return waiting.filter(expires_at__gt=now)


class InvitationsAdmin(OwnPagesAdmin):
    """Who was asked to join."""

    list_display = ("person", "status", "may", "sent", "by")
    list_filter = (StateFilter,)
    list_select_related = ("invited_by",)
    list_before_template = "company/invitation_tabs.html"
    search_fields = ("first_name", "last_name", "email")
    search_help_text = "Name or e-mail"
    ordering = ("-created_at", "-id")
    list_title = "Invitations"
    show_add_link = True
    add_words = "Invite somebody"

    # --- columns ---------------------------------------------------------------------------------

    @display(description="Person")
    def person(self, row: Invitation) -> SafeString:
        name = f"{row.first_name} {row.last_name}"
        return format_html(
            '<span class="tf-who">{}{}</span>', html.avatar(name), html.two_lines(name, row.email)
        )

    @display(description="Status")
    def status(self, row: Invitation) -> SafeString:
        return html.chip(WORDS[state_of(row)])

    @display(description="Roles")
    def may(self, row: Invitation) -> str | SafeString:
        return in_words(row.roles) or format_html('<span class="tf-orange">{}</span>', "No role")

    @display(description="When", ordering="created_at")
    def sent(self, row: Invitation) -> SafeString:
        return html.two_lines(html.moment(row.created_at), how_long(row))

    @display(description="Invited by")
    def by(self, row: Invitation) -> SafeString:
        return html.person(inviter(row))

    # --- pages -----------------------------------------------------------------------------------

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        """Somebody is invited by the page that adds a person."""
        return redirect("company:tenants_user_add")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request, {"tabs": _tabs(request), "empty": _empty(request), **(extra_context or {})}
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """A tab is no filter that one could take away."""
        changelist = super().get_changelist_instance(request)
        changelist.has_active_filters = False
        return changelist

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [
            self.at("send-again", self.send_again, "invitation_send_again"),
            self.at("withdraw", self.withdraw, "invitation_withdraw"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        """One invitation, and what can still be done about it."""
        invitation: Invitation = self.get_or_404(request, object_id)
        state = state_of(invitation)
        titles = CompanyRole.objects.filter(key__in=invitation.company_roles)
        return self.page(
            request, "company/invitation.html",
            title=f"{invitation.first_name} {invitation.last_name}",

            invitation=invitation, status=WORDS[state], is_waiting=state != ACCEPTED,
            how_long=how_long(invitation),
            facts=[
                ("E-mail", invitation.email),
                ("Roles", in_words(invitation.roles) or "No role"),
                ("Company roles", ", ".join(role.title for role in titles) or "Everyone"),
                ("Invited", html.moment(invitation.created_at)),
                ("By", html.person(inviter(invitation))),
            ],
        )  # fmt: skip

    def send_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def again(actor: User, row: Invitation) -> None:
            send_again(request, row)

        return self.confirm(
            request, object_id, again, ConfirmForm,
            title="Send the invitation again?", button="Send again",
            explain="The mail brings a new link that lasts seven days. The earlier link ends.",
            done="A new mail is on its way.", permission="tenants.add_user",
        )  # fmt: skip

    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm(
            request, object_id, services.withdraw_invitation, ConfirmForm,
            title="Withdraw the invitation?", button="Withdraw", danger=True,
            explain="The link in the mail does not work any more. You can invite the person again.",
            done="The invitation is withdrawn.", permission="tenants.add_user",
            success_url=self.list_url(),
        )  # fmt: skip


def how_long(invitation: Invitation) -> str:
    """ "runs out in 5 days", "ran out 2 days ago", "accepted Tue 14:10"."""
    if invitation.accepted_at:
        return f"accepted {times.when(invitation.accepted_at)}"
    distance = times.distance(invitation.expires_at)
    return f"{'runs' if invitation.is_open(timezone.now()) else 'ran'} out {distance}"


def inviter(invitation: Invitation) -> User | str:
    """Who asked; nobody of the company means people of the platform."""
    return invitation.invited_by or "TicketFlower support"


def _asked(request: HttpRequest) -> str:
    state = request.GET.get("state", "")
    return state if state in WORDS else OPEN


def _tabs(request: HttpRequest) -> list[Tab]:
    numbers, asked = figures_of(request).numbers, _asked(request)
    counts = {OPEN: numbers["invitations"], OVER: numbers["invitations_over"]}
    return [
        Tab(words.word, f"?state={state}", counts.get(state), active=state == asked)
        for state, words in WORDS.items()
    ]


def _empty(request: HttpRequest) -> dict[str, str]:
    """What an empty tab says."""
    new = {"href": reverse("company:tenants_user_add"), "button": "Invite somebody"}
    says = {
        OPEN: {
            "title": "No invitation is open",
            "text": "Who is asked to join stands here.",
            **new,
        },
        OVER: {
            "title": "No invitation ran out",
            "text": "One that nobody used in time stands here.",
        },
        ACCEPTED: {"title": "Nobody came by an invitation yet", **new},
    }
    return {"symbol": "mail", **says[_asked(request)]}
