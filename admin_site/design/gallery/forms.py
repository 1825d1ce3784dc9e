"""What cloning asks: how it is called, and who does what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Count, Q

from admin_site.forms import PlainForm
from definitions.bundle.canonical import EVERYBODY
from definitions.gallery import Entry, RoleNeeded
from definitions.gallery.cloning import Wishes, free_key, numbered, taken_keys, why_not
from definitions.linter import LONGEST_KEY
from tenants.models import CompanyRole, User
from tenants.roles import TASK_WORKER

LONGEST_TITLE = 200
#: Stands for the bundle's own role, which the import makes. No company role has such a key.
MAKE_IT = "+"
PREFIX = "role-"
ANYBODY = "Everybody who works on tasks"


@dataclass(frozen=True, slots=True)
class RoleThere:
    """A company role and how many people in it can be given tasks."""

    key: str
    title: str
    people: int

    @property
    def words(self) -> str:
        if not self.people:
            return f"{self.title} (nobody yet)"
        return f"{self.title} ({self.people} {'person' if self.people == 1 else 'people'})"


def roles_there() -> list[RoleThere]:
    """One statement."""
    works = Q(group__user__is_active=True, group__user__groups__name=TASK_WORKER)
    rows = CompanyRole.objects.exclude(key=CompanyRole.EVERYBODY).order_by("title")
    counted = rows.annotate(people=Count("group__user", filter=works, distinct=True))
    return [RoleThere(*row) for row in counted.values_list("key", "title", "people")]


class CloneForm(PlainForm):
    """Title, key, and a company role for each role of the entry."""

    title = forms.CharField(
        label="Title", max_length=LONGEST_TITLE, help_text="What it is called in the catalogue."
    )
    key = forms.CharField(
        label="Key",
        max_length=LONGEST_KEY,
        help_text="The name that files and conditions use. It stays; the title may change.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
    )

    def __init__(self, *args: Any, entry: Entry, person: User, **more: Any) -> None:
        self.entry = entry
        self.there = roles_there()
        super().__init__(*args, **more)
        self.taken = taken_keys()
        key = free_key(entry.key, self.taken)
        self.initial.update(key=key, title=numbered(entry.title, entry.key, key))
        may_make = person.has_perm("tenants.add_companyrole")
        for needed in entry.roles:
            self.fields[PREFIX + needed.key] = _role_field(needed, self.there, may_make)

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if refusal := why_not(key, self.taken):
            raise forms.ValidationError(refusal)
        return key

    @property
    def role_fields(self) -> Iterator[forms.BoundField]:
        return (self[PREFIX + needed.key] for needed in self.entry.roles)

    def wishes(self) -> Wishes:
        """What a valid form asks for."""
        answers: Mapping[str, str] = self.cleaned_data
        given = {needed.key: answers[PREFIX + needed.key] for needed in self.entry.roles}
        roles = {key: key if role == MAKE_IT else role for key, role in given.items()}
        return Wishes(answers["key"], answers["title"], roles)


def _role_field(
    needed: RoleNeeded, there: Sequence[RoleThere], may_make: bool
) -> forms.ChoiceField:
    alike = _like(needed, there)
    choices = [(role.key, role.words) for role in there]
    if may_make and all(role.key != needed.key for role in there):
        choices.append((MAKE_IT, f"Make the company role “{needed.title}”"))
    choices.append((EVERYBODY, ANYBODY))
    return forms.ChoiceField(
        label=needed.title,
        choices=choices,
        # What works at once: a role that is just being made has nobody in it.
        initial=alike.key if alike else EVERYBODY,
        help_text=", ".join(needed.does) + ".",
    )


def _like(needed: RoleNeeded, there: Sequence[RoleThere]) -> RoleThere | None:
    """The company's role of this key, else of this title."""
    by_key = next((role for role in there if role.key == needed.key), None)
    title = needed.title.casefold()
    return by_key or next((role for role in there if role.title.casefold() == title), None)
