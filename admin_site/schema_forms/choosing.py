"""Which question, and which control, a shape asks for."""

from typing import Any

from admin_site.schema_forms.numbers import show_number
from admin_site.schema_forms.questions import (
    ChoiceQuestion,
    ChoicesQuestion,
    FixedQuestion,
    LineQuestion,
    MomentQuestion,
    NumberQuestion,
    Question,
    SwitchQuestion,
    TextQuestion,
    TickQuestion,
    TimeQuestion,
    text_option,
    wanted_widget,
)
from admin_site.schema_forms.widgets import Line, Paragraph
from definitions.layouts import MISSING, Control
from definitions.schemas import JSON
from definitions.schemas.shape import Choice, Kind

#: Text that may be longer than this gets a field of several lines.
LONGEST_LINE = 255

_LINES = {"date": "date", "email": "email", "idn-email": "email", "uri": "url", "iri": "url"}


def scalar_question(control: Control, before: JSON, triggers: frozenset[str]) -> Question | None:
    """The question for a control, unless it is a list, a group or a file (see `lists`, `files`)."""
    shape = control.shape
    choices = shape.choices or ()
    if shape.kind is Kind.AGREE:
        return TickQuestion(control, True, before)
    if shape.kind is Kind.CONSTANT:
        if control.required:
            return FixedQuestion(control, choices[0])
        return TickQuestion(control, choices[0].value, before)
    if shape.kind is Kind.CHOICE:
        return ChoiceQuestion(control, choices, before)
    if shape.kind is Kind.CHOICES and shape.items is not None:
        return ChoicesQuestion(control, shape.items.choices or (), before)
    if shape.kind is Kind.BOOLEAN:
        return _boolean_question(control, before, triggers)
    if shape.kind in {Kind.NUMBER, Kind.INTEGER}:
        return NumberQuestion(control, _number_line(control), before)
    if shape.kind is Kind.STRING:
        return _text_question(control, before)
    return None


def _boolean_question(control: Control, before: JSON, triggers: frozenset[str]) -> Question:
    """A required yes or no has to be given, so it has two cards; an optional one is a switch."""
    wanted = wanted_widget(control)
    if control.options.get("toggle") is True:
        wanted = "switch"
    if wanted not in {"switch", "checkbox"} and (control.required or wanted in {"radio", "select"}):
        return ChoiceQuestion(control, (Choice(True, "Yes"), Choice(False, "No")), before)
    is_trigger = bool(control.place) and control.place[-1] in triggers
    off = MISSING if is_trigger and not control.required else False
    return SwitchQuestion(control, before, off=off)


def _text_question(control: Control, before: JSON) -> Question:
    shape = control.shape
    if shape.format == "date-time":
        return MomentQuestion(control, _line(control, "datetime-local"), before)
    if shape.format == "time":
        return TimeQuestion(control, _line(control, "time"), before)
    if _is_long(control, before):
        rows = control.options.get("rows", 4)
        attrs = {"rows": rows if isinstance(rows, int) else 4, **_hints(control)}
        return TextQuestion(control, Paragraph(attrs), before)
    question = LineQuestion if shape.format else TextQuestion
    return question(control, _line(control, _LINES.get(shape.format, "text")), before)


def _is_long(control: Control, before: JSON) -> bool:
    shape = control.shape
    wanted = wanted_widget(control)
    if wanted == "textarea" or control.options.get("multi") is True:
        return True
    if wanted == "text" or shape.format in _LINES:
        return False
    longest = shape.get("maxLength", 0)
    if shape.format in {"textarea", "multiline", "markdown"} or longest > LONGEST_LINE:
        return True
    shown = (before, shape.get("default"), *shape.examples)
    return any(isinstance(text, str) and "\n" in text for text in shown)


def _number_line(control: Control) -> Line:
    shape = control.shape
    is_money = wanted_widget(control) == "money"
    step = shape.get("multipleOf") or (1 if shape.kind is Kind.INTEGER else None)
    attrs: dict[str, Any] = {"step": 0.01 if is_money and step is None else step or "any"}
    for keyword, attribute in (("minimum", "min"), ("maximum", "max")):
        if shape.get(keyword) is not None:
            attrs[attribute] = show_number(shape.get(keyword))
    attrs["inputmode"] = "numeric" if shape.kind is Kind.INTEGER else "decimal"
    return _line(control, "number", attrs)


def _line(control: Control, kind: str, attrs: dict[str, Any] | None = None) -> Line:
    return Line(
        kind,
        attrs={**(attrs or {}), **_hints(control)},
        prefix=text_option(control, "prefix") or text_option(control, "currency"),
        suffix=text_option(control, "suffix"),
    )


def _hints(control: Control) -> dict[str, str]:
    example = text_option(control, "placeholder") or next(iter(control.shape.examples), "")
    return {"placeholder": example} if example else {}
