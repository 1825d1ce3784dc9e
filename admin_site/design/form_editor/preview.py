"""The form as people meet it, beside its editor, with what was typed into it so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.http import QueryDict

from admin_site.schema_forms import SchemaForm, form_for, read_answers
from admin_site.schema_forms.answers import Told
from definitions.layouts import MISSING
from definitions.schemas import JSON, UnusableSchema
from definitions.schemas.shape import Kind, Shape, shape_of

#: Names of the preview's own fields begin like this, so that they mix with nothing.
PREFIX = "try"
DEEPEST = 4
WHEN = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)


@dataclass(slots=True)
class Preview:
    """`form` is None where there is nothing to ask yet; `told` is the form when it is read."""

    form: SchemaForm | None = None
    told: list[Told] = field(default_factory=list)
    words: str = ""

    @property
    def is_empty(self) -> bool:
        return self.form is None or not self.form.fields


def preview(schema: JSON, layout: JSON, display: JSON, sent: QueryDict | None) -> Preview:
    """The form of a schema with its layouts. `sent`: the page's fields, the preview's among them.

    Nothing in a preview is wrong: answers are shown as they were typed, and not checked.
    """
    if not schema:
        return Preview(words="Nothing is asked yet. The form appears here as you build it.")
    typed = _typed(schema, layout, sent)
    form = form_for(schema, layout, initial=typed, prefix=PREFIX)
    if form.refusal:
        return Preview(words=form.refusal)
    filled = typed if isinstance(typed, dict) else {}
    read = {**sample_of(schema), **{name: value for name, value in filled.items() if value != ""}}
    return Preview(form, read_answers(schema, read, display=display, edit=layout))


def _typed(schema: JSON, layout: JSON, sent: QueryDict | None) -> JSON:
    if sent is None or not any(name.startswith(f"{PREFIX}-") for name in sent):
        return None
    return form_for(schema, layout, data=sent, prefix=PREFIX).draft


# What an answer may look like


def sample_of(schema: JSON) -> dict[str, JSON]:
    """An answer to every question of a form, to show how answers are read."""
    try:
        shape = shape_of(schema)
        return _group(shape, 0) if shape.kind is Kind.OBJECT else {}
    except (UnusableSchema, LookupError, TypeError, ValueError, RecursionError):
        return {}


def _group(shape: Shape, depth: int) -> dict[str, JSON]:
    found = {name: _sample(inner, depth + 1) for name, inner in shape.properties.items()}
    return {name: value for name, value in found.items() if value is not MISSING}


def _sample(shape: Shape, depth: int) -> JSON:
    default = shape.get("default")
    if default not in (None, "", [], {}):
        return default
    if depth > DEEPEST:
        return MISSING
    if shape.kind is Kind.OBJECT:
        return _group(shape, depth)
    if shape.kind is Kind.LIST:
        return [_sample(shape.items, depth + 1)] if shape.items is not None else ["One", "Another"]
    if shape.kind is Kind.CHOICES and shape.items is not None:
        return [choice.value for choice in (shape.items.choices or ())[:2]]
    if shape.choices:
        return shape.choices[0].value
    if shape.kind is Kind.BOOLEAN:
        return True
    if shape.kind in {Kind.NUMBER, Kind.INTEGER}:
        return shape.get("minimum") or 42
    return _text(shape) if shape.kind is Kind.STRING else MISSING


_FORMATS: Mapping[str, str] = {
    "date": WHEN.date().isoformat(),
    "date-time": WHEN.isoformat(),
    "time": "09:30:00",
    "email": "ana@example.com",
    "uri": "https://example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def _text(shape: Shape) -> Any:
    if shape.examples:
        return shape.examples[0]
    return _FORMATS.get(
        shape.format, f"An answer to “{shape.title}”" if shape.title else "An answer"
    )
