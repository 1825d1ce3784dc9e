"""One word and one colour for every status, wherever it is shown.

People read the word, never the stored value. A colour means the same on every page: blue moves,
green is done, orange needs somebody, red stands still, violet is held by a person, grey waits.
"""

from enum import StrEnum
from typing import NamedTuple


class Tone(StrEnum):
    """The colours a chip may have; the names are those of the theme's label template."""

    BLUE = "info"
    GREEN = "success"
    ORANGE = "warning"
    RED = "danger"
    VIOLET = "primary"
    GREY = ""


class Status(NamedTuple):
    """What a reader sees in place of a stored status."""

    word: str
    tone: Tone


TASK = {
    "OPEN": Status("New", Tone.GREY),
    "IN_PROGRESS": Status("Started", Tone.BLUE),
    "PENDING": Status("Waiting", Tone.GREY),
    "COMPLETED": Status("Completed", Tone.GREEN),
    "CANCELLED": Status("Cancelled", Tone.GREY),
    "ERROR": Status("Stopped", Tone.RED),
}

WORKFLOW = {
    "NOT_STARTED": Status("New", Tone.GREY),
    "IN_PROGRESS": Status("In progress", Tone.BLUE),
    "COMPLETED": Status("Completed", Tone.GREEN),
    "CANCELLED": Status("Cancelled", Tone.GREY),
    "ON_HOLD": Status("On hold", Tone.ORANGE),
}

# The same tickets as whoever asked sees them. What failed is our business; that somebody looks at
# it is not. Who took a request back themselves reads another word than who was refused.
REQUEST = {
    "NOT_STARTED": Status("Sent", Tone.GREY),
    "IN_PROGRESS": Status("In progress", Tone.BLUE),
    "COMPLETED": Status("Completed", Tone.GREEN),
    "CANCELLED": Status("Cancelled", Tone.GREY),
    "WITHDRAWN": Status("Withdrawn", Tone.GREY),
    "ENDED": Status("Finished", Tone.GREY),
    "ON_HOLD": Status("On hold", Tone.ORANGE),
    "STOPPED": Status("Being looked into", Tone.ORANGE),
    "NOBODY": Status("Waits for somebody free", Tone.ORANGE),
    "WAITS": Status("Waiting", Tone.GREY),
}

ERROR = {
    "NEW": Status("New", Tone.RED),
    "REVIEWED": Status("Looked at", Tone.BLUE),
    "RESOLVED": Status("Repaired", Tone.GREEN),
}

ERROR_TYPE = {
    "WORKFLOW_CREATION": Status("Could not start", Tone.RED),
    "TASK_CREATION": Status("Could not open the next step", Tone.RED),
    "TASK_UPDATE": Status("Could not carry out the step", Tone.RED),
    "WORKFLOW_TRANSITION": Status("Found no way onward", Tone.RED),
}

DEFINITION = {
    "DRAFT": Status("Draft", Tone.VIOLET),
    "PUBLISHED": Status("Published", Tone.GREEN),
    "ARCHIVED": Status("Archived", Tone.GREY),
}

TASK_TYPE = {
    "FORM": Status("Form", Tone.GREY),
    "SYNC_ACTION": Status("Call", Tone.GREY),
    "ASYNC_ACTION": Status("Call with callback", Tone.GREY),
    "SUBWORKFLOW": Status("Workflow inside", Tone.GREY),
    "WAIT": Status("Wait", Tone.GREY),
}

IMPORT = {
    "CREATE": Status("Create", Tone.GREEN),
    "CHANGE": Status("Change", Tone.BLUE),
    "REMOVE": Status("Remove", Tone.RED),
    "UNCHANGED": Status("Unchanged", Tone.GREY),
    "PROBLEM": Status("Problem", Tone.RED),
}

INVITATION = {
    "OPEN": Status("Open", Tone.BLUE),
    "OVER": Status("Ran out", Tone.ORANGE),
    "ACCEPTED": Status("Accepted", Tone.GREEN),
}

# What became of a stopped ticket that somebody acted on together with others.
OUTCOME = {
    "GOES_ON": Status("Goes on", Tone.GREEN),
    "SKIPPED": Status("Skipped", Tone.GREEN),
    "MOVED": Status("Moved", Tone.GREEN),
    "BEING_TRIED": Status("Being tried", Tone.BLUE),
    "AGAIN": Status("Stopped again", Tone.RED),
    "NOT_DONE": Status("Not done", Tone.ORANGE),
}

#: Beside a comment's box, and wherever one is told to be an internal one.
TEAM_ONLY = "Only the team sees it"

# A finding of a check, and what makes a row stand out although it has no stored status.
MARK = {
    "ERROR": Status("Problem", Tone.RED),
    "WARNING": Status("Hint", Tone.ORANGE),
    "NOBODY": Status("Nobody free", Tone.ORANGE),
    "STOPPED": Status("Stopped", Tone.RED),
    "RAN_OUT": Status("Ran out of time", Tone.GREY),
    "URGENT": Status("Urgent", Tone.RED),
    "DRAFT_SAVED": Status("Draft saved", Tone.BLUE),
    "AVAILABLE": Status("Available", Tone.GREEN),
    "AWAY": Status("Away", Tone.ORANGE),
    "ACTIVE": Status("Active", Tone.GREEN),
    "INACTIVE": Status("Switched off", Tone.GREY),
}

KINDS: dict[str, dict[str, Status]] = {
    "task": TASK,
    "workflow": WORKFLOW,
    "request": REQUEST,
    "error": ERROR,
    "error_type": ERROR_TYPE,
    "definition": DEFINITION,
    "task_type": TASK_TYPE,
    "import": IMPORT,
    "invitation": INVITATION,
    "outcome": OUTCOME,
    "mark": MARK,
}


def status(kind: str, value: object) -> Status:
    """The word and colour of a stored value.

    `kind` is a key of KINDS. A value that the table does not know is shown in sentence case on
    grey, so that a new status can never break a page.
    """
    name = str(value or "").strip()
    known = KINDS[kind].get(name.upper())
    return known or Status(name.replace("_", " ").capitalize() or "Unknown", Tone.GREY)


def said(kind: str, value: object) -> str:
    """The word as it stands inside a line, a filter for one: in small letters."""
    return status(kind, value).word.lower()
