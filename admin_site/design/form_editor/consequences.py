"""What else a change of a form's questions means: what follows by itself, and what would break."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter

from admin_site.design.editing.saving import Document
from admin_site.design.form_editor.subject import LAYOUT, QUESTIONS, READING, Subject
from definitions.arrangements import (
    asked_at,
    layout_renamed,
    layout_with_new,
    layout_without,
    rules_on,
)
from definitions.editing.answers import readers_of, rename_answers
from definitions.graph import TICKET
from definitions.models import TicketDefinition
from definitions.questions import mentioned_in
from definitions.schemas import JSON
from definitions.services import document_of


@dataclass(frozen=True, slots=True)
class Broken:
    """A name that is gone and still read. `now`: the new name, where it only has another one."""

    name: str
    title: str
    places: Sequence[str]
    now: str = ""


@dataclass(slots=True)
class Change:
    """New questions for a form, with the names that changed against what is saved."""

    schema: JSON
    before: JSON
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def removed(self) -> list[str]:
        now = _names(self.schema)
        return [name for name in _names(self.before) if name not in now and not self._moved(name)]

    @property
    def added(self) -> list[str]:
        known = {*_names(self.before), *self.renamed.values()}
        return [name for name in _names(self.schema) if name not in known]

    def _moved(self, name: str) -> bool:
        return name in self.renamed


def _names(schema: JSON) -> Mapping[str, JSON]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return properties if isinstance(properties, Mapping) else {}


def layout_after(layout: JSON, change: Change, *, places_new: bool) -> JSON:
    """A layout that follows its form."""
    known = {old: new for old, new in change.renamed.items() if old in _names(change.before)}
    layout = layout_without(layout_renamed(layout, known), change.removed)
    return layout_with_new(layout, change.added) if places_new else layout


def document_after(subject: Subject, document: Document, change: Change) -> Document:
    """The document with the questions, and with everything that follows them by itself."""
    parts = {
        QUESTIONS: change.schema,
        LAYOUT: layout_after(subject.part(LAYOUT), change, places_new=True),
        READING: layout_after(subject.part(READING), change, places_new=False),
    }
    made = subject.with_parts(document, parts)
    if not change.renamed:
        return made
    if subject.is_step:
        return rename_answers(made, subject.key, change.renamed)[0]
    if made.get("title_template"):
        made["title_template"] = _renamed_title(made["title_template"], change.renamed)
    return made


def _renamed_title(template: str, names: Mapping[str, str]) -> str:
    return re.sub(
        r"(?<!\{)\{([^{}]+)\}(?!\})",
        lambda found: "{" + names.get(found[1], found[1]) + "}",
        template,
    )


def broken_by(subject: Subject, change: Change) -> list[Broken]:
    """Names that something still reads although they are gone."""
    found = [
        Broken(name, _title(change.before, name), list(_places(subject, change, name)))
        for name in change.removed
    ]
    if not subject.is_step:  # a workflow is another definition: it is not changed along
        found += [
            Broken(old, _title(change.before, old), places, new)
            for old, new in change.renamed.items()
            if (places := _read_by_workflow(subject, old))
        ]
    return [one for one in found if one.places]


def _places(subject: Subject, change: Change, name: str) -> Iterator[str]:
    asked = asked_at(change.before)
    for sentence in rules_on(subject.part(LAYOUT), name, asked):
        yield f"A rule of the arrangement: {sentence}"
    if name in set(mentioned_in(change.schema)):
        yield "The form itself: a question or condition depends on it"
    if subject.is_step:
        yield from readers_of(subject.editing.document, subject.key, name)
        return
    yield from _read_by_workflow(subject, name)
    if name in _in_title(subject.holder.get("title_template")):
        yield "The name of its tickets"


def _read_by_workflow(subject: Subject, name: str) -> list[str]:
    row = subject.row
    if not isinstance(row, TicketDefinition):
        return []
    document = document_of(row.workflow)
    return [f"{row.workflow}: {place}" for place in readers_of(document, TICKET, name)]


def _in_title(template: JSON) -> set[str]:
    try:
        parts = list(Formatter().parse(str(template or "")))
    except ValueError:
        return set()
    return {name for _, name, _, _ in parts if name}


def _title(schema: JSON, name: str) -> str:
    inner = _names(schema).get(name)
    title = inner.get("title") if isinstance(inner, Mapping) else None
    return str(title or name)
