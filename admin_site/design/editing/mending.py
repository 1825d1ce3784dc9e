"""Where what the check tells can be mended."""

from typing import TYPE_CHECKING

from definitions.graph import WorkflowGraph
from definitions.models import WorkflowDefinition

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign

#: Parts of a step that have a page of their own.
_OF_FORMS = {
    "output_schema": "step_form",
    "edit_layout": "step_form_layout",
    "display_layout": "step_form_reading",
    "input_schema": "step_form_before",
}


def mending_url(
    admin: "WorkflowDesign", row: WorkflowDefinition, graph: WorkflowGraph, place: str
) -> str:
    """The page that changes what a JSON pointer into the workflow's document names."""
    _, section, number, part = [*place.split("/")[:4], "", "", ""][:4]
    verb, key, anchor = "", None, ""
    if section == "tasks" and number.isdecimal() and int(number) < len(graph.tasks):
        key = list(graph.tasks)[int(number)]
        verb = _OF_FORMS.get(part, "step")
    elif section == "transitions" and number.isdecimal() and int(number) < len(graph.edges):
        edge = graph.edges[int(number)]
        key, verb = edge.source, "start_ways" if edge.source is None else "step_ways"
        beside = graph.outgoing(edge.source, edge.after)
        anchor = f"#way-{edge.after}-{beside.index(edge)}"
    elif section == "fields":
        verb = "data"
    elif section == "scenarios":
        verb, anchor = "scenarios", f"#scenario-{number}" if number.isdecimal() else ""
    known = {*admin.verbs, *admin.addresses}
    if verb not in known:
        verb, anchor = "step" if key is not None else "edit", ""
    more = (key,) if "<step:key>" in admin.addresses.get(verb, "") and key is not None else ()
    return admin.verb_url(row, verb, *more) + anchor
