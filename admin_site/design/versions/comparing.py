"""What is different between any two versions, part by part, in words."""

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse

from definitions.models import WorkflowDefinition
from definitions.services import differences_between
from tenants.models import CompanyRole

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign

WITH = "with"


def compare(admin: "WorkflowDesign", request: HttpRequest, object_id: str) -> HttpResponse:
    """`?with=3`: against v3; without it against the version before."""
    after: WorkflowDefinition = admin.get_or_404(request, object_id)
    rows = list(
        WorkflowDefinition.objects.filter(key=after.key)
        .only("key", "version", "status", "title")
        .order_by("-version")
    )
    other = _other(rows, after, request.GET.get(WITH, ""))
    before = WorkflowDefinition.objects.get(pk=other.pk) if other else None  # the whole of it
    roles = dict(CompanyRole.objects.values_list("key", "title"))
    sections = differences_between(before, after, roles) if before else []
    return admin.admin_site.page(
        request, "design/versions/compare.html",
        title=f"What changed in v{after.version}",
        crumbs=[*admin.crumbs_to(request, after), ("Versions", admin.verb_url(after, "versions"))],
        workflow=after, before=before, sections=sections, versions=rows,
        number=sum(len(section.lines) or 1 for section in sections),
        turned=f"{admin.verb_url(before, 'compare')}?with={after.version}" if before else "",
    )  # fmt: skip


def _other(
    rows: list[WorkflowDefinition], after: WorkflowDefinition, asked: str
) -> WorkflowDefinition | None:
    """The version to compare with; None for the only one there is."""
    if asked:
        found = next((row for row in rows if str(row.version) == asked), None)
        if found is None:
            raise Http404
        return found
    older = [row for row in rows if row.version < after.version]
    newer = [row for row in rows if row.version > after.version]
    return next(iter(older or newer), None)
