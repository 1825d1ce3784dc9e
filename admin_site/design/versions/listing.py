"""The list of versions: who, when, what changed, and how many tickets run on each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from admin_site import html
from definitions.bundle.differences import workflow_changes
from definitions.bundle.standing import documents_of
from definitions.models import DefinitionStatus, WorkflowDefinition
from operations.services import running_on

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign

#: Versions on one page, and how many changes of each are told before one looks at all of them.
MOST_SHOWN, MOST_TOLD = 20, 5
BEFORE = "before"


@dataclass(frozen=True, slots=True)
class Version:
    """One version. `changes` against the one before it, None for the first; `running`: tickets. The
    addresses of what can be done are "" where it cannot.
    """

    row: WorkflowDefinition
    href: str
    author: str
    running: int
    changes: Sequence[str] | None
    compare: str
    publish: str
    archive: str
    draft: str
    move: str
    is_shown: bool

    @property
    def told(self) -> Sequence[str]:
        return (self.changes or ())[:MOST_TOLD]

    @property
    def others(self) -> int:
        return max(0, len(self.changes or ()) - MOST_TOLD)


def list_versions(admin: "WorkflowDesign", request: HttpRequest, object_id: str) -> HttpResponse:
    """Statements do not grow with versions."""
    shown: WorkflowDefinition = admin.get_or_404(request, object_id)
    rows = WorkflowDefinition.objects.filter(key=shown.key).select_related("created_by")
    before = request.GET.get(BEFORE, "")
    if before.isascii() and before.isdecimal() and len(before) < 10:
        rows = rows.filter(version__lt=int(before))
    # One more than is shown, for what changed in the last of them.
    found = list(rows.order_by("-version")[: MOST_SHOWN + 1])
    documents, running = documents_of(found), running_on(shown.key)
    drafts = WorkflowDefinition.objects.filter(key=shown.key, status=DefinitionStatus.DRAFT)
    told = _Teller(admin, shown, documents, running, has_draft=drafts.exists())
    versions = [told.version(row, old) for row, old in zip(found, [*found[1:], None], strict=True)]
    versions = versions[:MOST_SHOWN]
    last = versions[-1].row.version if len(found) > MOST_SHOWN else 0
    return admin.admin_site.page(
        request, "design/versions/list.html",
        title="Versions", crumbs=admin.crumbs_to(request, shown), workflow=shown,
        versions=versions, older_url=f"?{urlencode({BEFORE: last})}" if last else "",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Teller:
    """What every line of the list needs. `documents`: by version; `running`: tickets by version."""

    admin: "WorkflowDesign"
    shown: WorkflowDefinition
    documents: Mapping[UUID, Any]
    running: Mapping[UUID, int]
    has_draft: bool

    def version(self, row: WorkflowDefinition, old: WorkflowDefinition | None) -> Version:
        can_be_copied = not self.has_draft and row.status != DefinitionStatus.DRAFT
        changes = workflow_changes(self.documents[old.pk], self.documents[row.pk]) if old else None
        compare = f"{self.admin.verb_url(row, 'compare')}?with={old.version}" if old else ""
        return Version(
            row,
            self.admin.url_of(row),
            html.first_name_of(row.created_by) if row.created_by else "",
            self.running.get(row.pk, 0),
            changes,
            compare,
            self._url(row, "publish", can=row.status == DefinitionStatus.DRAFT),
            self._url(row, "archive", can=row.status != DefinitionStatus.ARCHIVED),
            self._url(row, "draft", can=can_be_copied),
            self._url(row, "move", can=self._can_take_more(row)),
            row.pk == self.shown.pk,
        )

    def _url(self, row: WorkflowDefinition, verb: str, *, can: bool) -> str:
        return self.admin.verb_url(row, verb) if can else ""

    def _can_take_more(self, row: WorkflowDefinition) -> bool:
        """Whether it is in use, and tickets run on others."""
        elsewhere = any(number for pk, number in self.running.items() if pk != row.pk)
        return elsewhere and row.status == DefinitionStatus.PUBLISHED
