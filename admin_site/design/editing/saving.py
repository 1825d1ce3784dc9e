"""A definition that is open in the browser, and how what was typed is saved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from admin_site.design.editing.links import ListForm
from admin_site.design.editing.texts import DocumentText, with_line
from admin_site.forms import PlainForm
from admin_site.people import person_of
from definitions.documents import to_yaml
from definitions.errors import ChangedMeanwhile, NotSaved, Problem
from definitions.models import DefinitionStatus, TicketDefinition, WorkflowDefinition
from definitions.services import document_of, fingerprint, problems_of
from definitions.services.changing import change_definition
from tenants.errors import DomainError, NotFound

if TYPE_CHECKING:
    from admin_site.design.lists import DesignAdmin

SEEN = "_seen"
MEANWHILE = "Something was changed meanwhile. This is how it is now."
Row = TypeVar("Row", WorkflowDefinition, TicketDefinition)
Document = dict[str, Any]
Make = Callable[[Document], Document]


@dataclass(slots=True)
class Editing(Generic[Row]):
    """A definition and its document as they are now.

    `conflict`: somebody else saved what this page changes. `elsewhere`: what stopped the save and
    is about no field of the page.
    """

    admin: "DesignAdmin"
    request: HttpRequest
    row: Row
    document: Document
    conflict: ChangedMeanwhile | None = None
    elsewhere: list[Problem] = field(default_factory=list)

    def stamp(self, part: Any) -> str:
        """What the page has to send back as `_seen`: what it showed, and of which document."""
        return f"{fingerprint(self.document)}.{fingerprint(part)}"

    def save(
        self, make: Make, part: Any, forms: Sequence[PlainForm | ListForm], place: str = ""
    ) -> Row | None:
        """Save what `make` makes of the document; None after a refusal, which `forms` then show.

        `part`: what the page shows of the document as it is now: where that is still what the
        page showed before, a change of somebody else to another part is no conflict. `place`: the
        JSON pointer of the part.
        """
        try:
            return self.change(make, self._seen(part))
        except ChangedMeanwhile as conflict:
            self.conflict = conflict
            forms[0].add_error(None, conflict.message)
        except NotSaved as refused:
            self.elsewhere = show_problems(forms, refused.problems, place)
        except DomainError as refused:
            refuse(forms[0], refused)
        return None

    def change(self, make: Make, seen: str = "") -> Row:
        """Save, or raise what was refused. Without `seen`: whatever is there now."""
        person, seen = person_of(self.request), seen or fingerprint(self.document)
        with transaction.atomic():
            return change_definition(person, self.row, make(self.document), seen=seen)

    def is_as_seen(self, part: Any) -> bool:
        """Whether the page showed what is there now. `part` as in `save`."""
        return self.request.POST.get(SEEN, "") == self.stamp(part)

    def press(self, make: Make) -> Row | None:
        """Save what a button without a form makes of the document; None after a refusal, which is
        told on the next page.

        Raises:
            Http404: what the button is about is not there any more.
        """
        try:
            return self.change(make)
        except NotFound as error:
            raise Http404 from error
        except DomainError as error:
            refused_elsewhere(self.request, error)
        return None

    def _seen(self, part: Any) -> str:
        whole, _, shown = self.request.POST.get(SEEN, "").partition(".")
        return fingerprint(self.document) if shown == fingerprint(part) else whole

    def frame(self, part: Any, **more: Any) -> dict[str, Any]:
        """What every editing page is drawn with. `part` as in `save`."""
        kept = {
            "editing": self,
            "row": self.row,
            "seen": self.stamp(part),
            "back_url": self.admin.url_of(self.row),
            "crumbs": self.admin.crumbs_to(self.request, self.row),
            "conflict": self.conflict,
            "saved_text": to_yaml(part) if self.conflict else "",
            "elsewhere": self.elsewhere,
        }
        return {**kept, **more}


def opened(
    admin: "DesignAdmin", request: HttpRequest, object_id: str, verb: str = "", *more: str
) -> Editing[Any] | HttpResponse:
    """The definition for editing; or the way to where it is edited.

    A published version with a draft leads to the same page of the draft, or to the draft where the
    page is not there. What was typed before there was a draft counts for the draft.
    """
    row = admin.get_or_404(request, object_id)
    if isinstance(row, WorkflowDefinition):
        if row.status == DefinitionStatus.ARCHIVED:
            messages.info(request, f"{row} is archived. Make a draft of it to change it.")
            return redirect(admin.url_of(row))
        if row.status == DefinitionStatus.PUBLISHED:
            drafts = WorkflowDefinition.objects.filter(key=row.key, status=DefinitionStatus.DRAFT)
            draft = drafts.first()
            if draft is not None and request.method == "POST":
                return Editing(admin, request, draft, document_of(draft))
            if draft is not None:
                messages.info(request, f"{draft} is the draft that is edited.")
                return redirect(admin.verb_url(draft, verb, *more) if verb else admin.url_of(draft))
    return Editing(admin, request, row, document_of(row))


Forms = Sequence[PlainForm | ListForm]


def show_problems(forms: Forms, problems: Sequence[Problem], place: str) -> list[Problem]:
    """Each problem beside the field that it is about; returns those that are about none.

    A form says by `places` which part of the document each of its fields is: {"role": "/assign"},
    inside of `place`.
    """
    elsewhere = []
    for problem in problems:
        if problem.blocks and not any(_shown(form, problem, place) for form in forms):
            elsewhere.append(problem)
    if elsewhere and not any(form.errors for form in forms):
        forms[0].add_error(None, "Nothing was saved: something in another place is wrong.")
    return elsewhere


def show_refusal(form: PlainForm, error: DomainError) -> None:
    """What stopped something new: beside the fields, else on top of the form."""
    if not isinstance(error, NotSaved):
        form.refuse(error)
        return
    for problem in show_problems([form], error.problems, ""):
        form.add_error(None, problem.words)


def refuse(form: PlainForm | ListForm, error: DomainError) -> None:
    if isinstance(form, PlainForm):
        form.refuse(error)
    else:
        form.add_error(None, error.message)


def _shown(form: PlainForm | ListForm, problem: Problem, place: str) -> bool:
    if problem.place != place and not problem.place.startswith(f"{place}/"):
        return False
    inside = problem.place[len(place) :]
    if isinstance(form, ListForm):
        return form.shows(problem, inside)
    places: Mapping[str, str] = getattr(form, "places", {})
    found = [
        (len(at), name)
        for name, at in places.items()
        if name in form.fields and (inside == at or inside.startswith(f"{at}/"))
    ]
    if not found:
        return False
    length, name = max(found)
    shown, words = form.fields[name], problem.words
    if isinstance(shown, DocumentText) and name not in getattr(form, "rewritten", ()):
        words = with_line(shown.line_of(inside[length:]), words)
    form.add_error(name, words)
    return True


def tell_saved(request: HttpRequest, row: Any, words: str = "Saved.") -> None:
    """Say that it is saved, and what is still to be done before it can be published."""
    if isinstance(row, TicketDefinition):
        live = row.status == DefinitionStatus.PUBLISHED
        messages.success(request, f"{words} It shows in the catalogue now." if live else words)
        return
    errors = sum(problem.blocks for problem in problems_of(row))
    if errors:
        count = "1 problem" if errors == 1 else f"{errors} problems"
        words = f"{words} {count} to solve before it can be published."
    messages.success(request, words)


def refused_elsewhere(request: HttpRequest, error: DomainError) -> None:
    """What a button without a form of its own was refused."""
    if isinstance(error, ChangedMeanwhile):
        who = "You have" if error.who == "You" else f"{error.who or 'Somebody'} has"
        words = f"{who} changed it since this page was opened. Look at it, and press again."
        messages.error(request, words)
        return
    if isinstance(error, NotSaved) and error.problems:
        messages.error(request, f"Nothing was saved. {error.problems[0].message}")
    else:
        messages.error(request, error.message)
