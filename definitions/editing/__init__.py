"""Changes to one definition, as functions from its canonical document to another document.

Pure: no Django, no clock, no database. Nothing that is given is changed, and what does not exist
is refused with `NotThere`. Whether the result is any good is the business of the check.
"""

from definitions.editing.errors import NotThere, Taken
from definitions.editing.names import rename_task
from definitions.editing.parts import NOWHERE, Nowhere, changed, title_of
from definitions.editing.removing import consequences, remove_task, usual_next
from definitions.editing.tasks import (
    add_task,
    change_task,
    copy_task,
    free_task_key,
    move_task,
    place_of_task,
    set_layout,
    set_schema,
    task_of,
)
from definitions.editing.ways import replace_ways, ways_of

__all__ = [
    "NOWHERE",
    "NotThere",
    "Nowhere",
    "Taken",
    "add_task",
    "change_task",
    "changed",
    "consequences",
    "copy_task",
    "free_task_key",
    "move_task",
    "place_of_task",
    "remove_task",
    "rename_task",
    "replace_ways",
    "set_layout",
    "set_schema",
    "task_of",
    "title_of",
    "usual_next",
    "ways_of",
]
