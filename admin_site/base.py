"""What every role site stands on: `RoleSite`, `TenantModelAdmin`, and asking before acting."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qs

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.filters import SimpleListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import quote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth.views import redirect_to_login
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.core.paginator import EmptyPage, Page, Paginator
from django.db import transaction
from django.db.models import BooleanField, F, Field, Func, Model, QuerySet, URLField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.functional import cached_property
from django.utils.html import strip_tags
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from unfold.admin import ModelAdmin
from unfold.settings import CONFIG_DEFAULTS
from unfold.sites import UnfoldAdminSite

from admin_site import error_pages, look
from admin_site.forms import PlainForm, ReasonForm
from admin_site.keys import uuid_or_none
from admin_site.parts import Found, NavGroup, NavItem
from tenants import impersonation
from tenants.errors import DomainError

View = Callable[..., HttpResponseBase]

CALM, SIDEBAR = "calm", "sidebar"
SHELLS = {CALM: "admin_site/shells/calm.html", SIDEBAR: "admin_site/shells/sidebar.html"}
NUL, UNREADABLE = "\x00", "\ufffd"
LONGEST_SEARCH = 200

_sites: dict[str, "RoleSite"] = {}


def role_sites() -> tuple["RoleSite", ...]:
    """Every site there is, in the order in which a person meets them."""
    return tuple(sorted(_sites.values(), key=lambda site: site.position))


def sites_of(request: HttpRequest) -> list["RoleSite"]:
    """The sites that open for the person of this request. Asks the database nothing."""
    return [site for site in role_sites() if site.has_permission(request)]


class RoleSite(UnfoldAdminSite):
    """The pages of one role.

    A site is a subclass with the attributes below, its `navigation`, its pages in `extra_urls`, and
    its ModelAdmins. Making an instance registers it with the switcher (`role_sites`).
    """

    key: ClassVar[str]  # URL name space and path: "desk" lives at /desk/
    role: ClassVar[str]  # key in tenants.roles, or "" for people of the platform
    title: ClassVar[str]
    symbol: ClassVar[str] = "circle"
    summary: ClassVar[str] = ""  # one line for the home page of a person with several roles
    shell: ClassVar[str] = SIDEBAR
    position: ClassVar[int] = 100
    search_hint: ClassVar[str] = "Search or jump to"
    # What people read in the address bar in place of a table: {"tenants/user/": "people/"}.
    short_paths: Mapping[str, str] = {}

    enable_nav_sidebar = True
    empty_value_display = "–"  # noqa: RUF001

    def __init__(self) -> None:
        super().__init__(self.key)
        self.disable_action("delete_selected")
        self.site_title = self.site_header = self.index_title = self.title
        _sites[self.key] = self

    # --- what a site says about itself -----------------------------------------------------------

    def navigation(self, request: HttpRequest) -> Sequence[NavGroup]:
        """The entries of the site; `self.counts(request)` holds the numbers beside them."""
        return ()

    def badges(self, request: HttpRequest) -> Mapping[str, int]:
        """Every number of the navigation, in one statement; called at most once per request."""
        return {}

    def find(self, request: HttpRequest, term: str) -> Iterable[Found]:
        """What the search finds besides the navigation; read through scoped querysets only."""
        return ()

    def waiting(self, request: HttpRequest) -> str:
        """One line on the home page of a person with several roles: "7 tasks wait for you"."""
        return ""

    # --- who may come in -------------------------------------------------------------------------

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        if not user.is_authenticated or not user.is_active:
            return False
        if not self.role:
            return user.is_superuser and impersonation.company_of(request) is None
        return self.role in user.roles

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """As Django's, but somebody signed in without the role gets the page that says so."""

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated and request.method == "POST":
                return error_pages.logged_out(request)
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), reverse("login"))
            if not self.has_permission(request):
                raise PermissionDenied
            _make_readable(request)
            request.current_app = self.name
            return view(request, *args, **kwargs)

        guarded.__name__ = getattr(view, "__name__", "view")
        guarded.__doc__ = view.__doc__
        if not cacheable:
            guarded = never_cache(guarded)
        return guarded if getattr(view, "csrf_exempt", False) else csrf_protect(guarded)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Everybody signs in at the same door."""
        return redirect_to_login(reverse(f"{self.name}:index"), reverse("login"))

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("logout")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("profile")

    password_change_done = password_change

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Without the short cut by content type: it would resolve any row of any model."""
        urls: list[URLPattern | URLResolver] = super().get_urls()
        return [self._short(url) for url in urls if getattr(url, "name", None) != "view_on_site"]

    def _short(self, url: URLPattern | URLResolver) -> URLPattern | URLResolver:
        short = self.short_paths.get(str(url.pattern))
        if short is None or not isinstance(url, URLResolver):
            return url
        return path(short, include(url.url_patterns))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Nothing: people find things by the navigation, not by the names of tables."""
        return []

    def get_log_entries(self, request: HttpRequest) -> list[Any]:
        return []

    # --- the frame -------------------------------------------------------------------------------

    @cached_property
    def _settings(self) -> dict[str, Any]:
        return {
            **CONFIG_DEFAULTS,
            "SITE_TITLE": f"{self.title} | {look.BRAND}",
            "SITE_SYMBOL": look.FLOWER,
            "SITE_URL": None,
            "SHOW_HISTORY": False,
            "SHOW_VIEW_ON_SITE": False,
            "BORDER_RADIUS": look.BORDER_RADIUS,
            "SITE_SUBHEADER": self.title,
            "SIDEBAR": {
                "show_search": True,
                "command_search": True,
                "show_all_applications": False,
            },
        }

    def _get_config(self, key: str, *args: Any) -> Any:
        """Settings of this very site in place of one `UNFOLD` for all."""
        if key == "SITE_HEADER":
            return self.heading(args[0])
        if key == "SITE_FAVICONS":
            return look.favicons()
        return self._get_value(self._settings.get(key), *args)

    def _get_value(self, value: Any, *args: Any) -> Any:
        """The theme imports and calls any text that happens to be a dotted path: a company called
        "os.abort" would be run. Only what is a function is called."""
        return value(*args) if callable(value) else value

    def _get_list(self, key: str, *args: Any) -> list[Any]:
        return {"STYLES": look.styles, "SCRIPTS": look.scripts}[key]()

    def _get_colors(self, key: str, *args: Any) -> dict[str, dict[str, str]]:
        return look.COLORS

    def _get_site_dropdown_items(self, key: str, *args: Any) -> list[dict[str, Any]]:
        """The other sites of this person; the theme draws no switcher for an empty list."""
        choices = self.switcher(args[0])
        return choices if len(choices) > 1 else []

    def get_tabs_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        return []

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        return _drawn(self.navigation(request), request)

    def heading(self, request: HttpRequest) -> str:
        """The company's name, or ours where there is none."""
        company = impersonation.company_of(request) or getattr(request.user, "company", None)
        return str(company) if company else look.BRAND

    def switcher(self, request: HttpRequest) -> list[dict[str, Any]]:
        """[{title, link, icon, active}]: only sites that open for this person."""
        return [
            {
                "title": site.title,
                "link": reverse(f"{site.name}:index"),
                "icon": site.symbol,
                "attrs": {},
                "active": site is self,
            }
            for site in sites_of(request)
        ]

    def counts(self, request: HttpRequest) -> Mapping[str, int]:
        """The numbers of the navigation, read at most once per request."""
        name = f"_counts_of_{self.key}"
        if not hasattr(request, name):
            setattr(request, name, self.badges(request))
        found: Mapping[str, int] = getattr(request, name)
        return found

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        groups = context["sidebar_navigation"]
        return {
            **context,
            "colors": look.COLORS,
            "site": self,
            "shell": self.shell,
            "shell_template": SHELLS[self.shell],
            "brand": context["site_header"],
            "topnav": [item for group in groups for item in group["items"]],
            "switcher": context["site_dropdown"],
            "home_url": reverse(f"{self.name}:index"),
            "search_url": reverse(f"{self.name}:search"),
            "search_hint": self.search_hint,
            "impersonation": impersonation.banner(request),
        }

    def page(
        self,
        request: HttpRequest,
        template: str,
        context: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> TemplateResponse:
        """A page of this site that belongs to no model; `template` extends `admin/base_site.html`.

        Give it at least `title`; `crumbs=[(title, address), …]` stand before it in the header.
        """
        request.current_app = self.name
        return TemplateResponse(
            request, template, {**self.each_context(request), **(context or {}), **more}
        )

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The first entry of the navigation, for sites without a home page of their own."""
        home = reverse(f"{self.name}:index")
        entries = [item for group in self.get_sidebar_list(request) for item in group["items"]]
        elsewhere = [str(item["link"]) for item in entries if item["link"] != home]
        return (
            redirect(elsewhere[0])
            if elsewhere
            else self.page(request, "admin/index.html", title=self.title)
        )

    # --- search ----------------------------------------------------------------------------------

    def search(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """Finds entries of the navigation, and what `find` finds.

        Keeps nothing: the theme's cache key knows neither site, company nor role, and served one
        company's answers while another was in force.
        """
        term = request.GET.get("s", "").strip()[:LONGEST_SEARCH]
        found = [*self._entries_like(request, term), *self.find(request, term)] if term else []
        fragment = "fragment" in request.GET
        template = "admin_site/parts/found.html" if fragment else "admin_site/search.html"
        context = {"found": found, "term": term, "title": "Search"}
        if fragment:
            return TemplateResponse(request, template, context)
        return self.page(request, template, context)

    def _entries_like(self, request: HttpRequest, term: str) -> list[Found]:
        wanted = term.casefold()
        return [
            Found(item["title"], item["link"], group["title"], item["icon"])
            for group in self.get_sidebar_list(request)
            for item in group["items"]
            if wanted in f"{group['title']} {item['title']}".casefold()
        ]


def _make_readable(request: HttpRequest) -> None:
    """PostgreSQL stores no NUL, so a text with one can match nothing; asking with it would fail."""
    if NUL not in "".join(
        value for values in request.GET.lists() for value in (values[0], *values[1])
    ):
        return
    readable = request.GET.copy()
    readable.clear()
    for name, values in request.GET.lists():
        readable.setlist(
            name.replace(NUL, UNREADABLE), [v.replace(NUL, UNREADABLE) for v in values]
        )
    request.GET = readable  # type: ignore[assignment]


# --- navigation ----------------------------------------------------------------------------------


def _drawn(groups: Sequence[NavGroup], request: HttpRequest) -> list[dict[str, Any]]:
    """The navigation as the theme's templates read it, with exactly one entry lit."""
    shown = [(group, [item for item in group.items if _may_see(item, request)]) for group in groups]
    links = {id(item): _address(item) for _, items in shown for item in items}
    lit = _best_match([item for _, items in shown for item in items], links, request)
    return [
        {
            "title": group.title,
            "items": [_entry(item, links[id(item)], item is lit) for item in items],
        }
        for group, items in shown
        if items
    ]


def _may_see(item: NavItem, request: HttpRequest) -> bool:
    return not item.permission or request.user.has_perm(item.permission)


def _address(item: NavItem) -> str:
    path = item.url if item.url.startswith("/") else reverse(item.url)
    return f"{path}?{item.query}" if item.query else path


def _entry(item: NavItem, link: str, active: bool) -> dict[str, Any]:
    return {
        "title": item.title,
        "link": link,
        "icon": item.icon,
        "active": active,
        "has_permission": True,
        "badge": item.count or None,
        "hot": item.hot,
    }


def _best_match(
    items: Sequence[NavItem], links: Mapping[int, str], request: HttpRequest
) -> NavItem | None:
    """The longest address that leads here; among equals the one whose query says most."""
    best, best_score = None, (0, -1)
    for item in items:
        length = _length_that_leads_here(item, links[id(item)].partition("?")[0], request.path)
        wanted = parse_qs(item.query)
        asked = all(request.GET.getlist(name) == values for name, values in wanted.items())
        if length and asked and (length, len(wanted)) > best_score:
            best, best_score = item, (length, len(wanted))
    return best


def _length_that_leads_here(item: NavItem, path: str, here: str) -> int:
    """Of the entry's address, or of one that it covers; 0 when none leads here."""
    below = [path, *item.covers] if path.count("/") > 2 else item.covers
    leading = [one for one in below if here.startswith(one)]
    return max(map(len, [path, *leading] if here == path else leading), default=0)


# --- lists ---------------------------------------------------------------------------------------


class OpenEndedPage(Page):  # type: ignore[type-arg]
    """Knows whether more follows even where nobody counted that far."""

    def has_next(self) -> bool:
        if self.paginator.is_capped:  # type: ignore[attr-defined]
            return len(self.object_list) == self.paginator.per_page
        return super().has_next()


class _IsAmong(Func):
    """`key = ANY (array)`."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts to 1,000 and no further: an exact count of a large list costs more than its page."""

    CAP = 1_000
    template_name = "admin_site/parts/pages.html"

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by().values("pk")[: self.CAP + 1].count()

    @property
    def is_capped(self) -> bool:
        return self.count > self.CAP

    @property
    def shown_count(self) -> str:
        """ "48", or "1,000+" where counting stopped."""
        return f"{self.CAP:,}+" if self.is_capped else f"{self.count:,}"

    def validate_number(self, number: Any) -> int:
        """Pages behind the cap are reached by asking for them."""
        if self.is_capped and isinstance(number, int) and 0 < number < self.CAP:
            return number
        return int(super().validate_number(number))

    def page(self, number: Any) -> Page:  # type: ignore[type-arg]
        number = self.validate_number(number)
        bottom = (number - 1) * self.per_page
        top = bottom + self.per_page
        if not self.is_capped and top + self.orphans >= self.count:
            top = self.count
        rows = list(self._rows(bottom, top))
        if not rows and number > 1:
            raise EmptyPage("That page contains no results")
        return self._get_page(rows, number, self)

    def _rows(self, bottom: int, top: int) -> QuerySet[Any]:
        """The rows of a page with all that they show, once their keys are known.

        Behind row security the planner takes each joined table for a tiny one, and joined whole
        tables before it cut off the page: 1.5 s for 60,000 tasks. An array of keys comes first.
        """
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        keys = ArraySubquery(rows.values("pk")[bottom:top])
        return rows.filter(_IsAmong(F("pk"), keys))

    def _get_page(self, *args: Any, **kwargs: Any) -> Page:  # type: ignore[type-arg]
        return OpenEndedPage(*args, **kwargs)


class TenantModelAdmin(ModelAdmin):
    """A list and pages over rows of the company in force.

    A ModelAdmin is a description: what it shows, filters and searches. It deletes nothing and logs
    nothing (the audit log and the history are written by the services).
    """

    can_delete = False
    list_title = ""  # heading of the list; the model's plural name without it
    empty_title = "Nothing here yet"
    empty_text = ""
    empty_symbol = look.FLOWER
    empty_next: tuple[str, str] | None = None  # (address or its name, words) of the one next step

    add_words = "New"  # on the button that adds a row; drawn where `show_add_link` is true
    small_columns: Sequence[str] | None = None  # beside the main column on phones; None: the second

    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = CappedPaginator
    list_filter_sheet = True
    list_fullwidth = True
    compressed_fields = False
    show_add_link = False
    save_on_top = False
    actions_on_top = True
    actions_on_bottom = False
    search_help_text = ""

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        links = [field.name for field in model._meta.fields if isinstance(field, URLField)]
        self.readonly_preprocess_fields = dict.fromkeys(links, _only_web_links)

    # --- whose rows ------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Rows of the company in force, by the manager that fails closed."""
        rows: QuerySet[Any] = self.model.objects.all()
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> QuerySet[Any]:
        """What a select may offer and accept: the same wall as for lists."""
        offered: QuerySet[Any] = db_field.remote_field.model.objects.all()
        return offered

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*(super().get_exclude(request, obj) or ()), "company"]

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Without the buttons that open a second window to add or change the related row."""
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if formfield and isinstance(formfield.widget, RelatedFieldWidgetWrapper):
            formfield.widget = formfield.widget.widget
        return formfield

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what `list_filter` lists. Django lets any local field be asked by any lookup, so
        that `?title__regex=(` became a 500."""
        offered = self.list_filter if request is None else self.get_list_filter(request)
        return any(_asks_by(item, lookup) for item in offered)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """Another company's row and a missing row: the same page, naming nothing."""
        raise Http404

    # --- what may be done ------------------------------------------------------------------------

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_delete and super().has_delete_permission(request, obj)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    def log_deletion(self, request: HttpRequest, obj: Any, object_repr: Any) -> None: ...

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None: ...

    # --- pages -----------------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        _drop_unreadable_keys(request)
        more = {"title": self.heading_of_list(request), "empty": self.empty_state(request)}
        return super().changelist_view(request, {**more, **(extra_context or {})})  # type: ignore[no-any-return]

    def heading_of_list(self, request: HttpRequest) -> str:
        plural = str(self.opts.verbose_name_plural)
        return self.list_title or plural[:1].upper() + plural[1:]

    def empty_state(self, request: HttpRequest) -> dict[str, Any]:
        """What the list says while it has no row at all."""
        address, words = self.empty_next or ("", "")
        if address and not address.startswith("/"):
            address = reverse(address)
        return {
            "title": self.empty_title,
            "text": self.empty_text,
            "symbol": self.empty_symbol,
            "href": address,
            "button": words,
        }

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        title = str(obj) if obj is not None else f"New {self.opts.verbose_name}"
        context.update(
            title=title,
            subtitle=None,
            crumbs=[(self.heading_of_list(request), self.list_url())],
            show_save_and_add_another=False,
            show_save_and_continue=False,
        )
        return super().render_change_form(request, context, add, change, form_url, obj)  # type: ignore[no-any-return]

    def crumbs_to(self, request: HttpRequest, row: Model) -> list[tuple[str, str]]:
        """The way to a page about a row: its list, and its own page."""
        return [(self.heading_of_list(request), self.list_url()), (str(row), self.url_of(row))]

    def list_url(self) -> str:
        return reverse(f"{self.admin_site.name}:{self._name('changelist')}")

    def url_of(self, row: Model) -> str:
        """The address of a row's page on this site."""
        return reverse(f"{self.admin_site.name}:{self._name('change')}", args=[quote(row.pk)])

    def _name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def get_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """The row, if this list would show it to this person.

        Raises:
            Http404: no such row, another company's, or outside `get_queryset`.
        """
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    # --- asking before acting --------------------------------------------------------------------

    def confirm(
        self,
        request: HttpRequest,
        object_id: str,
        verb: Callable[..., Any],
        form_class: type[PlainForm] = ReasonForm,
        *,
        title: str,
        explain: str = "",
        button: str = "",
        danger: bool = False,
        done: str = "",
        permission: str = "",
        form_kwargs: Mapping[str, Any] | None = None,
        success_url: str = "",
    ) -> HttpResponse:
        """Ask on GET, act on POST: `verb(request.user, row, **form.cleaned_data)`.

        `title` is the question ("Cancel this ticket?"), `explain` says what will happen, `button`
        is the word on the one primary button, `done` the message afterwards. `permission` is
        asked of the person before anything is shown. What the verb refuses (DomainError) is shown
        on the page, with the typed text kept.

        Raises:
            Http404: the row is not in `get_queryset`. PermissionDenied: `permission` is not held.
        """
        if permission and not request.user.has_perm(permission):
            raise PermissionDenied
        row = self.get_or_404(request, object_id)
        back = success_url or self.url_of(row)
        return ask(
            self.admin_site, request,
            act=lambda cleaned: verb(request.user, row, **cleaned),
            form_class=form_class, form_kwargs=form_kwargs, title=title, explain=explain,
            button=button or title.rstrip("?"), danger=danger, done=done, back=back,
            subject=str(row), crumbs=self.crumbs_to(request, row),
        )  # fmt: skip


def ask(
    site: RoleSite,
    request: HttpRequest,
    *,
    act: Callable[[dict[str, Any]], Any],
    title: str,
    back: str,
    form_class: type[PlainForm] = ReasonForm,
    form_kwargs: Mapping[str, Any] | None = None,
    explain: str = "",
    button: str = "Go on",
    danger: bool = False,
    done: str = "",
    subject: str = "",
    crumbs: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    """The page behind `TenantModelAdmin.confirm`, for pages without a model.

    `act` gets the cleaned answers; if it returns an address, that is where the person goes on,
    else to `next` of the request or to `back`.
    """
    back = wanted_next(request) or back
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = form_class(*sent, **(form_kwargs or {}))
    if form.is_valid():
        outcome = _acted(act, form)
        if not form.errors:
            if done:
                messages.success(request, done)
            return HttpResponseRedirect(outcome if isinstance(outcome, str) else back)
    return site.page(
        request, "admin_site/confirm.html",
        title=title, form=form, explain=explain, button=button, danger=danger, back=back,
        subject=subject, crumbs=crumbs,
    )  # fmt: skip


def _acted(act: Callable[[dict[str, Any]], Any], form: PlainForm) -> Any:
    """Runs the verb in a savepoint, so that one that refuses half-way leaves nothing behind."""
    try:
        with transaction.atomic():
            return act(form.cleaned_data)
    except DomainError as error:
        form.refuse(error)
    return None


def wanted_next(request: HttpRequest) -> str:
    """The page the person came from, when it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if ours and NUL not in wanted else ""


def _only_web_links(drawn: str) -> str:
    """The theme makes a link of any stored address, `javascript:` included."""
    is_web = drawn.startswith(('<a href="https://', '<a href="http://'))
    return drawn if is_web else strip_tags(drawn)


def _asks_by(item: Any, lookup: str) -> bool:
    """Whether a query parameter belongs to this entry of `list_filter`."""
    if isinstance(item, type) and issubclass(item, SimpleListFilter):
        return lookup == item.parameter_name
    if isinstance(item, type):  # a filter of the theme with parameters of its own
        return lookup.startswith(str(getattr(item, "parameter_name", "\x00")))
    name = str(item[0] if isinstance(item, list | tuple) else item)
    return lookup == name or lookup.removeprefix(f"{name}__") in FILTER_LOOKUPS


# What the filters of Django and the theme put behind a field's name.
FILTER_LOOKUPS = frozenset(
    {
        "exact", "in", "isnull", "gte", "gt", "lt", "lte", "year", "id__exact", "pk__exact",
        "id__in", "from", "to", "from_0", "from_1", "to_0", "to_1", "isempty",
    }
)  # fmt: skip


def _drop_unreadable_keys(request: HttpRequest) -> None:
    """Rows are chosen by key; Django would fail on a text that is none."""
    if request.method != "POST":
        return
    sent = request.POST.copy()
    chosen = [key for key in sent.getlist(ACTION_CHECKBOX_NAME) if uuid_or_none(key)]
    sent.setlist(ACTION_CHECKBOX_NAME, chosen)
    request.POST = sent  # type: ignore[assignment]
