"""What the desk asks before it acts."""

from collections.abc import Sequence
from typing import Any

from django import forms

from admin_site.files import CommentBaseForm
from admin_site.forms import LONGEST_REASON, PlainForm, ReasonForm
from admin_site.inside import InnerRun
from admin_site.statuses import TEAM_ONLY
from definitions.graph import WorkflowGraph
from tenants.models import User

NOBODY = "Whoever is free next"


class OptionalReasonForm(PlainForm):
    """Asks why, and takes no answer for one."""

    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Goes into the history.",
    )


class MoveForm(ReasonForm):
    """Where to, and why; with `inside`, also to a step of a workflow inside of the ticket's own."""

    field_order = ("task_key", "reason")

    def __init__(
        self,
        *args: Any,
        graph: WorkflowGraph,
        current: str = "",
        inside: Sequence[InnerRun] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._inside = {f"{one.run.pk}/": one for one in inside}
        choices: list[Any] = [("", "Choose a step"), *_steps(graph, current)]
        for start, one in self._inside.items():
            choices.append((f"In {one.title}", _steps(one.graph, current, start)))
        self.fields["task_key"] = forms.ChoiceField(label="Step", choices=choices)
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        """With `run`, where the step is one inside."""
        cleaned = super().clean() or self.cleaned_data
        chosen = cleaned.get("task_key", "")
        for start, one in self._inside.items():
            if chosen.startswith(start):
                return {**cleaned, "task_key": chosen.removeprefix(start), "run": one.run}
        return cleaned


def _steps(graph: WorkflowGraph, current: str, start: str = "") -> list[tuple[str, str]]:
    """`current` and the values begin with `start`: the key of the run, where it is one inside."""
    return [
        (value, f"{node.label} (it is here now)" if value == current else node.label)
        for key, node in graph.tasks.items()
        for value in [f"{start}{key}"]
    ]


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A task worker, with how much they have to do."""

    def label_from_instance(self, obj: User) -> str:
        load = getattr(obj, "load", None)
        number = load.open_tasks if load else 0
        away = "" if obj.is_available else ", away"
        return f"{obj} ({number} open{away})"


class AssignForm(OptionalReasonForm):
    """To whom; nobody means whoever is free next."""

    field_order = ("assignee", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        workers = User.objects.active().holding("task_worker").select_related("load")
        self.fields["assignee"] = PersonField(
            workers.order_by("-is_available", "first_name", "last_name"),
            label="Assign to",
            required=False,
            empty_label=NOBODY,
        )
        self.order_fields(self.field_order)


class CommentForm(CommentBaseForm):
    """A word to the people of a ticket, or to the team only."""

    text = forms.CharField(
        label="Comment",
        max_length=10_000,
        widget=forms.Textarea(
            attrs={"rows": 3, "placeholder": "Write to everybody on this ticket"}
        ),
    )
    is_internal = forms.BooleanField(label=TEAM_ONLY, required=False)


class NotesForm(PlainForm):
    """What was done about an error."""

    notes = forms.CharField(
        label="What was done",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The next person with the same error reads it.",
    )


class RetryForm(ReasonForm):
    """Why, and whether every ticket that stopped for the same reason tries again too.

    `in_doubt`: it may have been done already, so nobody tries again without having asked.
    """

    has_asked = forms.BooleanField(
        label="I have asked the other system: it was not done, or doing it twice does no harm"
    )
    others = forms.BooleanField(required=False, initial=True)
    field_order = ("has_asked", "reason", "others")

    def __init__(
        self, *args: Any, other_tickets: int = 0, in_doubt: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)
        if not in_doubt:
            del self.fields["has_asked"]
        if other_tickets:
            more = (
                "the other ticket" if other_tickets == 1 else f"the {other_tickets} other tickets"
            )
            self.fields["others"].label = f"Also {more} that stopped for the same reason"
        else:
            del self.fields["others"]

    @property
    def why(self) -> str:
        """After `is_valid()` said yes."""
        given: str = self.cleaned_data["reason"]
        return given
