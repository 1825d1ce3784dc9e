"""`RoleSite`: the pages of one role, its frame, its navigation and its search."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from unfold.settings import CONFIG_DEFAULTS
from unfold.sites import UnfoldAdminSite

from admin_site import error_pages, look
from admin_site.base.navigation import drawn
from admin_site.base.sent import make_readable
from admin_site.parts import Found, NavGroup
from tenants import impersonation

View = Callable[..., HttpResponseBase]

CALM, SIDEBAR = "calm", "sidebar"
SHELLS = {CALM: "admin_site/shells/calm.html", SIDEBAR: "admin_site/shells/sidebar.html"}
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
            make_readable(request)
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
        return drawn(self.navigation(request), request)

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
