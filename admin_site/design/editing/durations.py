"""Times as a few plain fields: how long, from when, in working time or not."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from admin_site.design.editing.texts import DocumentText, written
from admin_site.forms import PlainForm
from definitions.durations import UNITS, WORKING
from definitions.logic.transforms import LIVE
from definitions.moments import AFTER, AT, BEFORE, MINUS, PLUS

NONE, FROM_START, BY_DAY, AS_TEXT = "", "start", "day", "text"
_UNITS = [(unit, unit) for unit in reversed(UNITS)]
_SECONDS = {"minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
HOW_LONG = "Please say how long."
EXAMPLE = "days: 2\nworking: true"


def amount_field(label: str = "How long") -> forms.FloatField:
    widget = forms.NumberInput({"class": "ds-num", "step": "any", "min": "0"})
    return forms.FloatField(label=label, min_value=0, max_value=1e6, required=False, widget=widget)


def unit_field() -> forms.ChoiceField:
    return forms.ChoiceField(label="Unit", choices=_UNITS, initial="days", required=False)


def working_field() -> forms.BooleanField:
    return forms.BooleanField(label="Count working hours only", required=False)


class MomentForm(PlainForm):
    """A `due` or an `until`: so long after the start, or by a day from the data, or as text.

    `.document` after validation; None for none.
    """

    how = forms.ChoiceField(label="When")
    amount = amount_field()
    unit = unit_field()
    working = working_field()
    day = forms.ChoiceField(label="Which day", required=False)
    shift = forms.ChoiceField(
        label="Then",
        required=False,
        choices=[("", "on that day"), (MINUS, "so long before it"), (PLUS, "so long after it")],
    )
    text = DocumentText("As text", rows=4, example=EXAMPLE)

    def __init__(
        self,
        *args: Any,
        days: Sequence[tuple[str, str]],
        label: str,
        none: str,
        start: str,
        document: Any = None,
        **more: Any,
    ) -> None:
        """`days`: paths of values that are dates, with their names. `none` and `start` are what
        the first two choices are called; without `none` something must be chosen."""
        super().__init__(*args, initial=_moment_in_fields(document, dict(days)), **more)
        offered = [(NONE, none), (FROM_START, start)]
        if days:
            offered.append((BY_DAY, "By a day from the data"))
        offered.append((AS_TEXT, "As text"))
        fields: Any = self.fields
        fields["how"].label = label
        fields["how"].choices = offered
        fields["how"].required = False
        fields["day"].choices = days
        self.places = {"how": f"/{self.prefix}"}
        self.document: Any = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        how = cleaned.get("how")
        if how == AS_TEXT:
            self.document = cleaned.get("text")
            if self.document is None and "text" not in self.errors:
                self.add_error("text", "Please write when, such as days: 2")
        elif how == FROM_START:
            self.document = self._duration(cleaned)
        elif how == BY_DAY:
            self._by_day(cleaned)
        return cleaned

    def _by_day(self, cleaned: dict[str, Any]) -> None:
        if not cleaned.get("day"):
            self.add_error("day", "Please choose a day.")
            return
        self.document = {AT: {LIVE: {"var": cleaned["day"]}}}
        if shift := cleaned.get("shift"):
            self.document[shift] = self._duration(cleaned)

    def _duration(self, cleaned: Mapping[str, Any]) -> Any:
        duration = duration_of(cleaned)
        if duration is None and "amount" not in self.errors:
            self.add_error("amount", HOW_LONG)
        return duration


class ReminderForm(PlainForm):
    """When whoever has the step is reminded."""

    how = forms.ChoiceField(
        label="Reminder",
        required=False,
        choices=[(NONE, "No reminder"), (BEFORE, "Before it is due"), (AFTER, "After it started")],
    )
    amount = amount_field()
    unit = unit_field()
    working = working_field()

    def __init__(self, *args: Any, document: Any = None, **more: Any) -> None:
        initial: dict[str, Any] = {}
        known = document if isinstance(document, dict) else {}
        for how in (BEFORE, AFTER):
            if how in known:
                initial = {"how": how, **(_duration_in_fields(known[how]) or {})}
        #: What the fields cannot say stays as it is unless something else is chosen.
        self.kept = document if known and "amount" not in initial else None
        super().__init__(*args, initial=initial, **more)
        self.places = {"how": "/reminder"}
        self.document: Any = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if how := cleaned.get("how"):
            duration = duration_of(cleaned)
            if duration is not None:
                self.document = {how: duration}
            elif self.kept is not None and how in self.kept:
                self.document = self.kept
            elif "amount" not in self.errors:
                self.add_error("amount", HOW_LONG)
        return cleaned


class SecondsForm(PlainForm):
    """A time limit, which the document has in seconds."""

    amount = amount_field("Time limit")
    unit = forms.ChoiceField(
        label="Unit", choices=[("seconds", "seconds"), *_UNITS], initial="days", required=False
    )

    def __init__(
        self, *args: Any, seconds: int | None, label: str, usual: str, **more: Any
    ) -> None:
        """`usual`: the unit that is offered where there is no limit yet."""
        initial: dict[str, Any] = {"unit": usual}
        if seconds is not None:
            unit = next((one for one, size in reversed(_SECONDS.items()) if not seconds % size), "")
            initial = {"amount": seconds // _SECONDS.get(unit, 1), "unit": unit or "seconds"}
        super().__init__(*args, initial=initial, **more)
        self.places = {"amount": "/timeout_seconds"}
        self.fields["amount"].label = label
        self.document: int | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        amount = cleaned.get("amount")
        if amount is not None:
            self.document = round(amount * _SECONDS.get(cleaned.get("unit") or "", 1))
            if self.document < 1:
                self.add_error("amount", "A time limit is at least one second.")
        return cleaned


def duration_of(cleaned: Mapping[str, Any]) -> dict[str, Any] | None:
    """{"days": 2, "working": true} from the fields; None where no length is given."""
    amount = cleaned.get("amount")
    if not amount:
        return None
    number = int(amount) if float(amount).is_integer() else amount
    duration = {cleaned.get("unit") or "days": number}
    return {**duration, WORKING: True} if cleaned.get("working") else duration


def _duration_in_fields(document: Any) -> dict[str, Any] | None:
    """None where the fields cannot say it: two units at once."""
    if not isinstance(document, dict):
        return None
    units = [unit for unit in UNITS if unit in document]
    if len(units) != 1 or set(document) - {*units, WORKING}:
        return None
    (unit,) = units
    return {"amount": document[unit], "unit": unit, "working": document.get(WORKING, False)}


def _moment_in_fields(document: Any, days: Mapping[str, str]) -> dict[str, Any]:
    if document is None:
        return {"how": NONE}
    as_text = {"how": AS_TEXT, "text": written(document)}
    if not isinstance(document, dict):
        return as_text
    if AT not in document:
        told = _duration_in_fields(document)
        return {"how": FROM_START, **told} if told else as_text
    value = document[AT]
    rule = value.get(LIVE) if isinstance(value, dict) else None
    path = rule.get("var") if isinstance(rule, dict) and set(rule) == {"var"} else None
    shifts = [name for name in (MINUS, PLUS) if name in document]
    if path not in days or len(shifts) > 1:
        return as_text
    told = _duration_in_fields(document[shifts[0]]) if shifts else {}
    if told is None:
        return as_text
    return {"how": BY_DAY, "day": path, "shift": shifts[0] if shifts else "", **told}
