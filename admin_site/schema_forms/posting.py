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
    posted: dict[str, list[str]] = {}
    controls = list(form.layout.controls()) if form.layout else []
    for place in _unasked(value, {control.place for control in controls}, ()):
        raise CannotBePosted(f"Nobody is asked for {pointer(place) or 'the whole'}.")
    for control in controls:
        answer = value_at(value, control.place) if control.place else value
        if answer is not MISSING:
            posted |= _sent(form, control, answer)
    return posted


def _sent(form: SchemaForm, control: Control, answer: JSON) -> dict[str, list[str]]:
    name = form.add_prefix(name_of(control.place))
    question = form.fields[name_of(control.place)]
    assert isinstance(question, Question)  # noqa: S101 - every field of the form is one
    if answer in ("", None, []) and control.required and not control.shape.allows_null:
        return {name: [""]} if answer == "" else {}  # left empty, as a browser would
    key = name + KEPT if isinstance(question, FileQuestion) else name
    sent = {key: question.sent(answer)}
    data = QueryDict(mutable=True)
    data.setlist(key, sent[key])
    understood = question.read(question.widget.value_from_datadict(data, {}, name)).value
    if understood is MISSING or not _same(control, understood, answer):
        raise CannotBePosted(f"A form cannot say {answer!r} at {pointer(control.place)}.")
    return sent if sent[key] else {}


def _same(control: Control, understood: JSON, answer: JSON) -> bool:
    """Equal as JSON: 1 and 1.0 are, 1 and true are not. Blank entries of lists are dropped."""
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
