"""Questions as Django form fields: each reads what a browser sends, as the JSON value it means.

A question never refuses. What cannot be read stays as it was typed, and the schema refuses it like
any other wrong answer, so there is one truth and nothing typed is lost.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from admin_site.schema_forms.numbers import Inexact, read_number, show_number
from admin_site.schema_forms.texts import help_html
from admin_site.schema_forms.widgets import (
    Cards,
    Checkboxes,
    Picker,
    Said,
    Switch,
    Tick,
)
from definitions.layouts import MISSING, Control
from definitions.schemas import JSON
from definitions.schemas.shape import Choice

#: So many choices are shown as cards, if their words are short enough together.
MOST_CARDS = 4
LONGEST_CARDS = 120

_TRUE = {"true", "on", "yes", "1"}
_FALSE = {"false", "off", "no", "0"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered. `value` may be there though nothing was filled in (a switch left off).

    `remark` says why the text could not be read, in place of what the schema would say.
    """

    value: JSON = MISSING
    filled: bool = False
    remark: str = ""


class Question(forms.Field):
    """One control of a layout. `before` is the answer so far (a draft, a default)."""

    #: How its label stands: "above", "legend" (a group of boxes) or "beside" (one box).
    label_stands = "above"
    #: How forms.js reads it: "text", "number", "choice", "choices", "switch", "tick", "list".
    kind = "text"

    def __init__(self, control: Control, widget: forms.Widget, before: JSON = MISSING) -> None:
        help_text = text_option(control, "help") or control.shape.description
        super().__init__(
            required=control.required,
            label=control.title,
            help_text=help_html(help_text),
            widget=widget,
            initial=None if before is MISSING else before,
        )
        self.control = control
        self.before = before

    def clean(self, value: Any) -> Answer:
        return self.read(value)

    def read(self, raw: Any) -> Answer:
        """The answer that the browser's data mean."""
        raise NotImplementedError

    def sent(self, value: JSON) -> list[str]:
        """What a browser sends for the answer `value`; [] for nothing."""
        raise NotImplementedError

    def meanings(self) -> dict[str, JSON]:
        """What its form data stand for, where that is something else than the text itself."""
        return {}

    def nothing(self) -> Answer:
        """No answer: null where one is required and null is one."""
        needs_null = self.control.required and self.control.shape.allows_null
        return Answer(None) if needs_null else Answer()


class TextQuestion(Question):
    """Text, as it was typed; only line breaks are made the same everywhere.

    Blanks alone are no answer to a required question.
    """

    strips = False

    def read(self, raw: Any) -> Answer:
        text = unix_lines(raw if isinstance(raw, str) else "")
        if self.strips:
            text = text.strip()
        if not text or (self.control.required and not text.strip()):
            return self.nothing()
        return Answer(self.meant(text), filled=True)

    def meant(self, text: str) -> JSON:
        """The value that the text stands for."""
        return text

    def shown(self, value: JSON) -> str:
        """The text that stands for the value."""
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else self.shown(value)

    def sent(self, value: JSON) -> list[str]:
        return [self.shown(value)] if isinstance(value, str) else []


class LineQuestion(TextQuestion):
    """Text of a format that never begins or ends with a blank."""

    strips = True


class MomentQuestion(LineQuestion):
    """A day and a time. Browsers know no time zone: it is the company's, which is in force."""

    def meant(self, text: str) -> JSON:
        if self.before is not MISSING and text == self.shown(self.before):
            return self.before
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        if moment.tzinfo is not None or text[10:11] != "T":
            return text
        return timezone.make_aware(moment).isoformat()

    def shown(self, value: JSON) -> str:
        if not isinstance(value, str) or value[10:11] != "T":
            return super().shown(value)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return value
        if moment.tzinfo is not None:
            try:
                moment = timezone.make_naive(moment)
            except (OverflowError, ValueError):  # beyond the first or the last year
                return value
        exact = "minutes" if not (moment.second or moment.microsecond) else "auto"
        return moment.isoformat(timespec=exact)


class TimeQuestion(LineQuestion):
    """A time of day, in the company's time zone as it is today."""

    def meant(self, text: str) -> JSON:
        if self.before is not MISSING and text == self.shown(self.before):
            return self.before
        try:
            moment = time.fromisoformat(text)
        except ValueError:
            return text
        if moment.tzinfo is not None or ":" not in text:
            return text
        today = datetime.combine(timezone.localdate(), moment)
        return timezone.make_aware(today).timetz().isoformat()

    def shown(self, value: JSON) -> str:
        text = super().shown(value)
        try:
            moment = time.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            return text
        return moment.isoformat("auto" if moment.second or moment.microsecond else "minutes")


class NumberQuestion(Question):
    kind = "number"

    def read(self, raw: Any) -> Answer:
        text = raw.strip() if isinstance(raw, str) else ""
        if not text:
            return self.nothing()
        try:
            number = read_number(text)
        except Inexact:
            return Answer(text, filled=True, remark="At most 15 digits can be kept exactly.")
        return Answer(text if number is None else number, filled=True)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        return show_number(value)

    def sent(self, value: JSON) -> list[str]:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return [show_number(value)] if is_number else []


class Keys:
    """Choices of any JSON type, and the texts that stand for them in form data."""

    def __init__(self, choices: Iterable[Choice]) -> None:
        self.choice_of: dict[str, Choice] = {}
        for choice in choices:
            key = choice.value if isinstance(choice.value, str) else json.dumps(choice.value)
            while key in self.choice_of:  # 1 and "1"
                key = f"~{key}"
            self.choice_of[unix_lines(key)] = choice

    def value(self, key: str) -> JSON:
        """The value that a key stands for; a key that stands for none is its own value."""
        key = unix_lines(key)
        if key in self.choice_of:
            return self.choice_of[key].value
        for words, value in ((_TRUE, True), (_FALSE, False)):
            if key.lower() in words and self.key(value) is not None:
                return value
        return key

    def key(self, value: JSON) -> str | None:
        for key, choice in self.choice_of.items():
            if choice.value == value and isinstance(choice.value, bool) is isinstance(value, bool):
                return key
        return None

    def options(self) -> list[tuple[str, str]]:
        return [(key, choice.title) for key, choice in self.choice_of.items()]

    def meanings(self) -> dict[str, JSON]:
        return {key: one.value for key, one in self.choice_of.items() if one.value != key}


class ChoiceQuestion(Question):
    """One of the choices: cards for a few, else a list to choose from."""

    kind = "choice"

    def __init__(
        self, control: Control, choices: tuple[Choice, ...], before: JSON = MISSING
    ) -> None:
        self.keys = Keys(choices)
        as_cards = _is_for_cards(control, choices)
        options = [(key, title) for key, title in self.keys.options() if key]
        empty = self.keys.choice_of.get("")
        if as_cards:
            nothing = [] if control.required and not empty else [("", "No answer")]
            widget: forms.Widget = Cards(choices=[*options, *nothing])
        else:
            words = "Please choose" if control.required else "No answer"
            widget = Picker(choices=[("", words), *options])
        self.label_stands = "legend" if as_cards else "above"
        super().__init__(control, widget, before)

    def read(self, raw: Any) -> Answer:
        if not isinstance(raw, str):
            return self.nothing()
        if raw == "":
            # The empty text is an answer only where one is required and this is a possible one.
            if self.control.required and "" in self.keys.choice_of:
                return Answer("", filled=True)
            return self.nothing()
        return Answer(self.keys.value(raw), filled=True)

    def prepare_value(self, value: Any) -> Any:
        key = self.keys.key(value)
        return (value if isinstance(value, str) else "") if key is None else key

    def meanings(self) -> dict[str, JSON]:
        return self.keys.meanings()

    def sent(self, value: JSON) -> list[str]:
        key = self.keys.key(value)
        return [value] if key is None and isinstance(value, str) else [] if key is None else [key]


class ChoicesQuestion(Question):
    """Several of the choices, each a box."""

    label_stands = "legend"
    kind = "choices"

    def __init__(
        self, control: Control, choices: tuple[Choice, ...], before: JSON = MISSING
    ) -> None:
        self.keys = Keys(choices)
        super().__init__(control, Checkboxes(choices=self.keys.options()), before)

    def read(self, raw: Any) -> Answer:
        given = raw if isinstance(raw, list | tuple) else [raw]
        keys = [key for key in given if key or (key == "" and "" in self.keys.choice_of)]
        if not keys:
            return self.nothing()
        return Answer([self.keys.value(key) for key in keys], filled=True)

    def prepare_value(self, value: Any) -> Any:
        values = value if isinstance(value, list | tuple) else []
        found = ((self.keys.key(entry), entry) for entry in values)
        return [str(entry) if key is None else key for key, entry in found]

    def meanings(self) -> dict[str, JSON]:
        return self.keys.meanings()

    def sent(self, value: JSON) -> list[str]:
        if not isinstance(value, list):
            return []
        found = [(self.keys.key(entry), entry) for entry in value]
        return [str(entry) if key is None else key for key, entry in found]


class SwitchQuestion(Question):
    """Yes or no, off at first: not touching it is a "no", and conditions can read it.

    Where its mere presence would ask for more (`dependentRequired`), off leaves it out instead.
    """

    label_stands = "beside"
    kind = "switch"

    def __init__(self, control: Control, before: JSON, *, off: JSON = False) -> None:
        as_box = wanted_widget(control) == "checkbox"
        super().__init__(control, Tick() if as_box else Switch(), before)
        self.off = off

    def read(self, raw: Any) -> Answer:
        is_on = isinstance(raw, str) and raw != "" and raw.lower() not in _FALSE
        return Answer(True, filled=True) if is_on else Answer(self.off)

    def prepare_value(self, value: Any) -> Any:
        return value.lower() not in {*_FALSE, ""} if isinstance(value, str) else value is True

    def sent(self, value: JSON) -> list[str]:
        return ["on"] if value is True else []


class TickQuestion(Question):
    """A box that stands for one value ("I agree"); without a tick there is no answer."""

    label_stands = "beside"
    kind = "tick"

    def __init__(self, control: Control, value: JSON, before: JSON = MISSING) -> None:
        super().__init__(control, Tick(), before)
        self.value = value

    def read(self, raw: Any) -> Answer:
        is_ticked = isinstance(raw, str) and raw != "" and raw.lower() not in _FALSE
        return Answer(self.value, filled=True) if is_ticked else self.nothing()

    def prepare_value(self, value: Any) -> Any:
        return value is not None and (value == self.value or value == "on")

    def sent(self, value: JSON) -> list[str]:
        return ["on"] if value == self.value else []

    def meanings(self) -> dict[str, JSON]:
        return {"on": self.value}


class FixedQuestion(Question):
    """A required constant: said, not asked."""

    label_stands = "legend"

    def __init__(self, control: Control, choice: Choice) -> None:
        super().__init__(control, Said(), choice.title)
        self.value = choice.value
        self.required = False

    def read(self, raw: Any) -> Answer:
        return Answer(self.value)

    def prepare_value(self, value: Any) -> Any:
        return self.initial

    def sent(self, value: JSON) -> list[str]:
        return []


class WrittenQuestion(TextQuestion):
    """Anything a page has no control for, written as JSON; what is no JSON is plain text."""

    strips = True

    def meant(self, text: str) -> JSON:
        value = parsed(text)
        return text if value is MISSING else value

    def shown(self, value: JSON) -> str:
        if isinstance(value, str) and parsed(value) is MISSING:
            return value
        return json.dumps(value, ensure_ascii=False, indent=1)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return Typed(data or "")

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, Typed) else super().prepare_value(value)

    def sent(self, value: JSON) -> list[str]:
        return [self.shown(value)]


class Typed(str):
    """A text that somebody typed: shown again as it is."""

    __slots__ = ()


def parsed(text: str) -> JSON:
    """The JSON value of a text; MISSING if it is none, or one that cannot be kept."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return MISSING


def unix_lines(text: str) -> str:
    """Browsers send line breaks as CR LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def wanted_widget(control: Control) -> str:
    """The widget that the layout, or else the schema, asks for; "" if none."""
    named = text_option(control, "widget") or control.shape.widget
    is_radio = control.options.get("format") == "radio"
    return "radio" if is_radio and not named else named


def _is_for_cards(control: Control, choices: tuple[Choice, ...]) -> bool:
    wanted = wanted_widget(control)
    if wanted in {"radio", "select"}:
        return wanted == "radio"
    return len(choices) <= MOST_CARDS and sum(len(c.title) for c in choices) <= LONGEST_CARDS


def text_option(control: Control, name: str) -> str:
    """An option of the layout that is a text; "" if it is not there."""
    value = control.options.get(name, "")
    return value if isinstance(value, str) else ""
