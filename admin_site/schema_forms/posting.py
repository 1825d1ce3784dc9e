"""A value as a browser would send it: the other direction of a form."""

from collections.abc import Iterator

from django.http import QueryDict

from admin_site.schema_forms.files import KEPT, FileQuestion
from admin_site.schema_forms.form import SchemaForm
from admin_site.schema_forms.names import name_of
from admin_site.schema_forms.questions import Question
from definitions.layouts import MISSING, Control, Place, value_at
from definitions.schemas import JSON, pointer
from definitions.schemas.shape import Kind


class CannotBePosted(ValueError):
    """Form data cannot say this: a value of a wrong type, or one nobody is asked for."""


def as_post_data(form: SchemaForm, value: JSON) -> dict[str, list[str]]:
    """What a browser sends when somebody fills in `form` with `value`; as `data` of a test client.

    Raises:
        CannotBePosted: the form has no control for a part of `value`, or cannot tell its type.
    """
    controls = list(form.layout.controls()) if form.layout else []
    for place in _unasked(value, {control.place for control in controls}, ()):
        raise CannotBePosted(f"Nobody is asked for {pointer(place) or 'the whole'}.")
    answered = [
        (control, answer)
        for control in controls
        if (answer := value_at(value, control.place)) is not MISSING
    ]
    sent = QueryDict(mutable=True)
    for control, answer in answered:
        for name, texts in _sent(form, control, answer).items():
            sent.setlist(name, texts)
    understood = form.filled_in(sent).as_typed()
    for control, answer in answered:
        if not _same(control, value_at(understood, control.place), answer):
            raise CannotBePosted(f"A form cannot say {answer!r} at {pointer(control.place)}.")
    return {name: [str(text) for text in sent.getlist(name)] for name in sent}


def _sent(form: SchemaForm, control: Control, answer: JSON) -> dict[str, list[str]]:
    name = form.add_prefix(name_of(control.place))
    if _is_left_empty(control, answer):
        return {name: [""]} if answer == "" else {}
    question = form.fields[name_of(control.place)]
    assert isinstance(question, Question)  # noqa: S101 - every field of the form is one
    texts = question.sent(answer)
    return {name + KEPT if isinstance(question, FileQuestion) else name: texts} if texts else {}


def _is_left_empty(control: Control, answer: JSON) -> bool:
    """Whether the value is what a browser says by sending nothing for a required question."""
    is_nothing = answer == "" or answer is None or answer == []
    return is_nothing and control.required and not control.shape.allows_null


def _same(control: Control, understood: JSON, answer: JSON) -> bool:
    """Equal as JSON: 1 and 1.0 are, 1 and true are not. Blank entries of lists are dropped."""
    if understood is MISSING:
        return _is_left_empty(control, answer)
    if control.shape.kind in {Kind.LIST, Kind.MAP, Kind.OBJECT}:
        return isinstance(understood, type(answer))
    return understood == answer and isinstance(understood, bool) is isinstance(answer, bool)


def _unasked(value: JSON, asked: set[Place], place: Place) -> Iterator[Place]:
    if place in asked:
        return
    if not isinstance(value, dict) or not any(one[: len(place)] == place for one in asked):
        if place or value != {}:
            yield place
        return
    for name, inner in value.items():
        yield from _unasked(inner, asked, (*place, name))
