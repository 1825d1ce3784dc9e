"""`TenantModelAdmin`: lists and pages over rows of the company in force."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.filters import SimpleListFilter
from django.contrib.admin.utils import quote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.db.models import Field, Model, QuerySet, URLField
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import strip_tags
from unfold.admin import ModelAdmin

from admin_site import look
from admin_site.base.asking import ask
from admin_site.base.paging import CappedPaginator
from admin_site.base.sent import drop_unreadable_keys
from admin_site.forms import PlainForm, ReasonForm


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
        drop_unreadable_keys(request)
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
