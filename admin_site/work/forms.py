"""What the work site asks besides the forms of the steps."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from admin_site.files import CommentBaseForm
from admin_site.forms import LONGEST_REASON, PlainForm
from admin_site.schema_forms.files import KEPT
from admin_site.statuses import TEAM_ONLY
from admin_site.typed import COMMENT
from tenants.models import CompanyRole, User
from tenants.roles import TASK_WORKER

Choices = list[tuple[str, Any]]


FILES = "_attached"


class CommentForm(CommentBaseForm):
    """Stands in the form of a step, so its names are none that a question could have."""

    text = forms.CharField(label="Comment", max_length=10_000)
    is_internal = forms.BooleanField(label=TEAM_ONLY, required=False)

    def add_prefix(self, field_name: str) -> str:
        return COMMENT if field_name == "text" else f"_{field_name}"

    @staticmethod
    def was_written(request: HttpRequest) -> bool:
        """Whether there is anything of a comment in what was sent."""
        typed = request.POST.get(COMMENT, "").strip()
        return bool(typed or request.FILES.getlist(FILES) or request.POST.get(FILES + KEPT))


class HandOverForm(PlainForm):
    """To whom, and why."""

    person = forms.ChoiceField(label="Who should do it?")
    reason = forms.CharField(
        label="Why?",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Whoever gets it reads this. It goes into the history.",
    )

    def __init__(self, *sent: Any, people: Iterable[User], role: str, **more: Any) -> None:
        super().__init__(*sent, **more)
        self.people = {str(person.pk): person for person in people}
        self.fields["person"].choices = self._choices(role)  # type: ignore[attr-defined]

    def clean_person(self) -> User:
        return self.people[self.cleaned_data["person"]]

    def _choices(self, role: str) -> Choices:
        first = [person for person in self.people.values() if person.is_meant]  # type: ignore[attr-defined]
        others = [person for person in self.people.values() if person not in first]
        if not role or not first:
            return [("", "Choose a person"), *map(_choice, self.people.values())]
        groups: Choices = [("", "Choose a person"), (role, [_choice(one) for one in first])]
        return [*groups, ("Others", [_choice(one) for one in others])] if others else groups


def _choice(person: User) -> tuple[str, str]:
    away = "" if person.is_available else " (away)"
    return str(person.pk), f"{person}{away}"


def who_may_get_it(role_key: str, but: User) -> list[User]:
    """Task workers of the company, those of the step's company role first (`is_meant`)."""
    role = CompanyRole.objects.filter(key=role_key, group__user=OuterRef("pk"))
    workers = User.objects.active().holding(TASK_WORKER).exclude(pk=but.pk)
    return list(
        workers.annotate(is_meant=Exists(role)).order_by("-is_meant", "first_name", "last_name")
    )
