"""The verbs about definitions. Each takes the acting person first; None is the system itself.

A published version never changes: editing one makes the next draft, and publishing that archives
it. Tickets that are under way stay on the version they started with.
"""

from definitions.bundle.canonical import fingerprint
from definitions.services.acting import one_at_a_time
from definitions.services.changing import (
    change_ticket_type,
    change_workflow,
    create_ticket_type,
    create_workflow,
)
from definitions.services.importing import (
    Stage,
    Stages,
    check_bundle,
    export_bundle,
    finished,
    import_bundle,
    importing,
)
from definitions.services.looking import (
    changes_between,
    differences_between,
    document_of,
    problems_of,
)
from definitions.services.publishing import archive, delete_draft, make_draft, publish
from definitions.services.undoing import go_back, redo, revisions_of, undo, undoable

__all__ = [
    "Stage",
    "Stages",
    "archive",
    "change_ticket_type",
    "change_workflow",
    "changes_between",
    "check_bundle",
    "create_ticket_type",
    "create_workflow",
    "delete_draft",
    "differences_between",
    "document_of",
    "export_bundle",
    "fingerprint",
    "finished",
    "go_back",
    "import_bundle",
    "importing",
    "make_draft",
    "one_at_a_time",
    "problems_of",
    "publish",
    "redo",
    "revisions_of",
    "undo",
    "undoable",
]
