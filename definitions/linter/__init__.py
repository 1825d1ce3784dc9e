"""What is wrong with a workflow, in words for the person who draws it.

Pure: no Django, no clock, no database. Each check is one function in `RULES`; a new check is a new
function there. Errors block publishing: a ticket would certainly stop there. Warnings do not.
"""

from collections.abc import Collection, Sequence
from itertools import islice

from definitions.actions.rules import NetworkRules
from definitions.graph import WorkflowGraph
from definitions.linter import decided, drawn, kinds, reads, typed, ways
from definitions.linter.drawing import Drawing
from definitions.linter.drawn import KEY, LONGEST_KEY
from definitions.linter.known import Form
from definitions.problems import Problem, Severity

__all__ = [
    "KEY",
    "LONGEST_KEY",
    "MOST_PER_RULE",
    "RULES",
    "Form",
    "Problem",
    "Severity",
    "problems",
]

#: A longer list helps nobody, and looking for what was meant takes its time.
MOST_PER_RULE = 100

#: Name, severity and function of each rule, in the order in which they report: errors first.
RULES = (
    ("no-start", Severity.ERROR, drawn.no_start),
    ("bad-key", Severity.ERROR, drawn.bad_key),
    ("unknown-word", Severity.ERROR, drawn.unknown_word),
    ("bad-visit-limit", Severity.ERROR, drawn.bad_visit_limit),
    ("unknown-task", Severity.ERROR, drawn.unknown_task),
    ("no-way-out", Severity.ERROR, drawn.no_way_out),
    ("loop-without-wait", Severity.ERROR, drawn.loop_without_wait),
    ("several-defaults", Severity.ERROR, ways.several_defaults),
    ("unknown-role", Severity.ERROR, drawn.unknown_role),
    ("bad-condition", Severity.ERROR, ways.bad_condition),
    ("bad-action", Severity.ERROR, kinds.bad_action),
    ("bad-query", Severity.ERROR, kinds.bad_query),
    ("forbidden-address", Severity.ERROR, kinds.forbidden_address),
    ("unknown-secret", Severity.ERROR, kinds.unknown_secret),
    ("too-patient", Severity.ERROR, kinds.too_patient),
    ("no-time-to-wait-for", Severity.ERROR, kinds.no_time_to_wait_for),
    ("out-of-place", Severity.ERROR, kinds.out_of_place),
    ("reminder-without-due", Severity.ERROR, kinds.reminder_without_due),
    ("limit-without-way", Severity.ERROR, kinds.limit_without_way),
    ("way-without-limit", Severity.ERROR, kinds.way_without_limit),
    ("type-mismatch", Severity.ERROR, typed.type_mismatch),
    ("gap", Severity.ERROR, decided.gap),
    # A warning, because nothing stops there, and a person may still move a ticket to it.
    ("unreachable-task", Severity.WARNING, drawn.unreachable_task),
    ("silent-end", Severity.WARNING, drawn.silent_end),
    ("same-priority", Severity.WARNING, ways.same_priority),
    ("default-beside-branches", Severity.WARNING, ways.default_beside_branches),
    ("unknown-path", Severity.WARNING, reads.unknown_path),
    ("unknown-answer", Severity.WARNING, reads.unknown_answer),
    ("too-early", Severity.WARNING, reads.too_early),
    ("unknown-choice", Severity.WARNING, typed.unknown_choice),
    ("may-be-empty", Severity.WARNING, decided.may_be_empty),
    ("never-taken", Severity.WARNING, decided.never_taken),
    ("overlap", Severity.WARNING, decided.overlap),
    ("address-to-allow", Severity.WARNING, kinds.address_to_allow),
    ("idle-part", Severity.WARNING, kinds.idle_part),
)


def problems(
    graph: WorkflowGraph,
    *,
    company_roles: Collection[str] | None = None,
    ticket_fields: Collection[str] = (),
    secrets: Collection[str] | None = None,
    network: NetworkRules | None = None,
    forms: Sequence[Form] = (),
) -> list[Problem]:
    """What is known to be wrong, errors first; of each rule the first hundred findings.

    Places are JSON pointers into the workflow's document.

    Args:
        company_roles: keys of the company's roles; None leaves `assign` unchecked.
        ticket_fields: names that forms of ticket types ask for beyond the workflow's own fields.
        secrets: names of the company's secrets; None leaves them unchecked.
        network: where the company's calls may go; None: a company could be allowed more.
        forms: of the ticket types that start it; without one, its own fields are asked for.
    """
    drawing = Drawing(graph, company_roles, ticket_fields, secrets, network, forms)
    return [
        Problem(name, report.message, report.place, report.hint, severity=severity)
        for name, severity, rule in RULES
        for report in islice(rule(drawing), MOST_PER_RULE)
    ]
