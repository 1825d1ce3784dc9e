"""A Django form for a JSON Schema and its layout."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django import forms
from django.utils import timezone

from admin_site.schema_forms.choosing import scalar_question
from admin_site.schema_forms.drawing import Section, sections
from admin_site.schema_forms.files import FileQuestion, Sent, Shelf
from admin_site.schema_forms.lists import ListQuestion, is_listable, written_question
from admin_site.schema_forms.names import name_of
from admin_site.schema_forms.questions import Answer, Question
from definitions import layouts
from definitions.layouts import MISSING, Control, Fieldset, Layout, Place, value_at
from definitions.schemas import JSON, Problem, UnusableSchema, check_storable, pointer, steps
from definitions.schemas.shape import Kind, Shape, humanised
from definitions.schemas.words import FILL_IN

FILL_IN_PART = "Please fill in this part."
#: What to do about a missing answer, by the kind of its control.
MISSING_WORDS = {
    "choice": "Please choose an answer.",
    "choices": "Please choose at least one.",
    "list": "Please add an entry.",
    "tick": "Please tick this to go on.",
}


class SchemaForm(forms.Form):
    """Asks for what a schema describes; after `is_valid()`, `.value` is the JSON value.

    `.problems` has everything that is wrong, with the place of each. `.draft` is what was typed so
    far, whether right or wrong, to be given back as `initial`. A schema that cannot be used makes a
    form without fields that is never valid; `.refusal` says why.
    """

    use_required_attribute = False  # a hidden or half-filled part must not stop the browser
    template_name = "schema_forms/form.html"

    class Media:
        css = {"all": ["admin_site/forms.css"]}
        js = ["admin_site/forms.js"]

    def __init__(
        self,
        schema: JSON,
        layout: JSON = None,
        *,
        data: Any = None,
        files: Any = None,
        initial: JSON = None,
        prefix: str = "",
        now: datetime | None = None,
        shelf: Shelf | None = None,
        scripts: bool = True,
    ) -> None:
        super().__init__(data, files, prefix=prefix or None)
        self._documents = (schema, layout)
        self.refusal = ""
        self.problems: list[Problem] = []
        self.group_errors: dict[Place, list[str]] = {}
        self.now = now or timezone.now()
        self._before = initial
        self._shelf = shelf
        self._scripts = scripts
        self._value: JSON = MISSING
        self._questions: dict[Place, Question] = {}
        self._names: dict[Place, str] = {}
        self._filled: set[Place] = set()
        try:
            self.layout: Layout | None = layouts.compiled(schema, layout)
        except UnusableSchema as error:
            self.layout = None
            self.refusal = f"This form cannot be shown. {error.problems[0].message}"
            return
        for control in self.layout.controls():
            self._ask(control)
        self._take_files()

    # --- What it asks --------------------------------------------------------------------------

    def _ask(self, control: Control) -> None:
        before = self._answer_before(control)
        question = self._question(control, before)
        question.disabled = control.options.get("readonly") is True
        name = name_of(control.place)
        self._questions[control.place] = question
        self._names[control.place] = name
        self.fields[name] = question

    def _question(self, control: Control, before: JSON) -> Question:
        if layouts.asks_for_file(control):
            return FileQuestion(control, before, self._shelf)
        around = self._shape_at(control.place[:-1])
        question = scalar_question(control, before, around.triggers)
        if question is not None:
            return question
        if self._scripts and is_listable(control.shape):
            return ListQuestion(control, before, _row_form)
        return written_question(control, before)

    def _answer_before(self, control: Control) -> JSON:
        """The answer so far, else the default that the schema gives it or a group around it."""
        place = control.place
        answer = MISSING if self._before is None else value_at(self._before, place)
        if answer is not MISSING:
            return answer
        default = control.shape.get("default", MISSING)
        for length in range(len(place) - 1, -1, -1):
            if default is not MISSING:
                break
            of_group = self._shape_at(place[:length]).get("default", MISSING)
            default = value_at(of_group, place[length:])
        return default

    def _shape_at(self, place: Place) -> Shape:
        assert self.layout is not None  # noqa: S101 - only forms with a layout ask questions
        shape = self.layout.shape
        for name in place:
            known = shape.properties.get(name)
            shape = known if known is not None else shape.extras[name][0]
        return shape

    def filled_in(self, data: Any) -> "SchemaForm":
        """The same form with `data` as sent by a browser."""
        return SchemaForm(
            *self._documents,
            data=data,
            initial=self._before,
            prefix=self.prefix or "",
            now=self.now,
            shelf=self._shelf,
            scripts=self._scripts,
        )

    # --- What was answered ---------------------------------------------------------------------

    @property
    def value(self) -> JSON:
        """The JSON value; only after `is_valid()` said yes."""
        if self._value is MISSING:
            raise ValueError("The form is not valid, so it has no value. Ask is_valid() first.")
        return self._value

    def _take_files(self) -> None:
        """What was chosen is kept now: whatever is wrong elsewhere, it need not be chosen again."""
        for place, question in self._questions.items():
            if isinstance(question, FileQuestion) and self.is_bound and not question.disabled:
                sent = self[self._names[place]].data
                question.take(sent if isinstance(sent, Sent) else Sent())

    @property
    def draft(self) -> JSON:
        """What was typed so far, wrong answers included; always storable.

        A field emptied on purpose stays empty: its default does not come back.
        """
        if self.layout is None:
            return {}
        value = self.as_typed()
        for place, question in self._questions.items():
            has_default = question.control.shape.get("default") is not None
            if has_default and value_at(value, place) is MISSING and isinstance(value, dict):
                value = _put(value, place, "")
        bad = {steps(problem.path) for problem in check_storable(value)}
        value = layouts.without(value, bad)
        return {} if check_storable(value) else value

    def as_typed(self) -> JSON:
        """The answers put together, unchecked."""
        return self._assembled({place: self._read(place) for place in self._questions})

    def _read(self, place: Place) -> Answer:
        bound = self[self._names[place]]
        if self._questions[place].disabled or not self.is_bound:
            return self._unchanged(place)
        return self._questions[place].read(bound.data)

    def _unchanged(self, place: Place) -> Answer:
        before = self._questions[place].before
        return Answer() if before is MISSING else Answer(before, filled=True)

    def _assembled(self, answers: Mapping[Place, Answer]) -> JSON:
        if () in answers:
            return answers[()].value
        tree: dict[str, Any] = {}
        for place, answer in answers.items():
            node = tree
            for name in place[:-1]:
                node = node.setdefault(name, {})
            node[place[-1]] = answer
        return self._group_value(tree, ())[0]

    def _group_value(self, tree: Mapping[str, Any], place: Place) -> tuple[dict[str, JSON], bool]:
        """The value of a group, and whether anything in it was filled in.

        Groups that are optional and empty are left out, with the switches nobody touched in them.
        """
        value: dict[str, JSON] = {}
        any_filled = False
        required = self._shape_at(place).required
        for name, node in tree.items():
            if isinstance(node, Answer):
                if node.value is not MISSING:
                    value[name] = node.value
                any_filled = any_filled or node.filled
                continue
            inner, filled = self._group_value(node, (*place, name))
            if filled or name in required:
                value[name] = inner
            any_filled = any_filled or filled
        if any_filled:
            self._filled.add(place)
        return value, any_filled

    # --- Whether it is right -------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        if self.layout is None:
            self.add_error(None, self.refusal)
            return self.cleaned_data
        answers = {place: self.cleaned_data[name] for place, name in self._names.items()}
        state = self.layout.state(self._assembled(answers), now=self.now)
        answers |= {place: self._unchanged(place) for place in state.locked}
        checked = self.layout.checked(self._assembled(answers), now=self.now)
        hidden = checked.state.hidden
        remarks = {
            place: answer.remark
            for place, answer in answers.items()
            if answer.remark and place not in hidden
        }
        self.show_problems([*self._remarked(remarks), *_apart_from(remarks, checked.problems)])
        if not self.problems:
            self._value = checked.value
        return self.cleaned_data

    def _remarked(self, remarks: Mapping[Place, str]) -> Iterator[Problem]:
        for place, remark in remarks.items():
            yield Problem(pointer(place), remark, "unreadable")

    def show_problems(self, problems: list[Problem]) -> None:
        """Show each problem beside the question that is nearest to its place."""
        self.problems.extend(problems)
        for problem in self._empty_groups(problems):
            self.problems.append(problem)
            self.group_errors.setdefault(steps(problem.path), []).append(problem.message)
        inside: dict[Place, list[Problem]] = {}
        for problem in problems:
            place = steps(problem.path)
            near = self._nearest(place)
            if near is None:
                self._show_on_group(place, problem)
                continue
            words = self._words(near, place[len(near) :], problem)
            if words not in self._messages(near):
                self._add(self._names[near], words)
            path = pointer(place[len(near) :])
            inside.setdefault(near, []).append(Problem(path, problem.message, problem.keyword))
        for place, found in inside.items():
            question = self._questions[place]
            if isinstance(question, ListQuestion):
                question.show_problems(found)

    def _empty_groups(self, problems: list[Problem]) -> Iterator[Problem]:
        """A required group with nothing in it is itself something that was not filled in.

        Its heading says so; the summary has the fields in it, which are enough.
        """
        for fieldset in self._groups():
            if fieldset.place is None or not fieldset.required or fieldset.place in self._filled:
                continue
            start = pointer(fieldset.place) + "/"
            if any(p.keyword == "required" and p.path.startswith(start) for p in problems):
                yield Problem(pointer(fieldset.place), FILL_IN_PART, "required")

    def _nearest(self, place: Place) -> Place | None:
        for length in range(len(place), -1, -1):
            if place[:length] in self._questions:
                return place[:length]
        return None

    def _show_on_group(self, place: Place, problem: Problem) -> None:
        labels = {f.place: f.label for f in self._groups() if f.place is not None}
        for length in range(len(place), 0, -1):
            if place[:length] in labels:
                self.group_errors.setdefault(place[:length], []).append(problem.message)
                self._add(None, f"{labels[place[:length]]}: {problem.message}")
                return
        words = f"{humanised(place[-1])}: {problem.message}" if place else problem.message
        self._add(None, words)

    def _words(self, near: Place, rest: Place, problem: Problem) -> str:
        """The message, with the way to the place inside a list in front of it."""
        question = self._questions[near]
        if problem.message == FILL_IN and not rest:
            return MISSING_WORDS.get(question.kind, FILL_IN)
        way = ", ".join(_way(question.control.shape, rest))
        return f"{way}: {problem.message}" if way else problem.message

    def _messages(self, place: Place) -> list[str]:
        return [str(message) for message in self.errors.get(self._names[place], ())]

    def _add(self, name: str | None, message: str) -> None:
        if not self.errors and not hasattr(self, "cleaned_data"):
            self.cleaned_data = {}  # shown without having been checked: a row of a list
        self.add_error(name, forms.ValidationError(message))

    def _groups(self) -> Iterator[Fieldset]:
        waiting = [f for tab in (self.layout.tabs if self.layout else ()) for f in tab.fieldsets]
        while waiting:
            fieldset = waiting.pop()
            yield fieldset
            waiting += [c for row in fieldset.rows for c in row.cells if isinstance(c, Fieldset)]

    @property
    def wrong(self) -> list[forms.BoundField]:
        """The fields with something wrong, in the order of the page."""
        return [self[name] for name in self.fields if name in self.errors]

    @cached_property
    def sections(self) -> list[Section]:
        """What templates draw."""
        return sections(self)


def form_for(
    schema: JSON,
    layout: JSON = None,
    *,
    data: Any = None,
    files: Any = None,
    initial: JSON = None,
    prefix: str = "",
    now: datetime | None = None,
    shelf: Shelf | None = None,
) -> SchemaForm:
    """The form for a schema.

    data, files: what a browser sent, as `request.POST` and `request.FILES`.
    initial: the answers so far, any part of them, right or wrong (a draft, presets).
    now: the time that rules of the layout see; the present one if not given.
    shelf: keeps the files that are chosen; without one, samples stand in for them.
    """
    return SchemaForm(
        schema,
        layout,
        data=data,
        files=files,
        initial=initial,
        prefix=prefix,
        now=now,
        shelf=shelf,
    )


def _row_form(schema: JSON, layout: JSON, **given: Any) -> SchemaForm:
    """The form of one entry of a list, without scripts."""
    return SchemaForm(schema, layout, scripts=False, **given)


def _apart_from(remarks: Mapping[Place, str], problems: tuple[Problem, ...]) -> list[Problem]:
    """Problems of answers that could be read at all."""
    starts = tuple(pointer(place) for place in remarks)
    return [
        problem
        for problem in problems
        if not any(problem.path == s or problem.path.startswith(s + "/") for s in starts)
    ]


def _put(value: JSON, place: Place, entry: JSON) -> JSON:
    """A copy of the value with `entry` at the place."""
    if not place:
        return entry
    around = value if isinstance(value, dict) else {}
    return {**around, place[0]: _put(around.get(place[0], {}), place[1:], entry)}


def _way(shape: Shape | None, rest: Place) -> Iterator[str]:
    """("0", "how_many") -> "Entry 1", "How many"."""
    for step in rest:
        if shape is not None and shape.kind in {Kind.LIST, Kind.CHOICES}:
            if shape.kind is Kind.LIST:
                yield f"Entry {int(step) + 1}" if step.isdecimal() else step
            shape = shape.items
            continue
        inner = shape.properties.get(step) if shape is not None else None
        yield (inner.title if inner is not None else "") or humanised(step)
        shape = inner
