"""What the page asks beside the real forms of the workflow."""

import json
from typing import Any

from django import forms

from admin_site.forms import PlainForm
from definitions.retries import ERRORS
from definitions.schemas import check_storable

_STATUSES = {
    "http.400": "It refuses (400)",
    "http.404": "It does not know that (404)",
    "http.500": "It fails (500)",
    "http.503": "It is overloaded (503)",
}
_UNLIKELY = {"lost_lease", "callback_expired", "transform", "secret", "forbidden_address"}
FAILURES = [
    *_STATUSES.items(),
    *((name, words) for name, words in ERRORS.items() if name not in _UNLIKELY),
]
LONGEST = 100_000


class ResponseForm(PlainForm):
    """What another system, or a workflow inside, comes to."""

    prefix = "_said"

    response = forms.CharField(
        label="Answer",
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "ds-text short"}),
        help_text="As JSON. Nothing is called: this stands for what would come back.",
    )

    def clean_response(self) -> Any:
        text = self.cleaned_data["response"].strip()
        try:
            value = json.loads(text) if text else None
        except (ValueError, RecursionError) as error:
            where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
            raise forms.ValidationError(f"This is not JSON{where}.") from error
        if wrong := check_storable(value):
            raise forms.ValidationError(wrong[0].message)
        return value


class FailureForm(PlainForm):
    """How a call fails."""

    prefix = "_said"

    failure = forms.ChoiceField(label="Or it fails", choices=FAILURES, required=False)


class KeepForm(PlainForm):
    """A name for the scenario."""

    prefix = "_keep"

    title = forms.CharField(label="Name", max_length=200, help_text="Such as “Over 200 €”.")
