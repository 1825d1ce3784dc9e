"""What is asked on the page of rows."""

from typing import Any

from django import forms

from admin_site.forms import PlainForm
from definitions.resources import RowKind
from definitions.tables import LIMITS

#: Not one kind of rows, but each that the file has.
ALL = "all"
MEGABYTES = LIMITS.bytes // 1_000_000


class RowsForm(PlainForm):
    """A file, or pasted rows, and what they are."""

    kind = forms.ChoiceField(
        label="What the rows are",
        choices=[
            (ALL, "A sheet or section for each kind"),
            *((kind.value, kind.heading) for kind in RowKind),
        ],
    )
    file = forms.FileField(
        label="File",
        required=False,
        help_text=f"CSV, XLSX, JSON or YAML, up to {MEGABYTES} MB and {LIMITS.rows:,} rows.",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.json,.yaml,.yml"}),
    )
    text = forms.CharField(
        label="Or paste the rows",
        required=False,
        strip=False,
        help_text="With their headers, as CSV or as copied from a spreadsheet.",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "ds-text short"}),
    )
    remove_others = forms.BooleanField(
        label="Remove what is not in the file",
        required=False,
        help_text="Tasks and transitions of the workflows whose tasks or transitions it has.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("file") and not (cleaned.get("text") or "").strip():
            self.add_error("file", "Please choose a file, or paste rows below.")
        return cleaned
