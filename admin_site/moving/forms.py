"""Why, and which step takes the place of one that is no more."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from django import forms

from admin_site.forms import ReasonForm
from definitions.graph import WorkflowGraph


def field_of(key: str) -> str:
    """A name for the field of a step: its key may be anything that people write."""
    return f"step_{sha256(key.encode()).hexdigest()[:12]}"


class MoveVersionForm(ReasonForm):
    """The reason, after a choice for each step that needs one."""

    def __init__(
        self,
        *args: Any,
        graph: WorkflowGraph,
        steps: Mapping[str, str],
        chosen: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        """`steps`: key -> title of those to be chosen for; `chosen`: what is chosen so far."""
        super().__init__(*args, **kwargs)
        choices = [("", "Not chosen: its tickets stay")]
        choices += [(key, node.label) for key, node in graph.tasks.items()]
        for key, title in steps.items():
            self.fields[field_of(key)] = forms.ChoiceField(
                label=f"“{title}” goes on as",
                choices=choices,
                required=False,
                initial=chosen.get(key, ""),
            )
        self.order_fields([*map(field_of, steps), "reason"])

    @property
    def choices(self) -> list[Any]:
        """The fields of steps, to be drawn apart."""
        return [self[name] for name in self.fields if name.startswith("step_")]


def chosen_in(sent: Mapping[str, Any], keys: Iterable[str], graph: WorkflowGraph) -> dict[str, str]:
    """What was chosen: key of a step -> key of the one that takes its place."""
    found = {key: str(sent.get(field_of(key), "")) for key in keys}
    return {key: to for key, to in found.items() if to in graph.tasks}
