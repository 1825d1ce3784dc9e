"""What an admin fills in about people, company roles and the company."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.text import slugify

from admin_site.account_forms import NewPasswordField
from admin_site.forms import PlainForm
from tenants.models import Company, CompanyRole, User
from tenants.roles import SYSTEM_ROLES, USER

BY_PASSWORD, BY_MAIL = "password", "mail"


@dataclass(frozen=True, slots=True)
class Choice:
    """What stands beside a box to tick: its name, and a small line about it."""

    name: str
    text: str = ""

    def __str__(self) -> str:
        return self.name


class ChoicesField(forms.MultipleChoiceField):
    """Boxes to tick; `company/choices.html` draws them with their lines."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label=label, required=False, **more)


def role_choices() -> list[tuple[str, Choice]]:
    """The system roles, each with what it lets one do."""
    return [(role.key, Choice(role.title, role.can)) for role in SYSTEM_ROLES]


def company_role_choices(roles: Iterable[CompanyRole]) -> list[tuple[str, Choice]]:
    """The company roles that one can be put into; everyone is in the first one anyway."""
    return [
        (role.key, Choice(role.title, role.description))
        for role in roles
        if role.key != CompanyRole.EVERYBODY
    ]


def people_choices(people: Iterable[User]) -> list[tuple[str, Choice]]:
    """People by name, with the address that tells two of the same name apart."""
    return [(str(person.pk), Choice(str(person), _meta(person))) for person in people]


def _meta(person: User) -> str:
    return person.email if person.is_active else f"{person.email} · switched off"


def _name(label: str, autocomplete: str) -> forms.CharField:
    widget = forms.TextInput({"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=80, widget=widget)


class PersonForm(PlainForm):
    """Everything about a person that an admin decides."""

    first_name = _name("First name", "off")
    last_name = _name("Last name", "off")
    roles = ChoicesField("Roles", choices=role_choices)
    company_roles = ChoicesField("Company roles")
    is_available = forms.BooleanField(label="Takes new work", required=False)
    open_task_limit = forms.IntegerField(
        label="Most open tasks",
        min_value=0,
        max_value=1_000,
        required=False,
        help_text="No further task is handed out at this number. Empty: no limit.",
        widget=forms.NumberInput({"inputmode": "numeric", "class": "co-number"}),
    )

    def __init__(self, *args: Any, company_roles: Iterable[CompanyRole], **more: Any) -> None:
        super().__init__(*args, **more)
        _set_choices(self, "company_roles", company_role_choices(company_roles))


class InviteForm(PlainForm):
    """Somebody new, who gets a mail and chooses a password."""

    first_name = _name("First name", "off")
    last_name = _name("Last name", "off")
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off", "inputmode": "email"}),
    )
    roles = ChoicesField("Roles", choices=role_choices, initial=[USER])
    company_roles = ChoicesField("Company roles")

    def __init__(self, *args: Any, company_roles: Iterable[CompanyRole], **more: Any) -> None:
        super().__init__(*args, **more)
        _set_choices(self, "company_roles", company_role_choices(company_roles))


class AddForm(InviteForm):
    """The same where addresses need not be confirmed: a first password may be set at once."""

    how = forms.ChoiceField(
        label="How they come in",
        choices=[
            (BY_PASSWORD, "Set a first password"),
            (BY_MAIL, "Send an invitation by mail"),
        ],
        initial=BY_PASSWORD,
        widget=forms.RadioSelect,
    )
    password = NewPasswordField("First password", required=False)

    field_order = ("first_name", "last_name", "email", "how", "password", "roles")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("how") == BY_PASSWORD and not cleaned.get("password"):
            self.add_error("password", "Choose a first password, or send an invitation by mail.")
        return cleaned


class CompanyRoleForm(PlainForm):
    """A company role's title and what it is for."""

    title = forms.CharField(label="Title", max_length=120)
    description = forms.CharField(
        label="What it is for",
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
    )


class NewCompanyRoleForm(CompanyRoleForm):
    key = forms.SlugField(
        label="Short name",
        max_length=60,
        required=False,
        help_text="Definitions name the role by it, so it stays. Empty: made from the title.",
    )

    field_order = ("title", "key", "description")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "key" in cleaned and not cleaned["key"]:
            cleaned["key"] = slugify(cleaned.get("title", ""))[:60].strip("-")
            if cleaned.get("title") and not cleaned["key"]:
                self.add_error("key", "Choose a short name of letters a to z and digits.")
        return cleaned


class MembersForm(CompanyRoleForm):
    """The same with the people who are in it."""

    members = ChoicesField("Members")

    def __init__(self, *args: Any, people: Sequence[User], **more: Any) -> None:
        super().__init__(*args, **more)
        _set_choices(self, "members", people_choices(people))


def zone_input() -> forms.TextInput:
    """Offers the zones of the page's `<datalist id="time-zones">` while one types."""
    return forms.TextInput({"list": "time-zones", "autocomplete": "off", "spellcheck": "false"})


class CompanyForm(PlainForm):
    """The company's name, and the clock that its pages show."""

    name = forms.CharField(
        label="Name", max_length=120, widget=forms.TextInput({"autocomplete": "organization"})
    )
    time_zone = forms.CharField(
        label="Time zone",
        max_length=60,
        help_text="Type a city. Every time on every page is shown in this zone.",
        widget=zone_input(),
    )

    def clean_time_zone(self) -> str:
        return zone_named(self.cleaned_data["time_zone"])

    @staticmethod
    def of(company: Company) -> dict[str, str]:
        """What the form starts with."""
        return {"name": company.name, "time_zone": company.time_zone}


def time_zones() -> list[str]:
    """The zones that people know by a city, and UTC."""
    cities = (name for name in available_timezones() if "/" in name and "Etc" not in name)
    return [*sorted(cities), "UTC"]


def zone_named(typed: str) -> str:
    """A city alone is enough, in any capitals; what is no zone is left for the verb to refuse."""
    wanted = typed.strip().replace(" ", "_").casefold()
    zones = time_zones()
    named = [zone for zone in zones if zone.casefold() == wanted]
    cities = [zone for zone in zones if zone.casefold().rsplit("/", 1)[-1] == wanted]
    return (named or cities or [typed])[0]


def _set_choices(form: PlainForm, name: str, choices: list[tuple[str, Choice]]) -> None:
    field: Any = form.fields[name]
    field.choices = choices
