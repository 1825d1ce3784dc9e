"""Plain forms that more than one site asks with."""

from collections.abc import Mapping
from types import MappingProxyType

from django import forms
from django.utils.functional import cached_property

from tenants.errors import DomainError

LONGEST_REASON = 2_000


class PlainForm(forms.Form):
    """A form in the look of the pages: `{% field form.name %}` draws each field."""

    use_required_attribute = True
    template_name = "admin_site/parts/form.html"

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
