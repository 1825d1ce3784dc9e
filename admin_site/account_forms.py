"""The forms of the public pages: signing up, signing in, passwords, one's own profile."""

from typing import Any

from axes.utils import reset
from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import (
    MinimumLengthValidator,
    get_default_password_validators,
)
from django.http import HttpRequest

from admin_site.forms import PlainForm
from tenants.models import User

# One text for an unknown address, a wrong password, and a person or company that is switched off.
NOT_SIGNED_IN = "E-mail or password is not right. Check both and try again."
WARNED_AT = 2  # tries left
LONGEST_PASSWORD = 256  # hashing takes longer the longer the text is


def shortest_password() -> int:
    """The length that the settings ask for."""
    rules = get_default_password_validators()
    return next((rule.min_length for rule in rules if isinstance(rule, MinimumLengthValidator)), 1)


def whose_tries(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The name under which failures to sign in are counted: the address in lower case, or every
    spelling of it would get its own number of tries."""
    given = (credentials or {}).get("username") or request.POST.get("username", "")
    return _counted_as(str(given))


def _counted_as(email: str) -> str:
    return email.strip().lower()[:254]


def forgive_tries(email: str) -> None:
    """Lift the lock of an address whose holder has just proved to be the holder."""
    if email.strip():  # without a name the library would forgive everybody
        reset(username=_counted_as(email))


def _tries_left_in_words(request: HttpRequest) -> str:
    """ "2 tries are left …" before signing in is closed; "" while there are many. Failures are
    counted by what was typed, so this says nothing about whether the address is known."""
    failed = getattr(request, "axes_failures_since_start", None)  # set by the failure just now
    left = settings.AXES_FAILURE_LIMIT - (failed or 0)
    if not 0 < left <= WARNED_AT:
        return ""
    tries = "One try is" if left == 1 else f"{left} tries are"
    return f" {tries} left; after that, signing in is closed for a quarter of an hour."


class NewPasswordField(forms.CharField):
    """A password that is chosen: says what is expected before anybody types."""

    def __init__(self, label: str = "Password", **more: Any) -> None:
        attrs = {"autocomplete": "new-password"}
        super().__init__(
            label=label,
            strip=False,
            max_length=LONGEST_PASSWORD,
            widget=forms.PasswordInput(attrs),
            **more,
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> "NewPasswordField":
        """Each form reads the rule anew: on import the settings are not ready yet."""
        copy: NewPasswordField = super().__deepcopy__(memo)
        copy.help_text = f"At least {shortest_password()} characters. A short sentence works well."
        return copy


def _email(label: str) -> forms.EmailField:
    widget = forms.EmailInput({"autocomplete": "username", "inputmode": "email"})
    return forms.EmailField(label=label, max_length=254, widget=widget)


class CompanyForm(PlainForm):
    """Who signs up, and for which company; the password follows by the mailed link."""

    company_name = forms.CharField(
        label="Company", max_length=120, widget=forms.TextInput({"autocomplete": "organization"})
    )
    first_name = forms.CharField(
        label="First name", max_length=80, widget=forms.TextInput({"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label="Last name", max_length=80, widget=forms.TextInput({"autocomplete": "family-name"})
    )
    email = _email("Work e-mail")


class SignUpForm(CompanyForm):
    """The same with the password at once."""

    password = NewPasswordField()


class NewPasswordForm(PlainForm):
    password = NewPasswordField("New password")


class EmailForm(PlainForm):
    email = _email("E-mail")


class LoginForm(PlainForm):
    """The field is called `username`, as authentication backends and browsers expect."""

    username = _email("E-mail")
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(data)
        self.request = request
        self.user: User | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        user = authenticate(
            self.request, username=cleaned["username"], password=cleaned["password"]
        )
        if not isinstance(user, User) or not user.is_active:
            left = _tries_left_in_words(self.request)
            raise forms.ValidationError(NOT_SIGNED_IN + left)
        if user.company is not None and not user.company.is_active:
            raise forms.ValidationError(NOT_SIGNED_IN)
        self.user = user
        return cleaned


class NameForm(PlainForm):
    first_name = forms.CharField(
        label="First name", max_length=80, widget=forms.TextInput({"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label="Last name", max_length=80, widget=forms.TextInput({"autocomplete": "family-name"})
    )


class ChangePasswordForm(PlainForm):
    old = forms.CharField(
        label="Old password",
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    new = NewPasswordField("New password")


class AvailabilityForm(PlainForm):
    is_available = forms.BooleanField(label="New tasks may come to me", required=False)
