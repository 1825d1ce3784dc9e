"""Whose form it is: a step's in a workflow, or a ticket type's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse

from admin_site.design.editing.saving import Document, Editing, opened
from admin_site.parts import Tab
from definitions.editing import NotThere, change_task, changed, place_of_task, task_of, title_of
from definitions.models import DefinitionStatus, TicketDefinition, WorkflowDefinition
from definitions.schemas import JSON, UnusableSchema

if TYPE_CHECKING:
    from admin_site.design.lists import DesignAdmin

#: Parts of the document by what a page calls them; a ticket type has no `before`.
QUESTIONS, LAYOUT, READING, BEFORE = "questions", "layout", "reading", "before"
_OF_STEP = {
    QUESTIONS: "output_schema", LAYOUT: "edit_layout", READING: "display_layout",
    BEFORE: "input_schema",
}  # fmt: skip
_OF_TYPE = {QUESTIONS: "form_schema", LAYOUT: "edit_layout", READING: "display_layout"}
TITLES = {
    QUESTIONS: "Questions",
    LAYOUT: "Arrangement",
    READING: "How it is read",
    BEFORE: "What must be there before",
}


@dataclass(slots=True)
class Subject:
    """A form that is open for editing, with the document it stands in."""

    editing: Editing[Any]
    key: str = ""  # of the step; "" for a ticket type

    @property
    def is_step(self) -> bool:
        return bool(self.key)

    @property
    def row(self) -> Any:
        return self.editing.row

    @property
    def holder(self) -> Mapping[str, Any]:
        """The document of the step, or of the ticket type."""
        document = self.editing.document
        return task_of(document, self.key) if self.is_step else document

    @property
    def title(self) -> str:
        return title_of(self.holder)

    def name(self, part: str) -> str:
        """What the document calls a part."""
        return (_OF_STEP if self.is_step else _OF_TYPE)[part]

    def part(self, part: str) -> JSON:
        return self.holder.get(self.name(part))

    @property
    def own_schema(self) -> JSON:
        """The form as it is asked: a ticket type without one asks for its workflow's fields."""
        schema = self.part(QUESTIONS)
        if schema is None and isinstance(self.row, TicketDefinition):
            try:
                return self.row.submission_schema()
            except UnusableSchema:
                return None
        return schema

    @property
    def place(self) -> str:
        """Where its parts stand in the document, as a JSON pointer."""
        return place_of_task(self.editing.document, self.key) if self.is_step else ""

    def with_parts(self, document: Document, parts: Mapping[str, JSON]) -> Document:
        """`document` with these parts, by what a page calls them; None takes one out."""
        named = {self.name(part): value for part, value in parts.items()}
        if self.is_step:
            return change_task(document, self.key, **named)
        return changed(document, **named)

    # --- where it is ---

    def url(self, part: str, row: Any = None) -> str:
        ending = {QUESTIONS: "form", LAYOUT: "form_layout", READING: "form_reading"}
        verb = f"{'step' if self.is_step else 'type'}_{ending.get(part, 'form_before')}"
        more = [self.key] if self.is_step else []
        return self.editing.admin.verb_url(row or self.row, verb, *more)

    def tabs(self, shown: str) -> list[Tab]:
        parts = _OF_STEP if self.is_step else _OF_TYPE
        return [Tab(TITLES[part], self.url(part), active=part == shown) for part in parts]

    @property
    def back(self) -> str:
        """Where the step, or the ticket type, is edited."""
        admin = self.editing.admin
        return (
            admin.verb_url(self.row, "step", self.key) if self.is_step else admin.url_of(self.row)
        )

    def crumbs(self) -> list[tuple[str, str]]:
        crumbs = self.editing.admin.crumbs_to(self.editing.request, self.row)
        if not self.is_step:
            return crumbs
        return [*crumbs, (self.title, self.back)]

    @property
    def is_in_use(self) -> bool:
        return bool(self.row.status == DefinitionStatus.PUBLISHED)


def open_subject(
    admin: "DesignAdmin", request: HttpRequest, object_id: str, verb: str, key: str = ""
) -> "Subject | HttpResponse":
    """The form for editing, or the way to where it is edited.

    Raises:
        Http404: no such definition, or the workflow has no such step.
    """
    editing = opened(admin, request, object_id, verb, *([key] if key else []))
    if isinstance(editing, HttpResponse):
        return editing
    subject = Subject(editing, key)
    if isinstance(editing.row, WorkflowDefinition):
        try:
            task_of(editing.document, key)
        except NotThere as error:
            raise Http404 from error
    return subject
