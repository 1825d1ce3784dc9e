"""Plain forms that more than one site asks with."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.utils.functional import cached_property

from definitions.schemas.words import FILL_IN
from tenants.errors import DomainError

LONGEST_REASON = 2_000
# For whoever enters somebody else's address; at the public doors the verb's own words fit.
ADDRESS_TAKEN = "This address already has an account; use another one."
_DJANGOS_WORDS = forms.Field.default_error_messages["required"]


class PlainForm(forms.Form):
    """A form in the look of the pages: `{% field form.name %}` draws each field."""

    use_required_attribute = True
    template_name = "admin_site/parts/form.html"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for field in self.fields.values():
            if field.error_messages.get("required") == _DJANGOS_WORDS:
                field.error_messages["required"] = FILL_IN

    def refuse(self, error: DomainError, names: Mapping[str, str] = MappingProxyType({})) -> None:
        """Show what a verb refused: beside the field it names, else on top of the form.

        `names` translates names that the verb uses into names of this form.
        """
        rest = {names.get(name, name): message for name, message in error.fields.items()}
        for name in [name for name in rest if name in self.fields]:
            self.add_error(name, rest.pop(name))
        if rest or not error.fields:
            self.add_error(None, error.message)

    @cached_property
    def has_files(self) -> bool:
        return self.is_multipart()


class ConfirmForm(PlainForm):
    """Asks nothing but yes."""


class ReasonForm(PlainForm):
    """Asks why; the reason goes into the history."""

    reason = forms.CharField(
        label="Reason",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Goes into the history.",
    )
