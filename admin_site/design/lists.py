"""What the lists of the Design site have in common: nothing is typed over in a row."""

from collections.abc import Mapping
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin import action
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, register_converter, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from admin_site.base import RoleSite, TenantModelAdmin
from admin_site.design.addresses import StepKey
from admin_site.design.rows import download
from definitions.models import WorkflowDefinition
from definitions.resources import FORMATS, RowKind

EXPORT = "design:export_file"
register_converter(StepKey, "step")


def newer_versions(of: str = "") -> QuerySet[WorkflowDefinition]:
    """Versions newer than the one of the outer row; `of` leads from the row to its workflow."""
    return WorkflowDefinition.objects.filter(
        key=OuterRef(f"{of}key"), version__gt=OuterRef(f"{of}version")
    )


class NewestOnly(ChangeList):
    """A list of definitions shows one row per key; the pages show every version."""

    of = ""

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        rows = super().get_queryset(request, *args, **kwargs)
        return cast("QuerySet[Any]", rows.filter(~Exists(newer_versions(self.of))))


class DesignAdmin(TenantModelAdmin):
    """A list, and a page per row that is looked at; what changes it is a verb with a question."""

    admin_site: RoleSite
    empty_next = ("design:gallery", "Choose from the gallery")
    actions = ("rows_as_csv", "rows_as_xlsx", "rows_as_json", "rows_as_yaml")
    #: What the ticked rows are taken out as; a format that holds one kind gets the first.
    row_kinds: tuple[RowKind, ...] = ()

    @action(description="Rows as CSV")
    def rows_as_csv(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._rows_file(request, queryset, "csv")

    @action(description="Rows as XLSX")
    def rows_as_xlsx(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._rows_file(request, queryset, "xlsx")

    @action(description="Rows as JSON")
    def rows_as_json(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._rows_file(request, queryset, "json")

    @action(description="Rows as YAML")
    def rows_as_yaml(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._rows_file(request, queryset, "yaml")

    def _rows_file(
        self, request: HttpRequest, queryset: QuerySet[Any], ending: str
    ) -> HttpResponse | None:
        kinds = self.row_kinds if FORMATS[ending].holds_many else self.row_kinds[:1]
        keys = set(queryset.order_by().values_list("key", flat=True))
        if not keys:
            messages.warning(request, "None of the chosen rows is here any more. Choose others.")
            return None
        return download(request, kinds, ending, keys)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        """The verbs, each at `<id>/<verb>/`, before the page itself, which takes any path."""
        addresses = {**{verb: verb for verb in self.verbs}, **self.addresses}
        verbs = [
            path(
                f"<str:object_id>/{address}/",
                self.admin_site.admin_view(getattr(self, verb)),
                name=self._name(verb),
            )
            for verb, address in addresses.items()
        ]
        return [*verbs, *super().get_urls()]

    verbs: tuple[str, ...] = ()
    #: Of verbs whose address says more: {"step": "steps/<step:key>"}.
    addresses: Mapping[str, str] = {}

    def verb_url(self, row: Model, verb: str, *more: str) -> str:
        """`more` fills what the address of the verb says more."""
        return reverse(f"{self.admin_site.name}:{self._name(verb)}", args=[row.pk, *more])

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            raise Http404
        return self.row_page(request, self.get_or_404(request, object_id))

    def row_page(self, request: HttpRequest, row: Any) -> HttpResponse:
        """The page about a row."""
        raise NotImplementedError


def export_url(key: str, kind: str = "yaml") -> str:
    return f"{reverse(EXPORT)}?key={key}&as={kind}"


def link(row: Model, words: str = "") -> SafeString:
    """A link to the page of a definition."""
    name = f"design:{row._meta.app_label}_{row._meta.model_name}_change"
    href = reverse(name, args=[row.pk])
    return format_html('<a class="tf-link" href="{}">{}</a>', href, words or str(row))
