"""The log of what people did to people, roles, settings and access, as pages and as lines.

Two sites show it: a company its own, the platform its own. Nobody can change a line.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from admin_site import html
from admin_site.own_pages import OwnPagesAdmin
from admin_site.parts import Entry
from tenants.models import AuditEntry, User
from tenants.roles import ROLES

#: Tells two companies of the same name apart; said where there is room for it.
SLUG = "Company"
#: How many changes of one line a list shows; the line's own page shows all.
MOST_IN_LIST = 2


@dataclass(frozen=True, slots=True)
class Action:
    """How an action reads after the name of who did it; its subject follows, if it `names` it.

    `lists`: its detail holds {field: [what came]} and nothing that was there before.
    """

    words: str
    group: str
    symbol: str = "edit"
    names: bool = True
    lists: bool = False


PEOPLE, ROLES_OF_COMPANY, COMPANY, SECRETS = "People", "Company roles", "Company", "Secrets"
ACCOUNT, DEFINITIONS, SUPPORT = "Own account", "Definitions", "TicketFlower support"

ACTIONS: dict[str, Action] = {
    "person added": Action("added", PEOPLE, "person_add"),
    "person invited": Action("invited", PEOPLE, "mail"),
    "invitation sent again": Action("sent a new invitation to", PEOPLE, "forward_to_inbox"),
    "invitation withdrawn": Action("withdrew the invitation of", PEOPLE, "unsubscribe"),
    "invitation accepted": Action("accepted the invitation", PEOPLE, "how_to_reg", names=False),
    "person changed": Action("changed", PEOPLE, "manage_accounts"),
    "platform person added": Action("added", PEOPLE, "person_add"),
    "company role created": Action("created the role", ROLES_OF_COMPANY, "badge"),
    "company role changed": Action("changed the role", ROLES_OF_COMPANY, "badge"),
    "company role deleted": Action("deleted the role", ROLES_OF_COMPANY, "badge"),
    "company signed up": Action("signed up", COMPANY, "local_florist"),
    "company opened": Action("opened", COMPANY, "domain_add"),
    "company changed": Action("changed", COMPANY, "tune"),
    "working hours changed": Action("changed the working hours of", COMPANY, "schedule"),
    "holidays changed": Action("changed the days off of", COMPANY, "event_busy"),
    "secret added": Action("added the secret", SECRETS, "key"),
    "secret replaced": Action("replaced the secret", SECRETS, "key"),
    "secret deleted": Action("deleted the secret", SECRETS, "key_off"),
    "call allowances changed": Action("changed what may be called by", COMPANY, "lan"),
    "company switched off": Action("switched off", COMPANY, "block"),
    "company switched on": Action("switched on", COMPANY, "check_circle"),
    "availability changed": Action(
        "changed their availability", ACCOUNT, "event_busy", names=False
    ),
    "name changed": Action("changed their name", ACCOUNT, "person", names=False),
    "password changed": Action("changed their password", ACCOUNT, "key", names=False),
    "password reset": Action("reset their password by mail", ACCOUNT, "key", names=False),
    "definitions imported": Action("imported definitions:", DEFINITIONS, "upload_file", lists=True),
    "workflow draft made": Action("made a draft of", DEFINITIONS, "account_tree"),
    "workflow published": Action("published", DEFINITIONS, "publish"),
    "workflow archived": Action("archived", DEFINITIONS, "inventory_2"),
    "ticket type published": Action("published", DEFINITIONS, "publish"),
    "ticket type archived": Action("archived", DEFINITIONS, "inventory_2"),
    "impersonation started": Action("looked into", SUPPORT, "visibility"),
    "impersonation may write": Action("allowed themselves changes in", SUPPORT, "edit"),
    "impersonation only reads": Action("went back to reading only in", SUPPORT, "visibility"),
    "impersonation ended": Action("stopped looking into", SUPPORT, "visibility_off"),
}
GROUPS = tuple(dict.fromkeys(action.group for action in ACTIONS.values()))

FIELDS = {
    "is_active": "Can sign in",
    "is_available": "Takes new work",
    "open_task_limit": "Most open tasks",
    "time_zone": "Time zone",
    "holidays": "Days off",
    "call_allowances": "May call",
    "may_write": "May change things",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a line: texts that were there before and are gone, and texts that came.

    `stays` is said without having been changed, such as a reason.
    """

    field: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    stays: str = ""


def changes_of(entry: AuditEntry) -> list[Change]:
    """What a line says besides who, what and when."""
    if action_of(entry).lists:
        return [
            Change(_field(name), after=tuple(map(str, came)))
            for name, came in entry.detail.items()
            if came
        ]
    return [_change(name, value) for name, value in entry.detail.items()]


def _change(name: str, value: Any) -> Change:
    field = _field(name)
    if not isinstance(value, list) or len(value) != 2:
        return Change(field, stays=_as_text(name, value))
    before, after = value
    if isinstance(before, list) and isinstance(after, list):
        gone = [_as_text(name, item) for item in before if item not in after]
        came = [_as_text(name, item) for item in after if item not in before]
        return Change(field, tuple(gone), tuple(came))
    return Change(field, _if_any(_as_text(name, before)), _if_any(_as_text(name, after)))


def _if_any(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _field(name: str) -> str:
    return FIELDS.get(name) or name.replace("_", " ").capitalize()


def _as_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "no limit" if name == "open_task_limit" else "nothing"
    if isinstance(value, list):
        return ", ".join(_as_text(name, item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_as_text(key, item)}" for key, item in value.items())
    if name == "roles" and value in ROLES:
        return ROLES[value].title
    return str(value)


def diff(change: Change) -> SafeString:
    """A change as HTML: what went in red, what came in green."""
    if change.stays:
        return format_html('<span class="co-diff">{}</span>', change.stays)
    gone = format_html_join(" ", "<del>{}</del>", ((text,) for text in change.before))
    came = format_html_join(" ", "<ins>{}</ins>", ((text,) for text in change.after))
    return format_html('<span class="co-diff">{} {}</span>', gone, came)


def action_of(entry: AuditEntry) -> Action:
    """How its action reads; one that is not known here reads as it was written."""
    return ACTIONS.get(entry.action) or Action(f"{entry.action}:", COMPANY)


def as_entry(entry: AuditEntry, names: Mapping[str, str] = MappingProxyType({})) -> Entry:
    """The line as one of a timeline; `names` are shorter ones of subjects, on a page about them."""
    action = action_of(entry)
    changes = " · ".join(_in_words(change) for change in changes_of(entry) if change.field != SLUG)
    return Entry(
        at=entry.created_at,
        who=entry.actor_label,
        text=action.words,
        what=names.get(entry.subject, entry.subject) if action.names else "",
        detail=changes,
    )


def _in_words(change: Change) -> str:
    if change.stays:
        return f"{change.field}: {change.stays}"
    if change.before and change.after:
        return f"{change.field}: {', '.join(change.before)} → {', '.join(change.after)}"
    verb = "+" if change.after else "−"  # noqa: RUF001  (a minus as wide as the plus)
    return f"{change.field}: {verb} {', '.join(change.after or change.before)}"


# --- the list ------------------------------------------------------------------------------------


class GroupFilter(SimpleListFilter):
    """What kind of thing was done."""

    title = "what"
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(group, group) for group in model_admin.groups]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry]:
        if not self.value():
            return queryset
        named = [name for name, action in ACTIONS.items() if action.group == self.value()]
        return queryset.filter(action__in=named)


class AuditLogAdmin(OwnPagesAdmin):
    """The log, newest first, read only."""

    list_display = ("what", "changes", "moment")
    list_filter: Any = (GroupFilter,)
    search_fields = ("actor_label", "subject")
    search_help_text = "Person or thing"
    small_columns = ("moment",)
    ordering = ("-created_at", "-id")
    list_title = "Log"
    row_words = ("line", "lines")
    empty_title = "Nothing has been logged yet"
    empty_text = "Changes of people, roles and settings are written down here."
    empty_symbol = "history"
    groups: tuple[str, ...] = GROUPS

    @display(description="What")
    def what(self, row: AuditEntry) -> SafeString:
        action = action_of(row)
        subject = row.subject if action.names else ""
        sentence = format_html("{} {}", action.words[:1].upper() + action.words[1:], subject)
        return html.two_lines(sentence, row.actor_label)

    @display(description="Changes")
    def changes(self, row: AuditEntry) -> SafeString:
        found = changes_of(row)
        lines = format_html_join(
            "", '<span class="co-change"><span class="tf-xs">{}</span>{}</span>',
            ((change.field, diff(change)) for change in found[:MOST_IN_LIST]),
        )  # fmt: skip
        if (rest := len(found) - MOST_IN_LIST) > 0:
            return format_html('{}<span class="tf-xs">and {} more</span>', lines, rest)
        return lines

    @display(description="When", ordering="created_at")
    def moment(self, row: AuditEntry) -> SafeString:
        return format_html('<span class="tf-nowrap">{}</span>', html.moment(row.created_at))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        """One line with everything it says."""
        entry: AuditEntry = self.get_or_404(request, object_id)
        action = action_of(entry)
        subject = entry.subject if action.names else ""
        return self.page(
            request, "company/log_entry.html",
            title=f"{action.words[:1].upper()}{action.words[1:]} {subject}".strip(),
            entry=entry, action=action, changes=[(c.field, diff(c)) for c in changes_of(entry)],
        )  # fmt: skip


def newest(
    rows: QuerySet[AuditEntry], most: int, names: Mapping[str, str] = MappingProxyType({})
) -> list[Entry]:
    """The latest lines, for the side of a page; `names` as for `as_entry`."""
    return [as_entry(row, names) for row in rows.order_by("-created_at", "-id")[:most]]


def lines_about(person: User) -> QuerySet[AuditEntry]:
    """What was done to a person, or by them."""
    about: QuerySet[AuditEntry] = AuditEntry.objects.filter(subject=person.email)
    return about | AuditEntry.objects.filter(actor=person)
